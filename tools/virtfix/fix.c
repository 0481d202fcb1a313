// SPDX-License-Identifier: GPL-2.0-only
/* The fixes: their files' headers, which are selected, and their order. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/* Where fixes live (design.md, "Layout"). */
static const char *const places[] = {
	"arch", "drivers", "virt", "tools/kvm", "tools/kvm-unit-tests",
};

static const char *const kinds[] = { "defect", "feature", "cleanup", "doc", "rfc" };

static const char *const required[] = {
	"Nr", "Kind", "Upstream", "Scope", "Anchors", "Modules", "Abi", "Proof",
};

static bool one_of(const char *const *list, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], word))
			return true;
	return false;
}

#define ONE_OF(list, word) one_of(list, sizeof(list) / sizeof(*(list)), word)

/**
 * fix_key() - a line of a fix's header
 * @fix: the fix
 * @key: as "Kind"
 *
 * Return: what follows "Key:", or NULL.
 */
const char *fix_key(const struct fix *fix, const char *key)
{
	return json_string_value(json_object_get(fix->keys, key));
}

/* "// Key: value" */
static void parse_key(struct fix *fix, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon || !isupper((unsigned char)line[0]) ||
	    !strncmp(line, "SPDX-", 5))
		return;
	*colon = '\0';
	for (const char *p = line; *p; p++)
		if (!isalpha((unsigned char)*p) && *p != '-')
			return;
	colon += 1 + strspn(colon + 1, " \t");
	json_object_set_new(fix->keys, line, json_string(colon));
}

/* The header ends with the first line that is not a comment. */
static void parse_header(struct fix *fix, char *text)
{
	struct buf body = { 0 };
	char *line, *save;

	buf_puts(&body, "");
	/* strtok_r() would skip the empty lines that end the header */
	for (line = text; line && !strncmp(line, "//", 2); line = save) {
		save = strchr(line, '\n');
		if (save)
			*save++ = '\0';
		if (!strncmp(line, "///", 3)) {
			line += 3;
			line += *line == ' ';
			if (!fix->subject)
				fix->subject = xstrdup(line);
			else if (body.len || *line)
				buf_printf(&body, "%s\n", line);
		} else {
			line += 2;
			line += *line == ' ';
			parse_key(fix, line);
		}
	}
	while (body.len > 1 && body.data[body.len - 2] == '\n')
		body.data[--body.len] = '\0';
	fix->body = body.data;
}

static int check_header(struct fix *fix)
{
	for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++)
		if (!fix_key(fix, required[i]))
			return vf_error("%s: the header lacks \"// %s:\"",
					fix->path, required[i]);
	if (!fix->subject || !*fix->body)
		return vf_error("%s: the header lacks its story (\"/// ...\")",
				fix->path);
	fix->nr = atoi(fix_key(fix, "Nr"));
	if (fix->nr < 1)
		return vf_error("%s: \"Nr: %s\" is not a number", fix->path,
				fix_key(fix, "Nr"));
	if (!ONE_OF(kinds, fix_key(fix, "Kind")))
		return vf_error("%s: \"Kind: %s\" is none of defect, feature, cleanup, doc, rfc",
				fix->path, fix_key(fix, "Kind"));
	return 0;
}

