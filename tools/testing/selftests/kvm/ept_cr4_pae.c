// SPDX-License-Identifier: GPL-2.0-only
/*
 * What L0 makes of writes of L1 to an EPT entry.
 *
 * L0 shadows the EPT tables of L1 and sees the writes to them. An entry has 8
 * bytes whatever the paging of L1 and L2 is (SDM vol. 3 29.3.2): a write of one
 * entry is aligned, no shadow page has to go for it, and a write of its lower
 * half changes this entry and no other. After an INVEPT, L2 has to see the new
 * one.
 *
 * L1 and L2 are in 64-bit mode, or both in 32-bit paging without CR4.PAE.
 */
#include <stdio.h>

#include "guest.h"
#include "ktap.h"
#include "vm.h"
#include "vmx.h"

/* 2 MiB each */
#define PAGE_A		(VM_RAM_BASE + (8ul << 20))
#define PAGE_B		(VM_RAM_BASE + (10ul << 20))

#define VALUE_A		0xaaaa5555u
#define VALUE_B		0xbbbb4444u

#define RIGHTS_CODE_32	0xc09b	/* SDM vol. 3 25.4.1 */

#define STATS		"/sys/kernel/debug/kvm/"

/* L2's reads of page A: at first, after the write of 8 bytes, and that of 4 */
enum { FIRST, AFTER_8, AFTER_4, READS };

/* Of L1 in 32-bit mode, whose code is below */
u32 l1_step, l1_reasons[READS], l1_values[READS], l1_pde;
u64 l1_new_8, l1_vmxon, l1_vmcs;
u32 l1_new_4;
u32 l2_address = PAGE_A;
struct { u64 eptp, zero; } l1_invept;
struct ucall l1_sync = { .kind = UCALL_SYNC }, l1_done = { .kind = UCALL_DONE };

static struct vmx vmx;
static u64 cr3_32;

extern const char l1_32[], l1_32_exit[], l2_32[], l2_64[];

#define STRING(x)	#x
#define CONST(x)	"$" STRING(x)

asm("l2_64:	mov	l2_address, %eax\n\t"
	"mov	(%rax), %eax\n\t"
	"vmcall\n\t"
	"ud2\n\t"
	".code32\n"
	"l2_32:	mov	l2_address, %eax\n\t"
	"mov	(%eax), %eax\n\t"
	"vmcall\n\t"
	"ud2\n"

	"l1_32:	mov	%cr4, %eax\n\t"
	"or	" CONST(CR4_VMXE) ", %eax\n\t"
	"mov	%eax, %cr4\n\t"
	"vmxon	l1_vmxon\n\t"
	"vmptrld	l1_vmcs\n\t"
	"vmlaunch\n\t"
	"ud2\n"
	/* EAX has what L2 read. */
	"l1_32_exit:	mov	l1_step, %ebx\n\t"
	"mov	%eax, l1_values(,%ebx,4)\n\t"
	"mov	" CONST(VMCS_EXIT_REASON) ", %eax\n\t"
	"vmread	%eax, l1_reasons(,%ebx,4)\n\t"
	"incl	l1_step\n\t"
	"mov	" CONST(UCALL_PORT) ", %edx\n\t"
	"mov	$l1_done, %eax\n\t"
	"cmp	$2, %ebx\n\t"
	"je	3f\n\t"
	"mov	$l1_sync, %eax\n\t"
	"outl	%eax, %dx\n\t"
	"mov	l1_pde, %esi\n\t"
	"test	%ebx, %ebx\n\t"
	"jnz	1f\n\t"
	"mov	(%esi), %eax\n\t"
	"mov	4(%esi), %edx\n\t"
	"mov	l1_new_8, %ebx\n\t"
	"mov	l1_new_8 + 4, %ecx\n\t"
	"lock cmpxchg8b	(%esi)\n\t"
	"jmp	2f\n"
	"1:	mov	l1_new_4, %eax\n\t"
	"mov	%eax, (%esi)\n"
	"2:	mov	" CONST(UCALL_PORT) ", %edx\n\t"
	"mov	$l1_sync, %eax\n\t"
	"outl	%eax, %dx\n\t"
	"mov	" CONST(INVEPT_SINGLE) ", %eax\n\t"
	"invept	l1_invept, %eax\n\t"
	"mov	" CONST(VMCS_GUEST_RIP) ", %edx\n\t"
	"mov	$l2_32, %eax\n\t"
	"vmwrite	%eax, %edx\n\t"
	"vmresume\n\t"
	"ud2\n"
	"3:	outl	%eax, %dx\n\t"
	"ud2\n\t"
	".code64");

static void prepare(const char *l2)
{
	u64 *pde = vmx.ept_pd + (PAGE_A >> 21);

	vmx_enable(&vmx);
	vmx_prepare(&vmx, (void (*)(void))l2);
	vmx_map_flat(&vmx);
	l1_pde = (u64)pde;
	l1_new_4 = *pde;
	l1_new_8 = *pde - PAGE_A + PAGE_B;
	l1_invept.eptp = vmx_read(VMCS_EPTP);
}

