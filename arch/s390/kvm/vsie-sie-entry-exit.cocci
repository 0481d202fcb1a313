// SPDX-License-Identifier: GPL-2.0-only
/// KVM: s390: vsie: simulate SIE entry and exit of the vCPU around the vSIE
///
/// While a vCPU runs the guest of its guest (vSIE), its own SIE control
/// block does not say that it is in SIE. exit_sie(), which has to wait
/// until a vCPU has left SIE, does not wait then, and nothing keeps a vCPU
/// that is blocked or has a request from entering the vSIE again. So far
/// no request has to be handled before that, but synchronous requests that
/// change what the vSIE has copied, such as the crypto control block, need
/// it.
///
/// Set PROG_IN_SIE in the vCPU's control block around the vSIE, and enter
/// the vSIE only if the vCPU is neither blocked nor has a request. Leave
/// the loop that runs the vSIE in that case, and do not start it. Let
/// exit_sie() kick the vSIE as well, so that the wait comes to an end.
///
/// The proof compiles the files and sees that each part is there.
// Nr: 16
// Kind: cleanup
// Upstream: v4.20
// Originally-by: David Hildenbrand <david@redhat.com>
// Scope: arch/s390/kvm
// Anchors: do_vsie_run kvm_s390_handle_vsie
// Context: vsie_run exit_sie kvm_s390_vcpu_request kvm_s390_vcpu_sie_inhibited kvm_s390_vsie_kick
// Modules: kvm
// Abi: none
// Proof: static compile
// Defect: vsie-not-inhibited
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// What the change needs: the places to put the helper, and the kick.

@proto@
identifier v;
@@
 void exit_sie(struct kvm_vcpu *v);

@request@
identifier v;
@@
 kvm_s390_vcpu_request(struct kvm_vcpu *v) { ... }

@kick@
identifier v;
@@
 kvm_s390_vsie_kick(struct kvm_vcpu *v) { ... }

// The helper.

@helper@
@@
 kvm_s390_vcpu_sie_inhibited(...) { ... }

// The entry.

@entry_new exists@
expression v;
identifier skip;
statement S;
position p;
@@
 do_vsie_run(...)
 {
 ... when any
 v->arch.sie_block->prog0c@p |= PROG_IN_SIE;
 ... when any
(
 if (!kvm_s390_vcpu_sie_inhibited(v)) S
|
 if (kvm_s390_vcpu_sie_inhibited(v)) goto skip;
)
 ... when any
 v->arch.sie_block->prog0c &= ~PROG_IN_SIE;
 ... when any
 }

@entry_any@
expression v;
@@
 do_vsie_run(...)
 {
 <+...
(
 v->arch.sie_block->prog0c |= PROG_IN_SIE
|
 kvm_s390_vcpu_sie_inhibited(v)
)
 ...+>
 }

@entry_old depends on !entry_any@
identifier v, r;
position p;
@@
 do_vsie_run(struct kvm_vcpu *v, ...)
 {
 ... when any
(
 int r;
|
 int r = 0;
)
 ... when any
 r = sie64a@p(...);
 ... when any
 }

// The same where it does other work first, with a label for the way around.

@entry_work exists@
identifier v, r, again, skip;
@@
 do_vsie_run(struct kvm_vcpu *v, ...)
 {
 ... when any
 int r = 0;
 ... when any
again:
 local_irq_disable();
 ... when any
 r = kvm_xfer_to_guest_mode_handle_work(v);
 if (r)
	goto skip;
 ... when any
 }

@entry_label depends on !entry_any exists@
identifier entry_work.skip;
identifier x;
type T;
expression E;
position p;
@@
 do_vsie_run(...)
 {
 ... when any
 T x = E;
 ... when any
 x = kvm_s390_enter_exit_sie@p(...);
 ... when any
skip:
 ... when any
 }

// One half of it: in SIE, but whether it may is not asked, or the reverse.

@entry_asks@
@@
 do_vsie_run(...)
 {
 <+...
 kvm_s390_vcpu_sie_inhibited(...)
 ...+>
 }

@entry_in depends on !entry_asks@
expression v;
identifier r;
position p;
@@
 do_vsie_run(...)
 {
 ... when any
(
 int r;
|
 int r = 0;
)
 ... when any
 v->arch.sie_block->prog0c |= PROG_IN_SIE;
 ... when any
 r = sie64a@p(...);
 ... when any
 v->arch.sie_block->prog0c &= ~PROG_IN_SIE;
 ... when any
 }

@entry_is_in@
expression v;
@@
 do_vsie_run(...)
 {
 <+...
(
 v->arch.sie_block->prog0c |= PROG_IN_SIE
|
 v->arch.sie_block->prog0c &= ~PROG_IN_SIE
)
 ...+>
 }

