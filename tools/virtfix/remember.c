// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is asked of spatch and of Python each time, answered from memory: a
 * directory in the build directory for each such program as it is now.
 *
 * To embed Python, spatch runs python3 for its search path, python3 again for
 * its version, ldd, a script, for the library, and where that does not know,
 * ldconfig. That is half of what a small run costs, and one tree takes some 50
 * runs. So spatch gets a python3 that knows the first two answers and hands on
 * any other question, and first in PATH an ldd that knows the last. And Python
 * keeps spatch's modules compiled here: where they are, only root could.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "virtfix.h"

static const char python3[] =
	"#!/bin/sh\n"
	"# virtfix: answers what spatch asks of Python, from memory.\n"
	"read -r real <\"$0.real\"\n"
	"case $* in\n"
	"--version)\n"
	"	read -r line <\"$0.version\" && printf '%s\\n' \"$line\"\n"
	"	;;\n"
	"'')\n"
	"	read -r one\n"
	"	read -r two\n"
	"	if [ \"$one;$two\" = 'import sys;print(sys.path)' ]; then\n"
	"		read -r line <\"$0.path\" && printf '%s\\n' \"$line\"\n"
	"	else\n"
	"		{ printf '%s\\n' \"$one\" \"$two\"; cat; } | \"$real\"\n"
	"	fi\n"
	"	;;\n"
	"*)\n"
	"	exec \"$real\" \"$@\"\n"
	"	;;\n"
	"esac\n";

static const char ldd[] =
	"#!/bin/sh\n"
	"# virtfix: answers what spatch asks of Python, from memory.\n"
	"read -r line <\"$0.answer\" && printf '%s\\n' \"$line\"\n";

static int write_in(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int ret = write_file(path, text, strlen(text));

	if (!ret && chmod(path, 0755))
		ret = vf_perror("make executable", path);
	free(path);
	return ret;
}

/* Keep what a program answers; its first line is what counts. */
static int keep_answer(const char *const *argv, const char *dir, const char *name,
		       char **answer)
{
	struct run r = { .argv = argv };
	int ret = run(&r);

	if (!ret && r.status)
		ret = vf_error("%s ended with status %d: %.300s; run: make deps all",
			       argv[0], r.status, r.err.data);
	if (!ret)
		ret = write_in(dir, name, r.out.data);
	if (!ret && answer)
		*answer = xstrdup(r.out.data);
	run_free(&r);
	return ret;
}

/*
 * The line of "ldconfig -p" about the library of that Python, as spatch would
 * choose it. Where there is none, spatch looks elsewhere.
 */
static int keep_library(const char *version, const char *dir)
{
	char *ldconfig = find_program("ldconfig"), *name, *line, *save;
	const char *const argv[] = { ldconfig, "-p", NULL };
	struct run r = { .argv = argv };
	unsigned int major, minor;
	int ret = 0;

	if (ldconfig && sscanf(version, "Python %u.%u", &major, &minor) == 2) {
		ret = run(&r);
		if (!ret && !r.status) {
			name = xasprintf("libpython%u.%u.", major, minor);
			line = strtok_r(r.out.data, "\n", &save);
			while (line && strncmp(line + strspn(line, " \t"), name,
					       strlen(name)))
				line = strtok_r(NULL, "\n", &save);
			free(name);
			name = line ? xasprintf("%s\n", line) : NULL;
			if (name)
				ret = write_in(dir, "ldd.answer", name);
			free(name);
		}
		run_free(&r);
	}
	free(ldconfig);
	return ret;
}

static int make_answers(const char *python, const char *dir)
{
	const char *const version[] = { python, "--version", NULL };
	const char *const path[] = { python, "-c",
				     "import sys\nprint(sys.path)", NULL };
	char *real = xasprintf("%s\n", python), *answer = NULL;
	char *tmp = scratch_dir("python");
	int ret = tmp ? 0 : -1;

	if (!ret)
		ret = keep_answer(version, tmp, "python3.version", &answer);
	if (!ret)
		ret = keep_answer(path, tmp, "python3.path", NULL);
	if (!ret)
		ret = keep_library(answer, tmp);
	if (!ret)
		ret = write_in(tmp, "python3.real", real);
	if (!ret)
		ret = write_in(tmp, "ldd", ldd);
	if (!ret)
		ret = write_in(tmp, "python3", python3);
	if (!ret)
		ret = publish(tmp, dir);
	free(answer);
	free(tmp);
	free(real);
	return ret;
}

