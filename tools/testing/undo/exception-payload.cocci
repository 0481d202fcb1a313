// SPDX-License-Identifier: GPL-2.0-only
/// Take KVM_CAP_EXCEPTION_PAYLOAD away from userspace
///
/// What is left is a kernel in which no VM ever enables it: exceptions in L2
/// keep their payload until L1 had its exit, as far as KVM queues them itself.
// Options: --no-includes --include-headers --smpl-spacing

virtual patch

// The headers.

@depends on patch@
@@
-#define KVM_CAP_EXCEPTION_PAYLOAD 164

@depends on patch@
@@
-#define KVM_VCPUEVENT_VALID_PAYLOAD 0x00000010

@depends on patch@
typedef __u8, __u32, __u64;
@@
struct kvm_vcpu_events {
	struct {
		__u8 injected;
		__u8 nr;
		__u8 has_error_code;
-		__u8 pending;
+		__u8 pad;
		__u32 error_code;
	} exception;
	...
-	__u8 reserved[27];
-	__u8 exception_has_payload;
-	__u64 exception_payload;
+	__u32 reserved[9];
};

@depends on patch@
@@
struct kvm_vcpu_events {
	struct {
		__u8 injected;
		__u8 nr;
		__u8 has_error_code;
-		__u8 pending;
+		__u8 pad;
		__u32 error_code;
	} exception;
	...
-	__u8 reserved[26];
-	__u8 exception_has_payload;
-	__u64 exception_payload;
+	__u8 reserved[35];
};

@depends on patch@
@@
struct kvm_arch {
	...
-	bool exception_payload_enabled;
	...
};

// The capability.

@depends on patch@
@@
 kvm_vm_ioctl_check_extension(...)
 {
 <...
 switch (...) {
 case KVM_CAP_IRQCHIP:
 ...
-case KVM_CAP_EXCEPTION_PAYLOAD:
 ...
 }
 ...>
 }

@depends on patch@
identifier kvm, cap, r;
@@
 kvm_vm_ioctl_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
 {
 <...
 switch (...) {
 case \(KVM_CAP_DISABLE_QUIRKS\|KVM_CAP_DISABLE_QUIRKS2\):
 ...
-case KVM_CAP_EXCEPTION_PAYLOAD:
-	kvm->arch.exception_payload_enabled = cap->args[0];
-	r = 0;
-	break;
 ...
 }
 ...>
 }

// KVM_GET_VCPU_EVENTS: a payload that waits is always delivered first.

@depends on patch@
identifier vcpu, events, ex;
@@
 kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
(
 if (
-    !vcpu->kvm->arch.exception_payload_enabled && vcpu->arch.exception.pending && vcpu->arch.exception.has_payload
+    vcpu->arch.exception.pending && vcpu->arch.exception.has_payload
    )
	kvm_deliver_exception_payload(...);
|
 if (
-    !vcpu->kvm->arch.exception_payload_enabled && ex->pending && ex->has_payload
+    ex->pending && ex->has_payload
    )
	kvm_deliver_exception_payload(...);
|
-if (!vcpu->kvm->arch.exception_payload_enabled)
	events->exception.injected |= \(vcpu->arch.exception.pending\|ex->pending\);
|
-events->exception.pending = ...;
|
-events->exception_has_payload = ...;
|
-events->exception_payload = ...;
+events->exception.pad = 0;
|
-if (vcpu->kvm->arch.exception_payload_enabled)
-	events->flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
)
 ...>
 }

// KVM_SET_VCPU_EVENTS: what is set has no payload, and none is left over.

@depends on patch@
expression E;
identifier vcpu, events;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu,
				    struct kvm_vcpu_events *events)
 {
 <...
(
-if (events->flags & KVM_VCPUEVENT_VALID_PAYLOAD) {
-	...
-} else {
-	...
-}
|
 E
-  | KVM_VCPUEVENT_VALID_PAYLOAD
|
-(events->exception.injected || events->exception.pending)
+events->exception.injected
|
 vcpu->arch.exception_from_userspace =
-	events->exception.pending
+	false
 ;
|
 vcpu->arch.exception.pending =
-	events->exception.pending
+	false
 ;
|
 vcpu->arch.exception.has_error_code = events->exception.has_error_code;
+vcpu->arch.exception.has_payload = false;
+vcpu->arch.exception.payload = 0;
|
-vcpu->arch.exception.has_payload = events->exception_has_payload;
|
-vcpu->arch.exception.payload = events->exception_payload;
)
 ...>
 }
