// SPDX-License-Identifier: GPL-2.0-only
/* A machine that is just enough for Linux. */
#include <asm/bootparam.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"
#include "linux.h"

#define MEMORY		(192ul << 20)
#define LARGE_PAGE	(2ul << 20)
#define MAX_CPUID	256
#define CONSOLE_SIZE	4096

/* Where things are in the guest's memory; the kernel says where it wants to be. */
#define AT_GDT		0x1000ul
#define AT_PARAMS	0x2000ul
#define AT_COMMAND_LINE	0x4000ul
#define AT_TABLES	0x8000ul	/* 6 pages */
#define LOW_END		0x9f000ul
#define HIGH		0x100000ul

/* Documentation/x86/boot.rst */
#define SECTOR		512
#define SETUP_SECTS	4		/* if setup_sects is 0 */
#define ENTRY_64	0x200
#define BOOT_CS		0x10
#define BOOT_DS		0x18
#define LOADER_TYPE	0xff
#define E820_RAM	1

#define SERIAL		0x3f8
#define SERIAL_LSR	5
#define SERIAL_LSR_IDLE	0x60
#define CMOS_DATA	0x71

/**
 * struct linux_vm - the machine
 * @kvm_fd: /dev/kvm
 * @fd: the machine
 * @vcpu_fd: its vCPU
 * @run: shared with KVM
 * @run_size: its size
 * @memory: the guest's memory, from address 0
 * @console: the last that was written to the serial line
 * @written: how much of it there is
 */
struct linux_vm {
	int kvm_fd, fd, vcpu_fd;
	struct kvm_run *run;
	size_t run_size;
	char *memory;
	char console[CONSOLE_SIZE + 1];
	size_t written;
};

static int kvm_ioctl(int fd, unsigned long request, const void *arg, const char *what)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		ktap_bail_out("%s: %s", what, strerror(errno));
	return ret;
}

static void create_memory(struct linux_vm *vm)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
	char *memory;

	memory = mmap(NULL, MEMORY + LARGE_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		ktap_bail_out("no memory for the guest: %s", strerror(errno));
	vm->memory = (char *)(((u64)memory + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1));
	/* Large pages mean fewer exits; without them it is only slower. */
	madvise(vm->memory, MEMORY, MADV_HUGEPAGE);
	region.userspace_addr = (u64)vm->memory;
	kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
}

static void create_vcpu(struct linux_vm *vm)
{
	struct kvm_cpuid2 *cpuid;

	vm->vcpu_fd = kvm_ioctl(vm->fd, KVM_CREATE_VCPU, 0, "KVM_CREATE_VCPU");
	vm->run_size = kvm_ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE");
	vm->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu_fd, 0);
	if (vm->run == MAP_FAILED)
		ktap_bail_out("mmap of the vCPU: %s", strerror(errno));
	cpuid = calloc(1, sizeof(*cpuid) + MAX_CPUID * sizeof(cpuid->entries[0]));
	if (!cpuid)
		ktap_bail_out("out of memory");
	cpuid->nent = MAX_CPUID;
	kvm_ioctl(vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid, "KVM_GET_SUPPORTED_CPUID");
	kvm_ioctl(vm->vcpu_fd, KVM_SET_CPUID2, cpuid, "KVM_SET_CPUID2");
	free(cpuid);
}

