/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hyper-V hypercalls with their input in registers.
 *
 * Up to 112 bytes of a hypercall's input fit into RDX, R8 and XMM0 to XMM5
 * ("XMM fast hypercall input", CPUID 0x40000003 EDX bit 4), and the hypervisor
 * then reads no memory of the guest. What does not fit, and all that a
 * hypervisor without that bit or an isolated VM does, goes through memory as
 * ever.
 *
 * The XMM registers may hold anyone's state: that of user space, of a guest, or
 * of a kernel_fpu_begin() section that an interrupt came into. So they are kept
 * on the stack while the hypercall uses them, with interrupts off, and nobody
 * ever sees other values: nothing can be scheduled, and no interrupt handler
 * can save the input as if it were user space's. That holds wherever a
 * hypercall can be made, also where kernel_fpu_begin() is not allowed, and it
 * nests: an NMI that makes a hypercall of its own puts back what it found.
 */
#ifndef _ASM_X86_HYPERV_XMM_H
#define _ASM_X86_HYPERV_XMM_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/nmi.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/mshyperv.h>

#ifdef CONFIG_X86_64

#ifndef HV_X64_HYPERCALL_XMM_INPUT_AVAILABLE
#define HV_X64_HYPERCALL_XMM_INPUT_AVAILABLE	BIT(4)
#endif

#define HV_XMM_REGISTERS	6
#define HV_XMM_INPUT_WORDS	(2 + 2 * HV_XMM_REGISTERS)
#define HV_XMM_INPUT_SIZE	(HV_XMM_INPUT_WORDS * sizeof(u64))
#define HV_XMM_VARHEAD_MASK	GENMASK_ULL(26, 17)

/* One XMM register, at an address of any alignment. */
struct hv_xmm_register {
	u64 half[2];
};

/* The caller has turned interrupts off. */
static __always_inline void hv_xmm_swap_in(struct hv_xmm_register *saved,
					   const u64 *input)
{
	asm volatile("movups %%xmm0, 0x00(%[saved])\n\t"
		     "movups %%xmm1, 0x10(%[saved])\n\t"
		     "movups %%xmm2, 0x20(%[saved])\n\t"
		     "movups %%xmm3, 0x30(%[saved])\n\t"
		     "movups %%xmm4, 0x40(%[saved])\n\t"
		     "movups %%xmm5, 0x50(%[saved])\n\t"
		     "movups 0x00(%[input]), %%xmm0\n\t"
		     "movups 0x10(%[input]), %%xmm1\n\t"
		     "movups 0x20(%[input]), %%xmm2\n\t"
		     "movups 0x30(%[input]), %%xmm3\n\t"
		     "movups 0x40(%[input]), %%xmm4\n\t"
		     "movups 0x50(%[input]), %%xmm5"
		     : : [saved] "r" (saved), [input] "r" (input) : "memory");
}

static __always_inline void hv_xmm_swap_out(const struct hv_xmm_register *saved)
{
	asm volatile("movups 0x00(%[saved]), %%xmm0\n\t"
		     "movups 0x10(%[saved]), %%xmm1\n\t"
		     "movups 0x20(%[saved]), %%xmm2\n\t"
		     "movups 0x30(%[saved]), %%xmm3\n\t"
		     "movups 0x40(%[saved]), %%xmm4\n\t"
		     "movups 0x50(%[saved]), %%xmm5"
		     : : [saved] "r" (saved) : "memory");
}

#ifdef HV_STATIC_HYPERCALL

/*
 * A function of the kernel stands between here and the hypercall page. It uses
 * no XMM register, as no C code of the kernel does.
 */
static __always_inline u64 hv_xmm_enter(u64 control, u64 rdx, u64 r8)
{
	return static_call_mod(hv_hypercall)(control, rdx, r8);
}

#else /* HV_STATIC_HYPERCALL */

#ifdef CALL_NOSPEC
#define HV_XMM_CALL	CALL_NOSPEC
#define HV_XMM_TARGET	THUNK_TARGET(hv_hypercall_pg)
#else
#define HV_XMM_CALL	"call *%5"
#define HV_XMM_TARGET	"r" (hv_hypercall_pg)
#endif

static __always_inline u64 hv_xmm_enter(u64 control, u64 rdx, u64 r8)
{
	register u64 in_r8 asm("r8") = r8;
	u64 status;

	if (!hv_hypercall_pg)
		return U64_MAX;
	asm volatile(HV_XMM_CALL
		     : "=a" (status), ASM_CALL_CONSTRAINT,
		       "+c" (control), "+d" (rdx), "+r" (in_r8)
		     : HV_XMM_TARGET
		     : "cc", "memory", "r9", "r10", "r11");
	return status;
}

#endif /* HV_STATIC_HYPERCALL */

/**
 * hv_xmm_call() - make one hypercall with its input in registers
 * @control: the control word, HV_HYPERCALL_FAST_BIT set
 * @input: HV_XMM_INPUT_WORDS words, of which those that are not used are 0
 * @words: how many are used
 *
 * Return: the hypercall's status.
 */
static inline u64 hv_xmm_call(u64 control, const u64 *input, unsigned int words)
{
	struct hv_xmm_register saved[HV_XMM_REGISTERS];
	unsigned long flags;
	u64 status;

	if (words <= 2)
		return hv_xmm_enter(control, input[0], input[1]);

	local_irq_save(flags);
	hv_xmm_swap_in(saved, input + 2);
	status = hv_xmm_enter(control, input[0], input[1]);
	hv_xmm_swap_out(saved);
	local_irq_restore(flags);
	return status;
}

