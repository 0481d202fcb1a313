// SPDX-License-Identifier: GPL-2.0-only
/* VMX for guest code (SDM vol. 3 chapters 24 to 31). */
#include <string.h>

#include "guest.h"
#include "vm.h"
#include "vmx.h"

/* Access rights of the segments that guest.c and vm.c set up: SDM vol. 3 25.4.1 */
#define RIGHTS_CODE	0xa09b
#define RIGHTS_DATA	0xc093
#define RIGHTS_TSS	0x008b
#define RIGHTS_UNUSABLE	0x10000

/* Order of the segment registers in the VMCS */
enum { ES, CS, SS, DS, FS, GS, LDTR, TR };

/**
 * vmx_create() - take the pages out of the guest's RAM that an L1 needs
 * @vm: the machine
 * @vmx: gets their addresses
 *
 * On the host, before the guest runs.
 */
void vmx_create(struct vm *vm, struct vmx *vmx)
{
	vmx->vmxon = vm_alloc_pages(vm, 1);
	vmx->vmcs = vm_alloc_pages(vm, 1);
	vmx->stack = vm_alloc_stack(vm);
	vmx->ept = vm_alloc_pages(vm, 1);
	vmx->ept_pdpt = vm_alloc_pages(vm, 1);
	vmx->ept_pd = vm_alloc_pages(vm, 4);
	vmx->ept_split = vm_alloc_pages(vm, 1);
}

/**
 * vmx_read() - read a field of the current VMCS (SDM vol. 3 31.3, VMREAD)
 * @field: VMCS_*
 *
 * Return: its value; 0 where the field does not exist.
 */
u64 vmx_read(u64 field)
{
	u64 value = 0;

	asm volatile("vmread %[field], %[value]"
		     : [value] "+r"(value) : [field] "r"(field) : "cc", "memory");
	return value;
}

/**
 * vmx_write() - write a field of the current VMCS (SDM vol. 3 31.3, VMWRITE)
 * @field: VMCS_*
 * @value: the new value
 */
void vmx_write(u64 field, u64 value)
{
	asm volatile("vmwrite %[value], %[field]"
		     :: [value] "r"(value), [field] "r"(field) : "cc", "memory");
}

/**
 * vmx_enable() - switch VMX on in L1 and enter VMX operation (SDM vol. 3 24.7)
 * @vmx: L1's pages
 */
void vmx_enable(struct vmx *vmx)
{
	u64 region = (u64)vmx->vmxon;

	if (!(rdmsr(MSR_FEATURE_CONTROL) & FEATURE_CONTROL_LOCKED))
		wrmsr(MSR_FEATURE_CONTROL,
		      FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMXON);
	write_cr0(read_cr0() | rdmsr(MSR_VMX_CR0_FIXED0));
	write_cr4(read_cr4() | CR4_VMXE | rdmsr(MSR_VMX_CR4_FIXED0));
	*vmx->vmxon = (u32)rdmsr(MSR_VMX_BASIC);
	asm volatile("vmxon %0" :: "m"(region) : "cc", "memory");
}

/**
 * vmx_disable() - leave VMX operation (SDM vol. 3 24.7)
 * @vmx: L2, whose VMCS goes to memory, where another L1 finds it
 */
void vmx_disable(struct vmx *vmx)
{
	u64 region = (u64)vmx->vmcs;

	asm volatile("vmclear %0\n\t"
		     "vmxoff" :: "m"(region) : "cc", "memory");
	write_cr4(read_cr4() & ~CR4_VMXE);
}

/* Wanted controls, with what the processor wants (SDM vol. 3 appendix A.3) */
static void write_controls(u64 field, u32 msr, u32 wanted)
{
	u64 allowed = rdmsr(msr);

	vmx_write(field, ((u32)allowed | wanted) & (u32)(allowed >> 32));
}