/* 64-bit mode, the lowest 4 GiB one to one, flat segments, no interrupts */
static void set_registers(struct linux_vm *vm, u64 entry)
{
	const struct kvm_segment code = {
		.selector = BOOT_CS, .limit = ~0u, .type = 11,
		.present = 1, .s = 1, .l = 1, .g = 1,
	};
	const struct kvm_segment data = {
		.selector = BOOT_DS, .limit = ~0u, .type = 3,
		.present = 1, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_regs regs = { .rip = entry, .rsi = AT_PARAMS, .rflags = RFLAGS_FIXED };
	u64 *table = (u64 *)(vm->memory + AT_TABLES);
	u64 *gdt = (u64 *)(vm->memory + AT_GDT);
	struct kvm_sregs sregs;
	u64 i;

	gdt[BOOT_CS / 8] = 0x00af9b000000ffff;
	gdt[BOOT_DS / 8] = 0x00cf93000000ffff;

	/* A PML4, a page of pointers, four directories of 2 MiB pages */
	table[0] = (AT_TABLES + PAGE_SIZE) | PTE_P | PTE_RW;
	for (i = 0; i < 4; i++)
		table[512 + i] = (AT_TABLES + (2 + i) * PAGE_SIZE) | PTE_P | PTE_RW;
	for (i = 0; i < 4 * 512; i++)
		table[2 * 512 + i] = i * LARGE_PAGE | PTE_P | PTE_RW | PTE_PS;

	kvm_ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.gdt.base = AT_GDT;
	sregs.gdt.limit = BOOT_DS + 7;
	sregs.cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	sregs.cr3 = AT_TABLES;
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LME | EFER_LMA;
	kvm_ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	kvm_ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

/* Put the kernel, its command line and its initramfs in their places. */
static u64 load(struct linux_vm *vm, const char *kernel, const char *command_line,
		const void *initrd, size_t initrd_size)
{
	struct boot_params *params = (void *)(vm->memory + AT_PARAMS);
	struct setup_header *header = &params->hdr;
	u64 ramdisk = (MEMORY - initrd_size) & ~(LARGE_PAGE - 1);
	int fd = open(kernel, O_RDONLY | O_CLOEXEC);
	size_t setup, size;
	struct stat st;
	char *image;

	if (fd < 0 || fstat(fd, &st))
		ktap_bail_out("%s: %s", kernel, strerror(errno));
	image = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		ktap_bail_out("%s: %s", kernel, strerror(errno));
	close(fd);

	*header = *(struct setup_header *)(image + offsetof(struct boot_params, hdr));
	setup = ((header->setup_sects ?: SETUP_SECTS) + 1) * SECTOR;
	size = st.st_size - setup;
	if (header->header != 0x53726448 || !(header->xloadflags & XLF_KERNEL_64))
		ktap_bail_out("%s is no 64-bit kernel", kernel);
	if (header->pref_address + header->init_size > ramdisk)
		ktap_bail_out("%s is too large", kernel);

	memcpy(vm->memory + header->pref_address, image + setup, size);
	munmap(image, st.st_size);
	memcpy(vm->memory + ramdisk, initrd, initrd_size);
	/* There is nothing to calibrate it with that keeps time in an emulator. */
	sprintf(vm->memory + AT_COMMAND_LINE, "%s tsc_early_khz=%d", command_line,
		kvm_ioctl(vm->vcpu_fd, KVM_GET_TSC_KHZ, 0, "KVM_GET_TSC_KHZ"));
	header->type_of_loader = LOADER_TYPE;
	header->code32_start = header->pref_address;
	header->cmd_line_ptr = AT_COMMAND_LINE;
	header->ramdisk_image = ramdisk;
	header->ramdisk_size = initrd_size;
	params->e820_entries = 2;
	params->e820_table[0].size = LOW_END;
	params->e820_table[0].type = E820_RAM;
	params->e820_table[1].addr = HIGH;
	params->e820_table[1].size = MEMORY - HIGH;
	params->e820_table[1].type = E820_RAM;
	return header->pref_address + ENTRY_64;
}

/**
 * linux_boot() - make a machine that is about to start a kernel
 * @kernel: a bzImage
 * @command_line: for it
 * @initrd: its initramfs
 * @initrd_size: in bytes
 *
 * Return: the machine; any error ends the test.
 */
struct linux_vm *linux_boot(const char *kernel, const char *command_line,
			    const void *initrd, size_t initrd_size)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct linux_vm *vm = calloc(1, sizeof(*vm));
	u64 identity_map = 0xfeffc000;

	if (!vm)
		ktap_bail_out("out of memory");
	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm_fd < 0)
		ktap_skip_all("/dev/kvm: %s", strerror(errno));
	vm->fd = kvm_ioctl(vm->kvm_fd, KVM_CREATE_VM, 0, "KVM_CREATE_VM");
	kvm_ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map, "KVM_SET_IDENTITY_MAP_ADDR");
	kvm_ioctl(vm->fd, KVM_SET_TSS_ADDR, (void *)0xfeffd000, "KVM_SET_TSS_ADDR");
	kvm_ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0, "KVM_CREATE_IRQCHIP");
	kvm_ioctl(vm->fd, KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2");
	create_memory(vm);
	create_vcpu(vm);
	set_registers(vm, load(vm, kernel, command_line, initrd, initrd_size));
	return vm;
}

