// SPDX-License-Identifier: GPL-2.0-only
/* SVM for guest code (APM chapter 15). */
#include <string.h>

#include "guest.h"
#include "svm.h"
#include "vm.h"

/* Descriptor bits 40-47 and 52-55 of the segments that guest.c and vm.c set up */
#define ATTRIBUTES_CODE	0x0a9b
#define ATTRIBUTES_DATA	0x0c93
#define ATTRIBUTES_TSS	0x008b

/**
 * svm_create() - take the pages out of the guest's RAM that an L1 needs
 * @vm: the machine
 * @svm: gets their addresses
 *
 * On the host, before the guest runs.
 */
void svm_create(struct vm *vm, struct svm *svm)
{
	svm->vmcb = vm_alloc_pages(vm, 1);
	svm->host_save = vm_alloc_pages(vm, 1);
	svm->iopm = vm_alloc_pages(vm, 3);
	svm->msrpm = vm_alloc_pages(vm, 2);
	svm->stack = vm_alloc_stack(vm);
}

/**
 * svm_enable() - switch SVM on in L1 (APM 15.4)
 * @svm: L1's pages
 */
void svm_enable(struct svm *svm)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (u64)svm->host_save);
}

/**
 * svm_intercept() - let something in L2 exit to L1 (APM 15.7 to 15.13)
 * @svm: L2
 * @bit: SVM_INTERCEPT_*
 */
void svm_intercept(struct svm *svm, unsigned int bit)
{
	svm->vmcb->control.intercepts[bit / 32] |= 1u << bit % 32;
}

/**
 * svm_has_nested_paging() - whether L1 may use svm_map_flat()
 *
 * CPUID 0x8000000a EDX bit 0 (APM 15.25.1); KVM hides it with npt=0.
 */
bool svm_has_nested_paging(void)
{
	u32 regs[4];

	cpuid(0x8000000a, 0, regs);
	return regs[3] & 1;
}

/**
 * svm_map_flat() - switch nested paging on, with L1's tables (APM 15.25)
 * @svm: L2, after svm_prepare()
 *
 * The tables map one to one, which is right for both of their uses.
 */
void svm_map_flat(struct svm *svm)
{
	svm->vmcb->control.np_control |= SVM_NP_ENABLE;
	svm->vmcb->control.nested_cr3 = read_cr3();
	svm->vmcb->save.pat = rdmsr(MSR_PAT);
}

static struct vmcb_segment segment(u16 selector, u16 attributes, u32 limit, u64 base)
{
	return (struct vmcb_segment) {
		.selector = selector,
		.attributes = attributes,
		.limit = limit,
		.base = base,
	};
}

/**
 * svm_prepare() - fill the VMCB of an L2 that begins at a function
 * @svm: L2
 * @entry: its code, in ring 0 of 64-bit mode; it must not return
 *
 * L2 starts with L1's own control registers and tables (APM 15.5.1), and exits
 * on VMMCALL, HLT, shutdown and the mandatory VMRUN.
 */
void svm_prepare(struct svm *svm, void (*entry)(void))
{
	struct vmcb_control *control = &svm->vmcb->control;
	struct vmcb_save *save = &svm->vmcb->save;

	memset(svm->vmcb, 0, sizeof(*svm->vmcb));
	memset(&svm->gprs, 0, sizeof(svm->gprs));

	control->asid = 1;
	control->tlb_control = SVM_TLB_FLUSH_ALL;
	control->iopm_base = (u64)svm->iopm;
	control->msrpm_base = (u64)svm->msrpm;
	svm_intercept(svm, SVM_INTERCEPT_VMRUN);
	svm_intercept(svm, SVM_INTERCEPT_VMMCALL);
	svm_intercept(svm, SVM_INTERCEPT_HLT);
	svm_intercept(svm, SVM_INTERCEPT_SHUTDOWN);

	save->cs = segment(GUEST_CS, ATTRIBUTES_CODE, ~0u, 0);
	save->ss = segment(GUEST_DS, ATTRIBUTES_DATA, ~0u, 0);
	save->ds = save->ss;
	save->es = save->ss;
	save->fs = save->ss;
	save->gs = save->ss;
	save->tr = segment(GUEST_TR, ATTRIBUTES_TSS, sizeof(guest_tss) - 1, (u64)guest_tss);
	save->gdtr = segment(0, 0, guest_gdt_ptr.limit, guest_gdt_ptr.base);
	save->idtr = segment(0, 0, guest_idt_ptr.limit, guest_idt_ptr.base);
	save->cr0 = read_cr0();
	save->cr3 = read_cr3();
	save->cr4 = read_cr4();
	save->dr6 = read_dr6();
	save->dr7 = read_dr7();
	save->efer = rdmsr(MSR_EFER);
	save->pat = rdmsr(MSR_PAT);
	save->rflags = RFLAGS_FIXED;
	save->rip = (u64)entry;
	save->rsp = (u64)svm->stack;
}

