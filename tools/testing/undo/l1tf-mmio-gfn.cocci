// SPDX-License-Identifier: GPL-2.0-only
/// Leave the upper bits of the GFN where an MMIO SPTE stores them
///
/// The mask of the lower bits stays, since other code looks at it. The bits
/// of the generation are spelled as kernels since v5.1 have them.
// Options: --no-includes

virtual patch

@depends on patch@
identifier g;
type T;
expression S;
@@
 get_mmio_spte_gfn(...)
 {
- T g = S & shadow_nonpresent_or_rsvd_lower_gfn_mask;
+ T mask = MMIO_SPTE_GEN_LOW_MASK | MMIO_SPTE_GEN_HIGH_MASK | shadow_mmio_mask | shadow_nonpresent_or_rsvd_mask;
+ T g = S & ~mask;
 ...
 }
