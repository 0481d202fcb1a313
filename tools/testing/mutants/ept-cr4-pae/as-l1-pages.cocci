// SPDX-License-Identifier: GPL-2.0-only
/// The width of an EPT entry follows CR4.PAE
// Options: --no-includes

virtual patch

@depends on patch@
symbol false;
expression R;
identifier V;
@@
 kvm_calc_shadow_ept_root_page_role(struct kvm_vcpu *V, ...)
 {
 <...
 R.direct = false;
+R.gpte_is_8_bytes = !!is_pae(V);
 ...>
 }
