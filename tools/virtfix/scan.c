// SPDX-License-Identifier: GPL-2.0-only
/* Find the files that hold the identifiers of the fixes, in one reading. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct ident - an identifier that some fix asks for */
struct ident {
	const char *name;
	size_t fix;
	bool anchor;
};

/** struct scan - one reading of a tree */
struct scan {
	const char *root;
	const struct fixes *fixes;
	struct hits *hits;
	struct ident *idents;		/* by name */
	size_t n;
	struct buf text;		/* of the file at hand */
	char hash[HASH_LEN];		/* of it, once asked for */
};

static bool ident_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_c(const char *path)
{
	size_t n = strlen(path);

	return n > 2 && path[n - 2] == '.' &&
		(path[n - 1] == 'c' || path[n - 1] == 'h');
}

/** identifier_len() - the length of the identifier that a string begins with */
size_t identifier_len(const char *s)
{
	size_t n = 0;

	while (ident_char(s[n]))
		n++;
	return n;
}

/*
 * The next identifier at or after *@pos; comments, strings and character
 * constants are passed over where the file is C. @line counts newlines.
 */
static const char *next_ident(const char *text, size_t len, size_t *pos,
			      int *line, bool c, size_t *n)
{
	size_t i = *pos;

	while (i < len) {
		char ch = text[i];

		if (ch == '\n') {
			(*line)++;
			i++;
		} else if (c && ch == '/' && text[i + 1] == '*') {
			for (i += 2; i < len && !(text[i] == '*' && text[i + 1] == '/'); i++)
				*line += text[i] == '\n';
			i += 2;
		} else if (c && ch == '/' && text[i + 1] == '/') {
			while (i < len && text[i] != '\n')
				i++;
		} else if (c && (ch == '"' || ch == '\'')) {
			for (i++; i < len && text[i] != ch && text[i] != '\n'; i++)
				if (text[i] == '\\' && text[i + 1] != '\n')
					i++;
			i += i < len && text[i] == ch;
		} else if (!ident_char(ch)) {
			i++;
		} else {
			break;
		}
	}
	*n = i < len ? identifier_len(text + i) : 0;
	*pos = i + *n;
	return *n ? text + i : NULL;
}

static bool same_ident(const char *name, const char *s, size_t n)
{
	return !strncmp(name, s, n) && !name[n];
}

/* Is it that identifier, or of the kind "KVM_CAP_*"? */
static bool fits(const char *id, const char *s, size_t n)
{
	size_t len = strcspn(id, "*");

	return id[len] ? n >= len && !strncmp(id, s, len) : same_ident(id, s, n);
}

/**
 * has_identifier() - does a text mention one of some identifiers?
 * @text: any text; comments count
 * @len: its bytes
 * @ids: whole identifiers, or how they begin, with a * behind that
 */
bool has_identifier(const char *text, size_t len, const struct strv *ids)
{
	size_t pos = 0, n;
	const char *s;
	int line = 1;

	while ((s = next_ident(text, len, &pos, &line, false, &n)))
		for (size_t i = 0; i < ids->n; i++)
			if (fits(ids->v[i], s, n))
				return true;
	return false;
}

static int cmp_ident(const void *a, const void *b)
{
	return strcmp(((const struct ident *)a)->name,
		      ((const struct ident *)b)->name);
}

/* The first of the entries with that name; several fixes may ask for it. */
static size_t find_ident(const struct scan *s, const char *name, size_t n)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int cmp = strncmp(s->idents[mid].name, name, n);

		if (!cmp && s->idents[mid].name[n])
			cmp = 1;
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void add_idents(struct scan *s, size_t fix, const struct strv *names,
		       bool anchor)
{
	for (size_t i = 0; i < names->n; i++) {
		s->idents = xrealloc(s->idents, (s->n + 1) * sizeof(*s->idents));
		s->idents[s->n++] = (struct ident){ names->v[i], fix, anchor };
	}
}

static bool in_scope(const struct fix *fix, const char *path)
{
	for (size_t i = 0; i < fix->scope.n; i++)
		if (path_under(path, fix->scope.v[i]))
			return true;
	return false;
}

static void add_hit(struct scan *s, const struct ident *id, const char *rel,
		    int line)
{
	struct hits *h = &s->hits[id->fix];
	struct hit *last = h->n ? &h->v[h->n - 1] : NULL;

	if (!in_scope(s->fixes->v[id->fix], rel))
		return;
	if (!last || strcmp(last->path, rel)) {
		h->v = xrealloc(h->v, (h->n + 1) * sizeof(*h->v));
		last = &h->v[h->n++];
		*last = (struct hit){ .path = xstrdup(rel), .len = s->text.len };
		if (!*s->hash)
			hash_bytes(s->text.data, s->text.len, s->hash);
		memcpy(last->hash, s->hash, HASH_LEN);
	}
	if (id->anchor && !last->anchor_line)
		last->anchor_line = line;
}

