// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of the IOMMU driver that are written and read with a memory
 * encryption mask, on a CPU that encrypts nothing:
 *
 *	cd /sys/module/iommu_sme_test/parameters
 *	echo 0x800000000000 >mask
 *	echo 0x10000 0x12340000 0x1000 >map
 *	echo 0x10000 >ask; cat ask
 *
 * maps an address of the bus to physical memory, and asks where it leads to,
 * both with that mask. No device uses the domain. The kernel does not expect its
 * mask to change: nobody else runs while there is another one.
 *
 * A table that was made with the mask cannot be walked without it. So the mask
 * has to be 0 when the first page of a table is mapped.
 */
#include <linux/iommu.h>
#include <linux/mem_encrypt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/stop_machine.h>

static struct iommu_domain *domain;

static unsigned long long mask;
module_param(mask, ullong, 0600);
MODULE_PARM_DESC(mask, "The memory encryption mask for what follows");

struct operation {
	unsigned long iova;
	phys_addr_t phys;
	size_t size;
	int ret;
};

static phys_addr_t answer;

static int map_masked(void *data)
{
	struct operation *op = data;
	u64 own = sme_me_mask;

	WRITE_ONCE(sme_me_mask, mask);
	op->ret = iommu_map_atomic(domain, op->iova, op->phys, op->size,
				   IOMMU_READ | IOMMU_WRITE);
	WRITE_ONCE(sme_me_mask, own);
	return 0;
}

static int ask_masked(void *data)
{
	struct operation *op = data;
	u64 own = sme_me_mask;

	WRITE_ONCE(sme_me_mask, mask);
	op->phys = iommu_iova_to_phys(domain, op->iova);
	WRITE_ONCE(sme_me_mask, own);
	return 0;
}

static int set_map(const char *val, const struct kernel_param *kp)
{
	struct operation op;
	int ret;

	if (sscanf(val, "%lx %llx %zx", &op.iova, &op.phys, &op.size) != 3)
		return -EINVAL;
	ret = stop_machine(map_masked, &op, NULL);
	return ret ? ret : op.ret;
}

static int set_ask(const char *val, const struct kernel_param *kp)
{
	struct operation op;
	int ret = kstrtoul(val, 0, &op.iova);

	if (ret)
		return ret;
	ret = stop_machine(ask_masked, &op, NULL);
	answer = op.phys;
	return ret;
}

static int get_ask(char *buf, const struct kernel_param *kp)
{
	return sprintf(buf, "%#llx\n", answer);
}

static const struct kernel_param_ops map_ops = { .set = set_map };
module_param_cb(map, &map_ops, NULL, 0200);
MODULE_PARM_DESC(map, "An address of the bus, its physical address, and a size");

static const struct kernel_param_ops ask_ops = { .set = set_ask, .get = get_ask };
module_param_cb(ask, &ask_ops, NULL, 0600);
MODULE_PARM_DESC(ask, "An address of the bus; then, where it leads to");

static int __init iommu_sme_test_init(void)
{
	domain = iommu_domain_alloc(&pci_bus_type);
	return domain ? 0 : -ENODEV;
}
module_init(iommu_sme_test_init);

static void __exit iommu_sme_test_exit(void)
{
	iommu_domain_free(domain);
}
module_exit(iommu_sme_test_exit);

MODULE_DESCRIPTION("IOMMU page tables with a memory encryption mask, for tests");
MODULE_LICENSE("GPL");
