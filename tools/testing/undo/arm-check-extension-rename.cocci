// SPDX-License-Identifier: GPL-2.0-only
/// Name kvm_arch_vm_ioctl_check_extension() after devices again
///
/// For kernels that have the function. Where its answers went into its
/// caller there is nothing to restore.
// Options: --no-includes

virtual patch

@depends on patch@
@@
-kvm_arch_vm_ioctl_check_extension
+kvm_arch_dev_ioctl_check_extension
 (...) { ... }

@depends on patch@
identifier kvm, ext;
@@
 int
-kvm_arch_vm_ioctl_check_extension
+kvm_arch_dev_ioctl_check_extension
 (struct kvm *kvm, long ext);

@depends on patch@
@@
-kvm_arch_vm_ioctl_check_extension
+kvm_arch_dev_ioctl_check_extension
 (...)
