// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ask a tree about the fixes: one verdict for each, with the evidence.
 *
 * The order of the decisions is that of design.md, "Verdicts". That nothing
 * matched is never evidence: where nothing could be shown, or two things
 * could, the verdict is "unknown".
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "virtfix.h"

static json_t *make_verdict(const char *verdict, char *reason,
			    const struct findings *f, const char *word,
			    const char *blocked_by)
{
	json_t *sites = json_array(), *v;

	for (size_t i = 0; f && word && i < f->n; i++) {
		if (strcmp(f->v[i].word, word))
			continue;
		json_array_append_new(sites, json_pack("{s:o, s:i}",
						       "file", json_text(f->v[i].file),
						       "line", (int)f->v[i].line));
	}
	v = json_pack("{s:s, s:o, s:o, s:o}", "verdict", verdict,
		      "reason", json_text(reason), "sites", sites, "blocked_by",
		      blocked_by ? json_text(blocked_by) : json_null());
	free(reason);
	return v;
}

#define MAX_SAID	6

/* All places of one kind, as far as a reader wants to see them. */
static char *say(const struct findings *f, const char *word)
{
	struct buf b = { 0 };
	size_t said = 0, more = 0;

	buf_puts(&b, "");
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->v[i].word, word))
			continue;
		if (said == MAX_SAID) {
			more++;
			continue;
		}
		buf_printf(&b, "%s%s:%ld: %s", said++ ? "; " : "",
			   f->v[i].file, f->v[i].line, f->v[i].what);
	}
	if (more)
		buf_printf(&b, "; and %zu more", more);
	return b.data;
}

/* The old shape is there, and so is what keeps the change out. */
static json_t *blocked_verdict(const struct findings *f)
{
	char *sites = say(f, "report"), *by = say(f, "blocked");
	json_t *v;

	v = make_verdict("blocked", xasprintf("%s; but %s", sites, by), f,
			 "report", by);
	free(sites);
	free(by);
	return v;
}

static json_t *absent(const struct fix *fix, const char *root)
{
	char *words = strv_join(&fix->anchors, ", ");
	char *dirs = strv_join(&fix->scope, ", ");
	bool there = false;
	json_t *v;

	for (size_t i = 0; i < fix->scope.n; i++) {
		char *path = xasprintf("%s/%s", root, fix->scope.v[i]);

		there |= path_exists(path);
		free(path);
	}
	if (there)
		v = make_verdict("absent", xasprintf("none of %s occurs under %s",
						     words, dirs),
				 NULL, NULL, NULL);
	else
		v = make_verdict("absent", xasprintf("%s is not in this tree", dirs),
				 NULL, NULL, NULL);
	free(words);
	free(dirs);
	return v;
}

/* Copy the files of a fix from the tree where the staged copy lacks them. */
static int fetch_files(const char *tree, const struct hits *hits,
		       const char *root)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < hits->n; i++) {
		char *from = xasprintf("%s/%s", tree, hits->v[i].path);
		char *to = xasprintf("%s/%s", root, hits->v[i].path);

		if (!path_exists(to))
			ret = copy_file(from, to);
		free(from);
		free(to);
	}
	return ret;
}

/* What has to be grafted first, as far as this tree lacks it. */
static int graft_needs(const struct asked *a, const struct fix *fix,
		       const char *root, bool *changed)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < fix->needs.n; i++) {
		const struct fix *need = fixes_find(&a->fixes, fix->needs.v[i]);
		const struct hits *hits = hits_of(a, need);
		struct findings f;
		bool grafted = false;

		ret = graft_needs(a, need, root, changed);
		if (!ret)
			ret = fetch_files(a->tree.root, hits, root);
		if (!ret)
			ret = fix_look(need, hits, root, NULL, &f);
		if (ret)
			break;
		if (findings_first(&f, "report") && !findings_first(&f, "blocked"))
			ret = fix_change(need, hits, root, CHANGE_GRAFT, NULL,
					 &grafted);
		*changed |= grafted;
		findings_free(&f);
	}
	return ret;
}

