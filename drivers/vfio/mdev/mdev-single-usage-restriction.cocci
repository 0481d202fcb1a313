// SPDX-License-Identifier: GPL-2.0-only
/// vfio/mdev: let user space know whether it can use several mdevs of a type
///
/// Mostly one mediated device, a share of a physical one, is assigned to an
/// application or a VM. Some want several: a VM may need more than one
/// virtual GPU. Whether that works is up to the driver of the physical
/// device, and may differ from type to type. A driver can fail the open()
/// of the second device, but until then nothing tells user space.
///
/// Describe an attribute of a type, single_usage_restriction, which is
/// optional and read-only: "Y" if only one device of the type can be
/// assigned to one user, "N" if several can.
///
/// As proposed once, this was a change of the documentation alone, and each
/// driver had to make the attribute itself, which none can since mdev took
/// over all attributes of a type. So give drivers a helper to declare the
/// restriction by, mdev_declare_single_usage(). mdev creates the attribute
/// together with the type, before anybody is told of it. What was declared
/// is kept with the parent device: no exported type changes.
///
/// The proof loads a driver that declares both about its types, and nothing
/// about a third one, and reads the attributes.
// Nr: 13
// Kind: doc
// Upstream: never
// Originally-by: Kirti Wankhede <kwankhede@nvidia.com>
// Scope: drivers/vfio/mdev
// Anchors: mdev_type_attr_create
// Context: kobject_init_and_add mdev_type_release create_store
// Adds: include/linux/mdev-single-usage.h
// Modules: mdev
// Abi: mdev_single_usage_release
// Proof: svm mdev/restriction
// Defect: no-restriction-attribute
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// Where the directory of a type is made.

@make@
identifier f;
expression T, D, N;
position p;
@@
f(...)
{
	<+...
	kobject_init_and_add@p(&T->kobj, ..., "%s-%s", dev_driver_string(D), N)
	...+>
}

@made@
identifier make.f;
position p;
@@
f(...)
{
	<+...
	mdev_create_single_usage@p(...)
	...+>
}

// An attribute of that name that somebody else thought of.
@other@
identifier i =~ "^(mdev_type_attr_single_usage_restriction|single_usage_restriction_show)$";
position p;
@@
 i@p

@script:python depends on report && !made && !other@
p << make.p;
@@
coccilib.report.print_report(p[0], "no driver can declare whether one user can have several mdevs of a type")

@script:python depends on evidence@
p << other.p;
@@
print("superseded %s:%s mdev has another single_usage_restriction" % (p[0].file, p[0].line))

@script:python depends on evidence && !other@
p << made.p;
@@
print("carried %s:%s what a driver declared becomes an attribute" % (p[0].file, p[0].line))

// Where one of several places has the call, so does the rest of the change.
//
// An attribute is shown with what its kernel passes to the write-only one.

@proto depends on patch && make && never made && !other@
type T1, T2;
identifier a, b, buf, count;
@@
 create_store(T1 a, T2 b, const char *buf, size_t count)
 { ... }

// Up to v6.0 a driver brings attributes of its own, and those come last.

@late depends on proto@
identifier f, l, ret;
type A;
expression T, D, N, G;
@@
 f(...)
 {
 ... when any
 ret = kobject_init_and_add(&T->kobj, ..., "%s-%s", dev_driver_string(D), N);
 ... when any
 ret = sysfs_create_files(&T->kobj, (A)G->attrs);
 if (ret) { ... goto l; }
 ... when any
+	ret = mdev_create_single_usage(&T->kobj, D, N);
+	if (ret)
+		goto l;
 return T;
 ... when any
 }

@early depends on proto && !late@
identifier f, l, ret;
expression T, D, N;
@@
 f(...)
 {
 ... when any
 ret = kobject_init_and_add(&T->kobj, ..., "%s-%s", dev_driver_string(D), N);
 ... when any
+	ret = mdev_create_single_usage(&T->kobj, D, N);
+	if (ret)
+		goto l;
 T->devices_kobj = kobject_create_and_add("devices", &T->kobj);
 if (!T->devices_kobj) { ... goto l; }
 ... when any
 }

@depends on late || early@
type proto.T1, proto.T2;
identifier proto.a, proto.b;
@@
 mdev_type_release(...)
 { ... }
+
+static ssize_t single_usage_y_show(T1 a, T2 b, char *buf)
+{
+	return sprintf(buf, "Y\n");
+}
+static struct mdev_type_attribute single_usage_y = {
+	.attr.name = "single_usage_restriction",
+	.attr.mode = 0444,
+	.show = single_usage_y_show,
+};
+
+static ssize_t single_usage_n_show(T1 a, T2 b, char *buf)
+{
+	return sprintf(buf, "N\n");
+}
+static struct mdev_type_attribute single_usage_n = {
+	.attr.name = "single_usage_restriction",
+	.attr.mode = 0444,
+	.show = single_usage_n_show,
+};
+
+void mdev_single_usage_release(struct device *dev, void *res)
+{
+}
+EXPORT_SYMBOL_GPL(mdev_single_usage_release);
+
+/* The attribute goes with the directory that it is in. */
+static int mdev_create_single_usage(struct kobject *kobj, struct device *dev,
+				    const char *type)
+{
+	const struct mdev_single_usage *usage;
+
+	usage = mdev_find_single_usage(dev, type);
+	if (!usage)
+		return 0;
+	if (usage->restricted)
+		return sysfs_create_file(kobj, &single_usage_y.attr);
+	return sysfs_create_file(kobj, &single_usage_n.attr);
+}

@depends on late || early@
@@
 #include <linux/sysfs.h>
+#include <linux/export.h>

@depends on late || early@
@@
 #include <linux/mdev.h>
+#include <linux/mdev-single-usage.h>
