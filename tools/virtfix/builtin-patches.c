// SPDX-License-Identifier: GPL-2.0-only
/* virtfix patches: the needed fixes as a quilt series, for git am as well. */
#include <dirent.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct series - a series in the making */
struct series {
	const struct asked *a;
	const char *signoff;
	char *work;			/* holds a/ and b/: before, after */
	char *out;
	struct buf list;		/* the file "series" */
};

static void add_trailers(const struct series *s, const struct fix *fix,
			 struct buf *b)
{
	static const char *const keys[] = { "Fixes", "Originally-by", "Link" };
	const char *upstream = fix_key(fix, "Upstream");
	size_t n = strcspn(upstream, " ,");

	buf_puts(b, "\n");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (fix_key(fix, keys[i]))
			buf_printf(b, "%s: %s\n", keys[i], fix_key(fix, keys[i]));
	/* In brackets, as stable trees cite it. */
	if (n >= 12 && strspn(upstream, "0123456789abcdef") == n)
		buf_printf(b, "Upstream: [%.*s]%s\n", (int)n, upstream,
			   upstream + n);
	else
		buf_printf(b, "Upstream: %s\n", upstream);
	if (s->signoff)
		buf_printf(b, "Signed-off-by: %s\n", s->signoff);
}

/* The change itself, with its diffstat; nothing of the user's git counts. */
static int add_diff(const struct series *s, struct buf *b)
{
	const char *const argv[] = {
		"git", "-c", "core.abbrev=12", "-c", "diff.algorithm=myers",
		"-c", "core.quotePath=false", "diff", "--no-index",
		"--no-prefix", "--no-color", "--no-ext-diff", "--no-renames",
		"--patch", "--stat=72", "--summary", "a", "b", NULL
	};
	struct run r = { .argv = argv, .cwd = s->work };
	int ret;

	ret = run(&r);
	if (!ret && r.status != 1)
		ret = vf_error("git diff ended with status %d: %s", r.status,
			       r.err.data);
	if (!ret)
		buf_puts(b, r.out.data);
	run_free(&r);
	return ret;
}

static int start_file(const struct series *s, const char *rel,
		      const char *state)
{
	char *from = xasprintf("%s/%s", state, rel);
	char *tree = xasprintf("%s/%s", s->a->tree.root, rel);
	char *old = xasprintf("%s/a/%s", s->work, rel);
	char *new = xasprintf("%s/b/%s", s->work, rel);
	int ret = 0;

	/* what the fix adds is not there yet */
	if (path_exists(from) || path_exists(tree)) {
		ret = copy_file(path_exists(from) ? from : tree, old);
		if (!ret)
			ret = copy_file(old, new);
	}
	free(from);
	free(tree);
	free(old);
	free(new);
	return ret;
}

/* Both sides of the change hold the fix's files and nothing else. */
static int start_patch(const struct series *s, const struct strv *files,
		       const char *state)
{
	char *a = xasprintf("%s/a", s->work), *b = xasprintf("%s/b", s->work);
	int ret;

	ret = remove_tree(a) || remove_tree(b) ? -1 : 0;
	if (!ret)
		ret = mkdir_p(a);
	for (size_t i = 0; !ret && i < files->n; i++)
		ret = start_file(s, files->v[i], state);
	free(a);
	free(b);
	return ret;
}

/* What the next fix of the series starts from. */
static int keep_state(const struct series *s, const struct strv *files,
		      const char *state)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < files->n; i++) {
		char *from = xasprintf("%s/b/%s", s->work, files->v[i]);
		char *to = xasprintf("%s/%s", state, files->v[i]);

		ret = copy_file(from, to);
		free(from);
		free(to);
	}
	return ret;
}

static int add_patch(struct series *s, const struct fix *fix, const char *state)
{
	const struct hits *hits = hits_of(s->a, fix);
	struct strv files = { 0 };
	char *root = xasprintf("%s/b", s->work);
	char *name = xasprintf("virtfix-%02d-%s.patch", fix->nr, fix->name);
	char *path = xasprintf("%s/%s", s->out, name);
	struct buf b = { 0 };
	int ret;

	for (size_t i = 0; i < hits->n; i++)
		strv_add(&files, xstrdup(hits->v[i].path));
	for (size_t i = 0; i < fix->adds.n; i++)
		if (!strv_has(&files, fix->adds.v[i]))
			strv_add(&files, xstrdup(fix->adds.v[i]));
	ret = start_patch(s, &files, state);
	if (!ret)
		ret = graft_one(s->a, fix, root, CHANGE_GRAFT);
	if (!ret) {
		/*
		 * The project is the author; who signs the series off
		 * answers for it, and gets the mail.
		 */
		buf_printf(&b, "From: virtfix %s\n",
			   s->signoff ? strrchr(s->signoff, '<') :
			   "<virtfix@localhost>");
		buf_printf(&b, "Subject: [PATCH] %s\n\n%s", fix->subject,
			   fix->body);
		add_trailers(s, fix, &b);
		buf_puts(&b, "---\n");
		ret = add_diff(s, &b);
		buf_puts(&b, "-- \nvirtfix\n");
	}
	if (!ret)
		ret = write_file(path, b.data, b.len);
	if (!ret)
		ret = keep_state(s, &files, state);
	if (!ret)
		buf_printf(&s->list, "%s\n", name);
	buf_free(&b);
	strv_free(&files);
	free(root);
	free(name);
	free(path);
	return ret;
}

