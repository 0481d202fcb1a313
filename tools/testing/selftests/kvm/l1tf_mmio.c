// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO at guest physical addresses that have bits where KVM sets all of them as a
 * defense against L1TF.
 *
 * KVM remembers a page of MMIO by an entry in its own page tables, which is to
 * fault, and which has the page's number. The upper five bits that the CPU caches
 * of an address are set there, and those of the number are further up. When the
 * guest comes back to a page from another one, KVM takes the address of the
 * access out of this entry where the guest's tables are shadowed: without EPT.
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "ktap.h"
#include "vm.h"

/* Two pages that the guest accesses in turn */
#define LINEAR		VM_MMIO_BASE
#define OFFSET(n)	(0x123450ul + (n) % 2 * PAGE_SIZE)
#define ROUNDS		3
#define ACCESSES	(4 * ROUNDS)

static u64 address;

/* The entry of a page of 2 MiB: SDM vol. 3 4.5 */
static u64 *page_directory_entry(u64 linear)
{
	const u64 mask = ~(PAGE_SIZE - 1) & ~(1ull << 63);
	u64 *table = (u64 *)(read_cr3() & mask);

	table = (u64 *)(table[linear >> 39 & 511] & mask);
	table = (u64 *)(table[linear >> 30 & 511] & mask);
	return table + (linear >> 21 & 511);
}

static void guest_main(void)
{
	u64 *pde = page_directory_entry(LINEAR), i;

	for (;;) {
		*pde = address | PTE_P | PTE_RW | PTE_US | PTE_PS;
		invlpg(LINEAR);
		for (i = 0; i < 2 * ROUNDS; i++)
			mmio_write64(LINEAR + OFFSET(i), address + i);
		for (i = 0; i < 2 * ROUNDS; i++)
			if (mmio_read64(LINEAR + OFFSET(i)) != ~address)
				guest_expect("the value read", 0, 1);
		guest_sync(0);
	}
}

static bool has_l1tf(void)
{
	char word[64];
	bool has = false;
	FILE *file = fopen("/proc/cpuinfo", "re");

	while (file && !has && fscanf(file, "%63s", word) == 1)
		has = !strcmp(word, "l1tf");
	if (file)
		fclose(file);
	return has;
}

static void test(struct vm *vm, u64 base)
{
	unsigned int came = 0, wrong = 0, values = 0;
	struct kvm_run *run = vm->run;
	u64 value, first_wrong = 0;
	enum vm_event event;

	address = base;
	while ((event = vm_next(vm)) == VM_EXIT) {
		if (run->exit_reason != KVM_EXIT_MMIO)
			ktap_bail_out("an exit for %s", vm_exit_name(run->exit_reason));
		if (run->mmio.phys_addr != base + OFFSET(came) && !wrong++)
			first_wrong = run->mmio.phys_addr;
		if (run->mmio.is_write) {
			memcpy(&value, run->mmio.data, sizeof(value));
			values += value == base + came;
		} else {
			value = ~base;
			memcpy(run->mmio.data, &value, sizeof(value));
		}
		came++;
	}
	if (event != VM_SYNC)
		ktap_bail_out("the guest did not come to its end");
	ktap_result(came == ACCESSES && values == 2 * ROUNDS,
		    "%#llx: userspace gets %u accesses, expected %u", base, came, ACCESSES);
	if (wrong) {
		ktap_result(false, "%#llx: the addresses of the accesses # %u are wrong, the first is %#llx",
			    base, wrong, first_wrong);
		ktap_observed("wrong-gfn");
	} else {
		ktap_result(true, "%#llx: the addresses of the accesses", base);
	}
}

int main(void)
{
	const struct kvm_cpuid_entry2 *entry;
	struct vm *vm;
	int bit, bits;

	if (!has_l1tf())
		ktap_skip_all("L1TF is no bug of this CPU");
	ktap_start();
	vm = vm_create(0);
	vm_set_entry(vm, guest_main);
	/* The guest's physical addresses: APM vol. 3 appendix E.4.7 */
	entry = vm_cpuid(vm, 0x80000008, 0);
	bits = entry ? entry->eax & 0xff : 36;
	ktap_result(bits > 32, "the guest has %d bits of physical address", bits);
	test(vm, LINEAR);
	for (bit = 32; bit < bits; bit++)
		test(vm, LINEAR | 1ull << bit);
	test(vm, LINEAR | ((1ull << bits) - (1ull << 32)));
	vm_destroy(vm);
	return ktap_finish();
}
