/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtfix: which KVM and VFIO fixes a kernel source tree needs, and how they
 * get into it.
 *
 * Functions that can fail return 0 or a negative value after vf_error() has
 * said what went wrong; nothing is printed twice on the way up.
 */
#ifndef VIRTFIX_H
#define VIRTFIX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#define HASH_LEN	65		/* SHA-256 in hexadecimal, with the NUL */

/* Exit statuses of the verbs; other programs depend on them (design.md). */
enum {
	EXIT_CLEAN = 0,			/* nothing to do, or done */
	EXIT_NEEDED = 1,		/* a selected fix is needed or blocked */
	EXIT_UNKNOWN = 2,		/* a verdict could not be found */
	EXIT_ERROR = 3,			/* wrong use or an I/O error */
};

/* util.c: strings, files, hashes */

/** struct strv - a growing list of strings that it owns */
struct strv {
	char **v;
	size_t n;
};

/** struct buf - growing bytes; @data is NUL-terminated after any append */
struct buf {
	char *data;
	size_t len;
};

extern int *vf_said;			/* shared by processes: one has said why */

int vf_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vf_perror(const char *what, const char *path);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void strv_add(struct strv *s, char *owned);
void strv_split(struct strv *s, const char *words);
bool strv_has(const struct strv *s, const char *word);
void strv_sort(struct strv *s);
char *strv_join(const struct strv *s, const char *sep);
void strv_free(struct strv *s);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);
int read_file(const char *path, struct buf *out);
int write_file(const char *path, const void *data, size_t len);
int copy_file(const char *from, const char *to);
int mkdir_p(const char *path);
int mkdir_parent(const char *path);
int remove_tree(const char *path);
int publish(const char *tmp, const char *path);
bool path_exists(const char *path);
bool path_under(const char *path, const char *dir);
void hash_bytes(const void *data, size_t len, char hex[HASH_LEN]);
json_t *json_text(const char *s);
int walk_files(const char *root, const char *dir,
	       int (*fn)(const char *rel, void *arg), void *arg);

/* run.c: other programs */

/** struct run - a program to run and what came of it */
struct run {
	const char *const *argv;
	const char *cwd;
	struct buf out;			/* its standard output */
	struct buf err;			/* its standard error */
	int status;			/* its exit status */
};

void die_with(pid_t parent);
int run(struct run *r);
void run_free(struct run *r);

/* setup.c: where things are, for all verbs */

/** struct setup - what the command line and the environment say */
struct setup {
	const char *top;		/* the project: fixes, data files */
	char *build;			/* everything that is made */
	const char *fixes;		/* FIXES=, or NULL: .config, or the defaults */
	char *spatch;			/* the program */
	char *python;			/* which python3 it is told of, or NULL */
	char *spatch_version;
	struct strv isos;		/* isomorphisms that it shall leave out */
	char engine_hash[HASH_LEN];
	bool verbose;
};

extern struct setup setup;

int setup_init(const char *top, const char *build);
void setup_free(void);
char *find_program(const char *name);
char *scratch_dir(const char *name);

/* remember.c: what is asked of spatch and of Python each time */
int remember_spatch(void);
int remember_python(void);

/* fix.c: the fixes */

/** struct fix - one fix as its file's header describes it */
struct fix {
	char *name;			/* dr6-clear */
	char *place;			/* arch/x86/kvm */
	char *path;			/* of the file with the header, absolute */
	char *cocci;			/* the semantic patch, or NULL */
	struct strv shapes;		/* the patches, in the order to try */
	bool cocci_changes;		/* or it is there for evidence only */
	char *subject;
	char *body;
	json_t *keys;			/* the header's "Key: value" lines */
	int nr;
	struct strv scope, anchors, context, needs, modules, options;
	struct strv adds;		/* files of the project that it adds */
	bool kut;			/* for kvm-unit-tests, not the kernel */
	bool selected;
	char hash[HASH_LEN];
};

/** struct fixes - all fixes, in order of their number */
struct fixes {
	struct fix **v;
	size_t n;
};

int fixes_load(struct fixes *fixes);
struct fix *mutant_load(const struct fix *fix, const char *name);
void fix_free(struct fix *fix);
void fixes_free(struct fixes *fixes);
struct fix *fixes_find(const struct fixes *fixes, const char *name);
int fixes_order(const struct fixes *fixes, struct fixes *ordered);
const char *fix_key(const struct fix *fix, const char *key);

/* tree.c, archive.c: the source tree that the user names */

/** struct tree - a kernel or kvm-unit-tests source tree, only ever read */
struct tree {
	const char *arg;		/* as the user named it */
	char *root;			/* a directory with its files */
	char *version;
	bool kut;
};

