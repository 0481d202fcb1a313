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

virtual patch
virtual report
virtual evidence

// SmPL does not see comments: the text of the function tells whether this one
// is in it. It goes when the statements around it are written anew.

@initialize:python@
@@
import re

COMMENT = r"/\*(?:(?!\*/).)*\*/|//[^\n]*"

def lines_of(p):
	with open(p.file, errors="replace") as f:
		return f.read().split("\n")

def function(p):
	lines = lines_of(p)[int(p.line) - 1:]
	return "\n".join(lines[:lines.index("}")] if "}" in lines else lines)

# Does a comment in a text ask for the upper halves of RAX and RDX?
def asks(text):
	return any("FIXME" in c and re.search(r"\b(32|63|[re]?[ad]x)\b", c, re.I)
		   for c in re.findall(COMMENT, text, re.S))

# Is such a comment all that stands in handle_rdmsr() between the statement at Q
# and the line of P?
def between(q, p):
	if p.current_element != "handle_rdmsr":
		return False
	text = "\n".join(lines_of(q)[int(q.line) - 1:int(p.line) - 1])
	last = re.search(r";\s*(" + COMMENT + r")\s*$", text, re.S)
	return last and asks(last.group(1))

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

@script:python depends on report@
p << own.p;
r << rax.p;
@@
if asks(function(p[0])):
	coccilib.report.print_report(r[0], "a comment asks for what is done here")

@script:python depends on evidence@
p << own.p;
r << rax.p;
@@
if not asks(function(p[0])):
	print("carried %s:%s no comment asks for the upper halves of RAX and RDX" % (r[0].file, r[0].line))

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
if not asks(function(p[0])):
	print("superseded %s:%s RDMSR is emulated in one place for VMX and SVM, without that comment" % (p[0].file, p[0].line))

@after depends on patch@
expression E1, W;
position q, w;
@@
 E1@q;
 W@w;

@script:python@
q << after.q;
w << after.w;
@@
if not between(q[0], w[0]):
	cocci.include_match(False)

@depends on patch@
expression E1;
expression after.W;
position after.q;
@@
 E1@q
-;
-W;
+;
+
+W;
