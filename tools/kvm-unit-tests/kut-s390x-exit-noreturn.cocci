// SPDX-License-Identifier: GPL-2.0-only
/// lib/s390x: exit() does not return
///
/// lib/libcflat.h promises that exit() does not return, but the one of
/// s390x does if the SIGP order that stops the CPU is not accepted. The
/// compiler sees it, and with -Werror nothing builds for s390x any more:
///
///   error: 'noreturn' function does return [-Werror]
///
/// Other architectures tell the compiler that the end cannot be reached. If
/// it can, the CPU then runs into whatever follows in memory, after the exit
/// status was printed.
///
/// Order the CPU to stop until it does.
///
/// The proof compiles the file for s390x: with the change only.
// Nr: 18
// Kind: defect
// Upstream: 742fdf545e7b in kvm-unit-tests
// Fixes: 96d79976f779 ("mark exit() and abort() as non-returning functions")
// Originally-by: Thomas Huth <thuth@redhat.com>
// Scope: lib/s390x lib/libcflat.h
// Anchors: exit
// Context: sigp_stop
// Modules: none
// Abi: none
// Proof: static compile s390 on 2018
// Defect: noreturn-does-return
// Options: --no-includes --include-headers
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
import re

def text(file):
	try:
		return re.sub(r"/\*.*?\*/", lambda c: "\n" * c.group().count("\n"),
			      open(file, errors="replace").read(), flags=re.S)
	except OSError:
		return ""

# The line of a file that names exit() first, and whether it says there that
# exit() does not return: what stands around the name is out of reach of spatch.
def promise(file):
	found = re.search(r"[^;{}#]*\bexit\s*\([^;{}]*[;{]", text(file))
	if not found:
		return None, False
	name = found.start() + re.search(r"\bexit\b", found.group()).start()
	return (text(file).count("\n", 0, name) + 1,
		re.search("noreturn", found.group(), re.I) is not None)

# "do ... while" is out of reach as well.
def repeats(file):
	body = re.search(r"\bexit\s*\([^;{}]*\{.*?^\}", text(file), re.M | re.S)
	return body and re.search(r"\bdo\b[^{}]*\{?[^{}]*(sigp|stop|halt|wait)[^{}]*\}?"
				  r"\s*while\s*\(\s*(1|true)\s*\)", body.group())

endless = set()		# the functions that do not return either

HEADER = "lib/libcflat.h"
LINE, NORETURN = promise(HEADER)

@def@
position p;
@@
exit@p(...) { ... }

// The CPU is told to stop, and nothing follows.
@stop@
identifier f =~ "sigp|stop|halt|wait";
position p;
@@
exit(...)
{
	... when any
	f@p(...);
}

// An end that is not reached: either the CPU is told again and again, or it
// does something else for ever, or only the compiler is told.
@again exists@
statement S;
symbol true;
position p;
@@
exit(...)
{
	... when any
(
	while@p (1) S
|
	while@p (true) S
|
	for@p (;;) S
)
	... when any
}

@left exists@
@@
exit(...)
{
	<+...
	\(break;\|return ...;\)
	...+>
}

// What tells the CPU to stop does it for ever.
@endless@
identifier f =~ "sigp|stop|halt|wait";
statement S;
symbol true;
@@
f(...)
{
	... when any
	    when != return ...;
(
	while (1) S
|
	while (true) S
|
	for (;;) S
)
}

@told@
identifier f =~ "unreachable";
identifier g =~ "sigp|stop|halt|wait";
@@
g(...)
{
	... when any
	f(...);
}

@script:python@
f << endless.f;
@@
endless.add(f)

@script:python@
f << told.g;
@@
endless.add(f)

@sigp@
identifier f =~ "sigp|stop|halt|wait";
position p;
@@
exit(...)
{
	<+...
	f@p(...)
	...+>
}

@unreachable@
identifier f =~ "unreachable";
position p;
@@
exit(...)
{
	... when any
	f@p(...);
}

@script:python depends on report@
p << stop.p;
f << stop.f;
@@
if f not in endless and (NORETURN or promise(p[0].file)[1]):
	coccilib.report.print_report(p[0], "exit() returns if the CPU does not stop")

@script:python depends on evidence && !left@
p << again.p;
q << sigp.p;
@@
if int(q[0].line) >= int(p[0].line):
	print("carried %s:%s exit() tells the CPU to stop until it does" % (p[0].file, p[0].line))

@script:python depends on evidence && !left@
p << def.p;
@@
if repeats(p[0].file):
	print("carried %s:%s exit() tells the CPU to stop until it does" % (p[0].file, p[0].line))

@script:python depends on evidence && !left && !sigp@
p << again.p;
@@
print("superseded %s:%s exit() ends in a loop of another kind" % (p[0].file, p[0].line))

@script:python depends on evidence && !left@
p << again.p;
q << sigp.p;
@@
if int(q[0].line) < int(p[0].line):
	print("superseded %s:%s exit() ends in a loop of another kind" % (p[0].file, p[0].line))

@script:python depends on evidence@
p << stop.p;
f << stop.f;
@@
if f in endless:
	print("superseded %s:%s %s() does not return either" % (p[0].file, p[0].line, f))

@script:python depends on evidence && !again@
p << unreachable.p;
@@
print("superseded %s:%s the compiler is told that exit() does not return" % (p[0].file, p[0].line))

@script:python depends on evidence && !again && !unreachable@
p << def.p;
@@
if LINE and not NORETURN and not promise(p[0].file)[1]:
	print("absent %s:%s exit() may return: %s:%d promises nothing else" % (p[0].file, p[0].line, HEADER, LINE))

// Other architectures have their own exit(), which declares the same.
@script:python depends on evidence && !def@
@@
if LINE:
	print("absent %s:%d exit() is declared, but there is none for s390x" % (HEADER, LINE))

@depends on patch@
identifier f =~ "sigp|stop|halt|wait";
expression list es;
@@
exit(...)
{
	... when any
-	f(es);
+	while (1)
+		f(es);
}
