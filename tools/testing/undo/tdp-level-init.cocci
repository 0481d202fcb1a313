// SPDX-License-Identifier: GPL-2.0-only
/// Do not capture the TDP level when a vCPU is created
// Options: --no-includes

virtual patch

@depends on patch@
expression V, E;
@@
kvm_arch_vcpu_create(...)
{
<...
- V->arch.tdp_level = E;
...>
}
