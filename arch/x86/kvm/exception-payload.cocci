// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86: let userspace get and set the payload of an exception
///
/// A #PF comes with an address and a #DB with new bits for DR6. While such an
/// exception is pending, neither is known to userspace apart from CR2 and DR6
/// themselves, and these are not always the place: when L1 intercepts the
/// exception of L2, they must not change. So a VMM that saves a vCPU and
/// restores it elsewhere either loses the payload or changes the registers too
/// early. KVM_GET_VCPU_EVENTS does not say either whether an exception is
/// pending or was injected already, and where KVM cannot tell, it refuses to
/// set one while L2 runs.
///
/// This matters to whoever migrates or saves guests that are hypervisors, and
/// to VMMs that inject exceptions themselves.
///
/// Add the payload to struct kvm_queued_exception and, in what was reserved,
/// to struct kvm_vcpu_events, with a flag that says that it is valid together
/// with exception.pending, which was padding. A VM switches this on with
/// KVM_CAP_EXCEPTION_PAYLOAD. Whoever does not sees what he always saw. When
/// the exception is delivered, its payload goes to CR2 or DR6.
///
/// Numbers and layout are those of v4.20. Upstream went on from there and has
/// KVM's own exceptions in L2 keep their payload until L1 had its exit; this
/// is not part of it. A kernel that uses the number 164, the flag or the
/// reserved bytes for something else cannot have it.
///
/// The proof looks for the capability, reads back what it set, and has a #PF
/// and a #DB whose payload the guest must find in CR2 and DR6.
// Nr: 5
// Kind: feature
// Upstream: c851436a34ca v4.20, 59073aaf6de0, c4f55198c7c2
// Originally-by: Jim Mattson <jmattson@google.com>
// Scope: arch/x86/kvm arch/x86/include tools/arch/x86/include/uapi/asm/kvm.h include/uapi/linux/kvm.h tools/include/uapi/linux/kvm.h
// Anchors: kvm_vcpu_ioctl_x86_get_vcpu_events kvm_vcpu_ioctl_x86_set_vcpu_events
// Context: kvm_vcpu_events kvm_vcpu_arch kvm_multiple_exception inject_pending_event KVM_CAP_DISABLE_QUIRKS KVM_CAP_VCPU_EVENTS KVM_CAP_* KVM_VCPUEVENT_VALID_* exception_payload_enabled kvm_vcpu_ioctl_x86_set_mce vmx_queue_exception svm_queue_exception vmx_inject_exception svm_inject_exception
// Modules: kvm kvm-intel kvm-amd
// Abi: struct kvm_vcpu_arch and struct kvm_arch grow, and with them struct kvm_vcpu and struct kvm; struct kvm_vcpu_events keeps its size
// Proof: svm kvm/exception_payload; vmx kvm/exception_payload
// Defect: no-capability; payload-lost
// Options: --no-includes --include-headers --smpl-spacing
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
CAP = "KVM_CAP_EXCEPTION_PAYLOAD"
FLAG = "KVM_VCPUEVENT_VALID_PAYLOAD"
NUMBERS = { CAP: 164, FLAG: 0x10 }

named = set()		# (file, name), of ours
numbers = {}		# file: {name: number}, of those around ours
layouts = {}		# file: "old" or "new", of struct kvm_vcpu_events
undelivered = set()	# files where an exception goes to the CPU without its payload
requeued = set()	# files where what is queued again says so

# Which of ours would have this number, or stand beside this name?
def kind(name):
	return CAP if name.startswith("KVM_CAP_") else FLAG

def missing(file, name):
	return name not in NUMBERS and (file, kind(name)) not in named

# Does ours follow this name, as the next number?
def last(file, name):
	nr = numbers[file][name]
	return nr < NUMBERS[kind(name)] and not any(
		kind(n) == kind(name) and nr < m < NUMBERS[kind(name)]
		for n, m in numbers[file].items())

// First what is there. The numbers: ours, those that are always there, and who
// else has the same number.

@number@
identifier n =~ "^KVM_(CAP_(VCPU_EVENTS|EXCEPTION_PAYLOAD)|VCPUEVENT_VALID_(SMM|PAYLOAD))$";
expression E;
position p;
@@
#define n@p E

@script:python@
p << number.p;
n << number.n;
@@
if n in NUMBERS:
	named.add((p[0].file, n))