int tree_open(struct tree *tree, const char *arg, const struct fixes *fixes);
void tree_close(struct tree *tree);
int archive_extract(const char *archive, const struct strv *wanted,
		    const char *dest);

/* scan.c: which files hold the identifiers of which fix */

/** struct hit - a file that the rules of a fix have to see */
struct hit {
	char *path;			/* relative to the tree */
	int anchor_line;		/* first anchor in code, 0: context only */
	size_t len;			/* of the file, in bytes */
	char hash[HASH_LEN];
};

/** struct hits - the files of one fix, in order of their paths */
struct hits {
	struct hit *v;
	size_t n;
};

int scan_tree(const char *root, const struct fixes *fixes, struct hits *hits);
void hits_free(struct hits *hits);
const struct hit *hits_anchor(const struct hits *hits);
size_t identifier_len(const char *s);
bool has_identifier(const char *text, size_t len, const struct strv *ids);

/* narrow.c: the part of a file that matters */
int narrow_file(const struct fix *fix, const char *from, const char *to);
char *unpreprocess(const struct fix *fix, const char *text);

/* spatch.c: semantic patches at work */

/** struct finding - one line that report or evidence printed */
struct finding {
	char *word;			/* report, carried, superseded, ... */
	char *file;
	long line;
	char *what;
};

/** struct findings - what one run of the rules saw */
struct findings {
	struct finding *v;
	size_t n;
	char *unclear;			/* why these cannot be the whole truth */
	char *stuck;			/* why no change was kept beside them */
};

enum change { CHANGE_GRAFT, CHANGE_UNDO };

void add_finding(struct findings *f, const char *word, const char *file,
		 long line, const char *what);
int spatch_look(const struct fix *fix, const struct hits *hits,
		const char *root, const char *keep, struct findings *out);
void findings_free(struct findings *f);
const struct finding *findings_first(const struct findings *f, const char *word);
int spatch_change(const struct fix *fix, const struct hits *hits,
		  const char *root, enum change change, bool *changed);
int spatch_carry(const struct fix *fix, const struct hits *hits,
		 const char *keep, const char *root, bool *changed);
bool has_undo(const struct fix *fix);

/* tidy.c: what spatch leaves undone around a change */
int tidy_diff(const char *diff, const char *root, struct buf *out);
int tidy_comments(const struct fix *fix, const char *root, const char *rel,
		  bool undo);

/* patchshape.c: patches */
int shape_files(const char *path, struct strv *files);
int shapes_look(const struct fix *fix, const char *root, struct findings *out);
int shapes_change(const struct fix *fix, const char *root, enum change change,
		  bool *changed);

/* graft.c: a fix as a whole */
int adds_change(const struct fix *fix, const char *root, enum change change,
		bool *changed);
int fix_look(const struct fix *fix, const struct hits *hits, const char *root,
	     const char *keep, struct findings *out);
int fix_change(const struct fix *fix, const struct hits *hits, const char *root,
	       enum change change, const char *kept, bool *changed);

/* verdict.c */

/** enum about - which fixes a tree is asked about */
enum about {
	ABOUT_ALL,
	ABOUT_SELECTED,
	ABOUT_NAMED,
};

/** struct asked - a tree, all fixes, and one verdict for each that was asked about */
struct asked {
	struct tree tree;
	struct fixes fixes;
	struct hits *hits;		/* per fix, as fixes.v */
	json_t **verdicts;		/* per fix, as fixes.v; NULL: not asked */
};

int ask(struct asked *a, const char *tree, enum about about,
	const struct strv *names);
void asked_free(struct asked *a);
const char *verdict_of(const struct asked *a, const struct fix *fix);
const struct hits *hits_of(const struct asked *a, const struct fix *fix);
int graft_one(const struct asked *a, const struct fix *fix, const char *root,
	      enum change change);
int graft_mutant(const struct asked *a, const struct fix *fix, const char *name,
		 const char *root);
int needed_fixes(const struct asked *a, const struct strv *also,
		 struct fixes *out);

/* stageconf.c: what is staged, and the edits of the kernel's Makefiles */
int stage_dirs(struct strv *dirs);
int stage_edit(const char *root);

/* builtin-*.c: the verbs */
int cmd_status(int argc, const char **argv);
int cmd_stage(int argc, const char **argv);
int cmd_patches(int argc, const char **argv);
int cmd_list(int argc, const char **argv);
int cmd_show(int argc, const char **argv);
int cmd_catalogue(int argc, const char **argv);
int cmd_modcheck(int argc, const char **argv);
int cmd_modules(int argc, const char **argv);
int cmd_help(int argc, const char **argv);

#endif /* VIRTFIX_H */
