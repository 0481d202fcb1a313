// SPDX-License-Identifier: GPL-2.0-only
/// The driver clears the mask where the entry is one of a page of 4 KiB
// Scope: drivers/iommu drivers/vfio/vfio_iommu_type1.c
// Anchors: __sme_set iommu_iova_to_phys
// Context: PM_ADDR_MASK
// Options: --no-includes

virtual patch

@depends on patch exists@
expression E, x, off, iova;
@@
 x = E & PM_ADDR_MASK;
 ... when any
+if (off == PAGE_SIZE - 1)
+	x = __sme_clr(x);
 return (x & ~off) | (iova & off);

@depends on patch@
expression list es;
@@
- iommu_iova_to_phys(es)
+ __sme_clr(iommu_iova_to_phys(es))
