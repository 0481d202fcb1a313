// SPDX-License-Identifier: GPL-2.0-only
/// vfio/pci: allow a driver's extra regions to be mapped, with their index checked
///
/// Beside a device's own regions vfio-pci knows extra regions, which device
/// specific code adds. User space could read and write them, but not map
/// them: whatever the region said in its flags, mmap() of an index past the
/// BARs was refused. A region that is memory, like the RAM of a GPU behind
/// another bus, is of little use without.
///
/// Give struct vfio_pci_regops an mmap() operation and call it for a region
/// that offers it and is flagged as mappable.
///
/// When upstream gained this, the index was not compared with the number of
/// regions. It comes from the offset that user space chose, so mmap() could
/// read a region and call its operation from beyond the array. The check came
/// later. Here both travel together, and a kernel that got the first without
/// the second is given the check.
///
/// The proof registers a region with an mmap() operation of its own, maps it,
/// and maps an index past the last region.
// Nr: 34
// Kind: feature
// Upstream: a15b1883fee1 v5.0, 909290786ea3
// Originally-by: Alexey Kardashevskiy <aik@ozlabs.ru>
// Scope: drivers/vfio include/linux/vfio_pci_core.h
// Anchors: vfio_pci_regops
// Context: vfio_pci_mmap vfio_pci_core_mmap
// Modules: vfio-pci vfio-pci-core
// Abi: none
// Proof: svm vfio/region_mmap
// Defect: mmap-refused; index-unchecked
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

@initialize:python@
@@
hooks = set()		# the calls of the mmap() of a region
safe = set()		# those that no index past the last region gets to

def places(p):
	return [(q.file, q.line) for q in p]

// The operations of an extra region.

@ops@
position p;
@@
struct vfio_pci_regops {@p
	...
};

@member@
type T;
parameter list ps;
@@
struct vfio_pci_regops {
	...
	T (*mmap)(ps);
	...
};

// The handler, by what it does first: the offset tells the region.

@handler@
identifier f =~ "^vfio_pci_(core_)?mmap$";
identifier index, vma;
expression E;
position p;
@@
f(...)
{
	... when any
	index@p = vma->vm_pgoff >> E
	... when any
}

@hook@
identifier handler.f;
expression R;
position hp;
@@
f(...)
{
	<+...
	R->ops->mmap@hp(...)
	...+>
}

@counted@
identifier handler.f;
expression D;
@@
f(...)
{
	<+...
	D->num_regions
	...+>
}

@device@
identifier handler.f;
identifier vdev;
@@
f(...)
{
	<+...
	vdev->bar_mmap_supported
	...+>
}

@extra@
identifier handler.f, handler.index;
@@
f(...)
{
	<+...
	index >= VFIO_PCI_NUM_REGIONS
	...+>
}

// Everything past the BARs is refused.

@old depends on !hook && !extra@
identifier handler.f, handler.index;
position p;
@@
f(...)
{
	<+...
	index@p >= VFIO_PCI_ROM_REGION_INDEX
	...+>
}

@range disable gtr_lss_eq@
identifier handler.f, handler.index;
identifier regnum;
expression D;
position rp;
@@
f(...)
{
	<+...
(
	index >=@rp VFIO_PCI_NUM_REGIONS + D->num_regions
|
	index >=@rp D->num_regions + VFIO_PCI_NUM_REGIONS
|
	index - VFIO_PCI_NUM_REGIONS >=@rp D->num_regions
|
	regnum >=@rp D->num_regions
)
	...+>
}

// Only with something else, or turned round: no refusal.
@weak disable gtr_lss_eq@
expression A, B, C;
position range.rp;
@@
(
	(<+... A >=@rp B ...+>) && C
|
	C && (<+... A >=@rp B ...+>)
|
	!(<+... A >=@rp B ...+>)
)

// The first index past the last region gets by.
@far disable gtr_lss_eq@
identifier handler.f, handler.index;
identifier regnum;
expression D;
position p;
@@
f(...)
{
	<+...
(
	index >@p VFIO_PCI_NUM_REGIONS + D->num_regions
|
	index >@p D->num_regions + VFIO_PCI_NUM_REGIONS
|
	index - VFIO_PCI_NUM_REGIONS >@p D->num_regions
|
	regnum >@p D->num_regions
)
	...+>
}

// On the way to the operation, and what fails it does not go on.
@checked depends on !weak disable gtr_lss_eq exists@
expression A, B, R;
position range.rp, h = {hook.hp};
identifier l;
@@
	if (<+... A >=@rp B ...+>) {
	...
	\(return ...;\|goto l;\)
	}
	... when any
	R->ops->mmap@h(...)

