// SPDX-License-Identifier: GPL-2.0-only
/// x86: nVMX: use xAPIC mode, so that L2's access to L1's APIC means something
///
/// The test "EPT, A/D disabled" lets L2 read the version register of L1's
/// local APIC by MMIO, through EPT, and compares it with what L1 reads. But
/// all CPUs are in x2APIC mode since they were started, and in that mode there
/// is no MMIO interface. KVM had one nevertheless, until Linux commit
/// d1766202779e ("x86/kvm/lapic: always disable MMIO interface in x2APIC
/// mode"); since then the test fails. Older versions of the test, in which
/// L1 uses MMIO as well, pass without having tested anything.
///
/// L2 has no APIC of its own in these tests, and none of them needs x2APIC
/// mode to be on from the start. So put L1 into xAPIC mode before the tests
/// begin: all of its CPUs, since the library keeps one mode for all, and
/// what one CPU sends in another mode than the others' gets lost. An APIC
/// that was switched off comes back disabled by software, which the early
/// versions of reset_apic() leave to the caller.
///
/// The proof is a program round the fixture, on CPUs whose APIC has an MMIO
/// interface in xAPIC mode alone. Beside it, a guest hypervisor of our own
/// makes the same accesses: in x2APIC mode its guest must not reach the APIC,
/// in xAPIC mode it must, with and without accessed and dirty flags in EPT.
// Nr: 09
// Kind: defect
// Upstream: 7371c622742c in kvm-unit-tests, 74e79380f900
// Fixes: a2ab7740b0d6 ("x86: vmx/svm: test access to L1 MMIO-mapped device via EPT/NPT page tables")
// Originally-by: Vitaly Kuznetsov <vkuznets@redhat.com>
// Scope: x86 lib/x86
// Anchors: ept_main ept_init ept_init_common
// Context: vmx_tests apic_version reset_apic smp_reset_apic
// Modules: none
// Abi: none
// Proof: static run on 2018; vmx kvm/ept_ad_mmio
// Defect: mmio-in-x2apic-mode
// Options: --no-includes --include-headers
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
import re

tests = set()		# the file with the EPT tests
program = set()		# the file with the main() that runs them
accessed = set()	# the files that access the APIC by MMIO
helpers = set()		# the functions that leave x2APIC mode
smp_reset = False	# is there a function that resets the APIC of each CPU?

def includes(file, header):
	text = open(file, errors="replace").read()
	return re.search(r'^\s*#\s*include\s*["<]%s[">]' % header, text, re.M)

@ept@
identifier f =~ "^ept_(main|init|init_common)$";
position p;
@@
f@p(...) { ... }

@script:python@
p << ept.p;
@@
tests.add(p[0].file)

@main@
identifier all =~ "^vmx_tests$";
position p;
@@
main@p(...)
{
	<+...
	all[...]
	...+>
}

@script:python@
p << main.p;
@@
program.add(p[0].file)

// The APIC is accessed by MMIO.

@mmio@
constant C =~ "^0x[fF][eE][eE]000";
symbol APIC_DEFAULT_PHYS_BASE;
position p;
@@
(
 C@p
|
 APIC_DEFAULT_PHYS_BASE@p
)

@script:python@
p << mmio.p;
@@
if p[0].file in tests:
	accessed.add(p[0].file)

// The test asks for the mode first.

@guarded exists@
constant C =~ "^0x[fF][eE][eE]000";
symbol APIC_DEFAULT_PHYS_BASE;
identifier test =~ "ept";
identifier x2apic =~ "x2apic|APIC_EXTD";
statement S;
position p;
@@
test(...)
{
	... when any
(
	if (<+... x2apic ...+>) {
		<+... \(C@p\|APIC_DEFAULT_PHYS_BASE@p\) ...+>
	}
|
	if (<+... x2apic ...+>) {
		<+... \(C@p\|APIC_DEFAULT_PHYS_BASE@p\) ...+>
	} else S
|
	if (<+... x2apic ...+>) S
	else {
		<+... \(C@p\|APIC_DEFAULT_PHYS_BASE@p\) ...+>
	}
)
	... when any
}

@left exists@
constant C =~ "^0x[fF][eE][eE]000";
symbol APIC_DEFAULT_PHYS_BASE;
identifier test =~ "ept";
identifier x2apic =~ "x2apic|APIC_EXTD";
position p;
@@
test(...)
{
	... when any
	if (<+... x2apic ...+>) {
		...
		return ...;
	}
	<+... \(C@p\|APIC_DEFAULT_PHYS_BASE@p\) ...+>
}

// L1 leaves x2APIC mode: before any test, or before this one.

@helper@
identifier f =~ "reset_apic|apic_reset|xapic|disable_x2apic";
identifier g;
@@
g(...)
{
	... when any
	f(...);
	... when any
	    when != enable_x2apic(...)
}

@script:python@
g << helper.g;
@@
helpers.add(g)

