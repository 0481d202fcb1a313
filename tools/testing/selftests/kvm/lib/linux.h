/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine that is just enough for Linux: KVM's own interrupt controllers and
 * timer, a serial line to write to. Where it has more than one vCPU the kernel
 * finds them by the table of Intel's MultiProcessor Specification.
 *
 * The kernel starts by the 64-bit boot protocol (Documentation/x86/boot.rst of
 * the kernel).
 */
#ifndef VIRTFIX_LINUX_H
#define VIRTFIX_LINUX_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>

#include "processor.h"

/* Ports that no PC device uses, for the kernel's user space to talk to us */
#define LINUX_PORT_FIRST	0x7670
#define LINUX_PORT_LAST		0x767f

#define LINUX_MAX_VCPUS		4
#define LINUX_MAX_CPUID		256

/**
 * struct linux_machine - what a machine is like
 * @vcpus: how many vCPUs it has
 * @set_vcpu: called for each of them before it starts, with its file descriptor,
 *	its number and what KVM supports of CPUID, which it may change and fill up
 *	to LINUX_MAX_CPUID entries; or NULL
 */
struct linux_machine {
	unsigned int vcpus;
	void (*set_vcpu)(int fd, unsigned int n, struct kvm_cpuid2 *cpuid);
};

struct linux_vm;

enum linux_event {
	LINUX_ACCESS,	/* one of our ports */
	LINUX_SIGNAL,	/* KVM_RUN was interrupted */
	LINUX_END,	/* a shutdown, or what this machine does not know */
};

/**
 * struct linux_access - an access to one of our ports
 * @port: which
 * @write: whether it is a write
 * @size: in bytes
 * @data: what is written, or where to put what is read
 */
struct linux_access {
	u16 port;
	bool write;
	u8 size;
	void *data;
};

struct linux_vm *linux_boot(const struct linux_machine *machine, const char *kernel,
			    const char *command_line, const void *initrd, size_t initrd_size);
enum linux_event linux_next(struct linux_vm *vm, struct linux_access *access);
u64 linux_rip(const struct linux_vm *vm);
const char *linux_console(const struct linux_vm *vm);
void linux_destroy(struct linux_vm *vm);

#endif
