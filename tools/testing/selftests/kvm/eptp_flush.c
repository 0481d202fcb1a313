// SPDX-License-Identifier: GPL-2.0-only
/*
 * What L2 and L1 find in the TLB after a VM entry or exit where they share a
 * VPID.
 *
 * L1 does not use VPIDs, so that each VM entry and exit flushes the TLB (SDM
 * vol. 3 29.4.3.1). It changes to which page a linear address of L2 translates,
 * enters L2 again, and L2 must read from the new page.
 *
 * An emulator that flushes all of its TLB with each VM entry and exit can never
 * show what KVM forgets to flush. The module tlb_tags tells it from what KVM
 * flushes, by VPID and EPTP, before it enters a guest with another EPTP.
 */
#include <stdio.h>

#include "guest.h"
#include "ktap.h"
#include "vm.h"
#include "vmx.h"

#define TLB		"/sys/kernel/debug/tlb_tags"

/* How often L2 is entered */
#define ENTRIES		8

/* 2 MiB each: where L2 reads, and the pages that it finds there */
#define LINEAR		(VM_RAM_BASE + (8ul << 20))
#define PAGE(n)		(VM_RAM_BASE + (10ul << 20) + ((n) % 2 << 21))
#define VALUE(n)	(0xf1a5ull << 16 | (n) % 2)

static struct vmx vmx;
static u64 values[ENTRIES], reasons[ENTRIES], entered;

static void l2_main(void)
{
	for (;;) {
		asm volatile("mov (%0), %%rax\n\t"
			     "vmcall" :: "r"(LINEAR) : "rax", "memory");
	}
}

/* The entry of a page of 2 MiB: SDM vol. 3 4.5 */
static u64 *page_directory_entry(u64 linear)
{
	const u64 mask = ~(PAGE_SIZE - 1) & ~(1ull << 63);
	u64 *table = (u64 *)(read_cr3() & mask);

	table = (u64 *)(table[linear >> 39 & 511] & mask);
	table = (u64 *)(table[linear >> 30 & 511] & mask);
	return table + (linear >> 21 & 511);
}

static void l1_main(void)
{
	volatile u64 *pde = page_directory_entry(LINEAR);
	u64 flags = *pde & (PAGE_SIZE - 1);

	vmx_enable(&vmx);
	vmx_prepare(&vmx, l2_main);
	vmx_map_flat(&vmx);
	for (entered = 0; entered < ENTRIES; entered++) {
		*pde = PAGE(entered) | flags;
		if (!vmx_run(&vmx))
			break;
		reasons[entered] = vmx_read(VMCS_EXIT_REASON);
		values[entered] = vmx.gprs.rax;
		vmx_write(VMCS_GUEST_RIP, vmx_read(VMCS_GUEST_RIP) +
			  vmx_read(VMCS_EXIT_INSTRUCTION_LEN));
	}
	guest_done();
}

static void clear_tlb(void)
{
	FILE *file = fopen(TLB, "we");

	if (!file || fputs("\n", file) < 0 || fclose(file))
		ktap_bail_out("the module tlb_tags is not loaded");
}

static void check_tlb(void)
{
	unsigned int runs, flushes, changes, stale;
	FILE *file = fopen(TLB, "re");

	if (!file || fscanf(file, "%u %u %u %u", &runs, &flushes, &changes, &stale) != 4)
		ktap_bail_out(TLB " has no numbers");
	fclose(file);
	/* There is no exit before the first entry. */
	ktap_result(changes == 2 * ENTRIES,
		    "KVM changes the EPTP of one VPID %u times in %u runs, expected %u", changes,
		    runs, 2 * ENTRIES);
	if (!ktap_result(stale == 0,
			 "%u of them to what is in the TLB, after %u flushes, expected 0", stale,
			 flushes))
		ktap_observed("stale-translation");
}

int main(void)
{
	unsigned int i, good = 0;
	struct vm *vm;

	if (!kvm_has_vmx())
		ktap_skip_all("KVM does not give VMX to its guests");
	ktap_start();
	vm = vm_create(0);
	vmx_create(vm, &vmx);
	for (i = 0; i < 2; i++)
		*(u64 *)PAGE(i) = VALUE(i);
	vm_set_entry(vm, l1_main);
	clear_tlb();
	if (vm_next(vm) != VM_DONE)
		ktap_bail_out("L1 did not come to its end");
	check_tlb();
	vm_destroy(vm);

	ktap_result(entered == ENTRIES, "L2 is entered %llu times, expected %u", entered, ENTRIES);
	for (i = 0; i < entered; i++)
		good += reasons[i] == VMX_EXIT_VMCALL && values[i] == VALUE(i);
	if (!ktap_result(good == ENTRIES, "L2 reads from the page that L1 mapped %u times", good))
		ktap_observed("stale-translation");
	return ktap_finish();
}
