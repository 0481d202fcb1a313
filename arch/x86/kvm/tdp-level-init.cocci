// SPDX-License-Identifier: GPL-2.0-only
/// KVM: x86: capture the TDP level already when a vCPU is created
///
/// The level of the page tables for TDP was captured in the vCPU only when
/// user space set its CPUID. KVM_RUN without KVM_SET_CPUID before it used
/// whatever was in the field: zero, which is no level, and the MMU was set
/// up with it. syzbot found this; any user who may open /dev/kvm can do it.
///
/// Capture the level on creation too, where the width of physical
/// addresses, on which it depends, is just set.
///
/// Only kernels that keep the level in the vCPU have the defect. Earlier
/// ones ask the vendor module each time, later ones work it out from its
/// maximum when it is needed: neither must be touched.
///
/// No kernel that a distribution ships is known to have the defect, so it
/// is shown on a fixture in the shape of the kernels that had it: a vCPU is
/// created, and its MMU must have a level without KVM_SET_CPUID.
// Nr: 26
// Kind: defect
// Upstream: v5.8
// Fixes: e93fd3b3e89e ("KVM: x86/mmu: Capture TDP level when updating CPUID")
// Originally-by: Sean Christopherson <sean.j.christopherson@intel.com>
// Scope: arch/x86/kvm
// Anchors: tdp_level get_tdp_level kvm_mmu_get_tdp_level
// Context: kvm_arch_vcpu_create kvm_arch_vcpu_init kvm_arch_vcpu_setup
// Modules: kvm
// Abi: none
// Proof: static run on v5.8
// Defect: tdp-level-unset
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
ways = set()		# to get the level that is kept

// The level is kept in the vCPU: as what, and taken from whom?

@assigned@
identifier M;
expression V, W, GET;
@@
V->arch.M = GET(W)

@script:python captured@
member << assigned.M;
get << assigned.GET;
level;
@@
if "tdp_level" not in member + " " + get:
	cocci.include_match(False)
else:
	ways.add(get)
coccinelle.level = member

@kept@
expression V, E;
@@
V->arch.tdp_level = E

@created@
identifier creator =~ "^kvm_arch_vcpu_(create|init|setup)$";
identifier captured.level;
expression V, W, GET;
position p;
@@
creator(...)
{
<+...
V->arch.level@p = GET(W);
...+>
}

// Or by what creation calls.

@capturer@
identifier F;
identifier captured.level;
expression V, W, GET;
@@
F(...)
{
<+...
V->arch.level = GET(W);
...+>
}

@called@
identifier creator =~ "^kvm_arch_vcpu_(create|init|setup)$";
identifier capturer.F;
position p;
@@
creator(...)
{
<+...
F@p(...)
...+>
}

// A number is not what was captured.

@number depends on never created && never called@
identifier creator =~ "^kvm_arch_vcpu_(create|init|setup)$";
identifier captured.level;
expression V;
constant C;
position p;
@@
creator(...)
{
<+...
V->arch.level@p = C;
...+>
}

// What it depends on is known from here on.

@create depends on captured && never created && never called && never number@
identifier creator =~ "^kvm_arch_vcpu_(create|init|setup)$";
identifier V;
expression E;
position p;
@@
creator(...)
{
...
V->arch.maxphyaddr@p = E;
...
}

@asked depends on never captured && !kept@
expression O;
position p;
@@
\(O->get_tdp_level@p\|O.get_tdp_level@p\)(...)

@computed depends on never captured && !kept@
symbol max_tdp_level;
position p;
@@
kvm_mmu_get_tdp_level@p(...)
{
<+...
max_tdp_level
...+>
}

@script:python depends on report@
p << create.p;
@@
coccilib.report.print_report(p[0], "a vCPU without CPUID has no TDP level")

@script:python depends on report@
p << number.p;
@@
coccilib.report.print_report(p[0], "a vCPU without CPUID has no TDP level")

@script:python depends on evidence@
p << created.p;
@@
print("carried %s:%s the TDP level is captured on creation" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << called.p;
@@
print("carried %s:%s the TDP level is captured on creation" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << computed.p;
@@
print("superseded %s:%s the TDP level is worked out when it is needed" % (p[0].file, p[0].line))

@script:python depends on evidence && !computed@
p << asked.p;
@@
print("absent %s:%s the TDP level is asked for when it is needed, not kept" % (p[0].file, p[0].line))

// Which of several is right for a new vCPU is not for us to judge.

@script:python plain depends on patch@
get << assigned.GET;
@@
if len(ways) != 1:
	cocci.include_match(False)

@depends on plain && number@
identifier creator =~ "^kvm_arch_vcpu_(create|init|setup)$";
identifier captured.level;
expression V, assigned.GET;
constant C;
@@
creator(...)
{
<...
V->arch.level =
-	C
+	GET(V)
	;
...>
}

@depends on plain && create@
identifier creator =~ "^kvm_arch_vcpu_(create|init|setup)$";
identifier captured.level;
identifier V;
expression E, assigned.GET;
@@
creator(...)
{
...
V->arch.maxphyaddr = E;
+	V->arch.level = GET(V);
...
}

// Nothing is kept.
