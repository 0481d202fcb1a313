// SPDX-License-Identifier: GPL-2.0-only
/// KVM: do not try to map a page writable again after a slow read fault
///
/// When a guest reads a page that is not mapped, hva_to_pfn_fast() already
/// asks for it with write access, so that the guest's first write to it
/// does not fault once more. Where that fails, hva_to_pfn_slow() gets the
/// page for reading and then asks once more for write access, in the same
/// way as before. The second question looks redundant.
///
/// Without it hva_to_pfn_slow() is simpler, and a read fault of a page that
/// may not be written, such as one that KSM merged, costs one walk of the
/// page tables less.
///
/// This was posted as an RFC and not merged, because the question is not
/// redundant: fast GUP does not fault pages in. For a page that was not
/// present it fails, and succeeds after the slow path has faulted the page
/// in, where that made it writable for the host, as in shared memory.
/// Without the second try each such page of a guest that reads before it
/// writes costs one more write fault. For anonymous memory there is no
/// difference: a read gets the zero page, and the write faults anyway. The
/// fix is therefore off by default, and meant for measuring.
///
/// The proof counts the write faults of a guest that reads each page before
/// it writes to it: in shared memory that the host has not touched there is
/// one per page with this change, and none without it.
// Nr: 12
// Kind: rfc
// Upstream: never
// Originally-by: Wei Yang <richard.weiyang@gmail.com>
// Scope: virt/kvm
// Anchors: hva_to_pfn_slow
// Modules: kvm
// Abi: none
// Proof: svm kvm/write_faults
// Defect: fewer-faults
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// Fast GUP after the slow one, in whatever way.

@retry@
identifier fast =~ "get_user_pages?_fast(_only)?$";
position p;
@@
 hva_to_pfn_slow(...)
 {
 <+...
 fast@p(...)
 ...+>
 }

@script:python depends on report@
p << retry.p;
@@
coccilib.report.print_report(p[0], "write access is asked for again after a slow read fault")

// The block that it is in: of a read fault only, and not if the caller has
// no use for write access.

@once@
identifier l;
expression N, C, E, pfn;
position p;
@@
 hva_to_pfn_slow(...)
 {
 <+...
 if (N != 1) { ... return N; }
(
 *pfn =@p E;
|
 WARN_ON_ONCE(C);
 *pfn =@p E;
|
 if (WARN_ON_ONCE(C))
	goto l;
l:
 *pfn =@p E;
)
 ...+>
 }

@script:python depends on evidence && !retry@
p << once.p;
@@
print("carried %s:%s the page that was got for reading is mapped as it is" % (p[0].file, p[0].line))

@body depends on patch@
identifier fast =~ "get_user_pages?_fast(_only)?$";
expression R, W;
position p;
@@
 hva_to_pfn_slow(...)
 {
 <+...
 if@p (\(unlikely(!R) && W\|W && unlikely(!R)\|unlikely(!R && W)\|unlikely(W && !R)\)) { <+... fast(...) ...+> }
 ...+>
 }

// With the line before it goes the comment in between.
@depends on patch@
expression N, F;
statement S;
position body.p;
@@
- if (N != 1)
-	return N;
- if@p (F) S
+ if (N != 1)
+	return N;

@rest depends on patch@
identifier fast =~ "get_user_pages?_fast(_only)?$";
expression R, W;
position p;
@@
 hva_to_pfn_slow(...)
 {
 <+...
 if@p (\(unlikely(!R) && W\|W && unlikely(!R)\|unlikely(!R && W)\|unlikely(W && !R)\)) { <+... fast(...) ...+> }
 ...+>
 }

@depends on patch@
expression F;
statement S;
position rest.p;
@@
- if@p (F) S

// The same in one condition. A jump over it is for nothing then, unless
// its label has other users.

@cond depends on patch@
identifier fast =~ "get_user_pages?_fast(_only)?$";
expression R, W, A;
position p;
@@
 hva_to_pfn_slow(...)
 {
 <+...
 if@p (!R && W && \(fast(...)\|fast(...) == A\)) { ... }
 ...+>
 }

@over@
identifier l;
statement S;
expression C, F, E, pfn;
position cond.p, q;
@@
 if (WARN_ON_ONCE(C))
	goto@q l;
 if@p (F) S
l:
 *pfn = E;

@others@
identifier over.l;
position q != over.q;
@@
 goto@q l;

@depends on patch && over && !others@
identifier l;
statement S;
expression C, F, E, pfn;
position cond.p;
@@
- if (WARN_ON_ONCE(C))
-	goto l;
+ WARN_ON_ONCE(C);
- if@p (F) S
-l:
 *pfn = E;

@depends on patch@
identifier fast =~ "get_user_pages?_fast(_only)?$";
expression R, W, A;
@@
- if (!R && W && \(fast(...)\|fast(...) == A\)) { ... }

// What is left of it: the second page.

@depends on patch && retry@
identifier w;
@@
 hva_to_pfn_slow(...)
 {
 ... when any
- struct page *w;
 ... when != w
 }

// The slow page is the one that is mapped.
