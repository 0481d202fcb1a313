// SPDX-License-Identifier: GPL-2.0-only
/// A KVM that gives L2 the page behind L1's APIC instead of the APIC
// Scope: arch/x86/kvm
// Anchors: kvm_faultin_pfn
// Options: --no-includes

virtual patch

@depends on patch@
expression E;
statement S;
@@
 kvm_faultin_pfn(...)
 {
 <...
- if (!kvm_is_visible_memslot(E)) S
 ...>
 }
