// SPDX-License-Identifier: GPL-2.0-only
/*
 * L2 accesses L1's local APIC by MMIO, through L1's EPT, without and with the
 * accessed and dirty flags of EPT.
 *
 * The APIC has an MMIO interface only in xAPIC mode (SDM vol. 3 11.12.1). So L2
 * must not reach it in x2APIC mode, and must reach it after L1 has gone back to
 * xAPIC mode, which is L1's own APIC: L2 has none. Where L1's EPT does not allow
 * the access, L1 gets an EPT violation first, and allows it.
 */
#include <string.h>

#include "guest.h"
#include "ktap.h"
#include "vm.h"
#include "vmx.h"

/* SDM vol. 3 11.4.1, 11.12 */
#define APIC		0xfee00000ul
#define APIC_VERSION	0x30
#define APIC_TPR	0x80
#define MSR_APIC_BASE	0x1b
#define MSR_X2APIC	0x800		/* and the number of the register */
#define APIC_BASE_X2	(1ull << 10)
#define APIC_BASE_ON	(1ull << 11)

#define TPR		0x20		/* what L2 writes */

#define VIOLATION(access)	((access) | EPT_VIOLATION_LINEAR | EPT_VIOLATION_FINAL)

/**
 * struct access - what L2 does
 * @name: for the report
 * @x2apic: L1's APIC is in x2APIC mode
 * @entry: L2's code: it reads the version or writes the task priority
 * @denied: what L1's EPT does not allow at first for the APIC's page
 * @tables: instead, L2's page tables can only be read
 * @violation: the exit qualification that L1 has to see, without and with the
 *	flags of EPT; 0 where there is no exit
 */
struct access {
	const char *name;
	bool x2apic;
	void (*entry)(void);
	u64 denied;
	bool tables;
	u64 violation[2];
};

extern const char l2_read[], l2_write[], l2_exit[];

asm("l2_read:	mov (%rbx), %eax\n\t"
	"vmcall\n\t"
	"ud2\n"
	"l2_write:	mov %eax, (%rbx)\n"
	"l2_exit:	vmcall\n\t"
	"ud2");

#define READ	((void (*)(void))l2_read)
#define WRITE	((void (*)(void))l2_write)
#define EXIT	((void (*)(void))l2_exit)

static const struct access accesses[] = {
	{ "x2APIC mode, read", .x2apic = true, .entry = READ },
	{ "x2APIC mode, write", .x2apic = true, .entry = WRITE },
	{ "xAPIC mode, read", .entry = READ },
	{ "xAPIC mode, write", .entry = WRITE },
	{ "a page to be read, read", .entry = READ, .denied = EPT_W },
	{ "a page to be read, write", .entry = WRITE, .denied = EPT_W,
	  .violation = { VIOLATION(EPT_VIOLATION_WRITE | EPT_VIOLATION_R | EPT_VIOLATION_X),
			 VIOLATION(EPT_VIOLATION_WRITE | EPT_VIOLATION_R | EPT_VIOLATION_X) } },
	{ "no page, read", .entry = READ, .denied = EPT_RWX,
	  .violation = { VIOLATION(EPT_VIOLATION_READ), VIOLATION(EPT_VIOLATION_READ) } },
	{ "no page, write", .entry = WRITE, .denied = EPT_RWX,
	  .violation = { VIOLATION(EPT_VIOLATION_WRITE), VIOLATION(EPT_VIOLATION_WRITE) } },
	/* A walk of theirs counts as a write then: SDM vol. 3 table 28-7, note 1. */
	{ "page tables to be read", .entry = EXIT, .tables = true,
	  .violation = { 0, EPT_VIOLATION_WRITE | EPT_VIOLATION_R | EPT_VIOLATION_X |
			    EPT_VIOLATION_LINEAR } },
};

/**
 * struct outcome - what L1 saw, for the host
 * @exits: how often L2 exited, to be given up after the second time
 * @violation: the exit qualification of the first EPT violation
 * @address: its guest physical address
 * @reason: the last exit's
 * @value: what L2 read, or what it wrote is in L1's APIC
 * @flags: those of the EPT entry
 */
static struct outcome {
	u64 exits, violation, address, reason, value, flags;
} outcomes[ARRAY_SIZE(accesses)];

static u32 version;
static u64 tables;
static bool ad;
static struct vmx vmx;

static u32 apic_read(bool x2apic, u32 offset)
{
	return x2apic ? rdmsr(MSR_X2APIC + offset / 16) : *(volatile u32 *)(APIC + offset);
}

static void apic_write(bool x2apic, u32 offset, u32 value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		*(volatile u32 *)(APIC + offset) = value;
}