/*
 * The defect is there: does our change end it, on a scratch copy? @kept is
 * where the look has kept the change, of the files as they are in the tree.
 */
static int try_graft(const struct asked *a, const struct fix *fix,
		     const struct findings *before, const char *kept, json_t **v)
{
	const struct finding *site = findings_first(before, "report");
	const struct hits *hits = hits_of(a, fix);
	struct findings after = { 0 };
	const struct finding *left;
	bool changed = false, needs = false;
	char *name, *root;
	int ret;

	name = xasprintf("try-%s", fix->name);
	root = scratch_dir(name);
	free(name);
	if (!root)
		return -1;
	ret = graft_needs(a, fix, root, &needs);
	if (!ret)
		ret = fetch_files(a->tree.root, hits, root);
	if (!ret)
		ret = fix_change(fix, hits, root, CHANGE_GRAFT,
				 needs || before->stuck ? NULL : kept, &changed);
	if (!ret)
		ret = fix_look(fix, hits, root, NULL, &after);
	if (!ret) {
		left = findings_first(&after, "report");
		if (!changed)
			*v = make_verdict("unknown", xasprintf("%s:%ld: %s, but no shape that the change knows is there",
							       site->file, site->line, site->what),
					  before, "report", NULL);
		else if (left)
			*v = make_verdict("unknown", xasprintf("%s:%ld: %s, even after the change",
							       left->file, left->line, left->what),
					  before, "report", NULL);
		else if (after.unclear)
			*v = make_verdict("unknown", xasprintf("after the change: %s",
							       after.unclear),
					  before, "report", NULL);
		else if (!findings_first(&after, "carried"))
			*v = make_verdict("unknown", xasprintf("%s:%ld: %s, but after the change nothing shows that it is there",
							       site->file, site->line, site->what),
					  before, "report", NULL);
		else
			*v = make_verdict("needed", say(before, "report"),
					  before, "report", NULL);
	}
	findings_free(&after);
	remove_tree(root);
	free(root);
	return ret;
}

/* No defect was seen: what stands there instead? */
static json_t *healthy(const struct hits *hits, const struct findings *f)
{
	const struct finding *carried = findings_first(f, "carried");
	const struct finding *superseded = findings_first(f, "superseded");
	const struct finding *gone = findings_first(f, "absent");
	const struct finding *blocked = findings_first(f, "blocked");
	const struct hit *hit = hits_anchor(hits);
	int kinds = !!carried + !!superseded + !!gone + !!blocked;

	if (kinds > 1)
		return make_verdict("unknown", xasprintf("contradicting evidence: %s %s:%ld, %s %s:%ld",
							 f->v[0].word, f->v[0].file, f->v[0].line,
							 f->v[f->n - 1].word, f->v[f->n - 1].file,
							 f->v[f->n - 1].line),
				    NULL, NULL, NULL);
	if (carried)
		return make_verdict("carried", say(f, "carried"), f, "carried", NULL);
	if (superseded)
		return make_verdict("superseded", say(f, "superseded"), f,
				    "superseded", NULL);
	if (gone)
		return make_verdict("absent", say(f, "absent"), f, "absent", NULL);
	return make_verdict("unknown", xasprintf("%s:%d: neither the old code nor the change nor another solution was recognised",
						 hit->path, hit->anchor_line),
			    NULL, NULL, NULL);
}

