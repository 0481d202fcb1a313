// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules as files, read with libkmod.
 */
#include <errno.h>
#include <fts.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "modules.h"
#include "virtfix.h"

/* Room for one more element of @size. */
static int grow(void **v, size_t nr, size_t *alloc, size_t size)
{
	size_t want = *alloc ? *alloc * 2 : 64;
	void *p;

	if (nr < *alloc)
		return 0;
	p = realloc(*v, want * size);
	if (!p)
		return vf_error("out of memory");
	*v = p;
	*alloc = want;
	return 0;
}

/*
 * "kernel/arch/x86/kvm/kvm-intel.ko.xz" is the module kvm_intel: - and _ are
 * one to the kernel, and neither path nor suffix belongs to the name.
 */
static char *module_name(const char *path)
{
	const char *base = strrchr(path, '/');
	char *name, *p;

	name = strdup(base ? base + 1 : path);
	if (!name)
		return NULL;
	for (p = name; *p && *p != '.'; p++)
		if (*p == '-')
			*p = '_';
	*p = '\0';
	return name;
}

int symbols_add(struct mod_symbols *syms, const char *name, uint64_t crc,
		const char *owner)
{
	struct mod_symbol *sym;

	if (grow((void **)&syms->v, syms->nr, &syms->alloc, sizeof(*sym)))
		return -1;
	sym = &syms->v[syms->nr];
	sym->name = strdup(name);
	sym->owner = module_name(owner);
	sym->crc = crc;
	if (!sym->name || !sym->owner) {
		free(sym->name);
		free(sym->owner);
		return vf_error("out of memory");
	}
	syms->nr++;
	return 0;
}

static int symbol_cmp(const void *a, const void *b)
{
	const struct mod_symbol *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void symbols_sort(struct mod_symbols *syms)
{
	if (syms->nr)
		qsort(syms->v, syms->nr, sizeof(*syms->v), symbol_cmp);
}

const struct mod_symbol *symbols_find(const struct mod_symbols *syms,
				      const char *name)
{
	const struct mod_symbol key = { .name = (char *)name };

	if (!syms->nr)
		return NULL;
	return bsearch(&key, syms->v, syms->nr, sizeof(*syms->v), symbol_cmp);
}

void symbols_free(struct mod_symbols *syms)
{
	size_t i;

	for (i = 0; i < syms->nr; i++) {
		free(syms->v[i].name);
		free(syms->v[i].owner);
	}
	free(syms->v);
	memset(syms, 0, sizeof(*syms));
}

/* A line is CRC, symbol, module, kind of export and namespace, by tabs. */
static int symvers_line(struct mod_symbols *syms, char *line)
{
	char *end, *name, *owner;
	unsigned long crc;

	crc = strtoul(line, &end, 16);
	if (end == line || *end != '\t')
		return -1;
	name = end + 1;
	end = strchr(name, '\t');
	if (!end)
		return -1;
	*end = '\0';
	owner = end + 1;
	owner[strcspn(owner, "\t\n")] = '\0';
	return symbols_add(syms, name, crc, owner);
}

int symvers_read(struct mod_symbols *syms, const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned int nr = 0;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!f)
		return vf_error("%s: %s", path, strerror(errno));
	while (getline(&line, &size, f) > 0) {
		nr++;
		if (symvers_line(syms, line)) {
			ret = vf_error("%s:%u: not a line of a Module.symvers",
				       path, nr);
			break;
		}
	}
	if (!ret && ferror(f))
		ret = vf_error("%s: %s", path, strerror(errno));
	free(line);
	fclose(f);
	symbols_sort(syms);
	return ret;
}

static int read_info(struct mod_file *file, struct kmod_module *mod)
{
	struct kmod_list *list = NULL, *l;
	int err;

	err = kmod_module_get_info(mod, &list);
	if (err < 0)
		return vf_error("%s: not a kernel module: %s", file->path,
				strerror(-err));
	kmod_list_foreach(l, list) {
		const char *key = kmod_module_info_get_key(l);
		const char *value = kmod_module_info_get_value(l);

		if (!strcmp(key, "vermagic") && !file->vermagic)
			file->vermagic = strdup(value);
		else if (!strcmp(key, "virtfix") && !file->virtfix)
			file->virtfix = strdup(value);
	}
	kmod_module_info_free_list(list);
	return 0;
}

