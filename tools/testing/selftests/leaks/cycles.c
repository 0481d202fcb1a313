// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load a set of modules, run a program that uses them, unload them, again and
 * again, and count what the kernel has lost by then: pages that are neither
 * free nor of slab, and the objects of each slab cache.
 *
 *	cycles LIST COUNT PROGRAM
 *
 * LIST has the modules' files and parameters, a line each, as the init of the
 * emulated machines reads it. They are loaded at the beginning and at the end.
 * The kernel has one CPU, and slub_debug=F on its command line: then no CPU
 * keeps objects, and what /proc/slabinfo calls active is in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"

#define MODULES		16
#define CACHES		512
#define LINE		512

/*
 * Some memory is freed late, by RCU or by a worker: it counts when nothing has
 * changed so many times.
 */
#define STILL		8
#define TRIES		60
#define WAIT_MS		50

struct module {
	char file[256], name[64], params[128];
};

struct cache {
	char name[64];
	long objects;
};

struct usage {
	long pages, objects;
	unsigned int caches;
	struct cache cache[CACHES];
};

static struct module modules[MODULES];
static unsigned int nr_modules;
/* Not on the stack: a page more or less would count. */
static struct usage before, after;
static char line[LINE];
static FILE *drop_caches, *stat_refresh, *last_pid, *zoneinfo, *vmstat, *slabinfo;

static void read_list(const char *path)
{
	FILE *f = fopen(path, "re");
	struct module *m;
	char *c;

	if (!f)
		ktap_bail_out("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (nr_modules == MODULES)
			ktap_bail_out("%s: more than %u modules", path, MODULES);
		m = &modules[nr_modules++];
		if (sscanf(line, "%255s %127[^\n]", m->file, m->params) < 1)
			ktap_bail_out("%s: an empty line", path);
		c = strrchr(m->file, '/');
		snprintf(m->name, sizeof(m->name), "%.*s", (int)strcspn(c + 1, "."), c + 1);
		for (c = m->name; *c; c++)
			if (*c == '-')
				*c = '_';
	}
	fclose(f);
}

static void sleep_ms(unsigned int ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000l };

	nanosleep(&ts, NULL);
}

static void load(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < nr_modules; i++) {
		fd = open(modules[i].file, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, modules[i].params, 0))
			ktap_bail_out("%s: %s", modules[i].file, strerror(errno));
		close(fd);
	}
}

static void unload(void)
{
	unsigned int i, try;
	int err;

	for (i = nr_modules; i-- > 0;) {
		for (try = 0, err = EAGAIN; err && try < TRIES; try++) {
			if (try)
				sleep_ms(WAIT_MS);
			err = syscall(SYS_delete_module, modules[i].name, O_NONBLOCK) ? errno : 0;
		}
		if (err)
			ktap_bail_out("%s is not unloaded: %s", modules[i].name, strerror(err));
	}
}

/* What the program had to say about its failure */
static void show_failures(int fd)
{
	FILE *f = fdopen(fd, "r");

	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "not ok", 6) || !strncmp(line, "Bail", 4))
			printf("# %s", line);
}

