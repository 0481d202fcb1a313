// SPDX-License-Identifier: GPL-2.0-only
/// A KVM that has no accessed and dirty flags for L1's EPT
// Scope: arch/x86/kvm
// Anchors: nested_ept_new_eptp
// Options: --no-includes

virtual patch

@depends on patch@
@@
- nested_ept_ad_enabled(...)
+ false
