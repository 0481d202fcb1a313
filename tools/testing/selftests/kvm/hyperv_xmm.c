// SPDX-License-Identifier: GPL-2.0-only
/*
 * asm/hyperv-xmm.h in a guest, against KVM's emulation of Hyper-V: hypercalls
 * whose input fits into registers are taken in that form where CPUID offers it,
 * up to the last byte that fits, what is one word longer goes through memory, and
 * so does everything where CPUID does not offer it. The caller's XMM registers
 * stay what they are.
 *
 * Hypercalls: Hypervisor Top-Level Functional Specification, 3 and 9.4; the
 * processor sets of the "_EX" ones: 7.8.7.3.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"
#include "hyperv.h"
#include "hyperv_cpuid.h"
#include "ktap.h"
#include "trace.h"
#include "vm.h"

#define MSR_GUEST_OS_ID		0x40000000
#define MSR_HYPERCALL		0x40000001

#define FLUSH_ALL_PROCESSORS	1
#define FLUSH_ALL_SPACES	2
#define SPARSE_SET		0
#define VECTOR			0x40

#define WORDS			64
#define REPS(n)			((u64)(n) << 32)

/* The input, in one page as memory wants it */
static u64 input[WORDS] __attribute__((aligned(4096)));
static void *page;		/* of hypercalls */
static u64 before[6][2], after[6][2];

static void load_xmm(void)
{
	int i;

	for (i = 0; i < 6; i++) {
		before[i][0] = 0x1111111100000000ull * (i + 1) + i;
		before[i][1] = ~before[i][0];
	}
	asm volatile("movups 0x00(%0), %%xmm0; movups 0x10(%0), %%xmm1;"
		     "movups 0x20(%0), %%xmm2; movups 0x30(%0), %%xmm3;"
		     "movups 0x40(%0), %%xmm4; movups 0x50(%0), %%xmm5"
		     :: "r"(before) : "memory");
}

static bool same_xmm(void)
{
	int i;

	asm volatile("movups %%xmm0, 0x00(%0); movups %%xmm1, 0x10(%0);"
		     "movups %%xmm2, 0x20(%0); movups %%xmm3, 0x30(%0);"
		     "movups %%xmm4, 0x40(%0); movups %%xmm5, 0x50(%0)"
		     :: "r"(after) : "memory");
	for (i = 0; i < 6; i++)
		if (before[i][0] != after[i][0] || before[i][1] != after[i][1])
			return false;
	return true;
}

static void start(const u64 *head, int words, u64 rest)
{
	int i;

	for (i = 0; i < WORDS; i++)
		input[i] = i < words ? head[i] : rest;
	load_xmm();
}

/* Of the list's addresses: not one that anything depends on */
static const u64 page_to_flush = VM_MMIO_BASE;

static void expect(const char *what, u64 status, u64 expected)
{
	bool same = same_xmm();

	guest_expect(what, status, expected);
	guest_expect("the XMM registers are the caller's again", same, true);
}

/*
 * Processor sets of which no processor is there: nobody gets an IPI, and what is
 * tested is how KVM reads them. A set needs one word for each bit of its mask.
 */
static u64 banks(int n)
{
	return (1ull << n) - 1;
}

static void in_registers(void)
{
	const u64 flush[] = { 0, FLUSH_ALL_PROCESSORS | FLUSH_ALL_SPACES, 0 };
	const u64 set10[] = { 0, FLUSH_ALL_SPACES, SPARSE_SET, banks(10) };
	const u64 set4[] = { 0, FLUSH_ALL_SPACES, SPARSE_SET, banks(4),
			     1ull << 63, 0, 0, 0 };
	const u64 ipi[] = { VECTOR, SPARSE_SET, banks(11) };

	start(flush, 3, 0);
	expect("flush of an address space",
	       hyperv_flush_space(input), 0);
	start(flush, 3, page_to_flush);
	expect("flush of 11 addresses",
	       hyperv_flush_list(input, 11), REPS(11));
	start(set10, 4, 0);
	expect("flush of an address space, for 10 words of processors",
	       hyperv_flush_space_ex(input, 10), 0);
	start(set4, 8, page_to_flush);
	expect("flush of 6 addresses, for 4 words of processors",
	       hyperv_flush_list_ex(input, 6, 4), REPS(6));
	start(ipi, 3, 0);
	expect("IPI for 11 words of processors",
	       hyperv_send_ipi_ex(input, 11), 0);
}

