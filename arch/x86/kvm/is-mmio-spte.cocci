// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86/mmu: tell an MMIO SPTE by its kind alone
///
/// A special SPTE says in two software bits what kind it is, and one of
/// the kinds is MMIO. is_mmio_spte() nevertheless compared with a mask and
/// a value that each vendor module passed to kvm_mmu_set_mmio_spte_mask().
/// Nothing is wrong with the result, as the two bits are part of both, but
/// who reads it must prove first that the mask covers them.
///
/// Look at the two bits only. The mask is not needed any more: it goes,
/// and with it the first argument of kvm_mmu_set_mmio_spte_mask(). All of
/// its callers are in KVM's own modules.
///
/// Without the two bits (one bit marks every special SPTE, or none does)
/// the comparison with the mask is the only one there is, and the change is
/// blocked. Later kernels let go of the software bits and have the mask
/// again, on purpose: there the change must not be made.
///
/// The proof is that the variable is gone from the debug information.
// Nr: 28
// Kind: cleanup
// Upstream: e7581caca4c1 v5.8
// Originally-by: Paolo Bonzini <pbonzini@redhat.com>
// Scope: arch/x86/kvm
// Anchors: is_mmio_spte kvm_mmu_set_mmio_spte_mask
// Context: shadow_mmio_mask
// Modules: kvm kvm-intel kvm-amd
// Abi: kvm_mmu_set_mmio_spte_mask (one argument less)
// Proof: static symbol-gone shadow_mmio_mask
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// The setter knows the two bits of the kind.

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

// It keeps a mask beside the value.

@setter@
symbol shadow_mmio_mask, SPTE_SPECIAL_MASK;
type T;
identifier M;
position p;
@@
kvm_mmu_set_mmio_spte_mask(T M, ...)
{
<+...
shadow_mmio_mask@p = M | SPTE_SPECIAL_MASK;
...+>
}

@old@
expression S, V;
position p;
@@
is_mmio_spte(...)
{
...
return (S & shadow_mmio_mask@p) == V;
}

@new@
expression S;
position p;
@@
is_mmio_spte(...)
{
<+...
 (S & SPTE_SPECIAL_MASK@p) == SPTE_MMIO_MASK
...+>
}

// Back on purpose: any bits, where MMIO SPTEs are used at all.

@plain@
identifier M;
position p;
@@
kvm_mmu_set_mmio_spte_mask(...)
{
<+...
shadow_mmio_mask@p = M;
...+>
}

@back depends on plain@
expression S, V, C;
position p;
@@
is_mmio_spte(...)
{
...
return \((S & shadow_mmio_mask@p) == V && C\|C && (S & shadow_mmio_mask@p) == V\);
}

// What the mask is used for; all else stands in the way.

@compared depends on setter && kind@
expression S;
position q;
@@
 \((S & shadow_mmio_mask@q) == shadow_mmio_value\|shadow_mmio_value == (S & shadow_mmio_mask@q)\)

@reset depends on setter && kind@
position q;
@@
shadow_mmio_mask@q = 0;

@other depends on setter && kind@
position p != {setter.p, compared.q, reset.q};
@@
shadow_mmio_mask@p

// And in the setter, what the argument is used for.

@checked depends on setter && kind@
identifier setter.M;
expression V;
position q;
@@
 \(BUG_ON\|WARN_ON\|WARN_ON_ONCE\)((M@q & V) != V);

@stored depends on setter && kind@
identifier setter.M;
position q;
@@
shadow_mmio_mask = M@q | SPTE_SPECIAL_MASK;

@left depends on setter && kind@
identifier setter.M;
position p, q != {checked.q, stored.q};
@@
kvm_mmu_set_mmio_spte_mask@p(...)
{
<+...
M@q
...+>
}

// The prototype comes first: spatch changes what is like the definition.

@script:python depends on report@
p << old.p;
@@
coccilib.report.print_report(p[0], "MMIO SPTEs are told by a mask")

@script:python depends on report && kind@
p << setter.p;
@@
coccilib.report.print_report(p[0], "a mask is kept that the kind of an SPTE makes superfluous")

@script:python depends on evidence && !kind@
p << old.p;
@@
print("blocked %s:%s special SPTEs have no two bits for their kind" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << other.p;
@@
print("blocked %s:%s the MMIO mask is used for something else" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << left.p;
@@
print("blocked %s:%s the mask is used for something else" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << new.p;
@@
print("carried %s:%s the kind alone tells an MMIO SPTE" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << back.p;
@@
print("superseded %s:%s MMIO SPTEs have no software bits, the mask tells them" % (p[0].file, p[0].line))

@depends on patch && setter && kind@
type T, R;
identifier M;
parameter list ps;
@@
R kvm_mmu_set_mmio_spte_mask(
-	T M,
	ps);

@depends on patch && setter && kind@
type T;
identifier M;
parameter list ps;
expression V;
@@
kvm_mmu_set_mmio_spte_mask(
-	T M,
	ps)
{
<...
(
- \(BUG_ON\|WARN_ON\|WARN_ON_ONCE\)((M & V) != V);
|
- shadow_mmio_mask = M | SPTE_SPECIAL_MASK;
)
...>
}

@depends on patch && setter && kind@
expression M;
expression list es;
@@
kvm_mmu_set_mmio_spte_mask(
-	M,
	es)

@depends on patch && setter && kind@
expression S;
@@
(
- (S & shadow_mmio_mask) == shadow_mmio_value
+ (S & SPTE_SPECIAL_MASK) == SPTE_MMIO_MASK
|
- shadow_mmio_value == (S & shadow_mmio_mask)
+ (S & SPTE_SPECIAL_MASK) == SPTE_MMIO_MASK
)

@depends on patch && setter && kind@
@@
- shadow_mmio_mask = 0;

@depends on patch && setter && kind@
attribute name __read_mostly;
type T;
@@
(
- static T __read_mostly shadow_mmio_mask;
|
- extern T __read_mostly shadow_mmio_mask;
|
- T __read_mostly shadow_mmio_mask;
|
- static T shadow_mmio_mask;
|
- extern T shadow_mmio_mask;
|
- T shadow_mmio_mask;
)