@taken@
identifier n =~ "^KVM_(CAP|VCPUEVENT_VALID)_[A-Z0-9_]+$";
constant V =~ "^(164|0x0*10)$";
position p;
@@
#define n@p V

// What userspace gets and sets. The headers with all the capabilities are left
// out here, and below: it takes time to look at each of their definitions.

@user depends on (file in "arch/x86/include/uapi" || file in "tools/arch")@
position p;
@@
struct kvm_vcpu_events {@p
	...
};

@room depends on user && (file in "arch/x86/include/uapi" || file in "tools/arch")@
type T;
expression N;
position p;
@@
struct kvm_vcpu_events {@p
	...
	T reserved[N];
};

@user_new depends on (file in "arch/x86/include/uapi" || file in "tools/arch")@
typedef __u8, __u32, __u64;
position p;
@@
struct kvm_vcpu_events {@p
	struct {
		__u8 injected;
		__u8 nr;
		__u8 has_error_code;
		__u8 pending;
		__u32 error_code;
	} exception;
	...
	__u8 exception_has_payload;
	__u64 exception_payload;
};

// Kernels that report triple faults count the rest in bytes.
@script:python@
p << room.p;
t << room.T;
n << room.N;
@@
if (t, n) in (("__u32", "9"), ("__u8", "35")):
	layouts[p[0].file] = "old"

@script:python@
p << user_new.p;
@@
layouts[p[0].file] = "new"

// Where KVM keeps it: inside the vCPU up to v5.10. Nothing is bound by what asks
// whether a member is there: "never" is about all files, "!" would be about
// those that share a match.

@queue_new depends on file in "arch/x86/include/asm"@
type T;
@@
struct kvm_queued_exception {
	...
	T has_payload;
	...
};

@inside_new depends on never queue_new && file in "arch/x86/include/asm"@
type T;
@@
struct kvm_vcpu_arch {
	...
	struct kvm_queued_exception {
		...
		T has_payload;
		...
	} exception;
	...
};

@vm depends on file in "arch/x86/include/asm"@
position p;
@@
struct kvm_arch {@p
	...
};

@vm_new depends on file in "arch/x86/include/asm"@
type T;
@@
struct kvm_arch {
	...
	T exception_payload_enabled;
	...
};

// The code.

@get depends on file in "arch/x86/kvm"@
identifier vcpu, events;
position p;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events@p(struct kvm_vcpu *vcpu,
				     struct kvm_vcpu_events *events)
 { ... }

// Its parts, each of which may be missing: the value, whether there is one,
// whether the exception is pending, and that all this is valid.

@get_new depends on file in "arch/x86/kvm"@
expression E, F;
position p;
@@
 E->exception_payload =@p F

@get_has depends on file in "arch/x86/kvm"@
expression E, F;
@@
 E->exception_has_payload = \(F.has_payload\|F->has_payload\)

@get_pending depends on file in "arch/x86/kvm"@
identifier get.events;
expression E;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(..., struct kvm_vcpu_events *events)
 {
 <+...
 events->exception.pending = E
 ...+>
 }

@get_flag depends on file in "arch/x86/kvm"@
expression E;
@@
 E->flags |= KVM_VCPUEVENT_VALID_PAYLOAD

@set depends on file in "arch/x86/kvm"@
identifier vcpu, events;
position p;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events@p(struct kvm_vcpu *vcpu,
				     struct kvm_vcpu_events *events)
 { ... }

@set_new depends on file in "arch/x86/kvm"@
expression E, F;
position p;
@@
 E =@p F->exception_payload

@set_has depends on file in "arch/x86/kvm"@
expression E, F;
@@
 E = F->exception_has_payload

@set_pending depends on file in "arch/x86/kvm"@
expression E, F;
@@
 E->arch.exception.pending = <+... F->exception.pending ...+>

@set_flag depends on file in "arch/x86/kvm"@
expression E;
@@
 E->flags & ~(<+... KVM_VCPUEVENT_VALID_PAYLOAD ...+>)

@set_asked depends on file in "arch/x86/kvm"@
identifier set.vcpu;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu, ...)
 {
 <+...
 vcpu->kvm->arch.exception_payload_enabled
 ...+>
 }

@check depends on file in "arch/x86/kvm"@
position p;
@@
 KVM_CAP_VCPU_EVENTS@p

