// SPDX-License-Identifier: GPL-2.0-only
/* Strings, files and hashes. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <sha256.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "virtfix.h"

int *vf_said;

/**
 * vf_error() - say in one line on standard error what is wrong
 * @fmt: what is wrong and the remedy, without a newline
 *
 * Return: -1, so that a caller can return it.
 */
int vf_error(const char *fmt, ...)
{
	va_list ap;

	if (vf_said && __atomic_exchange_n(vf_said, 1, __ATOMIC_RELAXED))
		return -1;
	fflush(stdout);
	fputs("virtfix: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return -1;
}

/**
 * vf_perror() - vf_error() for a system call that failed
 * @what: what could not be done ("read", "create")
 * @path: to which file
 *
 * Return: -1.
 */
int vf_perror(const char *what, const char *path)
{
	const char *remedy = "";

	if (errno == ENOSPC || errno == EDQUOT)
		remedy = "; free some space or name another build directory (O=)";
	return vf_error("cannot %s %s: %s%s", what, path, strerror(errno),
			remedy);
}

/**
 * xrealloc() - realloc() that does not return without memory
 * @p: as realloc()
 * @size: bytes
 *
 * Return: the memory; the program ends with EXIT_ERROR where there is none.
 */
void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p) {
		vf_error("out of memory");
		exit(EXIT_ERROR);
	}
	return p;
}

char *xstrdup(const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(xrealloc(NULL, len), s, len);
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		vf_error("out of memory");
		exit(EXIT_ERROR);
	}
	return s;
}

void strv_add(struct strv *s, char *owned)
{
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = owned;
}

/**
 * strv_split() - add the words of a string to a list
 * @s: the list
 * @words: words between blanks, or NULL for none
 */
void strv_split(struct strv *s, const char *words)
{
	char *copy, *word, *save;

	if (!words)
		return;
	copy = xstrdup(words);
	for (word = strtok_r(copy, " \t\n,", &save); word;
	     word = strtok_r(NULL, " \t\n,", &save))
		strv_add(s, xstrdup(word));
	free(copy);
}

bool strv_has(const struct strv *s, const char *word)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i], word))
			return true;
	return false;
}

static int cmp_str(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), cmp_str);
}

char *strv_join(const struct strv *s, const char *sep)
{
	struct buf b = { 0 };

	buf_puts(&b, "");
	for (size_t i = 0; i < s->n; i++) {
		buf_puts(&b, i ? sep : "");
		buf_puts(&b, s->v[i]);
	}
	return b.data;
}

void strv_free(struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strv){ 0 };
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	b->data = xrealloc(b->data, b->len + len + 1);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0) {
		vf_error("out of memory");
		exit(EXIT_ERROR);
	}
	va_end(ap);
	buf_puts(b, s);
	free(s);
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

/**
 * read_file() - append a whole file to a buffer
 * @path: the file
 * @out: where its bytes go
 *
 * Return: 0, or -1 after a message.
 */
int read_file(const char *path, struct buf *out)
{
	struct stat st;
	ssize_t n = 0;
	size_t want;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vf_perror("read", path);
	want = fstat(fd, &st) ? 0 : (size_t)st.st_size;
	out->data = xrealloc(out->data, out->len + want + 1);
	out->data[out->len] = '\0';
	for (;;) {
		if (!want) {		/* grown meanwhile, or a pipe */
			want = BUFSIZ;
			out->data = xrealloc(out->data, out->len + want + 1);
		}
		n = read(fd, out->data + out->len, want);
		if (n <= 0)
			break;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		want -= (size_t)n;
	}
	close(fd);
	return n < 0 ? vf_perror("read", path) : 0;
}

/**
 * write_file() - write a whole file
 * @path: the file; its directory is made where it is missing
 * @data: the bytes
 * @len: how many
 *
 * Return: 0, or -1 after a message.
 */
