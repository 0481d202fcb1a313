// SPDX-License-Identifier: GPL-2.0-only
/* virtfix status: one verdict per fix, or per fix that is named. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

static json_t *fix_json(const struct asked *a, size_t i)
{
	const struct fix *fix = a->fixes.v[i];
	json_t *o;

	o = json_pack("{s:i, s:s, s:s, s:b}", "nr", fix->nr, "fix", fix->name,
		      "kind", fix_key(fix, "Kind"), "selected", fix->selected);
	json_object_update(o, a->verdicts[i]);
	return o;
}

static void print_json(const struct asked *a)
{
	json_t *fixes = json_array(), *o;

	for (size_t i = 0; i < a->fixes.n; i++)
		if (a->verdicts[i])
			json_array_append_new(fixes, fix_json(a, i));
	o = json_pack("{s:{s:o, s:s, s:o}, s:o}", "tree",
		      "path", json_text(a->tree.arg),
		      "kind", a->tree.kut ? "kvm-unit-tests" : "linux",
		      "version", json_text(a->tree.version), "fixes", fixes);
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
}

static void print_table(const struct asked *a)
{
	printf("%s: %s %s\n", a->tree.arg,
	       a->tree.kut ? "kvm-unit-tests" : "linux", a->tree.version);
	for (size_t i = 0; i < a->fixes.n; i++) {
		const struct fix *fix = a->fixes.v[i];
		const char *blocked;

		if (!a->verdicts[i])
			continue;
		printf("%02d %c %-30s %-10s %s", fix->nr,
		       fix->selected ? '*' : ' ', fix->name,
		       verdict_of(a, fix),
		       json_string_value(json_object_get(a->verdicts[i], "reason")));
		blocked = json_string_value(json_object_get(a->verdicts[i],
							    "blocked_by"));
		printf(blocked ? "; blocked by: %s\n" : "\n", blocked);
	}
}

static int exit_status(const struct asked *a)
{
	int ret = EXIT_CLEAN;

	for (size_t i = 0; i < a->fixes.n; i++) {
		const char *v = verdict_of(a, a->fixes.v[i]);

		if (!v)
			continue;
		if (!strcmp(v, "unknown"))
			return EXIT_UNKNOWN;
		if (a->fixes.v[i]->selected &&
		    (!strcmp(v, "needed") || !strcmp(v, "blocked")))
			ret = EXIT_NEEDED;
	}
	return ret;
}

/**
 * cmd_status() - virtfix status [--json] TREE [FIX...]
 *
 * Return: the exit status, see design.md.
 */
int cmd_status(int argc, const char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 }
	};
	struct strv names = { 0 };
	bool json = false;
	struct asked a;
	int c, ret;

	while ((c = getopt_long(argc, (char **)argv, "", options, NULL)) != -1) {
		if (c != 'j')
			return EXIT_ERROR;
		json = true;
	}
	if (optind == argc) {
		vf_error("usage: virtfix status [--json] TREE [FIX...]");
		return EXIT_ERROR;
	}
	for (int i = optind + 1; i < argc; i++)
		strv_add(&names, xstrdup(argv[i]));
	if (ask(&a, argv[optind], names.n ? ABOUT_NAMED : ABOUT_ALL, &names)) {
		ret = EXIT_ERROR;
	} else {
		if (json)
			print_json(&a);
		else
			print_table(&a);
		ret = exit_status(&a);
	}
	asked_free(&a);
	strv_free(&names);
	return ret;
}
