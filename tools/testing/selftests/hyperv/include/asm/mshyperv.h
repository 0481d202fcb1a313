/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What asm/hyperv-xmm.h takes from the kernel, for user space: the test looks
 * at interrupts, at hypercalls with their input in memory, and decides what the
 * hypervisor offers.
 */
#ifndef HYPERV_TEST_MSHYPERV_H
#define HYPERV_TEST_MSHYPERV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t u16;
typedef uint64_t u64;

#define CONFIG_X86_64			1
#define HYPERV_CPUID_ISOLATION_CONFIG	0x4000000C
#define U64_MAX				UINT64_MAX
#define BIT(n)				(1ul << (n))
#define GENMASK_ULL(h, l)		((~0ull >> (63 - (h))) & (~0ull << (l)))
#define BUILD_BUG_ON(condition)		_Static_assert(!(condition), #condition)
#define READ_ONCE(x)			__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)		__atomic_store_n(&(x), value, __ATOMIC_RELAXED)

#define HV_HYPERCALL_RESULT_MASK	GENMASK_ULL(15, 0)
#define HV_HYPERCALL_FAST_BIT		BIT(16)
#define HV_HYPERCALL_VARHEAD_OFFSET	17
#define HV_HYPERCALL_REP_COMP_OFFSET	32
#define HV_HYPERCALL_REP_COMP_MASK	GENMASK_ULL(43, 32)
#define HV_HYPERCALL_REP_START_OFFSET	48
#define HV_HYPERCALL_REP_START_MASK	GENMASK_ULL(59, 48)
#define HV_STATUS_INVALID_HYPERCALL_INPUT	3

struct ms_hyperv_info {
	unsigned int misc_features;
};

register unsigned long hv_test_sp asm("rsp");

extern struct ms_hyperv_info ms_hyperv;
extern void *hv_hypercall_pg;
extern bool hv_test_interrupts;

bool hv_is_isolation_supported(void);
u64 hv_do_hypercall(u64 control, void *input, void *output);
u64 hv_do_rep_hypercall(u16 code, u16 rep_count, u16 varhead_size, void *input,
			void *output);
void touch_nmi_watchdog(void);

/* The static call's target; in page.S. */
u64 hv_test_static(u64 control, u64 rdx, u64 r8);

#define hv_hypercall			hv_test_static
#define static_call_mod(name)		name

#define local_irq_save(flags)					\
do {								\
	(flags) = hv_test_interrupts;				\
	hv_test_interrupts = false;				\
} while (0)
#define local_irq_restore(flags)	(hv_test_interrupts = (flags))

#endif
