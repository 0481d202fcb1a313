// SPDX-License-Identifier: GPL-2.0-only
/// A KVM that reports a failed fetch without the fetch bit
// Scope: arch/x86/kvm
// Anchors: kvm_fetch_guest_virt
// Options: --no-includes

virtual patch

@depends on patch@
expression E;
@@
 kvm_fetch_guest_virt(...)
 {
 <...
- E | PFERR_FETCH_MASK
+ E
 ...>
 }