static int scan_file(const char *rel, void *arg)
{
	struct scan *s = arg;
	char *path = xasprintf("%s/%s", s->root, rel);
	size_t pos = 0, n;
	const char *id;
	int line = 1, ret;

	s->text.len = 0;
	s->hash[0] = '\0';
	ret = read_file(path, &s->text);
	free(path);
	if (ret)
		return ret;
	while ((id = next_ident(s->text.data, s->text.len, &pos, &line,
				is_c(rel), &n)))
		for (size_t i = find_ident(s, id, n); i < s->n &&
		     same_ident(s->idents[i].name, id, n); i++)
			add_hit(s, &s->idents[i], rel, line);
	return 0;
}

static int cmp_hit(const void *a, const void *b)
{
	return strcmp(((const struct hit *)a)->path,
		      ((const struct hit *)b)->path);
}

static bool has_hit(const struct hits *h, const char *path)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].path, path))
			return true;
	return false;
}

static int add_file(struct scan *s, struct hits *h, const char *rel)
{
	char *path = xasprintf("%s/%s", s->root, rel);
	int ret = 0;

	if (!has_hit(h, rel) && path_exists(path)) {
		s->text.len = 0;
		ret = read_file(path, &s->text);
		h->v = xrealloc(h->v, (h->n + 1) * sizeof(*h->v));
		h->v[h->n] = (struct hit){ .path = xstrdup(rel), .len = s->text.len };
		hash_bytes(s->text.data, s->text.len, h->v[h->n++].hash);
	}
	free(path);
	return ret;
}

/* The files of a fix's patches count wherever they are. */
static int add_shapes(struct scan *s, size_t fix)
{
	const struct strv *shapes = &s->fixes->v[fix]->shapes;
	struct hits *h = &s->hits[fix];
	struct strv files = { 0 };
	int ret = 0;

	if (!shapes->n || !hits_anchor(h))
		return 0;
	for (size_t i = 0; !ret && i < shapes->n; i++)
		ret = shape_files(shapes->v[i], &files);
	for (size_t i = 0; !ret && i < files.n; i++)
		ret = add_file(s, h, files.v[i]);
	qsort(h->v, h->n, sizeof(*h->v), cmp_hit);
	strv_free(&files);
	return ret;
}

/* The directories to read: no one of them inside another. */
static void scan_dirs(const struct fixes *fixes, bool kut, struct strv *dirs)
{
	struct strv all = { 0 };

	for (size_t i = 0; i < fixes->n; i++)
		for (size_t k = 0; k < fixes->v[i]->scope.n; k++)
			if (fixes->v[i]->kut == kut)
				strv_add(&all, xstrdup(fixes->v[i]->scope.v[k]));
	for (size_t i = 0; i < all.n; i++) {
		bool inside = false;

		for (size_t k = 0; k < all.n; k++)
			if (path_under(all.v[i], all.v[k]))
				inside |= strcmp(all.v[i], all.v[k]) || k < i;
		if (!inside)
			strv_add(dirs, xstrdup(all.v[i]));
	}
	strv_free(&all);
	strv_sort(dirs);
}

/**
 * scan_tree() - find the files that hold the fixes' identifiers
 * @root: the tree
 * @fixes: the fixes; those of the other kind of tree find nothing
 * @hits: an entry for each fix, to be freed with hits_free()
 *
 * An identifier counts where it is a whole word outside comments and strings.
 *
 * Return: 0, or -1 after a message.
 */
int scan_tree(const char *root, const struct fixes *fixes, struct hits *hits)
{
	struct scan s = { .root = root, .fixes = fixes, .hits = hits };
	struct strv dirs = { 0 };
	int ret = 0;

	for (size_t i = 0; i < fixes->n; i++) {
		hits[i] = (struct hits){ 0 };
		add_idents(&s, i, &fixes->v[i]->anchors, true);
		add_idents(&s, i, &fixes->v[i]->context, false);
	}
	qsort(s.idents, s.n, sizeof(*s.idents), cmp_ident);
	scan_dirs(fixes, false, &dirs);
	scan_dirs(fixes, true, &dirs);
	for (size_t i = 0; !ret && i < dirs.n; i++)
		ret = walk_files(root, dirs.v[i], scan_file, &s);
	for (size_t i = 0; !ret && i < fixes->n; i++)
		ret = add_shapes(&s, i);
	strv_free(&dirs);
	buf_free(&s.text);
	free(s.idents);
	return ret;
}

void hits_free(struct hits *hits)
{
	for (size_t i = 0; i < hits->n; i++)
		free(hits->v[i].path);
	free(hits->v);
	*hits = (struct hits){ 0 };
}

/** hits_anchor() - the first file with an anchor, or NULL */
const struct hit *hits_anchor(const struct hits *hits)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->v[i].anchor_line)
			return &hits->v[i];
	return NULL;
}
