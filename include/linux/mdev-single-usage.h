/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Can one user have several mediated devices of a type?
 *
 * A driver of mediated devices declares it, user space reads it as
 * "single_usage_restriction" in the directory of the type. The declaration is
 * a managed resource of the parent device: it goes when the device or its
 * driver does, and none of the types that mdev exports has to hold it.
 */
#ifndef _LINUX_MDEV_SINGLE_USAGE_H
#define _LINUX_MDEV_SINGLE_USAGE_H

#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>

/**
 * struct mdev_single_usage - what a driver declared about one of its types
 * @restricted: only one device of the type can be assigned to one user
 * @type: name of the type, without that of the driver before it
 */
struct mdev_single_usage {
	bool restricted;
	char type[];
};

/* Has nothing to release, but tells a declaration from other resources. */
void mdev_single_usage_release(struct device *dev, void *res);

static inline int mdev_single_usage_match(struct device *dev, void *res,
					  void *type)
{
	const struct mdev_single_usage *usage = res;

	return !strcmp(usage->type, type);
}

/**
 * mdev_find_single_usage() - what the driver of a device declared about a type
 * @dev: the parent device
 * @type: name of the type, as for mdev_declare_single_usage()
 *
 * Return: the declaration, or NULL if there is none.
 */
static inline const struct mdev_single_usage *
mdev_find_single_usage(struct device *dev, const char *type)
{
	return devres_find(dev, mdev_single_usage_release,
			   mdev_single_usage_match, (void *)type);
}

/**
 * mdev_declare_single_usage() - can one user have several mdevs of a type?
 * @dev: the parent device, not yet registered with mdev
 * @type: name of the type, as the driver is going to give it to mdev
 * @restricted: true if only one device of @type can be assigned to one user,
 *		false if several can
 *
 * To be called before @dev is registered as the parent of mediated devices, in
 * its driver's probe() where it has a driver. The directory of @type then has
 * the attribute "single_usage_restriction" from the first uevent on. A type
 * about which nothing is declared has no such attribute.
 *
 * Return: 0, or -ENOMEM.
 */
static inline int mdev_declare_single_usage(struct device *dev,
					    const char *type, bool restricted)
{
	size_t size = strlen(type) + 1;
	struct mdev_single_usage *usage;

	usage = devres_alloc(mdev_single_usage_release, sizeof(*usage) + size,
			     GFP_KERNEL);
	if (!usage)
		return -ENOMEM;
	memcpy(usage->type, type, size);

	/* The one that is there already, or else the new one. */
	usage = devres_get(dev, usage, mdev_single_usage_match, (void *)type);
	usage->restricted = restricted;
	return 0;
}

#endif /* _LINUX_MDEV_SINGLE_USAGE_H */
