// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loses two pages and one object of slab whenever it is loaded: what counts
 * leaks has to find these.
 */
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/slab.h>

static int __init leak_test_init(void)
{
	/* Nobody keeps the addresses. */
	if (!__get_free_pages(GFP_KERNEL, 1) || !kmalloc(1000, GFP_KERNEL))
		return -ENOMEM;
	return 0;
}
module_init(leak_test_init);

static void __exit leak_test_exit(void)
{
}
module_exit(leak_test_exit);

MODULE_DESCRIPTION("Leaks when it is loaded, for tests");
MODULE_LICENSE("GPL");
