// SPDX-License-Identifier: GPL-2.0-only
/*
 * The payload of an exception that userspace gets and sets: the address of a
 * #PF, which the guest finds in CR2, and the new bits of a #DB, which it finds
 * in DR6.
 *
 * Where KVM has the capability, nothing may change for a VM that does not
 * enable it. With it, what was set reads back until the guest runs, pending and
 * injected are told apart, and the payload reaches the guest, L1 or L2.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "ktap.h"
#include "svm.h"
#include "vm.h"
#include "vmx.h"

#define PORT		0x510
#define OLD_CR2		0x0000123456789000ull
#define PAYLOAD		0x00007654321ff008ull
#define ERROR_CODE	6		/* a user's write: SDM vol. 3 4.7 */

/* DR6: SDM vol. 3 18.2.3 and, for bit 16, vol. 1 16.3.7 */
#define DR6_B0		(1ull << 0)
#define DR6_B2		(1ull << 2)
#define DR6_ENABLED	(1ull << 12)	/* in a payload only */
#define DR6_BS		(1ull << 14)
#define DR6_RTM		(1ull << 16)
#define DR6_FIXED	0xffff0ff0ull

/* What the guest's handlers saw last, and how often */
static struct {
	u64 vector, error, cr2, dr6, count;
} seen;

/* What L1 saw of L2's exit */
static struct {
	bool exception;
	u64 payload;
} exit_to_l1;

static struct svm svm;
static struct vmx vmx;
static bool l1_intercepts;

static void note(struct guest_frame *frame)
{
	seen.vector = frame->vector;
	seen.error = frame->error;
	seen.cr2 = read_cr2();
	seen.dr6 = read_dr6();
	seen.count++;
}

static void handle_all(void)
{
	guest_handle(DB_VECTOR, note);
	guest_handle(UD_VECTOR, note);
	guest_handle(PF_VECTOR, note);
}

static void guest_main(void)
{
	handle_all();
	for (;;)
		guest_sync(0);
}

/* L2 comes to userspace, which L1 does not intercept, and then calls L1. */
static void l2_main(void)
{
	outl(PORT, 0);
	if (svm.vmcb)
		vmmcall();
	else
		vmcall();
	for (;;)
		;
}

static void l1_svm(void)
{
	svm_enable(&svm);
	svm_prepare(&svm, l2_main);
	if (l1_intercepts)
		svm_intercept(&svm, SVM_INTERCEPT_EXCEPTION + PF_VECTOR);
	svm_run(&svm);
	exit_to_l1.exception = svm.vmcb->control.exit_code == SVM_EXIT_EXCEPTION + PF_VECTOR;
	exit_to_l1.payload = svm.vmcb->control.exit_info_2;
}

static void l1_vmx(void)
{
	vmx_enable(&vmx);
	vmx_prepare(&vmx, l2_main);
	if (l1_intercepts)
		vmx_write(VMCS_EXCEPTIONS, 1u << PF_VECTOR);
	vmx_run(&vmx);
	exit_to_l1.exception = vmx_read(VMCS_EXIT_REASON) == VMX_EXIT_EXCEPTION &&
		(vmx_read(VMCS_EXIT_INTERRUPTION) & 0xff) == PF_VECTOR;
	exit_to_l1.payload = vmx_read(VMCS_EXIT_QUALIFICATION);
}

static void l1_main(void)
{
	handle_all();
	if (svm.vmcb)
		l1_svm();
	else
		l1_vmx();
	guest_done();
}

static void get(struct vm *vm, struct kvm_vcpu_events *events)
{
	/* What KVM does not write shows. */
	memset(events, 0xa5, sizeof(*events));
	if (ioctl(vm->vcpu_fd, KVM_GET_VCPU_EVENTS, events))
		ktap_bail_out("KVM_GET_VCPU_EVENTS: %s", strerror(errno));
}

static int set(struct vm *vm, const struct kvm_vcpu_events *events)
{
	return ioctl(vm->vcpu_fd, KVM_SET_VCPU_EVENTS, events) ? errno : 0;
}

static void must_set(struct vm *vm, const struct kvm_vcpu_events *events)
{
	int err = set(vm, events);

	if (!err)
		return;
	if (events->exception_has_payload)
		ktap_observed("payload-lost");
	ktap_bail_out("KVM_SET_VCPU_EVENTS: %s", strerror(err));
}

