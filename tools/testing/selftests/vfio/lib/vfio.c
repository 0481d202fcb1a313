// SPDX-License-Identifier: GPL-2.0-only
/* A PCI device in the hands of user space, through VFIO's type 1 IOMMU. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ktap.h"
#include "vfio.h"

#define DEVICES	"/sys/bus/pci/devices"

/**
 * write_text() - write into a file of sysfs
 * @path: the file
 * @text: what goes into it
 *
 * Return: 0, or an errno.
 */
int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static unsigned int read_number(const char *address, const char *name)
{
	char path[300], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", address, name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strtoul(text, NULL, 0);
}

static void find_device(struct vfio_pci *dev, unsigned int vendor, unsigned int device)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strlen(entry->d_name) >= sizeof(dev->address) ||
		    read_number(entry->d_name, "vendor") != vendor ||
		    read_number(entry->d_name, "device") != device)
			continue;
		strcpy(dev->address, entry->d_name);
		closedir(dir);
		return;
	}
	ktap_skip_all("there is no PCI device %04x:%04x", vendor, device);
}

static void give_to_vfio(const struct vfio_pci *dev)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), DEVICES "/%s/driver_override", dev->address);
	err = write_text(path, "vfio-pci");
	if (err)
		ktap_bail_out("%s: %s", path, strerror(err));
	/* Whether it worked is seen when the group is opened. */
	write_text("/sys/bus/pci/drivers_probe", dev->address);
}

static int open_group(const struct vfio_pci *dev)
{
	char path[64], group[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/iommu_group", dev->address);
	len = readlink(path, group, sizeof(group) - 1);
	if (len < 0)
		ktap_skip_all("%s is behind no IOMMU", dev->address);
	group[len] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio%.32s", strrchr(group, '/'));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		ktap_bail_out("%s: %s", path, strerror(errno));
	return fd;
}

static int try_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		ktap_bail_out("%s: %s", what, strerror(errno));
	return ret;
}

/**
 * vfio_pci_open() - take a device from the kernel's drivers and open it
 * @dev: to be filled in
 * @vendor: its vendor
 * @device: its number
 *
 * The order of the steps is that of Documentation/driver-api/vfio.rst.
 */
void vfio_pci_open(struct vfio_pci *dev, unsigned int vendor, unsigned int device)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	find_device(dev, vendor, device);
	give_to_vfio(dev);
	dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (dev->container < 0)
		ktap_bail_out("/dev/vfio/vfio: %s", strerror(errno));
	if (try_ioctl(dev->container, VFIO_GET_API_VERSION, NULL, "VFIO_GET_API_VERSION") !=
	    VFIO_API_VERSION)
		ktap_bail_out("another version of VFIO");
	dev->group = open_group(dev);
	try_ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status, "VFIO_GROUP_GET_STATUS");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		ktap_bail_out("the group is not viable");
	try_ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container,
		  "VFIO_GROUP_SET_CONTAINER");
	try_ioctl(dev->container, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU, "VFIO_SET_IOMMU");
	dev->fd = try_ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->address,
			    "VFIO_GROUP_GET_DEVICE_FD");
}

/**
 * vfio_pci_close() - close a device
 * @dev: the device
 *
 * It stays bound to vfio-pci until that is unloaded.
 */
void vfio_pci_close(struct vfio_pci *dev)
{
	close(dev->fd);
	close(dev->group);
	close(dev->container);
}

/**
 * vfio_pci_region() - ask for a region of a device
 * @dev: the device
 * @index: the region: a BAR, or one past VFIO_PCI_NUM_REGIONS
 * @info: to be filled in
 *
 * Return: 0, or an errno.
 */
int vfio_pci_region(const struct vfio_pci *dev, unsigned int index,
		    struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info) ? errno : 0;
}

/**
 * vfio_pci_dma_map() - let the device reach memory
 * @dev: the device
 * @memory: of this process
 * @iova: where the device sees it
 * @size: how much of it
 * @flags: VFIO_DMA_MAP_FLAG_READ, VFIO_DMA_MAP_FLAG_WRITE, or both
 *
 * Return: 0, or an errno.
 */
int vfio_pci_dma_map(const struct vfio_pci *dev, void *memory, uint64_t iova,
		     size_t size, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (uintptr_t)memory,
		.iova = iova,
		.size = size,
	};

	return ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map) ? errno : 0;
}

/**
 * vfio_pci_dma_unmap() - take memory away from the device
 * @dev: the device
 * @iova: where the device sees it
 * @size: how much of it
 *
 * Return: 0, or an errno; EIO where less than that was mapped.
 */
int vfio_pci_dma_unmap(const struct vfio_pci *dev, uint64_t iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	if (ioctl(dev->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return errno;
	return unmap.size == size ? 0 : EIO;
}

/**
 * vfio_pci_irq_eventfd() - let an interrupt of the device come as an event
 * @dev: the device
 * @index: the kind of interrupt, VFIO_PCI_MSI_IRQ_INDEX
 * @eventfd: what it signals; -1 for no more
 *
 * Return: 0, or an errno.
 */
int vfio_pci_irq_eventfd(const struct vfio_pci *dev, unsigned int index, int eventfd)
{
	char buf[sizeof(struct vfio_irq_set) + sizeof(int32_t)] = "";
	struct vfio_irq_set *set = (struct vfio_irq_set *)buf;

	set->argsz = sizeof(buf);
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = index;
	set->count = 1;
	memcpy(set->data, &eventfd, sizeof(eventfd));
	if (eventfd < 0) {
		set->argsz = sizeof(*set);
		set->flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
		set->count = 0;
	}
	return ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, set) ? errno : 0;
}
