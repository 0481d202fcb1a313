// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which vectors have an error code: x86_exception_has_error_code() asked about
 * each of them, and VM entries of L1 that inject them.
 *
 * The module exception_bounds has the function of the KVM under test, compiled
 * with UBSan. A vector above 31 is no exception: the function has to say that it
 * has no error code, and must not shift by so many bits.
 *
 * L1 asks for the delivery of a hardware exception with each vector, with and
 * without an error code. Vectors above 31 have to be refused (SDM vol. 3 27.2.1.3)
 * whatever the function says, the others where the error code does not fit.
 */
#include <stdio.h>

#include "guest.h"
#include "ktap.h"
#include "vm.h"
#include "vmx.h"

#define ANSWERS		"/sys/kernel/debug/exception_bounds"
#define VECTORS		256
#define EXCEPTIONS	32

/* VM-entry interruption-information field: SDM vol. 3 table 25-17 */
#define INTERRUPTION_HARD_EXCEPTION	(3u << 8)
#define INTERRUPTION_ERROR_CODE		(1u << 11)
#define INTERRUPTION_VALID		(1u << 31)

/* VM-instruction errors: SDM vol. 3 31.4 */
#define ERROR_INVALID_CONTROL		7

/* Exceptions with an error code: SDM vol. 3 table 6-1. */
#define WITH_ERROR_CODE	(1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17)

/* Those of which it depends on the CPU: #CP, and AMD's #VC and #SX. */
#define MAY_HAVE_ONE	(1u << 21 | 1u << 29 | 1u << 30)

/* What came of a VM entry, where it was refused: its VM-instruction error */
enum { ONLY_ENTERED = 0x100, DELIVERED };

static u16 came[2][VECTORS];
static u8 delivered;
static struct vmx vmx;

static bool in(u32 set, unsigned int vector)
{
	return vector < EXCEPTIONS && set >> vector & 1;
}

static void note(struct guest_frame *frame)
{
	delivered = frame->vector;
}

static void l2_main(void)
{
	for (;;)
		vmcall();
}

static u16 inject(unsigned int vector, unsigned int error_code)
{
	/* A vector that none of these is. */
	delivered = 255;
	vmx_write(VMCS_GUEST_RIP, (u64)l2_main);
	vmx_write(VMCS_ENTRY_INTERRUPTION, INTERRUPTION_VALID | INTERRUPTION_HARD_EXCEPTION |
		  (error_code ? INTERRUPTION_ERROR_CODE : 0) | vector);
	if (!vmx_run(&vmx))
		return vmx_read(VMCS_INSTRUCTION_ERROR);
	if (vmx_read(VMCS_EXIT_REASON) != VMX_EXIT_VMCALL || delivered != vector)
		return ONLY_ENTERED;
	return DELIVERED;
}

static void __attribute__((noinline)) touch(u64 start, u64 size)
{
	u64 address;

	for (address = start; address < start + size; address += PAGE_SIZE)
		(void)*(volatile u8 *)address;
	(void)*(volatile u8 *)(start + size - 1);
}

/*
 * What the CPU needs to deliver an exception to L2: where L0 has to map a page in
 * the middle of that, it delivers vectors 3 and 4 anew as INT3 and INTO do. L0 has
 * tables of their own for L1 and L2. The stack is touched by the calls.
 */
static void l2_touch(void)
{
	touch(guest_idt_ptr.base, guest_idt_ptr.limit + 1);
	touch(guest_gdt_ptr.base, guest_gdt_ptr.limit + 1);
	touch((u64)guest_exception_stubs, VECTORS * 16);
	l2_main();
}

static void l1_main(void)
{
	unsigned int vector, error_code;

	vmx_enable(&vmx);
	vmx_prepare(&vmx, l2_touch);
	guest_expect("L2 is entered", vmx_run(&vmx), true);
	for (vector = 0; vector < EXCEPTIONS; vector++)
		guest_handle(vector, note);
	for (error_code = 0; error_code < 2; error_code++)
		for (vector = 0; vector < VECTORS; vector++)
			if (!in(MAY_HAVE_ONE, vector))
				came[error_code][vector] = inject(vector, error_code);
	guest_done();
}

/* Of some vectors, how many were not as they have to be. */
static void result(const char *what, unsigned int wrong, unsigned int first)
{
	if (wrong)
		ktap_result(false, "%s # %u are wrong, the first is %u", what, wrong, first);
	else
		ktap_result(true, "%s", what);
}

static void test_function(void)
{
	unsigned int shifts[2] = {}, first_shift[2] = {}, wrong[2] = {}, first_wrong[2] = {};
	unsigned int vector, number, has, bad, above;
	FILE *file = fopen(ANSWERS, "re");

	if (!file)
		ktap_bail_out("the module exception_bounds is not loaded");
	for (vector = 0; vector < VECTORS; vector++) {
		if (fscanf(file, "%u %u %u", &number, &has, &bad) != 3 || number != vector)
			ktap_bail_out("vector %u: no answer in " ANSWERS, vector);
		above = vector >= EXCEPTIONS;
		if (bad && !shifts[above]++)
			first_shift[above] = vector;
		if (has != in(WITH_ERROR_CODE, vector) && !in(MAY_HAVE_ONE, vector) &&
		    !wrong[above]++)
			first_wrong[above] = vector;
	}
	fclose(file);

	result("shifts for vectors 0 to 31", shifts[0], first_shift[0]);
	result("error codes of vectors 0 to 31", wrong[0], first_wrong[0]);
	result("shifts for vectors above 31", shifts[1], first_shift[1]);
	result("error codes of vectors above 31", wrong[1], first_wrong[1]);
	if (shifts[0] || shifts[1])
		ktap_observed("shift-out-of-bounds");
	if (wrong[0] || wrong[1])
		ktap_observed("wrong-error-code");
}

static void test_entries(void)
{
	unsigned int vector, error_code, wrong, first = 0;
	struct vm *vm = vm_create(0);

	vmx_create(vm, &vmx);
	vm_set_entry(vm, l1_main);
	if (vm_next(vm) != VM_DONE)
		ktap_bail_out("L1 did not come to its end");
	vm_destroy(vm);

	for (error_code = 0; error_code < 2; error_code++) {
		const char *with = error_code ? "with an error code" : "without an error code";
		char what[80];

		for (vector = wrong = 0; vector < EXCEPTIONS; vector++) {
			bool fits = in(WITH_ERROR_CODE, vector) == error_code;

			if (in(MAY_HAVE_ONE, vector))
				continue;
			if (came[error_code][vector] != (fits ? DELIVERED : ERROR_INVALID_CONTROL) &&
			    !wrong++)
				first = vector;
		}
		snprintf(what, sizeof(what), "L1 injects vectors 0 to 31 %s", with);
		result(what, wrong, first);
		for (wrong = 0; vector < VECTORS; vector++)
			if (came[error_code][vector] != ERROR_INVALID_CONTROL && !wrong++)
				first = vector;
		snprintf(what, sizeof(what), "L1 injects vectors above 31 %s", with);
		result(what, wrong, first);
		if (wrong)
			ktap_observed("entry-not-refused");
	}
}

int main(void)
{
	ktap_start();
	test_function();
	if (kvm_has_vmx())
		test_entries();
	return ktap_finish();
}
