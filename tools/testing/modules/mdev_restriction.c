// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parent of mediated devices with three types: of "single" one user can have
 * one device only, of "shared" several, and about "silent" nothing is declared.
 * No device can be made of any of them.
 */
#include <linux/device.h>
#include <linux/uuid.h>		/* mdev.h may not include it */
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/vfio.h>
#ifdef SINGLE_USAGE
#include <linux/mdev-single-usage.h>
#endif

#define NAME	"mdev_restriction"

static const char * const names[] = { "single", "shared", "silent" };

#ifdef MDEV_PARENT

/* The core leaves its traces in a type: each probe needs new ones. */
struct restriction {
	struct mdev_parent parent;
	struct mdev_type types[ARRAY_SIZE(names)];
	struct mdev_type *list[ARRAY_SIZE(names)];
};

static int restriction_mdev_probe(struct mdev_device *mdev)
{
	return -ENODEV;
}

static void restriction_mdev_remove(struct mdev_device *mdev)
{
}

static struct mdev_driver restriction_mdev_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = 1,
	.probe = restriction_mdev_probe,
	.remove = restriction_mdev_remove,
	.driver = {
		.name = "mdev_restriction_mdev",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

static int restriction_register(struct device *dev)
{
	struct restriction *r = kzalloc(sizeof(*r), GFP_KERNEL);
	size_t i;
	int ret;

	if (!r)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		r->types[i].sysfs_name = names[i];
		r->types[i].pretty_name = names[i];
		r->list[i] = &r->types[i];
	}
	dev_set_drvdata(dev, r);
	ret = mdev_register_parent(&r->parent, dev, &restriction_mdev_driver,
				   r->list, ARRAY_SIZE(names));
	if (ret)
		kfree(r);
	return ret;
}

static void restriction_unregister(void *data)
{
	struct restriction *r = dev_get_drvdata(data);

	mdev_unregister_parent(&r->parent);
	kfree(r);
}

static int restriction_add_mdev_driver(void)
{
	return mdev_register_driver(&restriction_mdev_driver);
}

static void restriction_del_mdev_driver(void)
{
	mdev_unregister_driver(&restriction_mdev_driver);
}

#else

static ssize_t device_api_show(struct kobject *kobj, struct device *dev,
			       char *buf)
{
	return sprintf(buf, "%s\n", VFIO_DEVICE_API_PCI_STRING);
}
static MDEV_TYPE_ATTR_RO(device_api);

static ssize_t available_instances_show(struct kobject *kobj,
					struct device *dev, char *buf)
{
	return sprintf(buf, "1\n");
}
static MDEV_TYPE_ATTR_RO(available_instances);

static struct attribute *attrs[] = {
	&mdev_type_attr_device_api.attr,
	&mdev_type_attr_available_instances.attr,
	NULL,
};

static struct attribute_group groups[ARRAY_SIZE(names)];
static struct attribute_group *group_list[ARRAY_SIZE(names) + 1];

static int restriction_create(struct kobject *kobj, struct mdev_device *mdev)
{
	return -ENODEV;
}

static int restriction_remove(struct mdev_device *mdev)
{
	return 0;
}

static const struct mdev_parent_ops ops = {
	.owner = THIS_MODULE,
	.supported_type_groups = group_list,
	.create = restriction_create,
	.remove = restriction_remove,
};

static int restriction_register(struct device *dev)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		groups[i].name = names[i];
		groups[i].attrs = attrs;
		group_list[i] = &groups[i];
	}
	return mdev_register_device(dev, &ops);
}

static void restriction_unregister(void *data)
{
	mdev_unregister_device(data);
}

static int restriction_add_mdev_driver(void)
{
	return 0;
}

static void restriction_del_mdev_driver(void)
{
}

#endif /* MDEV_PARENT */

static int restriction_declare(struct device *dev)
{
	int ret = 0;

#ifdef SINGLE_USAGE
	ret = mdev_declare_single_usage(dev, "single", true);
	/* What is declared last is what counts. */
	if (!ret)
		ret = mdev_declare_single_usage(dev, "shared", true);
	if (!ret)
		ret = mdev_declare_single_usage(dev, "shared", false);
#endif
	return ret;
}

static int restriction_probe(struct platform_device *pdev)
{
	int ret = restriction_declare(&pdev->dev);

	if (!ret)
		ret = restriction_register(&pdev->dev);
	if (!ret)
		ret = devm_add_action_or_reset(&pdev->dev, restriction_unregister,
					       &pdev->dev);
	return ret;
}

static struct platform_driver restriction_driver = {
	.probe = restriction_probe,
	.driver = { .name = NAME },
};

static struct platform_device *restriction_device;

static int __init restriction_init(void)
{
	int ret = restriction_add_mdev_driver();

	if (ret)
		return ret;
	ret = platform_driver_register(&restriction_driver);
	if (ret)
		goto del_mdev_driver;
	restriction_device = platform_device_register_simple(NAME, -1, NULL, 0);
	if (!IS_ERR(restriction_device))
		return 0;
	ret = PTR_ERR(restriction_device);
	platform_driver_unregister(&restriction_driver);
del_mdev_driver:
	restriction_del_mdev_driver();
	return ret;
}

static void __exit restriction_exit(void)
{
	platform_device_unregister(restriction_device);
	platform_driver_unregister(&restriction_driver);
	restriction_del_mdev_driver();
}

module_init(restriction_init);
module_exit(restriction_exit);

MODULE_DESCRIPTION("Test driver that declares a restriction of its mdev types");
MODULE_LICENSE("GPL");
