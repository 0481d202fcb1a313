// SPDX-License-Identifier: GPL-2.0-only
/// As posted: vcpu->arch.dr6 is asked, which is no copy of the register
// Options: --no-includes

virtual patch

@depends on patch@
expression E;
@@
 kvm_arch_vcpu_put(...)
 {
 ... when any
- set_debugreg(E, 6);
 ... when any
 }

@depends on patch@
identifier vcpu;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 ... when any
 vcpu->arch.last_host_tsc = rdtsc();
+ if (vcpu->arch.dr6)
+ 	set_debugreg(0, 6);
 }
