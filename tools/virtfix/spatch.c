// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run the semantic patch of a fix.
 *
 * spatch fails silently: its exit status is 0 when it matched, when nothing
 * matched and when it skipped a function that it could not parse. So what it
 * printed is all that counts, and what it says about parsing is read as well.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "virtfix.h"

#define MAX_ARGS	32

static const char *const words[] = { "carried", "superseded", "blocked", "absent" };

static bool is_source(const char *path)
{
	size_t n = strlen(path);

	return n > 2 && (!strcmp(path + n - 2, ".c") || !strcmp(path + n - 2, ".h"));
}

/* What spatch is run with: the narrowed files, as one group. */
static int narrow_all(const struct fix *fix, const struct hits *hits,
		      const char *root, const char *dir, struct strv *files)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < hits->n; i++) {
		char *from = xasprintf("%s/%s", root, hits->v[i].path);
		char *to = xasprintf("%s/%s", dir, hits->v[i].path);

		if (is_source(from)) {
			ret = narrow_file(fix, from, to);
			strv_add(files, xstrdup(hits->v[i].path));
		}
		free(from);
		free(to);
	}
	return ret;
}

/*
 * The same twice: "new" is for spatch to change, and "old" tells afterwards
 * what it changed.
 */
static int narrow_twice(const struct fix *fix, const struct hits *hits,
			const char *root, const char *dir, struct strv *files)
{
	char *old = xasprintf("%s/old", dir);
	char *new = xasprintf("%s/new", dir);
	int ret;

	ret = narrow_all(fix, hits, root, old, files);
	strv_free(files);
	if (!ret)
		ret = narrow_all(fix, hits, root, new, files);
	free(old);
	free(new);
	return ret;
}

/* The last line that says something, for a message. */
static char *last_line(const char *text)
{
	const char *end = text + strlen(text), *start;

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	start = end;
	while (start > text && start[-1] != '\n')
		start--;
	return xasprintf("%.*s", (int)(end - start), start);
}

/* What a run that failed says of it; NULL where it did not fail. */
static char *failure(const struct fix *fix, const struct run *r)
{
	char *line, *why;

	if (!r->status && !strstr(r->err.data, "EXN:") &&
	    !strstr(r->err.data, "Fatal error"))
		return NULL;
	line = last_line(r->err.data);
	why = xasprintf("spatch fails on %s (exit status %d): %.300s",
			fix->name, r->status, line);
	free(line);
	return why;
}

static int spatch(const struct fix *fix, const char *cocci,
		  const char *const *args, const char *dir,
		  const struct strv *files, struct run *r)
{
	const char **argv;
	size_t n = 0;
	int ret;

	argv = xrealloc(NULL, (MAX_ARGS + 2 * setup.isos.n + fix->options.n +
			       files->n) * sizeof(*argv));
	argv[n++] = setup.spatch;
	if (setup.python) {
		argv[n++] = "--python";
		argv[n++] = setup.python;
	}
	for (size_t i = 0; i < fix->options.n; i++)
		argv[n++] = fix->options.v[i];
	while (*args)
		argv[n++] = *args++;
	for (size_t i = 0; i < setup.isos.n; i++) {
		argv[n++] = "--disable-iso";
		argv[n++] = setup.isos.v[i];
	}
	/* These files are chosen: no egrep has to say so once more. */
	argv[n++] = "--disable-worth-trying-opt";
	argv[n++] = "--sp-file";
	argv[n++] = cocci;
	for (size_t i = 0; i < files->n; i++)
		argv[n++] = files->v[i];
	argv[n] = NULL;
	*r = (struct run){ .argv = argv, .cwd = dir };
	ret = run(r);
	if (!ret && r->status && setup.verbose)
		fputs(r->err.data, stderr);
	free(argv);
	return ret;
}