static void write_segment(int segment, u16 selector, u32 rights, u32 limit, u64 base)
{
	vmx_write(VMCS_GUEST_ES + 2 * segment, selector);
	vmx_write(VMCS_GUEST_ES_RIGHTS + 2 * segment, rights);
	vmx_write(VMCS_GUEST_ES_LIMIT + 2 * segment, limit);
	vmx_write(VMCS_GUEST_ES_BASE + 2 * segment, base);
}

/* L1 goes on with what it has now (SDM vol. 3 25.5). */
static void write_host(void)
{
	int segment;

	for (segment = ES; segment <= GS; segment++)
		vmx_write(VMCS_HOST_ES + 2 * segment, segment == CS ? GUEST_CS : GUEST_DS);
	vmx_write(VMCS_HOST_ES + 2 * (TR - 1), GUEST_TR);
	vmx_write(VMCS_HOST_CR0, read_cr0());
	vmx_write(VMCS_HOST_CR3, read_cr3());
	vmx_write(VMCS_HOST_CR4, read_cr4());
	vmx_write(VMCS_HOST_TR_BASE, (u64)guest_tss);
	vmx_write(VMCS_HOST_GDTR_BASE, guest_gdt_ptr.base);
	vmx_write(VMCS_HOST_IDTR_BASE, guest_idt_ptr.base);
	vmx_write(VMCS_HOST_EFER, rdmsr(MSR_EFER));
	vmx_write(VMCS_HOST_PAT, rdmsr(MSR_PAT));
}

/* L2 starts with L1's control registers and tables (SDM vol. 3 25.4). */
static void write_guest(struct vmx *vmx, void (*entry)(void))
{
	int segment;

	for (segment = ES; segment <= GS; segment++)
		write_segment(segment, GUEST_DS, RIGHTS_DATA, ~0u, 0);
	write_segment(CS, GUEST_CS, RIGHTS_CODE, ~0u, 0);
	write_segment(LDTR, 0, RIGHTS_UNUSABLE, 0, 0);
	write_segment(TR, GUEST_TR, RIGHTS_TSS, sizeof(guest_tss) - 1, (u64)guest_tss);
	vmx_write(VMCS_GUEST_GDTR_LIMIT, guest_gdt_ptr.limit);
	vmx_write(VMCS_GUEST_GDTR_BASE, guest_gdt_ptr.base);
	vmx_write(VMCS_GUEST_IDTR_LIMIT, guest_idt_ptr.limit);
	vmx_write(VMCS_GUEST_IDTR_BASE, guest_idt_ptr.base);
	vmx_write(VMCS_GUEST_CR0, read_cr0());
	vmx_write(VMCS_GUEST_CR3, read_cr3());
	vmx_write(VMCS_GUEST_CR4, read_cr4());
	vmx_write(VMCS_GUEST_EFER, rdmsr(MSR_EFER));
	vmx_write(VMCS_GUEST_PAT, rdmsr(MSR_PAT));
	vmx_write(VMCS_GUEST_DR7, 0x400);
	vmx_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	vmx_write(VMCS_GUEST_RSP, (u64)vmx->stack);
	vmx_write(VMCS_GUEST_RIP, (u64)entry);
	vmx_write(VMCS_LINK, ~0ull);
}

/**
 * vmx_prepare() - fill the VMCS of an L2 that begins at a function
 * @vmx: L2; its VMCS becomes the current one
 * @entry: its code, in ring 0 of 64-bit mode; it must not return
 *
 * L2 exits on HLT and on what always exits (SDM vol. 3 26.1.2).
 */