@check_new depends on file in "arch/x86/kvm"@
position p;
@@
 kvm_vm_ioctl_check_extension(...)
 {
 <+...
 KVM_CAP_EXCEPTION_PAYLOAD@p
 ...+>
 }

// Later kernels add to what is disabled.
@enable depends on file in "arch/x86/kvm"@
identifier kvm, cap, r;
position p;
@@
(
 kvm->arch.disabled_quirks =@p <+... cap->args[0] ...+>;
|
 kvm->arch.disabled_quirks |=@p <+... cap->args[0] ...+>;
)
 r = 0;
 break;

@enable_new depends on file in "arch/x86/kvm"@
expression E, F;
position p;
@@
 E->arch.exception_payload_enabled =@p F

// An exception that KVM queues itself must not get what userspace set.
@queued depends on file in "arch/x86/kvm"@
expression E, F;
position p;
@@
 kvm_multiple_exception(...)
 {
 <+...
 E->arch.exception.error_code =@p F
 ...+>
 }

@queued_new depends on file in "arch/x86/kvm"@
expression E, F;
position p;
@@
 kvm_multiple_exception(...)
 {
 <+...
 E->arch.exception.has_payload =@p F
 ...+>
 }

@inject depends on file in "arch/x86/kvm"@
identifier vcpu, r;
type T;
statement S;
position p;
@@
 inject_pending_event@p(struct kvm_vcpu *vcpu, ...)
 {
 T r;
 S
 ...
 }

@inject_new depends on file in "arch/x86/kvm"@
position p;
@@
 kvm_deliver_exception_payload@p(...)

// Ours delivers it before all else that an event may need. Upstream both vendors'
// code does, where the exception goes to the CPU, and may be asked for it before.
@inject_first depends on file in "arch/x86/kvm"@
type T;
identifier r;
@@
 inject_pending_event(...)
 {
 T r;
 kvm_deliver_exception_payload(...);
 ...
 }

@vendor depends on file in "arch/x86/kvm"@
identifier f =~ "^(vmx|svm)_(queue|inject)_exception$";
position p;
@@
 f@p(...)
 { ... }

@vendor_new depends on file in "arch/x86/kvm"@
identifier f =~ "^(vmx|svm)_(queue|inject)_exception$";
position p;
@@
 f@p(...)
 {
 <+...
 kvm_deliver_exception_payload(...)
 ...+>
 }

@script:python@
p << vendor.p;
@@
undelivered.add(p[0].file)

@script:python@
p << vendor_new.p;
@@
undelivered.discard(p[0].file)

@script:python depends on ever inject_first@
@@
undelivered.clear()

// Headers alone are of no use: all of the code has to be known.
@script:python code depends on ever get && ever set && (ever check || ever check_new) && (ever enable || ever enable_new) && (ever queued || ever queued_new) && (ever inject || ever inject_new)@
p << get.p;
@@
pass

@script:python depends on report && (never get_new || never get_has || never get_pending || never get_flag)@
p << get.p;
@@
coccilib.report.print_report(p[0], "userspace does not get the payload of an exception")

@script:python depends on report && (never set_new || never set_has || never set_pending || never set_flag || never set_asked)@
p << set.p;
@@
coccilib.report.print_report(p[0], "userspace cannot set the payload of an exception")

@script:python depends on report && never check_new@
p << check.p;
@@
coccilib.report.print_report(p[0], "%s is not supported" % CAP)

@script:python depends on report && never enable_new@
p << enable.p;
@@
coccilib.report.print_report(p[0], "%s cannot be enabled" % CAP)

@script:python depends on report && never queued_new@
p << queued.p;
@@
coccilib.report.print_report(p[0], "an exception is queued without a payload")

@script:python depends on report && never inject_new@
p << inject.p;
@@
coccilib.report.print_report(p[0], "a payload does not reach the guest")

@script:python depends on report && ever code@
p << user.p;
@@
if layouts.get(p[0].file) != "new":
	coccilib.report.print_report(p[0], "struct kvm_vcpu_events has no payload of an exception")

// A copy of the capabilities is brought along, but nothing depends on it.
@script:python depends on report && ever code@
p << number.p;
n << number.n;
@@
if missing(p[0].file, n) and not p[0].file.startswith("tools/include/"):
	coccilib.report.print_report(p[0], "%s is missing" % kind(n))

@script:python depends on report && ever code && never queue_new && never inside_new@
p << vm.p;
@@
coccilib.report.print_report(p[0], "struct kvm_queued_exception has no payload")

