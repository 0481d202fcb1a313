// SPDX-License-Identifier: GPL-2.0-only
/* A virtual machine with one vCPU in 64-bit mode. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "ktap.h"
#include "vm.h"

#define RAM_SIZE	(16ul << 20)
#define MAX_CPUID	256

static int open_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		ktap_skip_all("/dev/kvm: %s", strerror(errno));
	return fd;
}

static int kvm_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		ktap_bail_out("%s: %s", what, strerror(errno));
	return ret;
}

static struct kvm_cpuid2 *supported_cpuid(int kvm_fd)
{
	struct kvm_cpuid2 *cpuid;

	cpuid = calloc(1, sizeof(*cpuid) + MAX_CPUID * sizeof(cpuid->entries[0]));
	if (!cpuid)
		ktap_bail_out("out of memory");
	cpuid->nent = MAX_CPUID;
	kvm_ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid, "KVM_GET_SUPPORTED_CPUID");
	return cpuid;
}

static const struct kvm_cpuid_entry2 *find_cpuid(const struct kvm_cpuid2 *cpuid,
						 u32 leaf, u32 index)
{
	u32 i;

	for (i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function != leaf)
			continue;
		if (!(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || entry->index == index)
			return entry;
	}
	return NULL;
}

static bool kvm_gives(u32 leaf, u32 ecx)
{
	int fd = open_kvm();
	struct kvm_cpuid2 *cpuid = supported_cpuid(fd);
	const struct kvm_cpuid_entry2 *entry = find_cpuid(cpuid, leaf, 0);
	bool has = entry && entry->ecx & ecx;

	free(cpuid);
	close(fd);
	return has;
}

/**
 * kvm_has_svm() - whether KVM gives SVM to its guests
 *
 * CPUID 0x80000001 ECX bit 2 (APM 15.4).
 */
bool kvm_has_svm(void)
{
	return kvm_gives(0x80000001, 1u << 2);
}

/**
 * kvm_has_vmx() - whether KVM gives VMX to its guests
 *
 * CPUID 1 ECX bit 5 (SDM vol. 3 24.6).
 */
bool kvm_has_vmx(void)
{
	return kvm_gives(1, 1u << 5);
}

/**
 * vm_cpuid() - a CPUID leaf as the guest sees it
 * @vm: the machine
 * @leaf: the function
 * @index: the index, where the function has any
 *
 * Return: the entry, or NULL.
 */
const struct kvm_cpuid_entry2 *vm_cpuid(const struct vm *vm, u32 leaf, u32 index)
{
	return find_cpuid(vm->cpuid, leaf, index);
}

/**
 * vm_clear_cpuid() - take a feature from the guest, before it runs
 * @vm: the machine
 * @leaf: the function
 * @index: the index, where the function has any
 * @ecx: the bits of ECX to clear
 */
void vm_clear_cpuid(struct vm *vm, u32 leaf, u32 index, u32 ecx)
{
	struct kvm_cpuid_entry2 *entry = (void *)find_cpuid(vm->cpuid, leaf, index);

	if (entry)
		entry->ecx &= ~ecx;
	kvm_ioctl(vm->vcpu_fd, KVM_SET_CPUID2, vm->cpuid, "KVM_SET_CPUID2");
}

/**
 * vm_add_memory() - give the guest a part of the host's process as memory
 * @vm: the machine
 * @start: its address, which is the guest physical one too
 * @size: in bytes, whole pages
 */
void vm_add_memory(struct vm *vm, void *start, size_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = vm->slots++,
		.guest_phys_addr = (u64)start,
		.memory_size = size,
		.userspace_addr = (u64)start,
	};

	kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
}

