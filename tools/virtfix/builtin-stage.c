// SPDX-License-Identifier: GPL-2.0-only
/* virtfix stage: a grafted copy of what modules are built from. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/** struct wish - what is staged beyond what the tree needs */
struct wish {
	struct strv undo;		/* these fixes taken out first */
	struct strv graft;		/* these grafted, whatever the verdict */
	const char *mutant;		/* FIX/NAME: a wrong form of a fix */
};

/** struct stage - a staged copy in the making */
struct stage {
	const struct asked *a;
	struct fixes needed;		/* in order of grafting */
	struct fixes undo;
	const struct fix *mutated;	/* the fix that has a wrong form */
	const char *mutant;		/* of this name */
	char *root;			/* where it is made */
	struct buf id;			/* all that it follows from */
};

static int hash_staged(const char *rel, void *arg)
{
	struct stage *s = arg;
	char *path = xasprintf("%s/%s", s->a->tree.root, rel);
	struct buf b = { 0 };
	char hex[HASH_LEN];
	int ret;

	ret = read_file(path, &b);
	if (!ret) {
		hash_bytes(b.data, b.len, hex);
		buf_printf(&s->id, "%s %s\n", rel, hex);
	}
	buf_free(&b);
	free(path);
	return ret;
}

static int copy_staged(const char *rel, void *arg)
{
	struct stage *s = arg;
	char *from = xasprintf("%s/%s", s->a->tree.root, rel);
	char *to = xasprintf("%s/%s", s->root, rel);
	int ret = copy_file(from, to);

	free(from);
	free(to);
	return ret;
}

static int for_staged(struct stage *s, int (*fn)(const char *rel, void *arg))
{
	struct strv dirs = { 0 };
	int ret;

	strv_split(&dirs, "Makefile");
	ret = stage_dirs(&dirs);
	for (size_t i = 0; !ret && i < dirs.n; i++)
		ret = walk_files(s->a->tree.root, dirs.v[i], fn, s);
	strv_free(&dirs);
	return ret;
}

/* A file of the project: copied to @to, or, where that is NULL, hashed. */
static int project_file(struct stage *s, const char *from, const char *to)
{
	char *src = xasprintf("%s/%s", setup.top, from);
	struct buf b = { 0 };
	char *dst;
	int ret;

	ret = read_file(src, &b);
	if (!ret && to) {
		dst = xasprintf("%s/%s", s->root, to);
		ret = write_file(dst, b.data, b.len);
		free(dst);
	} else if (!ret) {
		buf_add(&s->id, b.data, b.len);
	}
	buf_free(&b);
	free(src);
	return ret;
}

static int hash_mutant(struct stage *s)
{
	char *file = xasprintf("tools/testing/mutants/%s/%s.cocci",
			       s->mutated->name, s->mutant);
	int ret;

	buf_printf(&s->id, "mutant %s\n", s->mutated->hash);
	ret = project_file(s, file, NULL);
	free(file);
	return ret;
}

static int compute_key(struct stage *s, char hex[HASH_LEN])
{
	int ret;

	buf_printf(&s->id, "%s\n%s\n", setup.engine_hash, setup.spatch_version);
	for (size_t i = 0; i < s->undo.n; i++)
		buf_printf(&s->id, "undo %s\n", s->undo.v[i]->hash);
	for (size_t i = 0; i < s->needed.n; i++)
		buf_printf(&s->id, "graft %s\n", s->needed.v[i]->hash);
	ret = s->mutant ? hash_mutant(s) : 0;
	if (!ret)
		ret = project_file(s, "Kbuild", NULL);
	if (!ret)
		ret = project_file(s, "tools/virtfix/stage.conf", NULL);
	if (!ret)
		ret = for_staged(s, hash_staged);
	hash_bytes(s->id.data, s->id.len, hex);
	return ret;
}

static bool up_to_date(const char *dir, const char *key)
{
	char *path = xasprintf("%s/.virtfix/key", dir);
	struct buf b = { 0 };
	bool same = false;

	if (path_exists(path) && !read_file(path, &b))
		same = !strcmp(b.data, key);
	buf_free(&b);
	free(path);
	return same;
}

static int write_note(const struct stage *s, const char *name, const char *text,
		      size_t len)
{
	char *path = xasprintf("%s/.virtfix/%s", s->root, name);
	int ret = write_file(path, text, len);

	free(path);
	return ret;
}

/*
 * For the module build: what is in it, into which module it went, and which
 * exported symbols it may change ("Abi:", up to a remark in brackets).
 */
static int write_notes(const struct stage *s, const char *key)
{
	struct buf grafted = { 0 }, abi = { 0 };
	int ret;

	buf_puts(&grafted, "");
	buf_puts(&abi, "");
	for (size_t i = 0; i < s->needed.n; i++) {
		const struct fix *fix = s->needed.v[i];
		char *modules = strv_join(&fix->modules, " ");
		const char *symbols = fix_key(fix, "Abi");

		buf_printf(&grafted, "%s%s%s\n", fix->name,
			   *modules ? " " : "", modules);
		if (strcmp(symbols, "none"))
			buf_printf(&abi, "%s %.*s\n", fix->name,
				   (int)strcspn(symbols, "("), symbols);
		free(modules);
	}
	ret = write_note(s, "grafted", grafted.data, grafted.len);
	if (!ret)
		ret = write_note(s, "abi", abi.data, abi.len);
	if (!ret)
		ret = write_note(s, "key", key, strlen(key));
	buf_free(&grafted);
	buf_free(&abi);
	return ret;
}

