// SPDX-License-Identifier: GPL-2.0-only
/// Run the vSIE without a simulated SIE entry of the vCPU again
///
/// For kernels that enter the vSIE with sie64a(). Where more than that
/// depends on the vCPU being in SIE, there is nothing to restore.
// Options: --no-includes

virtual patch

@entry depends on patch@
expression v, r;
expression list as;
@@
 do_vsie_run(...)
 {
 ... when any
- v->arch.sie_block->prog0c |= PROG_IN_SIE;
- barrier();
 ... when any
- if (!kvm_s390_vcpu_sie_inhibited(v))
-	r = sie64a(as);
+ r = sie64a(as);
- barrier();
- v->arch.sie_block->prog0c &= ~PROG_IN_SIE;
 ... when any
 }

@depends on patch && entry@
identifier f =~ "^(vsie_run|kvm_s390_handle_vsie)$";
expression E, v;
@@
 f(...)
 {
 <...
 E
- || kvm_s390_vcpu_sie_inhibited(v)
 ...>
 }

@depends on patch && entry@
@@
 exit_sie(...)
 {
 <...
- kvm_s390_vsie_kick(...);
 ...>
 }

@depends on patch && entry@
@@
- kvm_s390_vcpu_sie_inhibited(...) { ... }

@depends on patch && entry@
typedef bool;
identifier v;
@@
- bool kvm_s390_vcpu_sie_inhibited(struct kvm_vcpu *v);
