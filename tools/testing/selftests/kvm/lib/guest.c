// SPDX-License-Identifier: GPL-2.0-only
/* The guest's side: messages to the host, exceptions. */
#include <stddef.h>

#include "guest.h"

/* An entry of the IDT in long mode: APM 4.8.4, SDM vol. 3 6.14.1. */
struct gate {
	u16 offset_low;
	u16 selector;
	u16 flags;
	u16 offset_mid;
	u32 offset_high;
	u32 reserved;
};

#define GATE_INTERRUPT	0x8e00	/* present, DPL 0, 64-bit interrupt gate */
#define STUB_SIZE	16	/* as in exceptions.S */

u8 guest_tss[104];

/*
 * Code: present, code, readable, accessed, long.  Data: present, writable,
 * accessed.  TSS: present, 64-bit, busy; its base is filled in at start.
 * APM 4.8, SDM vol. 3 3.4.5.
 */
static u64 gdt[] = {
	[GUEST_CS / 8] = 0x00af9b000000ffff,
	[GUEST_DS / 8] = 0x00cf93000000ffff,
	[GUEST_TR / 8] = 0x00008b0000000000 | (sizeof(guest_tss) - 1),
	[GUEST_TR / 8 + 1] = 0,
};

static struct gate idt[256];
static guest_handler handlers[256];

struct desc_ptr guest_gdt_ptr = { sizeof(gdt) - 1, (u64)gdt };
struct desc_ptr guest_idt_ptr = { sizeof(idt) - 1, (u64)idt };

static void ucall(struct ucall *uc)
{
	outl(UCALL_PORT, (u32)(u64)uc);
}

/**
 * guest_done() - the guest has come to its end
 */
void guest_done(void)
{
	struct ucall uc = { .kind = UCALL_DONE };

	ucall(&uc);
}

/**
 * guest_sync() - let the host's side act; vm_next() returns VM_SYNC there
 * @value: for the host, in vm->value
 */
void guest_sync(u64 value)
{
	struct ucall uc = { .kind = UCALL_SYNC, .came = value };

	ucall(&uc);
}

/**
 * guest_expect() - report a result: a value that should be another's equal
 * @what: what the value is
 * @came: the value found
 * @expected: what it should be
 *
 * Return: whether it is.
 */
bool guest_expect(const char *what, u64 came, u64 expected)
{
	struct ucall uc = {
		.kind = UCALL_RESULT,
		.what = what,
		.came = came,
		.expected = expected,
	};

	ucall(&uc);
	return came == expected;
}

/**
 * guest_handle() - set the guest's handler of an exception or interrupt
 * @vector: its vector (APM 8.2)
 * @handler: called with the registers; NULL for the default, which ends the test
 */
void guest_handle(u8 vector, guest_handler handler)
{
	handlers[vector] = handler;
}

/* Called by the stubs in exceptions.S. */
void guest_exception(struct guest_frame *frame)
{
	struct ucall uc = {
		.kind = UCALL_EXCEPTION,
		.came = frame->vector,
		.expected = frame->rip,
		.error = frame->error,
	};

	if (handlers[frame->vector])
		handlers[frame->vector](frame);
	else
		ucall(&uc);
}

/* Called on the host, before the guest runs. */
void guest_init_tables(void)
{
	u64 tss = (u64)guest_tss;
	u64 stub = (u64)guest_exception_stubs;
	int i;

	gdt[GUEST_TR / 8] |= (tss & 0xffffff) << 16 | (tss & 0xff000000) << 32;
	gdt[GUEST_TR / 8 + 1] = tss >> 32;

	for (i = 0; i < 256; i++, stub += STUB_SIZE) {
		idt[i] = (struct gate) {
			.offset_low = stub,
			.selector = GUEST_CS,
			.flags = GATE_INTERRUPT,
			.offset_mid = stub >> 16,
			.offset_high = stub >> 32,
		};
		handlers[i] = NULL;
	}
}
