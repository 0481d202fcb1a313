// SPDX-License-Identifier: GPL-2.0-only
/* Take some directories out of a source tarball. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "virtfix.h"

#define BLOCK_SIZE	(1 << 20)

/** struct unpack - one tarball being read */
struct unpack {
	const char *name;
	const struct strv *wanted;
	char *prefix;			/* "linux-source-6.1/", NULL: not known */
	struct archive *in;
	struct archive *out;
};

static int bad_archive(const struct unpack *u)
{
	return vf_error("%s: %s; it is truncated, damaged or no tarball",
			u->name, archive_error_string(u->in));
}

/*
 * Does a path, seen from the directory that it stands in, stay at or below
 * the top of the tarball?
 */
static bool leads_outside(const char *dir, const char *path)
{
	int depth = 0;

	if (*path == '/')
		return true;
	for (const char *p = dir; (p = strchr(p, '/')); p++)
		depth++;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && !strncmp(path, "..", 2))
			depth--;
		else if (n && !(n == 1 && *path == '.'))
			depth++;
		if (depth < 0)
			return true;
		path += n;
		path += strspn(path, "/");
	}
	return false;
}

/*
 * Tarballs have one directory on top, or none: that is, when the first
 * member already lies in a directory that we want.
 */
static void find_prefix(struct unpack *u, const char *path)
{
	size_t n = strcspn(path, "/");

	if (u->prefix)
		return;
	u->prefix = xstrdup("");
	if (!path[n])
		return;
	for (size_t i = 0; i < u->wanted->n; i++)
		if (!strncmp(u->wanted->v[i], path, n) &&
		    (u->wanted->v[i][n] == '/' || !u->wanted->v[i][n]))
			return;
	free(u->prefix);
	u->prefix = xasprintf("%.*s", (int)n + 1, path);
}

/* The member's path below the tarball's one directory on top. */
static const char *in_tree(struct unpack *u, const char *path)
{
	while (!strncmp(path, "./", 2))
		path += 2;
	if (!*path)
		return path;
	find_prefix(u, path);
	if (!strncmp(path, u->prefix, strlen(u->prefix)))
		path += strlen(u->prefix);
	return path;
}

/* The member's path in the tree where it is wanted, else NULL. */
static const char *wanted_path(struct unpack *u, const char *path)
{
	path = in_tree(u, path);
	for (size_t i = 0; i < u->wanted->n; i++)
		if (path_under(path, u->wanted->v[i]))
			return path;
	return NULL;
}

static int check_member(struct unpack *u, struct archive_entry *e)
{
	const char *path = archive_entry_pathname(e);
	const char *sym = archive_entry_symlink(e);
	const char *hard = archive_entry_hardlink(e);

	if (!path)
		return vf_error("%s: a member has no name", u->name);
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return vf_error("%s: the member %s leads outside; take the tarball from its origin again",
					u->name, path);
	if (*path == '/')
		return vf_error("%s: the member %s leads outside; take the tarball from its origin again",
				u->name, path);
	if ((sym && leads_outside(in_tree(u, path), sym)) ||
	    (hard && leads_outside("", hard)))
		return vf_error("%s: the link %s leads outside (to %s); take the tarball from its origin again",
				u->name, path, sym ? sym : hard);
	return 0;
}

static int copy_data(struct unpack *u, const char *path)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int r;

	while ((r = archive_read_data_block(u->in, &block, &size, &offset)) == ARCHIVE_OK)
		if (archive_write_data_block(u->out, block, size, offset) < ARCHIVE_OK) {
			errno = archive_errno(u->out);
			return vf_perror("write", path);
		}
	return r == ARCHIVE_EOF ? 0 : bad_archive(u);
}

static int copy_member(struct unpack *u, struct archive_entry *e)
{
	const char *path = wanted_path(u, archive_entry_pathname(e));
	const char *hard = archive_entry_hardlink(e);
	char *copy;
	int ret = 0;

	/* Links are not needed: what they lead to is a member as well. */
	if (!path || archive_entry_filetype(e) != AE_IFREG || hard)
		return 0;
	copy = xstrdup(path);
	archive_entry_set_pathname(e, copy);
	archive_entry_set_perm(e, archive_entry_perm(e) & 0111 ? 0755 : 0644);
	if (archive_write_header(u->out, e) < ARCHIVE_OK) {
		errno = archive_errno(u->out);
		ret = vf_perror("write", copy);
	}
	if (!ret)
		ret = copy_data(u, copy);
	if (!ret && archive_write_finish_entry(u->out) < ARCHIVE_OK) {
		errno = archive_errno(u->out);
		ret = vf_perror("write", copy);
	}
	free(copy);
	return ret;
}

static int copy_members(struct unpack *u)
{
	struct archive_entry *e;
	int ret = 0, r;

	while (!ret && (r = archive_read_next_header(u->in, &e)) != ARCHIVE_EOF) {
		if (r < ARCHIVE_WARN)
			return bad_archive(u);
		ret = check_member(u, e);
		if (!ret)
			ret = copy_member(u, e);
	}
	return ret;
}

/**
 * archive_extract() - take the wanted members out of a tarball
 * @archive: the tarball, in any compression that libarchive knows
 * @wanted: files and directories, relative to the top of the source tree
 * @dest: an existing directory that they go to
 *
 * The tarball is read to its end: a truncated one, or a member or link that
 * leads outside, is refused even where it is not wanted.
 *
 * Return: 0, or -1 after a message.
 */
int archive_extract(const char *archive, const struct strv *wanted,
		    const char *dest)
{
	struct unpack u = { .name = archive, .wanted = wanted };
	int ret, here;

	u.in = archive_read_new();
	u.out = archive_write_disk_new();
	archive_read_support_filter_all(u.in);
	archive_read_support_format_tar(u.in);
	archive_write_disk_set_options(u.out, ARCHIVE_EXTRACT_TIME |
				       ARCHIVE_EXTRACT_SECURE_NODOTDOT |
				       ARCHIVE_EXTRACT_SECURE_SYMLINKS |
				       ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS);
	here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (archive_read_open_filename(u.in, archive, BLOCK_SIZE) != ARCHIVE_OK)
		ret = bad_archive(&u);
	else if (here < 0 || chdir(dest))
		ret = vf_perror("enter", dest);
	else
		ret = copy_members(&u);
	if (here >= 0) {
		if (fchdir(here))
			ret = vf_perror("enter", "the working directory again");
		close(here);
	}
	archive_read_free(u.in);
	archive_write_free(u.out);
	free(u.prefix);
	return ret;
}