static void map_memory(struct vm *vm)
{
	u64 start = (u64)__executable_start & ~(PAGE_SIZE - 1);
	u64 end = ((u64)_end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	char *ram;

	ram = mmap((void *)VM_RAM_BASE, RAM_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (ram != (void *)VM_RAM_BASE)
		ktap_bail_out("no memory at %#lx: %s", VM_RAM_BASE, strerror(errno));
	vm->next_page = ram;
	vm->ram_end = ram + RAM_SIZE;
	vm_add_memory(vm, (void *)start, end - start);
	vm_add_memory(vm, ram, RAM_SIZE);
}

/*
 * 4 GiB one to one, by pages of 2 MiB: APM 5.3, SDM vol. 3 4.5.  All of it is
 * for users too, so that the same tables serve as nested page tables, whose
 * walk is always a user's (APM 15.25.5).
 */
static u64 make_page_tables(struct vm *vm)
{
	const u64 flags = PTE_P | PTE_RW | PTE_US;
	u64 *pml4 = vm_alloc_pages(vm, 1);
	u64 *pdpt = vm_alloc_pages(vm, 1);
	u64 *pd = vm_alloc_pages(vm, 4);
	u64 i;

	pml4[0] = (u64)pdpt | flags;
	for (i = 0; i < 4; i++)
		pdpt[i] = (u64)(pd + i * 512) | flags;
	for (i = 0; i < 4 * 512; i++)
		pd[i] = i << 21 | flags | PTE_PS;
	return (u64)pml4;
}

/* 64-bit mode as its control registers and segments make it: APM 14.6. */
static void set_long_mode(struct vm *vm)
{
	const struct kvm_segment code = {
		.selector = GUEST_CS, .limit = ~0u, .type = 11,
		.present = 1, .s = 1, .l = 1, .g = 1,
	};
	const struct kvm_segment data = {
		.selector = GUEST_DS, .limit = ~0u, .type = 3,
		.present = 1, .s = 1, .db = 1, .g = 1,
	};
	const struct kvm_segment task = {
		.selector = GUEST_TR, .base = (u64)guest_tss,
		.limit = sizeof(guest_tss) - 1, .type = 11, .present = 1,
	};
	struct kvm_sregs sregs;

	kvm_ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.ss = data;
	sregs.tr = task;
	sregs.gdt.base = guest_gdt_ptr.base;
	sregs.gdt.limit = guest_gdt_ptr.limit;
	sregs.idt.base = guest_idt_ptr.base;
	sregs.idt.limit = guest_idt_ptr.limit;
	sregs.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	sregs.cr3 = make_page_tables(vm);
	sregs.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	sregs.efer = EFER_LME | EFER_LMA;
	kvm_ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
}

/**
 * vm_create() - make a machine with one vCPU in 64-bit mode
 * @flags: VM_IRQCHIP or 0
 *
 * The vCPU has everything in CPUID that KVM supports.  One machine at a time:
 * RAM has a fixed address.
 *
 * Return: the machine; where there is no /dev/kvm the test is skipped, and any
 * other error ends it.
 */
struct vm *vm_create(unsigned int flags)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	u64 identity_map = 0xfeffc000;
	int size;

	if (!vm)
		ktap_bail_out("out of memory");
	vm->kvm_fd = open_kvm();
	vm->fd = kvm_ioctl(vm->kvm_fd, KVM_CREATE_VM, 0, "KVM_CREATE_VM");
	/* Intel without unrestricted guest needs both; they are in no RAM of ours. */
	kvm_ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map, "KVM_SET_IDENTITY_MAP_ADDR");
	kvm_ioctl(vm->fd, KVM_SET_TSS_ADDR, (void *)0xfeffd000, "KVM_SET_TSS_ADDR");
	if (flags & VM_IRQCHIP)
		kvm_ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0, "KVM_CREATE_IRQCHIP");
	map_memory(vm);

	vm->vcpu_fd = kvm_ioctl(vm->fd, KVM_CREATE_VCPU, 0, "KVM_CREATE_VCPU");
	size = kvm_ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE");
	vm->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu_fd, 0);
	if (vm->run == MAP_FAILED)
		ktap_bail_out("mmap of the vCPU: %s", strerror(errno));
	vm->cpuid = supported_cpuid(vm->kvm_fd);
	kvm_ioctl(vm->vcpu_fd, KVM_SET_CPUID2, vm->cpuid, "KVM_SET_CPUID2");
	guest_init_tables();
	set_long_mode(vm);
	return vm;
}

/**
 * vm_destroy() - undo vm_create()
 * @vm: the machine
 */