/* Where what a program answers is kept; NULL where there is no such file. */
static char *memory_of(const char *what, const char *program)
{
	char hex[HASH_LEN], *id, *path;
	struct stat st;

	if (!program || stat(program, &st))
		return NULL;
	id = xasprintf("%s %ju %ju %jd %jd %s", program, (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino, (intmax_t)st.st_mtime,
		       (intmax_t)st.st_ctime, setup.engine_hash);
	hash_bytes(id, strlen(id), hex);
	path = xasprintf("%s/%s/%.16s", setup.build, what, hex);
	free(id);
	return path;
}

/*
 * Isomorphisms that no other form of kernel code needs: of arithmetic, of sizeof,
 * of a BSD macro. All are tried on each expression of each rule.
 */
static const char *const needless_isos[] = {
	"plus_assoc", "minus_assoc", "plus_minus_assoc1", "plus_minus_assoc2",
	"times_assoc", "div_assoc", "times_div_assoc1", "times_div_assoc2",
	"sizeof_type_expr", "bsd_branch_pred", "zero_multiple_format",
};

/* Does spatch know all of these isomorphisms? It ends at a name that it does not. */
static int know_isos(const char *const *isos, size_t n, const char *rule, bool *known)
{
	const char **argv = xrealloc(NULL, (2 * n + 5) * sizeof(*argv));
	size_t args = 0;
	struct run r;
	int ret;

	argv[args++] = setup.spatch;
	argv[args++] = "--very-quiet";
	for (size_t i = 0; i < n; i++) {
		argv[args++] = "--disable-iso";
		argv[args++] = isos[i];
	}
	argv[args++] = "--parse-cocci";
	argv[args++] = rule;
	argv[args] = NULL;
	r = (struct run){ .argv = argv };
	ret = run(&r);
	*known = !ret && !r.status;
	run_free(&r);
	free(argv);
	return ret;
}

/* Keep the names of those that it knows. */
static int keep_isos(const char *dir)
{
	size_t n = sizeof(needless_isos) / sizeof(*needless_isos);
	char *rule = xasprintf("%s/rule.cocci", dir);
	struct buf kept = { 0 };
	bool all, known;
	int ret;

	ret = write_in(dir, "rule.cocci", "@@\n@@\n- f();\n");
	if (!ret)
		ret = know_isos(needless_isos, n, rule, &all);
	for (size_t i = 0; !ret && i < n; i++) {
		known = all;
		if (!all)
			ret = know_isos(needless_isos + i, 1, rule, &known);
		if (known)
			buf_printf(&kept, "%s\n", needless_isos[i]);
	}
	if (!ret)
		ret = write_in(dir, "isos", kept.data ? kept.data : "");
	buf_free(&kept);
	free(rule);
	return ret;
}

/**
 * remember_spatch() - learn what has to be known of spatch
 *
 * Sets setup.spatch_version, what "spatch --version" prints, and setup.isos, the
 * isomorphisms that it shall leave out.
 *
 * Return: 0, or -1 after a message.
 */
int remember_spatch(void)
{
	const char *const argv[] = { setup.spatch, "--version", NULL };
	char *dir = memory_of("spatch", setup.spatch), *path;
	struct buf version = { 0 }, isos = { 0 };
	int ret = 0;

	if (!dir)
		return vf_perror("look at", setup.spatch);
	if (!path_exists(dir)) {
		char *tmp = scratch_dir("spatch");

		ret = tmp ? keep_answer(argv, tmp, "version", NULL) : -1;
		if (!ret)
			ret = keep_isos(tmp);
		if (!ret)
			ret = publish(tmp, dir);
		free(tmp);
	}
	path = xasprintf("%s/version", dir);
	if (!ret)
		ret = read_file(path, &version);
	free(path);
	path = xasprintf("%s/isos", dir);
	if (!ret)
		ret = read_file(path, &isos);
	free(path);
	if (!ret) {
		setup.spatch_version = xstrdup(version.data);
		strv_split(&setup.isos, isos.data);
	}
	buf_free(&version);
	buf_free(&isos);
	free(dir);
	return ret;
}

/**
 * remember_python() - spare spatch its questions about Python
 *
 * Sets setup.python, puts a directory of the build directory first in PATH,
 * and has Python keep there what it compiles. Where there is no python3, nothing
 * changes, and spatch says so.
 *
 * Return: 0, or -1 after a message.
 */
int remember_python(void)
{
	char *python = find_program("python3");
	char *dir = memory_of("python", python);
	int ret = 0;

	if (dir && !path_exists(dir))
		ret = make_answers(python, dir);
	if (dir && !ret) {
		char *path = xasprintf("%s:%s", dir, getenv("PATH"));

		setenv("PATH", path, 1);
		free(path);
		path = xasprintf("%s/pycache", dir);
		setenv("PYTHONPYCACHEPREFIX", path, 1);
		unsetenv("PYTHONDONTWRITEBYTECODE");
		free(path);
		setup.python = xasprintf("%s/python3", dir);
	}
	free(dir);
	free(python);
	return ret;
}
