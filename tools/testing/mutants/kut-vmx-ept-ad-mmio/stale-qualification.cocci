// SPDX-License-Identifier: GPL-2.0-only
/// A KVM that does not pass on what the CPU says of an EPT violation
// Scope: arch/x86/kvm
// Anchors: handle_ept_violation
// Options: --no-includes

virtual patch

@depends on patch@
expression V, Q;
@@
- V->arch.exit_qualification = Q;
