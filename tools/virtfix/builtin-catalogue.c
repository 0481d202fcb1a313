// SPDX-License-Identifier: GPL-2.0-only
/* virtfix catalogue: what the fixes are, and which kernels need them. */
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct catalogue - the pages in the making, and the trees asked */
struct catalogue {
	struct asked *trees;
	size_t n;
	char *dir;
};

/* What reStructuredText would take for markup. */
static void add_text(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*`|_", *text))
			buf_puts(b, "\\");
		buf_add(b, text, 1);
	}
}

static void add_title(struct buf *b, const char *title, char line)
{
	size_t n = strlen(title);

	buf_printf(b, "%s\n", title);
	while (n--)
		buf_add(b, &line, 1);
	buf_puts(b, "\n\n");
}

static void add_row(struct buf *b, const struct asked *tree, size_t i)
{
	json_t *v = tree->verdicts[i];
	const char *by;

	if (!v)
		return;
	by = json_string_value(json_object_get(v, "blocked_by"));
	buf_printf(b, "   * - %s\n     - %s\n     - ", tree->tree.version,
		   json_string_value(json_object_get(v, "verdict")));
	add_text(b, json_string_value(json_object_get(v, "reason")));
	if (by) {
		buf_puts(b, "; blocked by: ");
		add_text(b, by);
	}
	buf_puts(b, "\n");
}

/* None of the trees may be of the kind that a fix is for. */
static void add_verdicts(const struct catalogue *c, size_t i, struct buf *b)
{
	bool asked = false;

	for (size_t k = 0; k < c->n; k++)
		asked |= !!c->trees[k].verdicts[i];
	if (!asked)
		return;
	add_title(b, "Verdicts", '-');
	buf_puts(b, ".. list-table::\n   :header-rows: 1\n\n"
		 "   * - kernel\n     - verdict\n     - why\n");
	for (size_t k = 0; k < c->n; k++)
		add_row(b, &c->trees[k], i);
}

static int write_page(const struct catalogue *c, size_t i)
{
	const struct fix *fix = c->trees[0].fixes.v[i];
	char *path = xasprintf("%s/%s.rst", c->dir, fix->name);
	struct buf b = { 0 };
	const char *key;
	json_t *value;
	int ret;

	buf_puts(&b, ".. SPDX-License-Identifier: GPL-2.0-only\n\n");
	add_title(&b, fix->name, '=');
	buf_puts(&b, "**");
	add_text(&b, fix->subject);
	buf_puts(&b, "**\n\n");
	add_text(&b, fix->body);
	buf_printf(&b, "\n:Place: %s\n", fix->place);
	json_object_foreach(fix->keys, key, value) {
		buf_printf(&b, ":%s: ", key);
		add_text(&b, json_string_value(value));
		buf_puts(&b, "\n");
	}
	buf_puts(&b, "\n");
	add_verdicts(c, i, &b);
	ret = write_file(path, b.data, b.len);
	buf_free(&b);
	free(path);
	return ret;
}

static int write_index(const struct catalogue *c)
{
	const struct fixes *fixes = &c->trees[0].fixes;
	char *path = xasprintf("%s/index.rst", c->dir);
	struct buf b = { 0 };
	int ret;

	buf_puts(&b, ".. SPDX-License-Identifier: GPL-2.0-only\n\n");
	add_title(&b, "The fixes", '=');
	buf_puts(&b, ".. list-table::\n   :header-rows: 1\n\n   * - nr\n     - fix\n");
	for (size_t k = 0; k < c->n; k++)
		buf_printf(&b, "     - %s\n", c->trees[k].tree.version);
	for (size_t i = 0; i < fixes->n; i++) {
		buf_printf(&b, "   * - %02d\n     - :doc:`%s`\n", fixes->v[i]->nr,
			   fixes->v[i]->name);
		for (size_t k = 0; k < c->n; k++) {
			const char *v = verdict_of(&c->trees[k],
						   c->trees[k].fixes.v[i]);

			buf_printf(&b, "     - %s\n", v ? v : "");
		}
	}
	buf_puts(&b, "\n.. toctree::\n   :hidden:\n\n");
	for (size_t i = 0; i < fixes->n; i++)
		buf_printf(&b, "   %s\n", fixes->v[i]->name);
	ret = write_file(path, b.data, b.len);
	buf_free(&b);
	free(path);
	return ret;
}

/**
 * cmd_catalogue() - virtfix catalogue DIR TREE...
 *
 * DIR gets a page for each fix, made of its header and of its verdicts on the
 * trees, and an index.
 *
 * Return: the exit status.
 */
int cmd_catalogue(int argc, const char **argv)
{
	struct catalogue c = { 0 };
	int ret = 0;

	if (argc < 3) {
		vf_error("usage: virtfix catalogue DIR TREE...");
		return EXIT_ERROR;
	}
	c.trees = xrealloc(NULL, (size_t)argc * sizeof(*c.trees));
	for (int i = 2; !ret && i < argc; i++)
		ret = ask(&c.trees[c.n++], argv[i], ABOUT_ALL, NULL);
	c.dir = ret ? NULL : scratch_dir("catalogue");
	if (!c.dir)
		ret = -1;
	for (size_t i = 0; !ret && i < c.trees[0].fixes.n; i++)
		ret = write_page(&c, i);
	if (!ret)
		ret = write_index(&c);
	if (!ret)
		ret = publish(c.dir, argv[1]);
	while (c.n)
		asked_free(&c.trees[--c.n]);
	free(c.trees);
	free(c.dir);
	return ret ? EXIT_ERROR : EXIT_CLEAN;
}
