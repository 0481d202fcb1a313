// SPDX-License-Identifier: GPL-2.0-only
/// KVM: arm/arm64: rename kvm_arch_dev_ioctl_check_extension()
///
/// The function answers KVM_CHECK_EXTENSION for a VM. It gets the VM, is
/// called from kvm_vm_ioctl_check_extension() and has nothing to do with a
/// device, although its name says so. The reader looks for it beside the
/// device ioctls.
///
/// Call it kvm_arch_vm_ioctl_check_extension(), in its definitions for arm
/// and arm64, its declaration and its caller, all of them or none, and in
/// the comment above it; where some have the new name already, the others.
/// Newer kernels for arm64 alone do without the function.
///
/// The proof compiles what calls it, and sees that the old name is gone from
/// the debug information.
// Nr: 11
// Kind: cleanup
// Upstream: v4.20
// Originally-by: Dongjiu Geng <gengdongjiu@huawei.com>
// Scope: arch/arm64/kvm arch/arm64/include/asm arch/arm/kvm arch/arm/include/asm virt/kvm/arm
// Anchors: kvm_arch_dev_ioctl_check_extension kvm_arch_vm_ioctl_check_extension kvm_vm_ioctl_check_extension
// Context: KVM_CAP_GUEST_DEBUG_HW_BPS
// Renames: kvm_arch_dev_ioctl_check_extension kvm_arch_vm_ioctl_check_extension
// Modules: none
// Abi: none
// Proof: static symbol-gone kvm_arch_dev_ioctl_check_extension
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
import re

old = set()		# the arches that have the function by its old name
new = set()		# and by its new one

def arch(file):
	found = re.search(r"\barch/(\w+)/", file)
	return found.group(1) if found else file

// The old name: defined, for arm in the header, declared and called.

@def_inline@
identifier f = kvm_arch_dev_ioctl_check_extension;
position p;
@@
 static inline int f@p(...) { ... }

@def@
identifier f = kvm_arch_dev_ioctl_check_extension;
position p != def_inline.p;
@@
 f@p(...) { ... }

@decl@
type T;
position p;
@@
 T kvm_arch_dev_ioctl_check_extension@p(...);

@call@
identifier f;
position p;
@@
 f(...)
 {
 <+...
 kvm_arch_dev_ioctl_check_extension@p(...)
 ...+>
 }

// The new one.

@def_new@
identifier f = kvm_arch_vm_ioctl_check_extension;
position p;
@@
 f@p(...) { ... }

@decl_new@
type T;
@@
 T kvm_arch_vm_ioctl_check_extension(...);

@call_new@
position p;
@@
 kvm_vm_ioctl_check_extension(...)
 {
 <+...
 kvm_arch_vm_ioctl_check_extension@p(...)
 ...+>
 }

// A function of another name gives the answers, mostly the one that called it.

@caller@
@@
 kvm_vm_ioctl_check_extension(...) { ... }

@own@
identifier f != { kvm_arch_dev_ioctl_check_extension, kvm_arch_vm_ioctl_check_extension };
position p;
@@
 f@p(...)
 {
 <+...
 KVM_CAP_GUEST_DEBUG_HW_BPS
 ...+>
 }

@script:python depends on report@
p << def.p;
@@
coccilib.report.print_report(p[0], "this answers for a VM, not for a device")

@script:python depends on report@
p << def_inline.p;
@@
coccilib.report.print_report(p[0], "this answers for a VM, not for a device")

@script:python depends on report@
p << decl.p;
@@
coccilib.report.print_report(p[0], "this answers for a VM, not for a device")

@script:python depends on report@
p << call.p;
@@
coccilib.report.print_report(p[0], "this answers for a VM, not for a device")

@script:python depends on evidence && !decl && !decl_new@
p << def.p;
@@
print("blocked %s:%s the declaration is not in this tree" % (p[0].file, p[0].line))

@script:python depends on evidence && def_new && !def && !def_inline && !decl && !call@
p << call_new.p;
@@
print("carried %s:%s the function that answers for a VM has a name that says so" % (p[0].file, p[0].line))

@script:python depends on evidence && caller && !def && !def_inline && !decl && !call && !def_new && !call_new@
p << own.p;
f << own.f;
@@
print("superseded %s:%s %s" % (p[0].file, p[0].line,
	"the function that was called is a part of this one" if f == "kvm_vm_ioctl_check_extension"
	else "the function with the answers has another name"))

// All that are left, so that none is. Not where an arch has both names: then
// the old one calls the new.

@script:python depends on patch@
p << def.p;
@@
old.add(arch(p[0].file))

@script:python depends on patch@
p << def_inline.p;
@@
old.add(arch(p[0].file))

@script:python depends on patch@
p << def_new.p;
@@
new.add(arch(p[0].file))

@script:python whole depends on patch && (call || call_new) && (def || def_new) && (decl || decl_new)@
@@
if old & new:
	cocci.include_match(False)

@depends on whole@
@@
-kvm_arch_dev_ioctl_check_extension
+kvm_arch_vm_ioctl_check_extension
 (...) { ... }

@depends on whole@
type T;
@@
 T
-kvm_arch_dev_ioctl_check_extension
+kvm_arch_vm_ioctl_check_extension
 (...);

@depends on whole@
@@
-kvm_arch_dev_ioctl_check_extension
+kvm_arch_vm_ioctl_check_extension
 (...)