static int make_stage(struct stage *s, const char *dir, const char *key)
{
	int ret;

	ret = for_staged(s, copy_staged);
	if (!ret)
		ret = stage_edit(s->root);
	if (!ret)
		ret = project_file(s, "Kbuild", "Kbuild");
	for (size_t i = s->undo.n; !ret && i > 0; i--) {
		printf("  UNDO    %s\n", s->undo.v[i - 1]->name);
		ret = graft_one(s->a, s->undo.v[i - 1], s->root, CHANGE_UNDO);
	}
	for (size_t i = 0; !ret && i < s->needed.n; i++) {
		printf("  %-7s %s/%s\n", s->needed.v[i]->cocci_changes ?
		       "COCCI" : "PATCH", s->needed.v[i]->place,
		       s->needed.v[i]->name);
		fflush(stdout);
		ret = graft_one(s->a, s->needed.v[i], s->root, CHANGE_GRAFT);
	}
	if (!ret && s->mutant) {
		printf("  MUTANT  %s/%s\n", s->mutated->name, s->mutant);
		ret = graft_mutant(s->a, s->mutated, s->mutant, s->root);
	}
	if (!ret)
		ret = write_notes(s, key);
	return ret ? ret : publish(s->root, dir);
}

/* A directory of somebody else's is not ours to replace. */
static int check_dir(const char *dir)
{
	char *key = xasprintf("%s/.virtfix/key", dir);
	bool ours = !path_exists(dir) || path_exists(key);

	free(key);
	return ours ? 0 : vf_error("%s exists and is no staged copy; name another directory",
				   dir);
}

static struct fix *named_fix(const struct asked *a, const char *name)
{
	struct fix *fix = fixes_find(&a->fixes, name);

	if (!fix)
		vf_error("there is no fix \"%s\"; see: virtfix list", name);
	return fix;
}

static int add_mutant(struct stage *s, const char *mutant)
{
	const char *slash = strchr(mutant, '/');
	char *name = xasprintf("%.*s", (int)strcspn(mutant, "/"), mutant);
	int ret = 0;

	if (!slash || !slash[1] || strchr(slash + 1, '/'))
		ret = vf_error("mutant \"%s\" is not of the form FIX/NAME", mutant);
	else
		s->mutated = named_fix(s->a, name);
	s->mutant = s->mutated ? slash + 1 : NULL;
	free(name);
	return ret ? ret : s->mutated ? 0 : -1;
}

static int stage(const struct asked *a, const struct wish *wish, const char *dir)
{
	struct stage s = { .a = a };
	char key[HASH_LEN];
	int ret = 0;

	for (size_t i = 0; !ret && i < wish->graft.n; i++)
		ret = named_fix(a, wish->graft.v[i]) ? 0 : -1;
	if (!ret)
		ret = needed_fixes(a, &wish->graft, &s.needed);
	s.undo.v = xrealloc(NULL, wish->undo.n * sizeof(*s.undo.v));
	for (size_t i = 0; !ret && i < wish->undo.n; i++) {
		struct fix *fix = named_fix(a, wish->undo.v[i]);

		if (fix)
			s.undo.v[s.undo.n++] = fix;
		else
			ret = -1;
	}
	if (!ret && wish->mutant)
		ret = add_mutant(&s, wish->mutant);
	if (!ret)
		ret = check_dir(dir);
	if (!ret)
		ret = compute_key(&s, key);
	if (!ret && !up_to_date(dir, key)) {
		s.root = scratch_dir("stage");
		ret = s.root ? make_stage(&s, dir, key) : -1;
	}
	free(s.root);
	free(s.needed.v);
	free(s.undo.v);
	buf_free(&s.id);
	return ret;
}

/**
 * cmd_stage() - virtfix stage [--undo FIX]... [--graft FIX]...
 * [--mutant FIX/NAME] TREE DIR
 *
 * DIR holds what modules are built from, the needed and selected fixes
 * grafted, after the fixes named with --undo were taken out; those named with
 * --graft are grafted whatever the verdict on the tree is. Nothing is done
 * where DIR is of the same origin already.
 *
 * Return: the exit status.
 */
int cmd_stage(int argc, const char **argv)
{
	static const struct option options[] = {
		{ "undo", required_argument, NULL, 'u' },
		{ "graft", required_argument, NULL, 'g' },
		{ "mutant", required_argument, NULL, 'm' },
		{ 0 }
	};
	struct wish wish = { 0 };
	struct asked a;
	int c, ret = EXIT_ERROR;

	while ((c = getopt_long(argc, (char **)argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'u':
			strv_split(&wish.undo, optarg);
			break;
		case 'g':
			strv_split(&wish.graft, optarg);
			break;
		case 'm':
			wish.mutant = optarg;
			break;
		default:
			goto out;
		}
	}
	if (optind + 2 != argc) {
		vf_error("usage: virtfix stage [--undo FIX] [--graft FIX] [--mutant FIX/NAME] TREE DIR");
		goto out;
	}
	ret = ask(&a, argv[optind], ABOUT_SELECTED, NULL);
	if (!ret)
		ret = stage(&a, &wish, argv[optind + 1]);
	ret = !ret ? EXIT_CLEAN : ret == -EXIT_UNKNOWN ? EXIT_UNKNOWN : EXIT_ERROR;
	asked_free(&a);
out:
	strv_free(&wish.undo);
	strv_free(&wish.graft);
	return ret;
}
