// SPDX-License-Identifier: GPL-2.0-only
/// KVM: nSVM: fill the VMCB of L1 from KVM's registers on a nested #VMEXIT
///
/// While KVM handles an exit of L2, vcpu->arch.regs holds the registers of
/// L2, and what KVM itself changes, say RIP after it emulated an
/// instruction, is only there until the next VMRUN. When a nested #VMEXIT
/// comes before that, nested_svm_vmexit() copied RIP, RSP and RAX from the
/// VMCB, as they were at the last hardware exit. L1 then restarts L2 at the
/// instruction that KVM has already emulated: an I/O instruction or an MMIO
/// access is done twice, and L2 hangs where each round ends the same way.
///
/// It matters to AMD hosts whose guests run VMs. How often it happens
/// depends on the kernel: since nSVM exits from check_nested_events(), each
/// interrupt that arrives during such an emulation does it; before that,
/// most exits went through VMRUN first, which wrote the registers back.
///
/// Take the three registers from where KVM keeps them, as nVMX does. They
/// are read from the VMCB after each exit, so that the result is the same
/// wherever KVM changed nothing.
///
/// The proof lets userspace complete an I/O instruction of L2 while an
/// interrupt for L1 is pending, and looks at the RIP that L1 gets.
// Nr: 25
// Kind: defect
// Upstream: b6162e82aef1 v5.8
// Originally-by: Vitaly Kuznetsov <vkuznets@redhat.com>
// Scope: arch/x86/kvm
// Anchors: nested_svm_vmexit nested_svm_vmexit_update_vmcb12
// Context: kvm_rsp_read kvm_rax_read_raw
// Modules: kvm-amd
// Abi: none
// Proof: svm kvm/nsvm_vmexit
// Defect: stale-rip
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// The function that fills the VMCB of L1, known by the exit code that it
// hands on, and the VMCB of L2, from which it takes it.
@fill@
expression D, S;
@@
 D->control.exit_code = S->control.exit_code

// The vCPU, by one of the registers that always came from there.
@vcpu@
expression fill.D, V;
identifier reg =~ "^(cr0|cr3|rflags)$";
identifier get =~ "^kvm_(read_cr0|read_cr3|get_rflags)$";
@@
 D->save.reg = get(V)

// L2's own VMCB may be brought up to date before it is copied, always.
@rip_synced@
identifier f;
expression fill.D, S, V, E;
identifier get =~ "^kvm_(rip|register)_read";
position p;
@@
 f(...)
 {
 ...
 S->save.rip = \(get(V)\|get(V, VCPU_REGS_RIP)\|V->arch.regs[VCPU_REGS_RIP]\|V.arch.regs[VCPU_REGS_RIP]\);
 ... when != S->save.rip = E
 D->save.rip =@p S->save.rip;
 ...
 }

@rsp_synced@
identifier f;
expression fill.D, S, V, E;
identifier get =~ "^kvm_(rsp|register)_read";
position p;
@@
 f(...)
 {
 ...
 S->save.rsp = \(get(V)\|get(V, VCPU_REGS_RSP)\|V->arch.regs[VCPU_REGS_RSP]\|V.arch.regs[VCPU_REGS_RSP]\);
 ... when != S->save.rsp = E
 D->save.rsp =@p S->save.rsp;
 ...
 }

@rax_synced@
identifier f;
expression fill.D, S, V, E;
identifier get =~ "^kvm_(rax|register)_read";
position p;
@@
 f(...)
 {
 ...
 S->save.rax = \(get(V)\|get(V, VCPU_REGS_RAX)\|V->arch.regs[VCPU_REGS_RAX]\|V.arch.regs[VCPU_REGS_RAX]\);
 ... when != S->save.rax = E
 D->save.rax =@p S->save.rax;
 ...
 }

@rip@
expression fill.D, S;
position p != rip_synced.p;
@@
 D->save.rip =@p S->save.rip

@rsp@
expression fill.D, S;
position p != rsp_synced.p;
@@
 D->save.rsp =@p S->save.rsp

@rax@
expression fill.D, S;
position p != rax_synced.p;
@@
 D->save.rax =@p S->save.rax

// How it should be.
@rip_new@
expression fill.D, V;
identifier get =~ "^kvm_(rip|register)_read";
position p;
@@
 D->save.rip =@p \(get(V)\|get(V, VCPU_REGS_RIP)\|V->arch.regs[VCPU_REGS_RIP]\|V.arch.regs[VCPU_REGS_RIP]\|V->arch.rip\)

@rsp_new@
expression fill.D, V;
identifier get =~ "^kvm_(rsp|register)_read";
@@
 D->save.rsp = \(get(V)\|get(V, VCPU_REGS_RSP)\|V->arch.regs[VCPU_REGS_RSP]\|V.arch.regs[VCPU_REGS_RSP]\)

@rax_new@
expression fill.D, V;
identifier get =~ "^kvm_(rax|register)_read";
@@
 D->save.rax = \(get(V)\|get(V, VCPU_REGS_RAX)\|V->arch.regs[VCPU_REGS_RAX]\|V.arch.regs[VCPU_REGS_RAX]\)

// The accessors of the era: by register only since v5.2, and one of RAX
// that does not look at the mode where the plain one does.
@named@
@@
 kvm_rsp_read(...) { ... }

@raw@
expression E;
@@
 kvm_rax_read_raw(E)

@script:python depends on report@
p << rip.p;
@@
coccilib.report.print_report(p[0], "the RIP that L1 gets is that of the last hardware exit")

@script:python depends on report@
p << rsp.p;
@@
coccilib.report.print_report(p[0], "the RSP that L1 gets is that of the last hardware exit")

@script:python depends on report@
p << rax.p;
@@
coccilib.report.print_report(p[0], "the RAX that L1 gets is that of the last hardware exit")

@script:python depends on evidence && rsp_new && rax_new@
p << rip_new.p;
@@
print("carried %s:%s L1 gets the registers that KVM holds" % (p[0].file, p[0].line))

@script:python depends on evidence && rsp_synced && rax_synced@
p << rip_synced.p;
@@
print("superseded %s:%s the VMCB of L2 has the registers that KVM holds" % (p[0].file, p[0].line))

@depends on patch@
expression fill.D, vcpu.V, S;
@@
 D->save.rip =
- S->save.rip
+ kvm_rip_read(V)

@depends on patch && named@
expression fill.D, vcpu.V, S;
@@
 D->save.rsp =
- S->save.rsp
+ kvm_rsp_read(V)

@depends on patch && !named@
expression fill.D, vcpu.V, S;
@@
 D->save.rsp =
- S->save.rsp
+ kvm_register_read(V, VCPU_REGS_RSP)

@depends on patch && raw@
expression fill.D, vcpu.V, S;
@@
 D->save.rax =
- S->save.rax
+ kvm_rax_read_raw(V)

@depends on patch && named && !raw@
expression fill.D, vcpu.V, S;
@@
 D->save.rax =
- S->save.rax
+ kvm_rax_read(V)

@depends on patch && !named && !raw@
expression fill.D, vcpu.V, S;
@@
 D->save.rax =
- S->save.rax
+ kvm_register_read(V, VCPU_REGS_RAX)
