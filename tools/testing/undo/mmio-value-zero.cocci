// SPDX-License-Identifier: GPL-2.0-only
/// Leave bit 51 in the MMIO value where no bit is reserved
// Options: --no-includes

virtual patch

@depends on patch@
identifier m;
expression B;
@@
- if (B < 52)
-	m = BIT_ULL(51) | PT_PRESENT_MASK;
- else
-	m = 0;
+	m = BIT_ULL(51);
+	m |= PT_PRESENT_MASK;
+	if (B == 52)
+		m &= ~1ull;
...
kvm_mmu_set_mmio_spte_mask(m, ...);
