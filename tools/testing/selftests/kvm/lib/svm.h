/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SVM for guest code: an L1 that runs an L2 (APM chapter 15).
 *
 * L2 shares L1's address space: same page tables, same code, a stack of its
 * own.
 */
#ifndef VIRTFIX_SVM_H
#define VIRTFIX_SVM_H

#include <stdbool.h>

#include "processor.h"

struct vm;

#define MSR_VM_CR	0xc0010114
#define VM_CR_SVMDIS	(1u << 4)	/* APM 15.30.1 */
#define MSR_VM_HSAVE_PA	0xc0010117	/* APM 15.30.4 */

/* Bits of vmcb_control.intercepts[], counted from the first: APM table B-1 */
#define SVM_INTERCEPT_INTR	96
#define SVM_INTERCEPT_NMI	97
#define SVM_INTERCEPT_CPUID	114
#define SVM_INTERCEPT_HLT	120
#define SVM_INTERCEPT_IOIO	123
#define SVM_INTERCEPT_MSR	124
#define SVM_INTERCEPT_SHUTDOWN	127
#define SVM_INTERCEPT_VMRUN	128
#define SVM_INTERCEPT_VMMCALL	129
#define SVM_INTERCEPT_EXCEPTION	64	/* + vector */

/* Exit codes: APM appendix C */
#define SVM_EXIT_EXCEPTION	0x040	/* + vector */
#define SVM_EXIT_INTR		0x060
#define SVM_EXIT_NMI		0x061
#define SVM_EXIT_CPUID		0x072
#define SVM_EXIT_HLT		0x078
#define SVM_EXIT_IOIO		0x07b
#define SVM_EXIT_MSR		0x07c
#define SVM_EXIT_SHUTDOWN	0x07f
#define SVM_EXIT_VMRUN		0x080
#define SVM_EXIT_VMMCALL	0x081
#define SVM_EXIT_NPF		0x400
#define SVM_EXIT_INVALID	(-1ull)

#define SVM_NP_ENABLE		(1ull << 0)	/* np_control: APM 15.25.3 */
#define SVM_V_INTR_MASKING	(1ull << 24)	/* vintr: APM 15.21.1 */
#define SVM_TLB_FLUSH_ALL	1		/* APM 15.16.2 */
#define SVM_EVENTINJ_VALID	(1ull << 31)	/* APM 15.20 */

/**
 * struct vmcb_segment - a segment register in the VMCB (APM table B-2)
 * @selector: the selector
 * @attributes: type, S, DPL, P, AVL, L, D/B and G, the descriptor's bits 40-47
 *	and 52-55 put together (APM 15.5.1)
 * @limit: the limit in bytes
 * @base: the base
 */
struct vmcb_segment {
	u16 selector;
	u16 attributes;
	u32 limit;
	u64 base;
};

/**
 * struct vmcb_control - the VMCB's control area (APM table B-1)
 */
struct vmcb_control {
	u32 intercepts[6];		/* 0x000 */
	u8 reserved_018[0x3c - 0x18];
	u16 pause_threshold;		/* 0x03c */
	u16 pause_count;
	u64 iopm_base;			/* 0x040 */
	u64 msrpm_base;
	u64 tsc_offset;			/* 0x050 */
	u32 asid;
	u32 tlb_control;
	u64 vintr;			/* 0x060 */
	u64 interrupt_state;
	u64 exit_code;			/* 0x070 */
	u64 exit_info_1;
	u64 exit_info_2;		/* 0x080 */
	u64 exit_int_info;
	u64 np_control;			/* 0x090 */
	u64 avic_apic_bar;
	u64 ghcb;			/* 0x0a0 */
	u64 event_inject;
	u64 nested_cr3;			/* 0x0b0 */
	u64 lbr_control;
	u64 clean;			/* 0x0c0 */
	u64 next_rip;
	u8 reserved_0d0[0x400 - 0xd0];
};