static void set_cr2(struct vm *vm, u64 cr2)
{
	struct kvm_sregs sregs;

	if (ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs))
		ktap_bail_out("KVM_GET_SREGS: %s", strerror(errno));
	sregs.cr2 = cr2;
	if (ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs))
		ktap_bail_out("KVM_SET_SREGS: %s", strerror(errno));
}

static void set_dr6(struct vm *vm, u64 dr6)
{
	struct kvm_debugregs regs;

	if (ioctl(vm->vcpu_fd, KVM_GET_DEBUGREGS, &regs))
		ktap_bail_out("KVM_GET_DEBUGREGS: %s", strerror(errno));
	regs.dr6 = dr6;
	if (ioctl(vm->vcpu_fd, KVM_SET_DEBUGREGS, &regs))
		ktap_bail_out("KVM_SET_DEBUGREGS: %s", strerror(errno));
}

static int enable(struct vm *vm, u64 on)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_EXCEPTION_PAYLOAD,
		.args = { on },
	};

	return ioctl(vm->fd, KVM_ENABLE_CAP, &cap) ? errno : 0;
}

static bool expect(const char *what, u64 came, u64 expected)
{
	if (came == expected)
		return ktap_result(true, "%s", what);
	return ktap_result(false, "%s # expected %#llx, came %#llx", what, expected, came);
}

/* For what makes the payload useless */
static void expect_payload(const char *what, u64 came, u64 expected)
{
	if (!expect(what, came, expected))
		ktap_observed("payload-lost");
}

static void run_to_sync(struct vm *vm)
{
	seen.count = 0;
	if (vm_next(vm) != VM_SYNC)
		ktap_bail_out("the guest did not come back");
}

/* An exception with nothing else that is to change */
static struct kvm_vcpu_events exception(u8 vector, bool has_error)
{
	return (struct kvm_vcpu_events) {
		.exception = {
			.nr = vector,
			.has_error_code = has_error,
			.error_code = has_error ? ERROR_CODE : 0,
		},
	};
}

static struct kvm_vcpu_events pending(u8 vector, u64 payload)
{
	struct kvm_vcpu_events events = exception(vector, vector == PF_VECTOR);

	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	events.exception.pending = 1;
	events.exception_has_payload = 1;
	events.exception_payload = payload;
	return events;
}

static bool all_zero(const void *start, size_t size)
{
	const u8 *byte = start;

	while (size--)
		if (*byte++)
			return false;
	return true;
}

static bool has_capability(struct vm *vm)
{
	int came = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_EXCEPTION_PAYLOAD);

	return expect("KVM_CAP_EXCEPTION_PAYLOAD", came, 1);
}

/* As it always was: an exception is injected, and CR2 is userspace's affair. */
static void test_without(struct vm *vm)
{
	struct kvm_vcpu_events events;

	get(vm, &events);
	expect("not enabled: the flag", events.flags & KVM_VCPUEVENT_VALID_PAYLOAD, 0);
	expect("not enabled: a payload", events.exception_has_payload, 0);
	expect("not enabled: padding, reserved bytes",
	       !events.nmi.pad && !events.exception.pending && !events.exception_payload &&
	       all_zero(events.reserved, sizeof(events.reserved)), true);

	events = pending(PF_VECTOR, PAYLOAD);
	expect("not enabled: setting the flag", set(vm, &events), EINVAL);

	events = exception(PF_VECTOR, true);
	events.exception.injected = 1;
	/* Bytes that had no meaning have none. */
	events.exception.pending = 0xff;
	events.exception_has_payload = 0xff;
	events.exception_payload = PAYLOAD;
	set_cr2(vm, OLD_CR2);
	must_set(vm, &events);
	get(vm, &events);
	expect("not enabled: reported as injected", events.exception.injected, 1);
	expect("not enabled: reported vector", events.exception.nr, PF_VECTOR);
	expect("not enabled: reported payload", events.exception_has_payload, 0);
	run_to_sync(vm);
	expect("not enabled: exceptions in the guest", seen.count, 1);
	expect("not enabled: vector", seen.vector, PF_VECTOR);
	expect("not enabled: error code", seen.error, ERROR_CODE);
	expect("not enabled: CR2", seen.cr2, OLD_CR2);
}