@entry_out depends on !entry_is_in@
expression v;
identifier r;
position p;
@@
 do_vsie_run(...)
 {
 ... when any
 if (!kvm_s390_vcpu_sie_inhibited(v))
	r = sie64a@p(...);
 ... when any
 }

// The loop, and what comes before it.

@loop_new@
expression v;
@@
 vsie_run(...)
 {
 <+...
 kvm_s390_vcpu_sie_inhibited(v)
 ...+>
 }

@loop_old depends on !loop_new@
expression v, E;
statement S;
position p;
@@
 vsie_run(...)
 {
 <+...
(
 if (kvm_s390_vcpu_has_irq@p(v, 0)) S
|
 if (E || kvm_s390_vcpu_has_irq@p(v, 0)) S
|
 if (kvm_s390_vcpu_has_irq@p(v, 0) || E) S
)
 ...+>
 }

@start_new@
expression v;
@@
 kvm_s390_handle_vsie(...)
 {
 <+...
 kvm_s390_vcpu_sie_inhibited(v)
 ...+>
 }

@start_old depends on !start_new@
expression v, E;
statement S;
position p;
@@
 kvm_s390_handle_vsie(...)
 {
 <+...
(
 if (kvm_s390_vcpu_has_irq@p(v, 0)) S
|
 if (E || kvm_s390_vcpu_has_irq@p(v, 0)) S
|
 if (kvm_s390_vcpu_has_irq@p(v, 0) || E) S
)
 ...+>
 }

// The way out.

@exit_new exists@
expression v;
@@
 exit_sie(...)
 {
 ... when any
 kvm_s390_vsie_kick(v);
 ... when any
 while (v->arch.sie_block->prog0c & PROG_IN_SIE) { ... }
 }

@exit_any@
@@
 exit_sie(...)
 {
 <+...
 kvm_s390_vsie_kick(...)
 ...+>
 }

@exit_old depends on !exit_any@
identifier v;
position p;
@@
 exit_sie(struct kvm_vcpu *v)
 {
 ... when any
 while (v->arch.sie_block->prog0c@p & PROG_IN_SIE) { ... }
 }

@script:python depends on report@
p << entry_old.p;
@@
coccilib.report.print_report(p[0], "the vCPU enters the vSIE without being in SIE")

@script:python depends on report@
p << entry_label.p;
@@
coccilib.report.print_report(p[0], "the vCPU enters the vSIE without being in SIE")

@script:python depends on report@
p << entry_in.p;
@@
coccilib.report.print_report(p[0], "a blocked vCPU, or one with a request, enters the vSIE")

@script:python depends on report@
p << entry_out.p;
@@
coccilib.report.print_report(p[0], "the vCPU enters the vSIE without being in SIE")

@script:python depends on report@
p << loop_old.p;
@@
coccilib.report.print_report(p[0], "a blocked vCPU, or one with a request, stays in the loop that runs the vSIE")

@script:python depends on report@
p << start_old.p;
@@
coccilib.report.print_report(p[0], "a blocked vCPU, or one with a request, starts a vSIE")

@script:python depends on report@
p << exit_old.p;
@@
coccilib.report.print_report(p[0], "exit_sie() does not kick the vSIE")

@script:python depends on evidence && helper && loop_new && start_new && exit_new@
p << entry_new.p;
@@
print("carried %s:%s the vCPU is in SIE while it runs the vSIE" % (p[0].file, p[0].line))

// All parts that are missing, if each part is there or can be put in.

@whole depends on patch && kick && proto && (helper || request) && (entry_new || entry_old || entry_label || entry_in || entry_out) && (loop_new || loop_old) && (start_new || start_old) && (exit_new || exit_old)@
@@
 do_vsie_run(...) { ... }

@depends on whole && !helper@
typedef bool;
identifier v;
@@
 kvm_s390_vcpu_request(struct kvm_vcpu *v) { ... }
+bool kvm_s390_vcpu_sie_inhibited(struct kvm_vcpu *vcpu)
+{
+	int prog20 = atomic_read(&vcpu->arch.sie_block->prog20);
+
+	return prog20 & (PROG_BLOCK_SIE | PROG_REQUEST);
+}

@depends on whole && !helper@
typedef bool;
identifier v;
@@
+bool kvm_s390_vcpu_sie_inhibited(struct kvm_vcpu *vcpu);
 void exit_sie(struct kvm_vcpu *v);

@depends on whole && entry_old@
identifier v, r;
expression list as;
@@
 do_vsie_run(struct kvm_vcpu *v, ...)
 {
 ... when any
(
- int r;
+ int r = 0;
|
 int r = 0;
)
 ... when any
+	/*
+	 * Simulate a SIE entry of the VCPU (see sie64a), so VCPU blocking
+	 * and VCPU requests also hinder the vSIE from running and lead
+	 * to an immediate exit. kvm_s390_vsie_kick() has to be used to
+	 * also kick the vSIE.
+	 */
+	v->arch.sie_block->prog0c |= PROG_IN_SIE;
+	barrier();
- r = sie64a(as);
+	if (!kvm_s390_vcpu_sie_inhibited(v))
+		r = sie64a(as);
+	barrier();
+	v->arch.sie_block->prog0c &= ~PROG_IN_SIE;
 ... when any
 }

