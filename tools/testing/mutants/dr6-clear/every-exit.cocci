// SPDX-License-Identifier: GPL-2.0-only
/// On AMD, cleared after every exit, whatever the VMCB says
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
expression v;
struct vcpu_svm *svm;
@@
 v->arch.cr2 = svm->vmcb->save.cr2;
+ set_debugreg(DR6_RESERVED, 6);
