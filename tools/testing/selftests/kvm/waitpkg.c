// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether KVM says that it gives WAITPKG to guests, where the host's CPU has it
 * and only there; and that a guest with the bit in its CPUID has TPAUSE and its
 * MSR, and one without has not.
 */
#include "guest.h"
#include "ktap.h"
#include "vm.h"

/* SDM vol. 2, CPUID leaf 7, ECX bit 5 */
#define CPUID_WAITPKG		(1u << 5)

/* SDM vol. 4: bits 31:2 are the longest wait, bit 0 forbids C0.2 */
#define MSR_UMWAIT_CONTROL	0xe1
#define CONTROL			((100000ull << 2) | 1)

static struct {
	u64 undefined, protection, control;
} seen;

/* TPAUSE has four bytes. */
static void on_undefined(struct guest_frame *frame)
{
	seen.undefined++;
	frame->rip += 4;
}

/* RDMSR and WRMSR have two bytes. */
static void on_protection(struct guest_frame *frame)
{
	seen.protection++;
	frame->rip += 2;
}

static void guest_main(void)
{
	guest_handle(UD_VECTOR, on_undefined);
	guest_handle(GP_VECTOR, on_protection);
	wrmsr(MSR_UMWAIT_CONTROL, CONTROL);
	seen.control = rdmsr(MSR_UMWAIT_CONTROL);
	/* TPAUSE *%ecx, until the TSC is EDX:EAX, which is past: SDM vol. 2 */
	asm volatile(".byte 0x66, 0x0f, 0xae, 0xf1" :: "a"(0), "d"(0), "c"(0) : "cc");
	guest_done();
}

static void run(bool with)
{
	const char *name = with ? "a guest with WAITPKG" : "a guest without WAITPKG";
	struct vm *vm = vm_create(0);

	if (!with)
		vm_clear_cpuid(vm, 7, 0, CPUID_WAITPKG);
	vm_set_entry(vm, guest_main);
	seen.undefined = 0;
	seen.protection = 0;
	seen.control = 0;
	if (vm_next(vm) != VM_DONE)
		ktap_bail_out("%s did not come to its end", name);
	vm_destroy(vm);
	ktap_result(seen.undefined == !with, "%s: TPAUSE gives #UD %llu times, expected %u", name,
		    seen.undefined, !with);
	ktap_result(seen.protection == (with ? 0 : 2), "%s: the MSR gives #GP %llu times, expected %u",
		    name, seen.protection, with ? 0 : 2);
	if (with)
		ktap_result(seen.control == CONTROL, "%s: the MSR has %#llx, expected %#llx", name,
			    seen.control, CONTROL);
}

int main(void)
{
	const struct kvm_cpuid_entry2 *entry;
	bool has, supported;
	struct vm *vm;
	u32 host[4];

	ktap_start();
	cpuid(7, 0, host);
	has = host[2] & CPUID_WAITPKG;
	vm = vm_create(0);
	entry = vm_cpuid(vm, 7, 0);
	supported = entry && entry->ecx & CPUID_WAITPKG;
	vm_destroy(vm);
	if (!ktap_result(supported == has, "KVM %s WAITPKG, the CPU %s",
			 supported ? "supports" : "does not support",
			 has ? "has it" : "does not have it"))
		ktap_observed(has ? "waitpkg-hidden" : "waitpkg-invented");
	if (has && supported)
		run(true);
	run(false);
	return ktap_finish();
}
