// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86/mmu: leave the upper GFN bits of an MMIO SPTE out of the lower ones
///
/// As a defense against L1TF, the upper five bits of the physical address
/// are set in each non-present or reserved SPTE. Where the GFN of an MMIO
/// SPTE has bits there, they are stored five bits higher, in the reserved
/// bits, and get_mmio_spte_gfn() shifts them back. It left the stored bits
/// in the result, too, and so returned another GFN than the one that was
/// stored. KVM then does not recognise an access to MMIO whose address is
/// that high, and the guest panics or hangs.
///
/// It matters to hosts with CPUs that L1TF affects and guests with MMIO in
/// the top of the physical address space, such as 64-bit PCI BARs.
///
/// Compute a mask of the lower bits of the GFN, which stay in place, and
/// take nothing but them from the SPTE.
///
/// The proof has a guest access MMIO at addresses with these bits set, and
/// looks whether userspace gets each access, at that address. With EPT the
/// GFN of the SPTE only spares a walk of the guest's page tables; the
/// proof is with shadow paging, where the address is made from it.
// Nr: 20
// Kind: defect
// Upstream: daa07cbc9ae3 v4.19
// Fixes: d9b47449c1a1 ("kvm: x86: Set highest physical address bits in non-present/reserved SPTEs")
// Originally-by: Sean Christopherson <sean.j.christopherson@intel.com>
// Scope: arch/x86/kvm
// Anchors: shadow_nonpresent_or_rsvd_mask
// Context: get_mmio_spte_gfn kvm_mmu_reset_all_pte_masks
// Modules: kvm
// Abi: none
// Proof: vmx kvm/l1tf_mmio@ept0
// Defect: wrong-gfn
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// What is taken from the SPTE: all but some bits ...
@get_old@
symbol shadow_nonpresent_or_rsvd_mask;
identifier g;
type T;
expression S, M, L;
position p;
@@
 get_mmio_spte_gfn(...)
 {
 ...
(
 T g =@p S & ~M;
|
 g =@p S & ~M;
)
 ...
 g |= (S >> L) & shadow_nonpresent_or_rsvd_mask;
 ...
 }

// ... which do not have to include the upper bits of the GFN in their place.
@zeroed@
symbol shadow_nonpresent_or_rsvd_mask;
expression L;
position p;
@@
 get_mmio_spte_gfn(...)
 {
 <+...
 shadow_nonpresent_or_rsvd_mask <<@p L
 ...+>
 }

// The lower bits of the GFN alone.
@get_new@
symbol shadow_nonpresent_or_rsvd_mask, shadow_nonpresent_or_rsvd_lower_gfn_mask;
identifier g;
type T;
expression S, L;
position p;
@@
 get_mmio_spte_gfn(...)
 {
 ...
(
 T g =@p S & shadow_nonpresent_or_rsvd_lower_gfn_mask;
|
 g =@p S & shadow_nonpresent_or_rsvd_lower_gfn_mask;
)
 ...
 g |= (S >> L) & shadow_nonpresent_or_rsvd_mask;
 ...
 }

// Which those are: less where upper bits are moved.
@known@
symbol shadow_nonpresent_or_rsvd_lower_gfn_mask;
expression B;
position p;
@@
 shadow_nonpresent_or_rsvd_lower_gfn_mask =@p \(GENMASK_ULL(B - 1, PAGE_SHIFT)\|rsvd_bits(PAGE_SHIFT, B - 1)\|rsvd_bits(PAGE_SHIFT, B)\);

@less@
identifier len =~ "^(shadow_nonpresent_or_rsvd_mask_len|SHADOW_NONPRESENT_OR_RSVD_MASK_LEN)$";
expression known.B, A;
@@
(
 B -= len
|
 B = A - len
)

@moved@
symbol shadow_nonpresent_or_rsvd_mask;
identifier len =~ "^(shadow_nonpresent_or_rsvd_mask_len|SHADOW_NONPRESENT_OR_RSVD_MASK_LEN)$";
expression C, B;
position p;
@@
 if (C)
(
 shadow_nonpresent_or_rsvd_mask =@p rsvd_bits(B - len, B - 1);
|
 { shadow_nonpresent_or_rsvd_mask =@p rsvd_bits(B - len, B - 1); }
)

@script:python depends on report && !zeroed@
p << get_old.p;
@@
coccilib.report.print_report(p[0], "the upper bits of the GFN stay where the SPTE stores them")

@script:python depends on evidence && get_new && less@
p << known.p;
q << get_new.p;
@@
print("carried %s:%s only the lower bits of the GFN are taken from their place" % (q[0].file, q[0].line))

@script:python depends on evidence && get_old@
p << zeroed.p;
@@
print("superseded %s:%s the upper bits of the GFN are removed from where the SPTE stores them" % (p[0].file, p[0].line))

// The change. The mask stands beside the one of the upper bits: in the file
// that uses both, or in one with a header for others.

@in_file depends on patch@
symbol shadow_nonpresent_or_rsvd_mask_len;
expression E;
@@
 static const u64 shadow_nonpresent_or_rsvd_mask_len = E;

@shared depends on patch@
symbol shadow_nonpresent_or_rsvd_mask;
position p;
attribute name __read_mostly;
@@
 extern u64 __read_mostly shadow_nonpresent_or_rsvd_mask@p;

