// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fixes, or parts of them, that are patches: what spatch cannot change
 * (assembly, Python, documentation). A patch fits one shape of the code only,
 * so a fix may have several; the first that applies is taken. One applies only
 * where its old lines stand exactly, wherever in the file that is; one whose
 * new lines stand so is carried.
 */
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct tried - what patch said about one shape and one direction */
struct tried {
	bool applies;
	char *file;			/* of the first hunk */
	long line;
};

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* The name of a file in a shape, without the a/ or b/ before it. */
static char *shape_file(const char *line)
{
	size_t len = strcspn(line, "\t\r\n");
	const char *slash = memchr(line, '/', len);

	return slash ? xasprintf("%.*s", (int)(line + len - slash - 1), slash + 1) :
		       NULL;
}

/**
 * shape_files() - the files that a shape changes
 * @path: the shape
 * @files: where their names go
 *
 * Return: 0, or -1 after a message.
 */
int shape_files(const char *path, struct strv *files)
{
	struct buf b = { 0 };
	const char *old = NULL;
	char *line, *save, *file;
	size_t before = files->n;
	int ret;

	ret = read_file(path, &b);
	for (line = ret ? NULL : strtok_r(b.data, "\n", &save); line && !ret;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "--- ", 4)) {
			old = line + 4;
			continue;
		}
		if (old && !strncmp(line, "+++ ", 4)) {
			file = shape_file(line + 4);
			if (!file || !strncmp(old, "/dev/null", 9) ||
			    !strncmp(line + 4, "/dev/null", 9) ||
			    *file == '/' || strstr(file, ".."))
				ret = vf_error("%s: \"%s\" is no file that a patch of a fix may change",
					       path, line + 4);
			if (file)
				strv_add(files, file);
		}
		old = NULL;
	}
	buf_free(&b);
	if (!ret && files->n == before)
		ret = vf_error("%s: there is no patch in it (--- a/FILE, +++ b/FILE)",
			       path);
	return ret;
}

/* "checking file FILE", "Hunk #1 succeeded at 12 (offset 2 lines)." */
static void parse_patch(char *out, struct tried *t)
{
	static const char ok[] = "Hunk #1 succeeded at ";
	char *line, *save;

	for (line = strtok_r(out, "\n", &save); line && !t->line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "checking file ", 14)) {
			free(t->file);
			t->file = xstrdup(line + 14);
		} else if (!strncmp(line, ok, strlen(ok))) {
			t->line = atol(line + strlen(ok));
		}
	}
}

/* --force: nothing is asked, and a direction that does not fit stays so. */
static int run_patch(const char *shape, const char *root, bool reverse,
		     bool dry, struct run *r)
{
	const char *argv[16] = {
		"patch", "--force", "-p1", "--fuzz=0", "--verbose",
		"--no-backup-if-mismatch", "--reject-file=-", "--input", shape,
	};
	size_t n = 9;
	int ret;

	if (reverse)
		argv[n++] = "--reverse";
	if (dry)
		argv[n++] = "--dry-run";
	*r = (struct run){ .argv = argv, .cwd = root };
	ret = run(r);
	if (!ret && r->status > 1)
		ret = vf_error("patch failed on %s (exit status %d): %.300s",
			       shape, r->status, r->err.data);
	return ret;
}

/* Does a tree have all files that a shape changes? */
static int shape_there(const char *shape, const char *root, bool *there)
{
	struct strv files = { 0 };
	int ret;

	*there = true;
	ret = shape_files(shape, &files);
	for (size_t i = 0; !ret && i < files.n; i++) {
		char *path = xasprintf("%s/%s", root, files.v[i]);

		*there &= path_exists(path);
		free(path);
	}
	strv_free(&files);
	return ret;
}

static int try_shape(const char *shape, const char *root, bool reverse,
		     struct tried *t)
{
	struct run r = { 0 };
	bool there;
	int ret;

	*t = (struct tried){ 0 };
	ret = shape_there(shape, root, &there);
	if (!ret && there) {
		ret = run_patch(shape, root, reverse, true, &r);
		t->applies = !ret && !r.status;
		if (t->applies)
			parse_patch(r.out.data, t);
		run_free(&r);
	}
	return ret;
}