static int decide(const struct asked *a, const struct fix *fix, json_t **v)
{
	const struct hits *hits = hits_of(a, fix);
	const struct finding *report, *blocked, *other;
	struct findings f;
	char *name, *keep;
	int ret;

	*v = NULL;
	name = xasprintf("keep-%s", fix->name);
	keep = scratch_dir(name);
	free(name);
	ret = keep ? fix_look(fix, hits, a->tree.root, keep, &f) : -1;
	if (ret) {
		free(keep);
		return ret;
	}
	report = findings_first(&f, "report");
	blocked = findings_first(&f, "blocked");
	other = findings_first(&f, "superseded");
	if (!other)
		other = findings_first(&f, "absent");
	if (f.unclear)
		*v = make_verdict("unknown", xstrdup(f.unclear), NULL, NULL, NULL);
	else if (report && other)
		*v = make_verdict("unknown", xasprintf("%s:%ld: %s, but also %s: %s:%ld: %s",
						       report->file, report->line, report->what,
						       other->word, other->file, other->line, other->what),
				  &f, "report", NULL);
	else if (report && blocked)
		*v = blocked_verdict(&f);
	else if (report && f.stuck && !fix->needs.n)
		*v = make_verdict("unknown", xasprintf("%s:%ld: %s, but %s",
						       report->file, report->line, report->what,
						       f.stuck),
				  &f, "report", NULL);
	else if (report)
		ret = try_graft(a, fix, &f, keep, v);
	else
		*v = healthy(hits, &f);
	findings_free(&f);
	if (!ret)
		ret = remove_tree(keep);
	free(keep);
	return ret;
}

static int hash_added(const char *root, const char *rel, struct buf *b)
{
	char *path = xasprintf("%s/%s", root, rel);
	int ret = 0;

	if (path_exists(path))
		ret = read_file(path, b);
	free(path);
	return ret;
}

static int hash_needs(const struct asked *a, const struct fix *fix,
		      struct buf *b)
{
	int ret = 0;

	buf_printf(b, "%s\n", fix->hash);
	for (size_t i = 0; i < hits_of(a, fix)->n; i++)
		buf_printf(b, "%s %s\n", hits_of(a, fix)->v[i].path,
			   hits_of(a, fix)->v[i].hash);
	for (size_t i = 0; !ret && i < fix->adds.n; i++)
		ret = hash_added(a->tree.root, fix->adds.v[i], b);
	for (size_t i = 0; !ret && i < fix->needs.n; i++)
		ret = hash_needs(a, fixes_find(&a->fixes, fix->needs.v[i]), b);
	return ret;
}

/* A verdict is kept under the hash of all that it follows from. */
static char *cache_path(const struct asked *a, const struct fix *fix)
{
	char hex[HASH_LEN], *path = NULL;
	struct buf b = { 0 };

	buf_printf(&b, "%s\n%s\n", setup.engine_hash, setup.spatch_version);
	if (!hash_needs(a, fix, &b)) {
		hash_bytes(b.data, b.len, hex);
		path = xasprintf("%s/cache/%s.json", setup.build, hex);
	}
	buf_free(&b);
	return path;
}

/*
 * A verdict is kept under the hashes that the scan saw: nothing of what it
 * follows from may have changed since.
 */
static int same_still(const struct asked *a, const struct fix *fix)
{
	const struct hits *hits = hits_of(a, fix);
	struct buf text = { 0 };
	char hex[HASH_LEN];
	int ret = 0;

	for (size_t i = 0; !ret && i < hits->n; i++) {
		char *path = xasprintf("%s/%s", a->tree.root, hits->v[i].path);

		text.len = 0;
		ret = read_file(path, &text);
		if (!ret) {
			hash_bytes(text.data, text.len, hex);
			if (strcmp(hex, hits->v[i].hash)) {
				vf_error("%s changed while it was looked at; let the tree rest and ask again",
					 path);
				ret = -1;
			}
		}
		free(path);
	}
	buf_free(&text);
	for (size_t i = 0; !ret && i < fix->needs.n; i++)
		ret = same_still(a, fixes_find(&a->fixes, fix->needs.v[i]));
	return ret;
}

