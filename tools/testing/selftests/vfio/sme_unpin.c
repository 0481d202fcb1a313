// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that was mapped for a device is unpinned when it is unmapped, or when
 * the device is closed, although the IOMMU driver's answer to where it is
 * carries the memory encryption mask.
 *
 * The module vfio_sme_test makes such a driver of AMD's, for QEMU's edu device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"
#include "vfio.h"

#define MODULE	"/sys/module/vfio_sme_test/parameters/"

/* QEMU, docs/specs/edu.txt */
#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

#define PAGES	64l
#define IOVA	0x100000ul

static struct vfio_pci dev;
static long page_size;
static void *memory;

/* number_in(): what follows a name at the beginning of a line */
static long number_in(const char *path, const char *name)
{
	size_t len = strlen(name);
	char line[256];
	long n = -1;
	FILE *f = fopen(path, "re");

	while (n < 0 && f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len))
			n = strtol(line + len, NULL, 10);
	if (f)
		fclose(f);
	if (n < 0)
		ktap_bail_out("%s has no %s", path, name);
	return n;
}

/* Each CPU counts for itself for a while, until it is told not to. */
static long pinned_pages(void)
{
	int err = write_text("/proc/sys/vm/stat_refresh", "1");

	if (err)
		ktap_bail_out("stat_refresh: %s", strerror(err));
	return number_in("/proc/vmstat", "nr_foll_pin_acquired ") -
	       number_in("/proc/vmstat", "nr_foll_pin_released ");
}

static long locked_pages(void)
{
	return number_in("/proc/self/status", "VmLck:") * 1024 / page_size;
}

static void map(void)
{
	long before = pinned_pages(), locked = locked_pages(), n;
	int err;

	err = vfio_pci_dma_map(&dev, memory, IOVA, PAGES * page_size,
			       VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	if (err)
		ktap_bail_out("VFIO_IOMMU_MAP_DMA: %s", strerror(err));
	n = pinned_pages() - before;
	ktap_result(n == PAGES, "mapping pins each page # %ld of %ld", n, PAGES);
	n = locked_pages() - locked;
	ktap_result(n == PAGES, "and charges for it # %ld of %ld", n, PAGES);
}

static void unmap(void)
{
	int err = vfio_pci_dma_unmap(&dev, IOVA, PAGES * page_size);

	if (err)
		ktap_bail_out("VFIO_IOMMU_UNMAP_DMA: %s", strerror(err));
}

static void expect_unpinned(const char *what, long pinned, long locked)
{
	long n = pinned_pages() - pinned;

	if (!ktap_result(n == 0, "%s: no page stays pinned # %ld of %ld", what, n, PAGES))
		ktap_observed(n > 0 ? "pages-left-pinned" : "pages-unpinned-twice");
	n = locked_pages() - locked;
	ktap_result(n == 0, "%s: nor charged for # %ld of %ld", what, n, PAGES);
}

static void expect_answers(const char *what, bool some)
{
	static long before;
	long n = number_in(MODULE "answers", "") - before;

	before += n;
	ktap_result(!!n == some, "%s: answers with the mask: %s # %ld", what,
		    some ? "some" : "none", n);
}

int main(void)
{
	long pinned, locked;
	int err;

	page_size = sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		ktap_bail_out("no memory: %s", strerror(errno));
	vfio_pci_open(&dev, EDU_VENDOR, EDU_DEVICE);
	ktap_start();
	pinned = pinned_pages();
	locked = locked_pages();
	expect_answers("before", false);

	map();
	unmap();
	expect_answers("the driver's own answers", false);
	expect_unpinned("the driver's own answers", pinned, locked);

	err = write_text(MODULE "device", dev.address);
	if (err)
		ktap_bail_out(MODULE "device: %s", strerror(err));
	map();
	unmap();
	expect_answers("unmapped", true);
	expect_unpinned("unmapped", pinned, locked);

	/* As when a guest ends; from what stayed before. */
	pinned = pinned_pages();
	locked = locked_pages();
	map();
	vfio_pci_close(&dev);
	expect_answers("closed", true);
	expect_unpinned("closed", pinned, locked);
	return ktap_finish();
}
