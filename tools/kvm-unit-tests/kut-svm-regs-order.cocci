// SPDX-License-Identifier: GPL-2.0-only
/// x86: svm: struct regs in the order in which the registers are swapped
///
/// Around VMRUN the tests swap the general registers with those that are
/// kept in "regs", at offsets that are written out: RBX at 0x8, RCX at 0x10,
/// RDX at 0x18. struct regs describes the same memory, but has RCX, RDX and
/// RBX in these places. A test that prepares or checks one of the three by
/// its name gets another one. RAX, RFLAGS and the other registers are where
/// both say.
///
/// Describe the memory as it is used.
///
/// Nobody notices as long as the tests only set RDI and look at RAX. The
/// proof is a program round the fixture that compares offsetof() with the
/// offsets in the assembly: RBX, RCX and RDX differ without the change.
// Nr: 31
// Kind: defect
// Upstream: bc0c0f49f6b4 in kvm-unit-tests
// Fixes: a43baea076d0 ("x86: svm: load/save all GPRs")
// Originally-by: William Tambe <william.tambe@amd.com>
// Scope: x86 lib/x86
// Anchors: vmcb_ident
// Context: vmcb_save_area SAVE_GPR_C LOAD_GPR_C guest_regs
// Modules: none
// Abi: none
// Proof: static run on 2014
// Defect: regs-order
// Options: --no-includes --include-headers
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
import re

svm = set()		# the files with the code of the tests
structs = set()		# the files with a structure of the registers
vmx = set()		# the files about VMX, which has one of its own

def text(file):
	return re.sub(r"/\*.*?\*/|/{2}[^\n]*", "", open(file, errors="replace").read(),
		      flags=re.S)

# "xchg %%rbx, regs+0x8": the three registers by their offsets
def swapped(order):
	for file in (svm | structs) - vmx:
		at = re.findall(r"xchg\s+%+(r[bcd]x)\s*,\s*\w+\s*\+\s*(0x[0-9a-f]+|\d+)",
				text(file))
		at = sorted({(int(offset, 0), reg) for reg, offset in at})
		if [reg for offset, reg in at] == order.split():
			return True
	return False

# Nothing of all this: no offset is written out.
def unswapped():
	return not any(re.search(r"xchg\s+%+r[bcd]x", text(file))
		       for file in (svm | structs) - vmx)

# The assembler gets the offsets from the structure.
def symbolic():
	return any(re.search(r"GUEST_REGS_OFFSETS|offsetof\(struct \w*regs\w*,", text(file))
		   for file in (svm | structs) - vmx)

@vmcs@
identifier s =~ "^vmcs$";
position p;
@@
struct s@p { ... };

@script:python@
p << vmcs.p;
@@
vmx.add(p[0].file)

@macro@
identifier m =~ "GPR";
expression E;
position p;
@@
#define m@p E

@script:python@
p << macro.p;
@@
svm.add(p[0].file)

// The two orders: by the numbers of the registers, and by their names.

@by_number@
identifier S;
type T;
position p;
@@
struct S {
	T rax;
	T rcx;
	T rdx;
	T rbx@p;
	...
};

@by_name@
identifier S;
type T;
position p;
@@
struct S {
	T rax;
	T rbx@p;
	T rcx;
	T rdx;
	...
};

@script:python@
p << by_number.p;
@@
structs.add(p[0].file)

@script:python@
p << by_name.p;
@@
structs.add(p[0].file)

@tests@
identifier f =~ "^vmcb_ident$";
position p;
@@
f@p(...) { ... }

@script:python@
p << tests.p;
@@
svm.add(p[0].file)

@script:python depends on report@
p << by_number.p;
@@
if p[0].file not in vmx and swapped("rbx rcx rdx"):
	coccilib.report.print_report(p[0], "rbx comes after rcx and rdx here, but is swapped before them")

@script:python depends on evidence@
p << by_name.p;
@@
if p[0].file not in vmx and swapped("rbx rcx rdx"):
	print("carried %s:%s rbx comes before rcx and rdx, as it is swapped" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << by_number.p;
@@
if p[0].file not in vmx and swapped("rcx rdx rbx"):
	print("superseded %s:%s rbx comes after rcx and rdx, and is swapped after them" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << tests.p;
@@
if unswapped() and symbolic():
	print("superseded %s:%s the assembler gets the offsets from the structure" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << tests.p;
@@
if unswapped() and not structs - vmx and not symbolic():
	print("absent %s:%s the tests keep no registers beside those of the VMCB" % (p[0].file, p[0].line))

@script:python depends on patch@
p << by_number.p;
@@
if p[0].file in vmx or not swapped("rbx rcx rdx"):
	cocci.include_match(False)

@depends on patch@
identifier by_number.S;
type by_number.T;
position by_number.p;
@@
struct S {
	T rax;
+	T rbx;
	T rcx;
	T rdx;
-	T rbx@p;
	...
};
