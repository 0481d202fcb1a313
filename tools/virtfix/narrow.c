// SPDX-License-Identifier: GPL-2.0-only
/*
 * Show spatch the part of a file that matters.
 *
 * Parsing all of x86.c takes a second, and one function that spatch cannot
 * parse can hide its neighbours. So whatever mentions none of the fix's
 * identifiers becomes empty lines: functions, tables, exports, module
 * parameters and named numbers. Line numbers stay, and the file stays C. This
 * relies on kernel style alone (the braces of a body stand alone in column 0, a
 * table begins with "= {" at the end of a line); what is written otherwise stays
 * as it is.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct lines - a text cut into lines, without copying */
struct lines {
	const char **start;
	size_t n;			/* start[n] is the end of the text */
};

static void split_lines(const struct buf *text, struct lines *l)
{
	const char *p = text->data, *end = text->data + text->len;

	*l = (struct lines){ 0 };
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		l->start = xrealloc(l->start, (l->n + 2) * sizeof(*l->start));
		l->start[l->n++] = p;
		p = nl ? nl + 1 : end;
		l->start[l->n] = p;
	}
}

static bool line_is(const struct lines *l, size_t i, char brace)
{
	const char *p = l->start[i];

	if (*p++ != brace)
		return false;
	while (p < l->start[i + 1] && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == l->start[i + 1] || *p == '\n';
}

/* Does every #if in these lines have its #endif there? */
static bool balanced(const struct lines *l, size_t from, size_t to)
{
	int depth = 0;

	for (size_t i = from; i <= to; i++) {
		const char *p = l->start[i];

		if (*p != '#')
			continue;
		p += 1 + strspn(p + 1, " \t");
		if (!strncmp(p, "if", 2))
			depth++;
		else if (!strncmp(p, "endif", 5))
			depth--;
		else if (!strncmp(p, "el", 2) && !depth)
			return false;
		if (depth < 0)
			return false;
	}
	return !depth;
}

/* Where a line ends, but for spaces. */
static const char *line_end(const struct lines *l, size_t i)
{
	const char *p = l->start[i + 1];

	while (p > l->start[i] && strchr(" \t\r\n", p[-1]))
		p--;
	return p;
}

static bool ends_with(const struct lines *l, size_t i, const char *tail)
{
	const char *end = line_end(l, i);
	size_t n = strlen(tail);

	return (size_t)(end - l->start[i]) >= n && !strncmp(end - n, tail, n);
}

/* Where the head of a function begins whose body opens in line @open. */
static size_t find_head(const struct lines *l, size_t begin, size_t open)
{
	size_t i = open;

	while (i > begin) {
		const char *start = l->start[i - 1], *end = line_end(l, i - 1);

		if (end <= start + 1 || *start == '#' || strchr(";}/", end[-1]) ||
		    (i > 1 && ends_with(l, i - 2, "\\")))
			break;
		i--;
	}
	return i;
}

static bool opens_table(const struct lines *l, size_t i)
{
	return identifier_len(l->start[i]) && ends_with(l, i, "= {");
}

static bool closes_table(const struct lines *l, size_t i)
{
	return !strncmp(l->start[i], "};", 2) && ends_with(l, i, "};");
}

/*
 * Of what else can stand between functions only this is sure to be of no use to
 * any rule. Prototypes stay: what spatch can parse depends on the declarations
 * before it.
 */
static bool is_export_or_parameter(const struct lines *l, size_t i)
{
	const char *start = l->start[i];
	size_t len = (size_t)(l->start[i + 1] - start);
	const char *end = i ? line_end(l, i - 1) : start;
	char before = i && end > l->start[i - 1] ? end[-1] : '\0';

	return (!strncmp(start, "EXPORT_SYMBOL", 13) ||
		!strncmp(start, "module_param", 12)) &&
		ends_with(l, i, ");") && !memmem(start, len, "/*", 2) &&
		(!before || strchr(";}/", before) ||
		 (*l->start[i - 1] == '#' && before != '\\'));
}

/*
 * "#define KVM_CAP_IRQCHIP 0" or "(1 << 2)" or "_IOW(...)", alone in its line:
 * in an expression its name says as much to spatch. A header for user space has
 * hundreds of them.
 */
static bool is_named_number(const struct lines *l, size_t i)
{
	const char *p = l->start[i];
	size_t len = (size_t)(l->start[i + 1] - p);

	if (*p != '#' || ends_with(l, i, "\\") || (i && ends_with(l, i - 1, "\\")) ||
	    (memmem(p, len, "/*", 2) && !ends_with(l, i, "*/")))
		return false;
	p += 1 + strspn(p + 1, " \t");
	if (strncmp(p, "define", 6))
		return false;
	p += 6;
	p += strspn(p, " \t");
	p += identifier_len(p);
	if (*p != ' ' && *p != '\t')
		return false;
	p += strspn(p, " \t");
	return isdigit((unsigned char)*p) || *p == '(' || !strncmp(p, "_IO", 3);
}

static void add_lines(struct buf *out, const struct lines *l, size_t from,
		      size_t to)
{
	buf_add(out, l->start[from], (size_t)(l->start[to] - l->start[from]));
}

/* What stands between functions. */
static void add_between(const struct strv *ids, const struct lines *l,
			size_t from, size_t to, struct buf *out)
{
	for (size_t i = from; i < to; i++) {
		size_t len = (size_t)(l->start[i + 1] - l->start[i]);

		if ((is_export_or_parameter(l, i) || is_named_number(l, i)) &&
		    !has_identifier(l->start[i], len, ids))
			buf_puts(out, "\n");
		else
			add_lines(out, l, i, i + 1);
	}
}

static void narrow(const struct strv *ids,
		   const struct lines *l, struct buf *out)
{
	size_t begin = 0, open = 0, table = 0, head;

	for (size_t i = 0; i < l->n; i++) {
		if (*l->start[i] == '{' && !open && line_is(l, i, '{'))
			open = i;
		if (opens_table(l, i))
			table = i;
		if (*l->start[i] != '}')
			continue;
		if (table && !open && closes_table(l, i))
			open = table;
		if (open && (open == table || line_is(l, i, '}')) &&
		    balanced(l, open, i) &&
		    !has_identifier(l->start[begin],
				    (size_t)(l->start[i + 1] - l->start[begin]), ids)) {
			head = find_head(l, begin, open);
			add_between(ids, l, begin, head, out);
			/* A function's head between #if and #endif stays: end it. */
			buf_puts(out, head == open && open != table ? ";\n" : "\n");
			for (size_t k = head + 1; k <= i; k++)
				buf_puts(out, "\n");
		} else {
			head = open ? find_head(l, begin, open) : i + 1;
			add_between(ids, l, begin, head, out);
			add_lines(out, l, head, i + 1);
		}
		begin = i + 1;
		open = 0;
		table = 0;
	}
	add_between(ids, l, begin, l->n, out);
}

/* FNAME(walk_addr) becomes FNAME_walk_addr, which spatch can parse. */
static void preprocess(const char *macro, const char *text, struct buf *out)
{
	size_t n = strlen(macro);
	const char *p;

	while ((p = strstr(text, macro))) {
		const char *name = p + n + 1;
		size_t len = identifier_len(name);

		if (p[n] == '(' && len && name[len] == ')') {
			buf_add(out, text, (size_t)(p + n - text));
			buf_printf(out, "_%.*s", (int)len, name);
			text = name + len + 1;
		} else {
			buf_add(out, text, (size_t)(p + n - text));
			text = p + n;
		}
	}
	buf_puts(out, text);
}

/**
 * unpreprocess() - turn FNAME_walk_addr into FNAME(walk_addr) again
 * @fix: whose "Preprocess:" names the macro
 * @text: what spatch wrote
 *
 * Return: the text as the kernel writes it, to be freed.
 */
char *unpreprocess(const struct fix *fix, const char *text)
{
	const char *macro = fix_key(fix, "Preprocess"), *p;
	struct buf out = { 0 };
	size_t n;

	buf_puts(&out, "");
	if (!macro) {
		buf_puts(&out, text);
		return out.data;
	}
	n = strlen(macro);
	while ((p = strstr(text, macro))) {
		const char *name = p + n + 1;
		size_t len = identifier_len(name);

		buf_add(&out, text, (size_t)(p + n - text));
		text = p + n;
		if (*text == '_' && len) {
			buf_printf(&out, "(%.*s)", (int)len, name);
			text = name + len;
		}
	}
	buf_puts(&out, text);
	return out.data;
}

/**
 * narrow_file() - write the part of a file that the rules of a fix have to see
 * @fix: whose anchors and context name it
 * @from: the file
 * @to: the narrowed one, with the same line numbers
 *
 * Return: 0, or -1 after a message.
 */
int narrow_file(const struct fix *fix, const char *from, const char *to)
{
	const char *macro = fix_key(fix, "Preprocess");
	struct buf text = { 0 }, cut = { 0 }, out = { 0 };
	struct strv ids = { 0 };
	struct lines l;
	int ret;

	if (read_file(from, &text))
		return -1;
	for (size_t i = 0; i < fix->anchors.n; i++)
		strv_add(&ids, fix->anchors.v[i]);
	for (size_t i = 0; i < fix->context.n; i++)
		strv_add(&ids, fix->context.v[i]);
	split_lines(&text, &l);
	buf_puts(&cut, "");
	buf_puts(&out, "");
	narrow(&ids, &l, &cut);
	if (macro)
		preprocess(macro, cut.data, &out);
	ret = write_file(to, macro ? out.data : cut.data,
			 macro ? out.len : cut.len);
	free(ids.v);			/* the words are the fix's */
	free(l.start);
	buf_free(&text);
	buf_free(&cut);
	buf_free(&out);
	return ret;
}
