// SPDX-License-Identifier: GPL-2.0-only
/*
 * asm/hyperv-xmm.h in user space, against a hypercall page that notes what it
 * gets: which word of the input is in which register, that all others are 0,
 * that the caller's XMM registers come back, and which hypercalls go through
 * memory.
 */
#include <asm/hyperv-xmm.h>

#include <string.h>

#include "ktap.h"

#define CODE		0x0abc
#define OTHER_CODE	0x0def
#define WORDS		14			/* of 8 bytes, in registers */
#define PAGE_WORDS	64
#define MAX_CALLS	4
#define XMM_REGISTERS	16

#define REPS(n)		((u64)(n) << 32)
#define REP_START(n)	((u64)(n) << 48)
#define VARHEAD(n)	((u64)(n) << 17)
#define FAST		(1ull << 16)
#define INVALID_INPUT	3
#define OTHER_ERROR	5

/* What the hypercall page found in the registers; page.S knows the layout. */
struct seen {
	u64 control;
	u64 input[WORDS];
};

struct seen hv_seen;
struct ms_hyperv_info ms_hyperv;
void *hv_hypercall_pg;
bool hv_test_interrupts;
/* Where a hypercall has input in XMM registers, they are its to change. */
bool hv_test_volatile;

void hv_test_page(void);
u64 hv_test_answer(void);

/* What the hypervisor answers, in turn, and what it was asked. */
static u64 answers[MAX_CALLS], memory_answer;
static struct seen calls[MAX_CALLS];
static unsigned int nr_calls, nr_memory, nr_touched;
static bool interrupts[MAX_CALLS];
static u64 memory_control;
static void *memory_input;
static bool isolated;

static u64 page[PAGE_WORDS];
static u64 before[XMM_REGISTERS][2], after[XMM_REGISTERS][2];

u64 hv_test_answer(void)
{
	unsigned int n = nr_calls++;

	if (n >= MAX_CALLS)
		return OTHER_ERROR;
	calls[n] = hv_seen;
	interrupts[n] = hv_test_interrupts;
	return answers[n];
}

bool hv_is_isolation_supported(void)
{
	return isolated;
}

void touch_nmi_watchdog(void)
{
	nr_touched++;
}

u64 hv_do_hypercall(u64 control, void *input, void *output)
{
	nr_memory++;
	memory_control = control;
	memory_input = output ? NULL : input;
	return memory_answer;
}

u64 hv_do_rep_hypercall(u16 code, u16 rep_count, u16 varhead_size, void *input,
			void *output)
{
	return hv_do_hypercall(code | VARHEAD(varhead_size) | REPS(rep_count),
			       input, output);
}

/* A word of the input: no two are the same, nor are their halves. */
static u64 word(unsigned int n)
{
	return 0x1111000022220000ull * (n + 1) + n;
}

static void start(void)
{
	for (unsigned int i = 0; i < PAGE_WORDS; i++)
		page[i] = word(i);
	memset(answers, 0, sizeof(answers));
	memset(calls, 0xa5, sizeof(calls));
	nr_calls = 0;
	nr_memory = 0;
	nr_touched = 0;
	memory_control = 0;
	memory_input = NULL;
	memory_answer = 0;
	isolated = false;
	hv_test_interrupts = true;
	hv_test_volatile = true;
	hv_hypercall_pg = hv_test_page;
	ms_hyperv.misc_features = 1u << 4;
}

/* The caller's registers before and after. */
static void load_xmm(void)
{
	for (unsigned int i = 0; i < XMM_REGISTERS; i++) {
		before[i][0] = ~word(2 * i);
		before[i][1] = ~word(2 * i + 1);
	}
	asm volatile("movups 0x00(%0), %%xmm0; movups 0x10(%0), %%xmm1;"
		     "movups 0x20(%0), %%xmm2; movups 0x30(%0), %%xmm3;"
		     "movups 0x40(%0), %%xmm4; movups 0x50(%0), %%xmm5;"
		     "movups 0x60(%0), %%xmm6; movups 0x70(%0), %%xmm7;"
		     "movups 0x80(%0), %%xmm8; movups 0x90(%0), %%xmm9;"
		     "movups 0xa0(%0), %%xmm10; movups 0xb0(%0), %%xmm11;"
		     "movups 0xc0(%0), %%xmm12; movups 0xd0(%0), %%xmm13;"
		     "movups 0xe0(%0), %%xmm14; movups 0xf0(%0), %%xmm15"
		     : : "r" (before) : "memory");
}

