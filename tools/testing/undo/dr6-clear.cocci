// SPDX-License-Identifier: GPL-2.0-only
/// Write %dr6 on every vCPU put again
///
/// For kernels that carry our change: what clears the register in common
/// code or in VMX, and after #VMEXIT, goes, and the write on vCPU put, which
/// covered Intel and AMD alike, comes back. The guest's value is still loaded
/// only where the guest accesses it without an exit; that part stays as it is.
// Options: --no-includes

virtual patch

@depends on patch@
identifier f, vcpu;
@@
 f(struct kvm_vcpu *vcpu)
 {
 ...
 get_debugreg(vcpu->arch.dr6, 6);
 ...
- set_debugreg(\(0\|DR6_RESERVED\|DR6_ACTIVE_LOW\), 6);
 ... when any
 }

@depends on patch@
expression v;
symbol kvm_x86_ops, kvm_x86_sync_dirty_debug_regs, sync_dirty_debug_regs;
@@
 \(kvm_x86_ops->sync_dirty_debug_regs\|kvm_x86_ops.sync_dirty_debug_regs\|
   static_call(kvm_x86_sync_dirty_debug_regs)\|
   kvm_x86_call(sync_dirty_debug_regs)\)(v);
- set_debugreg(\(0\|DR6_RESERVED\|DR6_ACTIVE_LOW\), 6);

@depends on patch@
struct vcpu_svm *svm;
expression E;
@@
- if (unlikely(<+... svm->vmcb->save.dr6 & E ...+>))
(
- set_debugreg(\(0\|DR6_RESERVED\), 6);
|
- { set_debugreg(\(0\|DR6_RESERVED\), 6); }
)

@depends on patch@
identifier vcpu;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 ... when any
 vcpu->arch.last_host_tsc = rdtsc();
+ /* The host's #DB handler expects a clear %dr6. */
+ set_debugreg(DR6_RESERVED, 6);
 }