/* To xAPIC mode it goes only by way of an APIC that is off: SDM vol. 3 11.12.5. */
static void apic_mode(bool x2apic)
{
	u64 base = rdmsr(MSR_APIC_BASE) & ~(APIC_BASE_X2 | APIC_BASE_ON);

	wrmsr(MSR_APIC_BASE, base);
	wrmsr(MSR_APIC_BASE, base | APIC_BASE_ON);
	if (x2apic)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ON | APIC_BASE_X2);
}

static void run(const struct access *access, struct outcome *out)
{
	u64 *leaf, *table;

	apic_mode(access->x2apic);
	apic_write(access->x2apic, APIC_TPR, 0);
	vmx_prepare(&vmx, access->entry);
	vmx_map_flat(&vmx);
	if (ad)
		vmx_write(VMCS_EPTP, vmx_read(VMCS_EPTP) | EPTP_AD);
	leaf = vmx_ept_leaf(&vmx, APIC);
	table = vmx.ept_pd + (tables >> 21);
	*leaf &= ~access->denied;
	if (access->tables)
		*table &= ~EPT_W;
	vmx_invept(&vmx);
	vmx.gprs.rax = TPR;
	vmx.gprs.rbx = APIC + (access->entry == READ ? APIC_VERSION : APIC_TPR);

	while (vmx_run(&vmx)) {
		out->reason = vmx_read(VMCS_EXIT_REASON);
		if (out->exits++ || out->reason != VMX_EXIT_EPT_VIOLATION)
			break;
		out->violation = vmx_read(VMCS_EXIT_QUALIFICATION);
		out->address = vmx_read(VMCS_GUEST_PHYSICAL);
		*leaf |= EPT_RWX;
		*table |= EPT_RWX;
		vmx_invept(&vmx);
	}
	out->value = access->entry == READ ? vmx.gprs.rax : apic_read(access->x2apic, APIC_TPR);
	out->flags = *leaf & (EPT_ACCESSED | EPT_DIRTY);
}

static void l1_main(void)
{
	u32 i;

	tables = read_cr3();
	version = apic_read(false, APIC_VERSION);
	vmx_enable(&vmx);
	for (i = 0; i < ARRAY_SIZE(accesses); i++)
		run(&accesses[i], &outcomes[i]);
	guest_done();
}

static bool expect(const struct access *access, const char *what, u64 came, u64 expected)
{
	if (came == expected)
		return ktap_result(true, "%s: %s", access->name, what);
	return ktap_result(false, "%s: %s # expected %#llx, came %#llx", access->name, what,
			   expected, came);
}

static void check(const struct access *access, const struct outcome *out)
{
	u64 reg = access->entry == READ ? version : TPR, flags = EPT_ACCESSED;
	u64 violation = access->violation[ad];
	u64 at = access->tables ? tables : APIC;
	u64 came = out->violation;
	bool right;

	/* Bochs does not say that it is a read as well. */
	if (access->tables)
		came &= ~(u64)EPT_VIOLATION_READ;
	right = expect(access, "exits", out->exits, violation ? 2 : 1);
	right &= expect(access, "the EPT violation", came, violation);
	if (violation)
		right &= expect(access, "its page", out->address / PAGE_SIZE, at / PAGE_SIZE);
	right &= expect(access, "the last exit", out->reason, VMX_EXIT_VMCALL);
	if (!right)
		ktap_observed("ept-exit-wrong");
	if (access->tables)
		return;

	if (access->x2apic) {
		if (!ktap_result(out->value != reg, "%s: the APIC is not reached", access->name))
			ktap_observed("mmio-in-x2apic-mode");
	} else if (!expect(access, "the APIC is reached", out->value, reg)) {
		ktap_observed("no-mmio-in-xapic-mode");
	}
	if (access->entry == WRITE)
		flags |= EPT_DIRTY;
	if (!expect(access, "the flags of its EPT entry", out->flags, ad ? flags : 0))
		ktap_observed("ept-flags-wrong");
}

static void test(bool with)
{
	struct vm *vm = vm_create(VM_IRQCHIP);
	enum vm_event event;
	u32 i;

	ad = with;
	memset(outcomes, 0, sizeof(outcomes));
	vmx_create(vm, &vmx);
	vm_set_entry(vm, l1_main);
	event = vm_next(vm);
	if (event != VM_DONE)
		ktap_bail_out("an exit for %s", vm_exit_name(vm->run->exit_reason));
	vm_destroy(vm);
	for (i = 0; i < ARRAY_SIZE(accesses); i++)
		check(&accesses[i], &outcomes[i]);
}

int main(void)
{
	if (!kvm_has_vmx())
		ktap_skip_all("KVM does not give VMX to its guests");
	ktap_start();
	test(false);
	test(true);
	return ktap_finish();
}