void vm_destroy(struct vm *vm)
{
	munmap(vm->run, kvm_ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE"));
	close(vm->vcpu_fd);
	close(vm->fd);
	close(vm->kvm_fd);
	munmap((void *)VM_RAM_BASE, RAM_SIZE);
	free(vm->cpuid);
	free(vm);
}

/**
 * vm_alloc_pages() - take pages of the guest's RAM; they are zero
 * @vm: the machine
 * @pages: how many, in one piece
 *
 * Return: their address, which is the guest physical one too.
 */
void *vm_alloc_pages(struct vm *vm, size_t pages)
{
	char *page = vm->next_page;

	if (pages * PAGE_SIZE > (size_t)(vm->ram_end - page))
		ktap_bail_out("the guest has no more RAM");
	vm->next_page += pages * PAGE_SIZE;
	return page;
}

/**
 * vm_alloc_stack() - take a stack out of the guest's RAM
 * @vm: the machine
 *
 * Return: a value for RSP as at the entry of a function: a multiple of 16 less
 * the return address (System V ABI, AMD64 supplement, 3.2.2).
 */
void *vm_alloc_stack(struct vm *vm)
{
	char *stack = vm_alloc_pages(vm, VM_STACK_SIZE / PAGE_SIZE);

	return stack + VM_STACK_SIZE - 8;
}

/**
 * vm_set_entry() - let the vCPU start at a function, on a stack of its own
 * @vm: the machine
 * @entry: the guest's code; it must not return
 */
void vm_set_entry(struct vm *vm, void (*entry)(void))
{
	struct kvm_regs regs = {
		.rip = (u64)entry,
		.rsp = (u64)vm_alloc_stack(vm),
		.rflags = RFLAGS_FIXED,
	};

	kvm_ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

/**
 * vm_cr3() - the guest's page tables, as they are now
 * @vm: the machine
 *
 * Return: the address of the PML4, which is the guest physical one too.
 */
u64 vm_cr3(const struct vm *vm)
{
	struct kvm_sregs sregs;

	kvm_ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	return sregs.cr3;
}

/**
 * vm_make_page_directory() - tables for 32-bit paging without PAE
 * @vm: the machine
 *
 * 4 GiB one to one, by pages of 4 MiB: APM 5.2.1, SDM vol. 3 4.3.
 *
 * Return: a value for CR3.
 */
u64 vm_make_page_directory(struct vm *vm)
{
	u32 *pd = vm_alloc_pages(vm, 1), i;

	for (i = 0; i < 1024; i++)
		pd[i] = i << 22 | PTE_P | PTE_RW | PTE_US | PTE_PS;
	return (u64)pd;
}

/**
 * vm_set_32bit() - let the vCPU go on in 32-bit protected mode
 * @vm: the machine
 * @cr3: from vm_make_page_directory()
 * @entry: the guest's code, of 32 bits; it has no stack, and the library's
 *	functions and exception handlers are not for it
 */
void vm_set_32bit(struct vm *vm, u64 cr3, void (*entry)(void))
{
	struct kvm_regs regs = {
		.rip = (u64)entry,
		.rflags = RFLAGS_FIXED,
	};
	struct kvm_sregs sregs;

	kvm_ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cs.l = 0;
	sregs.cs.db = 1;
	sregs.cr3 = cr3;
	sregs.cr4 = (sregs.cr4 & ~CR4_PAE) | CR4_PSE;
	sregs.efer = 0;
	kvm_ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	kvm_ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

/**
 * vm_run() - run the vCPU until its next exit to userspace
 * @vm: the machine
 *
 * Return: 0, or -EINTR; any other error of KVM_RUN ends the test.
 */
int vm_run(struct vm *vm)
{
	if (!ioctl(vm->vcpu_fd, KVM_RUN, NULL))
		return 0;
	if (errno == EINTR)
		return -EINTR;
	ktap_bail_out("KVM_RUN: %s", strerror(errno));
}

static bool is_ucall(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO && run->io.port == UCALL_PORT &&
	       run->io.direction == KVM_EXIT_IO_OUT && run->io.size == 4;
}

/**
 * vm_next() - run the guest until something concerns the test
 * @vm: the machine
 *
 * The guest's results are reported on the way; an exception that the guest does
 * not handle ends the test.
 *
 * Return: what came.
 */
enum vm_event vm_next(struct vm *vm)
{
	for (;;) {
		struct kvm_run *run = vm->run;
		const struct ucall *uc;

		if (vm_run(vm))
			continue;
		if (!is_ucall(run))
			return VM_EXIT;
		uc = (void *)(u64)*(u32 *)((char *)run + run->io.data_offset);
		vm->value = uc->came;
		switch (uc->kind) {
		case UCALL_DONE:
			return VM_DONE;
		case UCALL_SYNC:
			return VM_SYNC;
		case UCALL_RESULT:
			if (uc->came == uc->expected)
				ktap_result(true, "%s", uc->what);
			else
				ktap_result(false, "%s # expected %#llx, came %#llx",
					    uc->what, uc->expected, uc->came);
			break;
		case UCALL_EXCEPTION:
			ktap_bail_out("the guest got exception %llu, error code %#llx, at %#llx",
				      uc->came, uc->error, uc->expected);
		}
	}
}

/**
 * vm_exit_name() - the name of an exit to userspace
 * @reason: KVM_EXIT_*
 *
 * Return: the name, as far as tests meet it.
 */
const char *vm_exit_name(u32 reason)
{
	static char number[16];

	switch (reason) {
	case KVM_EXIT_IO:
		return "IO";
	case KVM_EXIT_MMIO:
		return "MMIO";
	case KVM_EXIT_HLT:
		return "HLT";
	case KVM_EXIT_SHUTDOWN:
		return "SHUTDOWN";
	case KVM_EXIT_FAIL_ENTRY:
		return "FAIL_ENTRY";
	case KVM_EXIT_INTERNAL_ERROR:
		return "INTERNAL_ERROR";
	}
	snprintf(number, sizeof(number), "%u", reason);
	return number;
}
