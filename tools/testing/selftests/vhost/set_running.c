// SPDX-License-Identifier: GPL-2.0-only
/*
 * How vhost-vsock answers to the ioctl that starts and stops its virtqueues: to
 * nobody before it has an owner, not before the rings are set, then it runs.
 *
 * By number: a program that was built with either name sends this.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ktap.h"

#define SET_RUNNING	_IOW(0xaf, 0x61, int)

#define NR_RINGS	2
#define RING_SIZE	4
#define MEMORY		(1u << 20)

static int vhost;

/* expect(): whether an ioctl ends with this errno, 0 for none */
static bool expect(unsigned long request, const void *arg, int expected, const char *what)
{
	int err = ioctl(vhost, request, arg) ? errno : 0;

	if (err == expected)
		return ktap_result(true, "%s", what);
	return ktap_result(false, "%s # expected \"%s\", came \"%s\"", what,
			   strerror(expected), strerror(err));
}

static void try_ioctl(unsigned long request, const void *arg, const char *what)
{
	if (ioctl(vhost, request, arg))
		ktap_bail_out("%s: %s", what, strerror(errno));
}

static void set_running(int value, int expected, const char *what)
{
	expect(SET_RUNNING, &value, expected, what);
}

static void set_memory(char *memory)
{
	struct vhost_memory *table;

	table = calloc(1, sizeof(*table) + sizeof(table->regions[0]));
	if (!table)
		ktap_bail_out("out of memory");
	table->nregions = 1;
	table->regions[0].guest_phys_addr = (uintptr_t)memory;
	table->regions[0].userspace_addr = (uintptr_t)memory;
	table->regions[0].memory_size = MEMORY;
	try_ioctl(VHOST_SET_MEM_TABLE, table, "VHOST_SET_MEM_TABLE");
	free(table);
}

static void set_ring(unsigned int index, char *memory)
{
	struct vhost_vring_state size = { .index = index, .num = RING_SIZE };
	struct vhost_vring_state base = { .index = index };
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (uintptr_t)memory,
		.avail_user_addr = (uintptr_t)memory + 0x1000,
		.used_user_addr = (uintptr_t)memory + 0x2000,
	};

	try_ioctl(VHOST_SET_VRING_NUM, &size, "VHOST_SET_VRING_NUM");
	try_ioctl(VHOST_SET_VRING_BASE, &base, "VHOST_SET_VRING_BASE");
	try_ioctl(VHOST_SET_VRING_ADDR, &addr, "VHOST_SET_VRING_ADDR");
}

int main(void)
{
	uint64_t cid = 3, features = 0;
	unsigned int i;
	char *memory;

	vhost = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC);
	if (vhost < 0)
		ktap_skip_all("/dev/vhost-vsock: %s", strerror(errno));
	memory = aligned_alloc(0x1000, MEMORY);
	if (!memory)
		ktap_bail_out("out of memory");
	memset(memory, 0, MEMORY);
	ktap_start();
	ktap_result(SET_RUNNING == VHOST_VSOCK_SET_RUNNING, "the number of the ioctl");

	set_running(1, EPERM, "starting it without an owner");
	set_running(0, EPERM, "stopping it without an owner");
	try_ioctl(VHOST_SET_OWNER, NULL, "VHOST_SET_OWNER");
	try_ioctl(VHOST_SET_FEATURES, &features, "VHOST_SET_FEATURES");
	expect(SET_RUNNING, NULL, EFAULT, "no value");
	set_running(1, EFAULT, "starting it without rings");
	set_running(0, 0, "stopping what does not run");

	expect(VHOST_VSOCK_SET_GUEST_CID, &cid, 0, "it gets an address");
	set_memory(memory);
	for (i = 0; i < NR_RINGS; i++)
		set_ring(i, memory + i * 0x10000);
	set_running(1, 0, "starting it");
	set_running(1, 0, "starting what runs");
	set_running(0, 0, "stopping it");
	set_running(1, 0, "starting it again");
	close(vhost);
	free(memory);
	return ktap_finish();
}