static void expect_same(struct vm *vm, const char *what,
			const struct kvm_vcpu_events *was)
{
	struct kvm_vcpu_events events;

	get(vm, &events);
	expect_payload(what, events.flags & KVM_VCPUEVENT_VALID_PAYLOAD &&
		       !memcmp(&events.exception, &was->exception, sizeof(was->exception)) &&
		       events.exception_has_payload == was->exception_has_payload &&
		       events.exception_payload == was->exception_payload, true);
	expect("reserved bytes", all_zero(events.reserved, sizeof(events.reserved)), true);
}

static void test_page_fault(struct vm *vm)
{
	struct kvm_vcpu_events events = pending(PF_VECTOR, PAYLOAD);

	set_cr2(vm, OLD_CR2);
	must_set(vm, &events);
	expect_same(vm, "#PF: reads back as it was set", &events);
	run_to_sync(vm);
	expect("#PF: exceptions in the guest", seen.count, 1);
	expect("#PF: vector", seen.vector, PF_VECTOR);
	expect("#PF: error code", seen.error, ERROR_CODE);
	expect_payload("#PF: CR2", seen.cr2, PAYLOAD);
	get(vm, &events);
	expect("#PF: nothing is left", events.exception.pending ||
	       events.exception.injected, false);

	/* Of old checkpoints: without a payload CR2 was set already. */
	events = pending(PF_VECTOR, PAYLOAD);
	events.exception_has_payload = 0;
	set_cr2(vm, OLD_CR2);
	must_set(vm, &events);
	run_to_sync(vm);
	expect("#PF without a payload: exceptions in the guest", seen.count, 1);
	expect("#PF without a payload: CR2", seen.cr2, OLD_CR2);
}

static void test_debug(struct vm *vm)
{
	struct kvm_vcpu_events events = pending(DB_VECTOR, DR6_B2 | DR6_ENABLED | DR6_BS);

	set_dr6(vm, DR6_FIXED | DR6_B0);
	set_cr2(vm, OLD_CR2);
	must_set(vm, &events);
	expect_same(vm, "#DB: reads back as it was set", &events);
	run_to_sync(vm);
	expect("#DB: exceptions in the guest", seen.count, 1);
	expect("#DB: vector", seen.vector, DB_VECTOR);
	expect_payload("#DB: DR6", seen.dr6, DR6_FIXED | DR6_B2 | DR6_BS);
	expect("#DB: CR2", seen.cr2, OLD_CR2);

	events = pending(DB_VECTOR, 0);
	events.exception_has_payload = 0;
	set_dr6(vm, DR6_FIXED | DR6_B0);
	must_set(vm, &events);
	run_to_sync(vm);
	expect("#DB without a payload: exceptions in the guest", seen.count, 1);
	expect("#DB without a payload: DR6", seen.dr6, DR6_FIXED | DR6_B0);
}

/* What was injected has delivered its payload already. */
static void test_injected(struct vm *vm)
{
	struct kvm_vcpu_events events = pending(PF_VECTOR, PAYLOAD);

	events.exception.pending = 0;
	events.exception.injected = 1;
	set_cr2(vm, OLD_CR2);
	must_set(vm, &events);
	get(vm, &events);
	expect("injected: reported so", events.exception.injected, 1);
	expect("injected: not as pending", events.exception.pending, 0);
	expect("injected: without a payload", events.exception_has_payload, 0);
	run_to_sync(vm);
	expect("injected: exceptions in the guest", seen.count, 1);
	expect("injected: CR2", seen.cr2, OLD_CR2);
}

/* One exception's payload is not another's. */
static void test_replaced(struct vm *vm)
{
	struct kvm_vcpu_events events = pending(PF_VECTOR, PAYLOAD);

	set_cr2(vm, OLD_CR2);
	must_set(vm, &events);
	events = exception(UD_VECTOR, false);
	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	events.exception.pending = 1;
	must_set(vm, &events);
	run_to_sync(vm);
	expect("replaced: exceptions in the guest", seen.count, 1);
	expect("replaced: vector", seen.vector, UD_VECTOR);
	expect("replaced: CR2", seen.cr2, OLD_CR2);

	events = pending(PF_VECTOR, PAYLOAD);
	must_set(vm, &events);
	events = exception(0, false);
	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	must_set(vm, &events);
	run_to_sync(vm);
	expect("taken back: exceptions in the guest", seen.count, 0);
}

