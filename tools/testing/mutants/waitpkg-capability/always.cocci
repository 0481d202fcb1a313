// SPDX-License-Identifier: GPL-2.0-only
/// KVM says that it supports WAITPKG whatever the CPU has
// Options: --no-includes

virtual patch

@depends on patch@
@@
 vmx_set_cpu_caps(...)
 {
 ...
+
+	kvm_cpu_cap_set(X86_FEATURE_WAITPKG);
 }
