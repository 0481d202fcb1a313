// SPDX-License-Identifier: GPL-2.0-only
/// KVM: SVM: remove the unused struct svm_init_data
///
/// Nothing uses struct svm_init_data. It once carried the arguments of the
/// function that switches SVM on, on each CPU; that function has had none
/// for a long time. Who reads the file looks for its user in vain.
///
/// Remove it. A tree in which something uses the structure is left alone.
///
/// No code changes. The proof is that the name is gone from the debug
/// information, built such that it keeps types without a user.
// Nr: 02
// Kind: cleanup
// Upstream: v5.0
// Originally-by: Peng Hao <peng.hao2@zte.com.cn>
// Scope: arch/x86/kvm
// Anchors: svm_init_data svm_cpu_init new_asid
// Modules: kvm-amd
// Abi: none
// Proof: static symbol-gone svm_init_data
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// Macros and typedefs also use a type: all mentions in code count.

@initialize:python@
@@
import glob
import re

def mentions(pattern):
    n = 0
    for name in glob.glob(pattern, recursive=True):
        text = open(name, errors="replace").read()
        text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.S)
        n += len(re.findall(r"\bsvm_init_data\b", text))
    return n

@definition@
position p;
@@
struct svm_init_data@p { ... };

@alias@
type T;
position p;
@@
typedef struct svm_init_data@p { ... } T;

@use@
position p;
@@
struct svm_init_data@p

// What works on the CPU's data, which the structure stood next to, or makes it.

@neighbour@
position p;
@@
new_asid@p(...)
{
...
}

@maker@
position p;
@@
svm_cpu_init@p(...)
{
...
}

@script:python alone depends on !use && !alias@
p << definition.p;
@@
if mentions(p[0].file) != 1:
    cocci.include_match(False)

@script:python depends on report && alone@
p << definition.p;
@@
coccilib.report.print_report(p[0], "struct svm_init_data is not used")

@script:python depends on evidence && definition@
p << use.p;
@@
print("superseded %s:%s struct svm_init_data is in use" % (p[0].file, p[0].line))

@script:python depends on evidence && !definition && !use@
p << neighbour.p;
@@
if not mentions("arch/x86/kvm/**/*.[ch]"):
    print("carried %s:%s SVM keeps data per CPU, and no svm_init_data" % (p[0].file, p[0].line))

@script:python depends on evidence && !definition && !use && !neighbour@
p << maker.p;
@@
if not mentions("arch/x86/kvm/**/*.[ch]"):
    print("carried %s:%s SVM keeps data per CPU, and no svm_init_data" % (p[0].file, p[0].line))

@depends on patch && alone@
position definition.p;
@@
- struct svm_init_data@p { ... };