static void read_in_l2(void)
{
	vmx_write(VMCS_GUEST_RIP, (u64)l2_64);
	if (vmx_run(&vmx)) {
		l1_reasons[l1_step] = vmx_read(VMCS_EXIT_REASON);
		l1_values[l1_step] = vmx.gprs.rax;
	}
	l1_step++;
}

static void l1_main_64(void)
{
	u64 *pde;

	prepare(l2_64);
	pde = (u64 *)(u64)l1_pde;
	read_in_l2();
	guest_sync(0);
	asm volatile("movq %1, %0" : "=m"(*pde) : "r"(l1_new_8));
	guest_sync(0);
	vmx_invept(&vmx);
	read_in_l2();
	guest_sync(0);
	asm volatile("movl %1, %0" : "+m"(*(u32 *)pde) : "r"(l1_new_4));
	guest_sync(0);
	vmx_invept(&vmx);
	read_in_l2();
	guest_done();
}

/* The VMCS of the other L1, which starts when this one has left VMX operation. */
static void l1_prepare_32(void)
{
	int segment;

	prepare(l2_32);
	vmx_write(VMCS_ENTRY_CONTROLS, vmx_read(VMCS_ENTRY_CONTROLS) & ~ENTRY_IA32E);
	vmx_write(VMCS_EXIT_CONTROLS, vmx_read(VMCS_EXIT_CONTROLS) & ~EXIT_HOST_64);
	for (segment = 0; segment < 2; segment++) {
		u64 area = segment ? VMCS_HOST_CR0 - VMCS_GUEST_CR0 : 0;

		vmx_write(VMCS_GUEST_CR3 + area, cr3_32);
		vmx_write(VMCS_GUEST_CR4 + area, CR4_PSE | CR4_VMXE);
	}
	vmx_write(VMCS_GUEST_EFER, 0);
	vmx_write(VMCS_HOST_EFER, 0);
	vmx_write(VMCS_GUEST_ES_RIGHTS + 2, RIGHTS_CODE_32);
	vmx_write(VMCS_HOST_RSP, 0);
	vmx_write(VMCS_HOST_RIP, (u64)l1_32_exit);
	l1_vmxon = (u64)vmx.vmxon;
	l1_vmcs = (u64)vmx.vmcs;
	vmx_disable(&vmx);
	guest_sync(0);
}

static u64 stat(const char *name)
{
	unsigned long long value;
	char path[80];
	FILE *file;

	snprintf(path, sizeof(path), STATS "%s", name);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%llu", &value) != 1)
		ktap_bail_out("there is no %s", path);
	fclose(file);
	return value;
}

static void expect_event(struct vm *vm, enum vm_event expected)
{
	enum vm_event event = vm_next(vm);

	if (event == VM_EXIT)
		ktap_bail_out("L1 left to userspace for %s", vm_exit_name(vm->run->exit_reason));
	if (event != expected)
		ktap_bail_out("L1 did not come to where it should");
}

/* One write to the EPT entry */
static void write_entry(struct vm *vm, const char *mode, unsigned int bytes)
{
	u64 zapped, written;

	expect_event(vm, VM_SYNC);
	zapped = stat("mmu_flooded");
	written = stat("mmu_pte_write");
	expect_event(vm, VM_SYNC);
	zapped = stat("mmu_flooded") - zapped;
	written = stat("mmu_pte_write") - written;
	ktap_result(written == 1, "%s: L0 sees %llu writes of %u bytes, expected 1", mode, written,
		    bytes);
	if (!ktap_result(zapped == 0, "%s: %llu shadow pages are zapped for it, expected 0", mode,
			 zapped))
		ktap_observed("ept-write-misaligned");
}

static void expect_read(const char *mode, int step, const char *when, u32 value)
{
	if (l1_reasons[step] != VMX_EXIT_VMCALL) {
		ktap_result(false, "%s: L2 reads %s # it exits for %#x", mode, when,
			    l1_reasons[step]);
		return;
	}
	if (!ktap_result(l1_values[step] == value, "%s: L2 reads %s: %#x, expected %#x", mode,
			 when, l1_values[step], value))
		ktap_observed("stale-ept-entry");
}

static void test(bool in_32)
{
	const char *mode = in_32 ? "32-bit mode without PAE" : "64-bit mode";
	struct vm *vm = vm_create(0);
	int step;

	vmx_create(vm, &vmx);
	*(u32 *)PAGE_A = VALUE_A;
	*(u32 *)PAGE_B = VALUE_B;
	l1_step = 0;
	for (step = 0; step < READS; step++)
		l1_reasons[step] = 0;
	if (in_32) {
		cr3_32 = vm_make_page_directory(vm);
		vm_set_entry(vm, l1_prepare_32);
		expect_event(vm, VM_SYNC);
		vm_set_32bit(vm, cr3_32, (void (*)(void))l1_32);
	} else {
		vm_set_entry(vm, l1_main_64);
	}
	write_entry(vm, mode, 8);
	write_entry(vm, mode, 4);
	expect_event(vm, VM_DONE);
	vm_destroy(vm);

	expect_read(mode, FIRST, "at first", VALUE_A);
	expect_read(mode, AFTER_8, "after the write of 8 bytes", VALUE_B);
	expect_read(mode, AFTER_4, "after the write of 4 bytes", VALUE_A);
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
