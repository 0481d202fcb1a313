/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX for guest code: an L1 that runs an L2 (SDM vol. 3 chapters 24 to 31).
 *
 * L2 shares L1's address space: same page tables, same code, a stack of its
 * own.
 */
#ifndef VIRTFIX_VMX_H
#define VIRTFIX_VMX_H

#include <stdbool.h>

#include "processor.h"

struct vm;

#define CR4_VMXE		(1u << 13)
#define MSR_FEATURE_CONTROL	0x3a
#define FEATURE_CONTROL_LOCKED	(1u << 0)
#define FEATURE_CONTROL_VMXON	(1u << 2)	/* outside SMX: SDM vol. 3 24.7 */

/* SDM vol. 3 appendix A */
#define MSR_VMX_BASIC			0x480
#define MSR_VMX_PINBASED_CTLS		0x481
#define MSR_VMX_PROCBASED_CTLS		0x482
#define MSR_VMX_EXIT_CTLS		0x483
#define MSR_VMX_ENTRY_CTLS		0x484
#define MSR_VMX_CR0_FIXED0		0x486
#define MSR_VMX_CR4_FIXED0		0x488
#define MSR_VMX_PROCBASED_CTLS2		0x48b
#define MSR_VMX_EPT_VPID_CAP		0x48c

/* Fields of the VMCS: SDM vol. 3 appendix B */
#define VMCS_VPID			0x0000
#define VMCS_GUEST_ES			0x0800	/* CS, SS, DS, FS, GS, LDTR, TR follow by 2 */
#define VMCS_HOST_ES			0x0c00	/* CS, SS, DS, FS, GS, TR */
#define VMCS_EPTP			0x201a
#define VMCS_GUEST_PHYSICAL		0x2400
#define VMCS_LINK			0x2800
#define VMCS_GUEST_PAT			0x2804
#define VMCS_GUEST_EFER			0x2806
#define VMCS_HOST_PAT			0x2c00
#define VMCS_HOST_EFER			0x2c02
#define VMCS_PINBASED			0x4000
#define VMCS_PROCBASED			0x4002
#define VMCS_EXCEPTIONS			0x4004
#define VMCS_EXIT_CONTROLS		0x400c
#define VMCS_ENTRY_CONTROLS		0x4012
#define VMCS_ENTRY_INTERRUPTION		0x4016
#define VMCS_ENTRY_ERROR_CODE		0x4018
#define VMCS_ENTRY_INSTRUCTION_LEN	0x401a
#define VMCS_PROCBASED2			0x401e
#define VMCS_INSTRUCTION_ERROR		0x4400
#define VMCS_EXIT_REASON		0x4402
#define VMCS_EXIT_INTERRUPTION		0x4404
#define VMCS_EXIT_ERROR_CODE		0x4406
#define VMCS_EXIT_INSTRUCTION_LEN	0x440c
#define VMCS_GUEST_ES_LIMIT		0x4800	/* by 2, then GDTR, IDTR */
#define VMCS_GUEST_GDTR_LIMIT		0x4810
#define VMCS_GUEST_IDTR_LIMIT		0x4812
#define VMCS_GUEST_ES_RIGHTS		0x4814	/* by 2 */
#define VMCS_EXIT_QUALIFICATION		0x6400
#define VMCS_GUEST_LINEAR		0x640a
#define VMCS_GUEST_CR0			0x6800
#define VMCS_GUEST_CR3			0x6802
#define VMCS_GUEST_CR4			0x6804
#define VMCS_GUEST_ES_BASE		0x6806	/* by 2, then GDTR, IDTR */
#define VMCS_GUEST_GDTR_BASE		0x6816
#define VMCS_GUEST_IDTR_BASE		0x6818
#define VMCS_GUEST_DR7			0x681a
#define VMCS_GUEST_RSP			0x681c
#define VMCS_GUEST_RIP			0x681e
#define VMCS_GUEST_RFLAGS		0x6820
#define VMCS_GUEST_PENDING_DEBUG	0x6822
#define VMCS_HOST_CR0			0x6c00
#define VMCS_HOST_CR3			0x6c02
#define VMCS_HOST_CR4			0x6c04
#define VMCS_HOST_TR_BASE		0x6c0a
#define VMCS_HOST_GDTR_BASE		0x6c0c
#define VMCS_HOST_IDTR_BASE		0x6c0e
#define VMCS_HOST_RSP			0x6c14
#define VMCS_HOST_RIP			0x6c16

