// SPDX-License-Identifier: GPL-2.0-only
/// iommu/amd: clear the memory encryption mask from physical addresses
///
/// With SME active, the AMD IOMMU driver sets the encryption bit in each
/// page table entry, and iommu_iova_to_phys() returns it as part of the
/// physical address. VFIO unpins a guest's memory by that address:
/// pfn_valid() says no, nothing is unpinned, and all memory of a guest
/// with a passed-through device leaks when the guest ends.
///
/// Clear the mask where an entry is turned into an address, for each page
/// table format that the driver has.
///
/// The driver is built in, so this is a change for whoever builds the
/// kernel: no module can replace it. So VFIO, which is what suffers from
/// it, is made safe as well where the driver has the defect: it clears the
/// mask from the addresses that the IOMMU API gives it. Clearing it twice
/// does no harm, and without SME there is nothing to clear.
///
/// The proof of the driver maps memory on a small kernel with a mask set
/// and looks at the address that comes back; that of VFIO does so by a
/// domain whose answers carry the mask, and counts what stays pinned.
// Nr: 06
// Kind: defect
// Upstream: b3e9b515b08e v4.19
// Fixes: 2543a786aa25 ("iommu/amd: Allow the AMD IOMMU to work with memory encryption")
// Originally-by: Brijesh Singh <brijesh.singh@amd.com>
// Scope: drivers/iommu drivers/vfio/vfio_iommu_type1.c
// Anchors: __sme_set __sme_clr sme_me_mask
// Context: PM_ADDR_MASK amd_iommu_iova_to_phys AMDV1PT_FMT_OA X86_64_FMT_OA vfio_unmap_unpin vfio_unpin_pages_remote vfio_iommu_replay
// Modules: vfio_iommu_type1
// Abi: none
// Proof: svmkernel iommu/sme_mask; svm vfio/sme_unpin
// Defect: mask-in-phys; pages-left-pinned
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// Entries are made with the mask. Where they are not, there is nothing to
// clear.

@set@
@@
 __sme_set(...)

// An entry's address bits without the mask: at once, later, or in what is
// returned.

@cleared@
expression E;
type T;
position p;
symbol sme_me_mask;
@@
(
 __sme_clr(E &@p PM_ADDR_MASK)
|
 __sme_clr(E) &@p PM_ADDR_MASK
|
 E &@p PM_ADDR_MASK & ~\(sme_me_mask\|(T)sme_me_mask\)
|
 (E &@p PM_ADDR_MASK) & ~\(sme_me_mask\|(T)sme_me_mask\)
|
 E & ~\(sme_me_mask\|(T)sme_me_mask\) &@p PM_ADDR_MASK
|
 (E & ~\(sme_me_mask\|(T)sme_me_mask\)) &@p PM_ADDR_MASK
|
 E &@p (PM_ADDR_MASK & ~\(sme_me_mask\|(T)sme_me_mask\))
)

@later exists@
expression E, x, off, iova;
type T;
symbol sme_me_mask;
position p != cleared.p;
@@
 E &@p PM_ADDR_MASK
 ... when any
(
 x = __sme_clr(x);
|
 x = x & ~\(sme_me_mask\|(T)sme_me_mask\);
|
 x &= ~\(sme_me_mask\|(T)sme_me_mask\);
)
 ... when any
 return (x & ~off) | (iova & off);

@returned exists@
expression E, x, off, iova;
position p != cleared.p;
@@
 E &@p PM_ADDR_MASK
 ... when any
(
 return __sme_clr((x & ~off) | (iova & off));
|
 return (__sme_clr(x) & ~off) | (iova & off);
|
 return __sme_clr(x & ~off) | (iova & off);
)

// The address with the mask in it.
@old exists@
expression E, x, off, iova;
position p != {cleared.p, later.p, returned.p};
@@
 E &@p PM_ADDR_MASK
 ... when any
     when != __sme_clr(...)
 return (x & ~off) | (iova & off);

// The same by the name of the function, however it puts the address together.

@plain exists@
identifier f =~ "iova_to_phys$";
expression E;
symbol sme_me_mask;
position p != {cleared.p, later.p, returned.p, old.p};
@@
 f(...)
 {
 ... when any
     when != __sme_clr(...)
     when != sme_me_mask
 E &@p PM_ADDR_MASK
 ... when any
     when != __sme_clr(...)
     when != sme_me_mask
 }

@named exists@
identifier f =~ "iova_to_phys$";
expression E;
position p = {cleared.p, later.p, returned.p};
@@
 f(...)
 {
 <+...
 E &@p PM_ADDR_MASK
 ...+>
 }

@right exists@
expression E, x, off, iova;
position p = {cleared.p, later.p, returned.p};
@@
 E &@p PM_ADDR_MASK
 ... when any
