// SPDX-License-Identifier: GPL-2.0-only
/// KVM: nVMX: flush the TLB of a nested transition when its EPTP is loaded
///
/// Where L1 and L2 share a VPID, because L1 does not use VPIDs or none is
/// left for L2, the TLB must be flushed each time that L1 enters L2 and
/// that L2 exits to L1. KVM did so at once. With EPT that is an INVEPT of
/// the EPTP of the current MMU, but at that point of a nested entry the
/// MMU is still that of L1, while what L2 leaves in the TLB is tagged with
/// the EPTP of L2. L2 can then run on translations from before the entry,
/// from another address space of another L2.
///
/// It matters to Intel hosts with EPT that run nested hypervisors.
///
/// Only request the flush. The request is served before the vCPU is
/// entered again, after the one that loads the new root, so that the right
/// EPTP is flushed in both directions. If the new root is not there yet,
/// loading it flushes anyway.
///
/// Older kernels have no request to load a root: the new root is loaded after
/// all requests were served, so that a flush that is only requested would
/// still come before it. There the change is blocked. Until such a kernel
/// has that request, it depends on vmx_set_cr3() whether L2 can see what is
/// stale: where that flushes after it wrote the EPTP, each load of a root
/// does, and the early flush is only superfluous. The verdict names the
/// place. Later kernels rewrote the flush of nested transitions and request
/// it as well.
///
/// The proof has L1 without VPIDs change what a linear address of L2
/// translates to between two entries, and has L2 read through it. The TLB
/// of the emulated CPU is not tagged, it flushes all of it with each entry
/// and exit. So a module puts probes on each INVEPT and INVVPID of KVM,
/// and tells what a tagged TLB would have left when a guest is entered.
// Nr: 07
// Kind: defect
// Upstream: 1438921c6dc1 v4.20
// Originally-by: Liran Alon <liran.alon@oracle.com>
// Scope: arch/x86/kvm
// Anchors: load_vmcs12_host_state nested_vmx_transition_tlb_flush
// Context: last_vpid vmx_set_cr3 KVM_REQ_LOAD_CR3 KVM_REQ_LOAD_MMU_PGD
// Modules: kvm-intel
// Abi: none
// Proof: vmx kvm/eptp_flush@tlb
// Defect: stale-translation
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// The flush at once: on a nested entry ...
@enter@
expression E;
statement S;
position p;
@@
 if (<+... nested_cpu_has_vpid(E) ...+>) S
 else {
 ...
 vmx_flush_tlb@p(...);
 ...
 }

// ... and on a nested exit.
@leave@
position p;
@@
 load_vmcs12_host_state(...)
 {
 <+...
 if (<+... enable_vpid ...+>) {
 vmx_flush_tlb@p(...);
 }
 ...+>
 }

// The request.
@enter_new@
expression E, V;
statement S;
position p;
@@
 if (<+... nested_cpu_has_vpid(E) ...+>) S
 else {
 ...
 kvm_make_request@p(\(KVM_REQ_TLB_FLUSH\|KVM_REQ_TLB_FLUSH_CURRENT\), V);
 ...
 }

@leave_new@
expression V;
@@
 load_vmcs12_host_state(...)
 {
 <+...
 if (<+... enable_vpid ...+>) {
 kvm_make_request(\(KVM_REQ_TLB_FLUSH\|KVM_REQ_TLB_FLUSH_CURRENT\), V);
 }
 ...+>
 }

// It is served after another one that loads the root.
@order exists@
expression V;
statement S1, S2;
position p;
@@
 if (kvm_check_request(\(KVM_REQ_LOAD_CR3\|KVM_REQ_LOAD_MMU_PGD\), V)) S1
 ...
 if (kvm_check_request@p(\(KVM_REQ_TLB_FLUSH\|KVM_REQ_TLB_FLUSH_CURRENT\), V)) S2

// Each load of a root flushes.
@load@
position p;
@@
 vmx_set_cr3(...)
 {
 ... when any
 vmx_flush_tlb@p(...);
 ... when any
 }

// The rewritten flush.
@transition@
expression V;
position p;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <+...
 kvm_make_request@p(\(KVM_REQ_TLB_FLUSH_CURRENT\|KVM_REQ_TLB_FLUSH_GUEST\), V);
 ...+>
 }

// A rewritten flush that is done at once, and what comes of it.
@direct@
expression E, V;
position p;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <+...
 if (VALID_PAGE(E)) ept_sync_context@p(construct_eptp(V, ...));
 ...+>
 }

@direct_new@
expression V, R;
position p;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <+...
 if (!enable_ept || !enable_vpid) kvm_make_request(R, V);
 else kvm_make_request@p(KVM_REQ_TLB_FLUSH_CURRENT, V);
 ...+>
 }