@script:python depends on report && ever code && never vm_new@
p << vm.p;
@@
coccilib.report.print_report(p[0], "no VM can ask for payloads")

@script:python depends on evidence && ever code@
p << user.p;
@@
if p[0].file not in layouts:
	print("blocked %s:%s there is no room for a payload in struct kvm_vcpu_events" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << taken.p;
n << taken.n;
v << taken.V;
@@
if n not in NUMBERS and NUMBERS[kind(n)] == int(v, 0):
	print("blocked %s:%s %s has the number of %s" % (p[0].file, p[0].line, n, kind(n)))

@script:python depends on evidence@
p << number.p;
n << number.n;
e << number.E;
@@
try:
	if n in NUMBERS and int(e, 0) != NUMBERS[n]:
		print("blocked %s:%s %s has another number" % (p[0].file, p[0].line, n))
except ValueError:
	pass

@script:python carried depends on evidence && ever code && ever get_new && ever set_new && ever check_new && ever enable_new && ever inject_new@
p << get_new.p;
@@
if undelivered:
	cocci.include_match(False)

@script:python depends on evidence && ever carried@
p << get_new.p;
@@
print("carried %s:%s userspace gets the payload of an exception" % (p[0].file, p[0].line))

@script:python depends on evidence && ever carried@
p << set_new.p;
@@
print("carried %s:%s userspace sets the payload of an exception" % (p[0].file, p[0].line))

@script:python depends on evidence && ever carried@
p << enable_new.p;
@@
print("carried %s:%s a VM can ask for payloads" % (p[0].file, p[0].line))

@script:python depends on evidence && ever carried@
p << user_new.p;
@@
print("carried %s:%s struct kvm_vcpu_events has the payload" % (p[0].file, p[0].line))

@script:python depends on evidence && ever carried@
p << number.p;
n << number.n;
@@
if n == CAP:
	print("carried %s:%s %s" % (p[0].file, p[0].line, CAP))

// The change: each part where it is missing.

// Up to v4.10 all that is queued is pending; what is queued again was injected.
@reinject depends on patch && file in "arch/x86/kvm"@
expression E, F;
position p;
@@
 E->arch.exception.reinject =@p F

@script:python@
p << reinject.p;
@@
requeued.add(p[0].file)

@depends on patch && ever code && (file in "arch/x86/include/uapi" || file in "tools/arch")@
@@
struct kvm_vcpu_events {
	struct {
		__u8 injected;
		__u8 nr;
		__u8 has_error_code;
-		__u8 pad;
+		__u8 pending;
		__u32 error_code;
	} exception;
	...
};

@depends on patch && ever code && (file in "arch/x86/include/uapi" || file in "tools/arch")@
@@
struct kvm_vcpu_events {
	...
-	__u32 reserved[9];
+	__u8 reserved[27];
+	__u8 exception_has_payload;
+	__u64 exception_payload;
};

@depends on patch && ever code && (file in "arch/x86/include/uapi" || file in "tools/arch")@
@@
struct kvm_vcpu_events {
	...
-	__u8 reserved[35];
+	__u8 reserved[26];
+	__u8 exception_has_payload;
+	__u64 exception_payload;
};

@queue_half depends on patch && ever code && never queue_new && file in "arch/x86/include/asm"@
type T;
@@
struct kvm_queued_exception {
	...
	T payload;
+	bool has_payload;
	...
};

@inside_half depends on patch && ever code && never inside_new && file in "arch/x86/include/asm"@
type T;
@@
struct kvm_vcpu_arch {
	...
	struct kvm_queued_exception {
		...
		T payload;
+		bool has_payload;
		...
	} exception;
	...
};

@depends on patch && ever code && never queue_new && never queue_half && file in "arch/x86/include/asm"@
typedef u32;
@@
struct kvm_queued_exception {
	...
	u32 error_code;
+	unsigned long payload;
+	bool has_payload;
	...
};

@depends on patch && ever code && never inside_new && never inside_half && file in "arch/x86/include/asm"@
@@
struct kvm_vcpu_arch {
	...
	struct kvm_queued_exception {
		...
		u32 error_code;
+		unsigned long payload;
+		bool has_payload;
		...
	} exception;
	...
};

@vm_platform_info depends on patch && ever code && never vm_new && file in "arch/x86/include/asm"@
@@
struct kvm_arch {
	...
	bool guest_can_read_msr_platform_info;
+	bool exception_payload_enabled;
	...
};

@vm_x2apic depends on patch && ever code && never vm_new && never vm_platform_info && file in "arch/x86/include/asm"@
@@
struct kvm_arch {
	...
	bool x2apic_broadcast_quirk_disabled;
+	bool exception_payload_enabled;
	...
};

@depends on patch && ever code && never vm_new && never vm_platform_info && never vm_x2apic && file in "arch/x86/include/asm"@
@@
struct kvm_arch {
	...
+	bool exception_payload_enabled;
};

// As one word each: spatch would break the lines in its own way.

@script:python as_word depends on patch && ever code@
p << set.p;
vcpu << set.vcpu;
events << set.events;
mask;
unasked;
bad_nr;
in_guest;
is_pending;
member;
to_be_pending;
@@
coccinelle.mask = "KVM_VCPUEVENT_VALID_SMM\n\t\t\t      | " + FLAG
coccinelle.unasked = ("%s->flags & %s &&\n\t    "
	"!%s->kvm->arch.exception_payload_enabled" % (events, FLAG, vcpu))
coccinelle.bad_nr = ("%s->exception.pending &&\n\t    (%s->exception.nr > 31 || "
	"%s->exception.nr == NMI_VECTOR)" % (events, events, events))
coccinelle.in_guest = ("(is_guest_mode(%s) &&\n\t      !(%s->flags & %s))" %
	(vcpu, events, FLAG))
again = p[0].file in requeued
coccinelle.is_pending = "ex->pending" + (" && !ex->reinject" if again else "")
coccinelle.member = "reinject" if again else "injected"
coccinelle.to_be_pending = (("%s->exception.injected ||\n\t\t\t" % events
	if again else "") + "%s->exception.pending" % events)

// KVM_GET_VCPU_EVENTS. Where nothing of it is there, injected stands for pending
// as well. Some kernels choose one of two exceptions first.

@get_asked depends on patch && file in "arch/x86/kvm"@
identifier get.vcpu;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu, ...)
 {
 <+...
 vcpu->kvm->arch.exception_payload_enabled
 ...+>
 }

