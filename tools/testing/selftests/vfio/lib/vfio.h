/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI device in the hands of user space, through VFIO's type 1 IOMMU. */
#ifndef VIRTFIX_VFIO_H
#define VIRTFIX_VFIO_H

#include <linux/vfio.h>
#include <stddef.h>
#include <stdint.h>

/*
 * vfio-pci's: the offset of a region in the device's file tells its index
 * (drivers/vfio/pci, VFIO_PCI_INDEX_TO_OFFSET).
 */
#define VFIO_PCI_OFFSET(index)	((uint64_t)(index) << 40)

/**
 * struct vfio_pci - a device that user space drives
 * @address: its place, "0000:00:03.0"
 * @container: what DMA is mapped into
 * @group: its IOMMU group, of which it is the only device
 * @fd: the device
 */
struct vfio_pci {
	char address[16];
	int container, group, fd;
};

void vfio_pci_open(struct vfio_pci *dev, unsigned int vendor, unsigned int device);
void vfio_pci_close(struct vfio_pci *dev);
int vfio_pci_region(const struct vfio_pci *dev, unsigned int index,
		    struct vfio_region_info *info);
int vfio_pci_dma_map(const struct vfio_pci *dev, void *memory, uint64_t iova,
		     size_t size, uint32_t flags);
int vfio_pci_dma_unmap(const struct vfio_pci *dev, uint64_t iova, size_t size);
int vfio_pci_irq_eventfd(const struct vfio_pci *dev, unsigned int index, int eventfd);
int write_text(const char *path, const char *text);

#endif
