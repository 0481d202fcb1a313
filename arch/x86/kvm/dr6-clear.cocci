// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86: write %dr6 on the way out only where a guest's value is in it
///
/// Each time a vCPU is put, %dr6 is cleared, so that the host's #DB
/// handler never finds what a guest left there. Where the host is a guest
/// itself, that write is one exit to its own hypervisor per vCPU put,
/// although next to nobody uses debug registers: 6 to 9 % of a short
/// KVM_RUN. The obvious ways out are wrong. To write only if
/// vcpu->arch.dr6 is set, as was posted once, asks the wrong variable: it
/// is no copy of the register while nothing switches debug registers. To
/// drop the write lets a guest's DR6.BS turn up in a watchpoint of the
/// next host process.
///
/// Ask instead where a guest's value can be in the CPU:
///
/// - The guest accesses the debug registers without an exit. This is the
///   only time that Intel CPUs need the guest's %dr6, since a #DB that
///   causes a VM exit does not update the register. Load it only then, and
///   clear it right after it was read back.
///
/// - Always on AMD, where VMRUN loads %dr6 from the VMCB and #VMEXIT does
///   not restore the host's. Clear it after the exit if the VMCB says that
///   there is anything to clear. The VMCB of an SEV-ES guest does not, so
///   clear always.
///
/// Nothing is then left to do when the vCPU is put.
///
/// Since v5.15 VMX does its part where it reads the guest's value back, and
/// nothing writes %dr6 when a vCPU is put: no exits are wasted any more, but
/// nobody clears what #VMEXIT leaves behind on AMD. There, our change only
/// adds that.
///
/// The proof, on AMD and on Intel, boots the kernel once more, as a guest of
/// itself. Outside, it counts the exits that the one inside causes by writing
/// %dr6; inside, it looks for a guest's DR6.BS in a watchpoint of another
/// process.
// Nr: 29
// Kind: defect
// Upstream: never
// Fixes: efdab992813f ("KVM: x86: fix escape of guest dr6 to the host")
// Originally-by: Christian Ehrhardt <lk@c--e.de>
// Scope: arch/x86/kvm
// Anchors: kvm_arch_vcpu_put
// Context: set_debugreg get_debugreg svm_vcpu_run sync_dirty_debug_regs kvm_x86_sync_dirty_debug_regs
// Modules: kvm kvm-amd
// Abi: none
// Proof: svm kvm/dr6_exits; svm kvm/dr6_leak; vmx kvm/dr6_exits; vmx kvm/dr6_leak
// Defect: dr6-write-exits; dr6-leak
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// First what is there, then what follows from it.

// The vCPU put itself.
@there@
identifier f =~ "^kvm_arch_vcpu_put$";
identifier vcpu;
position p;
@@
 f@p(struct kvm_vcpu *vcpu) { ... }

// Its write to the register: on a condition that says nothing about the
// register, or always. A write on any other condition is looked at below.
@posted exists@
identifier vcpu;
expression E, M, N;
position p;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 ... when any
 if (\(unlikely(vcpu->arch.dr6)\|unlikely(READ_ONCE(vcpu->arch.dr6))\|
       unlikely(vcpu->arch.dr6 != M)\|unlikely(vcpu->arch.dr6 & M)\|
       unlikely((vcpu->arch.dr6 & M) != N)\|unlikely(vcpu->arch.dr6 ^ M)\|
       unlikely(vcpu->arch.switch_db_regs)\|
       unlikely(vcpu->arch.switch_db_regs & M)\|
       unlikely(vcpu->arch.dr6 || vcpu->arch.switch_db_regs)\|
       unlikely(vcpu->arch.switch_db_regs || vcpu->arch.dr6)\))
(
	set_debugreg@p(E, 6);
|
	{ set_debugreg@p(E, 6); }
)
 ... when any
 }

