// SPDX-License-Identifier: GPL-2.0-only
/// A KVM that gives up where it cannot fetch what it should emulate
// Scope: arch/x86/kvm
// Anchors: kvm_fetch_guest_virt
// Options: --no-includes

virtual patch

@depends on patch@
@@
 kvm_fetch_guest_virt(...)
 {
 <...
- return X86EMUL_PROPAGATE_FAULT;
+ return X86EMUL_UNHANDLEABLE;
 ...>
 }
