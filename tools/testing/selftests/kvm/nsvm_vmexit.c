// SPDX-License-Identifier: GPL-2.0-only
/*
 * What L1 gets when L2 leaves after an instruction that userspace completed.
 *
 * L2 does one access that only userspace can complete. Before userspace
 * returns, it sends an NMI, which L1 intercepts: KVM completes the instruction
 * and goes to L1 without having run L2 in between. L1 has to see the RIP after
 * the instruction, and what the instruction left in RAX and RSP (APM 15.6: the
 * state of the guest is saved to the VMCB). Otherwise L2 does it all again.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "ktap.h"
#include "svm.h"
#include "vm.h"

#define TEST_PORT	0x510
#define MMIO_AT		(VM_MMIO_BASE + 0x40)
#define VALUE		0x1122334455667788ull
#define RAX_BEFORE	0xaaaaull

/* An L2 that never gets on is given up after as many accesses. */
#define MAX_ACCESSES	6

/**
 * struct access - an instruction of L2
 * @name: for the report
 * @start: the instruction; VMMCALL follows
 * @end: the address after it
 * @stack: whether it moves RSP, and by how many bytes
 * @rax: what it leaves in RAX
 */
struct access {
	const char *name;
	const char *start, *end;
	int stack;
	u64 rax;
};

#define INSTRUCTION(name, code)						\
	extern const char name[], name##_end[];				\
	asm(#name ":	" code "\n" #name "_end:	vmmcall\n	ud2")

INSTRUCTION(l2_load, "mov (%rbx), %rax");
INSTRUCTION(l2_store, "mov %rcx, (%rbx)");
INSTRUCTION(l2_push, "push %rcx");
INSTRUCTION(l2_pop, "pop %rcx");
INSTRUCTION(l2_in, "in %dx, %eax");

static const struct access accesses[] = {
	{ "MMIO load", l2_load, l2_load_end, 0, VALUE },
	{ "MMIO store", l2_store, l2_store_end, 0, RAX_BEFORE },
	{ "push to MMIO", l2_push, l2_push_end, -8, RAX_BEFORE },
	{ "pop from MMIO", l2_pop, l2_pop_end, 8, RAX_BEFORE },
	{ "port read", l2_in, l2_in_end, 0, (u32)VALUE },
};

/* What L1 saw, for the host */
static struct {
	u64 code, rip, rsp, rax;
} seen[2 * MAX_ACCESSES];

static const struct access *access_now;
static u64 exits, nmis;
static struct svm svm;

static void count_nmi(struct guest_frame *frame)
{
	nmis += frame->vector == NMI_VECTOR;
}

static void l1_main(void)
{
	guest_handle(NMI_VECTOR, count_nmi);
	svm_enable(&svm);
	svm_prepare(&svm, (void (*)(void))access_now->start);
	svm_intercept(&svm, SVM_INTERCEPT_NMI);
	svm.vmcb->save.rax = RAX_BEFORE;
	svm.gprs.rbx = MMIO_AT;
	svm.gprs.rcx = VALUE;
	svm.gprs.rdx = TEST_PORT;
	if (access_now->stack)
		svm.vmcb->save.rsp = MMIO_AT;
	for (exits = 0; exits < 2 * MAX_ACCESSES; ) {
		svm_run(&svm);
		seen[exits].code = svm.vmcb->control.exit_code;
		seen[exits].rip = svm.vmcb->save.rip;
		seen[exits].rsp = svm.vmcb->save.rsp;
		seen[exits].rax = svm.vmcb->save.rax;
		if (seen[exits++].code != SVM_EXIT_NMI)
			break;
	}
	guest_done();
}

/* The userspace of L0: complete the access, and send an NMI meanwhile. */
static u64 complete(struct vm *vm, bool nmi)
{
	u64 done = 0, value = VALUE;
	enum vm_event event;

	while ((event = vm_next(vm)) == VM_EXIT) {
		struct kvm_run *run = vm->run;

		if (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write)
			memcpy(run->mmio.data, &value, run->mmio.len);
		else if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_IN)
			memcpy((char *)run + run->io.data_offset, &value, run->io.size);
		else if (run->exit_reason != KVM_EXIT_MMIO)
			ktap_bail_out("an exit for %s", vm_exit_name(run->exit_reason));
		if (nmi && done < MAX_ACCESSES && ioctl(vm->vcpu_fd, KVM_NMI))
			ktap_bail_out("KVM_NMI fails");
		done++;
	}
	if (event != VM_DONE)
		ktap_bail_out("L1 did not come to its end");
	return done;
}

static bool expect(const char *what, const struct access *access, bool nmi,
		   u64 came, u64 expected)
{
	return ktap_result(came == expected, "%s%s: %s%s", access->name,
			   nmi ? ", NMI" : "", what, came == expected ? "" : " differs");
}

static void test(const struct access *access, bool nmi)
{
	u64 rsp = MMIO_AT + access->stack, done;
	struct vm *vm = vm_create(0);

	access_now = access;
	nmis = 0;
	svm_create(vm, &svm);
	vm_set_entry(vm, l1_main);
	done = complete(vm, nmi);
	vm_destroy(vm);

	expect("the reason of L2's exit", access, nmi, seen[0].code,
	       nmi ? SVM_EXIT_NMI : SVM_EXIT_VMMCALL);
	if (!expect("RIP", access, nmi, seen[0].rip, (u64)access->end))
		ktap_observed("stale-rip");
	if (access->stack && !expect("RSP", access, nmi, seen[0].rsp, rsp))
		ktap_observed("stale-rsp");
	if (!expect("RAX", access, nmi, seen[0].rax, access->rax))
		ktap_observed("stale-rax");
	expect("NMIs that L1 handled", access, nmi, nmis, nmi ? done : 0);
	if (!expect("number of accesses", access, nmi, done, 1))
		ktap_observed("access-repeated");
	expect("L2 gets to its end", access, nmi, seen[exits - 1].code, SVM_EXIT_VMMCALL);
}

int main(void)
{
	unsigned int i;

	if (!kvm_has_svm())
		ktap_skip_all("KVM does not give SVM to its guests");
	ktap_start();
	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		test(&accesses[i], false);
		test(&accesses[i], true);
	}
	return ktap_finish();
}
