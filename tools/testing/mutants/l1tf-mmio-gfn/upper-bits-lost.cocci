// SPDX-License-Identifier: GPL-2.0-only
/// The lower bits of the GFN alone, and nothing of the upper ones
// Options: --no-includes

virtual patch

@depends on patch@
identifier g, m;
type T, T1;
expression S, E, L;
@@
 get_mmio_spte_gfn(...)
 {
- T1 m = E;
- T g = S & ~m;
+ T g = S & shadow_nonpresent_or_rsvd_lower_gfn_mask;
- g |= (S >> L) & shadow_nonpresent_or_rsvd_mask;
 ...
 }
