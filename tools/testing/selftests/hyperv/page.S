/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hypercall page: notes what a hypercall has in its registers, asks the test
 * for the answer, and leaves nothing of what the caller must not rely on.
 */
	.text
	.globl	hv_test_page
	.type	hv_test_page, @function
hv_test_page:
	leaq	hv_seen(%rip), %rax
	movq	%rcx, 0(%rax)
	movq	%rdx, 8(%rax)
	movq	%r8, 16(%rax)
	movups	%xmm0, 24(%rax)
	movups	%xmm1, 40(%rax)
	movups	%xmm2, 56(%rax)
	movups	%xmm3, 72(%rax)
	movups	%xmm4, 88(%rax)
	movups	%xmm5, 104(%rax)
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	movq	%rsp, %rbp
	andq	$-16, %rsp
	call	hv_test_answer
	movq	%rbp, %rsp
	popq	%rdi
	popq	%rsi
	popq	%rbp
	cmpb	$0, hv_test_volatile(%rip)
	je	1f
	pcmpeqd	%xmm0, %xmm0
	pcmpeqd	%xmm1, %xmm1
	pcmpeqd	%xmm2, %xmm2
	pcmpeqd	%xmm3, %xmm3
	pcmpeqd	%xmm4, %xmm4
	pcmpeqd	%xmm5, %xmm5
1:	movq	$-1, %rcx
	movq	$-1, %rdx
	movq	$-1, %r8
	movq	$-1, %r9
	movq	$-1, %r10
	movq	$-1, %r11
	ret
	.size	hv_test_page, . - hv_test_page

	.globl	hv_test_static
	.type	hv_test_static, @function
hv_test_static:
	movq	%rdx, %r8
	movq	%rsi, %rdx
	movq	%rdi, %rcx
	jmp	hv_test_page
	.size	hv_test_static, . - hv_test_static

	.section .note.GNU-stack, "", @progbits
