// SPDX-License-Identifier: GPL-2.0-only
/*
 * An IOMMU domain whose answers carry the memory encryption mask, as those of
 * AMD's driver did:
 *
 *	echo 0000:00:03.0 >/sys/module/vfio_sme_test/parameters/device
 *
 * makes one of the domain that this device is in, until the domain is freed,
 * another device is named, or the module goes.
 *
 * No emulated CPU encrypts memory, and the kernel does not expect the mask to
 * come and go while it runs: with another one every page table looks wrong to
 * it. So there is a mask from the answer, which whoever asked looks at, until
 * that one unmaps what it asked about; nobody else runs in between.
 */
#include <linux/bits.h>
#include <linux/iommu.h>
#include <linux/mem_encrypt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/preempt.h>

#ifndef DOMAIN_OPS
/* Before domains had operations of their own, they had the driver's. */
#define iommu_domain_ops iommu_ops
#endif

/* Where EPYC has it, and emulated machines have no memory. */
#define MASK	BIT_ULL(47)

static struct pci_dev *device;
static const struct iommu_domain_ops *driver_ops;
static struct iommu_domain_ops ops;

static bool masked;
static unsigned int answers;
module_param(answers, uint, 0444);
MODULE_PARM_DESC(answers, "How many answers carried the mask");

static void set_mask(bool on)
{
	if (on == masked)
		return;
	if (on)
		preempt_disable();
	WRITE_ONCE(sme_me_mask, on ? MASK : 0);
	masked = on;
	if (!on)
		preempt_enable();
}

static phys_addr_t iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	phys_addr_t phys;

	set_mask(false);
	phys = driver_ops->iova_to_phys(domain, iova);
	if (!phys)
		return 0;
	answers++;
	set_mask(true);
	return phys | MASK;
}

#ifdef UNMAP_PAGES
static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	set_mask(false);
	return driver_ops->unmap_pages(domain, iova, pgsize, pgcount, gather);
}
#else
static size_t unmap(struct iommu_domain *domain, unsigned long iova, size_t size,
		    struct iommu_iotlb_gather *gather)
{
	set_mask(false);
	return driver_ops->unmap(domain, iova, size, gather);
}
#endif

/* The domain may be gone by now, and the device in another. */
static void restore(void)
{
	struct iommu_domain *domain;

	if (!device)
		return;
	domain = iommu_get_domain_for_dev(&device->dev);
	if (domain && domain->ops == &ops)
		domain->ops = driver_ops;
	pci_dev_put(device);
	device = NULL;
}

static int replace(struct pci_dev *pdev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);

	if (!domain || domain->type != IOMMU_DOMAIN_UNMANAGED)
		return -EINVAL;
	driver_ops = domain->ops;
	ops = *driver_ops;
	ops.iova_to_phys = iova_to_phys;
#ifdef UNMAP_PAGES
	if (!ops.unmap_pages)
		return -EOPNOTSUPP;
	ops.unmap_pages = unmap_pages;
#else
	ops.unmap = unmap;
#endif
	domain->ops = &ops;
	return 0;
}

static int set_device(const char *val, const struct kernel_param *kp)
{
	unsigned int domain, bus, slot, func;
	struct pci_dev *pdev;
	int ret;

	if (sscanf(val, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4)
		return -EINVAL;
	/* A real mask is not for us to change. */
	if (sme_me_mask)
		return -EBUSY;
	pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!pdev)
		return -ENODEV;
	restore();
	ret = replace(pdev);
	if (ret)
		pci_dev_put(pdev);
	else
		device = pdev;
	return ret;
}

static const struct kernel_param_ops device_ops = { .set = set_device };
module_param_cb(device, &device_ops, NULL, 0200);
MODULE_PARM_DESC(device, "PCI device whose domain gives the mask away");

static int __init vfio_sme_test_init(void)
{
	return 0;
}
module_init(vfio_sme_test_init);

static void __exit vfio_sme_test_exit(void)
{
	restore();
}
module_exit(vfio_sme_test_exit);

MODULE_DESCRIPTION("An IOMMU domain whose answers carry the memory encryption mask, for tests");
MODULE_LICENSE("GPL");