void vmx_prepare(struct vmx *vmx, void (*entry)(void))
{
	u64 region = (u64)vmx->vmcs;

	asm volatile("vmclear %0" :: "m"(region) : "cc", "memory");
	memset(vmx->vmcs, 0, PAGE_SIZE);
	*vmx->vmcs = (u32)rdmsr(MSR_VMX_BASIC);
	asm volatile("vmclear %0" :: "m"(region) : "cc", "memory");
	asm volatile("vmptrld %0" :: "m"(region) : "cc", "memory");
	memset(&vmx->gprs, 0, sizeof(vmx->gprs));
	vmx->launched = false;

	write_controls(VMCS_PINBASED, MSR_VMX_PINBASED_CTLS, 0);
	write_controls(VMCS_PROCBASED, MSR_VMX_PROCBASED_CTLS, PROC_HLT_EXITING);
	write_controls(VMCS_EXIT_CONTROLS, MSR_VMX_EXIT_CTLS,
		       EXIT_HOST_64 | EXIT_SAVE_EFER | EXIT_LOAD_EFER);
	write_controls(VMCS_ENTRY_CONTROLS, MSR_VMX_ENTRY_CTLS,
		       ENTRY_IA32E | ENTRY_LOAD_EFER);
	write_host();
	write_guest(vmx, entry);
}

/**
 * vmx_has_ept() - whether L1 may use vmx_map_flat()
 *
 * SDM vol. 3 appendix A.3.3; KVM hides it with ept=0.
 */
bool vmx_has_ept(void)
{
	return rdmsr(MSR_VMX_PROCBASED_CTLS) >> 32 & PROC_SECONDARY &&
	       rdmsr(MSR_VMX_PROCBASED_CTLS2) >> 32 & PROC2_EPT;
}

/**
 * vmx_map_flat() - switch EPT on, 4 GiB one to one by pages of 2 MiB
 * @vmx: L2, after vmx_prepare()
 *
 * SDM vol. 3 29.3.2.
 */
void vmx_map_flat(struct vmx *vmx)
{
	u64 i;

	vmx->ept[0] = (u64)vmx->ept_pdpt | EPT_RWX;
	for (i = 0; i < 4; i++)
		vmx->ept_pdpt[i] = (u64)(vmx->ept_pd + i * 512) | EPT_RWX;
	for (i = 0; i < 4 * 512; i++)
		vmx->ept_pd[i] = i << 21 | EPT_RWX | EPT_WB | EPT_PS;
	write_controls(VMCS_PROCBASED, MSR_VMX_PROCBASED_CTLS,
		       PROC_HLT_EXITING | PROC_SECONDARY);
	write_controls(VMCS_PROCBASED2, MSR_VMX_PROCBASED_CTLS2, PROC2_EPT);
	vmx_write(VMCS_EPTP, (u64)vmx->ept | EPTP_WB | EPTP_LEVELS_4);
}

/**
 * vmx_ept_leaf() - the EPT entry of one page of 4 KiB
 * @vmx: L2, after vmx_map_flat()
 * @gpa: the guest physical address of the page, below 4 GiB; its 2 MiB are
 *	split where they are not yet, and only one such piece can be at a time
 *
 * Return: the entry.
 */
u64 *vmx_ept_leaf(struct vmx *vmx, u64 gpa)
{
	u64 *pde = vmx->ept_pd + (gpa >> 21), i;

	if (*pde & EPT_PS) {
		for (i = 0; i < 512; i++)
			vmx->ept_split[i] = (gpa >> 21 << 21 | i << 12) | EPT_RWX | EPT_WB;
		*pde = (u64)vmx->ept_split | EPT_RWX;
	}
	return vmx->ept_split + (gpa >> 12 & 511);
}

/**
 * vmx_invept() - drop what was cached of L2's EPT (SDM vol. 3 31.3, INVEPT)
 * @vmx: L2
 */
void vmx_invept(struct vmx *vmx)
{
	struct { u64 eptp, zero; } operand = { (u64)vmx->ept | EPTP_WB | EPTP_LEVELS_4, 0 };

	asm volatile("invept %0, %1" :: "m"(operand), "r"((u64)INVEPT_SINGLE)
		     : "cc", "memory");
}

