// SPDX-License-Identifier: GPL-2.0-only
/// powerpc: clear CPU_FTR_P9_TM_HV_ASSIST outside hypervisor mode
///
/// Some POWER9 CPUs leave part of transactional memory to the hypervisor,
/// and CPU_FTR_P9_TM_HV_ASSIST tells HV KVM to do that part. Only the
/// hypervisor on the bare machine has to: below it, the facilities work as
/// the architecture says, for a guest and for a hypervisor that is itself
/// a guest. Yet a kernel that finds itself without hypervisor mode clears
/// CPU_FTR_HVMODE alone and keeps the other bit.
///
/// Today HV KVM needs hypervisor mode, so nothing acts on the bit where it
/// should not be. It is in the way of nested virtualization, where HV KVM
/// runs without.
///
/// Clear both bits. The assembly flipped CPU_FTR_HVMODE, which was known to
/// be set; the other bit is set on some CPUs only, so the mask has to be
/// cleared with andc: xor would switch the assist on for all others.
///
/// The proof boots a guest that is not in hypervisor mode and looks at the
/// feature bits that are left.
// Nr: 08
// Kind: cleanup
// Upstream: v4.20
// Originally-by: Paul Mackerras <paulus@ozlabs.org>
// Scope: arch/powerpc/kernel arch/powerpc/include/asm/cputable.h
// Anchors: CPU_FTR_P9_TM_HV_ASSIST
// Context: init_hvmode_206 __init_hvmode_206
// Modules: none
// Abi: none
// Proof: ppc64 powerpc/hv_assist
// Defect: assist-without-hv
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// From v5.8 on the function is C; the assembly before it is for the patches.

@both@
identifier f =~ "init_hvmode_206$";
expression E;
position p;
@@
f(...)
{
	<+...
(
	E->cpu_features &=@p ~(<+... CPU_FTR_P9_TM_HV_ASSIST ...+>)
|
	E->cpu_features =@p E->cpu_features & ~(<+... CPU_FTR_P9_TM_HV_ASSIST ...+>)
)
	...+>
}

@old depends on !both@
identifier f =~ "init_hvmode_206$";
expression E;
position p;
@@
f(...)
{
	<+...
(
	E->cpu_features &=@p ~(<+... CPU_FTR_HVMODE ...+>)
|
	E->cpu_features =@p E->cpu_features & ~(<+... CPU_FTR_HVMODE ...+>)
|
	E->cpu_features ^=@p <+... CPU_FTR_HVMODE ...+>
)
	...+>
}

@script:python depends on report@
p << old.p;
@@
coccilib.report.print_report(p[0], "outside hypervisor mode CPU_FTR_P9_TM_HV_ASSIST stays set")

@script:python depends on evidence@
p << both.p;
@@
print("carried %s:%s CPU_FTR_P9_TM_HV_ASSIST is cleared with CPU_FTR_HVMODE" % (p[0].file, p[0].line))

@depends on patch@
expression E, M;
position old.p;
@@
(
 E->cpu_features &=@p ~
- CPU_FTR_HVMODE
+ (CPU_FTR_HVMODE | CPU_FTR_P9_TM_HV_ASSIST)
|
 E->cpu_features &=@p ~(
- M
+ M | CPU_FTR_P9_TM_HV_ASSIST
  )
|
 E->cpu_features =@p E->cpu_features & ~
- CPU_FTR_HVMODE
+ (CPU_FTR_HVMODE | CPU_FTR_P9_TM_HV_ASSIST)
|
 E->cpu_features =@p E->cpu_features & ~(
- M
+ M | CPU_FTR_P9_TM_HV_ASSIST
  )
|
- E->cpu_features ^=@p CPU_FTR_HVMODE
+ E->cpu_features &= ~(CPU_FTR_HVMODE | CPU_FTR_P9_TM_HV_ASSIST)
|
- E->cpu_features ^=@p CPU_FTR_HVMODE | CPU_FTR_P9_TM_HV_ASSIST
+ E->cpu_features &= ~(CPU_FTR_HVMODE | CPU_FTR_P9_TM_HV_ASSIST)
)
