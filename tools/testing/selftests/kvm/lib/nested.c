// SPDX-License-Identifier: GPL-2.0-only
/* A test inside a guest. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "ktap.h"
#include "linux.h"
#include "nested.h"
#include "trace.h"
#include "vm.h"

/* What the machine's init leaves for tests */
#define KERNEL		"/kernel"
#define MODULES		"VIRTFIX_MODULES"	/* a file: FILE [PARAMETERS] */

/*
 * In seconds: it takes about 4, and ten times that where an emulator shares
 * two CPUs with four other programs. Now and then, 5.10 more often than 6.1, a
 * kernel under an emulated hypervisor waits in HLT for a tick that does not
 * come, be it of the local APIC's timer or the PIT's.
 */
#define TRY_LIMIT	60
#define TRIES		4

/* Ports between the two sides */
#define PORT_TEXT	(LINUX_PORT_FIRST + 0)
#define PORT_END	(LINUX_PORT_FIRST + 1)
#define PORT_COUNT	(LINUX_PORT_FIRST + 4)	/* 4 bytes, from the first on */

/*
 * Nothing of a PC is there but the timer and the interrupt controllers.
 * noxsave: what QEMU emulates of that does not nest.
 */
#define COMMAND_LINE							\
	"earlyprintk=serial,ttyS0,115200,keep quiet panic=-1 reboot=t "	\
	"acpi=off pci=off nokaslr noxsave mitigations=off nowatchdog "	\
	"nohz=off highres=off tsc=reliable no_timer_check "		\
	"random.trust_cpu=on audit=0 apparmor=0 cryptomgr.notests"

/* --- inside ------------------------------------------------------------------ */

static int ports;

static ssize_t write_text(__attribute__((unused)) void *cookie, const char *text, size_t size)
{
	size_t i;

	/* More than one byte would go to more than one port. */
	for (i = 0; i < size; i++) {
		if (pwrite(ports, text + i, 1, PORT_TEXT) != 1)
			return -1;
	}
	return size;
}

static void end(int status, __attribute__((unused)) void *arg)
{
	char byte = status;

	fflush(NULL);
	if (pwrite(ports, &byte, 1, PORT_END) == 1)
		pause();
}

static void insert(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST))
		ktap_bail_out("%s in the guest: %s", file, strerror(errno));
	close(fd);
}

/* As init: an exit would be a panic, and standard output has no console. */
static void start_inside(void)
{
	const cookie_io_functions_t functions = { .write = write_text };
	char line[256];
	cpu_set_t first;
	FILE *list;

	/* The ports are its alone. */
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	ports = open("/dev/port", O_RDWR | O_CLOEXEC);
	on_exit(end, NULL);
	stdout = fopencookie(NULL, "w", functions);
	list = fopen("/modules", "re");
	if (!list)
		ktap_bail_out("no list of modules in the guest");
	while (fgets(line, sizeof(line), list)) {
		char *parameters = strpbrk(line, " \n");

		*parameters++ = '\0';
		insert(line, parameters);
	}
	fclose(list);
}

/**
 * nested_count() - inside: how often the event was counted outside by now
 *
 * Return: the number.
 */
u64 nested_count(void)
{
	u32 count;

	if (pread(ports, &count, sizeof(count), PORT_COUNT) != sizeof(count))
		ktap_bail_out("/dev/port: %s", strerror(errno));
	return count;
}

/* --- the initramfs ------------------------------------------------------------- */

static void append(FILE *cpio, const char *text, size_t size)
{
	static const char zero[4];

	fwrite(text, 1, size, cpio);
	fwrite(zero, 1, -size & 3, cpio);
}

/* The "newc" form: Documentation/driver-api/early-userspace/buffer-format.rst */
static void add(FILE *cpio, const char *name, mode_t mode, const char *data, size_t size)
{
	static unsigned int ino;
	char header[128];

	sprintf(header, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
		++ino, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0);
	fputs(header, cpio);
	/* Header and name together are padded. */
	fwrite(name, 1, strlen(name) + 1, cpio);
	fwrite("\0\0\0", 1, -(strlen(header) + strlen(name) + 1) & 3, cpio);
	append(cpio, data, size);
}

static char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	if (fd < 0 || fstat(fd, &st))
		ktap_bail_out("%s: %s", path, strerror(errno));
	*size = st.st_size;
	data = malloc(*size + 1);
	if (!data || read(fd, data, *size) != (ssize_t)*size)
		ktap_bail_out("%s cannot be read", path);
	data[*size] = '\0';
	close(fd);
	return data;
}

static void add_file(FILE *cpio, const char *name, const char *path)
{
	size_t size;
	char *data = read_file(path, &size);

	add(cpio, name, S_IFREG | 0755, data, size);
	free(data);
}

