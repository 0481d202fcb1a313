/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine with one vCPU in 64-bit mode, on plain /dev/kvm.
 *
 * There is one address space: the program's own code and data, and the guest's
 * RAM, have the same addresses in the host's process, as guest physical and as
 * guest virtual addresses.  The lowest 4 GiB are mapped 1:1; what is neither
 * the program nor RAM is MMIO for userspace.
 */
#ifndef VIRTFIX_VM_H
#define VIRTFIX_VM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>

#include "processor.h"

/* Above the heap, which begins at most 1 GiB after the program. */
#define VM_RAM_BASE	0x60000000ul
#define VM_STACK_SIZE	(4 * PAGE_SIZE)

/* A place without RAM, for MMIO. */
#define VM_MMIO_BASE	0xd0000000ul

/* Flags of vm_create() */
#define VM_IRQCHIP	1	/* in-kernel interrupt controllers */

enum vm_event {
	VM_DONE,	/* guest_done() */
	VM_SYNC,	/* guest_sync(); its value is in vm->value */
	VM_EXIT,	/* another exit: look at vm->run */
};

struct vm {
	int kvm_fd;
	int fd;
	int vcpu_fd;
	struct kvm_run *run;
	struct kvm_cpuid2 *cpuid;
	char *next_page;
	char *ram_end;
	u32 slots;
	u64 value;
};

/* The program's first byte and the one after its last, from the linker */
extern char __executable_start[], _end[];

bool kvm_has_svm(void);
bool kvm_has_vmx(void);

struct vm *vm_create(unsigned int flags);
void vm_destroy(struct vm *vm);
void vm_clear_cpuid(struct vm *vm, u32 leaf, u32 index, u32 ecx);
void vm_add_memory(struct vm *vm, void *start, size_t size);
void *vm_alloc_pages(struct vm *vm, size_t pages);
void *vm_alloc_stack(struct vm *vm);
void vm_set_entry(struct vm *vm, void (*entry)(void));
u64 vm_cr3(const struct vm *vm);
u64 vm_make_page_directory(struct vm *vm);
void vm_set_32bit(struct vm *vm, u64 cr3, void (*entry)(void));
int vm_run(struct vm *vm);
enum vm_event vm_next(struct vm *vm);
const char *vm_exit_name(u32 reason);
const struct kvm_cpuid_entry2 *vm_cpuid(const struct vm *vm, u32 leaf, u32 index);

#endif
