// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM emulates it fetches once more, through the guest's page tables. Where
 * they have no page any more, the guest must get a page fault.
 *
 * An instruction begins in the last byte of one page and ends in the next one. It
 * is executed, so that the CPU has both translations. Then the second page is
 * taken out of the page table without a flush, and the same instruction loads
 * from MMIO: the CPU still fetches it, KVM cannot. The guest's handler maps the
 * page, and the instruction has to end with the value that it loads.
 *
 * An interrupt of the host between the two takes the CPU's translation as well:
 * the CPU faults by itself, and the guest tries again.
 */
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "ktap.h"
#include "trace.h"
#include "vm.h"

/* Two pages of virtual addresses, beyond those that are mapped one to one */
#define CODE		0x100000000ul
#define SECOND		(CODE + PAGE_SIZE)

#define MMIO		(VM_MMIO_BASE + 0x10)
#define VALUE		0x1122334455667788ull

#define TRIES		20

/* Error code of #PF: an instruction fetch (APM 8.4.2, SDM vol. 3 4.7) */
#define PF_FETCH	(1u << 4)
#define EFER_NXE	(1u << 11)

/* mov (%rdi), %rax; ret: the REX prefix is in the first page */
static const u8 load[] = { 0x48, 0x8b, 0x07, 0xc3 };

static u64 *entry;		/* of the second page, in the page table */
static u64 second;		/* its physical address */
static u64 faults, fault_address, fault_error;

static void map_second(struct guest_frame *frame)
{
	faults++;
	fault_address = read_cr2();
	fault_error = frame->error;
	*entry = second | PTE_P | PTE_RW;
}

typedef u64 load_fn(u64 address);

/* @unmap: take the second page out just before; nothing exits in between */
static u64 load_from(u64 address, bool unmap)
{
	load_fn *code = (load_fn *)(SECOND - 1);

	if (unmap)
		*(volatile u64 *)entry = 0;
	return code(address);
}

static void guest_main(void)
{
	static const u64 in_memory = ~VALUE;

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	guest_handle(PF_VECTOR, map_second);

	guest_expect("the CPU's fetch from a page that is not there: the value",
		     load_from((u64)&in_memory, true), in_memory);
	guest_expect("it faults once", faults, 1);
	guest_expect("at the page that is not there", fault_address, SECOND);
	guest_expect("as an instruction fetch", fault_error, PF_FETCH);

	/* As often as the host asks for */
	for (;;) {
		faults = 0;
		guest_sync(0);
		guest_expect("KVM's fetch from a page that is not there any more: the value",
			     load_from((u64)&in_memory, false) == in_memory ?
			     load_from(MMIO, true) : 0, VALUE);
		guest_expect("it faults once", faults, 1);
		guest_expect("at the page that is not there", fault_address, SECOND);
		guest_expect("as an instruction fetch", fault_error, PF_FETCH);
	}
}

/* 4 KiB pages: APM 5.3, SDM vol. 3 4.5 */
static void map_code(struct vm *vm, u64 cr3)
{
	const u64 flags = PTE_P | PTE_RW;
	u64 *pdpt = (u64 *)(*(u64 *)cr3 & ~(PAGE_SIZE - 1));
	u64 *pd = vm_alloc_pages(vm, 1), *pt = vm_alloc_pages(vm, 1);
	char *pages = vm_alloc_pages(vm, 2);

	memcpy(pages + PAGE_SIZE - 1, load, sizeof(load));
	second = (u64)pages + PAGE_SIZE;
	pdpt[CODE >> 30] = (u64)pd | flags;
	pd[0] = (u64)pt | flags;
	pt[0] = (u64)pages | flags;
	pt[1] = 0;
	entry = &pt[1];
}

/* Serve the guest's MMIO until it is through, or comes to an internal error. */
static bool serve(struct vm *vm)
{
	const u64 value = VALUE;
	int rounds;

	for (rounds = 0; rounds < 10; rounds++) {
		if (vm_next(vm) == VM_SYNC)
			return true;
		if (vm->run->exit_reason != KVM_EXIT_MMIO || vm->run->mmio.is_write)
			return false;
		memcpy(vm->run->mmio.data, &value, sizeof(value));
	}
	return false;
}

int main(void)
{
	u64 injected = 0;
	bool done = true;
	struct vm *vm;
	int fd, i;

	ktap_start();
	vm = vm_create(0);
	faults = 0;
	map_code(vm, vm_cr3(vm));
	vm_set_entry(vm, guest_main);
	if (vm_next(vm) != VM_SYNC)
		ktap_bail_out("the guest does not come to its second part");
	fd = trace_open("kvm/kvm_inj_exception", "exception == 14");
	for (i = 0; i < TRIES && done && !injected; i++) {
		done = serve(vm);
		injected = trace_count(fd);
	}
	close(fd);
	ktap_result(done, "the guest comes through%s%s", done ? "" : " # exit ",
		    done ? "" : vm_exit_name(vm->run->exit_reason));
	if (!done && vm->run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		ktap_observed("fetch-fault-lost");
	if (done && (fault_address != SECOND || fault_error != PF_FETCH))
		ktap_observed("fetch-fault-wrong");
	/*
	 * Else the CPU found out by itself, and nothing was tested. A fault is
	 * counted again where its delivery is interrupted.
	 */
	if (done)
		ktap_result(injected, "KVM injected the page fault # in try %d, counted %llu",
			    i, injected);
	vm_destroy(vm);
	return ktap_finish();
}
