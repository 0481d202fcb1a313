// SPDX-License-Identifier: GPL-2.0-only
/// vhost: make VHOST_VSOCK_SET_RUNNING a generic ioctl
///
/// VHOST_VSOCK_SET_RUNNING starts and stops the virtqueues of vhost-vsock.
/// Nothing in it belongs to vsock: any vhost driver without a side channel
/// of its own has to be told when the guest is there and when it went away,
/// for instance over a reboot. Its name keeps others from using it, who then
/// invent one more ioctl.
///
/// Call it VHOST_SET_RUNNING and keep the old name as an alias. The number
/// is the same, so programs that were built before see no change, and
/// programs that know only the old name still build. A tree that renamed it
/// without an alias gets that.
///
/// The copies of the header below tools/ follow, or perf's check that they
/// are the same complains.
///
/// No driver changes. The proof compiles a program that compares the numbers
/// of both names with the one that was always there. That vhost-vsock starts
/// and stops by that number is tested with all modules.
// Nr: 23
// Kind: cleanup
// Upstream: never
// Originally-by: Guennadi Liakhovetski <guennadi.liakhovetski@linux.intel.com>
// Scope: include/uapi/linux/vhost.h include/uapi/linux/vhost_types.h tools/include/uapi/linux tools/perf/trace/beauty/include drivers/vhost
// Anchors: VHOST_VSOCK_SET_RUNNING VHOST_SET_RUNNING
// Modules: none
// Abi: none
// Proof: static vhost/generic_name
// Defect: generic-name-missing
// Options: --no-includes --include-headers
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
OURS = "_IOW(VHOST_VIRTIO,0x61,int)"
generic = {}		# file: what VHOST_SET_RUNNING stands for there
old = set()		# the files that have the old name
states = set()		# what the files make of the two names

def body(e):
	return "".join(e.split())

# What a file makes of the old name, which stands for E in it.
def state(p, e):
	new = generic.get(p[0].file)
	if body(e).strip("()") == "VHOST_SET_RUNNING":
		return "alias" if new == OURS else "odd"
	if body(e) != OURS:
		return "odd"
	if new is None:
		return "vsock"
	return "both" if new in (OURS, "VHOST_VSOCK_SET_RUNNING") else "taken"

# Of one without the old name.
def alone(p):
	if p[0].file in old:
		return None
	return "renamed" if generic[p[0].file] == OURS else "odd"

# Where a header needs more than we do, none is changed.
def plain():
	return states <= {"vsock", "alias", "renamed", None}

@new@
expression E;
position p;
@@
#define VHOST_SET_RUNNING@p E

@script:python@
p << new.p;
e << new.E;
@@
generic[p[0].file] = body(e)

@old@
expression E;
position p;
@@
#define VHOST_VSOCK_SET_RUNNING@p E

@script:python@
p << old.p;
e << old.E;
@@
old.add(p[0].file)
states.add(state(p, e))

@script:python@
p << new.p;
@@
states.add(alone(p))

@script:python depends on report@
p << old.p;
e << old.E;
@@
if state(p, e) in ("vsock", "taken"):
	coccilib.report.print_report(p[0], "the ioctl has the name of one driver")

@script:python depends on report@
p << new.p;
@@
if alone(p) == "renamed":
	coccilib.report.print_report(p[0], "the ioctl has lost the name that programs know")

@script:python depends on evidence@
p << old.p;
e << old.E;
@@
said = {
	"alias": "carried %s:%s the old name is an alias of the generic one",
	"both": "superseded %s:%s both names have the number",
	"taken": "blocked %s:%s VHOST_SET_RUNNING is another ioctl here",
}.get(state(p, e))
if said and "odd" not in states:
	print(said % (p[0].file, p[0].line))

@depends on patch@
expression E;
position p : script:python() { plain() and alone(p) == "renamed" };
@@
 #define VHOST_SET_RUNNING@p E
+/* The name it had when only vsock did. */
+#define VHOST_VSOCK_SET_RUNNING VHOST_SET_RUNNING

@depends on patch@
expression E;
position p : script:python() { plain() };
@@
-#define VHOST_VSOCK_SET_RUNNING@p _IOW(VHOST_VIRTIO, E, int)
+/* Start (1) or stop (0) the virtqueues; any driver may use it. */
+#define VHOST_SET_RUNNING _IOW(VHOST_VIRTIO, E, int)
+/* The name it had when only vsock did. */
+#define VHOST_VSOCK_SET_RUNNING VHOST_SET_RUNNING
