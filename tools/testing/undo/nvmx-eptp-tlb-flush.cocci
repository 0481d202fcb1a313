// SPDX-License-Identifier: GPL-2.0-only
/// Flush the TLB of a nested transition at once again
///
/// Kernels since v5.8 have rewritten the flush. Where L1 does not use
/// VPIDs and the host has EPT and VPIDs, the EPTP of the current MMU is
/// flushed in place of the request, as vmx_flush_tlb() did. All else stays.
/// The one request belongs to v5.8 up to v5.14, the other to later ones.
// Options: --no-includes

virtual patch

@depends on patch@
expression E, V;
statement S;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <...
 if (!nested_cpu_has_vpid(E)) {
- kvm_make_request(KVM_REQ_TLB_FLUSH, V);
+ if (!enable_ept || !enable_vpid)
+	kvm_make_request(KVM_REQ_TLB_FLUSH, V);
+ else if (VALID_PAGE(V->arch.mmu->root_hpa))
+	ept_sync_context(construct_eptp(V, V->arch.mmu->root_hpa, V->arch.mmu->shadow_root_level));
 } else S
 ...>
 }

@depends on patch@
expression E, V;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <...
 if (!nested_cpu_has_vpid(E)) {
- kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, V);
+ if (!enable_ept || !enable_vpid)
+	kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, V);
+ else if (VALID_PAGE(V->arch.mmu->root.hpa))
+	ept_sync_context(construct_eptp(V, V->arch.mmu->root.hpa, V->arch.mmu->root_role.level));
 ...
 }
 ...>
 }
