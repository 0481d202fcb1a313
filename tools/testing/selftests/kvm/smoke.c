// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether KVM runs a guest at all: arithmetic, port I/O, MMIO, CPUID, exceptions,
 * NMI and HLT in a plain guest; and a guest (L1) that runs one of its
 * own (L2).
 */
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "ktap.h"
#include "svm.h"
#include "vm.h"
#include "vmx.h"

#define TEST_PORT	0x510
#define PORT_OUT	0x600d1234u
#define PORT_IN		0xfeedbee5u
#define MMIO_OUT	0x1122334455667788ull
#define MMIO_IN		0x99aabbccddeeff01ull
#define ROUNDS		10

#define MMIO_OUT_AT	(VM_MMIO_BASE + 8)
#define MMIO_IN_AT	(VM_MMIO_BASE + 16)

static struct svm svm;
static struct vmx vmx;

/* What L2 tells L1, beside the registers */
static u64 l2_memory;

static u64 undefined_at, nmis;

static void skip_ud2(struct guest_frame *frame)
{
	undefined_at = frame->rip;
	frame->rip += 2;
}

static void count_nmi(struct guest_frame *frame)
{
	nmis += frame->vector == NMI_VECTOR;
}

static void guest_main(void)
{
	u64 i, ud2, sum = 0;
	u32 regs[4];

	for (i = 1; i <= 1000; i++) {
		sum += i * i;
		/* Or the compiler would do the sum. */
		asm volatile("" : "+r"(sum));
	}
	guest_expect("arithmetic in a loop", sum, 333833500);

	outl(TEST_PORT, PORT_OUT);
	guest_expect("what a port gave", inl(TEST_PORT), PORT_IN);

	mmio_write64(MMIO_OUT_AT, MMIO_OUT);
	guest_expect("what an MMIO read gave", mmio_read64(MMIO_IN_AT), MMIO_IN);

	cpuid(0x80000001, 0, regs);
	guest_sync(regs[2]);

	guest_handle(UD_VECTOR, skip_ud2);
	asm volatile("lea	1f(%%rip), %[ud2]\n"
		     "1:	ud2" : [ud2] "=r"(ud2) :: "memory");
	guest_expect("RIP of an undefined instruction", undefined_at, ud2);

	guest_handle(NMI_VECTOR, count_nmi);
	guest_sync(0);
	guest_expect("NMIs", nmis, 1);

	hlt();
	guest_done();
}

/*
 * L2 adds to RBX, copies R12 to R13, RSP to R14 and RCX to memory, puts the
 * address of the call into R15, and calls L1.
 */
#define L2_MAIN(name, call)						\
static void name(void)							\
{									\
	for (;;)							\
		asm volatile("add	$1, %%rbx\n\t"			\
			     "mov	%%r12, %%r13\n\t"		\
			     "mov	%%rsp, %%r14\n\t"		\
			     "mov	%%rcx, %[memory]\n\t"		\
			     "lea	0x1000(%%rcx), %%rax\n\t"	\
			     "lea	1f(%%rip), %%r15\n"		\
			     "1:	" call "\n\t"			\
			     : [memory] "=m"(l2_memory)			\
			     :: "rax", "rbx", "r13", "r14", "r15");	\
}

L2_MAIN(l2_svm, "vmmcall")
L2_MAIN(l2_vmx, "vmcall")

static void l1_svm_rounds(void)
{
	u64 i;

	svm.gprs.rbx = 100;
	for (i = 0; i < ROUNDS; i++) {
		svm.gprs.rcx = 0xabc0000 + i;
		svm.gprs.r12 = ~i;
		svm_run(&svm);
		/* What L2 left means nothing when it came out in another way. */
		if (!guest_expect("L2: exit code", svm.vmcb->control.exit_code,
				  SVM_EXIT_VMMCALL))
			return;
		guest_expect("L2: RIP at VMMCALL", svm.vmcb->save.rip, svm.gprs.r15);
		guest_expect("L2: RAX", svm.vmcb->save.rax, 0xabc1000 + i);
		guest_expect("L2: RBX", svm.gprs.rbx, 101 + i);
		guest_expect("L2: R13", svm.gprs.r13, ~i);
		guest_expect("L2: memory", l2_memory, 0xabc0000 + i);
		guest_expect("L2: RSP", svm.vmcb->save.rsp, svm.gprs.r14);
		guest_expect("L2: RFLAGS without the arithmetic's",
			     svm.vmcb->save.rflags & ~0x8d5ull, RFLAGS_FIXED);
		svm.vmcb->save.rip += 3;	/* the length of VMMCALL */
	}
}

static void l1_svm(void)
{
	svm_enable(&svm);
	svm_prepare(&svm, l2_svm);
	l1_svm_rounds();

	if (svm_has_nested_paging()) {
		svm_prepare(&svm, l2_svm);
		svm_map_flat(&svm);
		l1_svm_rounds();
	}
	guest_done();
}

