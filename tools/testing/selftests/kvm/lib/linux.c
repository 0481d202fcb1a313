// SPDX-License-Identifier: GPL-2.0-only
/* A machine that is just enough for Linux. */
#include <asm/bootparam.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
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
#define CONSOLE_SIZE	4096

/* Where things are in the guest's memory; the kernel says where it wants to be. */
#define AT_GDT		0x1000ul
#define AT_PARAMS	0x2000ul
#define AT_COMMAND_LINE	0x4000ul
#define AT_TABLES	0x8000ul	/* 6 pages */
#define LOW_END		0x9f000ul
#define AT_MP_TABLE	0x9fc00ul	/* the last KiB of 640 */
#define HIGH		0x100000ul

/* Documentation/x86/boot.rst */
#define BOOT_FLAG	0xaa55
#define BOOT_MAGIC	0x53726448	/* "HdrS" */
#define BOOT_VERSION	0x020c
#define BOOT_CS		0x10
#define BOOT_DS		0x18
#define LOADER_TYPE	0xff
#define E820_RAM	1

#define SERIAL		0x3f8
#define SERIAL_LSR	5
#define SERIAL_LSR_IDLE	0x60
#define CMOS_DATA	0x71

/* Intel's MultiProcessor Specification, version 1.4 */
#define MP_VERSION	4
#define MP_LOCAL_APIC	0xfee00000u
#define MP_IO_APIC	0xfec00000u
#define MP_APIC_VERSION	0x14
#define MP_ENABLED	(1u << 0)
#define MP_BOOT_CPU	(1u << 1)
#define ISA_INTERRUPTS	16

/* 4.1: the floating pointer */
struct mp_pointer {
	char signature[4];
	u32 table;
	u8 paragraphs, version, checksum, features[5];
};

/* 4.2: the configuration table's header */
struct mp_header {
	char signature[4];
	u16 size;
	u8 version, checksum;
	char oem[8], product[12];
	u32 oem_table;
	u16 oem_size, entries;
	u32 local_apic, reserved;
};

/* 4.3: its entries, in ascending order of their types */
struct mp_processor {
	u8 type, apic, version, flags;
	u32 cpu, features, reserved[2];
};

struct mp_bus {
	u8 type, id;
	char name[6];
};

struct mp_io_apic {
	u8 type, id, version, flags;
	u32 address;
};

struct mp_interrupt {
	u8 type, kind;
	u16 flags;
	u8 bus, irq, io_apic, pin;
};

/* CPUID: the number of a CPU's local APIC (APM vol. 3, E.3.2 and E.4.7) */
#define CPUID_FEATURES		1
#define CPUID_APIC_ID_SHIFT	24	/* in its EBX */
#define CPUID_TOPOLOGY		11	/* EDX */

/**
 * struct linux_vcpu - one of its CPUs
 * @vm: the machine
 * @fd: the vCPU
 * @run: shared with KVM
 * @thread: what runs it; the first one's is linux_next()'s caller
 */
struct linux_vcpu {
	struct linux_vm *vm;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
};

/**
 * struct linux_vm - the machine
 * @kvm_fd: /dev/kvm
 * @fd: the machine
 * @vcpus: its CPUs
 * @n: how many
 * @run_size: of what each shares with KVM
 * @stopping: the threads of the vCPUs have to end
 * @memory: the guest's memory, from address 0
 * @devices: held by the vCPU that uses a device
 * @console: the last that was written to the serial line
 * @written: how much of it there is
 */
struct linux_vm {
	int kvm_fd, fd;
	struct linux_vcpu vcpus[LINUX_MAX_VCPUS];
	unsigned int n;
	size_t run_size;
	volatile bool stopping;
	char *memory;
	pthread_mutex_t devices;
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

static void set_cpuid(struct linux_vm *vm, unsigned int n, const struct linux_machine *machine)
{
	struct kvm_cpuid2 *cpuid;
	u32 i;

	cpuid = calloc(1, sizeof(*cpuid) + LINUX_MAX_CPUID * sizeof(cpuid->entries[0]));
	if (!cpuid)
		ktap_bail_out("out of memory");
	cpuid->nent = LINUX_MAX_CPUID;
	kvm_ioctl(vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid, "KVM_GET_SUPPORTED_CPUID");
	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == CPUID_FEATURES)
			entry->ebx |= n << CPUID_APIC_ID_SHIFT;
		else if (entry->function == CPUID_TOPOLOGY)
			entry->edx = n;
	}
	if (machine->set_vcpu)
		machine->set_vcpu(vm->vcpus[n].fd, n, cpuid);
	kvm_ioctl(vm->vcpus[n].fd, KVM_SET_CPUID2, cpuid, "KVM_SET_CPUID2");
	free(cpuid);
}

