// SPDX-License-Identifier: GPL-2.0-only
/// x86/hyperv: pass the input of hypercalls in registers
///
/// A guest of Hyper-V, or of a hypervisor that behaves like it, makes a
/// hypercall for each remote TLB flush, each IPI to many CPUs and each
/// interrupt that it moves to another CPU. Their input goes through a page of
/// memory that the hypervisor has to translate and read, although most of
/// them have less than 112 bytes of it. That much fits into RDX, R8 and XMM0
/// to XMM5: "XMM fast hypercall input" of the Hypervisor Top-Level Functional
/// Specification, which CPUID 0x40000003 advertises in EDX bit 4.
///
/// Pass it there wherever it fits: in the flushes of virtual addresses and of
/// a nested guest's physical ones, in IPIs to a set of CPUs, and where
/// pci-hyperv retargets an interrupt. A longer input, as a flush of many
/// ranges has it, stays in memory, and so does everything where the bit is
/// not set or the VM is an isolated one, whose hypercalls have a form of their
/// own. A hypercall that the hypervisor takes from memory only is made again
/// that way, and that call site then keeps to it. Messages to the host stay in
/// memory too: their input is a block of 256 bytes.
///
/// The XMM registers that the hypercall uses are kept on the stack meanwhile,
/// with interrupts off. kernel_fpu_begin() would cost more than the hypercall
/// gains, and TLB flushes and IPIs come from where it is not allowed. How, and
/// why nobody sees other values, is told in the header that this adds.
///
/// The code is built in or in pci-hyperv, so this is a change for whoever
/// builds the kernel. The proof boots it as a guest of KVM with three CPUs and
/// Hyper-V's CPUID, once with and once without that bit, and a tracepoint tells
/// in which form its flushes and IPIs arrive. The header itself is tested in
/// user space against wrong forms of it, and in a guest up to the last byte that
/// fits.
// Nr: 04
// Kind: feature
// Upstream: never
// Originally-by: Isaku Yamahata <isaku.yamahata@gmail.com>
// Scope: arch/x86/hyperv arch/x86/include/asm/mshyperv.h drivers/pci
// Anchors: HVCALL_FLUSH_VIRTUAL_ADDRESS_SPACE HVCALL_FLUSH_VIRTUAL_ADDRESS_LIST HVCALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX HVCALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX HVCALL_FLUSH_GUEST_PHYSICAL_ADDRESS_SPACE HVCALL_FLUSH_GUEST_PHYSICAL_ADDRESS_LIST HVCALL_SEND_IPI_EX
// Context: HV_STATIC_HYPERCALL HVCALL_SEND_IPI HVCALL_RETARGET_INTERRUPT hyperv_fill_flush_list_func HV_X64_HYPERCALL_PARAMS_XMM_AVAILABLE HV_X64_HYPERCALL_XMM_INPUT_AVAILABLE
// Adds: arch/x86/include/asm/hyperv-xmm.h
// Modules: none
// Abi: none
// Proof: static compile; svmkernel kvm/hyperv_guest
// Defect: memory-hypercall
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// Which files have the header already, and which have something to change.

@initialize:python@
@@
ready = set()
sites = set()

@include@
position p;
@@
 #include <asm/hyperv-xmm.h>@p

@script:python@
p << include.p;
@@
ready.add(p[0].file)

// A tree that has it in another way: it tells the hypercall how long the input
// is, or asks for the CPUID bit outside of KVM, which is not looked at.

@sized@
identifier c =~ "^HVCALL_";
expression in, size, none;
position p;
@@
 hv_do_hypercall@p(c, in, size, NULL, none)

@asked@
expression E;
position p;
@@
(
 E &@p HV_X64_HYPERCALL_PARAMS_XMM_AVAILABLE
|
 E &@p HV_X64_HYPERCALL_XMM_INPUT_AVAILABLE
)

// Input in memory that could be in registers.

@memory depends on !sized && !asked@
identifier c =~ "^HVCALL_(FLUSH_(VIRTUAL|GUEST_PHYSICAL)_ADDRESS_(SPACE|LIST)(_EX)?|SEND_IPI(_EX)?)$";
expression in, reps, var, E;
position p;
@@
(
 hv_do_hypercall@p(c, in, NULL)
|
 hv_do_rep_hypercall@p(c, reps, var, in, NULL)
|
 hv_do_hypercall@p(HVCALL_RETARGET_INTERRUPT | E, in, NULL)
)