static int decide_and_keep(const struct asked *a, const struct fix *fix,
			   const char *path)
{
	char *name = xasprintf("%s.json", fix->name);
	char *dir = scratch_dir("verdicts");
	char *tmp = NULL, *text;
	json_t *v = NULL;
	int ret = -1;

	if (dir)
		ret = decide(a, fix, &v);
	if (!ret)
		ret = same_still(a, fix);
	if (!ret) {
		text = json_dumps(v, JSON_COMPACT);
		tmp = xasprintf("%s/%s", dir, name);
		ret = write_file(tmp, text, strlen(text));
		if (!ret)
			ret = publish(tmp, path);
		free(text);
		json_decref(v);
	}
	free(tmp);
	free(dir);
	free(name);
	return ret;
}

/** struct crew - the child processes that ask about one fix each */
struct crew {
	int running;
	int failed;
};

static void wait_one(struct crew *crew)
{
	int wstatus;

	if (wait(&wstatus) < 0)
		return;
	crew->running--;
	if (WIFSIGNALED(wstatus))
		vf_error("virtfix itself died with signal %d; please report it",
			 WTERMSIG(wstatus));
	crew->failed |= !WIFEXITED(wstatus) || WEXITSTATUS(wstatus);
}

static int start_one(struct crew *crew, const struct asked *a,
		     const struct fix *fix, const char *path)
{
	pid_t pid, self = getpid();

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return vf_perror("start a process for", fix->name);
	if (!pid) {
		die_with(self);
		_exit(decide_and_keep(a, fix, path) ? EXIT_ERROR : EXIT_CLEAN);
	}
	crew->running++;
	return 0;
}

/*
 * The first process that fails says why; where all fail alike (no spatch, no
 * space) one line is enough.
 */
static int share_errors(void)
{
	vf_said = mmap(NULL, sizeof(*vf_said), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (vf_said != MAP_FAILED)
		return 0;
	vf_said = NULL;
	return vf_perror("map", "a shared flag");
}

static void unshare_errors(void)
{
	munmap(vf_said, sizeof(*vf_said));
	vf_said = NULL;
}

/** struct question - a fix to ask about */
struct question {
	size_t fix;
	size_t bytes;			/* to read for it */
};

static int cmp_question(const void *a, const void *b)
{
	const struct question *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->fix < y->fix ? -1 : x->fix > y->fix;
}

/*
 * Those whose verdict is not kept yet; what takes long first, so that no CPU
 * waits for it in the end.
 */
static struct question *questions(const struct asked *a, char *const *paths,
				  size_t *n)
{
	struct question *q = xrealloc(NULL, (a->fixes.n + 1) * sizeof(*q));

	*n = 0;
	for (size_t i = 0; i < a->fixes.n; i++) {
		const struct hits *hits = &a->hits[i];

		if (!paths[i] || path_exists(paths[i]))
			continue;
		q[*n] = (struct question){ .fix = i };
		for (size_t k = 0; k < hits->n; k++)
			q[*n].bytes += hits->v[k].len;
		(*n)++;
	}
	qsort(q, *n, sizeof(*q), cmp_question);
	return q;
}

/* One process for each fix whose verdict is not kept yet, as many as CPUs. */
static int ask_all(struct asked *a, char *const *paths)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct crew crew = { 0 };
	struct question *q;
	size_t n;

	if (share_errors())
		return -1;
	q = questions(a, paths, &n);
	for (size_t i = 0; i < n; i++) {
		while (crew.running >= (cpus > 1 ? cpus : 1))
			wait_one(&crew);
		if (crew.failed)
			break;
		crew.failed |= !!start_one(&crew, a, a->fixes.v[q[i].fix],
					   paths[q[i].fix]);
	}
	while (crew.running)
		wait_one(&crew);
	free(q);
	unshare_errors();
	return crew.failed ? -1 : 0;
}

static int load_verdicts(struct asked *a, char *const *paths)
{
	for (size_t i = 0; i < a->fixes.n; i++) {
		if (!paths[i])
			continue;
		a->verdicts[i] = json_load_file(paths[i], 0, NULL);
		if (!a->verdicts[i])
			return vf_error("cannot read %s; remove it", paths[i]);
	}
	return 0;
}