static bool same_xmm(void)
{
	asm volatile("movups %%xmm0, 0x00(%0); movups %%xmm1, 0x10(%0);"
		     "movups %%xmm2, 0x20(%0); movups %%xmm3, 0x30(%0);"
		     "movups %%xmm4, 0x40(%0); movups %%xmm5, 0x50(%0);"
		     "movups %%xmm6, 0x60(%0); movups %%xmm7, 0x70(%0);"
		     "movups %%xmm8, 0x80(%0); movups %%xmm9, 0x90(%0);"
		     "movups %%xmm10, 0xa0(%0); movups %%xmm11, 0xb0(%0);"
		     "movups %%xmm12, 0xc0(%0); movups %%xmm13, 0xd0(%0);"
		     "movups %%xmm14, 0xe0(%0); movups %%xmm15, 0xf0(%0)"
		     : : "r" (after) : "memory");
	return !memcmp(before, after, sizeof(before));
}

/* Was call @n made with @words words of the page, and zeroes behind them? */
static bool in_registers(unsigned int n, u64 control, unsigned int words)
{
	if (n >= nr_calls || calls[n].control != control)
		return false;
	for (unsigned int i = 0; i < (words > 2 ? WORDS : 2); i++)
		if (calls[n].input[i] != (i < words ? word(i) : 0))
			return false;
	return true;
}

static bool in_memory(u64 control)
{
	return nr_memory == 1 && memory_control == control && memory_input == page;
}

/* A call site for each size: it is known when this is compiled. */
#define FIXED(n)						\
static u64 fixed_##n(void)					\
{								\
	return hv_do_xmm_hypercall(CODE, page, (n) * 8);	\
}

FIXED(1)
FIXED(2)
FIXED(3)
FIXED(4)
FIXED(5)
FIXED(6)
FIXED(7)
FIXED(8)
FIXED(9)
FIXED(10)
FIXED(11)
FIXED(12)
FIXED(13)
FIXED(14)

static u64 (*const fixed[WORDS])(void) = {
	fixed_1, fixed_2, fixed_3, fixed_4, fixed_5, fixed_6, fixed_7,
	fixed_8, fixed_9, fixed_10, fixed_11, fixed_12, fixed_13, fixed_14,
};

/* And those of a size that is not */
static u64 list(u16 reps, u16 varhead)
{
	return hv_do_xmm_rep_hypercall(CODE, reps, varhead, page, 24);
}

static u64 variable(u64 varhead)
{
	return hv_do_xmm_hypercall(CODE | VARHEAD(varhead), page, 56);
}

static u64 picky(u16 reps)
{
	return hv_do_xmm_rep_hypercall(OTHER_CODE, reps, 0, page, 24);
}

static u64 picky_fixed(void)
{
	return hv_do_xmm_hypercall(OTHER_CODE, page, 24);
}

static void test_fixed(unsigned int words)
{
	bool same;
	u64 status;

	start();
	hv_test_volatile = words > 2;
	load_xmm();
	status = fixed[words - 1]();
	same = same_xmm();
	ktap_result(!status && nr_calls == 1 && !nr_memory &&
		    in_registers(0, CODE | FAST, words),
		    "%u words are in their registers, and zeroes behind", words);
	ktap_result(same, "%u words: the caller's XMM registers are back", words);
	ktap_result((words <= 2 || !interrupts[0]) && hv_test_interrupts,
		    "%u words: interrupts are off while XMM holds input, and on again",
		    words);
}

static void test_interrupts_stay_off(void)
{
	start();
	hv_test_interrupts = false;
	fixed_14();
	ktap_result(nr_calls == 1 && !hv_test_interrupts,
		    "interrupts that were off stay off");
}

