// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extra regions for a device that vfio-pci holds, as device specific code would
 * register them, and one that the device does not count, where user space must
 * not get.
 *
 *	echo 0000:00:03.0 >/sys/module/vfio_region_test/parameters/device
 *
 * gives them to that device, which has to be open. They go when it is closed.
 * Each is one page, which begins with the region's number.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#ifdef VFIO_PCI_CORE
#include <linux/vfio_pci_core.h>
#else
#include "vfio_pci_private.h"

/* Before drivers could build on vfio-pci, it did this for itself. */
#define vfio_pci_core_device vfio_pci_device
#endif

/* What the last region's page begins with; nobody shall see it. */
#define BEYOND	0xbad

/*
 * What vdev->region holds; all but the last one are counted. The first and the
 * last but one can be mapped, of the others one lacks the flag, and one the
 * operation.
 */
enum { MAPPABLE, WITHOUT_FLAG, WITHOUT_OP, MAPPABLE_TOO, NOT_COUNTED, NR_REGIONS };

static struct page *beyond;

/* The type of the operation's result is not the same in all kernels. */
static typeof(((struct vfio_pci_regops *)0)->rw(NULL, NULL, 0, NULL, false))
region_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
	  loff_t *ppos, bool iswrite)
{
	size_t index = VFIO_PCI_OFFSET_TO_INDEX(*ppos) - VFIO_PCI_NUM_REGIONS;
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	char *page = page_address(vdev->region[index].data);

	if (pos >= PAGE_SIZE)
		return -EINVAL;
	count = min_t(size_t, count, PAGE_SIZE - pos);
	if (iswrite ? copy_from_user(page + pos, buf, count) :
		      copy_to_user(buf, page + pos, count))
		return -EFAULT;
	*ppos += count;
	return count;
}

static void region_release(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region)
{
	__free_page(region->data);
	module_put(THIS_MODULE);
}

static const struct vfio_pci_regops without_op = {
	.rw = region_rw,
	.release = region_release,
};

#ifdef REGION_MMAP
static int region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
		       struct vm_area_struct *vma)
{
	if (vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, region->data);
}
#endif

static const struct vfio_pci_regops ops = {
	.rw = region_rw,
	.release = region_release,
#ifdef REGION_MMAP
	.mmap = region_mmap,
#endif
};

#ifndef VFIO_PCI_CORE
/* As vfio_pci_register_dev_region(), which modules cannot call. */
static int vfio_pci_core_register_dev_region(struct vfio_pci_device *vdev, unsigned int type,
					     unsigned int subtype,
					     const struct vfio_pci_regops *ops,
					     size_t size, u32 flags, void *data)
{
	struct vfio_pci_region *region;

	region = krealloc(vdev->region, (vdev->num_regions + 1) * sizeof(*region), GFP_KERNEL);
	if (!region)
		return -ENOMEM;
	vdev->region = region;
	region[vdev->num_regions++] = (struct vfio_pci_region) {
		.type = type,
		.subtype = subtype,
		.ops = ops,
		.size = size,
		.flags = flags,
		.data = data,
	};
	return 0;
}
#endif

static int add_region(struct vfio_pci_core_device *vdev, unsigned int nr)
{
	u32 flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	struct page *page = beyond;
	int ret;

	if (nr != WITHOUT_FLAG)
		flags |= VFIO_REGION_INFO_FLAG_MMAP;
	if (nr != NOT_COUNTED) {
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!page)
			return -ENOMEM;
		*(u32 *)page_address(page) = nr;
		__module_get(THIS_MODULE);
	}
	ret = vfio_pci_core_register_dev_region(vdev, VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1234,
						nr, nr == WITHOUT_OP ? &without_op : &ops,
						PAGE_SIZE, flags, page);
	if (ret && nr != NOT_COUNTED) {
		__free_page(page);
		module_put(THIS_MODULE);
	}
	return ret;
}

static int add_regions(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev;
	int ret = 0;
	unsigned int nr;

	if (!pdev->dev.driver || strcmp(pdev->dev.driver->name, "vfio-pci"))
		return -ENODEV;
	/* Closing it takes the regions away again. */
	if (!pci_is_enabled(pdev))
		return -EAGAIN;
#ifdef VFIO_PCI_CORE
	vdev = dev_get_drvdata(&pdev->dev);
#else
	vdev = vfio_device_data(dev_get_drvdata(&pdev->dev));
#endif
	if (vdev->num_regions)
		return -EBUSY;
	for (nr = 0; !ret && nr < NR_REGIONS; nr++)
		ret = add_region(vdev, nr);
	if (!ret)
		vdev->num_regions--;
	return ret;
}

static int set_device(const char *val, const struct kernel_param *kp)
{
	unsigned int domain, bus, slot, func;
	struct pci_dev *pdev;
	int ret;

	if (sscanf(val, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!pdev)
		return -ENODEV;
	ret = add_regions(pdev);
	pci_dev_put(pdev);
	return ret;
}

static const struct kernel_param_ops device_ops = { .set = set_device };
module_param_cb(device, &device_ops, NULL, 0200);
MODULE_PARM_DESC(device, "PCI device that gets the regions");

static int __init vfio_region_test_init(void)
{
	beyond = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!beyond)
		return -ENOMEM;
	*(u32 *)page_address(beyond) = BEYOND;
	return 0;
}
module_init(vfio_region_test_init);

static void __exit vfio_region_test_exit(void)
{
	__free_page(beyond);
}
module_exit(vfio_region_test_exit);

MODULE_DESCRIPTION("Extra regions of a VFIO PCI device, for tests");
MODULE_LICENSE("GPL");
