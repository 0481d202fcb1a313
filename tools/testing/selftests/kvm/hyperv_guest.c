// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which form the hypercalls of a kernel that is a guest of Hyper-V arrive.
 *
 * The kernel under test is booted once more, with three CPUs and CPUID of
 * Hyper-V. There a process runs on two CPUs at once and unmaps memory, so that one
 * flushes the other's TLB, and has it sent an IPI. The third CPU's number is
 * beyond 63, and hypercalls for it name a set of processors. Outside, KVM's
 * tracepoints tell what arrives and what became of it.
 *
 * None of these hypercalls has more input than registers hold: where CPUID offers
 * that, all come that way, and where it does not, none does (Hypervisor Top-Level
 * Functional Specification, 3.7).
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hyperv_cpuid.h"
#include "ktap.h"
#include "nested.h"
#include "trace.h"

#define ROUNDS		20
#define MANY		64	/* pages: more than Linux flushes one by one */
#define XMM_REGISTERS	6

/* What Hyper-V calls the CPUs: the first two are in a mask, all in a set. */
static const u32 vp_indexes[] = { 0, 1, 130 };

/* --- inside ------------------------------------------------------------------ */

static volatile u32 *page, seen;

/* So that the other CPU has the process' memory in its TLB */
static void *look(__attribute__((unused)) void *arg)
{
	while (page)
		seen = *page;
	return NULL;
}

static void start_on(int cpu)
{
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (pthread_create(&thread, &attr, look, NULL))
		ktap_bail_out("no thread on CPU %d", cpu);
}

static volatile char *map(void *where, size_t pages)
{
	void *p = mmap(where, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | (where ? MAP_FIXED : 0),
		       -1, 0);

	if (p == MAP_FAILED)
		ktap_bail_out("mmap: %s", strerror(errno));
	return p;
}

/* munmap(); return: whether the XMM registers are what they were before. */
static bool unmap(volatile char *p, size_t pages)
{
	u64 before[XMM_REGISTERS][2], after[XMM_REGISTERS][2];
	long ret = SYS_munmap;
	int i;

	for (i = 0; i < XMM_REGISTERS; i++) {
		before[i][0] = 0x1111111100000000ull * (i + 1) + i;
		before[i][1] = ~before[i][0];
	}
	asm volatile("movups 0x00(%1), %%xmm0\n\tmovups 0x10(%1), %%xmm1\n\t"
		     "movups 0x20(%1), %%xmm2\n\tmovups 0x30(%1), %%xmm3\n\t"
		     "movups 0x40(%1), %%xmm4\n\tmovups 0x50(%1), %%xmm5\n\t"
		     "syscall\n\t"
		     "movups %%xmm0, 0x00(%2)\n\tmovups %%xmm1, 0x10(%2)\n\t"
		     "movups %%xmm2, 0x20(%2)\n\tmovups %%xmm3, 0x30(%2)\n\t"
		     "movups %%xmm4, 0x40(%2)\n\tmovups %%xmm5, 0x50(%2)"
		     : "+a"(ret)
		     : "r"(before), "r"(after), "D"(p), "S"(pages * PAGE_SIZE)
		     : "memory", "rcx", "r11",
		       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5");
	if (ret)
		ktap_bail_out("munmap: %s", strerror(-ret));
	return !memcmp(before, after, sizeof(before));
}

/* Return: how often XMM registers were lost. */
static int run_with(int cpu)
{
	volatile char *pages;
	int i, lost = 0;

	page = (u32 *)map(NULL, 1);
	start_on(cpu);
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		ktap_bail_out("membarrier: %s", strerror(errno));
	for (i = 1; i <= ROUNDS; i++) {
		/* A new page in the place of one that the other CPU reads */
		map((void *)page, 1);
		*page = i;
		while (seen != (u32)i)
			sched_yield();
		pages = map(NULL, 1 + MANY);
		lost += !unmap(pages, 1);
		lost += !unmap(pages + PAGE_SIZE, MANY);
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	}
	return lost;
}

/* In a process of its own, which no other CPU has ever run */
static void __noreturn inside(void)
{
	bool lost = false;
	int cpu, status;

	for (cpu = 1; cpu < (int)ARRAY_SIZE(vp_indexes); cpu++) {
		pid_t pid = fork();

		if (!pid)
			_exit(run_with(cpu) ? KSFT_FAIL : KSFT_PASS);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			ktap_bail_out("no process for CPU %d", cpu);
		lost |= WEXITSTATUS(status) != KSFT_PASS;
	}
	if (lost)
		ktap_observed("xmm-registers-lost");
	exit(lost ? KSFT_FAIL : KSFT_PASS);
}

/* --- outside ------------------------------------------------------------------- */

/* In each round, at least one of each */
static const struct {
	u16 code;
	const char *name;
} calls[] = {
	{ 0x02, "flush of an address space" },
	{ 0x03, "flush of addresses" },
	{ 0x13, "flush of an address space, for a set of processors" },
	{ 0x14, "flush of addresses, for a set of processors" },
	{ 0x15, "IPI for a set of processors" },
};

static bool offer_xmm;

static void set_vcpu(int fd, unsigned int n, struct kvm_cpuid2 *cpuid)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry index;
	} msrs = { .head.nmsrs = 1, .index = { MSR_HYPERV_VP_INDEX, .data = vp_indexes[n] } };
	u32 i;

	if (hyperv_cpuid(cpuid, fd, offer_xmm) != offer_xmm)
		ktap_skip_all("this KVM does not take the input of hypercalls in XMM registers");
	/* No more than it takes: timers and the like stay those of a PC. */
	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == HYPERV_FEATURES) {
			entry->eax &= HYPERV_HYPERCALL_MSRS | HYPERV_VP_INDEX_MSR;
			entry->ebx = 0;
		} else if (entry->function == HYPERV_HINTS) {
			entry->eax &= HYPERV_REMOTE_FLUSH | HYPERV_CLUSTER_IPI |
				      HYPERV_PROCESSOR_SETS;
		}
	}
	if (ioctl(fd, KVM_SET_MSRS, &msrs) != 1)
		ktap_bail_out("the number of a processor cannot be set: %s", strerror(errno));
}