static void test_variable(void)
{
	bool same;
	u64 status;

	start();
	answers[0] = REPS(2);
	load_xmm();
	status = list(2, 3);
	same = same_xmm();
	ktap_result(status == REPS(2) && nr_calls == 1 && !nr_memory &&
		    in_registers(0, CODE | FAST | VARHEAD(3) | REPS(2), 8),
		    "a variable header and a list follow the fixed part");
	ktap_result(same, "the caller's XMM registers are back");

	start();
	status = list(0, 11);
	ktap_result(!status && nr_calls == 1 && !nr_memory &&
		    in_registers(0, CODE | FAST | VARHEAD(11), 14),
		    "no list, a variable header up to the last register");

	start();
	status = variable(7);
	ktap_result(!status && in_registers(0, CODE | FAST | VARHEAD(7), 14),
		    "a variable header in the control word");

	start();
	memory_answer = 0x77;
	status = variable(8);
	ktap_result(status == 0x77 && !nr_calls && in_memory(CODE | VARHEAD(8)),
		    "one word too long: in memory");

	start();
	memory_answer = REPS(12);
	status = list(12, 0);
	ktap_result(status == REPS(12) && !nr_calls && in_memory(CODE | REPS(12)),
		    "a list one element too long: in memory");
}

static void test_continued(void)
{
	bool same;
	u64 status;

	start();
	answers[0] = REPS(1);
	answers[1] = REPS(4);
	answers[2] = REPS(5);
	load_xmm();
	status = list(5, 0);
	same = same_xmm();
	ktap_result(status == REPS(5) && nr_calls == 3 && !nr_memory &&
		    in_registers(0, CODE | FAST | REPS(5), 8) &&
		    in_registers(1, CODE | FAST | REPS(5) | REP_START(1), 8) &&
		    in_registers(2, CODE | FAST | REPS(5) | REP_START(4), 8),
		    "a list goes on where the last hypercall ended");
	ktap_result(same, "the caller's XMM registers are back after all of it");
	ktap_result(nr_touched == 2, "and the watchdog knows");

	start();
	answers[0] = REPS(1);
	answers[1] = OTHER_ERROR | REPS(2);
	status = list(5, 0);
	ktap_result(status == (OTHER_ERROR | REPS(2)) && nr_calls == 2 && !nr_memory,
		    "an error ends it");
}

static void test_memory(void)
{
	u64 status;

	start();
	ms_hyperv.misc_features = ~(1u << 4);
	memory_answer = 0x99;
	status = fixed_3();
	ktap_result(status == 0x99 && !nr_calls && in_memory(CODE),
		    "without the CPUID bit: in memory");

	start();
	isolated = true;
	status = fixed_3();
	ktap_result(!nr_calls && in_memory(CODE), "in an isolated VM: in memory");

	start();
	isolated = true;
	status = list(1, 1);
	ktap_result(!nr_calls && in_memory(CODE | VARHEAD(1) | REPS(1)),
		    "also a list");

#ifndef HV_STATIC_HYPERCALL
	start();
	hv_hypercall_pg = NULL;
	status = fixed_3();
	ktap_result(status == U64_MAX && !nr_calls,
		    "without a hypercall page: an error, and no call");
#endif

	start();
	answers[0] = OTHER_ERROR;
	status = fixed_3();
	ktap_result(status == OTHER_ERROR && nr_calls == 1 && !nr_memory,
		    "an error is the caller's");
}

static void test_refused(void)
{
	u64 status;

	start();
	answers[0] = INVALID_INPUT;
	memory_answer = REPS(2);
	status = picky(2);
	ktap_result(status == REPS(2) && nr_calls == 1 && in_memory(OTHER_CODE | REPS(2)),
		    "what the hypervisor refuses in registers it gets in memory");
	start();
	memory_answer = REPS(3);
	status = picky(3);
	ktap_result(status == REPS(3) && !nr_calls && in_memory(OTHER_CODE | REPS(3)),
		    "and then always");
	start();
	answers[0] = INVALID_INPUT;
	status = picky_fixed();
	ktap_result(!status && nr_calls == 1 && in_memory(OTHER_CODE),
		    "also without a list");
	start();
	answers[0] = REPS(2);
	list(2, 0);
	ktap_result(nr_calls == 1 && !nr_memory, "other call sites go on");
}

int main(void)
{
	ktap_start();
	for (unsigned int words = 1; words <= WORDS; words++)
		test_fixed(words);
	test_interrupts_stay_off();
	test_variable();
	test_continued();
	test_memory();
	test_refused();
	return ktap_finish();
}