void add_finding(struct findings *f, const char *word, const char *file,
		 long line, const char *what)
{
	while (isspace((unsigned char)*what))
		what++;
	f->v = xrealloc(f->v, (f->n + 1) * sizeof(*f->v));
	f->v[f->n++] = (struct finding){
		.word = xstrdup(word),
		.file = xstrdup(file),
		.line = line,
		.what = xstrdup(what),
	};
}

/* "FILE:LINE:COL-COL: message" of report, "carried FILE:LINE what" of evidence */
static void parse_finding(struct findings *f, char *s)
{
	const char *word = "report";
	char *colon, *rest;
	long line;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if (!strncmp(s, words[i], n) && s[n] == ' ') {
			word = words[i];
			s += n + 1;
			break;
		}
	}
	colon = strchr(s, ':');
	if (!colon || memchr(s, ' ', (size_t)(colon - s)))
		return;
	line = strtol(colon + 1, &rest, 10);
	if (line <= 0)
		return;
	if (*rest == ':') {		/* the columns */
		rest++;
		rest += strspn(rest, "0123456789-");
		rest += *rest == ':';
	}
	*colon = '\0';
	add_finding(f, word, s, line, rest);
}

static bool is_directive(const char *bad)
{
	bad += strcspn(bad, " \n");
	return bad[strspn(bad, " \t")] == '#';
}

/*
 * spatch repeats, after "bad:" or "BAD:!!!!!", each line that it could not
 * parse. An anchor there means that the rules did not see all that matters,
 * but in a directive it only tells which code follows.
 */
static void find_unparsed(const struct fix *fix, const char *err,
			  struct findings *f)
{
	const char *file = "", *nl, *p;
	size_t file_len = 0;

	for (; *err && !f->unclear; err = nl + 1) {
		nl = strchrnul(err, '\n');
		if (!strncmp(err, "HANDLING: ", 10)) {
			file = err + 10;
			file_len = (size_t)(nl - file);
		}
		p = strstr(err, " = File \"");
		if (!p)
			p = strstr(err, " =File \"");
		if (p && p < nl) {
			file = strchr(p, '"') + 1;
			file_len = strcspn(file, "\"");
		}
		if (!strncasecmp(err, "bad:", 4) && !is_directive(err) &&
		    has_identifier(err + 4, (size_t)(nl - err - 4), &fix->anchors))
			f->unclear = xasprintf("spatch cannot parse %.*s: \"%.*s\"",
					       (int)file_len, file,
					       (int)(nl - err - 5), err + 5);
		if (!*nl)
			break;
	}
}

static void read_findings(const struct fix *fix, const struct run *r,
			  struct findings *out)
{
	char *line, *save;

	for (line = strtok_r(r->out.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		parse_finding(out, line);
	find_unparsed(fix, r->err.data, out);
}

/*
 * Look, and change what was looked at, in one run: in a fix file all that
 * looks comes before all that changes. Where spatch fails on that, the look
 * alone has to do, and nothing is kept.
 */
static int look_and_change(const struct fix *fix, const struct hits *hits,
			   const char *root, const char *dir,
			   struct findings *out)
{
	static const char *const args[] = {
		"--verbose-parsing", "--no-show-diff", "--in-place",
		"-D", "report", "-D", "evidence", "-D", "patch", NULL
	};
	char *new = xasprintf("%s/new", dir);
	struct strv files = { 0 };
	struct run r = { 0 };
	int ret;

	ret = narrow_twice(fix, hits, root, dir, &files);
	if (!ret && files.n) {
		ret = spatch(fix, fix->cocci, args, new, &files, &r);
		if (!ret) {
			out->stuck = failure(fix, &r);
			if (!out->stuck)
				read_findings(fix, &r, out);
		}
		run_free(&r);
	}
	strv_free(&files);
	free(new);
	return ret;
}

/**
 * spatch_look() - what the rules of a fix see in a tree
 * @fix: the fix
 * @hits: its files
 * @root: the tree
 * @keep: a directory in which to keep the change that the rules would make,
 *	for spatch_carry(), or NULL
 * @out: what report and evidence printed, to be freed with findings_free()
 *
 * Return: 0, or -1 after a message.
 */
int spatch_look(const struct fix *fix, const struct hits *hits,
		const char *root, const char *keep, struct findings *out)
{
	static const char *const args[] = {
		"--verbose-parsing", "-D", "report", "-D", "evidence", NULL
	};
	struct strv files = { 0 };
	struct run r = { 0 };
	int ret = 0;
	char *dir;

	*out = (struct findings){ 0 };
	if (keep && fix->cocci_changes) {
		ret = look_and_change(fix, hits, root, keep, out);
		if (ret || !out->stuck)
			return ret;
	}
	dir = scratch_dir(fix->name);
	if (!dir)
		return -1;
	ret = narrow_all(fix, hits, root, dir, &files);
	if (!ret && files.n) {
		ret = spatch(fix, fix->cocci, args, dir, &files, &r);
		if (!ret) {
			out->unclear = failure(fix, &r);
			if (!out->unclear)
				read_findings(fix, &r, out);
		}
		run_free(&r);
	}
	if (!ret)
		ret = remove_tree(dir);
	strv_free(&files);
	free(dir);
	return ret;
}

void findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].word);
		free(f->v[i].file);
		free(f->v[i].what);
	}
	free(f->v);
	free(f->unclear);
	free(f->stuck);
	*f = (struct findings){ 0 };
}

