// SPDX-License-Identifier: GPL-2.0-only
/// A KVM whose APIC has an MMIO interface in x2APIC mode, too
// Scope: arch/x86/kvm
// Anchors: apic_mmio_read apic_mmio_write
// Options: --no-includes

virtual patch

@depends on patch@
identifier f =~ "^apic_mmio_(read|write)$";
expression E;
@@
 f(...)
 {
 <...
- !kvm_apic_hw_enabled(E) || apic_x2apic_mode(E)
+ !kvm_apic_hw_enabled(E)
 ...>
 }
