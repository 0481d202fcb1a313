// SPDX-License-Identifier: GPL-2.0-only
/*
 * The access bits of an EPT violation that L0 injects into L1.
 *
 * L1 starts with an EPT entry that allows nothing and then allows what the exit
 * qualification asks for (SDM vol. 3 table 28-7), as a hypervisor does that maps
 * on demand. L2 reads and then writes the page, or runs it. On a page without a
 * memory slot the write comes to L0 as an EPT misconfiguration, which has no
 * qualification: L0 has to make the access bits from the access.
 */
#include <string.h>

#include "guest.h"
#include "ktap.h"
#include "vm.h"
#include "vmx.h"

#define VALUE		0x1122334455667788ull

/* An L2 that never gets on is given up after as many exits. */
#define MAX_EXITS	8

/**
 * struct access - what L2 does
 * @name: for the report
 * @gpa: the page, in guest physical and in L2's linear addresses
 * @entry: L2's code
 * @bits: the access bits that L1 has to see, one exit after the other
 * @mmio: how many accesses userspace has to see
 */
struct access {
	const char *name;
	u64 gpa;
	void (*entry)(void);
	u64 bits[2];
	unsigned int mmio;
};

extern const char l2_read_write[], l2_fetch[];

/*
 * Nothing between the two accesses may cause another EPT violation, or L0 would
 * have its qualification: no stack, no other page.
 */
asm("l2_read_write:	mov (%rbx), %rax\n\t"
	"mov %rax, (%rbx)\n\t"
	"vmcall\n\t"
	"ud2\n"
	/* The page begins with JMP *%rcx. */
	"l2_fetch:	lea 1f(%rip), %rcx\n\t"
	"jmp *%rbx\n"
	"1:	vmcall\n\t"
	"ud2");

static const u8 jmp_rcx[] = { 0xff, 0xe1 };

/* What L1 saw, for the host */
static struct {
	u64 reason, qualification;
} seen[MAX_EXITS];

static u64 exits;
static const struct access *access_now;
static u64 gpa_now;
static struct vmx vmx;

static void l1_main(void)
{
	u64 *leaf, *exit_leaf, qualification, grant;

	vmx_enable(&vmx);
	vmx_prepare(&vmx, access_now->entry);
	vmx_map_flat(&vmx);
	vmx.gprs.rbx = gpa_now;
	leaf = vmx_ept_leaf(&vmx, gpa_now);
	*leaf &= ~EPT_RWX;
	for (exits = 0; exits < MAX_EXITS; ) {
		if (!guest_expect("L2 is entered", vmx_run(&vmx), true))
			break;
		qualification = vmx_read(VMCS_EXIT_QUALIFICATION);
		seen[exits].reason = vmx_read(VMCS_EXIT_REASON);
		seen[exits].qualification = qualification;
		if (seen[exits++].reason != VMX_EXIT_EPT_VIOLATION)
			break;
		exit_leaf = vmx_ept_leaf(&vmx, vmx_read(VMCS_GUEST_PHYSICAL));
		if (exit_leaf != leaf)
			break;
		grant = EPT_R;
		if (qualification & EPT_VIOLATION_WRITE)
			grant |= EPT_W;
		if (qualification & EPT_VIOLATION_FETCH)
			grant |= EPT_X;
		*leaf |= grant;
		vmx_invept(&vmx);
	}
	guest_done();
}

/* The userspace of L0: it emulates the page that has no memory slot. */
static unsigned int emulate(struct vm *vm)
{
	const u64 value = VALUE;
	unsigned int accesses = 0;
	enum vm_event event;

	while ((event = vm_next(vm)) == VM_EXIT) {
		if (vm->run->exit_reason != KVM_EXIT_MMIO)
			ktap_bail_out("an exit for %s", vm_exit_name(vm->run->exit_reason));
		if (!vm->run->mmio.is_write)
			memcpy(vm->run->mmio.data, &value, sizeof(value));
		accesses++;
	}
	if (event != VM_DONE)
		ktap_bail_out("L1 did not come to its end");
	return accesses;
}

static bool expect(const struct access *access, const char *what, u64 came, u64 expected)
{
	if (came == expected)
		return ktap_result(true, "%s: %s", access->name, what);
	return ktap_result(false, "%s: %s # expected %#llx, came %#llx", access->name, what,
			   expected, came);
}

static void test(const struct access *access)
{
	struct vm *vm = vm_create(0);
	unsigned int mmio, i;

	vmx_create(vm, &vmx);
	access_now = access;
	gpa_now = access->gpa;
	if (!gpa_now) {
		/* 2 MiB of its own: nothing else lies there. */
		gpa_now = VM_RAM_BASE + (8ul << 20);
		memcpy((void *)gpa_now, jmp_rcx, sizeof(jmp_rcx));
	}
	memset(seen, 0, sizeof(seen));
	vm_set_entry(vm, l1_main);
	mmio = emulate(vm);
	vm_destroy(vm);

	for (i = 0; i < ARRAY_SIZE(access->bits) && access->bits[i]; i++) {
		expect(access, "an EPT violation", seen[i].reason, VMX_EXIT_EPT_VIOLATION);
		/* A write may be reported as a read as well: SDM, note on bit 0. */
		if (!expect(access, "its access bits",
			    seen[i].qualification & access->bits[i], access->bits[i]))
			ktap_observed("stale-access-bits");
	}
	if (!expect(access, "exits until L2 is through", exits, i + 1))
		ktap_observed("no-progress");
	expect(access, "the last one", seen[exits - 1].reason, VMX_EXIT_VMCALL);
	expect(access, "accesses that userspace emulates", mmio, access->mmio);
}

int main(void)
{
	static const struct access accesses[] = {
		{
			.name = "RAM, read and write",
			.entry = (void (*)(void))l2_read_write,
			.bits = { EPT_VIOLATION_READ, EPT_VIOLATION_WRITE },
		},
		{
			.name = "RAM, fetch",
			.entry = (void (*)(void))l2_fetch,
			.bits = { EPT_VIOLATION_FETCH },
		},
		{
			.name = "MMIO, read and write",
			.gpa = VM_MMIO_BASE,
			.entry = (void (*)(void))l2_read_write,
			.bits = { EPT_VIOLATION_READ, EPT_VIOLATION_WRITE },
			.mmio = 2,
		},
	};
	unsigned int i;

	if (!kvm_has_vmx())
		ktap_skip_all("KVM does not give VMX to its guests");
	ktap_start();
	for (i = 0; i < ARRAY_SIZE(accesses); i++)
		test(&accesses[i]);
	return ktap_finish();
}
