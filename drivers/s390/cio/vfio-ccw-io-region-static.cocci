// SPDX-License-Identifier: GPL-2.0-only
/// s390/cio: make vfio_ccw_io_region static
///
/// The slab cache of vfio-ccw's I/O regions is defined with external
/// linkage and declared nowhere. Only the file that defines it uses it.
/// sparse warns that it should be static, and the name is taken in the
/// whole kernel if the driver is built in.
///
/// Make it static. Newer kernels use the cache from a second file and
/// declare it in the driver's header: there it has to be global.
///
/// The proof has sparse look at the file.
// Nr: 32
// Kind: cleanup
// Upstream: before v5.1
// Originally-by: Sebastian Ott <sebott@linux.ibm.com>
// Scope: drivers/s390/cio
// Anchors: vfio_ccw_io_region
// Modules: vfio_ccw
// Abi: none
// Proof: static sparse
// Defect: undeclared-symbol
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
elsewhere = []

@internal@
symbol vfio_ccw_io_region;
expression E;
position p;
@@
(
 static struct kmem_cache *vfio_ccw_io_region@p;
|
 static struct kmem_cache *vfio_ccw_io_region@p = E;
)

// Another file can only use it if it is declared.
@declared@
symbol vfio_ccw_io_region;
position p;
@@
 extern struct kmem_cache *vfio_ccw_io_region@p;

@visible@
symbol vfio_ccw_io_region;
expression E;
position p != {internal.p, declared.p};
@@
(
 struct kmem_cache *vfio_ccw_io_region@p;
|
 struct kmem_cache *vfio_ccw_io_region@p = E;
)

// Nor is it static where another file uses it, however that came to know it.
@use@
symbol vfio_ccw_io_region;
identifier f;
position q;
@@
 f(...)
 {
 <+...
 vfio_ccw_io_region@q
 ...+>
 }

@script:python@
p << visible.p;
q << use.q;
@@
if not any(x.file == q[0].file for x in p):
    elsewhere.append((q[0].file, q[0].line))

@script:python depends on report && !declared@
p << visible.p;
@@
if not elsewhere:
    coccilib.report.print_report(p[0], "symbol 'vfio_ccw_io_region' was not declared. Should it be static?")

@script:python depends on evidence@
p << internal.p;
@@
print("carried %s:%s vfio_ccw_io_region is static" % (p[0].file, p[0].line))

@script:python depends on evidence && visible@
p << declared.p;
@@
print("superseded %s:%s vfio_ccw_io_region is declared for other files" % (p[0].file, p[0].line))

@script:python depends on evidence && !declared@
p << visible.p;
@@
for place in elsewhere[:1]:
    print("superseded %s:%s another file uses vfio_ccw_io_region" % place)

@depends on patch && !declared@
symbol vfio_ccw_io_region;
expression E;
position visible.p;
@@
(
+static
 struct kmem_cache *vfio_ccw_io_region@p;
|
+static
 struct kmem_cache *vfio_ccw_io_region@p = E;
)
