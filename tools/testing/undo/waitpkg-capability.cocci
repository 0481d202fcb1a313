// SPDX-License-Identifier: GPL-2.0-only
/// Do not say that KVM supports WAITPKG
// Options: --no-includes

virtual patch

@depends on patch@
@@
 vmx_set_cpu_caps(...)
 {
 <...
- if (cpu_has_vmx_waitpkg())
-	kvm_cpu_cap_check_and_set(X86_FEATURE_WAITPKG);
 ...>
 }

@depends on patch@
@@
 vmx_set_cpu_caps(...)
 {
 <...
- if (vmx_waitpkg_supported())
-	kvm_cpu_cap_check_and_set(X86_FEATURE_WAITPKG);
 ...>
 }