@mask_there depends on patch@
symbol shadow_nonpresent_or_rsvd_lower_gfn_mask;
attribute name __read_mostly;
@@
 u64 __read_mostly shadow_nonpresent_or_rsvd_lower_gfn_mask;

// Or a variable already has the number of the lower bits.
@counted depends on patch@
symbol shadow_nonpresent_or_rsvd_mask;
identifier n;
identifier len =~ "^(shadow_nonpresent_or_rsvd_mask_len|SHADOW_NONPRESENT_OR_RSVD_MASK_LEN)$";
expression C, B, P;
@@
 n = P;
 if (C) {
 n = B - len;
 shadow_nonpresent_or_rsvd_mask = rsvd_bits(n, B - 1);
 }

@whole depends on patch && get_old && !zeroed && !known && (moved || counted) && (in_file || shared)@
@@
 kvm_mmu_reset_all_pte_masks(...) { ... }

@depends on whole && in_file && !mask_there@
symbol shadow_nonpresent_or_rsvd_mask_len;
attribute name __read_mostly;
expression E;
@@
 static const u64 shadow_nonpresent_or_rsvd_mask_len = E;
+
+/*
+ * The bits of the GFN that an MMIO SPTE has in their place. The others
+ * overlap with shadow_nonpresent_or_rsvd_mask and are stored further up.
+ */
+static u64 __read_mostly shadow_nonpresent_or_rsvd_lower_gfn_mask;

@depends on whole && shared && !mask_there@
symbol shadow_nonpresent_or_rsvd_mask;
position p != shared.p;
attribute name __read_mostly;
@@
 u64 __read_mostly shadow_nonpresent_or_rsvd_mask@p;
+u64 __read_mostly shadow_nonpresent_or_rsvd_lower_gfn_mask;

@depends on whole && shared && !mask_there@
symbol shadow_nonpresent_or_rsvd_mask;
attribute name __read_mostly;
@@
 extern u64 __read_mostly shadow_nonpresent_or_rsvd_mask;
+
+/*
+ * The bits of the GFN that an MMIO SPTE has in their place. The others
+ * overlap with shadow_nonpresent_or_rsvd_mask and are stored further up.
+ */
+extern u64 __read_mostly shadow_nonpresent_or_rsvd_lower_gfn_mask;

@depends on whole && counted@
symbol shadow_nonpresent_or_rsvd_mask;
identifier n;
identifier len =~ "^(shadow_nonpresent_or_rsvd_mask_len|SHADOW_NONPRESENT_OR_RSVD_MASK_LEN)$";
expression C, B, P;
@@
 n = P;
 if (C) {
 n = B - len;
 shadow_nonpresent_or_rsvd_mask = rsvd_bits(n, B - 1);
 }
+
+	shadow_nonpresent_or_rsvd_lower_gfn_mask =
+		GENMASK_ULL(n - 1, PAGE_SHIFT);

@declared depends on whole && moved@
identifier i;
type T;
expression E;
expression moved.B;
@@
 kvm_mmu_reset_all_pte_masks(...)
 {
+	u8 top = B - 1;
(
 T i;
|
 T i = E;
)
 ...
 }

@depends on whole && moved && !declared@
expression moved.B;
@@
 kvm_mmu_reset_all_pte_masks(...)
 {
+	u8 top = B - 1;
+
 ...
 }

@depends on whole && moved@
symbol shadow_nonpresent_or_rsvd_mask;
identifier moved.len;
expression C;
expression moved.B;
@@
 if (C)
+ {
 shadow_nonpresent_or_rsvd_mask = rsvd_bits(B - len, B - 1);
+ top -= len;
+ }
+	shadow_nonpresent_or_rsvd_lower_gfn_mask = rsvd_bits(PAGE_SHIFT, top);

@depends on whole && moved@
symbol shadow_nonpresent_or_rsvd_mask;
identifier moved.len;
expression C;
expression moved.B;
@@
 if (C) {
 shadow_nonpresent_or_rsvd_mask = rsvd_bits(B - len, B - 1);
+ top -= len;
 }
+	shadow_nonpresent_or_rsvd_lower_gfn_mask = rsvd_bits(PAGE_SHIFT, top);

@depends on patch && !zeroed && (known || whole)@
symbol shadow_nonpresent_or_rsvd_mask;
identifier g, m;
type T, T1;
expression S, E, L;
@@
 get_mmio_spte_gfn(...)
 {
- T1 m = E;
- T g = S & ~m;
+ T g = S & shadow_nonpresent_or_rsvd_lower_gfn_mask;
 ... when != m
 g |= (S >> L) & shadow_nonpresent_or_rsvd_mask;
 ...
 }

@depends on patch && !zeroed && (known || whole)@
symbol shadow_nonpresent_or_rsvd_mask;
identifier g;
type T;
expression S, M, L;
@@
 get_mmio_spte_gfn(...)
 {
 ...
(
 T g = S &
- ~M
+ shadow_nonpresent_or_rsvd_lower_gfn_mask
 ;
|
 g = S &
- ~M
+ shadow_nonpresent_or_rsvd_lower_gfn_mask
 ;
)
 ...
 g |= (S >> L) & shadow_nonpresent_or_rsvd_mask;
 ...
 }
