// SPDX-License-Identifier: GPL-2.0-only
/// The index may be that of the region past the last one
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
+	if (index > VFIO_PCI_NUM_REGIONS + vdev->num_regions)
+		return -EINVAL;
 ... when any
+	if (index >= VFIO_PCI_NUM_REGIONS) {
+		struct vfio_pci_region *region = vdev->region + index - VFIO_PCI_NUM_REGIONS;
+
+		if (region->ops && region->ops->mmap && (region->flags & VFIO_REGION_INFO_FLAG_MMAP))
+			return region->ops->mmap(vdev, region, vma);
+		return -EINVAL;
+	}
 if (<+... index >= VFIO_PCI_ROM_REGION_INDEX ...+>) { ... return ...; }
 ... when any
 vdev->bar_mmap_supported[index]
 ... when any
 }
