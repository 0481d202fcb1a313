// SPDX-License-Identifier: GPL-2.0-only
/// A type about which nothing is declared says that several can be used
// Options: --no-includes

virtual patch

@proto depends on patch@
type T1, T2;
identifier a, b, buf, count;
@@
 create_store(T1 a, T2 b, const char *buf, size_t count)
 { ... }

@call depends on proto@
expression ret, T, D, N;
@@
 ret = kobject_init_and_add(&T->kobj, ..., "%s-%s", dev_driver_string(D), N);
+if (!ret)
+	ret = mdev_create_single_usage(&T->kobj, D, N);

@depends on call@
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
+static int mdev_create_single_usage(struct kobject *kobj, struct device *dev,
+				    const char *type)
+{
+	const struct mdev_single_usage *usage;
+
+	usage = mdev_find_single_usage(dev, type);
+	if (usage && usage->restricted)
+		return sysfs_create_file(kobj, &single_usage_y.attr);
+	return sysfs_create_file(kobj, &single_usage_n.attr);
+}

@depends on call@
@@
 #include <linux/mdev.h>
+#include <linux/mdev-single-usage.h>