@switched@
identifier f =~ "reset_apic|apic_reset|xapic|disable_x2apic";
identifier all =~ "^vmx_tests$";
position p;
@@
main(...)
{
	... when any
	f@p(...);
	... when any
	all[...]
	... when any
}

@moved@
identifier g : script:python() { g in helpers };
identifier all =~ "^vmx_tests$";
position p;
@@
main(...)
{
	... when any
	g@p(...);
	... when any
	all[...]
	... when any
}

@posted@
identifier f =~ "reset_apic|apic_reset|xapic|disable_x2apic";
identifier test =~ "^ept_(init|init_common|main|common)$";
position p;
@@
test(...)
{
	<+...
	f@p(...)
	...+>
}

@reset@
type T;
@@
T reset_apic(...);

@smp_reset@
type T;
@@
T smp_reset_apic(...);

@script:python depends on smp_reset@
@@
smp_reset = True

@script:python depends on report && main && !guarded && !left && !switched && !moved && !posted@
p << mmio.p;
@@
if p[0].file in tests:
	coccilib.report.print_report(p[0], "an APIC in x2APIC mode is accessed by MMIO")

@script:python depends on evidence && !guarded && !left && !switched && !moved && !posted && !reset@
p << main.p;
@@
if accessed:
	print("blocked %s:%s there is no reset_apic() to leave x2APIC mode with" % (p[0].file, p[0].line))

// The change.

@script:python mode@
callee;
@@
coccinelle.callee = "smp_reset_apic" if smp_reset else "use_xapic_mode"

@script:python depends on evidence && mmio@
p << switched.p;
@@
if accessed:
	print("carried %s:%s L1 leaves x2APIC mode before the tests" % (p[0].file, p[0].line))

@script:python depends on evidence && mmio && !switched@
p << moved.p;
@@
if accessed:
	print("carried %s:%s L1 leaves x2APIC mode before the tests" % (p[0].file, p[0].line))

@script:python depends on evidence && mmio@
p << posted.p;
@@
if accessed:
	print("carried %s:%s L1 leaves x2APIC mode before the test" % (p[0].file, p[0].line))

@script:python depends on evidence && !switched && !moved && !posted@
p << left.p;
@@
print("superseded %s:%s the test asks for the mode of the APIC" % (p[0].file, p[0].line))

@script:python depends on evidence && !switched && !moved && !posted@
p << guarded.p;
@@
print("superseded %s:%s the test asks for the mode of the APIC" % (p[0].file, p[0].line))

@named@
identifier f =~ "^ept_(main|init|init_common)$";
identifier apic =~ "apic|APIC";
@@
f(...)
{
	<+...
	apic
	...+>
}

@script:python depends on evidence && !named@
p << ept.p;
@@
if p[0].file in tests - accessed:
	tests.discard(p[0].file)
	print("absent %s:%s L2 has no access to L1's APIC in this test" % (p[0].file, p[0].line))

// Last, since leaving out a file ends what follows from it.

@depends on patch && main && !switched && !moved && !posted && !smp_reset@
identifier all =~ "^vmx_tests$";
@@
+static void xapic_mode(void *unused)
+{
+	reset_apic();
+	apic_write(APIC_SPIV, 0x1ff);
+}
+
 main(...)
 {
	<+...
	all[...]
	...+>
 }

// As one word: spatch would write "for(cpu = 1;cpu < cpu_count();cpu++)".
@script:python loop depends on patch@
for_each;
@@
coccinelle.for_each = """/* This CPU leads. Without smp_init() it is the only one. */
	xapic_mode(NULL);
	for (cpu = 1; cpu < cpu_count(); cpu++)
		on_cpu(cpu, xapic_mode, NULL)"""

@depends on patch && main && !switched && !moved && !posted && !smp_reset@
identifier all =~ "^vmx_tests$";
identifier loop.for_each;
@@
+static void use_xapic_mode(void)
+{
+	int cpu;
+
+	for_each;
+}
+
 main(...)
 {
	<+...
	all[...]
	...+>
 }

@boot depends on patch && main && !switched && !moved && !posted@
identifier f =~ "^(smp_init|setup_idt)$";
identifier all =~ "^vmx_tests$";
identifier mode.callee;
@@
main(...)
{
	... when any
	f();
+	/* L2 accesses L1's APIC by MMIO, which only works in xAPIC mode. */
+	callee();
	... when any
	all[...]
	... when any
}

@depends on patch && main && !switched && !moved && !posted && !boot@
identifier all =~ "^vmx_tests$";
identifier mode.callee;
@@
main(...)
{
	... when any
	setup_vm();
+	/* L2 accesses L1's APIC by MMIO, which only works in xAPIC mode. */
+	callee();
	... when any
	all[...]
	... when any
}

@include@
position p;
@@
 #include "vmx.h"@p

@script:python depends on patch@
p << include.p;
@@
if p[0].file not in program or includes(p[0].file, "apic.h"):
	cocci.include_match(False)

@depends on patch && main && !switched && !moved && !posted@
position include.p;
@@
 #include "vmx.h"@p
+#include "apic.h"
