// SPDX-License-Identifier: GPL-2.0-only
/// A KVM that uses EPT's accessed and dirty flags where L1 does not
// Scope: arch/x86/kvm
// Anchors: construct_eptp
// Options: --no-includes

virtual patch

@depends on patch@
expression E;
@@
 construct_eptp(...)
 {
 <...
- (!is_guest_mode(E) || nested_ept_ad_enabled(E))
+ true
 ...>
 }
