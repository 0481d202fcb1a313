// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a debugger on the host sees of a guest's DR6.
 *
 * AMD's VMRUN loads %dr6 from the VMCB, #VMEXIT does not bring the host's back
 * (APM 15.5.1, 15.6). Intel's CPUs leave it alone, so that it holds what KVM
 * loaded for a guest that accesses it without an exit. No CPU clears the status
 * bits above the breakpoints' (APM 13.1.1.3, SDM vol. 3 18.2.3): what a guest
 * left there is part of the host's next debug exception, unless KVM sees to it.
 *
 * A debugged process runs into a watchpoint right after a guest has run. What its
 * debugger reads as DR6, and the code of the signal, must be the same as without
 * any guest.
 *
 * All of that happens in a guest: QEMU restores DR6 on #VMEXIT, against the
 * manual, which hides the defect; KVM itself as the one below does not.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#undef PAGE_SIZE	/* of sys/user.h; guest.h has its own */

#include "guest.h"
#include "ktap.h"
#include "nested.h"
#include "vm.h"

#define ROUNDS		20
#define TEST_PORT	0x510

#define DR6_INIT	0xffff0ff0ul	/* APM 13.1.1.3 */
#define DR6_B0		(1ul << 0)
#define DR6_BD		(1ul << 13)
#define DR6_BS		(1ul << 14)
#define DR6_BT		(1ul << 15)
#define DR7_FIXED	(1ul << 10)	/* APM 13.1.1.4 */
#define DR7_L0		(1ul << 0)
#define DR7_WRITE_4(n)	(0xdul << (16 + 4 * (n)))
#define RFLAGS_TF	(1ul << 8)

/**
 * struct trap - a watchpoint's hit as the debugger sees it
 * @dr6: what it reads as the debugged process's DR6
 * @code: why the process got its SIGTRAP
 */
struct trap {
	u64 dr6;
	int code;
};

/* What the debugged process writes to, and what a guest's breakpoint watches */
static volatile u32 watched;
static u32 not_touched;

/* --- the debugged process --------------------------------------------------- */

static long trace(int request, pid_t pid, void *addr, void *data, const char *what)
{
	long ret;

	errno = 0;
	ret = ptrace(request, pid, addr, data);
	if (errno)
		ktap_bail_out("%s: %s", what, strerror(errno));
	return ret;
}

static void *debugreg(int n)
{
	return (void *)(offsetof(struct user, u_debugreg) + n * sizeof(long));
}

static void wait_for(pid_t pid, int sig)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != sig)
		ktap_bail_out("the debugged process did not stop by signal %d", sig);
}

/* A process that does nothing but write to what is watched. */
static pid_t start_debugged(void)
{
	pid_t pid = fork();

	if (pid < 0)
		ktap_bail_out("fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		for (;;)
			watched++;
	}
	wait_for(pid, SIGSTOP);
	trace(PTRACE_POKEUSER, pid, debugreg(0), (void *)&watched, "a watchpoint");
	trace(PTRACE_POKEUSER, pid, debugreg(7), (void *)(DR7_L0 | DR7_WRITE_4(0)),
	      "a watchpoint's conditions");
	return pid;
}

/* Let it run into its watchpoint. */
static struct trap next_trap(pid_t pid)
{
	struct trap trap;
	siginfo_t info;

	trace(PTRACE_CONT, pid, NULL, NULL, "PTRACE_CONT");
	wait_for(pid, SIGTRAP);
	trap.dr6 = trace(PTRACE_PEEKUSER, pid, debugreg(6), NULL, "DR6");
	trace(PTRACE_GETSIGINFO, pid, NULL, &info, "PTRACE_GETSIGINFO");
	trap.code = info.si_code;
	return trap;
}

/* --- the guests: each comes back with status bits in its DR6 ----------------- */

/* What comes after the access must be no other exit, which would end it. */
static void write_and_exit(u64 dr6)
{
	asm volatile("mov %0, %%dr6\n\tout %%al, %1"
		     :: "r"(dr6), "Nd"((u16)TEST_PORT) : "memory");
}

static void write_status(void)
{
	for (;;)
		write_and_exit(DR6_INIT | DR6_BS);
}

