// SPDX-License-Identifier: GPL-2.0-only
/*
 * What spatch leaves undone in the text around a change: blank lines where it
 * took a declaration out, and the old name in comments.
 */
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct hunk - one hunk of "diff -U0" */
struct hunk {
	long old, n_old;		/* first line and number of lines */
	long new, n_new;
	const char *body, *end;
	bool blank;			/* all that it adds are blank lines */
};

static bool is_blank(const char *line, const char *end)
{
	while (line < end && (*line == ' ' || *line == '\t' || *line == '\r'))
		line++;
	return line == end || *line == '\n';
}

/* Is line @n of a text blank? What is before the first one is. */
static bool blank_line(const struct buf *text, long n)
{
	const char *p = text->data, *end = text->data + text->len;

	if (n < 1)
		return true;
	while (--n && p) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return p && p < end && is_blank(p, end);
}

static const char *next_line(const char *p)
{
	const char *nl = strchr(p, '\n');

	return nl ? nl + 1 : p + strlen(p);
}

static long parse_range(const char **p, long *n)
{
	char *end;
	long first = strtol(*p + 1, &end, 10);

	*n = *end == ',' ? strtol(end + 1, &end, 10) : 1;
	*p = end + strspn(end, " ");
	return first;
}

/* "@@ -678,4 +678 @@", and the lines below it */
static void parse_hunk(const char *p, struct hunk *h)
{
	p += strlen("@@ ");
	h->old = parse_range(&p, &h->n_old);
	h->new = parse_range(&p, &h->n_new);
	h->body = next_line(p);
	h->blank = true;
	for (p = h->body; *p && strchr("-+\\", *p); p = next_line(p))
		if (*p != '-')
			h->blank &= *p == '+' && is_blank(p + 1, next_line(p));
	h->end = p;
}

static void add_removed(struct buf *out, const struct hunk *h)
{
	for (const char *p = h->body; p < h->end; p = next_line(p))
		if (*p == '-')
			buf_add(out, p, (size_t)(next_line(p) - p));
}

/* Lines go: of the blank ones around them one stays, as it was before. */
static void add_hunk(struct buf *out, const struct hunk *h, const char *head,
		     const struct buf *full)
{
	bool above = blank_line(full, h->old - 1);
	bool below = blank_line(full, h->old + h->n_old);

	if (!h->n_old || !h->blank || (!above && !below)) {
		buf_add(out, head, (size_t)(h->end - head));
		return;
	}
	buf_printf(out, "@@ -%ld,%ld +%ld,0 @@\n", h->old,
		   h->n_old + (above && below), h->new - !!h->n_new);
	add_removed(out, h);
	if (above && below)
		buf_puts(out, "-\n");
}

/* What "--- old/FILE", with a tab and a time behind it, is about. */
static int read_named(const char *head, const char *root, struct buf *full)
{
	const char *name = head + strcspn(head, "/\n");
	char *path = xasprintf("%s%.*s", root, (int)strcspn(name, "\t\n"), name);
	int ret;

	full->len = 0;
	ret = read_file(path, full);
	free(path);
	return ret;
}

/**
 * tidy_diff() - leave no more blank lines than there were
 * @diff: what "diff -r -U0 old new" said
 * @root: where the files are that it is for
 * @out: the same, but where lines go between blank ones, one of those goes too
 *
 * Return: 0, or -1 after a message.
 */
int tidy_diff(const char *diff, const char *root, struct buf *out)
{
	struct buf full = { 0 };
	struct hunk h;
	int ret = 0;

	while (!ret && *diff) {
		if (!strncmp(diff, "@@ ", 3)) {
			parse_hunk(diff, &h);
			add_hunk(out, &h, diff, &full);
			diff = h.end;
			continue;
		}
		if (!strncmp(diff, "--- ", 4))
			ret = read_named(diff, root, &full);
		buf_add(out, diff, (size_t)(next_line(diff) - diff));
		diff = next_line(diff);
	}
	buf_free(&full);
	return ret;
}

/* The end of the comment, string or character constant that begins at @p. */
static const char *token_end(const char *p)
{
	const char *end;

	if (!strncmp(p, "/*", 2)) {
		end = strstr(p + 2, "*/");
		return end ? end + 2 : p + strlen(p);
	}
	if (!strncmp(p, "//", 2))
		return p + strcspn(p, "\n");
	for (end = p + 1; *end && *end != *p && *end != '\n'; end++)
		end += *end == '\\' && end[1];
	return *end == *p ? end + 1 : end;
}

/* A text with @from renamed to @to. */
static void add_renamed(struct buf *out, const char *p, const char *end,
			const char *from, const char *to)
{
	while (p < end) {
		size_t n = identifier_len(p);

		if (n == strlen(from) && !strncmp(p, from, n))
			buf_puts(out, to);
		else
			buf_add(out, p, n ? n : 1);
		p += n ? n : 1;
	}
}

static void rename_in_comments(const char *p, const char *from, const char *to,
			       struct buf *out)
{
	const char *end;

	buf_puts(out, "");
	while (*p) {
		bool comment = !strncmp(p, "/*", 2) || !strncmp(p, "//", 2);

		end = comment || *p == '"' || *p == '\'' ? token_end(p) : p + 1;
		if (comment)
			add_renamed(out, p, end, from, to);
		else
			buf_add(out, p, (size_t)(end - p));
		p = end;
	}
}

/**
 * tidy_comments() - in the comments of a file, name things as the code now does
 * @fix: whose "Renames:" says "OLD NEW"
 * @root: a staged tree
 * @rel: one of the files that the rules of the fix looked at
 * @undo: the other way around
 *
 * Return: 0, or -1 after a message.
 */
int tidy_comments(const struct fix *fix, const char *root, const char *rel,
		  bool undo)
{
	struct buf text = { 0 }, out = { 0 };
	struct strv names = { 0 };
	char *path;
	int ret;

	strv_split(&names, fix_key(fix, "Renames"));
	if (names.n != 2) {
		strv_free(&names);
		return 0;
	}
	path = xasprintf("%s/%s", root, rel);
	ret = read_file(path, &text);
	if (!ret) {
		rename_in_comments(text.data, names.v[undo], names.v[!undo], &out);
		ret = write_file(path, out.data, out.len);
	}
	free(path);
	buf_free(&text);
	buf_free(&out);
	strv_free(&names);
	return ret;
}
