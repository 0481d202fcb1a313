/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guest code can call.
 *
 * The guest's code and data are those of the test program itself: an address
 * means the same in the host's process, as a guest virtual and as a guest
 * physical address (see vm.h).  So a guest can leave values in any variable and
 * hand over pointers; it must not call the C library.
 */
#ifndef VIRTFIX_GUEST_H
#define VIRTFIX_GUEST_H

#include <stdbool.h>

#include "processor.h"

/* A port that no PC device uses; the guest writes the address of a ucall. */
#define UCALL_PORT	0x7666

enum ucall_kind {
	UCALL_DONE,
	UCALL_SYNC,
	UCALL_RESULT,
	UCALL_EXCEPTION,
};

/**
 * struct ucall - a message of the guest to the host's side of the test
 * @kind: what it is
 * @what: UCALL_RESULT: what was looked at
 * @came: UCALL_RESULT: the value found; UCALL_SYNC: the guest's value;
 *	UCALL_EXCEPTION: the vector
 * @expected: UCALL_RESULT: the value it should have; UCALL_EXCEPTION: RIP
 * @error: UCALL_EXCEPTION: the error code
 */
struct ucall {
	enum ucall_kind kind;
	const char *what;
	u64 came;
	u64 expected;
	u64 error;
};

/**
 * struct guest_frame - the registers at an exception (APM 8.9.3, SDM vol. 3 6.14.2)
 *
 * A handler may change them.
 */
struct guest_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

typedef void (*guest_handler)(struct guest_frame *frame);

void guest_done(void);
void guest_sync(u64 value);
bool guest_expect(const char *what, u64 came, u64 expected);
void guest_handle(u8 vector, guest_handler handler);

/* Of the library itself: called by exceptions.S and by vm.c. */
extern struct desc_ptr guest_gdt_ptr, guest_idt_ptr;
extern u8 guest_tss[104];
extern const char guest_exception_stubs[];
void guest_exception(struct guest_frame *frame);
void guest_init_tables(void);

#define GUEST_CS	0x08
#define GUEST_DS	0x10
#define GUEST_TR	0x18

#endif