/** findings_first() - the first finding of a kind ("report", "carried"), or NULL */
const struct finding *findings_first(const struct findings *f, const char *word)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->v[i].word, word))
			return &f->v[i];
	return NULL;
}

static int write_unpreprocessed(const struct fix *fix, const char *from,
				const char *to)
{
	struct buf b = { 0 };
	char *text;
	int ret;

	ret = read_file(from, &b);
	if (ret)
		return ret;
	text = unpreprocess(fix, b.data);
	ret = write_file(to, text, strlen(text));
	free(text);
	buf_free(&b);
	return ret;
}

static int same_file(const char *a, const char *b, bool *same)
{
	struct buf x = { 0 }, y = { 0 };
	int ret = read_file(a, &x) || read_file(b, &y) ? -1 : 0;

	*same = !ret && x.len == y.len && !memcmp(x.data, y.data, x.len);
	buf_free(&x);
	buf_free(&y);
	return ret;
}

/* Where spatch changed a file, make both forms of it what the tree has. */
static int see_change(const struct fix *fix, const char *dir, const char *path,
		      bool *changed)
{
	char *old = xasprintf("%s/old/%s", dir, path);
	char *new = xasprintf("%s/new/%s", dir, path);
	bool same;
	int ret;

	ret = same_file(old, new, &same);
	if (!ret && !same) {
		*changed = true;
		ret = write_unpreprocessed(fix, old, old);
		if (!ret)
			ret = write_unpreprocessed(fix, new, new);
	}
	free(old);
	free(new);
	return ret;
}

/*
 * Carry the differences of the narrowed files to the full ones. The lines are
 * the same in all of them, so there is nothing for patch to search.
 */
static int carry_back(const char *dir, const char *root)
{
	const char *const diff[] = { "diff", "-r", "-U0", "old", "new", NULL };
	struct run d = { .argv = diff, .cwd = dir }, p = { 0 };
	char *file = xasprintf("%s/diff", dir);
	struct buf tidy = { 0 };
	const char *const patch[] = { "patch", "--batch", "--fuzz=0", "-p1",
				"--no-backup-if-mismatch", "--reject-file=-",
				"--input", file, NULL };
	int ret;

	ret = run(&d);
	if (!ret && d.status != 1)
		ret = vf_error("diff of %s ended with status %d", dir, d.status);
	if (!ret)
		ret = tidy_diff(d.out.data, root, &tidy);
	if (!ret)
		ret = write_file(file, tidy.data, tidy.len);
	if (!ret) {
		p = (struct run){ .argv = patch, .cwd = root };
		ret = run(&p);
		if (!ret && p.status) {
			/* It names each file in a line of its own. */
			for (char *s = p.out.data; *s; s++)
				*s = *s == '\n' ? ' ' : *s;
			ret = vf_error("the change does not apply to %s: %s",
				       root, p.out.data);
		}
		run_free(&p);
	}
	run_free(&d);
	buf_free(&tidy);
	free(file);
	return ret;
}

