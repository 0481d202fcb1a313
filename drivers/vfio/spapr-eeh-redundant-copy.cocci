// SPDX-License-Identifier: GPL-2.0-only
/// vfio: spapr: copy only the error description for EEH error injection
///
/// VFIO_EEH_PE_OP copies the head of struct vfio_eeh_pe_op from user
/// space, checks argsz and flags and selects the operation by op. For
/// VFIO_EEH_PE_INJECT_ERR the whole structure is then copied once more,
/// over the fields that were checked. Another thread that writes to the
/// buffer between the two copies decides what argsz, flags and op hold
/// afterwards. Nothing looks at them again today, but whatever does will
/// take unchecked values for checked ones.
///
/// Let the second copy fill nothing but err, from err.type up to and
/// including err.mask. The offset is that of the member itself: on 64-bit
/// there are four bytes of padding between op and err.
///
/// The proof rewrites the head of the buffer between the two copies and
/// looks at what reaches the kernel's structure.
// Nr: 14
// Kind: defect
// Upstream: never
// Originally-by: Wenwen Wang <wang6495@umn.edu>
// Scope: drivers/vfio
// Anchors: eeh_pe_inject_err VFIO_EEH_PE_INJECT_ERR
// Modules: vfio_spapr_eeh vfio_iommu_spapr_tce
// Abi: none
// Proof: ppc64 vfio/spapr_eeh_copy
// Defect: header-copied-twice
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// The copy that feeds the injection. The head was copied and checked
// before, or there would be no operation to select.

@whole depends on report exists@
struct vfio_eeh_pe_op req;
expression src1, src2, n1, n2;
position p;
@@
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 \(copy_from_user@p\|__copy_from_user@p\)(&req, src2, n2)
 ... when != req.op
     when != req.argsz
 eeh_pe_inject_err(...)

@script:python depends on report@
p << whole.p;
@@
coccilib.report.print_report(p[0], "the checked head of the structure is copied from user space again")

// A wrong form of the change: err from elsewhere, or more than err.
@wrong depends on report || patch exists@
symbol err, mask;
struct vfio_eeh_pe_op req;
identifier copy =~ "^(__)?copy_from_user$";
identifier arg;
expression E, src, n;
type T, U;
position p;
@@
(
 copy@p(\((T)&req.err\|(T)&req.err.type\),
	(U)(E + offsetofend(struct vfio_eeh_pe_op, op)), n)
|
 copy@p(\((T)&req.err\|(T)&req.err.type\), (U)arg, n)
|
 copy@p(\((T)&req.err\|(T)&req.err.type\), src,
	\(offsetofend(struct vfio_eeh_pe_op, err.mask)\|sizeof(req)\|
	  sizeof(struct vfio_eeh_pe_op)\))
)
 ... when any
 eeh_pe_inject_err(...)

@longer depends on report exists@
symbol err, mask;
struct vfio_eeh_pe_op req;
identifier copy =~ "^(__)?copy_from_user$";
expression E, minsz, src;
type T;
position p;
@@
 minsz = offsetofend(struct vfio_eeh_pe_op, err.mask)
 ... when any
     when != minsz = E
 copy@p(\((T)&req.err\|(T)&req.err.type\), src, minsz)
 ... when any
 eeh_pe_inject_err(...)

@script:python depends on report@
p << wrong.p;
@@
coccilib.report.print_report(p[0], "the second copy does not fill err from err")

@script:python depends on report@
p << longer.p;
@@
coccilib.report.print_report(p[0], "the second copy fills more than err")

// The second copy fills err only: destination, source and length must all
// say so. A wrong offset would be worse than the copy that was saved.
@only_err depends on evidence exists@
struct vfio_eeh_pe_op req;
expression src1, n1, src, n;
identifier copy =~ "^(__)?copy_from_user$";
type T;
position p;
@@
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 copy@p(\((T)&req.err\|(T)&req.err.type\|
	(T)&req + offsetof(struct vfio_eeh_pe_op, err)\|
	(T)&req + offsetof(struct vfio_eeh_pe_op, err.type)\), src, n)
 ... when any
     when != copy_from_user(&req, ...)
     when != __copy_from_user(&req, ...)
 eeh_pe_inject_err(...)

@from_err depends on only_err@
symbol err, mask;
struct vfio_eeh_pe_op *uop;
expression dst, arg, n;
identifier copy;
type T;
position only_err.p, q;
@@
 copy@p@q(dst,
	\((T)(arg + offsetof(struct vfio_eeh_pe_op, err))\|
	  (T)(arg + offsetof(struct vfio_eeh_pe_op, err.type))\|
	  &uop->err\|&uop->err.type\),
	n)

@size_err depends on from_err@
symbol err, mask;
struct vfio_eeh_pe_op req;
expression dst, src, n;
identifier copy;
position from_err.q, r;
@@
 copy@q@r(dst, src,
	\(n - offsetof(struct vfio_eeh_pe_op, err)\|
	  n - offsetof(struct vfio_eeh_pe_op, err.type)\|
	  sizeof(req.err)\|sizeof(struct vfio_eeh_pe_err)\|
	  offsetofend(struct vfio_eeh_pe_err, mask)\))