/**
 * struct vmcb_save - the VMCB's state save area (APM table B-2)
 */
struct vmcb_save {
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved_0a0[0xcb - 0xa0];
	u8 cpl;				/* 0x0cb */
	u32 reserved_0cc;
	u64 efer;			/* 0x0d0 */
	u8 reserved_0d8[0x148 - 0xd8];
	u64 cr4;			/* 0x148 */
	u64 cr3;
	u64 cr0;
	u64 dr7;			/* 0x160 */
	u64 dr6;
	u64 rflags;
	u64 rip;			/* 0x178 */
	u8 reserved_180[0x1d8 - 0x180];
	u64 rsp;			/* 0x1d8 */
	u8 reserved_1e0[0x1f8 - 0x1e0];
	u64 rax;			/* 0x1f8 */
	u64 star, lstar, cstar, sfmask;
	u64 kernel_gs_base;		/* 0x220 */
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	u64 cr2;			/* 0x240 */
	u8 reserved_248[0x268 - 0x248];
	u64 pat;			/* 0x268 */
	u64 debugctl;
	u8 reserved_278[0xc00 - 0x278];
};

struct vmcb {
	struct vmcb_control control;
	struct vmcb_save save;
};

#define VMCB_AT(field, offset)						\
	_Static_assert(__builtin_offsetof(struct vmcb, field) == (offset), #field)
VMCB_AT(control.asid, 0x058);
VMCB_AT(control.exit_code, 0x070);
VMCB_AT(control.next_rip, 0x0c8);
VMCB_AT(save.es, 0x400);
VMCB_AT(save.tr, 0x490);
VMCB_AT(save.cpl, 0x4cb);
VMCB_AT(save.efer, 0x4d0);
VMCB_AT(save.cr4, 0x548);
VMCB_AT(save.rip, 0x578);
VMCB_AT(save.rsp, 0x5d8);
VMCB_AT(save.rax, 0x5f8);
VMCB_AT(save.cr2, 0x640);
VMCB_AT(save.pat, 0x668);
_Static_assert(sizeof(struct vmcb) == 4096, "a VMCB is one page");

/**
 * struct svm_gprs - L2's registers that are not in the VMCB
 *
 * RAX and RSP are in the VMCB's save area (APM 15.5.1).
 */
struct svm_gprs {
	u64 rbx, rcx, rdx, rsi, rdi, rbp;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
};

/**
 * struct svm - what L1 needs to run one L2
 * @vmcb: L2's VMCB
 * @gprs: L2's other registers
 * @host_save: L1's state save area for VMRUN (APM 15.30.4)
 * @iopm: I/O permission map, 12 KiB, all clear (APM 15.10.1)
 * @msrpm: MSR permission map, 8 KiB, all clear (APM 15.11)
 * @stack: L2's stack pointer at its start
 */
struct svm {
	struct vmcb *vmcb;
	struct svm_gprs gprs;
	void *host_save;
	void *iopm;
	void *msrpm;
	void *stack;
};

void svm_create(struct vm *vm, struct svm *svm);

/* For the guest */
void svm_enable(struct svm *svm);
void svm_prepare(struct svm *svm, void (*entry)(void));
void svm_run(struct svm *svm);
void svm_intercept(struct svm *svm, unsigned int bit);
bool svm_has_nested_paging(void);
void svm_map_flat(struct svm *svm);

/**
 * vmmcall() - call the hypervisor (APM 15.8.2)
 */
static inline void vmmcall(void)
{
	asm volatile("vmmcall" ::: "memory");
}

/**
 * svm_stgi() - allow interrupts and NMIs in L1 again after a VMRUN (APM 15.17)
 */
static inline void svm_stgi(void)
{
	asm volatile("stgi" ::: "memory");
}

/**
 * svm_clgi() - hold back interrupts and NMIs until svm_stgi() (APM 15.17)
 */
static inline void svm_clgi(void)
{
	asm volatile("clgi" ::: "memory");
}

#endif