@put forall@
identifier vcpu;
expression E;
position p;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 ... when any
 set_debugreg@p(E, 6);
 ... when any
 }

// The guest's value goes into the CPU whenever registers are switched, or
// only when the guest accesses them without an exit: there, or where VMX
// enters the guest.
@load@
expression v;
position p;
@@
 set_debugreg(v->arch.eff_db[3], 3);
 set_debugreg@p(v->arch.dr6, 6);

@apart forall@
expression v;
statement S;
position p != load.p;
@@
(
 if (unlikely(v->arch.switch_db_regs)) {
 ... when any
 set_debugreg@p(v->arch.dr6, 6);
 ... when any
 }
|
 if (unlikely(v->arch.switch_db_regs)) {
 ... when any
 set_debugreg@p(v->arch.dr6, 6);
 ... when any
 } else S
)

@guarded@
expression v, flags;
position p;
symbol kvm_x86_set_dr6, set_dr6, KVM_RUN_LOAD_GUEST_DR6;
@@
 if@p (unlikely(v->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT))
(
	{ set_debugreg(v->arch.dr6, 6); }
|
	{ static_call(kvm_x86_set_dr6)(v, v->arch.dr6); }
|
	{ kvm_x86_call(set_dr6)(v, v->arch.dr6); }
|
	{ flags |= KVM_RUN_LOAD_GUEST_DR6; }
)

// It is read back after such a run ...
@sync exists@
expression v;
position p;
symbol kvm_x86_ops, kvm_x86_sync_dirty_debug_regs, sync_dirty_debug_regs;
@@
 if (<+... v->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT ...+>) {
 ... when any
(
 kvm_x86_ops->sync_dirty_debug_regs@p(v);
|
 kvm_x86_ops.sync_dirty_debug_regs@p(v);
|
 static_call@p(kvm_x86_sync_dirty_debug_regs)(v);
|
 kvm_x86_call@p(sync_dirty_debug_regs)(v);
)
 ... when any
 }

// ... and cleared there,
@cleared exists@
expression v;
position p;
symbol kvm_x86_ops, kvm_x86_sync_dirty_debug_regs, sync_dirty_debug_regs;
@@
 if (<+... v->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT ...+>) {
 ... when any
 \(kvm_x86_ops->sync_dirty_debug_regs\|kvm_x86_ops.sync_dirty_debug_regs\|
   static_call(kvm_x86_sync_dirty_debug_regs)\|
   kvm_x86_call(sync_dirty_debug_regs)\)(v);
 ... when any
 set_debugreg@p(\(0\|DR6_RESERVED\|DR6_ACTIVE_LOW\), 6);
 ... when any
 }

// or where VMX reads it. A kernel's coccicheck looks at one file at a time:
// that VMX does not clear it follows from seeing that it reads it.
@reads@
expression v;
position p;
@@
 get_debugreg@p(v->arch.dr6, 6)

@vmx exists@
expression v;
position p;
@@
 get_debugreg(v->arch.dr6, 6);
 ... when any
 set_debugreg@p(\(0\|DR6_RESERVED\|DR6_ACTIVE_LOW\), 6);

// AMD's way out of the guest: the VMCB of an SEV-ES guest cannot be read.
@exit_es@
expression v, vm;
identifier es =~ "sev_es_guest$";
struct vcpu_svm *svm;
position p;
@@
 if (!es(vm)) {
 ... when any
 v->arch.cr2 =@p svm->vmcb->save.cr2;
 ... when any
 }

@exit@
expression v;
struct vcpu_svm *svm;
position p != exit_es.p;
@@
 v->arch.cr2 =@p svm->vmcb->save.cr2;

@amd_es exists@
expression v, vm;
identifier es =~ "sev_es_guest$";
struct vcpu_svm *svm;
position exit_es.p;
position q;
@@
 v->arch.cr2 =@p svm->vmcb->save.cr2;
 ... when any
 if (unlikely(es(vm) || svm->vmcb->save.dr6 & ~DR6_RESERVED)) {
	set_debugreg@q(\(0\|DR6_RESERVED\), 6);
 }