// The same with the offset in a variable.
@offset depends on evidence exists@
symbol err, mask;
struct vfio_eeh_pe_op req;
expression src1, n1, arg, n, E;
identifier start, copy =~ "^(__)?copy_from_user$";
type T, U;
position p;
@@
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 start = \(offsetof(struct vfio_eeh_pe_op, err)\|
	offsetof(struct vfio_eeh_pe_op, err.type)\)
 ... when any
     when != start = E
 copy@p(\((T)&req.err\|(T)&req.err.type\|(T)&req + start\),
	(U)(arg + start), \(n - start\|sizeof(req.err)\|
	sizeof(struct vfio_eeh_pe_err)\))
 ... when any
     when != copy_from_user(&req, ...)
     when != __copy_from_user(&req, ...)
 eeh_pe_inject_err(...)

// From the end of the checked head on, in both.
@behind depends on evidence exists@
symbol err, mask;
struct vfio_eeh_pe_op req;
expression src1, n1, arg, n, E;
identifier head, copy =~ "^(__)?copy_from_user$";
type T, U;
position p;
@@
 head = offsetofend(struct vfio_eeh_pe_op, op)
 ... when any
     when != head = E
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
     when != head = E
 copy@p((T)&req + head, (U)(arg + head), n - head)
 ... when any
     when != copy_from_user(&req, ...)
     when != __copy_from_user(&req, ...)
 eeh_pe_inject_err(...)

@script:python depends on evidence@
p << offset.p;
@@
print("carried %s:%s the second copy fills err only" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << behind.p;
@@
print("carried %s:%s the second copy leaves the head alone" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << size_err.r;
@@
print("carried %s:%s the second copy fills err only" % (p[0].file, p[0].line))

// What was copied over the head is checked once more.
@again depends on evidence exists@
struct vfio_eeh_pe_op req;
expression src1, src2, n1, n2;
position p;
statement S;
@@
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 \(copy_from_user\|__copy_from_user\)(&req, src2, n2)
 ... when any
     when != copy_from_user(&req, ...)
 if@p (<+... \(req.op != VFIO_EEH_PE_INJECT_ERR\|req.op != n2\) ...+>) S
 ... when any
     when != copy_from_user(&req, ...)
 eeh_pe_inject_err(...)

@script:python depends on evidence@
p << again.p;
@@
print("superseded %s:%s the operation is checked again after the second copy" % (p[0].file, p[0].line))

// The error description has a variable of its own.
@own depends on evidence exists@
struct vfio_eeh_pe_op req;
struct vfio_eeh_pe_err e;
expression src1, src2, n1, n2;
position p;
@@
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 \(copy_from_user@p\|__copy_from_user@p\)(&e, src2, n2)
 ... when any
     when != copy_from_user(&req, ...)
     when != __copy_from_user(&req, ...)
 eeh_pe_inject_err(..., e.type, ...)

@script:python depends on evidence@
p << own.p;
@@
print("superseded %s:%s the error description is copied to a variable of its own" % (p[0].file, p[0].line))

@depends on patch exists@
identifier f, arg, req, copy;
attribute name __user;
expression dst, src, n;
position wrong.p;
@@
 f(..., unsigned long arg)
 {
 ... when any
 struct vfio_eeh_pe_op req;
+ struct vfio_eeh_pe_op __user *uop = (void __user *)arg;
 ... when any
 copy@p(
-     dst, src, n
+     &req.err, &uop->err, sizeof(req.err)
     )
 ... when any
 }

@depends on patch exists@
symbol err, mask;
identifier f, arg, req, copy =~ "^(__)?copy_from_user$";
attribute name __user;
expression E, minsz, src;
type T;
@@
 f(..., unsigned long arg)
 {
 ... when any
 struct vfio_eeh_pe_op req;
+ struct vfio_eeh_pe_op __user *uop = (void __user *)arg;
 ... when any
 minsz = offsetofend(struct vfio_eeh_pe_op, err.mask)
 ... when any
     when != minsz = E
 copy(
-     \((T)&req.err\|(T)&req.err.type\), src, minsz
+     &req.err, &uop->err, sizeof(req.err)
     )
 ... when any
 eeh_pe_inject_err(...)
 ... when any
 }

// A user address in an integer, as the ioctl handlers get it.
@depends on patch exists@
identifier f, arg, req, copy =~ "^(__)?copy_from_user$";
attribute name __user;
type T;
expression src1, n1, n;
@@
 f(..., unsigned long arg)
 {
 ... when any
 struct vfio_eeh_pe_op req;
+ struct vfio_eeh_pe_op __user *uop = (void __user *)arg;
 ... when any
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 copy(
-     &req, (T)arg, n
+     &req.err, &uop->err, sizeof(req.err)
     )
 ... when != req.op
     when != req.argsz
 eeh_pe_inject_err(...)
 ... when any
 }

// A pointer of the structure's own type.
@depends on patch exists@
struct vfio_eeh_pe_op req;
struct vfio_eeh_pe_op *uop;
expression src1, n1, n;
identifier copy =~ "^(__)?copy_from_user$";
@@
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 copy(
-     &req, uop, n
+     &req.err, &uop->err, sizeof(req.err)
     )
 ... when != req.op
     when != req.argsz
 eeh_pe_inject_err(...)

// A pointer to void.
@depends on patch exists@
struct vfio_eeh_pe_op req;
void *uarg;
expression src1, n1, n;
identifier copy =~ "^(__)?copy_from_user$";
@@
 \(copy_from_user\|__copy_from_user\)(&req, src1, n1)
 ... when any
 copy(
-     &req, uarg, n
+     &req.err, uarg + offsetof(struct vfio_eeh_pe_op, err), sizeof(req.err)
     )
 ... when != req.op
     when != req.argsz
 eeh_pe_inject_err(...)
