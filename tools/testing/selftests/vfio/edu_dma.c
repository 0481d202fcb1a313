// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device under vfio-pci does what it is for: its registers are reached, it
 * reads and writes the memory that is mapped for it and no other, its MSI comes
 * as an event. The device is QEMU's edu (docs/specs/edu.txt).
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "vfio.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

#define EDU_ID		0x00
#define EDU_LIVENESS	0x04
#define EDU_IRQ_STATUS	0x24
#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64
#define EDU_DMA_SRC	0x80
#define EDU_DMA_DST	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_CMD	0x98

#define EDU_DMA_START	1
#define EDU_DMA_WRITE	2	/* from the device to memory */
#define EDU_DMA_IRQ	4
#define EDU_DMA_DONE	0x100	/* the status of that interrupt */

/* The device's own memory, as its DMA engine sees it */
#define EDU_MEMORY	0x40000u

#define PCI_COMMAND		4
#define PCI_COMMAND_MEMORY	2
#define PCI_COMMAND_MASTER	4

#define SIZE		4096ul
/* QEMU ends where the last byte of the device's memory is asked for. */
#define DMA_SIZE	2048u
/* The engine drives 28 address lines. */
#define IOVA_IN		0x1000000ull
#define IOVA_OUT	0x2000000ull
#define WAIT_MS		5000

static struct vfio_pci dev;
static volatile uint32_t *regs;
static int event;

static uint32_t reg_read(unsigned int reg)
{
	return regs[reg / 4];
}

/* The DMA engine's registers take 64 bits in two halves, or one. */
static void reg_write(unsigned int reg, uint32_t value)
{
	regs[reg / 4] = value;
}

static bool expect(uint64_t came, uint64_t expected, const char *what)
{
	if (came == expected)
		return ktap_result(true, "%s", what);
	return ktap_result(false, "%s # expected %#llx, came %#llx", what,
			   (unsigned long long)expected, (unsigned long long)came);
}

static void map_registers(void)
{
	struct vfio_region_info info;
	uint16_t command;
	uint64_t at;

	if (vfio_pci_region(&dev, VFIO_PCI_CONFIG_REGION_INDEX, &info))
		ktap_bail_out("no config space");
	at = info.offset + PCI_COMMAND;
	if (pread(dev.fd, &command, sizeof(command), at) != sizeof(command))
		ktap_bail_out("the config space cannot be read");
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (pwrite(dev.fd, &command, sizeof(command), at) != sizeof(command))
		ktap_bail_out("the config space cannot be written");

	if (vfio_pci_region(&dev, VFIO_PCI_BAR0_REGION_INDEX, &info))
		ktap_bail_out("no BAR 0");
	regs = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, dev.fd, info.offset);
	if (regs == MAP_FAILED)
		ktap_bail_out("BAR 0 cannot be mapped: %s", strerror(errno));
}

static uint64_t *memory(uint64_t seed)
{
	uint64_t *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (page == MAP_FAILED)
		ktap_bail_out("no memory: %s", strerror(errno));
	for (i = 0; i < SIZE / sizeof(*page); i++)
		page[i] = seed + i * 0x0101010101010101ull;
	return page;
}

static bool wait_event(int ms)
{
	struct pollfd fd = { .fd = event, .events = POLLIN };
	uint64_t count;

	return poll(&fd, 1, ms) == 1 && read(event, &count, sizeof(count)) == sizeof(count);
}

/* dma(): between the device's memory and an address of its bus */
static void dma(uint64_t iova, bool write)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	unsigned int i;

	reg_write(EDU_DMA_SRC, write ? EDU_MEMORY : iova);
	reg_write(EDU_DMA_DST, write ? iova : EDU_MEMORY);
	reg_write(EDU_DMA_COUNT, DMA_SIZE);
	reg_write(EDU_DMA_CMD, EDU_DMA_START | (write ? EDU_DMA_WRITE : 0) | EDU_DMA_IRQ);
	for (i = 0; i < WAIT_MS && reg_read(EDU_DMA_CMD) & EDU_DMA_START; i++)
		nanosleep(&ms, NULL);
	if (reg_read(EDU_DMA_CMD) & EDU_DMA_START)
		ktap_bail_out("DMA does not end");
}

