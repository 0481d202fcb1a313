// SPDX-License-Identifier: GPL-2.0-only
/// Fill the VMCB of L1 from the one of L2 again
// Options: --no-includes

virtual patch

@fill@
expression D, S;
@@
 D->control.exit_code = S->control.exit_code

@depends on patch@
expression fill.D, fill.S;
identifier get =~ "^kvm_rip_read";
@@
 D->save.rip =
- get(...)
+ S->save.rip

@depends on patch@
expression fill.D, fill.S;
identifier get =~ "^kvm_rsp_read";
@@
 D->save.rsp =
- get(...)
+ S->save.rsp

@depends on patch@
expression fill.D, fill.S;
identifier get =~ "^kvm_rax_read";
@@
 D->save.rax =
- get(...)
+ S->save.rax
