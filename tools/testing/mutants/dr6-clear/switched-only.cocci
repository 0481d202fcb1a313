// SPDX-License-Identifier: GPL-2.0-only
/// On AMD, too, cleared only where the guest accesses it without an exit
// Options: --no-includes

virtual patch

@depends on patch@
expression E;
@@
 kvm_arch_vcpu_put(...)
 {
 ... when any
- set_debugreg(E, 6);
 ... when any
 }

@depends on patch@
expression v;
symbol kvm_x86_ops, sync_dirty_debug_regs;
@@
 kvm_x86_ops.sync_dirty_debug_regs(v);
+ set_debugreg(DR6_RESERVED, 6);

@depends on patch@
expression v;
symbol kvm_x86_sync_dirty_debug_regs;
@@
 static_call(kvm_x86_sync_dirty_debug_regs)(v);
+ set_debugreg(DR6_RESERVED, 6);