/**
 * svm_run() - run L2 until it exits to L1 (APM 15.5 and 15.6)
 * @svm: L2; its registers are loaded before and stored after
 *
 * VMRUN loads RAX and RSP from the VMCB and swaps neither the other registers
 * nor FS, GS, TR, LDTR and the system call MSRs: the former are exchanged here,
 * the latter by VMLOAD and VMSAVE are L1's own and left alone.
 * GIF is clear between VMRUN and STGI (APM 15.17).
 */
void svm_run(struct svm *svm)
{
	struct svm_gprs *gprs = &svm->gprs;
	struct vmcb *vmcb = svm->vmcb;

	/*
	 * The stack is the only place that outlives L2: it keeps RBP, which the
	 * compiler may need, and the address of gprs.
	 */
	asm volatile("push	%%rbp\n\t"
		     "push	%[gprs]\n\t"
		     "clgi\n\t"
		     "mov	0x00(%[gprs]), %%rbx\n\t"
		     "mov	0x08(%[gprs]), %%rcx\n\t"
		     "mov	0x10(%[gprs]), %%rdx\n\t"
		     "mov	0x18(%[gprs]), %%rsi\n\t"
		     "mov	0x28(%[gprs]), %%rbp\n\t"
		     "mov	0x30(%[gprs]), %%r8\n\t"
		     "mov	0x38(%[gprs]), %%r9\n\t"
		     "mov	0x40(%[gprs]), %%r10\n\t"
		     "mov	0x48(%[gprs]), %%r11\n\t"
		     "mov	0x50(%[gprs]), %%r12\n\t"
		     "mov	0x58(%[gprs]), %%r13\n\t"
		     "mov	0x60(%[gprs]), %%r14\n\t"
		     "mov	0x68(%[gprs]), %%r15\n\t"
		     "mov	0x20(%[gprs]), %%rdi\n\t"
		     "vmrun	%%rax\n\t"
		     "xchg	%%rdi, (%%rsp)\n\t"
		     "mov	%%rbx, 0x00(%%rdi)\n\t"
		     "mov	%%rcx, 0x08(%%rdi)\n\t"
		     "mov	%%rdx, 0x10(%%rdi)\n\t"
		     "mov	%%rsi, 0x18(%%rdi)\n\t"
		     "mov	%%rbp, 0x28(%%rdi)\n\t"
		     "mov	%%r8, 0x30(%%rdi)\n\t"
		     "mov	%%r9, 0x38(%%rdi)\n\t"
		     "mov	%%r10, 0x40(%%rdi)\n\t"
		     "mov	%%r11, 0x48(%%rdi)\n\t"
		     "mov	%%r12, 0x50(%%rdi)\n\t"
		     "mov	%%r13, 0x58(%%rdi)\n\t"
		     "mov	%%r14, 0x60(%%rdi)\n\t"
		     "mov	%%r15, 0x68(%%rdi)\n\t"
		     "pop	0x20(%%rdi)\n\t"
		     "pop	%%rbp\n\t"
		     "stgi"
		     : [gprs] "+D"(gprs), "+a"(vmcb)
		     :
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "cc", "memory");
}
