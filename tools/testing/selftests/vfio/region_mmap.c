// SPDX-License-Identifier: GPL-2.0-only
/*
 * The extra regions of a device under vfio-pci are mapped by the operation of
 * the driver that registered them; an index past them is refused.
 *
 * The module vfio_region_test gives the regions to QEMU's edu device.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"
#include "vfio.h"

#define ADD_REGIONS	"/sys/module/vfio_region_test/parameters/device"

/* QEMU, docs/specs/edu.txt */
#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

/* As in vfio_region_test.c; the last one is beyond those that are counted. */
enum { MAPPABLE, WITHOUT_FLAG, WITHOUT_OP, MAPPABLE_TOO, NOT_COUNTED };

#define SIZE	4096ul

static struct vfio_pci dev;

static void *map(unsigned int index, int flags)
{
	return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, dev.fd, VFIO_PCI_OFFSET(index));
}

static void expect_mapped(unsigned int nr)
{
	unsigned int index = VFIO_PCI_NUM_REGIONS + nr, value = ~0;
	uint64_t offset = VFIO_PCI_OFFSET(index);
	struct vfio_region_info info;
	unsigned int *page;

	if (vfio_pci_region(&dev, index, &info))
		ktap_bail_out("region %u: no information", index);
	ktap_result(info.offset == offset && info.size == SIZE &&
		    info.flags & VFIO_REGION_INFO_FLAG_MMAP, "region %u can be mapped", index);

	page = map(index, MAP_SHARED);
	if (!ktap_result(page != MAP_FAILED, "region %u is mapped%s%s", index,
			 page == MAP_FAILED ? " # " : "",
			 page == MAP_FAILED ? strerror(errno) : "")) {
		ktap_observed("mmap-refused");
		return;
	}
	if (!ktap_result(page[0] == nr, "region %u: its own page is mapped", index))
		ktap_observed("wrong-region");
	page[1] = 0xc0ffee;
	if (pread(dev.fd, &value, sizeof(value), offset + sizeof(value)) != sizeof(value))
		ktap_bail_out("region %u: it cannot be read", index);
	ktap_result(value == 0xc0ffee, "region %u: what is written there is read", index);
	munmap(page, SIZE);
}

static bool expect_refused(unsigned int index, int flags, const char *what)
{
	void *page = map(index, flags);
	int err = page == MAP_FAILED ? errno : 0;

	if (!err)
		munmap(page, SIZE);
	return ktap_result(err == EINVAL, "%s: EINVAL%s%s", what,
			   err == EINVAL ? "" : " # ", err == EINVAL ? "" : strerror(err));
}

int main(void)
{
	unsigned int beyond = VFIO_PCI_NUM_REGIONS + NOT_COUNTED;
	struct vfio_region_info info;
	int err;

	vfio_pci_open(&dev, EDU_VENDOR, EDU_DEVICE);
	ktap_start();
	err = write_text(ADD_REGIONS, dev.address);
	if (err)
		ktap_bail_out(ADD_REGIONS ": %s", strerror(err));

	expect_mapped(MAPPABLE);
	expect_mapped(MAPPABLE_TOO);
	if (!expect_refused(VFIO_PCI_NUM_REGIONS + WITHOUT_FLAG, MAP_SHARED,
			    "a region that is not flagged as mappable"))
		ktap_observed("flag-ignored");
	expect_refused(VFIO_PCI_NUM_REGIONS + MAPPABLE, MAP_PRIVATE,
		       "a private mapping of a region");
	expect_refused(VFIO_PCI_ROM_REGION_INDEX, MAP_SHARED, "the ROM");
	expect_refused(VFIO_PCI_CONFIG_REGION_INDEX, MAP_SHARED, "the config space");

	/* The ioctl tells the number of regions, which mmap() has to respect. */
	ktap_result(vfio_pci_region(&dev, beyond, &info) == EINVAL,
		    "the index past the regions has no information");
	if (!expect_refused(beyond, MAP_SHARED, "the index past the regions")) {
		ktap_observed("index-unchecked");
	} else {
		/* Where nothing is checked these could be anything. */
		expect_refused(beyond + 1, MAP_SHARED, "the next index");
		expect_refused(0x10000, MAP_SHARED, "an index far away");
		expect_refused(0x7fffff, MAP_SHARED, "the highest index");
		expect_refused(VFIO_PCI_NUM_REGIONS + WITHOUT_OP, MAP_SHARED,
			       "a region without the operation");
	}
	vfio_pci_close(&dev);
	return ktap_finish();
}