static void test_refused(struct vm *vm)
{
	struct kvm_vcpu_events events = pending(32, PAYLOAD);

	expect("vector 32", set(vm, &events), EINVAL);
	events = pending(255, PAYLOAD);
	expect("vector 255", set(vm, &events), EINVAL);
	events = pending(NMI_VECTOR, PAYLOAD);
	expect("the vector of NMI", set(vm, &events), EINVAL);
	run_to_sync(vm);
	expect("refused: exceptions in the guest", seen.count, 0);
}

/* Who no longer asks for the payload must find it delivered. */
static void test_disable(struct vm *vm)
{
	struct kvm_vcpu_events events = pending(PF_VECTOR, PAYLOAD);

	set_cr2(vm, OLD_CR2);
	must_set(vm, &events);
	expect("KVM_ENABLE_CAP with 0", enable(vm, 0), 0);
	get(vm, &events);
	expect("disabled: the flag", events.flags & KVM_VCPUEVENT_VALID_PAYLOAD, 0);
	expect("disabled: pending is reported as injected", events.exception.injected, 1);
	expect("disabled: a payload", events.exception_has_payload, 0);
	run_to_sync(vm);
	expect("disabled: exceptions in the guest", seen.count, 1);
	expect_payload("disabled: CR2", seen.cr2, PAYLOAD);
}

static void test_guest(struct vm *vm)
{
	struct kvm_vcpu_events events;

	vm_set_entry(vm, guest_main);
	run_to_sync(vm);
	test_without(vm);
	/* Any other number is as good as 1. */
	expect("KVM_ENABLE_CAP", enable(vm, -2ull), 0);
	get(vm, &events);
	expect("enabled: the flag", events.flags & KVM_VCPUEVENT_VALID_PAYLOAD,
	       KVM_VCPUEVENT_VALID_PAYLOAD);
	test_page_fault(vm);
	test_debug(vm);
	test_injected(vm);
	test_replaced(vm);
	test_refused(vm);
	test_disable(vm);
}

/* While L2 runs, the payload goes to L1's exit or to L2. */
static void test_nested(bool intercepts)
{
	struct kvm_vcpu_events events = pending(PF_VECTOR, PAYLOAD);
	struct vm *vm = vm_create(0);
	int err;

	memset(&svm, 0, sizeof(svm));
	memset(&vmx, 0, sizeof(vmx));
	memset(&exit_to_l1, 0, sizeof(exit_to_l1));
	seen.count = 0;
	l1_intercepts = intercepts;
	if (kvm_has_svm())
		svm_create(vm, &svm);
	else
		vmx_create(vm, &vmx);
	vm_set_entry(vm, l1_main);
	err = enable(vm, 1);
	if (err)
		ktap_bail_out("KVM_ENABLE_CAP: %s", strerror(err));
	if (vm_next(vm) != VM_EXIT || vm->run->exit_reason != KVM_EXIT_IO ||
	    vm->run->io.port != PORT)
		ktap_bail_out("L2 did not come to userspace");

	expect("L2: #PF with a payload", set(vm, &events), 0);
	if (vm_next(vm) != VM_DONE)
		ktap_bail_out("L1 did not come to its end");
	vm_destroy(vm);

	expect("L2: L1 sees the #PF", exit_to_l1.exception, intercepts);
	expect("L2: exceptions in L2", seen.count, !intercepts);
	if (intercepts)
		expect_payload("L2: the address that L1 gets", exit_to_l1.payload, PAYLOAD);
	else
		expect_payload("L2: CR2", seen.cr2, PAYLOAD);
}

int main(void)
{
	struct vm *vm;
	bool has;

	ktap_start();
	vm = vm_create(0);
	has = has_capability(vm);
	if (has)
		test_guest(vm);
	else
		ktap_observed("no-capability");
	vm_destroy(vm);
	if (has && (kvm_has_svm() || kvm_has_vmx())) {
		test_nested(false);
		test_nested(true);
	}
	return ktap_finish();
}
