// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM marks emulated MMIO by a reserved bit of the physical address. On a CPU
 * with 52 bits of it there is none, and KVM has to do without.
 *
 * KVM must have loaded without complaining about the mark, MMIO has to work
 * either way, and it takes the short way through a reserved bit just where
 * there is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "ktap.h"
#include "trace.h"
#include "vm.h"

/* Several pages in turn: KVM remembers the last one without looking. */
#define PAGES		3
#define ROUNDS		4
#define ACCESSES	(2 * PAGES * ROUNDS)

/* The marker of machine/init before it loads modules */
#define LOADED		"virtfix: load "

static u64 write_at(u64 page)
{
	return VM_MMIO_BASE + page * PAGE_SIZE + 8;
}

static u64 read_at(u64 page)
{
	return write_at(page) + 8;
}

static u64 written(u64 page, u64 round)
{
	return 0x1122334400000000 + round * 0x100 + page;
}

static u64 to_read(u64 page, u64 round)
{
	return ~written(page, round);
}

/* How many reads gave the guest what they should */
static u64 good_reads;

static void guest_main(void)
{
	u64 round, page;

	for (round = 0; round < ROUNDS; round++) {
		for (page = 0; page < PAGES; page++) {
			mmio_write64(write_at(page), written(page, round));
			good_reads += mmio_read64(read_at(page)) == to_read(page, round);
		}
	}
	guest_done();
}

static bool is_mmio(struct vm *vm, bool is_write, u64 address)
{
	const struct kvm_run *run = vm->run;

	return vm_next(vm) == VM_EXIT && run->exit_reason == KVM_EXIT_MMIO &&
	       run->mmio.is_write == is_write && run->mmio.len == 8 &&
	       run->mmio.phys_addr == address;
}

static bool serve_write(struct vm *vm, u64 page, u64 round)
{
	u64 value = written(page, round);

	return is_mmio(vm, true, write_at(page)) &&
	       !memcmp(vm->run->mmio.data, &value, sizeof(value));
}

static bool serve_read(struct vm *vm, u64 page, u64 round)
{
	u64 value = to_read(page, round);

	if (!is_mmio(vm, false, read_at(page)))
		return false;
	memcpy(vm->run->mmio.data, &value, sizeof(value));
	return true;
}

/* Serve the guest until it does something else than expected. */
static bool serve(struct vm *vm)
{
	unsigned int served = 0, i;
	bool ended;

	good_reads = 0;
	for (i = 0; i < PAGES * ROUNDS; i++) {
		if (!serve_write(vm, i % PAGES, i / PAGES))
			break;
		served++;
		if (!serve_read(vm, i % PAGES, i / PAGES))
			break;
		served++;
	}
	if (!ktap_result(served == ACCESSES, "%u of %u accesses come to userspace",
			 served, ACCESSES))
		return false;
	ended = vm_next(vm) == VM_DONE;
	return ktap_result(ended && good_reads == PAGES * ROUNDS,
			   "%llu of %u reads give what userspace said", good_reads,
			   PAGES * ROUNDS);
}

/* CPUID 0x80000008 EAX bits 0 to 7: APM vol. 3, appendix E.4.7 */
static u32 physical_bits(void)
{
	u32 regs[4];

	cpuid(0x80000008, 0, regs);
	return regs[0] & 0xff;
}

static void test_mmio(void)
{
	bool reserved = physical_bits() < 52, good;
	int fd = trace_open("kvmmmu/handle_mmio_page_fault", NULL);
	struct vm *vm = vm_create(0);
	u64 count;

	vm_set_entry(vm, guest_main);
	if (!serve(vm))
		ktap_observed("mmio-lost");
	vm_destroy(vm);

	/*
	 * The first access to a page sets the mark, and a read comes after a
	 * write to the page that KVM remembers.
	 */
	count = trace_count(fd);
	close(fd);
	good = reserved ? count >= PAGES * (ROUNDS - 1) : !count;
	if (!ktap_result(good, "%u physical address bits: %llu of %u accesses by a reserved bit",
			 physical_bits(), count, ACCESSES))
		ktap_observed(reserved ? "mmio-slow" : "mmio-reserved-bit");
}

/**
 * struct log - what the kernel said since modules were loaded
 * @loaded: whether it says when that was
 * @of_value: the warning is about the MMIO value
 * @warning: its text, empty where there is none
 */
struct log {
	bool loaded;
	bool of_value;
	char warning[256];
};

/* A record is "level,sequence,time,flags;text". */
static void look_at_record(struct log *log, const char *record)
{
	const char *text = strchr(record, ';');

	if (!text)
		return;
	text++;
	if (!strncmp(text, LOADED, strlen(LOADED))) {
		*log = (struct log){ .loaded = true };
	} else if (strstr(text, "WARNING: ") && strstr(text, "[kvm")) {
		snprintf(log->warning, sizeof(log->warning), "%.*s",
			 (int)strcspn(text, "\n"), text);
		/* kvm_mmu_set_mmio_spte_mask(), or the function that it is inlined in */
		log->of_value |= strstr(text, "mmio_spte_mask") || strstr(text, "all_pte_masks");
	}
}

/* Each read gives one record; EPIPE is for one that was overwritten before. */
static void read_log(struct log *log)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	ssize_t n;

	if (fd < 0)
		ktap_bail_out("/dev/kmsg: %s", strerror(errno));
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		look_at_record(log, record);
	}
	close(fd);
}

static void test_log(void)
{
	struct log log = { 0 };

	read_log(&log);
	if (!log.loaded)
		ktap_bail_out("the kernel's log does not say when modules were loaded");
	ktap_result(!*log.warning, "KVM loads without a warning%s%s",
		    *log.warning ? " # " : "", log.warning);
	if (log.of_value)
		ktap_observed("mmio-value-warning");
}

int main(void)
{
	ktap_start();
	test_log();
	test_mmio();
	return ktap_finish();
}
