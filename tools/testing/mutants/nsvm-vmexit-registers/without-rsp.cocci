// SPDX-License-Identifier: GPL-2.0-only
/// Only rip and rax as KVM holds them: rsp stays that of the last hardware exit
// Options: --no-includes

virtual patch

@fill@
expression D, S;
@@
 D->control.exit_code = S->control.exit_code

@vcpu@
expression fill.D, V;
identifier reg =~ "^(cr0|cr3|rflags)$";
identifier get =~ "^kvm_(read_cr0|read_cr3|get_rflags)$";
@@
 D->save.reg = get(V)

@depends on patch@
expression fill.D, vcpu.V, S;
@@
 D->save.rip =
- S->save.rip
+ kvm_rip_read(V)

@depends on patch@
expression fill.D, vcpu.V, S;
@@
 D->save.rax =
- S->save.rax
+ kvm_rax_read(V)