// The other way round: a condition of the call.
@below disable gtr_lss_eq@
identifier handler.f, handler.index;
identifier regnum;
expression D;
position bp;
@@
f(...)
{
	<+...
(
	index <@bp VFIO_PCI_NUM_REGIONS + D->num_regions
|
	index <@bp D->num_regions + VFIO_PCI_NUM_REGIONS
|
	index - VFIO_PCI_NUM_REGIONS <@bp D->num_regions
|
	regnum <@bp D->num_regions
)
	...+>
}

@weak_below disable gtr_lss_eq@
expression A, B, C;
position below.bp;
@@
(
	(<+... A <@bp B ...+>) || C
|
	C || (<+... A <@bp B ...+>)
|
	!(<+... A <@bp B ...+>)
)

@guarded depends on !weak_below disable gtr_lss_eq exists@
expression A, B, R;
position below.bp, h = {hook.hp};
@@
(
	if (<+... A <@bp B ...+>)
		return R->ops->mmap@h(...);
|
	if (<+... A <@bp B ...+>) {
		... when any
		R->ops->mmap@h(...)
		... when any
	}
)

@script:python depends on report && ops@
p << old.p;
@@
coccilib.report.print_report(p[0], "an extra region cannot be mapped")

@script:python depends on report && !counted@
p << hook.hp;
@@
coccilib.report.print_report(p[0], "the index of an extra region is not checked")

@script:python depends on report@
p << far.p;
@@
coccilib.report.print_report(p[0], "the index of an extra region may be one too large")

@script:python depends on report && hook && !member@
p << ops.p;
@@
coccilib.report.print_report(p[0], "struct vfio_pci_regops has no mmap()")

// Each of them.

@script:python depends on evidence@
p << hook.hp;
@@
hooks.update(places(p))

@script:python depends on evidence@
p << checked.h;
@@
safe.update(places(p))

@script:python depends on evidence@
p << guarded.h;
@@
safe.update(places(p))

@script:python depends on evidence && never far@
p << hook.hp;
@@
if hooks == safe:
	print("carried %s:%s a region's own mmap() is called, its index checked" % (p[0].file, p[0].line))

@depends on patch disable gtr_lss_eq@
expression A, B;
position far.p;
@@
- A >@p B
+ A >= B

@release depends on patch && !member@
identifier dev, d, r;
@@
struct vfio_pci_regops {
	...
	void (*release)(struct dev *d, struct vfio_pci_region *r);
	...
};

// As one word: spatch would write "int(*mmap)".
@script:python op@
dev << release.dev;
d << release.d;
mmap;
@@
coccinelle.mmap = "\n\t\t\t".join(["(*mmap)(struct %s *%s," % (dev, d),
	"struct vfio_pci_region *region,", "struct vm_area_struct *vma)"])

@@
identifier release.dev, release.d, release.r, op.mmap;
@@
 struct vfio_pci_regops {
 	...
 	void (*release)(struct dev *d, struct vfio_pci_region *r);
+	int mmap;
 	...
 };

// As one word: spatch would write it in one long line.
@script:python condition depends on patch && old@
f << handler.f;
mappable;
@@
coccinelle.mappable = ("region->ops->mmap &&\n\t\t    "
	"(region->flags & VFIO_REGION_INFO_FLAG_MMAP)")

@depends on patch && (old || hook) && !counted@
identifier handler.f, handler.index, handler.vma;
identifier device.vdev;
expression E;
@@
 f(...)
 {
 ... when any
 index = vma->vm_pgoff >> E;
+
+	if (index >= VFIO_PCI_NUM_REGIONS + vdev->num_regions)
+		return -EINVAL;
 ... when any
 }

@depends on patch && old@
identifier handler.f, handler.index, handler.vma, condition.mappable;
identifier device.vdev;
expression E;
@@
 f(...)
 {
 ... when any
 index = vma->vm_pgoff >> E;
 ... when any
+	if (index >= VFIO_PCI_NUM_REGIONS) {
+		int regnum = index - VFIO_PCI_NUM_REGIONS;
+		struct vfio_pci_region *region = vdev->region + regnum;
+
+		if (region->ops && mappable)
+			return region->ops->mmap(vdev, region, vma);
+		return -EINVAL;
+	}
 if (<+... index >= VFIO_PCI_ROM_REGION_INDEX ...+>) { ... return ...; }
 ... when any
 }
