// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM's x86_exception_has_error_code() says of each vector, and whether it
 * shifts out of bounds.
 *
 * The function is that of the variant's own header. It is compiled here with
 * UBSan's check of shifts, which calls a handler instead of a shift by too many
 * bits; the handler below counts. The kernel's configuration does not matter.
 *
 *	cat /sys/kernel/debug/exception_bounds
 *
 * asks about all vectors from 0 to 255 and prints a line for each: the vector,
 * what the function returned, and how many shifts were out of bounds.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "x86.h"

#define NR_VECTORS_OF_8_BITS	256

static unsigned int bad_shifts;
static struct dentry *file;

/*
 * Called by what the compiler inserts. The compiler knows it, and that it does not
 * change variables of this file.
 */
void __ubsan_handle_shift_out_of_bounds(void *data, void *lhs, void *rhs);

void notrace __ubsan_handle_shift_out_of_bounds(void *data, void *lhs, void *rhs)
{
	WRITE_ONCE(bad_shifts, READ_ONCE(bad_shifts) + 1);
}

static int exception_bounds_show(struct seq_file *m, void *unused)
{
	unsigned int vector;
	bool has;

	for (vector = 0; vector < NR_VECTORS_OF_8_BITS; vector++) {
		WRITE_ONCE(bad_shifts, 0);
		has = x86_exception_has_error_code(vector);
		seq_printf(m, "%u %u %u\n", vector, has, READ_ONCE(bad_shifts));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(exception_bounds);

static int __init exception_bounds_init(void)
{
	file = debugfs_create_file("exception_bounds", 0400, NULL, NULL,
				   &exception_bounds_fops);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit exception_bounds_exit(void)
{
	debugfs_remove(file);
}

module_init(exception_bounds_init);
module_exit(exception_bounds_exit);
MODULE_DESCRIPTION("KVM's x86_exception_has_error_code() under UBSan");
MODULE_LICENSE("GPL");