static void l1_vmx_rounds(void)
{
	u64 i;

	vmx.gprs.rbx = 100;
	for (i = 0; i < ROUNDS; i++) {
		vmx.gprs.rcx = 0xabc0000 + i;
		vmx.gprs.r12 = ~i;
		if (!guest_expect("L2: entered", vmx_run(&vmx), true) ||
		    !guest_expect("L2: exit reason", vmx_read(VMCS_EXIT_REASON),
				  VMX_EXIT_VMCALL))
			return;
		guest_expect("L2: RIP at VMCALL", vmx_read(VMCS_GUEST_RIP), vmx.gprs.r15);
		guest_expect("L2: RAX", vmx.gprs.rax, 0xabc1000 + i);
		guest_expect("L2: RBX", vmx.gprs.rbx, 101 + i);
		guest_expect("L2: R13", vmx.gprs.r13, ~i);
		guest_expect("L2: memory", l2_memory, 0xabc0000 + i);
		guest_expect("L2: RSP", vmx_read(VMCS_GUEST_RSP), vmx.gprs.r14);
		guest_expect("L2: RFLAGS without the arithmetic's",
			     vmx_read(VMCS_GUEST_RFLAGS) & ~0x8d5ull, RFLAGS_FIXED);
		vmx_write(VMCS_GUEST_RIP, vmx_read(VMCS_GUEST_RIP) +
			  vmx_read(VMCS_EXIT_INSTRUCTION_LEN));
	}
}

static void l1_vmx(void)
{
	vmx_enable(&vmx);
	vmx_prepare(&vmx, l2_vmx);
	l1_vmx_rounds();

	if (vmx_has_ept()) {
		vmx_prepare(&vmx, l2_vmx);
		vmx_map_flat(&vmx);
		l1_vmx_rounds();
	}
	guest_done();
}

/* expect_exit(): whether the guest came to userspace for this reason */
static bool expect_exit(struct vm *vm, u32 reason)
{
	enum vm_event event = vm_next(vm);

	if (event == VM_EXIT && vm->run->exit_reason == reason)
		return true;
	ktap_bail_out("expected an exit for %s, came %s", vm_exit_name(reason),
		      event == VM_EXIT ? vm_exit_name(vm->run->exit_reason) : "a call");
}

static void expect(const char *what, u64 came, u64 expected)
{
	if (came == expected)
		ktap_result(true, "%s", what);
	else
		ktap_result(false, "%s # expected %#llx, came %#llx", what, expected, came);
}

static void expect_event(struct vm *vm, enum vm_event expected, const char *what)
{
	enum vm_event event = vm_next(vm);

	if (!ktap_result(event == expected, "%s", what))
		ktap_bail_out("%s: came %s instead", what, event == VM_EXIT ?
			      vm_exit_name(vm->run->exit_reason) : "another call");
}

static void test_port(struct vm *vm)
{
	u32 *data;

	expect_exit(vm, KVM_EXIT_IO);
	data = (void *)((char *)vm->run + vm->run->io.data_offset);
	expect("port write: port", vm->run->io.port, TEST_PORT);
	expect("port write: direction", vm->run->io.direction, KVM_EXIT_IO_OUT);
	expect("port write: size", vm->run->io.size, 4);
	expect("port write: value", *data, PORT_OUT);

	expect_exit(vm, KVM_EXIT_IO);
	data = (void *)((char *)vm->run + vm->run->io.data_offset);
	expect("port read: port", vm->run->io.port, TEST_PORT);
	expect("port read: direction", vm->run->io.direction, KVM_EXIT_IO_IN);
	*data = PORT_IN;
}

static void test_mmio(struct vm *vm)
{
	const u64 in = MMIO_IN;
	u64 out;

	expect_exit(vm, KVM_EXIT_MMIO);
	memcpy(&out, vm->run->mmio.data, sizeof(out));
	expect("MMIO write: address", vm->run->mmio.phys_addr, MMIO_OUT_AT);
	expect("MMIO write: direction", vm->run->mmio.is_write, 1);
	expect("MMIO write: size", vm->run->mmio.len, 8);
	expect("MMIO write: value", out, MMIO_OUT);

	expect_exit(vm, KVM_EXIT_MMIO);
	expect("MMIO read: address", vm->run->mmio.phys_addr, MMIO_IN_AT);
	expect("MMIO read: direction", vm->run->mmio.is_write, 0);
	memcpy(vm->run->mmio.data, &in, sizeof(in));
}

static void test_guest(void)
{
	struct vm *vm = vm_create(0);
	const struct kvm_cpuid_entry2 *entry = vm_cpuid(vm, 0x80000001, 0);

	vm_set_entry(vm, guest_main);
	test_port(vm);
	test_mmio(vm);
	expect_event(vm, VM_SYNC, "the guest comes to its CPUID");
	expect("CPUID 0x80000001 ECX", vm->value, entry ? entry->ecx : 0);
	expect_event(vm, VM_SYNC, "the guest waits for an NMI");
	expect("KVM_NMI", ioctl(vm->vcpu_fd, KVM_NMI), 0);
	expect_exit(vm, KVM_EXIT_HLT);
	expect_event(vm, VM_DONE, "the guest goes on after HLT");
	vm_destroy(vm);
}

static void test_nested(void)
{
	struct vm *vm = vm_create(0);

	if (kvm_has_svm()) {
		svm_create(vm, &svm);
		vm_set_entry(vm, l1_svm);
	} else {
		vmx_create(vm, &vmx);
		vm_set_entry(vm, l1_vmx);
	}
	expect_event(vm, VM_DONE, "L1 comes to its end");
	vm_destroy(vm);
}

int main(void)
{
	if (!kvm_has_svm() && !kvm_has_vmx())
		ktap_skip_all("KVM gives neither SVM nor VMX to its guests");
	ktap_start();
	test_guest();
	test_nested();
	return ktap_finish();
}