/* The first shape that applies in this direction, or NULL. */
static int find_shape(const struct fix *fix, const char *root, bool reverse,
		      const char **shape, struct tried *t)
{
	int ret = 0;

	*shape = NULL;
	*t = (struct tried){ 0 };
	for (size_t i = 0; !ret && !*shape && i < fix->shapes.n; i++) {
		free(t->file);
		ret = try_shape(fix->shapes.v[i], root, reverse, t);
		if (t->applies)
			*shape = fix->shapes.v[i];
	}
	return ret;
}

/*
 * Beside rules that make a change themselves, a patch is a part of its own,
 * which nothing can lack where its files are not in the tree.
 */
static int is_missing(const struct fix *fix, const char *root,
		      const struct findings *f, bool *missing)
{
	int ret = 0;

	*missing = false;
	if (!fix->cocci_changes || findings_first(f, "report") ||
	    findings_first(f, "superseded") || findings_first(f, "absent") ||
	    findings_first(f, "blocked"))
		return 0;
	for (size_t i = 0; !ret && !*missing && i < fix->shapes.n; i++)
		ret = shape_there(fix->shapes.v[i], root, missing);
	return ret;
}

/* Are the patches documentation alone, beside rules that change the code? */
static int only_documents(const struct fix *fix, bool *only)
{
	struct strv files = { 0 };
	int ret = 0;

	*only = fix->cocci_changes;
	for (size_t i = 0; !ret && i < fix->shapes.n; i++)
		ret = shape_files(fix->shapes.v[i], &files);
	for (size_t i = 0; i < files.n; i++)
		*only &= path_under(files.v[i], "Documentation");
	strv_free(&files);
	return ret;
}

/**
 * shapes_look() - what the patches of a fix see in a tree
 * @fix: the fix
 * @root: the tree
 * @out: what was found by its rules before, to be added to
 *
 * Return: 0, or -1 after a message.
 */
int shapes_look(const struct fix *fix, const char *root, struct findings *out)
{
	struct tried fwd = { 0 }, rev = { 0 };
	const char *old, *new = NULL;
	bool documents, missing = false;
	char *what;
	int ret;

	ret = find_shape(fix, root, false, &old, &fwd);
	if (!ret)
		ret = only_documents(fix, &documents);
	/* What a document says is no evidence of what the code does. */
	if (!ret && !documents)
		ret = find_shape(fix, root, true, &new, &rev);
	if (!ret && !old && !new && !documents)
		ret = is_missing(fix, root, out, &missing);
	if (!ret && old && new && !out->unclear)
		out->unclear = xasprintf("%s:%ld: the old lines of %s are there, but also %s:%ld: the new lines of %s",
					 fwd.file, fwd.line, base_name(old),
					 rev.file, rev.line, base_name(new));
	else if (!ret && missing && !out->unclear)
		out->unclear = xasprintf("neither the old nor the new lines of %s are there",
					 base_name(fix->shapes.v[0]));
	if (!ret && (old || new)) {
		what = xasprintf("the %s lines of %s", old ? "old" : "new",
				 base_name(old ? old : new));
		add_finding(out, old ? "report" : "carried",
			    old ? fwd.file : rev.file,
			    old ? fwd.line : rev.line, what);
		free(what);
	}
	free(fwd.file);
	free(rev.file);
	return ret;
}

/**
 * shapes_change() - apply the patch of a fix that fits, or take it out
 * @fix: the fix
 * @root: a staged tree
 * @change: which of the two
 * @changed: set where a file changed
 *
 * Return: 0, or -1 after a message.
 */
int shapes_change(const struct fix *fix, const char *root, enum change change,
		  bool *changed)
{
	bool reverse = change == CHANGE_UNDO;
	struct run r = { 0 };
	struct tried t;
	const char *shape;
	int ret;

	ret = find_shape(fix, root, reverse, &shape, &t);
	if (!ret && shape) {
		ret = run_patch(shape, root, reverse, false, &r);
		if (!ret && r.status)
			ret = vf_error("%s does not apply: %s", shape, r.out.data);
		run_free(&r);
		*changed = true;
	}
	free(t.file);
	return ret;
}
