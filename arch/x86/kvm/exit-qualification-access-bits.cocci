// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86: take the access bits of a nested EPT violation from the walk
///
/// When a walk of the EPT tables of L1 fails, KVM injects an EPT violation
/// into L1. Bits 2:0 of its exit qualification say whether the access was
/// a read, a write or a fetch. They were taken over from the last EPT
/// violation that the vCPU itself had taken. But a walk can also serve an
/// EPT misconfiguration, as KVM uses them for emulated MMIO, and that exit
/// has no qualification: what is left from the last violation is stale.
///
/// It matters to an L1 hypervisor that passes a device, emulated by L0's
/// user space, through to its L2 guest. After a read of the region was
/// handled, a write to it is reported to L1 as another read; L1 finds
/// nothing to change, resumes L2, and the same exit comes again, forever.
///
/// Keep only bits 7 and 8, which tell about the guest's linear address,
/// and set the access bits from the access that is being walked.
///
/// The proof has a guest hypervisor map a page without a backing memory
/// slot for reading only, lets its guest read and then write it, and looks
/// at the qualification of the second violation.
// Nr: 01
// Kind: defect
// Upstream: ddd6f0e94d31 v4.17
// Originally-by: KarimAllah Ahmed <karahmed@amazon.de>
// Scope: arch/x86/kvm arch/x86/include/asm
// Anchors: walk_addr_generic PTTYPE_EPT
// Context: EPT_VIOLATION_ACC_WRITE EPT_VIOLATION_ACC_WRITE_BIT
// Modules: kvm
// Abi: none
// Proof: vmx kvm/ept_access_bits
// Defect: stale-access-bits
// Preprocess: FNAME
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// Trees before v4.11 have no names for the access bits.

@named@
expression E;
@@
#define EPT_VIOLATION_ACC_WRITE E

@write@
type T;
identifier access, w;
@@
\(const T w = access & PFERR_WRITE_MASK;\|T w = access & PFERR_WRITE_MASK;\)

@user@
type T;
identifier access, u;
@@
\(const T u = access & PFERR_USER_MASK;\|T u = access & PFERR_USER_MASK;\)

@fetch@
type T;
identifier access, f;
@@
\(const T f = access & PFERR_FETCH_MASK;\|T f = access & PFERR_FETCH_MASK;\)

// Where the qualification is made up, unless L1 is to see a misconfiguration.

@place disable paren, is_zero@
expression Q, E, M;
@@
if (!(E & PFERR_RSVD_MASK)) {
<+...
\(Q.exit_qualification &= M\|Q.exit_qualification = Q.exit_qualification & M\|Q.exit_qualification = 0\)
...+>
}

// What is kept of the old qualification: the access bits too, or not. All
// isomorphisms of so many alternatives cost more than everything else here.

@stale disable paren@
expression place.Q;
expression M;
position p;
@@
(
Q.exit_qualification@p &= 0x187
|
Q.exit_qualification@p &= \(M | 0x7\|(M | 0x7)\)
|
Q.exit_qualification@p &= \(M | EPT_VIOLATION_ACC_READ | EPT_VIOLATION_ACC_WRITE | EPT_VIOLATION_ACC_INSTR\|(M | EPT_VIOLATION_ACC_READ | EPT_VIOLATION_ACC_WRITE | EPT_VIOLATION_ACC_INSTR)\)
|
Q.exit_qualification@p = Q.exit_qualification & 0x187
)

@clean disable paren, bitor_comm@
expression place.Q;
position p;
@@
(
Q.exit_qualification@p &= \(0x180\|0x180U\|0x180UL\|0x180ULL\|EPT_VIOLATION_GVA_TRANSLATED\|GENMASK(8, 7)\|GENMASK_ULL(8, 7)\|3 << 7\|(3 << 7)\|0x3 << 7\|(0x3 << 7)\)
|
Q.exit_qualification@p &= \(EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED\|(EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED)\|EPT_VIOLATION_GVA_TRANSLATED | EPT_VIOLATION_GVA_IS_VALID\|(EPT_VIOLATION_GVA_TRANSLATED | EPT_VIOLATION_GVA_IS_VALID)\|BIT(7) | BIT(8)\|(BIT(7) | BIT(8))\|BIT(8) | BIT(7)\|(BIT(8) | BIT(7))\|(1 << 7) | (1 << 8)\|((1 << 7) | (1 << 8))\|(1 << 8) | (1 << 7)\|((1 << 8) | (1 << 7))\|(1UL << 7) | (1UL << 8)\|((1UL << 7) | (1UL << 8))\|(1UL << 8) | (1UL << 7)\|((1UL << 8) | (1UL << 7))\)
|
Q.exit_qualification@p = Q.exit_qualification & \(0x180\|(EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED)\)
|
Q.exit_qualification@p = 0
)