(
 return (x & ~off) | (iova & off);
|
 return __sme_clr((x & ~off) | (iova & off));
|
 return (__sme_clr(x) & ~off) | (iova & off);
|
 return __sme_clr(x & ~off) | (iova & off);
)

// The common page table code: each reader of an address clears the mask in
// a copy of the entry.

@reader exists@
identifier f;
expression e;
position p;
@@
 f@p(...)
 {
 ... when any
 e = __sme_clr(e);
 ... when any
 FIELD_GET(\(AMDV1PT_FMT_OA\|X86_64_FMT_OA\), e)
 ... when any
 }

@cleared_get@
expression E;
position p;
@@
 FIELD_GET@p(\(AMDV1PT_FMT_OA\|X86_64_FMT_OA\), __sme_clr(E))

@unclear exists@
identifier f;
expression E;
position at != reader.p, get != cleared_get.p;
@@
 f@at(...)
 {
 ... when any
 FIELD_GET@get(\(AMDV1PT_FMT_OA\|X86_64_FMT_OA\), E)
 ... when any
 }

// The one whose answer iova_to_phys() returns.

@bare exists@
identifier f =~ "_entry_oa$";
expression E;
position at != reader.p, get != cleared_get.p;
@@
 f@at(...)
 {
 ... when any
     when != __sme_clr(...)
 FIELD_GET@get(\(AMDV1PT_FMT_OA\|X86_64_FMT_OA\), E)
 ... when any
 }

// VFIO asks the IOMMU API what to unpin and what to map once more.

@safe depends on file in "drivers/vfio"@
expression list es;
position p;
@@
(
 __sme_clr(iommu_iova_to_phys@p(es))
|
 iommu_iova_to_phys@p(es) & ~sme_me_mask
)

@safe_later depends on file in "drivers/vfio" exists@
expression x;
expression list es;
position p;
@@
 x = iommu_iova_to_phys@p(es);
 ... when != x >> PAGE_SHIFT
(
 x = __sme_clr(x);
|
 x = x & ~sme_me_mask;
|
 x &= ~sme_me_mask;
)

@unsafe depends on set && (old || plain || bare) && file in "drivers/vfio"@
expression list es;
position p != {safe.p, safe_later.p};
@@
 iommu_iova_to_phys@p(es)

@include depends on file in "drivers/vfio"@
@@
 #include <linux/mem_encrypt.h>

@script:python depends on report && set@
p << old.p;
@@
coccilib.report.print_report(p[0], "the memory encryption mask is taken for a part of the physical address")

@script:python depends on report && set@
p << plain.p;
@@
coccilib.report.print_report(p[0], "the memory encryption mask is taken for a part of the physical address")

@script:python depends on report && set@
p << bare.get;
@@
coccilib.report.print_report(p[0], "the memory encryption mask is taken for a part of the physical address")

@script:python depends on report@
p << unsafe.p;
@@
coccilib.report.print_report(p[0], "VFIO takes an address with the mask in it, and will not unpin the page")

@script:python depends on evidence && set@
p << right.p;
@@
print("carried %s:%s the memory encryption mask is cleared from the address" % (p[0].file, p[0].line))

@script:python depends on evidence && set && never right@
p << named.p;
@@
print("carried %s:%s the memory encryption mask is cleared from the address" % (p[0].file, p[0].line))

@script:python depends on evidence && set && !bare@
p << cleared_get.p;
@@
print("carried %s:%s the memory encryption mask is cleared from the address" % (p[0].file, p[0].line))

@script:python depends on evidence && set && !old && !plain && never right && never named && !unclear && !cleared_get@
p << reader.p;
f << reader.f;
@@
print("superseded %s:%s %s() clears the mask for common page table code" % (p[0].file, p[0].line, f))

// VFIO clears the mask for a driver that is not there.
@script:python depends on evidence && !set && !old && !plain && never right && never named && !unclear && !reader@
p << safe.p;
@@
print("absent %s:%s VFIO clears the mask, but no IOMMU driver sets it" % (p[0].file, p[0].line))

@depends on patch && set@
expression E;
constant F;
position p = {old.p, plain.p}, g = {bare.get};
@@
(
- E &@p PM_ADDR_MASK
+ __sme_clr(E & PM_ADDR_MASK)
|
 FIELD_GET@g(F,
-	  E
+	  __sme_clr(E)
 )
)

@depends on patch && unsafe && file in "drivers/vfio"@
expression list es;
@@
(
 __sme_clr(iommu_iova_to_phys(es))
|
 iommu_iova_to_phys(es) & ~sme_me_mask
|
- iommu_iova_to_phys(es)
+ __sme_clr(iommu_iova_to_phys(es))
)

@depends on patch && unsafe && !include && file in "drivers/vfio"@
@@
 #include <linux/iommu.h>
+#include <linux/mem_encrypt.h>
