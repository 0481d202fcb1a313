// SPDX-License-Identifier: GPL-2.0-only
/// No MMIO value on any CPU: what has a reserved bit does without it as well
// Options: --no-includes

virtual patch

@depends on patch@
identifier m;
expression C;
@@
- if (C)
-	m &= \(~1ull\|~1ULL\|~1UL\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
+ m = 0;
...
kvm_mmu_set_mmio_spte_mask(m, ...);
