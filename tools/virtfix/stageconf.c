// SPDX-License-Identifier: GPL-2.0-only
/* stage.conf: what is staged, and the edits of the kernel's Makefiles. */
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct conf - the file's lines, by their keyword */
struct conf {
	struct buf text;
	char *line;
	char *save;
	int nr;
};

static int conf_open(struct conf *c)
{
	char *path = xasprintf("%s/tools/virtfix/stage.conf", setup.top);
	int ret;

	*c = (struct conf){ 0 };
	ret = read_file(path, &c->text);
	c->save = c->text.data;
	free(path);
	return ret;
}

/* The rest of the next line that begins with a keyword, or NULL at the end. */
static char *conf_next(struct conf *c, const char **keyword)
{
	static const char *const keywords[] = { "dir ", "edit ", "append " };

	while ((c->line = strsep(&c->save, "\n"))) {
		c->nr++;
		for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
			if (!strncmp(c->line, keywords[i], strlen(keywords[i]))) {
				*keyword = keywords[i];
				return c->line + strlen(keywords[i]);
			}
		if (*c->line && *c->line != '#') {
			vf_error("stage.conf:%d: neither dir, edit nor append",
				 c->nr);
			*keyword = NULL;
			return NULL;
		}
	}
	*keyword = "";
	return NULL;
}

/* The kernel's name of an architecture, from ARCH= */
static const char *srcarch(void)
{
	const char *arch = getenv("ARCH");

	if (!arch || !*arch || !strcmp(arch, "x86_64") || !strcmp(arch, "i386"))
		return "x86";
	return arch;
}

/**
 * stage_dirs() - the directories that are staged for this architecture
 * @dirs: they are added here
 *
 * Return: 0, or -1 after a message.
 */
int stage_dirs(struct strv *dirs)
{
	const char *keyword = NULL, *arch = srcarch();
	struct conf c;
	char *rest;

	if (conf_open(&c))
		return -1;
	while ((rest = conf_next(&c, &keyword))) {
		char *dir = rest + strcspn(rest, " ");

		if (strcmp(keyword, "dir ") || !*dir)
			continue;
		*dir++ = '\0';
		if (!strcmp(rest, "*") || !strcmp(rest, arch))
			strv_add(dirs, xstrdup(dir));
	}
	buf_free(&c.text);
	return keyword ? 0 : -1;
}

static void replace_all(struct buf *text, const char *old, const char *new)
{
	struct buf out = { 0 };
	const char *p = text->data, *hit;

	buf_puts(&out, "");
	while ((hit = strstr(p, old))) {
		buf_add(&out, p, (size_t)(hit - p));
		buf_puts(&out, new);
		p = hit + strlen(old);
	}
	buf_puts(&out, p);
	buf_free(text);
	*text = out;
}

static void append_once(struct buf *text, const char *line)
{
	char *whole = xasprintf("\n%s\n", line);

	if (!strstr(text->data, whole)) {
		if (text->len && text->data[text->len - 1] != '\n')
			buf_puts(text, "\n");
		buf_printf(text, "%s\n", line);
	}
	free(whole);
}

/* FILE<TAB>OLD<TAB>NEW, or FILE<TAB>LINE where @append */
static int edit_file(const char *root, char *rest, bool append)
{
	char *file = strsep(&rest, "\t"), *old = strsep(&rest, "\t"), *path;
	struct buf text = { 0 };
	int ret = 0;

	if (!file || !old || (!append && !rest))
		return vf_error("stage.conf: \"%s\" has too few fields", file);
	path = xasprintf("%s/%s", root, file);
	if (path_exists(path)) {
		ret = read_file(path, &text);
		if (!ret && append)
			append_once(&text, old);
		else if (!ret)
			replace_all(&text, old, rest);
		if (!ret)
			ret = write_file(path, text.data, text.len);
	}
	buf_free(&text);
	free(path);
	return ret;
}

/**
 * stage_edit() - make the kernel's Makefiles fit for building out of tree
 * @root: a staged copy
 *
 * Return: 0, or -1 after a message.
 */
int stage_edit(const char *root)
{
	const char *keyword = NULL;
	struct conf c;
	char *rest;
	int ret = 0;

	if (conf_open(&c))
		return -1;
	while (!ret && (rest = conf_next(&c, &keyword)))
		if (strcmp(keyword, "dir "))
			ret = edit_file(root, rest, !strcmp(keyword, "append "));
	buf_free(&c.text);
	return keyword ? ret : -1;
}
