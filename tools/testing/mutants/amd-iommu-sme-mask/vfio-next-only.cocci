// SPDX-License-Identifier: GPL-2.0-only
/// VFIO clears the mask from the address that it compares, but not from the
/// one that it unpins
// Scope: drivers/iommu drivers/vfio/vfio_iommu_type1.c
// Anchors: __sme_set iommu_iova_to_phys
// Context: PM_ADDR_MASK
// Options: --no-includes

virtual patch

@depends on patch exists@
expression E, x, off, iova;
@@
- x = E & PM_ADDR_MASK;
+ x = __sme_clr(E & PM_ADDR_MASK);
 ... when any
 return (x & ~off) | (iova & off);

@depends on patch@
expression D, E1, E2;
@@
- iommu_iova_to_phys(D, E1 + E2)
+ (iommu_iova_to_phys(D, E1 + E2) & ~sme_me_mask)