@zero@
expression place.Q;
position p;
@@
Q.exit_qualification@p = 0

@has_write disable bitand_comm, is_zero, neg_if, neg_if_exp@
identifier write.w, write.access;
expression place.Q;
statement S;
position p;
@@
(
if (\(w\|access & PFERR_WRITE_MASK\)) { Q.exit_qualification@p |= \(EPT_VIOLATION_ACC_WRITE\|EPT_VIOLATION_WRITE\|(1 << 1)\|(1UL << 1)\|(1ULL << 1)\|BIT(1)\|BIT_ULL(1)\|2\); } else S
|
Q.exit_qualification@p |= <+... \(w\|access & PFERR_WRITE_MASK\) ? \(EPT_VIOLATION_ACC_WRITE\|EPT_VIOLATION_WRITE\|(1 << 1)\|(1UL << 1)\|(1ULL << 1)\|BIT(1)\|BIT_ULL(1)\|2\) : 0 ...+>
)

@has_read disable bitand_comm, is_zero, neg_if, neg_if_exp@
identifier user.u, user.access;
expression place.Q;
statement S;
position p;
@@
(
if (\(u\|access & PFERR_USER_MASK\)) { Q.exit_qualification@p |= \(EPT_VIOLATION_ACC_READ\|EPT_VIOLATION_READ\|(1 << 0)\|(1UL << 0)\|(1ULL << 0)\|BIT(0)\|BIT_ULL(0)\|1\); } else S
|
Q.exit_qualification@p |= <+... \(u\|access & PFERR_USER_MASK\) ? \(EPT_VIOLATION_ACC_READ\|EPT_VIOLATION_READ\|(1 << 0)\|(1UL << 0)\|(1ULL << 0)\|BIT(0)\|BIT_ULL(0)\|1\) : 0 ...+>
)

@has_instr disable bitand_comm, is_zero, neg_if, neg_if_exp@
identifier fetch.f, fetch.access;
expression place.Q;
statement S;
position p;
@@
(
if (\(f\|access & PFERR_FETCH_MASK\)) { Q.exit_qualification@p |= \(EPT_VIOLATION_ACC_INSTR\|EPT_VIOLATION_INSTR\|(1 << 2)\|(1UL << 2)\|(1ULL << 2)\|BIT(2)\|BIT_ULL(2)\|4\); } else S
|
Q.exit_qualification@p |= <+... \(f\|access & PFERR_FETCH_MASK\) ? \(EPT_VIOLATION_ACC_INSTR\|EPT_VIOLATION_INSTR\|(1 << 2)\|(1UL << 2)\|(1ULL << 2)\|BIT(2)\|BIT_ULL(2)\|4\) : 0 ...+>
)

// A read is what is neither a write nor a fetch.

@has_other disable is_zero, neg_if, drop_else@
identifier write.w, fetch.f;
expression place.Q;
statement S1, S2;
position p;
@@
(
if (w) S1 else if (f) S2 else { Q.exit_qualification@p |= \(EPT_VIOLATION_ACC_READ\|EPT_VIOLATION_READ\|(1 << 0)\|(1UL << 0)\|(1ULL << 0)\|BIT(0)\|BIT_ULL(0)\|1\); }
|
if (f) S1 else if (w) S2 else { Q.exit_qualification@p |= \(EPT_VIOLATION_ACC_READ\|EPT_VIOLATION_READ\|(1 << 0)\|(1UL << 0)\|(1ULL << 0)\|BIT(0)\|BIT_ULL(0)\|1\); }
|
if (\(!w && !f\|!f && !w\)) { Q.exit_qualification@p |= \(EPT_VIOLATION_ACC_READ\|EPT_VIOLATION_READ\|(1 << 0)\|(1UL << 0)\|(1ULL << 0)\|BIT(0)\|BIT_ULL(0)\|1\); }
)

// Bits that come from the access in a way that is not known here.

@odd@
expression place.Q;
position p != {stale.p, has_write.p, has_instr.p};
assignment operator op;
@@
Q.exit_qualification@p op <+... \(EPT_VIOLATION_ACC_WRITE\|EPT_VIOLATION_ACC_INSTR\) ...+>

@script:python depends on report@
p << stale.p;
@@
coccilib.report.print_report(p[0], "the access bits of the last EPT violation are kept")

@script:python depends on report && !has_write && !odd@
p << clean.p;
@@
coccilib.report.print_report(p[0], "a write is not shown in the exit qualification")

@script:python depends on report && !has_read && !has_other && !odd@
p << clean.p;
@@
coccilib.report.print_report(p[0], "a read is not shown in the exit qualification")

