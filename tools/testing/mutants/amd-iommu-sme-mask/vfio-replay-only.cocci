// SPDX-License-Identifier: GPL-2.0-only
/// VFIO clears the mask where it maps once more what is mapped, but not where it
/// unmaps
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
expression phys;
expression list es;
@@
 vfio_iommu_replay(...)
 {
 <...
- phys = iommu_iova_to_phys(es);
+ phys = iommu_iova_to_phys(es) & ~sme_me_mask;
 ...>
 }