#define IN_REGISTERS	5

static void in_memory(void)
{
	const u64 flush[] = { 0, FLUSH_ALL_PROCESSORS | FLUSH_ALL_SPACES, 0 };
	const u64 set11[] = { 0, FLUSH_ALL_SPACES, SPARSE_SET, banks(11) };
	const u64 set4[] = { 0, FLUSH_ALL_SPACES, SPARSE_SET, banks(4),
			     1ull << 63, 0, 0, 0 };
	const u64 ipi[] = { VECTOR, SPARSE_SET, banks(12) };

	start(flush, 3, page_to_flush);
	expect("flush of 12 addresses",
	       hyperv_flush_list(input, 12), REPS(12));
	start(set11, 4, 0);
	expect("flush of an address space, for 11 words of processors",
	       hyperv_flush_space_ex(input, 11), 0);
	start(set4, 8, page_to_flush);
	expect("flush of 7 addresses, for 4 words of processors",
	       hyperv_flush_list_ex(input, 7, 4), REPS(7));
	start(ipi, 3, 0);
	expect("IPI for 12 words of processors",
	       hyperv_send_ipi_ex(input, 12), 0);
}

#define IN_MEMORY	4

static void guest_main(void)
{
	u32 regs[4];

	wrmsr(MSR_GUEST_OS_ID, 1ull << 48);
	wrmsr(MSR_HYPERCALL, (u64)page | 1);
	cpuid(HYPERV_FEATURES, 0, regs);
	hyperv_start(page, regs[3]);
	in_registers();
	in_memory();
	guest_done();
}

static bool set_cpuid(struct vm *vm, bool xmm)
{
	bool offered = hyperv_cpuid(vm->cpuid, vm->vcpu_fd, xmm);

	if (ioctl(vm->vcpu_fd, KVM_SET_CPUID2, vm->cpuid))
		ktap_bail_out("KVM_SET_CPUID2: %s", strerror(errno));
	return offered;
}

/* Then KVM refuses what CPUID does not offer; kernels before v5.14 cannot. */
static void enforce_cpuid(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HYPERV_ENFORCE_CPUID, .args = { 1 } };

	if (ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_ENFORCE_CPUID) > 0 &&
	    ioctl(vm->vcpu_fd, KVM_ENABLE_CAP, &cap))
		ktap_bail_out("KVM_CAP_HYPERV_ENFORCE_CPUID: %s", strerror(errno));
}

static void test(bool xmm)
{
	int fast = trace_open("kvm/kvm_hv_hypercall", "fast == 1");
	int slow = trace_open("kvm/kvm_hv_hypercall", "fast == 0");
	struct vm *vm = vm_create(VM_IRQCHIP);
	bool offered = set_cpuid(vm, xmm);
	u64 want = offered ? IN_REGISTERS : 0, got;

	enforce_cpuid(vm);
	page = vm_alloc_pages(vm, 1);
	vm_set_entry(vm, guest_main);
	ktap_result(vm_next(vm) == VM_DONE, "CPUID %s XMM input: the guest comes to its end",
		    offered ? "offers" : "does not offer");
	got = trace_count(fast);
	ktap_result(got == want, "%llu of %u hypercalls in registers, %llu wanted",
		    got, IN_REGISTERS + IN_MEMORY, want);
	want = IN_REGISTERS + IN_MEMORY - want;
	got = trace_count(slow);
	ktap_result(got == want, "%llu of %u hypercalls in memory, %llu wanted",
		    got, IN_REGISTERS + IN_MEMORY, want);
	close(fast);
	close(slow);
	vm_destroy(vm);
}

int main(void)
{
	ktap_start();
	test(true);
	test(false);
	return ktap_finish();
}
