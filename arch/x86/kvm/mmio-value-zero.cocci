// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86/mmu: use no MMIO value at all where no PTE bit is reserved
///
/// KVM marks the SPTEs of emulated MMIO with a reserved physical address
/// bit, so that an access faults with PFEC.RSVD=1. A CPU with 52 bits of
/// physical address has no reserved bit, and there KVM only cleared the
/// present bit of the MMIO value and left bit 51 in it. On such a CPU this
/// is a bit of the GFN, and kvm_mmu_set_mmio_spte_mask() warns about it
/// each time that KVM is loaded.
///
/// It matters to whoever loads KVM on a host with 52 bits, or on a kernel
/// with panic_on_warn. MMIO itself works: without the present bit the fast
/// path is not taken.
///
/// Set the whole value to zero where there is no reserved bit.
///
/// The warning came with the change that is named under Fixes, which some
/// stable kernels also have. A tree without it is left alone: there the
/// old line does no harm. Where the value is also passed as the mask, zero
/// is safe because KVM adds software bits to both, or switches MMIO caching
/// off. In a tree that does neither, a mask of zero would make every SPTE
/// look like MMIO: there the change is blocked.
///
/// The proof loads KVM on an emulated CPU with 52 physical address bits and
/// looks for the warning, and for MMIO that works. On a CPU with fewer bits
/// MMIO has to go on using the reserved one.
// Nr: 27
// Kind: defect
// Upstream: 6129ed877d40 v5.8
// Fixes: 608831174100 ("KVM: x86: only do L1TF workaround on affected processors")
// Originally-by: Sean Christopherson <sean.j.christopherson@intel.com>
// Scope: arch/x86/kvm
// Anchors: kvm_mmu_set_mmio_spte_mask
// Context: kvm_set_mmio_spte_mask
// Modules: kvm
// Abi: none
// Proof: svm kvm/mmio_value; svm52 kvm/mmio_value
// Defect: mmio-value-warning
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// What looks at the value: the warning about the bits of a GFN.

@setter@
position p;
@@
kvm_mmu_set_mmio_spte_mask@p(...)
{
...
}

@warning@
symbol shadow_nonpresent_or_rsvd_lower_gfn_mask;
identifier V;
@@
kvm_mmu_set_mmio_spte_mask(...)
{
<+...
\(V & shadow_nonpresent_or_rsvd_lower_gfn_mask\|shadow_nonpresent_or_rsvd_lower_gfn_mask & V\)
...+>
}

// What keeps a mask of zero from matching every SPTE.

@plain@
symbol shadow_mmio_mask;
identifier M;
position p;
@@
kvm_mmu_set_mmio_spte_mask(...)
{
<+...
shadow_mmio_mask@p = M;
...+>
}

@switched@
symbol enable_mmio_caching, false;
@@
kvm_mmu_set_mmio_spte_mask(...)
{
<+...
\(enable_mmio_caching = false\|!enable_mmio_caching\)
...+>
}

// Only the present bit goes, bit 51 stays.

@old@
identifier m;
expression C;
position p;
@@
(
if (C)
	m@p &= \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
|
if (C)
	m@p = m & \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
|
if (C) {
	m@p &= \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
}
)
...
kvm_mmu_set_mmio_spte_mask(m, ...);

// Or it is only set where a bit is reserved, but bit 51 always.

@always@
identifier m;
expression B;
position p;
@@
m@p = \(1ull << 51\|1ULL << 51\|BIT_ULL(51)\);
if (\(B < 52\|B <= 51\|B != 52\))
	m |= \(1ull\|1ULL\|PT_PRESENT_MASK\);
...
kvm_mmu_set_mmio_spte_mask(m, ...);

// Nothing stays.

@new@
identifier m;
expression B, E;
position p;
@@
(
if (\(B < 52\|B <= 51\|B != 52\)) m@p = E; else m = 0;
|
if (\(B < 52\|B <= 51\|B != 52\)) { m@p = E; ... } else { m = 0; }
|
m = 0; if (\(B < 52\|B <= 51\|B != 52\)) m@p = E;
|
if (<+... \(B == 52\|B >= 52\|B > 51\) ...+>) m@p = 0; else m = E;
|
if (<+... \(B == 52\|B >= 52\|B > 51\) ...+>) m@p = 0;
|
if (<+... \(B == 52\|B >= 52\|B > 51\) ...+>) { m@p = 0; }
|
m@p = \(B < 52\|B <= 51\|B != 52\) ? \(BIT_ULL(51) | PT_PRESENT_MASK\|(1ull << 51) | 1ull\) : 0;
)
...
kvm_mmu_set_mmio_spte_mask(m, ...);

@initialized@
identifier m;
type T;
expression B, E;
position p;
@@
T m = 0;
... when != m = ...
if (\(B < 52\|B <= 51\|B != 52\)) m@p = E;
...
kvm_mmu_set_mmio_spte_mask(m, ...);

@script:python depends on report && warning@
p << old.p;
@@
coccilib.report.print_report(p[0], "bit 51 is left in the MMIO value though no bit is reserved")

@script:python depends on report && warning@
p << always.p;
@@
coccilib.report.print_report(p[0], "bit 51 is left in the MMIO value though no bit is reserved")

@script:python depends on evidence && setter && !warning@
p << always.p;
@@
print("absent %s:%s nothing warns about the bits of the MMIO value" % (p[0].file, p[0].line))

@script:python depends on evidence && setter && !warning@
p << old.p;
@@
print("absent %s:%s nothing warns about the bits of the MMIO value" % (p[0].file, p[0].line))

@script:python depends on evidence && (old || always) && warning && !switched@
p << plain.p;
@@
print("blocked %s:%s an MMIO mask of zero would match every SPTE" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << new.p;
@@
print("carried %s:%s no reserved bit, no MMIO value" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << initialized.p;
@@
print("carried %s:%s no reserved bit, no MMIO value" % (p[0].file, p[0].line))

@depends on patch && old && warning@
identifier m;
expression B;
@@
- m = \(1ull << 51\|1ULL << 51\|BIT_ULL(51)\);
- m |= \(1ull\|1ULL\|PT_PRESENT_MASK\);
+	if (B < 52)
+		m = BIT_ULL(51) | PT_PRESENT_MASK;
+	else
+		m = 0;
(
- if (\(IS_ENABLED(CONFIG_X86_64) && B == 52\|B == 52\|B >= 52\))
-	m &= \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
|
- if (\(IS_ENABLED(CONFIG_X86_64) && B == 52\|B == 52\|B >= 52\)) {
-	m &= \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
- }
)
...
kvm_mmu_set_mmio_spte_mask(m, ...);

// Where the reserved bits are put together in another way.

@depends on patch && old && warning@
identifier m;
expression C;
@@
(
if (C)
-	m &= \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
+	m = 0;
|
if (C)
-	m = m & \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
+	m = 0;
|
if (C) {
-	m &= \(~1ull\|~1ULL\|~1UL\|~(1ull)\|~(1ULL)\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
+	m = 0;
}
)
...
kvm_mmu_set_mmio_spte_mask(m, ...);

@depends on patch && always && warning@
identifier m;
expression B;
@@
- m = \(1ull << 51\|1ULL << 51\|BIT_ULL(51)\);
- if (\(B < 52\|B <= 51\|B != 52\))
-	m |= \(1ull\|1ULL\|PT_PRESENT_MASK\);
+	if (B < 52)
+		m = BIT_ULL(51) | PT_PRESENT_MASK;
+	else
+		m = 0;
...
kvm_mmu_set_mmio_spte_mask(m, ...);
