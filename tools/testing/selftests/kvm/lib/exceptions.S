/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's exception entries: one stub of 16 bytes per vector, which makes
 * the stack look the same for all of them, as struct guest_frame.
 */

	.text
	.globl guest_exception_stubs
	.balign 16
guest_exception_stubs:
vector = 0
	.rept 256
	.balign 16
	/* Those that push an error code: APM 8.2, SDM vol. 3 6.15 */
	.if vector != 8 && vector != 10 && vector != 11 && vector != 12 && \
	    vector != 13 && vector != 14 && vector != 17 && vector != 21 && \
	    vector != 29 && vector != 30
	push $0
	.endif
	push $vector
	jmp common
	vector = vector + 1
	.endr

	.balign 16
common:
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi
	/* The CPU aligned the stack before it pushed five words; with the two of */
	/* the stub and fifteen here it is aligned for a call again. */
	call guest_exception
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rbp
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rbx
	pop %rax
	add $16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
