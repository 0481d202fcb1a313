// SPDX-License-Identifier: GPL-2.0-only
/// 52 bits still count as less than all: the whole value stays
// Options: --no-includes

virtual patch

@depends on patch@
identifier m;
expression B;
@@
- if (\(IS_ENABLED(CONFIG_X86_64) && B == 52\|B == 52\|B >= 52\))
-	m &= \(~1ull\|~1ULL\|~1UL\|~BIT_ULL(0)\|~PT_PRESENT_MASK\);
+ if (B > 52)
+	m = 0;
...
kvm_mmu_set_mmio_spte_mask(m, ...);