static int read_exports(struct mod_file *file, struct kmod_module *mod)
{
	struct kmod_list *list = NULL, *l;
	int ret = 0, err;

	/* A module that exports nothing is -ENODATA or just an empty list. */
	err = kmod_module_get_symbols(mod, &list);
	if (err < 0 && err != -ENODATA && err != -ENOENT)
		return vf_error("%s: cannot read its exported symbols: %s",
				file->path, strerror(-err));
	kmod_list_foreach(l, list) {
		ret = symbols_add(&file->exports,
				  kmod_module_symbol_get_symbol(l),
				  kmod_module_symbol_get_crc(l), file->name);
		if (ret)
			break;
	}
	kmod_module_symbols_free_list(list);
	symbols_sort(&file->exports);
	return ret;
}

static int read_imports(struct mod_file *file, struct kmod_module *mod)
{
	struct kmod_list *list = NULL, *l;
	int ret = 0, err;

	/* A kernel without CONFIG_MODVERSIONS has none. */
	err = kmod_module_get_versions(mod, &list);
	if (err < 0 && err != -ENODATA && err != -ENOENT)
		return vf_error("%s: cannot read its symbol versions: %s",
				file->path, strerror(-err));
	kmod_list_foreach(l, list) {
		ret = symbols_add(&file->imports,
				  kmod_module_version_get_symbol(l),
				  kmod_module_version_get_crc(l), "");
		if (ret)
			break;
	}
	kmod_module_versions_free_list(list);
	symbols_sort(&file->imports);
	return ret;
}

static int mod_read(struct mod_file *file, struct kmod_ctx *ctx,
		    unsigned int flags)
{
	struct kmod_module *mod;
	int ret, err;

	err = kmod_module_new_from_path(ctx, file->path, &mod);
	if (err < 0)
		return vf_error("%s: %s", file->path, strerror(-err));
	ret = read_info(file, mod);
	if (!ret && (flags & MOD_SYMBOLS))
		ret = read_exports(file, mod);
	if (!ret && (flags & MOD_SYMBOLS))
		ret = read_imports(file, mod);
	kmod_module_unref(mod);
	return ret;
}

static int mod_add(struct mod_set *set, struct kmod_ctx *ctx, const char *path,
		   const struct mod_set *only, unsigned int flags)
{
	char *name = module_name(path);
	struct mod_file *file;

	if (!name)
		return vf_error("out of memory");
	if (only && !mod_set_find(only, name)) {
		free(name);
		return 0;
	}
	if (grow((void **)&set->v, set->nr, &set->alloc, sizeof(*file))) {
		free(name);
		return -1;
	}
	file = &set->v[set->nr++];
	memset(file, 0, sizeof(*file));
	file->name = name;
	file->path = strdup(path);
	if (!file->path)
		return vf_error("out of memory");
	return mod_read(file, ctx, flags);
}

static bool is_module(const FTSENT *ent)
{
	const char *suffix = strstr(ent->fts_name, ".ko");

	return ent->fts_info == FTS_F && suffix &&
	       (suffix[3] == '\0' || suffix[3] == '.');
}

static int mod_cmp(const void *a, const void *b)
{
	const struct mod_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int mod_set_read(struct mod_set *set, const char *dir,
		 const struct mod_set *only, unsigned int flags)
{
	static const char *const no_config[] = { NULL };
	char *const paths[] = { (char *)dir, NULL };
	struct kmod_ctx *ctx;
	FTSENT *ent;
	int ret = 0;
	FTS *fts;

	ctx = kmod_new("/", no_config);
	if (!ctx)
		return vf_error("out of memory");
	/* libkmod's own messages would be a second line for each of ours. */
	kmod_set_log_priority(ctx, LOG_EMERG);
	fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	if (!fts) {
		kmod_unref(ctx);
		return vf_error("%s: %s", dir, strerror(errno));
	}
	while (!ret && (ent = fts_read(fts))) {
		switch (ent->fts_info) {
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			ret = vf_error("%s: %s", ent->fts_path,
				       strerror(ent->fts_errno));
			break;
		default:
			if (is_module(ent))
				ret = mod_add(set, ctx, ent->fts_path, only,
					      flags);
		}
	}
	fts_close(fts);
	kmod_unref(ctx);
	if (!ret && set->nr)
		qsort(set->v, set->nr, sizeof(*set->v), mod_cmp);
	return ret;
}

const struct mod_file *mod_set_find(const struct mod_set *set, const char *name)
{
	const struct mod_file key = { .name = (char *)name };

	if (!set->nr)
		return NULL;
	return bsearch(&key, set->v, set->nr, sizeof(*set->v), mod_cmp);
}

void mod_set_free(struct mod_set *set)
{
	size_t i;

	for (i = 0; i < set->nr; i++) {
		struct mod_file *file = &set->v[i];

		free(file->path);
		free(file->name);
		free(file->vermagic);
		free(file->virtfix);
		symbols_free(&file->exports);
		symbols_free(&file->imports);
	}
	free(set->v);
	memset(set, 0, sizeof(*set));
}
