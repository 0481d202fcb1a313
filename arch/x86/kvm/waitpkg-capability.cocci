// SPDX-License-Identifier: GPL-2.0-only
/// KVM: VMX: tell userspace that KVM supports WAITPKG
///
/// KVM can give UMONITOR, UMWAIT and TPAUSE to a guest whose CPUID has
/// them: it sets the execution control for them and emulates
/// MSR_IA32_UMWAIT_CONTROL. But KVM_GET_SUPPORTED_CPUID does not say so,
/// and a VMM that gives guests what KVM supports never sets the bit.
///
/// It matters to whoever runs guests on Intel CPUs with WAITPKG: they
/// cannot have the instructions, unless the VMM knows better than KVM.
///
/// Set the bit in what KVM supports where the execution control exists and
/// the host has the feature. KVM keeps such bits in a table since v5.7;
/// before that, they are set in the answer.
///
/// Where the MSR is not emulated, a guest that has the bit would get #GP
/// on it: there the change is blocked.
///
/// The proof compares KVM_GET_SUPPORTED_CPUID with the CPUID of a machine
/// that has WAITPKG and of one that does not, and has guests with and
/// without the bit use TPAUSE and the MSR.
// Nr: 24
// Kind: defect
// Upstream: 0abcc8f65cc2 v5.8
// Fixes: e69e72faa3a0 ("KVM: x86: Add support for user wait instructions")
// Originally-by: Maxim Levitsky <mlevitsk@redhat.com>
// Scope: arch/x86/kvm
// Anchors: vmx_waitpkg_supported cpu_has_vmx_waitpkg
// Context: vmx_set_cpu_caps vmx_set_supported_cpuid msr_ia32_umwait_control WAITPKG
// Modules: kvm-intel
// Abi: none
// Proof: vmx3 kvm/waitpkg; vmx kvm/waitpkg
// Defect: waitpkg-hidden
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// What asks for the execution control, by its names.
@supported@
@@
 vmx_waitpkg_supported(...) { ... }

@has@
@@
 cpu_has_vmx_waitpkg(...) { ... }

// The MSR that comes with the feature.
@msr@
expression V;
@@
 V->msr_ia32_umwait_control

// What KVM supports: in a table, or set bit by bit in the answer.
@table@
position p;
@@
 vmx_set_cpu_caps@p(...) { ... }

@answer@
identifier nested;
expression E, F;
position p;
@@
 vmx_set_supported_cpuid@p(...)
 {
 ...
(
 if (F == 1 && nested) E->ecx |= \(bit(X86_FEATURE_VMX)\|feature_bit(VMX)\);
|
 if (F == 1 && nested) { E->ecx |= \(bit(X86_FEATURE_VMX)\|feature_bit(VMX)\); }
)
 ...
 }

// The bit in question.
@table_new@
identifier set =~ "^kvm_cpu_cap_(check_and_)?set$";
position p;
@@
 vmx_set_cpu_caps(...)
 {
 <+...
 set@p(X86_FEATURE_WAITPKG);
 ...+>
 }

@answer_new@
expression E;
position p;
@@
 vmx_set_supported_cpuid(...)
 {
 <+...
 E->ecx |=@p \(bit(X86_FEATURE_WAITPKG)\|feature_bit(WAITPKG)\)
 ...+>
 }

// Common code may allow it, for Intel and AMD alike.
@common@
position p;
@@
 F@p(WAITPKG)

@script:python depends on report && (supported || has) && !table_new && !common@
p << table.p;
@@
coccilib.report.print_report(p[0], "WAITPKG is missing in what KVM supports")

@script:python depends on report && supported && !answer_new && !common@
p << answer.p;
@@
coccilib.report.print_report(p[0], "WAITPKG is missing in what KVM supports")

@script:python depends on evidence && !msr && !table_new && !common@
p << table.p;
@@
print("blocked %s:%s MSR_IA32_UMWAIT_CONTROL is not emulated" % (p[0].file, p[0].line))

@script:python depends on evidence && !msr && !answer_new && !common@
p << answer.p;
@@
print("blocked %s:%s MSR_IA32_UMWAIT_CONTROL is not emulated" % (p[0].file, p[0].line))

@script:python depends on evidence && !common@
p << table_new.p;
@@
print("carried %s:%s KVM says that it supports WAITPKG" % (p[0].file, p[0].line))

@script:python depends on evidence && !common@
p << answer_new.p;
@@
print("carried %s:%s KVM says that it supports WAITPKG" % (p[0].file, p[0].line))

@script:python depends on evidence && (table || answer) && !table_new && !answer_new@
p << common.p;
@@
print("superseded %s:%s common code lets WAITPKG of the host through" % (p[0].file, p[0].line))

@depends on patch && has && !table_new && !common@
@@
 vmx_set_cpu_caps(...)
 {
 ...
+
+	if (cpu_has_vmx_waitpkg())
+		kvm_cpu_cap_check_and_set(X86_FEATURE_WAITPKG);
 }

@depends on patch && supported && !has && !table_new && !common@
@@
 vmx_set_cpu_caps(...)
 {
 ...
+
+	if (vmx_waitpkg_supported())
+		kvm_cpu_cap_check_and_set(X86_FEATURE_WAITPKG);
 }

@depends on patch && supported && !answer_new && !common@
identifier nested;
expression E, F;
@@
 vmx_set_supported_cpuid(...)
 {
 ...
(
 if (F == 1 && nested) E->ecx |= bit(X86_FEATURE_VMX);
+	if (F == 7 && vmx_waitpkg_supported() &&
+	    boot_cpu_has(X86_FEATURE_WAITPKG))
+		E->ecx |= bit(X86_FEATURE_WAITPKG);
|
 if (F == 1 && nested) E->ecx |= feature_bit(VMX);
+	if (F == 7 && vmx_waitpkg_supported() &&
+	    boot_cpu_has(X86_FEATURE_WAITPKG))
+		E->ecx |= feature_bit(WAITPKG);
|
 if (F == 1 && nested) { E->ecx |= bit(X86_FEATURE_VMX); }
+	if (F == 7 && vmx_waitpkg_supported() &&
+	    boot_cpu_has(X86_FEATURE_WAITPKG))
+		E->ecx |= bit(X86_FEATURE_WAITPKG);
|
 if (F == 1 && nested) { E->ecx |= feature_bit(VMX); }
+	if (F == 7 && vmx_waitpkg_supported() &&
+	    boot_cpu_has(X86_FEATURE_WAITPKG))
+		E->ecx |= feature_bit(WAITPKG);
)
 ...
 }
