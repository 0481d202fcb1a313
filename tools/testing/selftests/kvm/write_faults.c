// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often a guest faults once more on the first write to a page that it has
 * read before.
 *
 * When the guest reads, KVM maps the page writable where the host has it
 * writable, and the write does not fault. In shared memory (tmpfs, memfd) a
 * read makes a page that the host can write; KVM sees that only if it asks
 * again after the page came to be. In anonymous memory a read gives the zero
 * page, and the write has to fault whatever KVM does; it does so twice where
 * the first fault ends with a page of another place, which KVM finds out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "ktap.h"
#include "trace.h"
#include "vm.h"

/* Not at a multiple of 2 MiB, and less: no huge pages. */
#define PAGES		8
#define SIZE		(PAGES * PAGE_SIZE)
#define MEMORY		((char *)0x80001000)

/**
 * struct memory - a kind of memory that a guest has
 * @name: for the report
 * @shared: a file's pages, or anonymous ones
 * @present: the host has written to it before the guest starts
 * @min: write faults per page when KVM does not ask again, at least
 * @max: and at most
 */
struct memory {
	const char *name;
	bool shared;
	bool present;
	unsigned int min, max;
};

static const struct memory memories[] = {
	{ "shared pages that the host has not touched", true, false, 1, 1 },
	{ "anonymous pages that the host has not touched", false, false, 1, 2 },
	{ "shared pages that the host has written", true, true, 0, 0 },
	{ "anonymous pages that the host has written", false, true, 0, 0 },
};

static u64 *word(u64 page)
{
	return (u64 *)(MEMORY + page * PAGE_SIZE);
}

static void guest_main(void)
{
	u64 i;

	for (i = 0; i < PAGES; i++)
		asm volatile("" :: "r"(*word(i)) : "memory");
	for (i = 0; i < PAGES; i++)
		*word(i) = i + 1;
	guest_done();
}

static void map(const struct memory *memory)
{
	int flags = MAP_FIXED_NOREPLACE, fd = -1;

	if (memory->shared) {
		fd = memfd_create("guest", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, SIZE))
			ktap_bail_out("shared memory: %s", strerror(errno));
		flags |= MAP_SHARED;
	} else {
		flags |= MAP_PRIVATE | MAP_ANONYMOUS;
	}
	if (mmap(MEMORY, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0) != MEMORY)
		ktap_bail_out("memory at %p: %s", MEMORY, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (memory->present)
		memset(MEMORY, 0xff, SIZE);
}

/* The faults of guest_main() on the memory; bit 1 of the error code: a write */
static int count_faults(const char *kind)
{
	char filter[128];

	snprintf(filter, sizeof(filter), "%s && fault_address >= %#lx && fault_address < %#lx",
		 kind, (long)MEMORY, (long)MEMORY + SIZE);
	return trace_open("kvm/kvm_page_fault", filter);
}

static void test(const struct memory *memory)
{
	u64 min = memory->min * PAGES, max = memory->max * PAGES;
	struct vm *vm = vm_create(0);
	unsigned int i, good = 0;
	u64 reads, writes;
	int fds[2];

	map(memory);
	vm_add_memory(vm, MEMORY, SIZE);
	vm_set_entry(vm, guest_main);
	fds[0] = count_faults("!(error_code & 2)");
	fds[1] = count_faults("error_code & 2");
	if (vm_next(vm) != VM_DONE)
		ktap_bail_out("%s: the guest did not come to its end", memory->name);
	reads = trace_count(fds[0]);
	writes = trace_count(fds[1]);
	close(fds[0]);
	close(fds[1]);
	vm_destroy(vm);

	for (i = 0; i < PAGES; i++)
		good += *word(i) == i + 1;
	ktap_result(good == PAGES, "%s: %u of %u hold what the guest wrote", memory->name,
		    good, PAGES);
	munmap(MEMORY, SIZE);

	ktap_result(reads == PAGES, "%s: %llu read faults, expected %u", memory->name,
		    reads, PAGES);
	if (!ktap_result(writes >= min && writes <= max,
			 "%s: %llu write faults after them, expected %llu to %llu",
			 memory->name, writes, min, max))
		ktap_observed(writes < min ? "fewer-faults" : "more-faults");
}

int main(void)
{
	unsigned int i;

	ktap_start();
	for (i = 0; i < ARRAY_SIZE(memories); i++)
		test(&memories[i]);
	return ktap_finish();
}