void fix_free(struct fix *fix)
{
	free(fix->name);
	free(fix->place);
	free(fix->path);
	free(fix->cocci);
	strv_free(&fix->shapes);
	free(fix->subject);
	free(fix->body);
	json_decref(fix->keys);
	strv_free(&fix->scope);
	strv_free(&fix->anchors);
	strv_free(&fix->context);
	strv_free(&fix->needs);
	strv_free(&fix->modules);
	strv_free(&fix->options);
	strv_free(&fix->adds);
	free(fix);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

/* What takes a fix out again belongs to its identity as well. */
static int hash_fix(struct fix *fix)
{
	char *undo = xasprintf("%s/tools/testing/undo/%s.cocci", setup.top,
			       fix->name);
	struct buf b = { 0 };
	int ret;

	ret = fix->cocci ? read_file(fix->cocci, &b) : 0;
	for (size_t i = 0; !ret && i < fix->shapes.n; i++) {
		buf_printf(&b, "%c", '\0');
		ret = read_file(fix->shapes.v[i], &b);
	}
	for (size_t i = 0; !ret && i < fix->adds.n; i++) {
		char *path = xasprintf("%s/%s", setup.top, fix->adds.v[i]);

		buf_printf(&b, "%c", '\0');
		ret = read_file(path, &b);
		free(path);
	}
	if (!ret && path_exists(undo))
		ret = read_file(undo, &b);
	if (!ret)
		hash_bytes(b.data, b.len, fix->hash);
	buf_free(&b);
	free(undo);
	return ret;
}

/* The fix that a file belongs to: X.cocci, X.patch, X.1.patch and so on. */
static struct fix *fix_of(struct fixes *fixes, const char *rel)
{
	const char *base = strrchr(rel, '/') + 1;
	size_t len = strcspn(base, "."), place = (size_t)(base - rel - 1);
	struct fix *fix;

	for (size_t i = 0; i < fixes->n; i++) {
		fix = fixes->v[i];
		if (!strncmp(fix->name, base, len) && !fix->name[len] &&
		    !strncmp(fix->place, rel, place) && !fix->place[place])
			return fix;
	}
	fix = xrealloc(NULL, sizeof(*fix));
	*fix = (struct fix){ .keys = json_object() };
	fix->name = xasprintf("%.*s", (int)len, base);
	fix->place = xasprintf("%.*s", (int)place, rel);
	fix->kut = path_under(rel, "tools/kvm-unit-tests");
	fixes->v = xrealloc(fixes->v, (fixes->n + 1) * sizeof(*fixes->v));
	fixes->v[fixes->n++] = fix;
	return fix;
}

static int find_file(const char *rel, void *arg)
{
	struct fixes *fixes = arg;

	if (ends_with(rel, ".cocci"))
		fix_of(fixes, rel)->cocci = xasprintf("%s/%s", setup.top, rel);
	else if (ends_with(rel, ".patch"))
		strv_add(&fix_of(fixes, rel)->shapes,
			 xasprintf("%s/%s", setup.top, rel));
	return 0;
}

/* X.patch, X.1.patch, ..., X.10.patch */
static int shape_number(const char *path)
{
	return atoi(strchr(strrchr(path, '/'), '.') + 1);
}

static int cmp_shape(const void *a, const void *b)
{
	return shape_number(*(char *const *)a) - shape_number(*(char *const *)b);
}

/* The keys that are lists of words */
static void split_keys(struct fix *fix)
{
	strv_split(&fix->scope, fix_key(fix, "Scope"));
	strv_split(&fix->anchors, fix_key(fix, "Anchors"));
	strv_split(&fix->context, fix_key(fix, "Context"));
	strv_split(&fix->needs, fix_key(fix, "Needs"));
	strv_split(&fix->modules, fix_key(fix, "Modules"));
	strv_split(&fix->options, fix_key(fix, "Options"));
	if (strv_has(&fix->modules, "none"))
		strv_free(&fix->modules);
}

static int load_fix(struct fix *fix)
{
	struct strv files = { 0 };
	struct buf text = { 0 };
	int ret = 0;

	if (fix->shapes.n)
		qsort(fix->shapes.v, fix->shapes.n, sizeof(*fix->shapes.v),
		      cmp_shape);
	fix->path = xstrdup(fix->cocci ? fix->cocci : fix->shapes.v[0]);
	if (read_file(fix->path, &text))
		return -1;
	fix->cocci_changes = fix->cocci && strstr(text.data, "\nvirtual patch");
	parse_header(fix, text.data);
	buf_free(&text);
	if (check_header(fix))
		return -1;
	strv_split(&fix->adds, fix_key(fix, "Adds"));
	if (hash_fix(fix))
		return -1;
	for (size_t i = 0; !ret && i < fix->shapes.n; i++)
		ret = shape_files(fix->shapes.v[i], &files);
	strv_free(&files);
	split_keys(fix);
	return ret;
}

/**
 * mutant_load() - a deliberately wrong form of a fix
 * @fix: the fix
 * @name: of the form, as in tools/testing/mutants/FIX/NAME.cocci
 *
 * Its header may say in other words than the fix's where its code is. The files
 * that the fix adds come with it.
 *
 * Return: what can be used as a fix, to be freed with fix_free(); NULL after a
 * message.
 */
struct fix *mutant_load(const struct fix *fix, const char *name)
{
	struct fix *m = xrealloc(NULL, sizeof(*m));
	struct buf text = { 0 };

	*m = (struct fix){ .name = xstrdup(name), .keys = json_object() };
	m->cocci = xasprintf("%s/tools/testing/mutants/%s/%s.cocci", setup.top,
			     fix->name, name);
	if (read_file(m->cocci, &text)) {
		fix_free(m);
		return NULL;
	}
	parse_header(m, text.data);
	buf_free(&text);
	json_object_update_missing(m->keys, fix->keys);
	strv_split(&m->adds, fix_key(m, "Adds"));
	split_keys(m);
	return m;
}

static int cmp_nr(const void *a, const void *b)
{
	return (*(struct fix *const *)a)->nr - (*(struct fix *const *)b)->nr;
}

/* dr6-clear is CONFIG_VIRTFIX_DR6_CLEAR */
static char *config_line(const struct fix *fix)
{
	char *s = xasprintf("\nCONFIG_VIRTFIX_%s=y\n", fix->name);

	for (char *p = s + strlen("\nCONFIG_"); p[2]; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	return s;
}

/* By .config where there is one, else what is a defect. */
static int select_by_config(struct fixes *fixes)
{
	char *path = xasprintf("%s/.config", setup.build);
	struct buf b = { 0 };
	int ret = 0;

	buf_puts(&b, "\n");
	if (path_exists(path)) {
		ret = read_file(path, &b);
		for (size_t i = 0; !ret && i < fixes->n; i++) {
			char *line = config_line(fixes->v[i]);

			fixes->v[i]->selected = strstr(b.data, line);
			free(line);
		}
	} else {
		for (size_t i = 0; i < fixes->n; i++)
			fixes->v[i]->selected =
				!strcmp(fix_key(fixes->v[i], "Kind"), "defect");
	}
	buf_free(&b);
	free(path);
	return ret;
}

static int select_by_name(struct fixes *fixes, const char *names)
{
	bool all = !strcmp(names, "all");
	struct strv words = { 0 };
	int ret = 0;

	if (!all)
		strv_split(&words, names);
	for (size_t i = 0; i < fixes->n; i++)
		fixes->v[i]->selected = all ||
			strv_has(&words, fixes->v[i]->name);
	for (size_t i = 0; !ret && i < words.n; i++)
		if (!fixes_find(fixes, words.v[i]))
			ret = vf_error("FIXES: there is no fix \"%s\"; see: make help",
				       words.v[i]);
	strv_free(&words);
	return ret;
}

/* Whoever wants a fix wants what it needs. */
static void select_needs(struct fixes *fixes, const struct fix *fix)
{
	for (size_t i = 0; i < fix->needs.n; i++) {
		struct fix *need = fixes_find(fixes, fix->needs.v[i]);

		if (need->selected)
			continue;
		need->selected = true;
		select_needs(fixes, need);
	}
}

/**
 * fixes_load() - read the headers of all fixes of the project
 * @fixes: where they go, in order of their number, the wanted ones selected
 *
 * Return: 0, or -1 after a message.
 */
int fixes_load(struct fixes *fixes)
{
	*fixes = (struct fixes){ 0 };
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (walk_files(setup.top, places[i], find_file, fixes))
			return -1;
	for (size_t i = 0; i < fixes->n; i++)
		if (load_fix(fixes->v[i]))
			return -1;
	if (!fixes->n)
		return vf_error("%s: no fix is there", setup.top);
	qsort(fixes->v, fixes->n, sizeof(*fixes->v), cmp_nr);
	for (size_t i = 1; i < fixes->n; i++)
		if (fixes->v[i]->nr == fixes->v[i - 1]->nr)
			return vf_error("%s and %s have the same number",
					fixes->v[i - 1]->path,
					fixes->v[i]->path);
	for (size_t i = 0; i < fixes->n; i++)
		for (size_t k = 0; k < fixes->v[i]->needs.n; k++)
			if (!fixes_find(fixes, fixes->v[i]->needs.v[k]))
				return vf_error("%s: needs %s, which does not exist",
						fixes->v[i]->path,
						fixes->v[i]->needs.v[k]);
	if (setup.fixes ? select_by_name(fixes, setup.fixes) :
	    select_by_config(fixes))
		return -1;
	for (size_t i = 0; i < fixes->n; i++)
		if (fixes->v[i]->selected)
			select_needs(fixes, fixes->v[i]);
	return 0;
}

void fixes_free(struct fixes *fixes)
{
	for (size_t i = 0; i < fixes->n; i++)
		fix_free(fixes->v[i]);
	free(fixes->v);
	*fixes = (struct fixes){ 0 };
}

struct fix *fixes_find(const struct fixes *fixes, const char *name)
{
	for (size_t i = 0; i < fixes->n; i++)
		if (!strcmp(fixes->v[i]->name, name))
			return fixes->v[i];
	return NULL;
}

static bool has_fix(const struct fixes *fixes, const struct fix *fix)
{
	for (size_t i = 0; i < fixes->n; i++)
		if (fixes->v[i] == fix)
			return true;
	return false;
}

static bool ready(const struct fixes *all, const struct fixes *done,
		  const struct fix *fix)
{
	for (size_t i = 0; i < fix->needs.n; i++) {
		const struct fix *need = fixes_find(all, fix->needs.v[i]);

		if (need && !has_fix(done, need))
			return false;
	}
	return true;
}

/**
 * fixes_order() - the order of grafting: what is needed first, then by number
 * @fixes: some fixes, by number
 * @ordered: the same, in that order; its array is to be freed, not the fixes
 *
 * Return: 0, or -1 after a message that names a fix in a circle.
 */
int fixes_order(const struct fixes *fixes, struct fixes *ordered)
{
	size_t before;

	ordered->v = xrealloc(NULL, fixes->n * sizeof(*ordered->v));
	ordered->n = 0;
	while (ordered->n < fixes->n) {
		before = ordered->n;
		for (size_t i = 0; i < fixes->n; i++) {
			if (has_fix(ordered, fixes->v[i]) ||
			    !ready(fixes, ordered, fixes->v[i]))
				continue;
			ordered->v[ordered->n++] = fixes->v[i];
			break;
		}
		if (ordered->n == before)
			return vf_error("the fixes' \"Needs:\" run in a circle");
	}
	return 0;
}