static void create_vcpu(struct linux_vm *vm, unsigned int n, const struct linux_machine *machine)
{
	struct linux_vcpu *vcpu = &vm->vcpus[n];

	vcpu->vm = vm;
	vcpu->fd = kvm_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(u64)n, "KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		ktap_bail_out("mmap of the vCPU: %s", strerror(errno));
	set_cpuid(vm, n, machine);
}

/* All bytes together are 0. */
static u8 checksum(const void *data, size_t size)
{
	const u8 *bytes = data;
	u8 sum = 0;

	while (size--)
		sum -= *bytes++;
	return sum;
}

static void add_entry(struct mp_header *table, const void *entry, size_t size)
{
	memcpy((char *)table + table->size, entry, size);
	table->size += size;
	table->entries++;
}

/* What a kernel without ACPI has to know of its CPUs. */
static void make_mp_table(struct linux_vm *vm)
{
	struct mp_pointer *pointer = (void *)(vm->memory + AT_MP_TABLE);
	struct mp_header *table = (void *)(pointer + 1);
	struct mp_processor processor = { .type = 0, .version = MP_APIC_VERSION };
	const struct mp_bus bus = { .type = 1, .name = "ISA   " };
	/* Its number is one that no CPU has. */
	const struct mp_io_apic io_apic = {
		.type = 2, .id = vm->n, .version = MP_APIC_VERSION, .flags = MP_ENABLED,
		.address = MP_IO_APIC,
	};
	struct mp_interrupt interrupt = { .type = 3, .io_apic = io_apic.id };
	unsigned int i;

	*table = (struct mp_header){
		.signature = "PCMP", .size = sizeof(*table), .version = MP_VERSION,
		.local_apic = MP_LOCAL_APIC,
	};
	for (i = 0; i < vm->n; i++) {
		processor.apic = i;
		processor.flags = MP_ENABLED | (i ? 0 : MP_BOOT_CPU);
		add_entry(table, &processor, sizeof(processor));
	}
	add_entry(table, &bus, sizeof(bus));
	add_entry(table, &io_apic, sizeof(io_apic));
	for (i = 0; i < ISA_INTERRUPTS; i++) {
		interrupt.irq = i;
		interrupt.pin = i;
		add_entry(table, &interrupt, sizeof(interrupt));
	}
	table->checksum = checksum(table, table->size);
	*pointer = (struct mp_pointer){
		.signature = "_MP_", .table = AT_MP_TABLE + sizeof(*pointer),
		.paragraphs = sizeof(*pointer) / 16, .version = MP_VERSION,
	};
	pointer->checksum = checksum(pointer, sizeof(*pointer));
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
	int fd = vm->vcpus[0].fd;
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

	kvm_ioctl(fd, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
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
	kvm_ioctl(fd, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	kvm_ioctl(fd, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

/* Put a kernel's segments in their places. Return: where it is entered. */
static u64 load_kernel(struct linux_vm *vm, const char *kernel, u64 end)
{
	int fd = open(kernel, O_RDONLY | O_CLOEXEC);
	const Elf64_Phdr *segment;
	const Elf64_Ehdr *elf;
	struct stat st;
	u64 entry;
	int i;

	if (fd < 0 || fstat(fd, &st))
		ktap_bail_out("%s: %s", kernel, strerror(errno));
	elf = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (elf == MAP_FAILED)
		ktap_bail_out("%s: %s", kernel, strerror(errno));
	close(fd);

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) || elf->e_machine != EM_X86_64)
		ktap_bail_out("%s is no 64-bit kernel", kernel);
	segment = (const void *)((const char *)elf + elf->e_phoff);
	for (i = 0; i < elf->e_phnum; i++, segment++) {
		if (segment->p_type != PT_LOAD)
			continue;
		if (segment->p_paddr + segment->p_memsz > end)
			ktap_bail_out("%s is too large", kernel);
		memcpy(vm->memory + segment->p_paddr, (const char *)elf + segment->p_offset,
		       segment->p_filesz);
	}
	entry = elf->e_entry;
	munmap((void *)elf, st.st_size);
	return entry;
}

/* Put the kernel, its command line and its initramfs in their places. */
static u64 load(struct linux_vm *vm, const char *kernel, const char *command_line,
		const void *initrd, size_t initrd_size)
{
	struct boot_params *params = (void *)(vm->memory + AT_PARAMS);
	u64 ramdisk = (MEMORY - initrd_size) & ~(LARGE_PAGE - 1);

	memcpy(vm->memory + ramdisk, initrd, initrd_size);
	/* There is nothing to calibrate it with that keeps time in an emulator. */
	sprintf(vm->memory + AT_COMMAND_LINE, "%s tsc_early_khz=%d", command_line,
		kvm_ioctl(vm->vcpus[0].fd, KVM_GET_TSC_KHZ, 0, "KVM_GET_TSC_KHZ"));
	params->hdr.boot_flag = BOOT_FLAG;
	params->hdr.header = BOOT_MAGIC;
	params->hdr.version = BOOT_VERSION;
	params->hdr.type_of_loader = LOADER_TYPE;
	params->hdr.loadflags = LOADED_HIGH;
	params->hdr.cmd_line_ptr = AT_COMMAND_LINE;
	params->hdr.ramdisk_image = ramdisk;
	params->hdr.ramdisk_size = initrd_size;
	params->e820_entries = 2;
	params->e820_table[0].size = LOW_END;
	params->e820_table[0].type = E820_RAM;
	params->e820_table[1].addr = HIGH;
	params->e820_table[1].size = MEMORY - HIGH;
	params->e820_table[1].type = E820_RAM;
	return load_kernel(vm, kernel, ramdisk);
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

/* Until it accesses one of our ports; access gets what it wants to do. */
static enum linux_event run_vcpu(struct linux_vcpu *vcpu, struct linux_access *access)
{
	struct kvm_run *run = vcpu->run;
	struct linux_vm *vm = vcpu->vm;
	u8 *data;
	u32 i;

	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, NULL)) {
			/* One that was waiting for another to start it */
			if (errno == EAGAIN)
				continue;
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
			pthread_mutex_lock(&vm->devices);
			for (i = 0; i < run->io.count; i++, data += run->io.size)
				device(vm, run->io.port, access->write, run->io.size, data);
			pthread_mutex_unlock(&vm->devices);
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

/* Our ports are the first vCPU's alone. */
static void *vcpu_thread(void *vcpu)
{
	struct linux_vm *vm = ((struct linux_vcpu *)vcpu)->vm;
	struct linux_access access;

	while (!vm->stopping && run_vcpu(vcpu, &access) != LINUX_END)
		;
	return NULL;
}

static void on_stop(__attribute__((unused)) int sig)
{
}

static void start_threads(struct linux_vm *vm)
{
	const struct sigaction action = { .sa_handler = on_stop };
	unsigned int i;

	sigaction(SIGUSR1, &action, NULL);
	pthread_mutex_init(&vm->devices, NULL);
	for (i = 1; i < vm->n; i++) {
		if (pthread_create(&vm->vcpus[i].thread, NULL, vcpu_thread, &vm->vcpus[i]))
			ktap_bail_out("no thread for a vCPU");
	}
}

static void stop_threads(struct linux_vm *vm)
{
	unsigned int i;

	vm->stopping = true;
	for (i = 1; i < vm->n; i++) {
		/* Also where the signal comes right before KVM_RUN */
		vm->vcpus[i].run->immediate_exit = 1;
		pthread_kill(vm->vcpus[i].thread, SIGUSR1);
		pthread_join(vm->vcpus[i].thread, NULL);
	}
}

/**
 * linux_boot() - make a machine that is about to start a kernel
 * @machine: how it differs from one with a CPU like KVM's, or NULL
 * @kernel: its ELF file, which begins as the 64-bit boot protocol has it
 * @command_line: for it
 * @initrd: its initramfs
 * @initrd_size: in bytes
 *
 * Return: the machine; any error ends the test.
 */
struct linux_vm *linux_boot(const struct linux_machine *machine, const char *kernel,
			    const char *command_line, const void *initrd, size_t initrd_size)
{
	static const struct linux_machine simple = { .vcpus = 1 };
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct linux_vm *vm = calloc(1, sizeof(*vm));
	u64 identity_map = 0xfeffc000;
	unsigned int i;

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
	if (!machine)
		machine = &simple;
	vm->n = machine->vcpus;
	vm->run_size = kvm_ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE");
	for (i = 0; i < vm->n; i++)
		create_vcpu(vm, i, machine);
	set_registers(vm, load(vm, kernel, command_line, initrd, initrd_size));
	if (vm->n > 1)
		make_mp_table(vm);
	start_threads(vm);
	return vm;
}

/**
 * linux_next() - run the machine until its first vCPU accesses one of our ports
 * @vm: the machine
 * @access: gets what it wants to do; what is read is taken when it runs on
 *
 * Return: what came.
 */
enum linux_event linux_next(struct linux_vm *vm, struct linux_access *access)
{
	return run_vcpu(&vm->vcpus[0], access);
}

/**
 * linux_rip() - where the kernel is
 * @vm: the machine
 *
 * Return: RIP of its first vCPU.
 */
u64 linux_rip(const struct linux_vm *vm)
{
	struct kvm_regs regs;

	kvm_ioctl(vm->vcpus[0].fd, KVM_GET_REGS, &regs, "KVM_GET_REGS");
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
	unsigned int i;

	stop_threads(vm);
	for (i = 0; i < vm->n; i++) {
		munmap(vm->vcpus[i].run, vm->run_size);
		close(vm->vcpus[i].fd);
	}
	close(vm->fd);
	close(vm->kvm_fd);
	munmap(vm->memory, MEMORY);
	free(vm);
}