// The same where it calls what flushes.
@called@
identifier f =~ "^(vmx|kvm_vcpu)_flush_tlb(_current|_guest|_all)?$";
position p;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <+...
 f@p(...)
 ...+>
 }

@called_new@
expression E, V;
statement S;
position p;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <+...
(
 if (!nested_cpu_has_vpid(E)) {
 ...
 kvm_make_request@p(KVM_REQ_TLB_FLUSH_CURRENT, V);
 ...
 }
|
 if (!nested_cpu_has_vpid(E)) {
 kvm_make_request@p(KVM_REQ_TLB_FLUSH_CURRENT, V);
 } else S
)
 ...+>
 }

@entered@
@@
 prepare_vmcs02(...)
 {
 <+...
 nested_vmx_transition_tlb_flush(...);
 ...+>
 }

@left@
@@
 load_vmcs12_host_state(...)
 {
 <+...
 nested_vmx_transition_tlb_flush(...);
 ...+>
 }

@script:python depends on report && entered && left@
p << direct.p;
@@
coccilib.report.print_report(p[0], "the TLB is flushed before the EPTP is loaded")

@script:python depends on report && entered && left@
p << called.p;
@@
coccilib.report.print_report(p[0], "the TLB is flushed before the EPTP is loaded")

@script:python depends on report@
p << enter.p;
@@
coccilib.report.print_report(p[0], "the TLB is flushed before the EPTP of L2 is loaded")

@script:python depends on report@
p << leave.p;
@@
coccilib.report.print_report(p[0], "the TLB is flushed before the EPTP of L1 is loaded")

@script:python depends on evidence && !order@
p << enter.p;
@@
print("blocked %s:%s no request (KVM_REQ_LOAD_CR3, KVM_REQ_LOAD_MMU_PGD) is known to load the EPTP of L2 before a requested flush is served" % (p[0].file, p[0].line))

@script:python depends on evidence && !order@
p << leave.p;
@@
print("blocked %s:%s no request (KVM_REQ_LOAD_CR3, KVM_REQ_LOAD_MMU_PGD) is known to load the EPTP of L1 before a requested flush is served" % (p[0].file, p[0].line))

@script:python depends on evidence && (enter || leave) && !order@
p << load.p;
@@
print("blocked %s:%s until then each load of a root flushes after it" % (p[0].file, p[0].line))

@script:python depends on evidence && !enter && !leave && leave_new@
p << enter_new.p;
@@
print("carried %s:%s the flush is requested" % (p[0].file, p[0].line))

@script:python depends on evidence && entered && left && !enter && !leave && !direct && !called@
p << direct_new.p;
@@
print("carried %s:%s the flush is requested" % (p[0].file, p[0].line))

@script:python depends on evidence && entered && left && !enter && !leave && !direct && !called && !direct_new@
p << called_new.p;
@@
print("carried %s:%s the flush is requested" % (p[0].file, p[0].line))

@script:python depends on evidence && entered && left && !enter && !leave && !direct && !called && !direct_new && !called_new@
p << transition.p;
@@
print("superseded %s:%s the flush of nested transitions was rewritten, and is requested" % (p[0].file, p[0].line))

@depends on patch@
expression E, V;
statement S;
@@
 if (<+... nested_cpu_has_vpid(E) ...+>) S
 else {
 ...
- vmx_flush_tlb(V, ...);
+ /*
+			 * With EPT, it is the EPTP of L2 that has to be
+			 * flushed. The request that loads it is one that
+			 * vcpu_enter_guest() serves before this.
+			 */
+ kvm_make_request(KVM_REQ_TLB_FLUSH, V);
 ...
 }

@depends on patch@
expression V;
@@
 load_vmcs12_host_state(...)
 {
 <...
 if (<+... enable_vpid ...+>) {
- vmx_flush_tlb(V, ...);
+ /* After the request that loads the EPTP of L1. */
+ kvm_make_request(KVM_REQ_TLB_FLUSH, V);
 }
 ...>
 }

@depends on patch && direct@
expression E, V;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <...
- if (VALID_PAGE(E)) ept_sync_context(construct_eptp(V, ...));
+ kvm_make_request(KVM_REQ_TLB_FLUSH_CURRENT, V);
 ...>
 }

@depends on patch && called@
identifier f =~ "^(vmx|kvm_vcpu)_flush_tlb(_current)?$";
expression E, V;
statement S;
@@
 nested_vmx_transition_tlb_flush(...)
 {
 <...
(
 if (!nested_cpu_has_vpid(E)) {
 ...
- f(V, ...);
+ kvm_make_request(KVM_REQ_TLB_FLUSH_CURRENT, V);
 ...
 }
|
 if (!nested_cpu_has_vpid(E)) {
- f(V, ...);
+ kvm_make_request(KVM_REQ_TLB_FLUSH_CURRENT, V);
 } else S
)
 ...>
 }
