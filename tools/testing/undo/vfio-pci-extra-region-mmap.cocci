// SPDX-License-Identifier: GPL-2.0-only
/// Refuse to map the extra regions of a vfio-pci device again
///
/// The operation stays in struct vfio_pci_regops, which other modules fill
/// and which is part of what is exported; nobody calls it.
// Options: --no-includes

virtual patch

@depends on patch@
identifier f =~ "^vfio_pci_(core_)?mmap$";
identifier index, region, regnum;
expression E;
type T;
@@
 f(...)
 {
 ... when any
-if (index >= VFIO_PCI_NUM_REGIONS) {
-	T regnum = index - VFIO_PCI_NUM_REGIONS;
-	struct vfio_pci_region *region = E;
-	if (<+... region->ops->mmap ...+>)
-		return region->ops->mmap(...);
-	return ...;
-}
 ... when any
 }

// With nothing that is called past the BARs there is no index to check.
@depends on patch@
identifier f =~ "^vfio_pci_(core_)?mmap$";
identifier index;
expression vdev;
@@
 f(...)
 {
 ... when any
     when != vdev->region
-if (index >= VFIO_PCI_NUM_REGIONS + vdev->num_regions)
-	return ...;
 ... when any
     when != vdev->region
 }
