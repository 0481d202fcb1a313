// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether user space can read what a driver of mediated devices declared about
 * its types: of one, one user can have a single device only, of another several,
 * and about the third nothing is declared. The module mdev_restriction is that
 * driver. What it declared goes with it, and comes back when it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"

#define NAME	"mdev_restriction"
#define TYPES	"/sys/bus/platform/devices/" NAME "/mdev_supported_types"
#define DRIVER	"/sys/bus/platform/drivers/" NAME

static void attribute_of(const char *type, char *path, size_t size)
{
	snprintf(path, size, "%s/%s-%s/single_usage_restriction", TYPES, NAME, type);
}

/* Whether the attribute of this type reads so, and cannot be written. */
static void expect(const char *when, const char *type, const char *want)
{
	char path[256], got[16] = "";
	struct stat st;
	ssize_t n;
	int fd;

	attribute_of(type, path, sizeof(path));
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		ktap_result(false, "%s: %s # %s: %s", when, type, path, strerror(errno));
		if (errno == ENOENT)
			ktap_observed("no-restriction-attribute");
		return;
	}
	n = read(fd, got, sizeof(got) - 1);
	if (!ktap_result(n == 2 && !strcmp(got, want),
			 "%s: %s reads %c # read %zd bytes, \"%.1s\"", when, type,
			 want[0], n, got))
		ktap_observed("wrong-restriction");
	ktap_result(!fstat(fd, &st) && (st.st_mode & 07777) == 0444,
		    "%s: %s is read-only", when, type);
	close(fd);
}

static void expect_none(const char *when, const char *type)
{
	char path[256];

	attribute_of(type, path, sizeof(path));
	if (!ktap_result(access(path, F_OK) && errno == ENOENT,
			 "%s: %s has no such attribute", when, type))
		ktap_observed("undeclared-restriction");
}

static void expect_all(const char *when)
{
	expect(when, "single", "Y\n");
	expect(when, "shared", "N\n");
	expect_none(when, "silent");
}

static void tell_driver(const char *what)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", DRIVER, what);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, NAME, strlen(NAME)) < 0)
		ktap_bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

int main(void)
{
	ktap_start();
	if (access(TYPES "/" NAME "-silent", F_OK))
		ktap_bail_out("%s: the driver %s did not register its types", TYPES, NAME);
	expect_all("registered");

	tell_driver("unbind");
	expect_none("unbound", "single");
	expect_none("unbound", "shared");

	tell_driver("bind");
	expect_all("bound again");
	return ktap_finish();
}
