// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a KVM that is a guest itself costs its own hypervisor by writes to %dr6.
 *
 * Inside a guest, a tiny guest makes one exit to userspace per KVM_RUN, so that
 * its vCPU is put each time. Outside, the exits by writes to %dr6 are counted.
 * Where neither guest uses debug registers there must not be any; where the
 * inner one does there have to be some, which shows that they are counted.
 */
#include "guest.h"
#include "ktap.h"
#include "nested.h"
#include "vm.h"

#define WARM_UP		5
#define ROUNDS		50
#define TEST_PORT	0x510

#define DR6_INIT	0xffff0ff0ul	/* APM 13.1.1.3 */

/* The exits' reasons: APM appendix C, SDM vol. 3 appendix C */
#define WRITE_DR6_SVM	"exit_reason == 0x36"
#define ACCESS_DR_VMX	"exit_reason == 29"

static void only_exit(void)
{
	for (;;)
		asm volatile("out %%al, %0" :: "Nd"((u16)TEST_PORT) : "memory");
}

static void write_dr6(void)
{
	for (;;)
		asm volatile("mov %0, %%dr6\n\tout %%al, %1"
			     :: "r"(DR6_INIT), "Nd"((u16)TEST_PORT) : "memory");
}

static void run(struct vm *vm, int times)
{
	while (times--) {
		if (vm_next(vm) != VM_EXIT || vm->run->exit_reason != KVM_EXIT_IO)
			ktap_bail_out("an exit for %s", vm_exit_name(vm->run->exit_reason));
	}
}

static u64 exits_of(void (*code)(void))
{
	struct vm *vm = vm_create(0);
	u64 before, after;

	vm_set_entry(vm, code);
	run(vm, WARM_UP);
	before = nested_count();
	run(vm, ROUNDS);
	after = nested_count();
	vm_destroy(vm);
	return after - before;
}

int main(void)
{
	u64 exits;

	nested_enter("kvm/kvm_exit", WRITE_DR6_SVM, ACCESS_DR_VMX);
	ktap_start();
	exits = exits_of(only_exit);
	if (!ktap_result(!exits, "a guest without debug registers: %llu exits by %%dr6 in %d runs",
			 exits, ROUNDS))
		ktap_observed("dr6-write-exits");
	exits = exits_of(write_dr6);
	ktap_result(exits >= ROUNDS, "a guest that writes %%dr6: %llu exits in %d runs",
		    exits, ROUNDS);
	return ktap_finish();
}
