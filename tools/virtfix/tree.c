// SPDX-License-Identifier: GPL-2.0-only
/* The source tree that the user names: a directory or a tarball. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "virtfix.h"

/* The value of "KEY = value" in the top Makefile, or NULL. */
static char *make_variable(const char *makefile, const char *key)
{
	const char *line = makefile;
	size_t n = strlen(key), len;

	while (line) {
		if (!strncmp(line, key, n)) {
			const char *p = line + n;

			p += strspn(p, " \t");
			if (*p == ':')
				p++;
			if (*p++ == '=') {
				p += strspn(p, " \t");
				len = strcspn(p, " \t\r\n#");
				return xasprintf("%.*s", (int)len, p);
			}
		}
		line = strchr(line, '\n');
		line += line ? 1 : 0;
	}
	return NULL;
}

/* As "make kernelversion" prints it; NULL where this is no kernel. */
static char *kernel_version(const char *root)
{
	char *path = xasprintf("%s/Makefile", root), *s = NULL;
	struct buf b = { 0 };
	char *v, *p, *sub, *extra;

	if (path_exists(path) && !read_file(path, &b)) {
		v = make_variable(b.data, "VERSION");
		p = make_variable(b.data, "PATCHLEVEL");
		sub = make_variable(b.data, "SUBLEVEL");
		extra = make_variable(b.data, "EXTRAVERSION");
		if (v && p && isdigit((unsigned char)*v) &&
		    isdigit((unsigned char)*p))
			s = xasprintf("%s.%s%s%s%s", v, p, sub && *sub ? "." : "",
				      sub ? sub : "", extra ? extra : "");
		free(v);
		free(p);
		free(sub);
		free(extra);
	}
	buf_free(&b);
	free(path);
	return s;
}

/* The library of its tests; run_tests.sh came three years later. */
static bool has_kut(const char *root)
{
	char *lib = xasprintf("%s/lib/libcflat.h", root);
	bool kut = path_exists(lib);

	free(lib);
	return kut;
}

static bool has_scope(const char *root, const struct fixes *fixes)
{
	bool found = false;

	for (size_t i = 0; i < fixes->n; i++)
		for (size_t k = 0; !found && k < fixes->v[i]->scope.n; k++) {
			char *dir = xasprintf("%s/%s", root,
					      fixes->v[i]->scope.v[k]);

			found = !fixes->v[i]->kut && path_exists(dir);
			free(dir);
		}
	return found;
}

static int identify(struct tree *tree, const struct fixes *fixes)
{
	tree->version = kernel_version(tree->root);
	if (tree->version && has_scope(tree->root, fixes))
		return 0;
	if (tree->version)
		return vf_error("%s: none of the directories that the fixes are about is in this kernel tree; name the top of a kernel source tree (KSRC=)",
				tree->arg);
	if (!has_kut(tree->root))
		return vf_error("%s is neither a kernel source tree (no Makefile with VERSION and PATCHLEVEL) nor kvm-unit-tests; name one (KSRC=)",
				tree->arg);
	tree->kut = true;
	tree->version = xstrdup("");
	return 0;
}

/* What is taken out of a tarball: what may be asked about or staged. */
static int wanted_members(const struct fixes *fixes, struct strv *wanted)
{
	int ret = 0;

	strv_split(wanted, "Makefile lib/libcflat.h");
	for (size_t i = 0; !ret && i < fixes->n; i++) {
		const struct fix *fix = fixes->v[i];

		for (size_t k = 0; k < fix->scope.n; k++)
			strv_add(wanted, xstrdup(fix->scope.v[k]));
		for (size_t k = 0; k < fix->adds.n; k++)
			strv_add(wanted, xstrdup(fix->adds.v[k]));
		for (size_t k = 0; !ret && k < fix->shapes.n; k++)
			ret = shape_files(fix->shapes.v[k], wanted);
	}
	return ret ? ret : stage_dirs(wanted);
}

/* Unpacked once, kept under a name that changes with the tarball. */
static int open_archive(struct tree *tree, const char *path,
			const struct stat *st, const struct fixes *fixes)
{
	struct strv wanted = { 0 };
	char hex[HASH_LEN], *id, *list, *tmp = NULL;
	int ret;

	ret = wanted_members(fixes, &wanted);
	strv_sort(&wanted);
	list = strv_join(&wanted, "\n");
	id = xasprintf("%s %lld %lld.%09ld %s %s", path, (long long)st->st_size,
		       (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		       list, setup.engine_hash);
	hash_bytes(id, strlen(id), hex);
	tree->root = xasprintf("%s/src/%.16s", setup.build, hex);
	if (!ret && !path_exists(tree->root)) {
		tmp = scratch_dir("src");
		ret = tmp ? archive_extract(path, &wanted, tmp) : -1;
		if (!ret)
			ret = publish(tmp, tree->root);
	}
	free(tmp);
	free(id);
	free(list);
	strv_free(&wanted);
	return ret;
}

/**
 * tree_open() - take a source tree for reading
 * @tree: on return the tree, to be closed with tree_close()
 * @arg: a directory or a tarball, as the user named it
 * @fixes: which tell what a kernel tree has to have
 *
 * A tarball's members that matter are unpacked into the build directory,
 * once; the user's own files are only read.
 *
 * Return: 0, or -1 after a message.
 */
int tree_open(struct tree *tree, const char *arg, const struct fixes *fixes)
{
	struct stat st;
	char *path;
	int ret = 0;

	*tree = (struct tree){ .arg = arg };
	path = realpath(arg, NULL);
	if (!path || stat(path, &st)) {
		free(path);
		return vf_error("%s: %s; name a kernel source directory or tarball (KSRC=)",
				arg, strerror(errno));
	}
	if (S_ISDIR(st.st_mode))
		tree->root = xstrdup(path);
	else if (S_ISREG(st.st_mode))
		ret = open_archive(tree, path, &st, fixes);
	else
		ret = vf_error("%s is neither a directory nor a tarball", arg);
	free(path);
	return ret ? ret : identify(tree, fixes);
}

void tree_close(struct tree *tree)
{
	free(tree->root);
	free(tree->version);
}
