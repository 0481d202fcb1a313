/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel modules as files: their names, versions, exports and imports.
 */
#ifndef VIRTFIX_MODULES_H
#define VIRTFIX_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mod_symbol {
	char *name;
	uint64_t crc;
	char *owner;		/* the module that exports it, as "kvm_intel" */
};

/* Sorted by name once symbols_sort() was called. */
struct mod_symbols {
	struct mod_symbol *v;
	size_t nr;
	size_t alloc;
};

struct mod_file {
	char *path;
	char *name;		/* as the kernel knows it: "kvm_intel" */
	char *vermagic;		/* NULL if it has none */
	char *virtfix;		/* fixes grafted into it; NULL: not one of ours */
	struct mod_symbols exports;
	struct mod_symbols imports;
};

struct mod_set {
	struct mod_file *v;
	size_t nr;
	size_t alloc;
};

/* What mod_set_read() shall read beside names and .modinfo. */
#define MOD_SYMBOLS	1

/*
 * Reads the modules below @dir, sorted by name; with @only, just those whose
 * names are in that set. Returns 0, or -1 after a message.
 */
int mod_set_read(struct mod_set *set, const char *dir,
		 const struct mod_set *only, unsigned int flags);
const struct mod_file *mod_set_find(const struct mod_set *set, const char *name);
void mod_set_free(struct mod_set *set);

int symbols_add(struct mod_symbols *syms, const char *name, uint64_t crc,
		const char *owner);
void symbols_sort(struct mod_symbols *syms);
const struct mod_symbol *symbols_find(const struct mod_symbols *syms,
				      const char *name);
void symbols_free(struct mod_symbols *syms);

/* Reads a Module.symvers. Returns 0, or -1 after a message. */
int symvers_read(struct mod_symbols *syms, const char *path);

#endif /* VIRTFIX_MODULES_H */
