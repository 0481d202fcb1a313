// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86/mmu: treat the entries of a shadowed EPT page as 8 bytes wide
///
/// The role bit cr4_pae of a shadow page says that the shadowed guest table
/// has entries of 8 bytes. Entries of EPT tables always have, but the MMU
/// that shadows the EPT tables of L1 leaves the bit as it was for L1, and
/// two places ask for CR4.PAE instead, which is that of L2 while L2 runs.
///
/// It matters to hosts with EPT that run nested hypervisors. Where the bit
/// is clear, each write of L1 to one of its EPT entries counts as a
/// misaligned write to a table of 4-byte entries, and the whole shadow page
/// is zapped instead of one entry. With a 4-byte write it may be the wrong
/// entry that is zapped. And every unsynchronized shadow page is zapped
/// rather than synchronized when its bit and the CR4.PAE of L2 differ.
///
/// Set the bit in the role of shadow EPT, and ask the role of the current
/// MMU instead of CR4. Shadow paging takes the bit in its role from
/// CR4.PAE, so nothing changes there. With nested NPT the role was made
/// from the CR4 of L1, as it must be. An MMU that maps directly neither
/// synchronizes pages nor updates entries; if its role does not have the
/// bit, a write to a shadowed page only zaps, which is always right, since
/// entries are only updated where the bits of page and MMU are equal.
///
/// Newer kernels named the bit after what it means and set it for EPT. One
/// that has the new name and does not set it gets the assignment only.
///
/// The proof has a guest hypervisor, in 64-bit mode and in 32-bit mode
/// without PAE, write single entries of its EPT tables, with 8 and with 4
/// bytes. It counts the shadow pages that are zapped for it, and looks
/// whether the nested guest gets the new entry.
// Nr: 30
// Kind: defect
// Upstream: never
// Originally-by: Christian Ehrhardt <lk@c--e.de>
// Scope: arch/x86/kvm
// Anchors: kvm_init_shadow_ept_mmu kvm_calc_shadow_ept_root_page_role
// Context: __kvm_sync_page mmu_pte_write_fetch_gpte kvm_mmu_get_page detect_write_misaligned
// Modules: kvm
// Abi: none
// Proof: vmx kvm/ept_cr4_pae
// Defect: ept-write-misaligned; stale-ept-entry
// Options: --no-includes
// Confidence: Medium

virtual patch
virtual report
virtual evidence

// The bit has its old name in the role of a shadow page.

@bit@
expression P;
@@
P->role.cr4_pae

// Where the current MMU keeps its role.

@embedded@
expression V;
@@
V->arch.mmu.base_role

@pointed@
expression V;
@@
V->arch.mmu->base_role

@both@
expression V;
@@
V->arch.mmu->mmu_role.base

// The three places: as they were and as they should be.

@sync_old@
expression P, V;
position p;
@@
(
P->role.cr4_pae@p != \(!!is_pae(V)\|is_pae(V)\)
|
\(!!is_pae(V)\|is_pae(V)\) != P->role.cr4_pae@p
)

@sync_new@
expression P, R;
position p;
@@
(
P->role.cr4_pae@p != \(R.cr4_pae\|!!R.cr4_pae\)
|
R.cr4_pae != P->role.cr4_pae@p
)

@fetch_old@
expression V, B;
position p;
@@
(
is_pae@p(V) && B == 4
|
B == 4 && is_pae@p(V)
)

@fetch_new@
expression R, B;
position p;
@@
(
R.cr4_pae@p && B == 4
|
B == 4 && R.cr4_pae@p
)

@calc@
@@
kvm_calc_shadow_ept_root_page_role(...) { ... }

@whole@
expression C, E;
@@
kvm_init_shadow_ept_mmu(...)
{
<+...
C->base_role.word = E;
...+>
}

@role_new@
symbol true;
expression R;
position p;
@@
\(kvm_calc_shadow_ept_root_page_role\|kvm_init_shadow_ept_mmu\)(...)
{
<+...
R.cr4_pae@p = \(true\|1\);
...+>
}

@calc_old depends on !role_new@
symbol false;
expression R;
position p;
@@
kvm_calc_shadow_ept_root_page_role(...)
{
<+...
R.direct@p = \(false\|0\);
...+>
}

@init_old depends on !role_new && !calc && !whole@
symbol false;
expression C;
position p;
@@
kvm_init_shadow_ept_mmu(...)
{
<+...
C->direct_map@p = \(false\|0\);
...+>
}

// Later kernels: the bit that tells the width is set for shadow EPT.

@asked@
expression P;
@@
\(P->role.gpte_is_8_bytes\|P->role.has_4_byte_gpte\|P->role.gpte_size\)

@asked_8@
expression P;
@@
P->role.gpte_is_8_bytes

// The same, where a tree that renamed the bit lacks it for shadow EPT and
// this fix has put it in.

@put@
symbol true, false;
expression R;
position p;
@@
kvm_calc_shadow_ept_root_page_role(...)
{
<+...
R.direct = \(false\|0\);
R.gpte_is_8_bytes@p = true;
...+>
}