@amd exists@
expression v;
struct vcpu_svm *svm;
position exit.p;
position q;
@@
 v->arch.cr2 =@p svm->vmcb->save.cr2;
 ... when any
 if (unlikely(svm->vmcb->save.dr6 & ~DR6_RESERVED)) {
	set_debugreg@q(\(0\|DR6_RESERVED\), 6);
 }

// A guest's value on its way in.
@guest@
expression v;
position p;
@@
 set_debugreg@p(v->arch.dr6, 6)

@guest_arg exists@
identifier f, val;
type T;
position p;
@@
 f(..., T val)
 {
 ... when any
 set_debugreg@p(val, 6);
 ... when any
 }

// Somebody else's idea of where to clear it: not to be judged from here.
@elsewhere@
expression E;
position p != {guest.p, guest_arg.p, posted.p, put.p, cleared.p, vmx.p, amd.q, amd_es.q};
@@
 set_debugreg@p(E, 6)

@script:python depends on report && !elsewhere@
p << posted.p;
@@
coccilib.report.print_report(p[0], "%dr6 is written on vCPU put if vcpu->arch.dr6 is set, which is no copy of the register")

@script:python depends on report && !elsewhere@
p << put.p;
@@
coccilib.report.print_report(p[0], "%dr6 is written on every vCPU put")

@script:python depends on report && !elsewhere@
p << load.p;
@@
coccilib.report.print_report(p[0], "the guest's %dr6 is loaded although the guest cannot access it without an exit")

@script:python depends on report && !elsewhere@
p << apart.p;
@@
coccilib.report.print_report(p[0], "the guest's %dr6 is loaded although the guest cannot access it without an exit")

@script:python depends on report && there && (load || apart || guarded) && !elsewhere && !cleared && (put || posted || load || apart || (reads && !vmx))@
p << sync.p;
@@
coccilib.report.print_report(p[0], "the guest's %dr6 is read back and left in the CPU")

@script:python depends on report && there && sync && (load || apart || guarded) && !elsewhere && !amd@
p << exit.p;
@@
coccilib.report.print_report(p[0], "the guest's %dr6 is left in the CPU by #VMEXIT")

@script:python depends on report && there && sync && (load || apart || guarded) && !elsewhere && !amd_es@
p << exit_es.p;
@@
coccilib.report.print_report(p[0], "the guest's %dr6 is left in the CPU by #VMEXIT")

// A kernel's coccicheck looks at AMD's file alone, and asks for no evidence.
@script:python depends on report && !evidence && !there && !elsewhere && !amd@
p << exit.p;
@@
coccilib.report.print_report(p[0], "the guest's %dr6 is left in the CPU by #VMEXIT")

@script:python depends on report && !evidence && !there && !elsewhere && !amd_es@
p << exit_es.p;
@@
coccilib.report.print_report(p[0], "the guest's %dr6 is left in the CPU by #VMEXIT")

// The change: each part where it is missing.

// All of our parts: cleared where it was used, nothing left to do on put.
@script:python depends on evidence && there && guarded && (amd || amd_es) && !put && !posted && !load && !apart && !elsewhere@
p << cleared.p;
@@
print("carried %s:%s %%dr6 is cleared after the guest used it, not on vCPU put" % (p[0].file, p[0].line))

// The same where VMX clears it itself.
@script:python depends on evidence && there && sync && guarded && (amd || amd_es) && !put && !posted && !load && !apart && !cleared && !elsewhere@
p << vmx.p;
@@
print("carried %s:%s %%dr6 is cleared after the guest used it, by VMX itself, not on vCPU put" % (p[0].file, p[0].line))

