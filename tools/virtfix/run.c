// SPDX-License-Identifier: GPL-2.0-only
/* Run another program and take what it prints. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "virtfix.h"

#define RUN_TIMEOUT_S	300

/**
 * die_with() - end this process when its parent ends, however that ends
 * @parent: its process ID
 */
void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)	/* too late already */
		_exit(EXIT_ERROR);
}

/* In the memory of the parent, see start(). */
static void child(const struct run *r, const int out[2], const int err[2])
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, 0) < 0 || dup2(out[1], 1) < 0 ||
	    dup2(err[1], 2) < 0 || (r->cwd && chdir(r->cwd)))
		_exit(126);
	execvp(r->argv[0], (char *const *)r->argv);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Not fork(): a tree takes some hundred programs, and each would copy page tables. */
static pid_t start(const struct run *r, const int out[2], const int err[2])
{
	pid_t self = getpid(), pid = vfork();

	if (!pid) {
		die_with(self);
		child(r, out, err);
	}
	return pid;
}

static void drain(struct pollfd *p, struct buf *b)
{
	char chunk[65536];
	ssize_t n;

	if (p->fd < 0 || !p->revents)
		return;
	n = read(p->fd, chunk, sizeof(chunk));
	if (n > 0) {
		buf_add(b, chunk, (size_t)n);
		return;
	}
	close(p->fd);
	p->fd = -1;
}

/**
 * run() - run a program to its end
 * @r: the program; on return its output and exit status
 *
 * A program that is missing, that a signal ends, or that takes longer than
 * RUN_TIMEOUT_S is an error; an exit status is the caller's to judge.
 *
 * Return: 0, or -1 after a message.
 */
int run(struct run *r)
{
	time_t end = time(NULL) + RUN_TIMEOUT_S;
	int out[2], err[2], wstatus;
	struct pollfd p[2];
	bool late = false;
	pid_t pid;

	if (setup.verbose) {
		fputs("virtfix: +", stderr);
		for (const char *const *a = r->argv; *a; a++)
			fprintf(stderr, " %s", *a);
		fputc('\n', stderr);
	}
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return vf_perror("make a pipe for", r->argv[0]);
	buf_puts(&r->out, "");
	buf_puts(&r->err, "");
	pid = start(r, out, err);
	if (pid < 0)
		return vf_perror("run", r->argv[0]);
	close(out[1]);
	close(err[1]);
	p[0] = (struct pollfd){ .fd = out[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = err[0], .events = POLLIN };
	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, 1000) < 0 && errno != EINTR)
			break;
		if (time(NULL) > end && !late) {
			late = true;
			kill(pid, SIGKILL);
		}
		drain(&p[0], &r->out);
		drain(&p[1], &r->err);
	}
	while (waitpid(pid, &wstatus, 0) < 0 && errno == EINTR)
		;
	if (late)
		return vf_error("%s did not end within %d s and was killed",
				r->argv[0], RUN_TIMEOUT_S);
	if (WIFSIGNALED(wstatus))
		return vf_error("%s died with signal %d (%s)", r->argv[0],
				WTERMSIG(wstatus),
				strsignal(WTERMSIG(wstatus)));
	r->status = WEXITSTATUS(wstatus);
	if (r->status == 127 && !r->out.len)
		return vf_error("%s was not found; run: make deps all",
				r->argv[0]);
	return 0;
}

void run_free(struct run *r)
{
	buf_free(&r->out);
	buf_free(&r->err);
}