@script:python get_old depends on patch && ever code && never get_new && never get_has && never get_pending && never get_flag && never get_asked@
p << get.p;
@@
pass

@choice depends on ever get_old && file in "arch/x86/kvm" exists@
identifier get.vcpu;
symbol ex;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu, ...)
 {
 ... when any
 ex = &vcpu->arch.exception
 ... when any
 }

@depends on ever get_old && never choice && file in "arch/x86/kvm"@
identifier get.vcpu, get.events;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
+	struct kvm_queued_exception *ex = &vcpu->arch.exception;
+
 ...
 }

@depends on ever get_old && file in "arch/x86/kvm"@
identifier get.vcpu, get.events, as_word.is_pending;
expression E;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
(
-	events->exception.pad = 0;
|
 	events->flags = E;
+	events->exception.pending = 0;
+	events->exception_has_payload = 0;
+	events->exception_payload = 0;
+	if (vcpu->kvm->arch.exception_payload_enabled) {
+		events->flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
+		if (is_pending) {
+			/* What was said to be injected above. */
+			events->exception.pending = events->exception.injected;
+			events->exception.injected = 0;
+			events->exception_has_payload = ex->has_payload;
+			events->exception_payload = ex->payload;
+		}
+	}
)
 ...>
 }

@depends on patch && ever code && never get_old && never get_flag && file in "arch/x86/kvm"@
identifier get.vcpu, get.events;
expression E;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
 events->flags = E;
+	if (vcpu->kvm->arch.exception_payload_enabled)
+		events->flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
 ...>
 }

@depends on patch && ever code && never get_old && never get_pending && file in "arch/x86/kvm"@
identifier get.events;
expression X;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(..., struct kvm_vcpu_events *events)
 {
 <...
(
 events->exception.injected = X.injected;
+	events->exception.pending = X.pending;
|
 events->exception.injected = X->injected;
+	events->exception.pending = X->pending;
)
 ...>
 }

@depends on patch && ever code && never get_old && never get_new && file in "arch/x86/kvm"@
identifier get.events;
expression X;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(..., struct kvm_vcpu_events *events)
 {
 <...
(
 events->exception.error_code = X.error_code;
+	events->exception_payload = X.payload;
|
 events->exception.error_code = X->error_code;
+	events->exception_payload = X->payload;
)
 ...>
 }

