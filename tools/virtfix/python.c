// SPDX-License-Identifier: GPL-2.0-only
/*
 * What spatch asks of Python each time that it starts, answered from memory.
 *
 * To embed Python, spatch runs python3 for its search path, python3 again for
 * its version, and ldd, a script, for the library. That is a third of what a
 * small run costs, and one tree takes some 70 runs. So a directory with two
 * programs comes first in PATH: a python3 that knows both answers and hands on
 * any other question, and an ldd that knows nothing, on which spatch goes on to
 * ask ldconfig.
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

static int write_in(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int ret = write_file(path, text, strlen(text));

	if (!ret && chmod(path, 0755))
		ret = vf_perror("make executable", path);
	free(path);
	return ret;
}

/* Keep the first line of what Python answers. */
static int keep_answer(const char *const *argv, const char *dir, const char *name)
{
	struct run r = { .argv = argv };
	int ret = run(&r);

	if (!ret && r.status)
		ret = vf_error("%s ended with status %d: %.300s", argv[0],
			       r.status, r.err.data);
	if (!ret)
		ret = write_in(dir, name, r.out.data);
	run_free(&r);
	return ret;
}

static int make_answers(const char *python, const char *dir)
{
	const char *const version[] = { python, "--version", NULL };
	const char *const path[] = { python, "-c",
				     "import sys\nprint(sys.path)", NULL };
	char *real = xasprintf("%s\n", python);
	char *tmp = scratch_dir("python");
	int ret = tmp ? 0 : -1;

	if (!ret)
		ret = keep_answer(version, tmp, "python3.version");
	if (!ret)
		ret = keep_answer(path, tmp, "python3.path");
	if (!ret)
		ret = write_in(tmp, "python3.real", real);
	if (!ret)
		ret = write_in(tmp, "ldd", "#!/bin/sh\nexit 1\n");
	if (!ret)
		ret = write_in(tmp, "python3", python3);
	if (!ret)
		ret = publish(tmp, dir);
	free(tmp);
	free(real);
	return ret;
}

/* The answers are those of one python3 file; where there is none, NULL. */
static char *answers_dir(const char *python)
{
	char hex[HASH_LEN], *id, *dir;
	struct stat st;

	if (!python || stat(python, &st))
		return NULL;
	id = xasprintf("%s %ju %ju %jd %jd %s", python, (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino, (intmax_t)st.st_mtime,
		       (intmax_t)st.st_ctime, setup.engine_hash);
	hash_bytes(id, strlen(id), hex);
	dir = xasprintf("%s/python/%.16s", setup.build, hex);
	free(id);
	return dir;
}

/**
 * remember_python() - spare spatch its questions about Python
 *
 * Puts a directory of the build directory first in PATH. Where there is no
 * python3, nothing changes, and spatch says so.
 *
 * Return: 0, or -1 after a message.
 */
int remember_python(void)
{
	char *python = find_program("python3");
	char *dir = answers_dir(python);
	int ret = 0;

	if (dir && !path_exists(dir))
		ret = make_answers(python, dir);
	if (dir && !ret) {
		char *path = xasprintf("%s:%s", dir, getenv("PATH"));

		setenv("PATH", path, 1);
		free(path);
	}
	free(dir);
	free(python);
	return ret;
}