/* What takes a fix out: a rule of its own, or ours backwards. */
static char *undo_rule(const struct fix *fix)
{
	char *path = xasprintf("%s/tools/testing/undo/%s.cocci", setup.top,
			       fix->name);

	if (path_exists(path))
		return path;
	free(path);
	return NULL;
}

/** has_undo() - is there a rule of its own that takes a fix out? */
bool has_undo(const struct fix *fix)
{
	char *path = undo_rule(fix);
	bool there = path;

	free(path);
	return there;
}

/* Carry what was changed in @dir to the files of a tree. */
static int carry_all(const struct fix *fix, const struct hits *hits,
		     const char *dir, const char *root, bool undo, bool *changed)
{
	bool any = false;
	int ret = 0;

	for (size_t i = 0; !ret && i < hits->n; i++)
		if (is_source(hits->v[i].path))
			ret = see_change(fix, dir, hits->v[i].path, &any);
	if (!ret && any)
		ret = carry_back(dir, root);
	*changed |= any;
	for (size_t i = 0; !ret && *changed && i < hits->n; i++)
		ret = tidy_comments(fix, root, hits->v[i].path, undo);
	return ret;
}

/* Apply a rule to the files of a fix, forwards or backwards. */
static int apply_rule(const struct fix *fix, const struct hits *hits,
		      const char *root, const char *rule, bool backwards,
		      const char *dir)
{
	static const char *const args[] = {
		"--very-quiet", "--no-show-diff", "--in-place", "-D", "patch",
		NULL
	};
	static const char *const reverse[] = {
		"--very-quiet", "--no-show-diff", "--in-place", "--reverse",
		"-D", "patch", NULL
	};
	char *new = xasprintf("%s/new", dir), *why;
	struct strv files = { 0 };
	struct run r = { 0 };
	int ret;

	ret = narrow_twice(fix, hits, root, dir, &files);
	if (!ret && files.n) {
		ret = spatch(fix, rule, backwards ? reverse : args, new, &files,
			     &r);
		why = ret ? NULL : failure(fix, &r);
		if (why)
			ret = vf_error("%s", why);
		free(why);
		run_free(&r);
	}
	strv_free(&files);
	free(new);
	return ret;
}

/**
 * spatch_change() - graft a fix into the files of a tree, or take it out
 * @fix: the fix
 * @hits: its files
 * @root: a staged tree, never the user's, that has these files
 * @change: which of the two
 * @changed: set where a file changed
 *
 * Return: 0, or -1 after a message.
 */
int spatch_change(const struct fix *fix, const struct hits *hits,
		  const char *root, enum change change, bool *changed)
{
	bool back = change == CHANGE_UNDO;
	char *undo = back ? undo_rule(fix) : NULL;
	char *dir = scratch_dir(fix->name);
	int ret = -1;

	if (dir)
		ret = apply_rule(fix, hits, root, undo ? undo : fix->cocci,
				 back && !undo, dir);
	if (!ret)
		ret = carry_all(fix, hits, dir, root, back, changed);
	if (!ret)
		ret = remove_tree(dir);
	free(dir);
	free(undo);
	return ret;
}

/**
 * spatch_carry() - graft a fix by the change that a look has kept
 * @fix: the fix
 * @hits: its files
 * @keep: where spatch_look() has kept the change
 * @root: a staged tree whose files are as they were looked at
 * @changed: set where a file changed
 *
 * Return: 0, or -1 after a message.
 */
int spatch_carry(const struct fix *fix, const struct hits *hits,
		 const char *keep, const char *root, bool *changed)
{
	return carry_all(fix, hits, keep, root, false, changed);
}