@width depends on asked && !put@
symbol true, false;
expression R;
position p;
@@
\(kvm_calc_shadow_ept_root_page_role\|kvm_init_shadow_ept_mmu\)(...)
{
<+...
\(R.gpte_is_8_bytes@p = true\|R.gpte_is_8_bytes@p = 1\|R.has_4_byte_gpte@p = false\|R.has_4_byte_gpte@p = 0\|R.gpte_size@p = 8\)
...+>
}

@lacking depends on asked_8 && !put && !width@
symbol false;
expression R;
position p;
@@
kvm_calc_shadow_ept_root_page_role(...)
{
<+...
R.direct@p = \(false\|0\);
...+>
}

@script:python depends on report && bit && !width@
p << sync_old.p;
@@
coccilib.report.print_report(p[0], "CR4.PAE of L2 decides whether a shadow EPT page is in sync")

@script:python depends on report && bit && !width@
p << fetch_old.p;
@@
coccilib.report.print_report(p[0], "CR4.PAE tells nothing about the width of an EPT entry")

@script:python depends on report && bit && !width@
p << calc_old.p;
@@
coccilib.report.print_report(p[0], "the role of shadow EPT does not say that entries have 8 bytes")

@script:python depends on report && bit && !width@
p << init_old.p;
@@
coccilib.report.print_report(p[0], "the role of shadow EPT does not say that entries have 8 bytes")

@script:python depends on evidence && bit && sync_new && fetch_new && !sync_old && !fetch_old@
p << role_new.p;
@@
print("carried %s:%s the role says that EPT entries have 8 bytes, and is asked" % (p[0].file, p[0].line))

@script:python depends on report && !bit@
p << lacking.p;
@@
coccilib.report.print_report(p[0], "the role of shadow EPT does not say that entries have 8 bytes")

@script:python depends on evidence && !bit@
p << put.p;
@@
print("carried %s:%s the role says that EPT entries have 8 bytes" % (p[0].file, p[0].line))

@script:python depends on evidence && !bit@
p << width.p;
@@
print("superseded %s:%s the role of shadow EPT has the width of its entries" % (p[0].file, p[0].line))

@depends on patch && !bit && lacking@
symbol false;
expression R;
@@
kvm_calc_shadow_ept_root_page_role(...)
{
<...
R.direct = \(false\|0\);
+	R.gpte_is_8_bytes = true;
...>
}

@depends on patch && bit && calc_old@
symbol false;
expression R;
@@
kvm_calc_shadow_ept_root_page_role(...)
{
<...
R.direct = \(false\|0\);
+	/* An EPT entry has 8 bytes, whatever CR4.PAE is. */
+	R.cr4_pae = true;
...>
}

@depends on patch && bit && init_old@
symbol false;
expression C;
@@
kvm_init_shadow_ept_mmu(...)
{
<...
C->direct_map = \(false\|0\);
+	/* An EPT entry has 8 bytes, whatever CR4.PAE is. */
+	C->base_role.cr4_pae = true;
...>
}

@depends on patch && bit && embedded@
expression P, V;
@@
(
P->role.cr4_pae !=
- !!is_pae(V)
+ V->arch.mmu.base_role.cr4_pae
|
P->role.cr4_pae !=
- is_pae(V)
+ V->arch.mmu.base_role.cr4_pae
|
- !!is_pae(V)
+ V->arch.mmu.base_role.cr4_pae
  != P->role.cr4_pae
|
- is_pae(V)
+ V->arch.mmu.base_role.cr4_pae
  != P->role.cr4_pae
)

@depends on patch && bit && embedded@
expression V, B;
@@
(
- is_pae(V)
+ V->arch.mmu.base_role.cr4_pae
  && B == 4
|
  B == 4 &&
- is_pae(V)
+ V->arch.mmu.base_role.cr4_pae
)

@depends on patch && bit && pointed@
expression P, V;
@@
(
P->role.cr4_pae !=
- !!is_pae(V)
+ V->arch.mmu->base_role.cr4_pae
|
P->role.cr4_pae !=
- is_pae(V)
+ V->arch.mmu->base_role.cr4_pae
|
- !!is_pae(V)
+ V->arch.mmu->base_role.cr4_pae
  != P->role.cr4_pae
|
- is_pae(V)
+ V->arch.mmu->base_role.cr4_pae
  != P->role.cr4_pae
)

@depends on patch && bit && pointed@
expression V, B;
@@
(
- is_pae(V)
+ V->arch.mmu->base_role.cr4_pae
  && B == 4
|
  B == 4 &&
- is_pae(V)
+ V->arch.mmu->base_role.cr4_pae
)

@depends on patch && bit && both@
expression P, V;
@@
(
P->role.cr4_pae !=
- !!is_pae(V)
+ V->arch.mmu->mmu_role.base.cr4_pae
|
P->role.cr4_pae !=
- is_pae(V)
+ V->arch.mmu->mmu_role.base.cr4_pae
|
- !!is_pae(V)
+ V->arch.mmu->mmu_role.base.cr4_pae
  != P->role.cr4_pae
|
- is_pae(V)
+ V->arch.mmu->mmu_role.base.cr4_pae
  != P->role.cr4_pae
)

@depends on patch && bit && both@
expression V, B;
@@
(
- is_pae(V)
+ V->arch.mmu->mmu_role.base.cr4_pae
  && B == 4
|
  B == 4 &&
- is_pae(V)
+ V->arch.mmu->mmu_role.base.cr4_pae
)