int write_file(const char *path, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;
	int fd;

	if (mkdir_parent(path))
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return vf_perror("write", path);
	while (len) {
		n = write(fd, p, len);
		if (n < 0) {
			vf_perror("write", path);
			close(fd);
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return close(fd) ? vf_perror("write", path) : 0;
}

/**
 * copy_file() - copy a regular file's bytes, its execute bits and its time
 * @from: the file
 * @to: the copy; its directory is made where it is missing
 *
 * Return: 0, or -1 after a message.
 */
int copy_file(const char *from, const char *to)
{
	struct timespec times[2];
	struct buf b = { 0 };
	struct stat st;
	int ret;

	if (stat(from, &st))
		return vf_perror("read", from);
	ret = read_file(from, &b);
	if (!ret)
		ret = write_file(to, b.data, b.len);
	buf_free(&b);
	if (ret)
		return ret;
	times[0] = st.st_mtim;
	times[1] = st.st_mtim;
	if (utimensat(AT_FDCWD, to, times, 0))
		return vf_perror("set the time of", to);
	if ((st.st_mode & 0111) && chmod(to, 0755))
		return vf_perror("set the mode of", to);
	return 0;
}

int mkdir_p(const char *path)
{
	char *copy = xstrdup(path), *p = copy;
	int ret = 0;

	do {
		p = strchr(p + 1, '/');
		if (p)
			*p = '\0';
		if (*copy && mkdir(copy, 0755) && errno != EEXIST) {
			ret = vf_perror("create the directory", copy);
			break;
		}
		if (p)
			*p = '/';
	} while (p);
	free(copy);
	return ret;
}

int mkdir_parent(const char *path)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	int ret = 0;

	if (slash && slash != dir) {
		*slash = '\0';
		if (!path_exists(dir))
			ret = mkdir_p(dir);
	}
	free(dir);
	return ret;
}

/**
 * remove_tree() - remove a directory with all that is in it
 * @path: the directory; that it does not exist is no error
 *
 * Return: 0, or -1 after a message.
 */
int remove_tree(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	int ret = 0;
	FTSENT *e;
	FTS *fts;

	if (!path_exists(path))
		return 0;
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	if (!fts)
		return vf_perror("remove", path);
	while (!ret && (e = fts_read(fts))) {
		if (e->fts_info == FTS_D)
			continue;
		if (remove(e->fts_accpath) && errno != ENOENT)
			ret = vf_perror("remove", e->fts_path);
	}
	fts_close(fts);
	return ret;
}

/**
 * publish() - make a finished directory visible by one rename
 * @tmp: the finished directory
 * @path: its name from now on; what stood there is replaced
 *
 * Return: 0, or -1 after a message; then @path is as it was.
 */
int publish(const char *tmp, const char *path)
{
	if (mkdir_parent(path))
		return -1;
	if (!rename(tmp, path))
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR && errno != EISDIR)
		return vf_perror("rename to", path);
	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_EXCHANGE))
		return vf_perror("replace", path);
	return remove_tree(tmp);
}

bool path_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

/** path_under() - is @path the directory @dir, or in it? Both are relative. */
bool path_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

void hash_bytes(const void *data, size_t len, char hex[HASH_LEN])
{
	SHA256Data(data ? data : "", len, hex);
}

/**
 * json_text() - a JSON string of any bytes
 * @s: usually UTF-8; vendors' sources and paths may hold anything
 *
 * Return: the string, with a "?" for each byte beyond ASCII where @s is not
 * UTF-8.
 */
json_t *json_text(const char *s)
{
	json_t *text = json_string(s);
	char *copy;

	if (text)
		return text;
	copy = xstrdup(s);
	for (char *p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	text = json_string(copy);
	free(copy);
	return text;
}

static int cmp_fts(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A link is only followed by name: does it stay inside the tree? */
static int check_link(const char *root, const FTSENT *e)
{
	char *real_root, *real;
	int ret = 0;

	real_root = realpath(root, NULL);
	real = realpath(e->fts_path, NULL);
	if (!real) {			/* dangling: where would it lead? */
		char target[PATH_MAX];
		ssize_t n = readlink(e->fts_path, target, sizeof(target) - 1);

		target[n < 0 ? 0 : n] = '\0';
		if (target[0] == '/')
			ret = -1;
	} else if (!real_root || !path_under(real, real_root)) {
		ret = -1;
	}
	if (ret)
		vf_error("%s is a link that leads outside the tree; remove it",
			 e->fts_path);
	free(real_root);
	free(real);
	return ret;
}

/**
 * walk_files() - call a function for every regular file under a directory
 * @root: the tree, where links must not lead out of
 * @dir: relative to @root; a file is taken as well; may be missing
 * @fn: called with the path relative to @root; non-zero ends the walk
 * @arg: for @fn
 *
 * The order is that of the names, the same every time.
 *
 * Return: 0, what @fn returned, or -1 after a message.
 */
int walk_files(const char *root, const char *dir,
	       int (*fn)(const char *rel, void *arg), void *arg)
{
	char *start = xasprintf("%s/%s", root, dir);
	char *const paths[] = { start, NULL };
	size_t skip = strlen(root) + 1;
	int ret = 0;
	FTSENT *e;
	FTS *fts;

	if (!path_exists(start)) {
		free(start);
		return 0;
	}
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, cmp_fts);
	if (!fts)
		ret = vf_perror("read", start);
	while (!ret && (e = fts_read(fts))) {
		switch (e->fts_info) {
		case FTS_F:
			ret = fn(e->fts_path + skip, arg);
			break;
		case FTS_SL:
		case FTS_SLNONE:
			ret = check_link(root, e);
			break;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			errno = e->fts_errno;
			ret = vf_perror("read", e->fts_path);
			break;
		}
	}
	if (fts)
		fts_close(fts);
	free(start);
	return ret;
}
