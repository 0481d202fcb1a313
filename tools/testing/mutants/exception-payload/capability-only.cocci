// SPDX-License-Identifier: GPL-2.0-only
/// The capability is there and can be enabled, and that is all
// Options: --no-includes

virtual patch

@check@
position p;
@@
 KVM_CAP_VCPU_EVENTS@p

@script:python as_case depends on patch@
p << check.p;
supported;
@@
coccinelle.supported = "KVM_CAP_VCPU_EVENTS:\n\tcase 164"

@@
identifier as_case.supported;
@@
-KVM_CAP_VCPU_EVENTS
+supported

@enable@
identifier kvm, cap, r;
@@
 kvm->arch.disabled_quirks = cap->args[0];
 r = 0;
 break;

@script:python as_break depends on patch@
r << enable.r;
enabled;
@@
coccinelle.enabled = "break;\n\tcase 164:\n\t\t%s = 0;\n\t\tbreak" % r

@@
identifier enable.kvm, enable.cap, enable.r, as_break.enabled;
@@
 kvm->arch.disabled_quirks = cap->args[0];
 r = 0;
-break;
+enabled;
