// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86: bounds-check the argument of x86_exception_has_error_code()
///
/// x86_exception_has_error_code() looks a vector up in a 32-bit mask by
/// shifting a one to the vector's place. A vector comes from an eight-bit
/// field that an L1 hypervisor writes, and a shift by 32 or more is
/// undefined: on x86 the count wraps, so that vector 40 passes for #DF
/// and is said to have an error code, and UBSan complains about it. Only
/// the vectors 0 to 31 are exceptions; no other has an error code.
///
/// It matters to hosts that run nested hypervisors. Whether the bad shift
/// can be reached differs from tree to tree: where the VM-entry checks of
/// nested VMX refuse a hardware exception with a vector above 31 before
/// they ask for the error code, it cannot, and the change only makes the
/// function safe for its next caller.
///
/// Return false early for every vector above 31.
///
/// The proof is of the function itself: built with UBSan from the tree's
/// own header and asked about every vector from 0 to 255. VM entries of a
/// guest hypervisor with each of them, which behave the same without the
/// change in the trees that were looked at, show that they still do.
// Nr: 33
// Kind: defect
// Upstream: never
// Fixes: 0447378a4a793 ("kvm: vmx: Nested VM-entry prereqs for event inj.")
// Originally-by: Jim Mattson <jmattson@google.com>
// Scope: arch/x86/kvm
// Anchors: x86_exception_has_error_code
// Modules: kvm-intel
// Abi: none
// Proof: vmx kvm/exception_bounds@bounds
// Defect: shift-out-of-bounds
// Options: --no-includes --include-headers
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
early = set()		# the files with a bound before anything is shifted
bounded = set()		# the lookups with a bound of their own

def places(p):
	return [(q.file, q.line, q.column) for q in p]

// The lookup. A bound that is there, right or wrong, is the matter of the
// rules below.

@lookup@
type T;
identifier v;
constant C;
expression E;
position p;
@@
x86_exception_has_error_code(T v)
{
<+...
\(C << v@p\|E >> v@p\|BIT(v@p)\|BIT_ULL(v@p)\)
...+>
}

// The bound as posted: an early return before anything is shifted.

@early exists@
type T;
identifier v, W;
symbol false;
constant C;
expression E;
position q;
@@
x86_exception_has_error_code(T v)
{
... when != \(C << v\|E >> v\|BIT(v)\|BIT_ULL(v)\)
(
if (\(v@q > 31\|v@q > 31U\|v@q > 0x1f\|v@q >= 32\|v@q >= 32U\|v@q >= 0x20\|v@q >= BITS_PER_TYPE(...)\)) { return \(false\|0\); }
|
if (W(\(v@q > 31\|v@q > 31U\|v@q > 0x1f\|v@q >= 32\|v@q >= 32U\|v@q >= 0x20\|v@q >= BITS_PER_TYPE(...)\))) { return \(false\|0\); }
)
... when any
}

// The bound of the earlier revisions, in one expression or statement with
// the lookup.

@inlined@
type T;
identifier lookup.v;
symbol false;
position r = {lookup.p}, q;
@@
x86_exception_has_error_code(T v)
{
<+...
(
	(\(v@q < 32\|v@q < 32U\|v@q < 0x20\|v@q <= 31\|v@q <= 31U\|v@q <= 0x1f\|v@q < BITS_PER_TYPE(...)\)) && <+... v@r ...+>
|
	(\(v@q < 32\|v@q < 32U\|v@q < 0x20\|v@q <= 31\|v@q <= 31U\|v@q <= 0x1f\|v@q < BITS_PER_TYPE(...)\)) ? <+... v@r ...+> : \(false\|0\)
|
	(\(v@q > 31\|v@q > 31U\|v@q > 0x1f\|v@q >= 32\|v@q >= 32U\|v@q >= 0x20\|v@q >= BITS_PER_TYPE(...)\)) ? \(false\|0\) : <+... v@r ...+>
)
...+>
}

@guarded@
identifier lookup.v;
symbol false;
position r = {lookup.p}, q;
@@
(
if (\(v@q < 32\|v@q < 32U\|v@q < 0x20\|v@q <= 31\|v@q <= 31U\|v@q <= 0x1f\|v@q < BITS_PER_TYPE(...)\))
{ return <+... v@r ...+>; }
|
if ((\(v@q > 31\|v@q > 31U\|v@q > 0x1f\|v@q >= 32\|v@q >= 32U\|v@q >= 0x20\|v@q >= BITS_PER_TYPE(...)\)) || <+... v@r ...+>)
{ return \(false\|0\); }
)

// One too many: vector 32 gets through.

@loose@
type T;
identifier v;
position q;
@@
x86_exception_has_error_code(T v)
{
<+...
\(v@q > 32\|v@q <= 32\)
...+>
}

// A comparison that none of the above knows is not for us to judge.

@other@
type T;
identifier v;
expression E;
position q != {early.q, inlined.q, guarded.q, loose.q};
@@
x86_exception_has_error_code(T v)
{
<+...
\(v@q > E\|v@q >= E\|v@q < E\|v@q <= E\)
...+>
}

@script:python depends on report@
p << early.q;
@@
early.add(p[0].file)

@script:python depends on report@
p << inlined.r;
@@
bounded.update(places(p))

@script:python depends on report@
p << guarded.r;
@@
bounded.update(places(p))

@script:python depends on report && !other@
p << lookup.p;
@@
for q in p:
	if q.file not in early and not bounded.issuperset(places([q])):
		coccilib.report.print_report(q, "a vector above 31 is shifted out of the mask")

@script:python depends on evidence@
p << early.q;
l << lookup.p;
@@
print("carried %s:%s vectors above 31 return early" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << inlined.q;
@@
print("carried %s:%s the lookup is bounds-checked in place" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << guarded.q;
@@
print("carried %s:%s the lookup is bounds-checked in place" % (p[0].file, p[0].line))

@depends on patch && never early && never inlined && never guarded && !loose && !other@
identifier lookup.v;
position lookup.p;
expression R;
statement S;
@@
(
+	if (v > 31)
+		return false;
return <+... v@p ...+>;
|
+	if (v > 31)
+		return false;
if (<+... v@p ...+>) S
|
+	if (v > 31)
+		return false;
R = <+... v@p ...+>;
)

@depends on patch && loose && !other@
type T;
identifier v;
@@
x86_exception_has_error_code(T v)
{
<...
(
  v >
- 32
+ 31
|
  v <=
- 32
+ 31
)
...>
}