@script:python depends on report && !has_instr && !odd@
p << clean.p;
@@
coccilib.report.print_report(p[0], "a fetch is not shown in the exit qualification")

@script:python depends on evidence && !zero && has_write && has_instr && (has_read || has_other)@
p << clean.p;
w << has_write.p;
@@
print("carried %s:%s the access bits come from the walk, nothing stale is kept" % (p[0].file, w[0].line))

@script:python depends on evidence && has_write && has_instr && (has_read || has_other)@
p << zero.p;
w << has_write.p;
@@
print("carried %s:%s the same access bits come from the walk, the qualification starts from zero" % (p[0].file, w[0].line))

@depends on patch && stale@
expression place.Q;
expression M;
@@
(
+	/* [2:0] (fetch, write, read) may be stale: derive them from the access. */
  Q.exit_qualification &=
- 0x187
+ 0x180
  ;
|
+	/* [2:0] (fetch, write, read) may be stale: derive them from the access. */
  Q.exit_qualification &=
- (M | EPT_VIOLATION_ACC_READ | EPT_VIOLATION_ACC_WRITE | EPT_VIOLATION_ACC_INSTR)
+ (M)
  ;
|
+	/* [2:0] (fetch, write, read) may be stale: derive them from the access. */
  Q.exit_qualification &=
- (M | 0x7)
+ (M)
  ;
|
+	/* [2:0] (fetch, write, read) may be stale: derive them from the access. */
- Q.exit_qualification = Q.exit_qualification & 0x187;
+ Q.exit_qualification &= 0x180;
)

@depends on patch && named && (stale || clean) && !odd && !has_write && !has_read && !has_other && !has_instr@
identifier write.w, user.u, fetch.f;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (w)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_WRITE;
+	if (u)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_READ;
+	if (f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_INSTR;
|
Q.exit_qualification = 0;
+	if (w)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_WRITE;
+	if (u)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_READ;
+	if (f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_INSTR;
)

// The newest walkers do not tell a user's access from others.

@depends on patch && named && clean && !user && !odd && !has_write && !has_other && !has_instr@
identifier write.w, fetch.f;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (w)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_WRITE;
+	if (f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_INSTR;
+	if (!w && !f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_READ;
|
Q.exit_qualification = 0;
+	if (w)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_WRITE;
+	if (f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_INSTR;
+	if (!w && !f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_READ;
)

@depends on patch && named && (stale || clean) && !odd && !has_instr && (has_write || has_read)@
identifier fetch.f;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_INSTR;
|
Q.exit_qualification = 0;
+	if (f)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_INSTR;
)

@depends on patch && named && (stale || clean) && !odd && !has_read && !has_other && (has_write || has_instr)@
identifier user.u;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (u)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_READ;
|
Q.exit_qualification = 0;
+	if (u)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_READ;
)

@depends on patch && named && (stale || clean) && !odd && !has_write && (has_read || has_instr)@
identifier write.w;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (w)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_WRITE;
|
Q.exit_qualification = 0;
+	if (w)
+		Q.exit_qualification |= EPT_VIOLATION_ACC_WRITE;
)

@depends on patch && !named && (stale || clean) && !odd && !has_write && !has_read && !has_other && !has_instr@
identifier write.w, user.u, fetch.f;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (w)
+		Q.exit_qualification |= 1 << 1;
+	if (u)
+		Q.exit_qualification |= 1 << 0;
+	if (f)
+		Q.exit_qualification |= 1 << 2;
|
Q.exit_qualification = 0;
+	if (w)
+		Q.exit_qualification |= 1 << 1;
+	if (u)
+		Q.exit_qualification |= 1 << 0;
+	if (f)
+		Q.exit_qualification |= 1 << 2;
)

@depends on patch && !named && (stale || clean) && !odd && !has_instr && (has_write || has_read)@
identifier fetch.f;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (f)
+		Q.exit_qualification |= 1 << 2;
|
Q.exit_qualification = 0;
+	if (f)
+		Q.exit_qualification |= 1 << 2;
)

@depends on patch && !named && (stale || clean) && !odd && !has_read && !has_other && (has_write || has_instr)@
identifier user.u;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (u)
+		Q.exit_qualification |= 1 << 0;
|
Q.exit_qualification = 0;
+	if (u)
+		Q.exit_qualification |= 1 << 0;
)

@depends on patch && !named && (stale || clean) && !odd && !has_write && (has_read || has_instr)@
identifier write.w;
expression place.Q;
expression M;
@@
(
Q.exit_qualification &= M;
+	if (w)
+		Q.exit_qualification |= 1 << 1;
|
Q.exit_qualification = 0;
+	if (w)
+		Q.exit_qualification |= 1 << 1;
)
