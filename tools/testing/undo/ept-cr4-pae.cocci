// SPDX-License-Identifier: GPL-2.0-only
/// Forget that the entries of a shadowed EPT page are 8 bytes wide
///
/// Where the bit is has_4_byte_gpte it also chooses the quadrant of a child
/// page: setting it for EPT would be another defect, so it stays.
// Options: --no-includes

virtual patch

@depends on patch@
symbol true;
expression R;
@@
kvm_calc_shadow_ept_root_page_role(...)
{
<...
- R.gpte_is_8_bytes = true;
...>
}
