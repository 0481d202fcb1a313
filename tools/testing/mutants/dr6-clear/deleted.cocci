// SPDX-License-Identifier: GPL-2.0-only
/// Nothing clears %dr6 any more
// Options: --no-includes
// Scope: arch/x86/kvm
// Anchors: kvm_arch_vcpu_put

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
expression v;
@@
 get_debugreg(v->arch.dr6, 6);
 ...
- set_debugreg(\(0\|DR6_RESERVED\|DR6_ACTIVE_LOW\), 6);
