// SPDX-License-Identifier: GPL-2.0-only
/// KVM: VMX: drop a FIXME where there is nothing to fix
///
/// RDMSR clears bits 63:32 of RAX and RDX. A comment in handle_rdmsr() asks
/// for that as for something to be done, right above the two lines that do
/// it: each writes only the lower half of the MSR's value to all of the
/// register.
///
/// It matters to whoever reads or audits the code: the comment sends one
/// looking for a defect that is not there.
///
/// Remove the comment. In v5.2 it is gone, with other work; since v5.4 RDMSR
/// is emulated in a function that VMX and SVM share.
///
/// The proof is that the object code stays the same, on a fixture.
// Nr: 19
// Kind: cleanup
// Upstream: never
// Originally-by: Jim Mattson <jmattson@google.com>
// Scope: arch/x86/kvm
// Anchors: handle_rdmsr kvm_emulate_rdmsr
// Modules: kvm-intel
// Abi: none
// Proof: static object-same on v5.0
// Options: --no-includes
// Confidence: High

virtual report
virtual evidence

// A comment is out of SmPL's reach: the patches take it out, and what is said
// here about it comes from the text above the code.

@initialize:python@
@@
def lines_of(p):
	with open(p.file, errors="replace") as f:
		return f.read().split("\n")

def above(p):
	lines = lines_of(p)[:int(p.line) - 1]
	while lines and not lines[-1].strip():
		lines.pop()
	return lines[-1] if lines else ""

def function(p):
	lines = lines_of(p)[int(p.line) - 1:]
	return "\n".join(lines[:lines.index("}")] if "}" in lines else lines)

@own@
position p;
@@
 handle_rdmsr@p(...) { ... }

@rax@
expression V, E;
position p;
@@
 handle_rdmsr(...)
 {
 <...
(
 V->arch.regs[VCPU_REGS_RAX] =@p E
|
 kvm_rax_write@p(V, E)
|
 kvm_register_write@p(V, VCPU_REGS_RAX, E)
)
 ...>
 }

@script:python depends on evidence@
p << rax.p;
@@
if "FIXME" not in above(p[0]):
	print("carried %s:%s no comment asks for the upper halves of RAX and RDX" % (p[0].file, p[0].line))

@calls@
@@
 handle_rdmsr(...)
 {
 <+...
 kvm_emulate_rdmsr(...)
 ...+>
 }

@shared depends on calls || !own@
position p;
@@
 kvm_emulate_rdmsr@p(...) { ... }

@script:python depends on evidence@
p << shared.p;
@@
if "FIXME" not in function(p[0]):
	print("superseded %s:%s RDMSR is emulated in one place for VMX and SVM, without a FIXME" % (p[0].file, p[0].line))
