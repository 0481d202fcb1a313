// SPDX-License-Identifier: GPL-2.0-only
/// The flush is requested, but served before the EPTP of L2 is loaded
// Options: --no-includes

virtual patch

@depends on patch@
identifier V;
expression E;
@@
 nested_vmx_transition_tlb_flush(struct kvm_vcpu *V, ...)
 {
 <...
- ept_sync_context(E);
+ {
+	kvm_make_request(KVM_REQ_TLB_FLUSH_CURRENT, V);
+	kvm_service_local_tlb_flush_requests(V);
+ }
 ...>
 }
