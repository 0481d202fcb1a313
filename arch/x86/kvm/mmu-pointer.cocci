// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86/mmu: make vcpu->arch.mmu a pointer to the current MMU
///
/// A vCPU has one MMU context for handling faults, whether it runs L1 or
/// L2, and it is set up anew on each switch between the two. Before each
/// guest can have a context of its own, the code must stop to know which
/// one it works on.
///
/// Make vcpu->arch.mmu a pointer, and let it point to root_mmu, which is
/// what the old context is called now. Nothing changes for any guest. All
/// users change together: where one of them would be left, the change is
/// not made at all.
///
/// The structure is in a header that modules outside the kernel's own tree
/// take from the installed headers, and its layout changes. So this is for
/// whoever builds the whole kernel, as a base for the split.
///
/// The proof is that all of it compiles, on a fixture: kernels that have the
/// pointer have several MMUs behind it, and there is no way back. A user that
/// is left does not compile.
// Nr: 15
// Kind: cleanup
// Upstream: 44dd3ffa7bb3 v4.20
// Originally-by: Vitaly Kuznetsov <vkuznets@redhat.com>
// Scope: arch/x86/kvm arch/x86/include/asm
// Anchors: kvm_mmu_create walk_mmu
// Context: mmu
// Modules: kvm kvm-intel kvm-amd
// Abi: struct kvm_vcpu_arch (a pointer is added, the context behind it is renamed)
// Proof: static compile on v4.19
// Preprocess: FNAME
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// Users in macros and in what spatch does not parse count too.

@initialize:python@
@@
import glob
import re

def users_left():
    for name in glob.glob("arch/x86/**/*.[ch]", recursive=True):
        text = open(name, errors="replace").read()
        text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.S)
        if re.search(r"\barch\s*\.\s*mmu\s*\."
                     r"|(?<!&)&(?!&)[\w\s>.()-]*\barch\s*\.\s*mmu\b(?!\s*\)*\s*->)"
                     r"|\bsizeof\s*\([^()]*\barch\s*\.\s*mmu\s*\)", text):
            return True
    return False

@member@
position p;
@@
struct kvm_vcpu_arch {
...
struct kvm_mmu mmu@p;
...
};

@taken@
@@
struct kvm_vcpu_arch {
...
struct kvm_mmu root_mmu;
...
};

@old@
expression V;
position p;
@@
V->arch.walk_mmu@p = &V->arch.mmu;

@new@
expression V;
position p;
@@
V->arch.mmu@p = &V->arch.root_mmu;

@script:python depends on report && member@
p << old.p;
@@
coccilib.report.print_report(p[0], "the vCPU's MMU is not a pointer")

@script:python depends on evidence && !member@
p << new.p;
@@
if not users_left():
    print("carried %s:%s the vCPU's MMU is a pointer" % (p[0].file, p[0].line))

@depends on patch && member && !taken@
@@
struct kvm_vcpu_arch {
...
- struct kvm_mmu mmu;
+ struct kvm_mmu *mmu;
+
+ /* The MMU of a guest that is not nested */
+ struct kvm_mmu root_mmu;
...
};

@depends on patch && member && !taken@
expression V;
@@
kvm_mmu_create(...)
{
... when != V->arch.mmu
+	V->arch.mmu = &V->arch.root_mmu;
- V->arch.walk_mmu = &V->arch.mmu;
+ V->arch.walk_mmu = &V->arch.root_mmu;
...
}

@depends on patch && member && !taken@
expression V;
@@
(
- &(V->arch.mmu)
+ V->arch.mmu
|
- &V->arch.mmu
+ V->arch.mmu
)

@depends on patch && member && !taken@
expression V;
identifier F;
@@
- V->arch.mmu.F
+ V->arch.mmu->F