static void run(char **argv)
{
	int fd = memfd_create("output", 0), status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (fd < 0 || pid < 0)
		ktap_bail_out("%s cannot be run: %s", argv[0], strerror(errno));
	if (!pid) {
		dup2(fd, STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		show_failures(fd);
		ktap_bail_out("%s ended with status %#x", argv[0], status);
	}
	close(fd);
}

/* Opened once: the kernel frees a closed file late. */
static FILE *open_proc(const char *path, const char *mode)
{
	FILE *f = fopen(path, mode);

	if (!f)
		ktap_bail_out("%s: %s", path, strerror(errno));
	return f;
}

static void open_all(void)
{
	drop_caches = open_proc("/proc/sys/vm/drop_caches", "we");
	stat_refresh = open_proc("/proc/sys/vm/stat_refresh", "we");
	last_pid = open_proc("/proc/sys/kernel/ns_last_pid", "we");
	zoneinfo = open_proc("/proc/zoneinfo", "re");
	vmstat = open_proc("/proc/vmstat", "re");
	slabinfo = open_proc("/proc/slabinfo", "re");
}

static void write_to(FILE *f, const char *word)
{
	rewind(f);
	if (fputs(word, f) < 0 || fflush(f))
		ktap_bail_out("\"%s\": %s", word, strerror(errno));
}

/* The same numbers for all tasks that it makes: the kernel has a tree of them. */
static void cycle(char **argv)
{
	write_to(last_pid, "1000");
	load();
	run(argv);
	unload();
}

/* Those in the lists of the CPU are free as well. */
static long free_pages(void)
{
	long n, sum = 0;

	rewind(zoneinfo);
	while (fgets(line, sizeof(line), zoneinfo))
		if (sscanf(line, " pages free %ld", &n) == 1 ||
		    sscanf(line, " count: %ld", &n) == 1)
			sum += n;
	return sum;
}

static long slab_pages(void)
{
	long n, sum = 0;

	rewind(vmstat);
	while (fgets(line, sizeof(line), vmstat))
		if (sscanf(line, "nr_slab_reclaimable %ld", &n) == 1 ||
		    sscanf(line, "nr_slab_unreclaimable %ld", &n) == 1)
			sum += n;
	return sum;
}

static void measure(struct usage *u)
{
	struct cache *c;

	write_to(drop_caches, "3");
	write_to(stat_refresh, "1");
	u->pages = -free_pages() - slab_pages();
	u->objects = 0;
	u->caches = 0;
	rewind(slabinfo);
	while (fgets(line, sizeof(line), slabinfo)) {
		c = &u->cache[u->caches];
		/* The heading has no numbers. */
		if (sscanf(line, "%63s %ld", c->name, &c->objects) != 2)
			continue;
		u->objects += c->objects;
		if (++u->caches == CACHES)
			ktap_bail_out("more than %u slab caches", CACHES - 1);
	}
}

/* objects_of(): in a cache that may be new */
static long objects_of(const struct usage *u, const char *name)
{
	unsigned int i;

	for (i = 0; i < u->caches; i++)
		if (!strcmp(u->cache[i].name, name))
			return u->cache[i].objects;
	return 0;
}

static long more_objects(const struct cache *c)
{
	return c->objects - objects_of(&before, c->name);
}

static void settle(struct usage *u)
{
	unsigned int still = 0, try;
	long pages, objects;

	measure(u);
	for (try = 0; still < STILL && try < TRIES; try++) {
		pages = u->pages;
		objects = u->objects;
		sleep_ms(WAIT_MS);
		measure(u);
		still = pages == u->pages && objects == u->objects ? still + 1 : 0;
	}
}

/*
 * What a load loses is lost by each one. A few more in all may be of a kernel
 * thread that came in between.
 */
static bool none_each(long n, long cycles)
{
	return n < cycles;
}

static void report(long cycles)
{
	long n = after.pages - before.pages;
	bool none = true;
	unsigned int i;

	if (!ktap_result(none_each(n, cycles),
			 "%ld cycles: no page is lost by each # %+ld pages", cycles, n))
		ktap_observed("pages-lost");
	for (i = 0; i < after.caches; i++) {
		n = more_objects(&after.cache[i]);
		if (n)
			printf("# %s %+ld\n", after.cache[i].name, n);
		if (!none_each(n, cycles))
			none = false;
	}
	if (!ktap_result(none, "%ld cycles: no object of slab is lost by each # %+ld objects",
			 cycles, after.objects - before.objects))
		ktap_observed("objects-lost");
}

int main(int argc, char **argv)
{
	long i, cycles;

	if (argc < 4)
		ktap_bail_out("usage: cycles LIST COUNT PROGRAM");
	cycles = atol(argv[2]);
	ktap_start();
	/* From now on without a word in the log */
	open_all();
	write_to(drop_caches, "4");
	read_list(argv[1]);
	unload();

	/* What is only made once, and what this program needs itself */
	cycle(argv + 3);
	settle(&after);
	settle(&before);
	for (i = 0; i < cycles; i++)
		cycle(argv + 3);
	settle(&after);
	report(cycles);
	load();
	return ktap_finish();
}
