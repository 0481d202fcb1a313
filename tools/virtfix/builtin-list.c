// SPDX-License-Identifier: GPL-2.0-only
/* virtfix list, virtfix show: what the fixes' headers say. */
#include <stdlib.h>

#include "virtfix.h"

/**
 * cmd_list() - virtfix list: a line for each fix
 *
 * Return: the exit status.
 */
int cmd_list(int argc, const char **argv)
{
	struct fixes fixes;
	int ret = EXIT_ERROR;

	(void)argv;
	if (argc != 1) {
		vf_error("usage: virtfix list");
		return EXIT_ERROR;
	}
	if (!fixes_load(&fixes)) {
		for (size_t i = 0; i < fixes.n; i++)
			printf("%02d %c %-30s %-8s %s\n", fixes.v[i]->nr,
			       fixes.v[i]->selected ? '*' : ' ',
			       fixes.v[i]->name, fix_key(fixes.v[i], "Kind"),
			       fixes.v[i]->subject);
		ret = EXIT_CLEAN;
	}
	fixes_free(&fixes);
	return ret;
}

static void print_fix(const struct fix *fix)
{
	const char *key;
	json_t *value;

	printf("%s\n\n%s\n", fix->subject, fix->body);
	printf("Place: %s\n", fix->place);
	json_object_foreach(fix->keys, key, value)
		printf("%s: %s\n", key, json_string_value(value));
}

/**
 * cmd_show() - virtfix show FIX: its story and its header
 *
 * Return: the exit status.
 */
int cmd_show(int argc, const char **argv)
{
	const struct fix *fix;
	struct fixes fixes;
	int ret = EXIT_ERROR;

	if (argc != 2) {
		vf_error("usage: virtfix show FIX");
		return EXIT_ERROR;
	}
	if (!fixes_load(&fixes)) {
		fix = fixes_find(&fixes, argv[1]);
		if (fix) {
			print_fix(fix);
			ret = EXIT_CLEAN;
		} else {
			vf_error("there is no fix \"%s\"; see: virtfix list",
				 argv[1]);
		}
	}
	fixes_free(&fixes);
	return ret;
}