/* dma_done(): the DMA that was made has an MSI */
static void dma_done(const char *what)
{
	ktap_result(wait_event(WAIT_MS), "%s: its MSI is an event", what);
	expect(reg_read(EDU_IRQ_STATUS), EDU_DMA_DONE, "the reason of the MSI");
	reg_write(EDU_IRQ_ACK, EDU_DMA_DONE);
}

static void test_registers(void)
{
	/* Version 1.0 of 0xed */
	expect(reg_read(EDU_ID), 0x010000ed, "the device's identification");
	reg_write(EDU_LIVENESS, 0x12345678);
	expect(reg_read(EDU_LIVENESS), ~0x12345678u, "the device turns a value round");
}

static void test_msi(void)
{
	expect(vfio_pci_irq_eventfd(&dev, VFIO_PCI_MSI_IRQ_INDEX, event), 0,
	       "the MSI is tied to an event");
	ktap_result(!wait_event(0), "no event before the MSI");
	reg_write(EDU_IRQ_RAISE, 0x5);
	ktap_result(wait_event(WAIT_MS), "the MSI is an event");
	expect(reg_read(EDU_IRQ_STATUS), 0x5, "the reason of the MSI");
	reg_write(EDU_IRQ_ACK, 0x5);
	expect(reg_read(EDU_IRQ_STATUS), 0, "the reason is gone");
	ktap_result(!wait_event(0), "one MSI is one event");
}

/* What the device's memory holds is seen by letting it write it. */
static void test_dma(void)
{
	uint64_t *in = memory(0x1111), *out = memory(0x2222);
	const uint32_t both = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

	expect(vfio_pci_dma_map(&dev, in, IOVA_IN, SIZE, VFIO_DMA_MAP_FLAG_READ), 0,
	       "memory is mapped for reading");
	expect(vfio_pci_dma_map(&dev, out, IOVA_OUT, SIZE, both), 0,
	       "memory is mapped for both");
	expect(vfio_pci_dma_map(&dev, out, IOVA_IN, SIZE, both), EEXIST,
	       "one address is not mapped twice");

	dma(IOVA_IN, false);
	dma_done("DMA from memory");
	dma(IOVA_OUT, true);
	dma_done("DMA to memory");
	ktap_result(!memcmp(in, out, DMA_SIZE), "the device read and wrote the memory");

	in[0] = out[0] = 0x3333;
	dma(IOVA_IN, true);
	dma_done("DMA to memory that is mapped for reading");
	expect(in[0], 0x3333, "the memory is as before");

	/* New contents, which the device must not get. */
	memset(out, 0xa5, SIZE);
	expect(vfio_pci_dma_unmap(&dev, IOVA_OUT, SIZE), 0, "memory is unmapped");
	dma(IOVA_OUT, false);
	dma_done("DMA from memory that is not mapped any more");
	expect(vfio_pci_dma_unmap(&dev, IOVA_IN, SIZE), 0, "the other memory is unmapped");
	expect(vfio_pci_dma_map(&dev, in, IOVA_IN, SIZE, both), 0, "it is mapped for both");
	dma(IOVA_IN, true);
	dma_done("DMA to memory");
	ktap_result(memcmp(in, out, DMA_SIZE), "the device did not read what is not mapped");
	dma(IOVA_OUT, true);
	dma_done("DMA to memory that is not mapped any more");
	expect(out[0], 0xa5a5a5a5a5a5a5a5ull, "the memory is as before");
	expect(vfio_pci_dma_unmap(&dev, IOVA_IN, SIZE), 0, "and unmapped");

	munmap(in, SIZE);
	munmap(out, SIZE);
}

int main(void)
{
	vfio_pci_open(&dev, EDU_VENDOR, EDU_DEVICE);
	ktap_start();
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event < 0)
		ktap_bail_out("eventfd: %s", strerror(errno));
	map_registers();
	test_registers();
	test_msi();
	test_dma();
	expect(vfio_pci_irq_eventfd(&dev, VFIO_PCI_MSI_IRQ_INDEX, -1), 0, "the MSI is untied");
	vfio_pci_close(&dev);
	return ktap_finish();
}