@depends on patch && ever code && never get_old && never get_has && file in "arch/x86/kvm"@
identifier get.events;
expression X;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(..., struct kvm_vcpu_events *events)
 {
 <...
(
 events->exception.error_code = X.error_code;
+	events->exception_has_payload = X.has_payload;
|
 events->exception.error_code = X->error_code;
+	events->exception_has_payload = X->has_payload;
)
 ...>
 }

// Who no longer asks for payloads must find them delivered.

@depends on ever get_old && never inject_new && file in "arch/x86/kvm"@
identifier get.vcpu;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu, ...)
 {
 <...
 	process_nmi(vcpu);
+	if (!vcpu->kvm->arch.exception_payload_enabled)
+		kvm_deliver_exception_payload(vcpu);
 ...>
 }

@depends on ever get_old && ever inject_new && file in "arch/x86/kvm"@
identifier get.vcpu;
expression E;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu, ...)
 {
 <...
 if (
-    E
+    !vcpu->kvm->arch.exception_payload_enabled && E
    )
 	kvm_deliver_exception_payload(...);
 ...>
 }

@depends on patch && ever code && never inject_new && file in "arch/x86/kvm"@
identifier get.vcpu;
@@
+/* Hand the payload of a pending exception, if it has one, to the guest. */
+static void kvm_deliver_exception_payload(struct kvm_vcpu *vcpu)
+{
+	struct kvm_queued_exception *ex = &vcpu->arch.exception;
+	unsigned long dr6;
+
+	if (!ex->pending || !ex->has_payload)
+		return;
+	if (ex->nr == PF_VECTOR)
+		vcpu->arch.cr2 = ex->payload;
+	if (ex->nr == DB_VECTOR) {
+		/* DR6.RTM is cleared where the payload has the bit. */
+		kvm_get_dr(vcpu, 6, &dr6);
+		dr6 &= ~(DR_TRAP_BITS | DR6_RTM);
+		dr6 |= ex->payload ^ DR6_RTM;
+		kvm_set_dr(vcpu, 6, lower_32_bits(dr6));
+	}
+	ex->has_payload = false;
+	ex->payload = 0;
+}
+
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu, ...)
 { ... }

@depends on patch && ever code && never inject_new && file in "arch/x86/kvm"@
identifier inject.vcpu, inject.r;
type inject.T;
statement S;
@@
 inject_pending_event(struct kvm_vcpu *vcpu, ...)
 {
 T r;
+
+	kvm_deliver_exception_payload(vcpu);
 S
 ...
 }

// KVM_SET_VCPU_EVENTS. Where nothing of it is there, injected and pending are
// not told apart, so that both are refused while L2 runs; and some kernels mark
// the pending exceptions that are userspace's own.

@script:python set_old depends on patch && ever code && never set_new && never set_has && never set_pending && never set_flag && never set_asked@
p << set.p;
@@
pass

@depends on ever set_old && file in "arch/x86/kvm"@
identifier set.vcpu, set.events, as_word.unasked, as_word.bad_nr, as_word.mask, as_word.in_guest, as_word.member, as_word.to_be_pending;
symbol false;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
(
 if (events->flags & ~(<+...
-KVM_VCPUEVENT_VALID_SMM
+mask
 ...+>)) { ... }
+
+	if (unasked)
+		return -EINVAL;
+	if (!(events->flags & KVM_VCPUEVENT_VALID_PAYLOAD))
+		events->exception.pending = 0;
+	if (events->exception.pending)
+		events->exception.injected = 0;
+	else
+		events->exception_has_payload = 0;
+	if (bad_nr)
+		return -EINVAL;
|
 if (events->exception.injected && (<+...
-is_guest_mode(vcpu)
+in_guest
 ...+>)) { ... }
|
 vcpu->arch.exception_from_userspace =
-    false
+    events->exception.pending
 ;
|
 	vcpu->arch.exception.error_code = events->exception.error_code;
+	if (events->flags & KVM_VCPUEVENT_VALID_PAYLOAD) {
+		vcpu->arch.exception.member = events->exception.injected;
+		vcpu->arch.exception.pending = to_be_pending;
+	}
+	vcpu->arch.exception.has_payload = events->exception_has_payload;
+	vcpu->arch.exception.payload = events->exception_payload;
)
 ...>
 }