static bool is_asked(const struct asked *a, const struct fix *fix,
		     enum about about, const struct strv *names)
{
	if (fix->kut != a->tree.kut)
		return false;
	switch (about) {
	case ABOUT_SELECTED:
		return fix->selected;
	case ABOUT_NAMED:
		return strv_has(names, fix->name);
	default:
		return true;
	}
}

/* Each of them has to be a fix for this kind of tree. */
static int check_names(const struct asked *a, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct fix *fix = fixes_find(&a->fixes, names->v[i]);

		if (!fix)
			return vf_error("there is no fix \"%s\"; see: virtfix list",
					names->v[i]);
		if (fix->kut != a->tree.kut)
			return vf_error("%s is for %s, and %s is not", fix->name,
					fix->kut ? "kvm-unit-tests" : "a kernel",
					a->tree.arg);
	}
	return 0;
}

/**
 * ask() - find verdicts of fixes on a tree
 * @a: on return the answers, to be freed with asked_free()
 * @tree: a directory or a tarball, as the user named it
 * @about: which fixes to ask about, of those for this kind of tree
 * @names: with ABOUT_NAMED, their names
 *
 * Return: 0, or -1 after a message.
 */
int ask(struct asked *a, const char *tree, enum about about,
	const struct strv *names)
{
	char **paths;
	int ret;

	*a = (struct asked){ 0 };
	if (fixes_load(&a->fixes) || tree_open(&a->tree, tree, &a->fixes))
		return -1;
	a->hits = xrealloc(NULL, a->fixes.n * sizeof(*a->hits));
	memset(a->hits, 0, a->fixes.n * sizeof(*a->hits));
	a->verdicts = xrealloc(NULL, a->fixes.n * sizeof(*a->verdicts));
	memset(a->verdicts, 0, a->fixes.n * sizeof(*a->verdicts));
	paths = xrealloc(NULL, a->fixes.n * sizeof(*paths));
	memset(paths, 0, a->fixes.n * sizeof(*paths));
	ret = about == ABOUT_NAMED ? check_names(a, names) : 0;
	if (!ret)
		ret = scan_tree(a->tree.root, &a->fixes, a->hits);
	for (size_t i = 0; !ret && i < a->fixes.n; i++) {
		if (!is_asked(a, a->fixes.v[i], about, names))
			continue;
		if (hits_anchor(&a->hits[i])) {
			paths[i] = cache_path(a, a->fixes.v[i]);
			ret = paths[i] ? 0 : -1;
		} else {
			a->verdicts[i] = absent(a->fixes.v[i], a->tree.root);
		}
	}
	if (!ret)
		ret = ask_all(a, paths);
	if (!ret)
		ret = load_verdicts(a, paths);
	for (size_t i = 0; i < a->fixes.n; i++)
		free(paths[i]);
	free(paths);
	return ret;
}

void asked_free(struct asked *a)
{
	for (size_t i = 0; i < a->fixes.n; i++) {
		if (a->hits)
			hits_free(&a->hits[i]);
		if (a->verdicts)
			json_decref(a->verdicts[i]);
	}
	free(a->hits);
	free(a->verdicts);
	fixes_free(&a->fixes);
	tree_close(&a->tree);
}

static size_t index_of(const struct asked *a, const struct fix *fix)
{
	size_t i = 0;

	while (a->fixes.v[i] != fix)
		i++;
	return i;
}

/** hits_of() - the files of a fix */
const struct hits *hits_of(const struct asked *a, const struct fix *fix)
{
	return &a->hits[index_of(a, fix)];
}

/** verdict_of() - the verdict on a fix; NULL where it was not asked about */
const char *verdict_of(const struct asked *a, const struct fix *fix)
{
	json_t *v = a->verdicts[index_of(a, fix)];

	return v ? json_string_value(json_object_get(v, "verdict")) : NULL;
}

