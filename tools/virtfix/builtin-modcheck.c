// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtfix modcheck: do these modules load into the kernel that they are for?
 *
 * A module loads when its vermagic is the kernel's and the CRC of every
 * symbol that it takes is that of the symbol's exporter. And the kernel's
 * other modules go on working with it when it exports what the stock one
 * exports, with the same CRCs. A fix that has to change a type says so in its
 * header (Abi:); only such a difference is let through.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"
#include "virtfix.h"

/* A wrong kernel differs in everything: so many differences are enough. */
#define MAX_SAID	20

/* A line of --abi: the symbols, or patterns of them, that a fix may change. */
struct abi {
	char *fix;
	char *pattern;
};

struct check {
	struct mod_set set;
	struct mod_set stock;
	struct mod_symbols symvers;
	struct mod_symbols exports;	/* of the whole set */
	char release[128];
	bool has_stock;
	struct abi *abi;
	size_t nr_abi;
	size_t nr_imports;
	size_t nr_allowed;
	size_t nr_bad;
};

static int abi_add(struct check *c, const char *fix, const char *pattern)
{
	struct abi *abi;

	abi = realloc(c->abi, (c->nr_abi + 1) * sizeof(*abi));
	if (!abi)
		return vf_error("out of memory");
	c->abi = abi;
	abi += c->nr_abi;
	abi->fix = strdup(fix);
	abi->pattern = strdup(pattern);
	c->nr_abi++;
	return abi->fix && abi->pattern ? 0 : vf_error("out of memory");
}

/* Lines of "FIX SYMBOL...". */
static int read_abi(struct check *c, const char *path)
{
	static const char blank[] = " \t\n";
	FILE *f = fopen(path, "r");
	char *line = NULL, *save, *fix, *word;
	size_t size = 0;
	int ret = 0;

	if (!f)
		return vf_error("%s: %s", path, strerror(errno));
	while (!ret && getline(&line, &size, f) > 0) {
		fix = strtok_r(line, blank, &save);
		if (!fix || *fix == '#')
			continue;
		while (!ret && (word = strtok_r(NULL, blank, &save)))
			ret = abi_add(c, fix, word);
	}
	free(line);
	fclose(f);
	return ret;
}

static const char *abi_allows(const struct check *c, const char *symbol)
{
	size_t i;

	for (i = 0; i < c->nr_abi; i++)
		if (!fnmatch(c->abi[i].pattern, symbol, 0))
			return c->abi[i].fix;
	return NULL;
}

/* Whose modules these are: the release that their vermagic begins with. */
static int read_release(struct check *c, const char *kdir)
{
	static const char file[] = "include/generated/utsrelease.h";
	char path[4096], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", kdir, file);
	f = fopen(path, "r");
	if (!f)
		return vf_error("%s: %s: not a kernel build directory", path,
				strerror(errno));
	while (!c->release[0] && fgets(line, sizeof(line), f))
		sscanf(line, "#define UTS_RELEASE \"%127[^\"]\"", c->release);
	fclose(f);
	return c->release[0] ? 0 : vf_error("%s: no UTS_RELEASE in it", path);
}

__attribute__((format(printf, 2, 3)))
static void differs(struct check *c, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (c->nr_bad++ >= MAX_SAID)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	vf_error("%s", text);
}

/* Blames the fixes that the module carries, as any of them may have done it. */
static const char *blame(const struct mod_file *mod)
{
	return mod->virtfix && *mod->virtfix ? mod->virtfix : "no fix";
}

static void check_vermagic(struct check *c, const struct mod_file *mod)
{
	const char *have = mod->vermagic ? mod->vermagic : "";
	const struct mod_file *stock;
	size_t len = strlen(c->release);

	if (c->has_stock) {
		stock = mod_set_find(&c->stock, mod->name);
		if (!stock)
			differs(c, "%s: the stock kernel has no such module",
				mod->name);
		else if (!stock->vermagic || strcmp(stock->vermagic, have))
			differs(c, "%s: vermagic is '%s', the stock module's '%s'",
				mod->name, have,
				stock->vermagic ? stock->vermagic : "");
		return;
	}
	if (strncmp(have, c->release, len) || have[len] != ' ')
		differs(c, "%s: vermagic is '%s', not that of %s", mod->name,
			have, c->release);
}

/* True where a difference in @symbol is one that a grafted fix declares. */
static bool allowed(struct check *c, const char *symbol)
{
	if (!abi_allows(c, symbol))
		return false;
	c->nr_allowed++;
	return true;
}

static void check_exports(struct check *c, const struct mod_file *mod)
{
	const struct mod_symbol *sym, *known;
	size_t i;

	for (i = 0; i < mod->exports.nr; i++) {
		sym = &mod->exports.v[i];
		known = symbols_find(&c->symvers, sym->name);
		if (known && known->crc == sym->crc)
			continue;
		if (allowed(c, sym->name))
			continue;
		if (known)
			differs(c, "%s: exports %s with CRC 0x%08llx, the stock kernel's is 0x%08llx; it carries %s, and no fix declares this with Abi:",
				mod->name, sym->name,
				(unsigned long long)sym->crc,
				(unsigned long long)known->crc, blame(mod));
		else
			differs(c, "%s: exports %s, the stock kernel does not; it carries %s, and no fix declares this with Abi:",
				mod->name, sym->name, blame(mod));
	}
}