@depends on patch && posted && !elsewhere@
identifier vcpu;
expression C, E;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 <...
- if (C)
(
- set_debugreg(E, 6);
|
- { set_debugreg(E, 6); }
)
 ...>
 }

@depends on patch && put && !elsewhere@
identifier vcpu;
expression E;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 <...
- if (\(!vcpu->arch.dr6\|vcpu->arch.dr6 == 0\)) return;
- set_debugreg(E, 6);
 ...>
 }

@depends on patch && put && !elsewhere@
identifier vcpu;
expression E;
@@
 kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
 {
 <...
- set_debugreg(E, 6);
 ...>
 }

@depends on patch && load && !elsewhere@
expression v;
@@
- set_debugreg(v->arch.eff_db[3], 3);
- set_debugreg(v->arch.dr6, 6);
+ set_debugreg(v->arch.eff_db[3], 3);
+ /* Without an exit, the guest reaches %dr6 only now. */
+ if (v->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT)
+ 	set_debugreg(v->arch.dr6, 6);

@depends on patch && apart && !load && !elsewhere@
expression v;
statement P, S;
@@
(
 if (unlikely(v->arch.switch_db_regs)) {
 ... when any
- P
- set_debugreg(v->arch.dr6, 6);
+ P
+ /* Without an exit, the guest reaches %dr6 only now. */
+ if (v->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT)
+ 	set_debugreg(v->arch.dr6, 6);
 ... when any
 }
|
 if (unlikely(v->arch.switch_db_regs)) {
 ... when any
- P
- set_debugreg(v->arch.dr6, 6);
+ P
+ /* Without an exit, the guest reaches %dr6 only now. */
+ if (v->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT)
+ 	set_debugreg(v->arch.dr6, 6);
 ... when any
 } else S
)

@depends on patch && there && (load || apart || guarded) && !elsewhere && !cleared && (put || posted || load || apart || (reads && !vmx))@
expression v;
symbol kvm_x86_ops, kvm_x86_sync_dirty_debug_regs, sync_dirty_debug_regs;
@@
 if (<+... v->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT ...+>) {
 ... when any
 \(kvm_x86_ops->sync_dirty_debug_regs\|kvm_x86_ops.sync_dirty_debug_regs\|
   static_call(kvm_x86_sync_dirty_debug_regs)\|
   kvm_x86_call(sync_dirty_debug_regs)\)(v);
+ /* The host's #DB handler must not see what the guest left in %dr6. */
+ set_debugreg(DR6_RESERVED, 6);
 ... when any
 }

@depends on patch && exit && !exit_es && there && sync && (load || apart || guarded) && !elsewhere && !amd@
expression v;
struct vcpu_svm *svm;
@@
- v->arch.cr2 = svm->vmcb->save.cr2;
+ v->arch.cr2 = svm->vmcb->save.cr2;
+ /*
+	 * VMRUN loaded %dr6 from the VMCB and #VMEXIT left it in the CPU. The
+	 * host's #DB handler must not see the guest's status bits there.
+	 */
+ if (unlikely(svm->vmcb->save.dr6 & ~DR6_RESERVED))
+ 	set_debugreg(DR6_RESERVED, 6);

@depends on patch && exit_es && there && sync && (load || apart || guarded) && !elsewhere && !amd_es@
expression v, vm;
identifier es =~ "sev_es_guest$";
struct vcpu_svm *svm;
@@
 if (!es(vm)) {
 ... when any
 v->arch.cr2 = svm->vmcb->save.cr2;
 ... when any
 }
+ if (unlikely(es(vm) || svm->vmcb->save.dr6 & ~DR6_RESERVED)) {
+ 	/*
+		 * VMRUN loaded %dr6 from the VMCB and #VMEXIT left it in the
+		 * CPU. The host's #DB handler must not see the guest's status
+		 * bits there. Those of an SEV-ES guest cannot be read.
+		 */
+ 	set_debugreg(DR6_RESERVED, 6);
+ }