/* Controls: SDM vol. 3 25.6 to 25.8 */
#define PIN_NMI_EXITING			(1u << 3)
#define PROC_HLT_EXITING		(1u << 7)
#define PROC_SECONDARY			(1u << 31)
#define PROC2_EPT			(1u << 1)
#define PROC2_VPID			(1u << 5)
#define EXIT_HOST_64			(1u << 9)
#define EXIT_SAVE_EFER			(1u << 20)
#define EXIT_LOAD_EFER			(1u << 21)
#define ENTRY_IA32E			(1u << 9)
#define ENTRY_LOAD_EFER			(1u << 15)

/* Exit reasons: SDM vol. 3 appendix C */
#define VMX_EXIT_EXCEPTION		0
#define VMX_EXIT_TRIPLE_FAULT		2
#define VMX_EXIT_CPUID			10
#define VMX_EXIT_HLT			12
#define VMX_EXIT_VMCALL			18
#define VMX_EXIT_IO			30
#define VMX_EXIT_INVALID_STATE		33
#define VMX_EXIT_EPT_VIOLATION		48
#define VMX_EXIT_EPT_MISCONFIG		49
#define VMX_EXIT_FAILED_ENTRY		(1u << 31)

/* Exit qualification of an EPT violation: SDM vol. 3 table 28-7 */
#define EPT_VIOLATION_READ		(1u << 0)
#define EPT_VIOLATION_WRITE		(1u << 1)
#define EPT_VIOLATION_FETCH		(1u << 2)
#define EPT_VIOLATION_R			(1u << 3)	/* what the entries allow */
#define EPT_VIOLATION_X			(1u << 5)
#define EPT_VIOLATION_LINEAR		(1u << 7)	/* there is a linear address, */
#define EPT_VIOLATION_FINAL		(1u << 8)	/* and no table was accessed */

/* EPT entries and pointer: SDM vol. 3 29.3.2, 25.6.11 */
#define EPT_R				(1ull << 0)
#define EPT_W				(1ull << 1)
#define EPT_X				(1ull << 2)
#define EPT_RWX				(EPT_R | EPT_W | EPT_X)
#define EPT_WB				(6ull << 3)
#define EPT_PS				(1ull << 7)
#define EPT_ACCESSED			(1ull << 8)
#define EPT_DIRTY			(1ull << 9)
#define EPTP_WB				6ull
#define EPTP_LEVELS_4			(3ull << 3)
#define EPTP_AD				(1ull << 6)
#define INVEPT_SINGLE			1
#define INVEPT_ALL			2

/**
 * struct vmx_gprs - L2's registers that are not in the VMCS
 *
 * RSP is in the VMCS's guest-state area (SDM vol. 3 25.4.1).
 */
struct vmx_gprs {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
};

/**
 * struct vmx - what L1 needs to run one L2
 * @vmxon: the VMXON region (SDM vol. 3 25.11.5)
 * @vmcs: L2's VMCS
 * @gprs: L2's other registers
 * @stack: L2's stack pointer at its start
 * @ept: the top table of vmx_map_flat()
 * @ept_pdpt: its next level
 * @ept_pd: four page directories, of 2 MiB pages
 * @ept_split: the table of the 2 MiB that vmx_ept_leaf() splits
 * @launched: whether VMRESUME is the instruction to use
 */
struct vmx {
	u32 *vmxon;
	u32 *vmcs;
	struct vmx_gprs gprs;
	void *stack;
	u64 *ept, *ept_pdpt, *ept_pd, *ept_split;
	bool launched;
};

void vmx_create(struct vm *vm, struct vmx *vmx);

/* For the guest */
void vmx_enable(struct vmx *vmx);
void vmx_disable(struct vmx *vmx);
void vmx_prepare(struct vmx *vmx, void (*entry)(void));
bool vmx_run(struct vmx *vmx);
u64 vmx_read(u64 field);
void vmx_write(u64 field, u64 value);
bool vmx_has_ept(void);
void vmx_map_flat(struct vmx *vmx);
u64 *vmx_ept_leaf(struct vmx *vmx, u64 gpa);
void vmx_invept(struct vmx *vmx);

/**
 * vmcall() - call the hypervisor (SDM vol. 3 31.3, VMCALL)
 */
static inline void vmcall(void)
{
	asm volatile("vmcall" ::: "memory");
}

#endif
