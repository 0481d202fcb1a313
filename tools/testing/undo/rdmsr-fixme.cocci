// SPDX-License-Identifier: GPL-2.0-only
/// Ask for what is done already
// Options: --no-includes

virtual patch

@depends on patch@
expression V, E;
@@
 handle_rdmsr(...)
 {
 <...
(
+/* FIXME: handling of bits 32:63 of rax, rdx */
 V->arch.regs[VCPU_REGS_RAX] = E;
|
+/* FIXME: handling of bits 32:63 of rax, rdx */
 kvm_rax_write(V, E);
)
 ...>
 }