/**
 * needed_fixes() - the selected fixes that the tree needs, in order of grafting
 * @a: the answers
 * @also: fixes to take whatever the verdict is, or NULL
 * @out: the fixes; its array is to be freed
 *
 * Return: 0, or a negative exit status after a message that names a selected
 * fix whose verdict is unknown.
 */
int needed_fixes(const struct asked *a, const struct strv *also,
		 struct fixes *out)
{
	struct fixes ordered;
	const char *verdict;
	int ret;

	*out = (struct fixes){ 0 };
	ret = fixes_order(&a->fixes, &ordered);
	out->v = xrealloc(NULL, a->fixes.n * sizeof(*out->v));
	for (size_t i = 0; !ret && i < ordered.n; i++) {
		verdict = verdict_of(a, ordered.v[i]);
		if (also && strv_has(also, ordered.v[i]->name)) {
			out->v[out->n++] = ordered.v[i];
			continue;
		}
		if (!verdict || !ordered.v[i]->selected)
			continue;
		if (!strcmp(verdict, "unknown")) {
			vf_error("%s: the verdict on %s is unknown; see: make status",
				 a->tree.arg, ordered.v[i]->name);
			ret = -EXIT_UNKNOWN;
		} else if (!strcmp(verdict, "needed")) {
			out->v[out->n++] = ordered.v[i];
		}
	}
	free(ordered.v);
	return ret;
}

/**
 * graft_one() - graft a fix into a staged copy, or take it out there
 * @a: the answers, which name the files
 * @fix: the fix
 * @root: the staged copy; files that it lacks are fetched from the tree
 * @change: which of the two
 *
 * Return: 0, or -1 after a message.
 */
int graft_one(const struct asked *a, const struct fix *fix, const char *root,
	      enum change change)
{
	const struct hits *hits = hits_of(a, fix);
	struct findings after = { 0 };
	bool changed = false;
	int ret;

	ret = fetch_files(a->tree.root, hits, root);
	if (!ret)
		ret = fix_change(fix, hits, root, change, NULL, &changed);
	if (!ret && !changed)
		return vf_error("%s: %s found nothing to change", fix->name,
				change == CHANGE_UNDO ? "its undo" : "the graft");
	if (!ret)
		ret = fix_look(fix, hits, root, NULL, &after);
	if (!ret && change == CHANGE_GRAFT &&
	    (findings_first(&after, "report") || after.unclear ||
	     !findings_first(&after, "carried")))
		ret = vf_error("%s: the graft left the old code in place, after the fixes grafted before it",
			       fix->name);
	if (!ret && change == CHANGE_UNDO && !findings_first(&after, "report"))
		ret = vf_error("%s: its undo did not bring the old code back",
			       fix->name);
	findings_free(&after);
	return ret;
}

/**
 * graft_mutant() - bring a wrong form of a fix into a staged copy
 * @a: the answers, which name the files
 * @fix: the fix
 * @name: of the wrong form
 * @root: the staged copy, without the fix
 *
 * Return: 0, or -1 after a message.
 */
int graft_mutant(const struct asked *a, const struct fix *fix, const char *name,
		 const char *root)
{
	struct fix *mutant = mutant_load(fix, name);
	struct fixes one = { .v = &mutant, .n = 1 };
	struct hits hits;
	bool changed = false;
	int ret;

	if (!mutant)
		return -1;
	ret = scan_tree(a->tree.root, &one, &hits);
	if (!ret)
		ret = fetch_files(a->tree.root, &hits, root);
	if (!ret)
		ret = spatch_change(mutant, &hits, root, CHANGE_GRAFT, &changed);
	if (!ret && !changed)
		ret = vf_error("%s: the mutant %s found nothing to change",
			       fix->name, name);
	if (!ret)
		ret = adds_change(mutant, root, CHANGE_GRAFT, &changed);
	hits_free(&hits);
	fix_free(mutant);
	return ret;
}