static int count_calls(u16 code, bool fast)
{
	char filter[64];

	sprintf(filter, "code == %u && fast == %u", code, fast);
	return trace_open("kvm/kvm_hv_hypercall", filter);
}

static void test(bool xmm)
{
	const struct linux_machine machine = { ARRAY_SIZE(vp_indexes), set_vcpu };
	int in_registers[ARRAY_SIZE(calls)], in_memory[ARRAY_SIZE(calls)];
	const char *offer = xmm ? "XMM input" : "no XMM input";
	u64 registers, memory;
	int refused, wrong;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		in_registers[i] = count_calls(calls[i].code, true);
		in_memory[i] = count_calls(calls[i].code, false);
	}
	refused = trace_open("kvm/kvm_hv_hypercall_done", "result & 0xffff");
	wrong = trace_open("kvm/kvm_hv_flush_tlb",
			   "processor_mask > 3 || (processor_mask == 0 && !(flags & 1))");

	offer_xmm = xmm;
	ktap_result(nested_boot(&machine, NULL) == KSFT_PASS,
		    "%s: a process keeps its XMM registers", offer);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		registers = trace_count(in_registers[i]);
		memory = trace_count(in_memory[i]);
		ktap_result(registers + memory >= ROUNDS && !(xmm ? memory : registers),
			    "%s: %s: %llu in registers, %llu in memory", offer, calls[i].name,
			    registers, memory);
		if (xmm && memory)
			ktap_observed("memory-hypercall");
		else if (!xmm && registers)
			ktap_observed("xmm-not-offered");
		close(in_registers[i]);
		close(in_memory[i]);
	}
	memory = trace_count(refused);
	if (!ktap_result(!memory, "%s: %llu hypercalls refused", offer, memory))
		ktap_observed("hypercall-refused");
	memory = trace_count(wrong);
	if (!ktap_result(!memory, "%s: %llu flushes do not name processors 0 and 1", offer, memory))
		ktap_observed("wrong-processors");
	close(refused);
	close(wrong);
}

int main(void)
{
	if (nested_inside())
		inside();
	ktap_start();
	test(true);
	test(false);
	return ktap_finish();
}