/**
 * vmx_run() - run L2 until it exits to L1 (SDM vol. 3 chapters 27 and 28)
 * @vmx: L2, whose VMCS is the current one; its registers are loaded before and
 *	stored after
 *
 * Return: whether L2 was entered; else VMCS_INSTRUCTION_ERROR tells why not.
 */
bool vmx_run(struct vmx *vmx)
{
	struct vmx_gprs *gprs = &vmx->gprs;
	u64 rax = vmx->launched;	/* becomes 0 where L2 was entered */

	/*
	 * The stack is the only place that outlives L2: it keeps RBP, which the
	 * compiler may need, and the address of gprs.
	 */
	asm volatile("push	%%rbp\n\t"
		     "push	%[gprs]\n\t"
		     "mov	%[host_rsp], %%ecx\n\t"
		     "vmwrite	%%rsp, %%rcx\n\t"
		     "mov	%[host_rip], %%ecx\n\t"
		     "lea	1f(%%rip), %%rdx\n\t"
		     "vmwrite	%%rdx, %%rcx\n\t"
		     "test	%%rax, %%rax\n\t"
		     "mov	0x00(%[gprs]), %%rax\n\t"
		     "mov	0x08(%[gprs]), %%rbx\n\t"
		     "mov	0x10(%[gprs]), %%rcx\n\t"
		     "mov	0x18(%[gprs]), %%rdx\n\t"
		     "mov	0x20(%[gprs]), %%rsi\n\t"
		     "mov	0x30(%[gprs]), %%rbp\n\t"
		     "mov	0x38(%[gprs]), %%r8\n\t"
		     "mov	0x40(%[gprs]), %%r9\n\t"
		     "mov	0x48(%[gprs]), %%r10\n\t"
		     "mov	0x50(%[gprs]), %%r11\n\t"
		     "mov	0x58(%[gprs]), %%r12\n\t"
		     "mov	0x60(%[gprs]), %%r13\n\t"
		     "mov	0x68(%[gprs]), %%r14\n\t"
		     "mov	0x70(%[gprs]), %%r15\n\t"
		     "mov	0x28(%[gprs]), %%rdi\n\t"
		     "jnz	2f\n\t"
		     "vmlaunch\n\t"
		     "jmp	3f\n"
		     "2:	vmresume\n"
		     "3:	pop	%%rdi\n\t"
		     "pop	%%rbp\n\t"
		     "mov	$1, %%eax\n\t"
		     "jmp	4f\n"
		     "1:	xchg	%%rdi, (%%rsp)\n\t"
		     "mov	%%rax, 0x00(%%rdi)\n\t"
		     "mov	%%rbx, 0x08(%%rdi)\n\t"
		     "mov	%%rcx, 0x10(%%rdi)\n\t"
		     "mov	%%rdx, 0x18(%%rdi)\n\t"
		     "mov	%%rsi, 0x20(%%rdi)\n\t"
		     "mov	%%rbp, 0x30(%%rdi)\n\t"
		     "mov	%%r8, 0x38(%%rdi)\n\t"
		     "mov	%%r9, 0x40(%%rdi)\n\t"
		     "mov	%%r10, 0x48(%%rdi)\n\t"
		     "mov	%%r11, 0x50(%%rdi)\n\t"
		     "mov	%%r12, 0x58(%%rdi)\n\t"
		     "mov	%%r13, 0x60(%%rdi)\n\t"
		     "mov	%%r14, 0x68(%%rdi)\n\t"
		     "mov	%%r15, 0x70(%%rdi)\n\t"
		     "pop	0x28(%%rdi)\n\t"
		     "pop	%%rbp\n\t"
		     "xor	%%eax, %%eax\n"
		     "4:"
		     : [gprs] "+D"(gprs), "+a"(rax)
		     : [host_rsp] "i"(VMCS_HOST_RSP), [host_rip] "i"(VMCS_HOST_RIP)
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "cc", "memory");
	if (!rax)
		vmx->launched = true;
	return !rax;
}
