// SPDX-License-Identifier: GPL-2.0-only
/// x86: emulator: test an instruction fetch that faults
///
/// What KVM emulates it fetches once more, through the guest's page tables.
/// They may have changed since the CPU fetched it: then the CPU still has
/// the old translation, and KVM finds no page. That is a page fault like any
/// other, for the guest to handle. KVM used to give up instead, with an
/// internal error (emulation failure), at which the virtual machine ends.
///
/// Add a test case: an instruction that loads from MMIO begins at the end of
/// a page and ends in the next one, which is not there. The CPU's fetch
/// faults, the guest's handler maps the page, and the instruction ends with
/// the value that it loads. Now both pages are in the TLB. Take the second
/// one out of the page table again, without a flush: this time KVM's fetch
/// faults, and the guest must see the same. So it does if the CPU has lost
/// the translation. Where nothing is emulated, as in TCG, nothing faults, and
/// that half is skipped.
///
/// The proof makes the same fetch fault in a guest of its own.
// Nr: 17
// Kind: feature
// Upstream: never
// Originally-by: Peng Hao <peng.hao2@zte.com.cn>
// Scope: x86 lib/x86/vm.h lib/vmalloc.h
// Anchors: test_incdecnotneg test_crosspage_mmio
// Context: alloc_vpages test_illegal_movbe test_sse_exceptions test_emulator_64
// Modules: none
// Abi: none
// Proof: svm kvm/emulator_fetch_fault
// Defect: fetch-fault-lost
// Options: --no-includes --include-headers
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
import re

ways = set()		# the ways in which this tree does things

// The program with the tests of the emulator, and whether one of them is ours.

@main@
expression mem;
position p;
@@
main@p(...)
{
	<+...
	\(test_incdecnotneg\|test_crosspage_mmio\)(mem)
	...+>
}

// But a prefetch never faults.
@there@
identifier f =~ "([^p]re|[^r]e|[^e]|^)fetch";
identifier tests =~ "^(main|test_emulator_64)$";
position p;
@@
tests(...)
{
	<+...
	f@p(...)
	...+>
}

// Two pages next to each other cannot be had everywhere.
@vpages@
type T;
@@
T alloc_vpages(...);

@uses@
@@
main(...)
{
	<+...
	alloc_vpages(...)
	...+>
}

@script:python depends on report && !there@
p << main.p;
@@
coccilib.report.print_report(p[0], "no test makes an instruction fetch of the emulator fault")

@script:python depends on evidence && !there && !vpages && !uses@
p << main.p;
@@
print("blocked %s:%s there is no alloc_vpages(), for two pages next to each other" % (p[0].file, p[0].line))

@script:python depends on evidence && main@
p << there.p;
@@
print("carried %s:%s an instruction fetch of the emulator faults" % (p[0].file, p[0].line))

// How this tree reports results, and whether handlers are put back.

@condition_first@
expression E;
constant char[] C;
@@
report(E, C)

@skips@
@@
report_skip(...)

@restores@
identifier old;
@@
old = handle_exception(...)

@script:python depends on condition_first@
@@
ways.add("condition first")

@script:python depends on skips@
@@
ways.add("skips")

@script:python depends on restores@
@@
ways.add("restores")

// As one word: what spatch adds cannot hold assembly.
@script:python code depends on patch@
test;
@@
test = """void *insn = alloc_vpages(2);
	u32 val, want;
	handler old;
	bool cpu;

	*mmio = 0x12345678;
	want = *mmio;

	/* nop; mov 0x0(%rdi), %eax; ret: four bytes on each page */
	install_page((void *)read_cr3(), virt_to_phys(alloc_page()), insn);
	fetch_virt = insn + PAGE_SIZE;
	fetch_page = alloc_page();
	insn = fetch_virt - 4;
	*(u32 *)insn = 0x00878b90;
	*(u32 *)fetch_page = 0xc3000000;

	/* The CPU finds no page. */
	exceptions = 0;
	old = handle_exception(PF_VECTOR, map_fetch_page);
	val = ~want;
	asm volatile("call *%1" : "+a"(val) : "r"(insn), "D"(mmio) : "memory");
	cpu = exceptions && fetch_fault == fetch_virt && val == want;

	/*
	 * Without a flush, the CPU has a translation, but KVM finds no page.
	 * No output comes between, since it may cost the translation.
	 */
	install_pte((void *)read_cr3(), 1, fetch_virt, 0, 0);
	exceptions = 0;
	handle_exception(PF_VECTOR, map_fetch_page);
	val = ~want;
	asm volatile("call *%1" : "+a"(val) : "r"(insn), "D"(mmio) : "memory");
	handle_exception(PF_VECTOR, old);

	report(cpu, "instruction fetch fault");
	if (exceptions)
		report(fetch_fault == fetch_virt && val == want,
		       "emulator instruction fetch fault");
	else
		report_skip("emulator instruction fetch fault: no emulation")"""
if "restores" not in ways:
	test = test.replace("\thandler old;\n", "").replace("old = ", "")
	test = test.replace("PF_VECTOR, old", "PF_VECTOR, 0")
if "condition first" not in ways:
	test = re.sub(r'report\((.*),(\s+)("[^"]*")\)', r"report(\3,\2\1)", test)
if "skips" not in ways:
	test = re.sub(r'report_skip\("(.*)"\)', r'printf("SKIP: \1\\n")', test)
coccinelle.test = test

@depends on patch && !there@
expression main.mem;
@@
+static void *fetch_virt;
+static void *fetch_page;
+static void *fetch_fault;
+
 main(...)
 {
	<+...
	\(test_incdecnotneg\|test_crosspage_mmio\)(mem)
	...+>
 }

@depends on patch && !there@
expression main.mem;
@@
+static void map_fetch_page(struct ex_regs *regs)
+{
+	++exceptions;
+	fetch_fault = (void *)(read_cr2() & ~(PAGE_SIZE - 1));
+	install_page((void *)read_cr3(), virt_to_phys(fetch_page), fetch_virt);
+	/* Any other fault is none of ours. */
+	handle_exception(PF_VECTOR, 0);
+}
+
 main(...)
 {
	<+...
	\(test_incdecnotneg\|test_crosspage_mmio\)(mem)
	...+>
 }

@depends on patch && !there@
expression main.mem;
identifier code.test;
typedef u32;
@@
+static void test_fetch_fault(volatile u32 *mmio)
+{
+	test;
+}
+
 main(...)
 {
	<+...
	\(test_incdecnotneg\|test_crosspage_mmio\)(mem)
	...+>
 }

// Beside the other test of two pages, where there is one.

@crosspage depends on patch && !there@
expression main.mem;
@@
main(...)
{
	... when any
	test_crosspage_mmio(mem);
+	test_fetch_fault(mem);
	... when any
}

@depends on patch && !there && !crosspage@
expression main.mem;
@@
main(...)
{
	... when any
	test_incdecnotneg(mem);
+	test_fetch_fault(mem);
	... when any
}
