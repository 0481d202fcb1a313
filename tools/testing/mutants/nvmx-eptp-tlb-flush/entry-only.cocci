// SPDX-License-Identifier: GPL-2.0-only
/// The flush of the EPTP of L1 is missing when L2 exits
// Options: --no-includes

virtual patch

@depends on patch@
type T;
identifier V, enter;
expression E;
@@
 nested_vmx_transition_tlb_flush(struct kvm_vcpu *V, ..., T enter)
 {
 <...
- ept_sync_context(E);
+ if (enter)
+	kvm_make_request(KVM_REQ_TLB_FLUSH_CURRENT, V);
 ...>
 }