/* Only a series, or an empty directory, is replaced by a series. */
static int check_out(const char *out)
{
	struct dirent *e;
	DIR *dir;
	int ret = 0;

	if (!path_exists(out))
		return 0;
	dir = opendir(out);
	if (!dir)
		return vf_perror("write a series to", out);
	while (!ret && (e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');

		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    strcmp(e->d_name, "series") && (!dot || strcmp(dot, ".patch")))
			ret = vf_error("%s holds %s, which is no part of a series; name another directory (OUT=)",
				       out, e->d_name);
	}
	closedir(dir);
	return ret;
}

static int make_series(struct series *s, const struct fixes *needed,
		       const char *out)
{
	char *state = scratch_dir("state"), *list;
	int ret = state ? 0 : -1;

	s->work = scratch_dir("series");
	s->out = xasprintf("%s.new~", out);
	if (!ret)
		ret = s->work ? 0 : -1;
	if (!ret)
		ret = remove_tree(s->out);
	if (!ret)
		ret = mkdir_p(s->out);
	for (size_t i = 0; !ret && i < needed->n; i++) {
		printf("  PATCH   %s/%s\n", needed->v[i]->place,
		       needed->v[i]->name);
		fflush(stdout);
		ret = add_patch(s, needed->v[i], state);
	}
	buf_puts(&s->list, "");
	list = xasprintf("%s/series", s->out);
	if (!ret)
		ret = write_file(list, s->list.data, s->list.len);
	if (!ret)
		ret = publish(s->out, out);
	if (ret)
		remove_tree(s->out);
	free(list);
	free(state);
	free(s->work);
	free(s->out);
	buf_free(&s->list);
	return ret;
}

static int patches(const struct asked *a, const char *signoff, const char *out)
{
	struct series s = { .a = a, .signoff = signoff };
	char *dir = xstrdup(out);
	struct fixes needed;
	size_t n = strlen(dir);
	int ret;

	while (n > 1 && dir[n - 1] == '/')
		dir[--n] = '\0';
	ret = needed_fixes(a, NULL, &needed);
	if (!ret)
		ret = check_out(dir);
	if (!ret)
		ret = make_series(&s, &needed, dir);
	if (!ret && !needed.n)
		printf("%s: no selected fix is needed, the series is empty\n",
		       a->tree.arg);
	free(needed.v);
	free(dir);
	return ret;
}

/* "Name <address>", as git and checkpatch take it */
static bool is_signoff(const char *who)
{
	const char *lt = strrchr(who, '<'), *gt = strrchr(who, '>');

	return lt > who && lt[-1] == ' ' && gt > lt + 1 && !gt[1] &&
		memchr(lt, '@', (size_t)(gt - lt)) && !strpbrk(who, "\r\n");
}

/**
 * cmd_patches() - virtfix patches [--signoff "Name <address>"] TREE DIR
 *
 * Return: the exit status.
 */
int cmd_patches(int argc, const char **argv)
{
	static const struct option options[] = {
		{ "signoff", required_argument, NULL, 's' },
		{ 0 }
	};
	const char *signoff = NULL;
	struct asked a;
	int c, ret;

	while ((c = getopt_long(argc, (char **)argv, "", options, NULL)) != -1) {
		if (c != 's')
			return EXIT_ERROR;
		signoff = *optarg ? optarg : NULL;
	}
	if (optind + 2 != argc) {
		vf_error("usage: virtfix patches [--signoff \"Name <address>\"] TREE DIR");
		return EXIT_ERROR;
	}
	if (signoff && !is_signoff(signoff)) {
		vf_error("SIGNOFF: \"%s\" is not of the form \"Name <address>\"",
			 signoff);
		return EXIT_ERROR;
	}
	ret = ask(&a, argv[optind], ABOUT_SELECTED, NULL);
	if (!ret)
		ret = patches(&a, signoff, argv[optind + 1]);
	ret = !ret ? EXIT_CLEAN : ret == -EXIT_UNKNOWN ? EXIT_UNKNOWN : EXIT_ERROR;
	asked_free(&a);
	return ret;
}