static void write_all_status(void)
{
	for (;;)
		write_and_exit(DR6_INIT | DR6_BS | DR6_BD | DR6_BT);
}

static void only_exit(void)
{
	for (;;)
		asm volatile("out %%al, %0" :: "Nd"((u16)TEST_PORT) : "memory");
}

static void read_and_exit(struct guest_frame *frame)
{
	asm volatile("mov %%dr6, %%rax\n\tout %%al, %0"
		     :: "Nd"((u16)TEST_PORT) : "rax", "memory");
	frame->rflags &= ~RFLAGS_TF;
}

static void single_step(void)
{
	guest_handle(DB_VECTOR, read_and_exit);
	for (;;)
		asm volatile("pushf\n\torq %0, (%%rsp)\n\tpopf\n\tnop" :: "i"(RFLAGS_TF) : "memory");
}

static void spin(void)
{
	for (;;)
		asm volatile("nop");
}

static void let_userspace_step(struct vm *vm)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};

	if (ioctl(vm->vcpu_fd, KVM_SET_GUEST_DEBUG, &debug))
		ktap_bail_out("KVM_SET_GUEST_DEBUG: %s", strerror(errno));
}

/*
 * As if the guest had set it up long ago. It does not do so itself since QEMU
 * loses count of its breakpoints when a guest's DR7 is switched.
 */
static void give_breakpoint(struct vm *vm)
{
	struct kvm_debugregs regs = {
		.db[0] = (u64)&not_touched,
		.dr6 = DR6_INIT | DR6_BS,
		.dr7 = DR7_FIXED | DR7_L0 | DR7_WRITE_4(0),
	};

	if (ioctl(vm->vcpu_fd, KVM_SET_DEBUGREGS, &regs))
		ktap_bail_out("KVM_SET_DEBUGREGS: %s", strerror(errno));
}

/**
 * struct guest - a way to leave something in DR6
 * @name: for the report
 * @code: what the guest does
 * @prepare: what userspace does before
 * @reason: of the exits to userspace
 */
static const struct guest {
	const char *name;
	void (*code)(void);
	void (*prepare)(struct vm *vm);
	u32 reason;
} guests[] = {
	{ "the guest writes BS", write_status, NULL, KVM_EXIT_IO },
	{ "the guest writes all status bits", write_all_status, NULL, KVM_EXIT_IO },
	{ "the guest steps and reads them", single_step, NULL, KVM_EXIT_IO },
	{ "userspace steps the guest", spin, let_userspace_step, KVM_EXIT_DEBUG },
	{ "the guest has BS and a breakpoint", only_exit, give_breakpoint, KVM_EXIT_IO },
};

static void test(const struct guest *guest, pid_t pid, const struct trap *want)
{
	struct trap leak = *want;
	struct vm *vm = vm_create(0);
	int i, leaks = 0;

	vm_set_entry(vm, guest->code);
	if (guest->prepare)
		guest->prepare(vm);
	for (i = 0; i < ROUNDS; i++) {
		struct trap trap;

		if (vm_next(vm) != VM_EXIT || vm->run->exit_reason != guest->reason)
			ktap_bail_out("%s: an exit for %s", guest->name,
				      vm_exit_name(vm->run->exit_reason));
		trap = next_trap(pid);
		if (trap.dr6 == want->dr6 && trap.code == want->code)
			continue;
		leak = trap;
		leaks++;
	}
	vm_destroy(vm);

	if (!ktap_result(!leaks, "%s: %d of %d watchpoints show it (DR6 %#llx, code %d)",
			 guest->name, leaks, ROUNDS, leak.dr6, leak.code))
		ktap_observed("dr6-leak");
}

int main(void)
{
	struct trap want;
	unsigned int i;
	pid_t pid;

	nested_enter(NULL, NULL, NULL);
	ktap_start();
	pid = start_debugged();
	want = next_trap(pid);
	if (want.dr6 != (DR6_INIT | DR6_B0) || want.code != TRAP_HWBKPT)
		ktap_bail_out("without a guest: DR6 %#llx, code %d", want.dr6, want.code);
	for (i = 0; i < ARRAY_SIZE(guests); i++)
		test(&guests[i], pid, &want);
	kill(pid, SIGKILL);
	return ktap_finish();
}
