// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fix as a whole: its rules, its patches, and the new files of our own that
 * it adds ("Adds:"), which stand in the project at the place that they have in
 * the tree.
 */
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

/* Is this added file in the tree, and is it ours? */
static int find_added(const char *root, const char *rel, bool *there, bool *ours)
{
	char *ours_path = xasprintf("%s/%s", setup.top, rel);
	char *path = xasprintf("%s/%s", root, rel);
	struct buf a = { 0 }, b = { 0 };
	int ret = 0;

	*ours = false;
	*there = path_exists(path);
	if (*there) {
		ret = read_file(ours_path, &a);
		if (!ret)
			ret = read_file(path, &b);
		*ours = !ret && a.len == b.len && !memcmp(a.data, b.data, a.len);
	}
	buf_free(&a);
	buf_free(&b);
	free(ours_path);
	free(path);
	return ret;
}

/* A file of the tree's own is not ours to replace. */
static int adds_look(const struct fix *fix, const char *root,
		     struct findings *out)
{
	bool there, ours;
	int ret = 0;

	for (size_t i = 0; !ret && i < fix->adds.n; i++) {
		ret = find_added(root, fix->adds.v[i], &there, &ours);
		if (!ret && there && !ours)
			add_finding(out, "blocked", fix->adds.v[i], 1,
				    "another file has the name of one that this fix adds");
	}
	return ret;
}

/**
 * adds_change() - copy the files that a fix adds into a tree, or remove them
 * @fix: the fix
 * @root: a staged tree, never the user's
 * @change: which of the two
 * @changed: set where a file came or went
 *
 * Return: 0, or -1 after a message.
 */
int adds_change(const struct fix *fix, const char *root, enum change change,
		bool *changed)
{
	bool there, ours;
	int ret = 0;

	for (size_t i = 0; !ret && i < fix->adds.n; i++) {
		char *from = xasprintf("%s/%s", setup.top, fix->adds.v[i]);
		char *to = xasprintf("%s/%s", root, fix->adds.v[i]);

		ret = find_added(root, fix->adds.v[i], &there, &ours);
		if (!ret && change == CHANGE_GRAFT && !there) {
			ret = copy_file(from, to);
			*changed = true;
		} else if (!ret && change == CHANGE_UNDO && ours) {
			ret = remove_tree(to);
			*changed = true;
		}
		free(from);
		free(to);
	}
	return ret;
}

/**
 * fix_look() - what a fix sees in a tree, by its rules, patches and files
 * @fix: the fix
 * @hits: its files
 * @root: the tree
 * @keep: a directory in which to keep what the rules would change, for
 *	fix_change(), or NULL
 * @out: what was found, to be freed with findings_free()
 *
 * Return: 0, or -1 after a message.
 */
int fix_look(const struct fix *fix, const struct hits *hits, const char *root,
	     const char *keep, struct findings *out)
{
	int ret = 0;

	*out = (struct findings){ 0 };
	if (fix->cocci)
		ret = spatch_look(fix, hits, root, keep, out);
	if (!ret && fix->shapes.n)
		ret = shapes_look(fix, root, out);
	if (!ret)
		ret = adds_look(fix, root, out);
	return ret;
}

/**
 * fix_change() - graft a fix into the files of a tree, or take it out
 * @fix: the fix
 * @hits: its files
 * @root: a staged tree, never the user's, that has these files
 * @change: which of the two; what was grafted last is taken out first
 * @kept: where fix_look() kept what the rules change in these very files, or
 *	NULL
 * @changed: set where a file changed
 *
 * Return: 0, or -1 after a message.
 */
int fix_change(const struct fix *fix, const struct hits *hits, const char *root,
	       enum change change, const char *kept, bool *changed)
{
	bool undo = change == CHANGE_UNDO;
	int ret = 0;

	*changed = false;
	if (undo)
		ret = shapes_change(fix, root, change, changed);
	if (!ret && kept && fix->cocci_changes)
		ret = spatch_carry(fix, hits, kept, root, changed);
	else if (!ret && (fix->cocci_changes || (undo && has_undo(fix))))
		ret = spatch_change(fix, hits, root, change, changed);
	if (!ret && !undo)
		ret = shapes_change(fix, root, change, changed);
	return ret ? ret : adds_change(fix, root, change, changed);
}