/* The test itself, and the modules of a list, if any, by number. */
static char *make_initrd(const char *path, size_t *size)
{
	char line[256], list[4096] = "";
	char *initrd;
	unsigned int n = 0;
	FILE *cpio, *modules;

	modules = fopen(path ? path : "/dev/null", "re");
	cpio = open_memstream(&initrd, size);
	if (!modules || !cpio)
		ktap_bail_out("no list of modules");
	add(cpio, "dev", S_IFDIR | 0755, "", 0);
	add_file(cpio, "init", "/proc/self/exe");
	while (fgets(line, sizeof(line), modules)) {
		char *parameters = strpbrk(line, " \n"), name[16];

		*parameters++ = '\0';
		sprintf(name, "%u.ko", n++);
		add_file(cpio, name, line);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "/%s %s%s", name,
			 parameters, strchr(parameters, '\n') ? "" : "\n");
	}
	fclose(modules);
	add(cpio, "modules", S_IFREG | 0644, list, strlen(list));
	add(cpio, "TRAILER!!!", 0, "", 0);
	fclose(cpio);
	return initrd;
}

/* --- outside ------------------------------------------------------------------- */

/* What nested_count() is about, or -1 */
static int counter = -1;

static void on_alarm(__attribute__((unused)) int sig)
{
}

/* A signal each second, so that no KVM_RUN waits for an event that was lost */
static void tick(bool on)
{
	struct itimerval timer = { { on, 0 }, { on, 0 } };
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* One boot; what the test says goes to text. Return: its exit status, or -1. */
static int try(const struct linux_machine *machine, const char *initrd, size_t initrd_size,
	       FILE *text)
{
	struct linux_vm *vm = linux_boot(machine, KERNEL, COMMAND_LINE, initrd, initrd_size);
	struct linux_access access;
	int status = -1, seconds = 0;
	enum linux_event event;
	u32 count = 0;

	tick(true);
	while (status < 0 && seconds < TRY_LIMIT) {
		event = linux_next(vm, &access);
		if (event == LINUX_END)
			break;
		if (event == LINUX_SIGNAL) {
			seconds++;
			continue;
		}
		switch (access.port) {
		case PORT_TEXT:
			fputc(*(char *)access.data, text);
			break;
		case PORT_END:
			status = *(u8 *)access.data;
			break;
		case PORT_COUNT:
			count = counter < 0 ? 0 : trace_count(counter);
			/* fall through */
		case PORT_COUNT + 1 ... PORT_COUNT + 3:
			*(u8 *)access.data = count >> 8 * (access.port - PORT_COUNT);
			break;
		}
	}
	tick(false);
	if (status < 0)
		printf("# the guest did not come to its end; RIP %#llx, its last words:\n%s\n",
		       linux_rip(vm), linux_console(vm));
	linux_destroy(vm);
	return status;
}

/**
 * nested_inside() - is this the guest?
 *
 * Return: true there, where the test program is about to begin.
 */
bool nested_inside(void)
{
	if (getpid() != 1)
		return false;
	start_inside();
	return true;
}

/**
 * nested_boot() - run this test program inside a guest
 * @machine: what the guest is like, or NULL
 * @modules: a file with the modules that are loaded there, or NULL
 *
 * Copies what it says there to our output.
 *
 * Return: its exit status; a guest that does not come to its end ends the test.
 */
int nested_boot(const struct linux_machine *machine, const char *modules)
{
	char *initrd, *text = NULL;
	size_t size, text_size;
	int i, status = -1;
	FILE *file;

	initrd = make_initrd(modules, &size);
	for (i = 0; i < TRIES && status < 0; i++) {
		free(text);
		file = open_memstream(&text, &text_size);
		if (!file)
			ktap_bail_out("out of memory");
		status = try(machine, initrd, size, file);
		fclose(file);
	}
	if (status < 0)
		ktap_bail_out("the guest did not come to its end");
	fputs(text, stdout);
	free(text);
	free(initrd);
	return status;
}

/**
 * nested_enter() - go on inside a guest
 * @event: a tracepoint of the kernel outside, for nested_count(), or NULL
 * @svm: a condition on its fields on AMD, or NULL
 * @vmx: the same on Intel
 *
 * Returns only inside, where the modules are that are loaded here. The process
 * outside ends with the output and the exit status of the one inside.
 */
void nested_enter(const char *event, const char *svm, const char *vmx)
{
	const char *modules = getenv(MODULES);

	if (nested_inside())
		return;
	if (!modules)
		ktap_bail_out("no list of modules (" MODULES ")");
	if (event)
		counter = trace_open(event, kvm_has_svm() ? svm : vmx);
	exit(nested_boot(NULL, modules));
}
