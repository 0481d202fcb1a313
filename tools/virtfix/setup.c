// SPDX-License-Identifier: GPL-2.0-only
/* Where things are, and the scratch directories of this run. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "virtfix.h"

struct setup setup;

static pid_t owner;			/* of the scratch directory */

/*
 * A run that was killed leaves its scratch directory, "tmp/PID", and nothing
 * else; the next one removes it.
 */
static void remove_stale(const char *tmp)
{
	struct dirent *e;
	DIR *dir;

	dir = opendir(tmp);
	if (!dir)
		return;
	while ((e = readdir(dir))) {
		int pid = atoi(e->d_name);
		char *path;

		if (pid <= 0 || !kill(pid, 0) || errno != ESRCH)
			continue;
		path = xasprintf("%s/%s", tmp, e->d_name);
		remove_tree(path);
		free(path);
	}
	closedir(dir);
}

/**
 * find_program() - which program of a name PATH chooses
 * @name: its name
 *
 * Return: its path, to be freed, or NULL where there is none.
 */
char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	char *copy, *dir, *save, *found = NULL;

	copy = xstrdup(path ? path : "");
	for (dir = strtok_r(copy, ":", &save); dir && !found;
	     dir = strtok_r(NULL, ":", &save)) {
		found = xasprintf("%s/%s", dir, name);
		if (access(found, X_OK)) {
			free(found);
			found = NULL;
		}
	}
	free(copy);
	return found;
}

/*
 * spatch looks for its Python by running what PATH offers, many times. A
 * wrapper script there costs 0.2 s a run, so the system's own come first.
 * ldconfig, which most users' PATH lacks, knows the library; without it
 * spatch asks python3-config, a script that runs a dozen programs.
 */
static void system_path_first(void)
{
	const char *path = getenv("PATH");
	char *s = xasprintf("/usr/bin:/bin:/usr/sbin:/sbin%s%s",
			    path ? ":" : "", path ? path : "");

	setenv("PATH", s, 1);
	setenv("HOME", "/", 0);		/* spatch dies without one */
	free(s);
}

/* The engine by what it is, not by what it calls itself. */
static int identify(void)
{
	struct buf b = { 0 };
	int ret;

	ret = read_file("/proc/self/exe", &b);
	if (!ret)
		hash_bytes(b.data, b.len, setup.engine_hash);
	buf_free(&b);
	return ret;
}

/*
 * What a run of spatch costs beyond its own work is page faults and collecting
 * garbage. It gets a minor heap of 8 MiB (1 Mi words), a first heap of 32 MiB, of
 * which only what is used is touched, collects late and compacts never. And all
 * its memory, Python's too, is of one piece that grows by 16 MiB, for then it is
 * of huge pages where the system gives them to who asks. The user's settings stand.
 */
static void memory_for_spatch(void)
{
	setenv("OCAMLRUNPARAM", "s=1M,h=4M,i=4M,o=1000,O=1000000", 0);
	setenv("PYTHONMALLOC", "malloc", 0);
	setenv("GLIBC_TUNABLES",
	       "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=16777216:glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=1073741824",
	       0);
}

/**
 * setup_init() - find the project, the build directory and spatch
 * @top: the project's directory
 * @build: the build directory; made where it is missing
 *
 * Return: 0, or -1 after a message.
 */
int setup_init(const char *top, const char *build)
{
	char *tmp;

	setup.top = top;
	owner = getpid();
	if (mkdir_p(build))
		return -1;
	setup.build = realpath(build, NULL);
	if (!setup.build)
		return vf_perror("open", build);
	tmp = xasprintf("%s/tmp", setup.build);
	remove_stale(tmp);
	free(tmp);
	setup.spatch = find_program("spatch");
	if (!setup.spatch)
		return vf_error("spatch was not found; run: make deps all");
	setenv("LC_ALL", "C", 1);	/* what the programs say is read */
	system_path_first();
	memory_for_spatch();
	return identify() || remember_spatch() || remember_python() ? -1 : 0;
}

void setup_free(void)
{
	char *tmp;

	if (setup.build) {
		tmp = xasprintf("%s/tmp/%d", setup.build, owner);
		remove_tree(tmp);
		free(tmp);
	}
	free(setup.build);
	free(setup.spatch);
	free(setup.python);
	free(setup.spatch_version);
	strv_free(&setup.isos);
}

/**
 * scratch_dir() - make a scratch directory that goes when this run ends
 * @name: its name, one for each use
 *
 * Return: its path, to be freed, or NULL after a message.
 */
char *scratch_dir(const char *name)
{
	char *path = xasprintf("%s/tmp/%d/%s", setup.build, owner, name);

	if (!mkdir_p(path))
		return path;
	free(path);
	return NULL;
}