static void check_imports(struct check *c, const struct mod_file *mod)
{
	const struct mod_symbol *sym, *from;
	size_t i;

	for (i = 0; i < mod->imports.nr; i++) {
		sym = &mod->imports.v[i];
		c->nr_imports++;
		from = symbols_find(&c->exports, sym->name);
		if (!from)
			from = symbols_find(&c->symvers, sym->name);
		if (from && from->crc == sym->crc)
			continue;
		if (from)
			differs(c, "%s: takes %s with CRC 0x%08llx, that of %s is 0x%08llx; it carries %s",
				mod->name, sym->name,
				(unsigned long long)sym->crc, from->owner,
				(unsigned long long)from->crc, blame(mod));
		else
			differs(c, "%s: takes %s, which nothing exports; it carries %s",
				mod->name, sym->name, blame(mod));
	}
}

/* What a stock module exports, ours of the same name has to export too. */
static void check_lost(struct check *c)
{
	const struct mod_symbol *sym;
	const struct mod_file *mod;
	size_t i;

	for (i = 0; i < c->symvers.nr; i++) {
		sym = &c->symvers.v[i];
		mod = mod_set_find(&c->set, sym->owner);
		if (!mod || symbols_find(&mod->exports, sym->name))
			continue;
		if (allowed(c, sym->name))
			continue;
		differs(c, "%s: does not export %s, the stock module does; it carries %s, and no fix declares this with Abi:",
			mod->name, sym->name, blame(mod));
	}
}

static int collect_exports(struct check *c)
{
	size_t i, j;

	for (i = 0; i < c->set.nr; i++) {
		const struct mod_file *mod = &c->set.v[i];

		for (j = 0; j < mod->exports.nr; j++)
			if (symbols_add(&c->exports, mod->exports.v[j].name,
					mod->exports.v[j].crc, mod->name))
				return -1;
	}
	symbols_sort(&c->exports);
	return 0;
}

static int read_all(struct check *c, const char *kdir, const char *modules,
		    const char *stock, const char *abi)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/Module.symvers", kdir);
	if (read_release(c, kdir) || symvers_read(&c->symvers, path) ||
	    mod_set_read(&c->set, modules, NULL, MOD_SYMBOLS))
		return -1;
	if (!c->set.nr)
		return vf_error("%s: no modules in it", modules);
	if (stock) {
		c->has_stock = true;
		if (mod_set_read(&c->stock, stock, &c->set, 0))
			return -1;
	}
	if (abi && read_abi(c, abi))
		return -1;
	return collect_exports(c);
}

static int check_all(struct check *c)
{
	size_t i;

	for (i = 0; i < c->set.nr; i++) {
		check_vermagic(c, &c->set.v[i]);
		check_exports(c, &c->set.v[i]);
		check_imports(c, &c->set.v[i]);
	}
	check_lost(c);
	if (c->nr_bad) {
		vf_error("%zu modules for %s: %zu differences from the stock kernel",
			 c->set.nr, c->release, c->nr_bad);
		return 1;
	}
	printf("%zu modules, %zu exported symbols, %zu imported: CRCs and vermagic as in %s",
	       c->set.nr, c->exports.nr, c->nr_imports, c->release);
	if (c->nr_allowed)
		printf(", but for %zu that fixes declare", c->nr_allowed);
	putchar('\n');
	return 0;
}

static void check_free(struct check *c)
{
	size_t i;

	for (i = 0; i < c->nr_abi; i++) {
		free(c->abi[i].fix);
		free(c->abi[i].pattern);
	}
	free(c->abi);
	mod_set_free(&c->set);
	mod_set_free(&c->stock);
	symbols_free(&c->symvers);
	symbols_free(&c->exports);
}

int cmd_modcheck(int argc, const char **argv)
{
	const char *stock = NULL, *abi = NULL;
	struct check c = { 0 };
	int i, ret;

	for (i = 1; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
		if (!strcmp(argv[i], "--stock"))
			stock = argv[i + 1];
		else if (!strcmp(argv[i], "--abi"))
			abi = argv[i + 1];
		else
			break;
	}
	if (argc - i != 2 || argv[i][0] == '-') {
		vf_error("usage: modcheck [--stock DIR] [--abi FILE] KDIR MODULESDIR");
		return 3;
	}
	ret = read_all(&c, argv[i], argv[i + 1], stock, abi) ? 3 : check_all(&c);
	check_free(&c);
	return ret;
}

/* virtfix modules: which modules there are, and what each carries. */
int cmd_modules(int argc, const char **argv)
{
	struct mod_set set = { 0 };
	size_t i, width = 0, len;
	int ret;

	if (argc != 2 || argv[1][0] == '-') {
		vf_error("usage: modules MODULESDIR");
		return 3;
	}
	ret = mod_set_read(&set, argv[1], NULL, 0);
	if (!ret && !set.nr)
		ret = vf_error("%s: no modules in it", argv[1]);
	for (i = 0; !ret && i < set.nr; i++) {
		len = strlen(set.v[i].name);
		width = len > width ? len : width;
	}
	for (i = 0; !ret && i < set.nr; i++) {
		const char *fixes = set.v[i].virtfix;

		printf("%-*s  %s\n", (int)width, set.v[i].name,
		       !fixes ? "(stock)" : *fixes ? fixes : "-");
	}
	mod_set_free(&set);
	return ret ? 3 : 0;
}