/* Does the hypervisor take input in XMM registers, and from this VM? */
static inline bool hv_xmm_available(void)
{
	if (!(ms_hyperv.misc_features & HV_X64_HYPERCALL_XMM_INPUT_AVAILABLE))
		return false;
#ifdef HYPERV_CPUID_ISOLATION_CONFIG
	/* Their hypercalls have a form of their own, or go to a paravisor. */
	if (hv_is_isolation_supported())
		return false;
#endif
	return true;
}

/**
 * hv_xmm_try() - make a hypercall with its input in registers, if possible
 * @control: the control word, as for a hypercall with its input in memory
 * @input: the input
 * @fixed: its bytes before the variable header and the list, whose elements
 *	have 8 bytes each
 * @refused: set once the hypervisor said that this hypercall's input has to be
 *	in memory; it is not asked again then
 * @status: the hypercall's status on return, if it was made
 *
 * Return: true if the hypercall was made.
 */
static inline bool hv_xmm_try(u64 control, const u64 *input, size_t fixed,
			      bool *refused, u64 *status)
{
	unsigned int reps, done, words, i;
	u64 in[HV_XMM_INPUT_WORDS] = {};

	reps = (control & HV_HYPERCALL_REP_COMP_MASK) >> HV_HYPERCALL_REP_COMP_OFFSET;
	words = fixed / sizeof(u64) + reps;
	words += (control & HV_XMM_VARHEAD_MASK) >> HV_HYPERCALL_VARHEAD_OFFSET;
	if (words > HV_XMM_INPUT_WORDS || READ_ONCE(*refused) || !hv_xmm_available())
		return false;
	for (i = 0; i < words; i++)
		in[i] = input[i];

	control |= HV_HYPERCALL_FAST_BIT;
	for (;;) {
		*status = hv_xmm_call(control, in, words);
		switch (*status & HV_HYPERCALL_RESULT_MASK) {
		case 0:
			break;
		case HV_STATUS_INVALID_HYPERCALL_INPUT:
			WRITE_ONCE(*refused, true);
			return false;
		default:
			return true;
		}
		/* A list may need several hypercalls, each from where the last ended. */
		done = (*status & HV_HYPERCALL_REP_COMP_MASK) >> HV_HYPERCALL_REP_COMP_OFFSET;
		if (done >= reps)
			return true;
		control &= ~HV_HYPERCALL_REP_START_MASK;
		control |= (u64)done << HV_HYPERCALL_REP_START_OFFSET;
		touch_nmi_watchdog();
	}
}

static inline u64 hv_xmm_hypercall(u64 control, void *input, size_t fixed,
				   bool *refused)
{
	u64 status;

	if (hv_xmm_try(control, input, fixed, refused, &status))
		return status;
	return hv_do_hypercall(control, input, NULL);
}

static inline u64 hv_xmm_rep_hypercall(u16 code, u16 rep_count, u16 varhead_size,
				       void *input, size_t fixed, bool *refused)
{
	u64 control = code, status;

	control |= (u64)varhead_size << HV_HYPERCALL_VARHEAD_OFFSET;
	control |= (u64)rep_count << HV_HYPERCALL_REP_COMP_OFFSET;
	if (hv_xmm_try(control, input, fixed, refused, &status))
		return status;
	return hv_do_rep_hypercall(code, rep_count, varhead_size, input, NULL);
}

#define HV_XMM_CHECK_SIZE(size)						\
	BUILD_BUG_ON((size) % sizeof(u64) || (size) > HV_XMM_INPUT_SIZE)

/**
 * hv_do_xmm_hypercall() - hv_do_hypercall() with the input in registers
 * @control: the control word
 * @input: the input, as it has to be in memory; no more of it is read than the
 *	control word and @size tell
 * @size: bytes of its fixed part, known when this is compiled
 *
 * Return: the hypercall's status.
 */
#define hv_do_xmm_hypercall(control, input, size)			\
({									\
	static bool hv_xmm_refused;					\
									\
	HV_XMM_CHECK_SIZE(size);					\
	hv_xmm_hypercall(control, input, size, &hv_xmm_refused);	\
})

/**
 * hv_do_xmm_rep_hypercall() - hv_do_rep_hypercall() with the input in registers
 * @code: the hypercall
 * @rep_count: elements of its list
 * @varhead_size: words of its variable header
 * @input: the input, as it has to be in memory
 * @size: bytes of its fixed part, known when this is compiled
 *
 * Return: the status of the hypercall that failed, or of the last one.
 */
#define hv_do_xmm_rep_hypercall(code, rep_count, varhead_size, input, size) \
({									\
	static bool hv_xmm_refused;					\
									\
	HV_XMM_CHECK_SIZE(size);					\
	hv_xmm_rep_hypercall(code, rep_count, varhead_size, input, size, \
			     &hv_xmm_refused);				\
})

#else /* CONFIG_X86_64 */

#define hv_do_xmm_hypercall(control, input, size)			\
	hv_do_hypercall(control, input, NULL)

#define hv_do_xmm_rep_hypercall(code, rep_count, varhead_size, input, size) \
	hv_do_rep_hypercall(code, rep_count, varhead_size, input, NULL)

#endif /* CONFIG_X86_64 */

#endif /* _ASM_X86_HYPERV_XMM_H */
