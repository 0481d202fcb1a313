// SPDX-License-Identifier: GPL-2.0-only
/// The operation is called, but the index is not compared with the number of
/// regions: as it was first
// Options: --no-includes

virtual patch

@depends on patch@
identifier f =~ "^vfio_pci_(core_)?mmap$";
identifier index, vma;
expression E, vdev;
@@
 f(...)
 {
 ... when any
 index = vma->vm_pgoff >> E;
 ... when any
+	if (index >= VFIO_PCI_NUM_REGIONS) {
+		int regnum = index - VFIO_PCI_NUM_REGIONS;
+		struct vfio_pci_region *region = vdev->region + regnum;
+
+		if (region->ops && region->ops->mmap &&
+		    (region->flags & VFIO_REGION_INFO_FLAG_MMAP))
+			return region->ops->mmap(vdev, region, vma);
+		return -EINVAL;
+	}
 if (<+... index >= VFIO_PCI_ROM_REGION_INDEX ...+>) { ... return ...; }
 ... when any
 vdev->bar_mmap_supported[index]
 ... when any
 }