@script:python@
p << memory.p;
@@
sites.add(p[0].file)

@registers@
position p;
@@
\(hv_do_xmm_hypercall@p\|hv_do_xmm_rep_hypercall@p\)(...)

@script:python@
p << registers.p;
@@
sites.add(p[0].file)

// Some kernels call the hypercall page through a static call, and modules
// cannot see it. Our header has to be told.

@direct@
declarer name DECLARE_STATIC_CALL;
symbol hv_hypercall;
identifier f;
position p;
@@
 DECLARE_STATIC_CALL(hv_hypercall, f@p);

@told@
@@
 #define HV_STATIC_HYPERCALL 1

@script:python depends on report@
p << memory.p;
@@
coccilib.report.print_report(p[0], "the input of a hypercall goes through memory")

@script:python depends on report@
p << registers.p;
@@
if p[0].file not in ready:
	coccilib.report.print_report(p[0], "asm/hyperv-xmm.h is not included")

@script:python depends on report && registers && !told@
p << direct.p;
@@
coccilib.report.print_report(p[0], "asm/hyperv-xmm.h does not know of this static call")

// What follows in the list is what the control word counts; before it stands
// the fixed part.

@script:python depends on evidence && !(direct && !told)@
p << registers.p;
@@
print("carried %s:%s the input of a hypercall is passed in registers" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << sized.p;
@@
print("carried %s:%s hypercalls know the size of their input" % (p[0].file, p[0].line))

@script:python depends on evidence && !sized@
p << asked.p;
@@
print("superseded %s:%s the guest asks for XMM input" % (p[0].file, p[0].line))

@fixed depends on patch && !sized && !asked@
identifier c =~ "^HVCALL_(FLUSH_(VIRTUAL|GUEST_PHYSICAL)_ADDRESS_SPACE|SEND_IPI)$";
identifier T;
struct T *in;
@@
-hv_do_hypercall(c, in, NULL)
+hv_do_xmm_hypercall(c, in, sizeof(*in))

@list depends on patch && !sized && !asked@
identifier c =~ "^HVCALL_(FLUSH_VIRTUAL_ADDRESS_(SPACE_EX|LIST|LIST_EX)|SEND_IPI_EX)$";
expression reps, var;
identifier T;
struct T *in;
@@
-hv_do_rep_hypercall(c, reps, var, in, NULL)
+hv_do_xmm_rep_hypercall(c, reps, var, in, sizeof(*in))

// Here the list is an array of a fixed size.
@array depends on patch && !sized && !asked@
expression reps, var;
identifier T;
struct T *in;
@@
-hv_do_rep_hypercall(HVCALL_FLUSH_GUEST_PHYSICAL_ADDRESS_LIST, reps, var, in, NULL)
+hv_do_xmm_rep_hypercall(HVCALL_FLUSH_GUEST_PHYSICAL_ADDRESS_LIST, reps, var, in, offsetof(typeof(*in), gpa_list))

// A set of CPUs begins where a plain mask of them would be, and the first word
// of it is not in the variable part.
@retarget depends on patch && !sized && !asked@
expression E;
identifier T;
struct T *in;
@@
-hv_do_hypercall(HVCALL_RETARGET_INTERRUPT | E, in, NULL)
+hv_do_xmm_hypercall(HVCALL_RETARGET_INTERRUPT | E, in, offsetofend(typeof(*in), int_target.vp_mask))

@depends on patch && !sized && !asked && !told@
identifier direct.f;
@@
 DECLARE_STATIC_CALL(hv_hypercall, f);
+#define HV_STATIC_HYPERCALL 1

// The header, in each of these files that does not have it.

@arch depends on patch && (memory || registers) && file in "arch"@
position p;
@@
 #include <asm/mshyperv.h>@p

@script:python@
p << arch.p;
@@
if p[0].file in ready or p[0].file not in sites:
	cocci.include_match(False)

@depends on patch@
position arch.p;
@@
+#include <asm/hyperv-xmm.h>
 #include <asm/mshyperv.h>@p

// Also built for arm64.
@driver depends on patch && (memory || registers) && file in "drivers"@
position p;
@@
 #include <asm/mshyperv.h>@p

@script:python@
p << driver.p;
@@
if p[0].file in ready or p[0].file not in sites:
	cocci.include_match(False)

@depends on patch@
position driver.p;
@@
 #include <asm/mshyperv.h>@p
+#ifdef CONFIG_X86
+#include <asm/hyperv-xmm.h>
+#endif