@depends on whole && entry_label@
identifier entry_work.v, entry_work.again, entry_work.skip;
statement S;
@@
 do_vsie_run(...)
 {
 ... when != local_irq_disable();
 S
+	/*
+	 * Simulate a SIE entry of the VCPU (see sie64a), so VCPU blocking
+	 * and VCPU requests also hinder the vSIE from running and lead
+	 * to an immediate exit. kvm_s390_vsie_kick() has to be used to
+	 * also kick the vSIE.
+	 */
+	v->arch.sie_block->prog0c |= PROG_IN_SIE;
+	barrier();
+	if (kvm_s390_vcpu_sie_inhibited(v))
+		goto skip;
again:
 ... when any
 }

@depends on whole && entry_label@
identifier entry_work.v, entry_work.skip;
@@
 do_vsie_run(...)
 {
 <...
skip:
+	barrier();
+	v->arch.sie_block->prog0c &= ~PROG_IN_SIE;
 ...>
 }

@depends on whole && entry_in@
expression v;
identifier r;
expression list as;
@@
 do_vsie_run(...)
 {
 ... when any
(
- int r;
+ int r = 0;
|
 int r = 0;
)
 ... when any
 v->arch.sie_block->prog0c |= PROG_IN_SIE;
 ... when any
-	r = sie64a(as);
+	if (!kvm_s390_vcpu_sie_inhibited(v))
+		r = sie64a(as);
 ... when any
 v->arch.sie_block->prog0c &= ~PROG_IN_SIE;
 ... when any
 }

@depends on whole && entry_out@
expression v;
identifier r;
expression list as;
@@
 do_vsie_run(...)
 {
 ... when any
+	/* In SIE for exit_sie(), which has kvm_s390_vsie_kick() end this. */
+	v->arch.sie_block->prog0c |= PROG_IN_SIE;
+	barrier();
 if (!kvm_s390_vcpu_sie_inhibited(v))
	r = sie64a(as);
+	barrier();
+	v->arch.sie_block->prog0c &= ~PROG_IN_SIE;
 ... when any
 }

// What is loaded right before the entry stays right before it.

@depends on whole && entry_old@
expression v;
@@
- if (test_cpu_flag(CIF_FPU)) load_fpu_regs();
 v->arch.sie_block->prog0c |= PROG_IN_SIE;
 barrier();
+if (test_cpu_flag(CIF_FPU))
+	load_fpu_regs();

@depends on whole && loop_old@
expression v, E;
statement S;
@@
 vsie_run(...)
 {
 <...
 if (E ||
- kvm_s390_vcpu_has_irq(v, 0)
+ kvm_s390_vcpu_has_irq(v, 0) ||
+    kvm_s390_vcpu_sie_inhibited(v)
	) S
 ...>
 }

@depends on whole && loop_old@
expression v, E;
statement S;
@@
 vsie_run(...)
 {
 <...
(
 if (
- kvm_s390_vcpu_has_irq(v, 0)
+ kvm_s390_vcpu_has_irq(v, 0) || kvm_s390_vcpu_sie_inhibited(v)
	) S
|
 if (
- kvm_s390_vcpu_has_irq(v, 0)
+ kvm_s390_vcpu_has_irq(v, 0) || kvm_s390_vcpu_sie_inhibited(v)
	|| E) S
)
 ...>
 }

@depends on whole && start_old@
expression v, E;
statement S;
@@
 kvm_s390_handle_vsie(...)
 {
 <...
 if (E ||
- kvm_s390_vcpu_has_irq(v, 0)
+ kvm_s390_vcpu_has_irq(v, 0) ||
+    kvm_s390_vcpu_sie_inhibited(v)
	) S
 ...>
 }

@depends on whole && start_old@
expression v, E;
statement S;
@@
 kvm_s390_handle_vsie(...)
 {
 <...
(
 if (
- kvm_s390_vcpu_has_irq(v, 0)
+ kvm_s390_vcpu_has_irq(v, 0) || kvm_s390_vcpu_sie_inhibited(v)
	) S
|
 if (
- kvm_s390_vcpu_has_irq(v, 0)
+ kvm_s390_vcpu_has_irq(v, 0) || kvm_s390_vcpu_sie_inhibited(v)
	|| E) S
)
 ...>
 }

@depends on whole && exit_old@
identifier v;
@@
 exit_sie(struct kvm_vcpu *v)
 {
 ... when any
+	kvm_s390_vsie_kick(v);
 while (v->arch.sie_block->prog0c & PROG_IN_SIE) { ... }
 }
