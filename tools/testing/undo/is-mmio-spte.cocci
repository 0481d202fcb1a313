// SPDX-License-Identifier: GPL-2.0-only
/// Tell MMIO SPTEs by a mask that is kept beside the value
// Options: --no-includes

virtual patch

@kind@
symbol shadow_mmio_value, SPTE_MMIO_MASK;
expression V;
@@
kvm_mmu_set_mmio_spte_mask(...)
{
<+...
shadow_mmio_value = V | SPTE_MMIO_MASK;
...+>
}

@depends on patch && kind@
typedef u64;
attribute name __read_mostly;
@@
(
  static u64 __read_mostly shadow_mmio_value;
+ static u64 __read_mostly shadow_mmio_mask;
|
  extern u64 __read_mostly shadow_mmio_value;
+ extern u64 __read_mostly shadow_mmio_mask;
|
  u64 __read_mostly shadow_mmio_value;
+ u64 __read_mostly shadow_mmio_mask;
)

@depends on patch && kind@
type R;
identifier V, A;
@@
R kvm_mmu_set_mmio_spte_mask(
+	u64 mmio_mask,
	u64 V, u64 A);

@depends on patch && kind@
identifier V, A;
@@
kvm_mmu_set_mmio_spte_mask(
+	u64 mmio_mask,
	u64 V, u64 A)
{
+	BUG_ON((mmio_mask & V) != V);
...
shadow_mmio_value = V | SPTE_MMIO_MASK;
+	shadow_mmio_mask = mmio_mask | SPTE_SPECIAL_MASK;
...
}

@depends on patch && kind@
expression V, A;
@@
kvm_mmu_set_mmio_spte_mask(
(
+	VMX_EPT_RWX_MASK,
	VMX_EPT_MISCONFIG_WX_VALUE
|
+	V,
	V
)
	, A)

@depends on patch && kind@
expression S;
@@
is_mmio_spte(...)
{
...
- return (S & SPTE_SPECIAL_MASK) == SPTE_MMIO_MASK;
+ return (S & shadow_mmio_mask) == shadow_mmio_value;
}