/* The last of what the kernel said */
static void say(struct linux_vm *vm, char c)
{
	if (vm->written == CONSOLE_SIZE) {
		memmove(vm->console, vm->console + CONSOLE_SIZE / 2, CONSOLE_SIZE / 2);
		vm->written = CONSOLE_SIZE / 2;
	}
	vm->console[vm->written++] = c;
	vm->console[vm->written] = '\0';
}

/* Devices: a serial line that is always idle, and nothing. */
static void device(struct linux_vm *vm, u16 port, bool write, u8 size, u8 *data)
{
	if (write) {
		if (port == SERIAL)
			say(vm, *data);
		return;
	}
	memset(data, 0xff, size);
	if (port == SERIAL + SERIAL_LSR)
		*data = SERIAL_LSR_IDLE;
	else if (port == CMOS_DATA || (port > SERIAL && port < SERIAL + 8))
		*data = 0;
}

/**
 * linux_next() - run the machine until it accesses one of our ports
 * @vm: the machine
 * @access: gets what it wants to do; what is read is taken when it runs on
 *
 * Return: what came.
 */
enum linux_event linux_next(struct linux_vm *vm, struct linux_access *access)
{
	struct kvm_run *run = vm->run;
	u8 *data;
	u32 i;

	for (;;) {
		if (ioctl(vm->vcpu_fd, KVM_RUN, NULL)) {
			if (errno == EINTR)
				return LINUX_SIGNAL;
			ktap_bail_out("KVM_RUN: %s", strerror(errno));
		}
		switch (run->exit_reason) {
		case KVM_EXIT_IO:
			data = (u8 *)run + run->io.data_offset;
			access->port = run->io.port;
			access->write = run->io.direction == KVM_EXIT_IO_OUT;
			access->size = run->io.size;
			access->data = data;
			if (run->io.port >= LINUX_PORT_FIRST && run->io.port <= LINUX_PORT_LAST)
				return LINUX_ACCESS;
			for (i = 0; i < run->io.count; i++, data += run->io.size)
				device(vm, run->io.port, access->write, run->io.size, data);
			break;
		case KVM_EXIT_MMIO:
			if (!run->mmio.is_write)
				memset(run->mmio.data, 0xff, run->mmio.len);
			break;
		default:
			return LINUX_END;
		}
	}
}

/**
 * linux_rip() - where the kernel is
 * @vm: the machine
 *
 * Return: RIP of its vCPU.
 */
u64 linux_rip(const struct linux_vm *vm)
{
	struct kvm_regs regs;

	kvm_ioctl(vm->vcpu_fd, KVM_GET_REGS, &regs, "KVM_GET_REGS");
	return regs.rip;
}

/**
 * linux_console() - what the kernel said last
 * @vm: the machine
 *
 * Return: text, of several lines.
 */
const char *linux_console(const struct linux_vm *vm)
{
	return vm->console;
}

/**
 * linux_destroy() - undo linux_boot()
 * @vm: the machine
 */
void linux_destroy(struct linux_vm *vm)
{
	munmap(vm->run, vm->run_size);
	close(vm->vcpu_fd);
	close(vm->fd);
	close(vm->kvm_fd);
	munmap(vm->memory, MEMORY);
	free(vm);
}
