// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86: hyper-v: spell tlb_flush, not tlb_lush
///
/// The mask of the CPUs whose TLB a guest of the Hyper-V kind wants flushed
/// is called tlb_lush. Who searches for tlb_flush does not find it.
///
/// Rename the member, in its structure and where it is used, all at once.
///
/// The structure is in a header that modules outside the kernel's own tree
/// take from the installed headers. There the old name stays, so the change
/// is for whoever builds the whole kernel. Names of members are part of the
/// symbol versions of what takes a vCPU.
///
/// No code changes. The proof is that both objects are the same.
// Nr: 10
// Kind: cleanup
// Upstream: e6b6c483ebe9 v4.20
// Originally-by: Vitaly Kuznetsov <vkuznets@redhat.com>
// Scope: arch/x86/kvm arch/x86/include/asm
// Anchors: tlb_lush kvm_hv_flush_tlb
// Context: kvm_vcpu_hv
// Modules: kvm
// Abi: struct kvm_vcpu_hv (a member is renamed; versions of all symbols that take a vCPU)
// Proof: static object-same
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

@member@
type T;
position p;
@@
struct kvm_vcpu_hv {
...
T tlb_lush@p;
...
};

@use@
expression V;
position p;
@@
\(V->tlb_lush@p\|V.tlb_lush@p\)

// Both names at once are somebody else's business.

@right@
type T;
position p;
@@
struct kvm_vcpu_hv {
...
T tlb_flush@p;
...
};

@flushed@
expression V;
position p;
@@
kvm_hv_flush_tlb(...)
{
<+...
\(V->tlb_flush@p\|V.tlb_flush@p\)
...+>
}

// The CPUs are found without a mask in the vCPU.

@without@
expression K, R, M;
position p;
@@
kvm_hv_flush_tlb(...)
{
<+...
kvm_make_vcpus_request_mask@p(K, R, M)
...+>
}

@script:python depends on report@
p << member.p;
@@
coccilib.report.print_report(p[0], "tlb_lush is misspelt")

@script:python depends on report@
p << use.p;
@@
coccilib.report.print_report(p[0], "tlb_lush is misspelt")

@script:python depends on evidence && !use && !member@
p << flushed.p;
@@
print("carried %s:%s tlb_flush is spelt right" % (p[0].file, p[0].line))

@script:python depends on evidence && !use && !member && !flushed@
p << without.p;
@@
print("superseded %s:%s no vCPU has a mask for the flush" % (p[0].file, p[0].line))

@depends on patch && member && !right@
type T;
@@
struct kvm_vcpu_hv {
...
- T tlb_lush;
+ T tlb_flush;
...
};

// Where the member has its right name already, only its uses are left.

@depends on patch && (member && !right || right && !member)@
expression V;
@@
(
- V->tlb_lush
+ V->tlb_flush
|
- V.tlb_lush
+ V.tlb_flush
)