@depends on patch && ever code && never set_old && never set_asked && file in "arch/x86/kvm"@
identifier set.vcpu, set.events, as_word.unasked;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
 if (events->flags & ~(<+... KVM_VCPUEVENT_VALID_SMM ...+>)) { ... }
+
+	if (unasked)
+		return -EINVAL;
+	if (!(events->flags & KVM_VCPUEVENT_VALID_PAYLOAD))
+		events->exception.pending = 0;
+	if (events->exception.pending)
+		events->exception.injected = 0;
+	else
+		events->exception_has_payload = 0;
 ...>
 }

@depends on patch && ever code && never set_old && never set_flag && file in "arch/x86/kvm"@
identifier set.events, as_word.mask;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(..., struct kvm_vcpu_events *events)
 {
 <...
 events->flags & ~(<+...
-KVM_VCPUEVENT_VALID_SMM
+mask
 ...+>)
 ...>
 }

@depends on patch && ever code && never set_old && never set_pending && file in "arch/x86/kvm"@
identifier set.vcpu, set.events;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
 	vcpu->arch.exception.injected = events->exception.injected;
+	vcpu->arch.exception.pending = events->exception.pending;
 ...>
 }

@depends on patch && ever code && never set_old && never set_new && file in "arch/x86/kvm"@
identifier set.vcpu, set.events;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
 	vcpu->arch.exception.error_code = events->exception.error_code;
+	vcpu->arch.exception.payload = events->exception_payload;
 ...>
 }

@depends on patch && ever code && never set_old && never set_has && file in "arch/x86/kvm"@
identifier set.vcpu, set.events;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
 	vcpu->arch.exception.error_code = events->exception.error_code;
+	vcpu->arch.exception.has_payload = events->exception_has_payload;
 ...>
 }

// The capability.

@script:python as_case depends on patch && ever code && never check_new@
p << check.p;
supported;
@@
coccinelle.supported = "KVM_CAP_VCPU_EVENTS:\n\tcase " + CAP

@depends on patch && ever code && never check_new && file in "arch/x86/kvm"@
identifier as_case.supported;
@@
 kvm_vm_ioctl_check_extension(...)
 {
 <...
-KVM_CAP_VCPU_EVENTS
+supported
 ...>
 }

@script:python as_break depends on patch && ever code && never enable_new@
kvm << enable.kvm;
cap << enable.cap;
r << enable.r;
enabled;
@@
coccinelle.enabled = "\n\t\t".join(["break;\n\tcase %s:" % CAP,
	"%s->arch.exception_payload_enabled = %s->args[0];" % (kvm, cap),
	"%s = 0;" % r, "break"])

@depends on patch && ever code && never enable_new && file in "arch/x86/kvm"@
identifier enable.kvm, enable.cap, enable.r, as_break.enabled;
@@
(
 kvm->arch.disabled_quirks = <+... cap->args[0] ...+>;
|
 kvm->arch.disabled_quirks |= <+... cap->args[0] ...+>;
)
 r = 0;
-break;
+enabled;

// Exceptions that KVM queues.

@depends on patch && ever code && never queued_new && file in "arch/x86/kvm"@
expression E, F;
@@
 kvm_multiple_exception(...)
 {
 <...
 E->arch.exception.error_code = F;
+E->arch.exception.has_payload = false;
+E->arch.exception.payload = 0;
 ...>
 }

// The numbers, last of all: leaving out the definitions that ours does not
// follow, include_match() drops what other rules bound as well.

@around depends on patch && ever code@
identifier n =~ "^KVM_(CAP|VCPUEVENT_VALID)_[A-Z0-9_]+$";
constant V =~ "^(1[0-6][0-9]|0x0*[1-8])$";
position p;
@@
#define n@p V

@script:python@
p << around.p;
n << around.n;
v << around.V;
@@
numbers.setdefault(p[0].file, {})[n] = int(v, 0)

@script:python as_define@
p << around.p;
n << around.n;
ours;
@@
if not missing(p[0].file, n) or not last(p[0].file, n):
	cocci.include_match(False)
elif kind(n) == CAP:
	coccinelle.ours = CAP + " 164"
else:
	coccinelle.ours = FLAG + "\t0x00000010"

@@
identifier around.n, as_define.ours;
constant around.V;
position around.p;
@@
#define n@p V
+#define ours
