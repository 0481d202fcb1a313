// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often a tracepoint of the host's kernel was passed: perf counts, which
 * needs no buffer that could be too small.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"
#include "trace.h"

#define EVENTS	"/sys/kernel/tracing/events"

static u64 event_id(const char *event)
{
	unsigned long long id;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), EVENTS "/%s/id", event);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%llu", &id) != 1)
		ktap_bail_out("there is no tracepoint %s (%s)", event, path);
	fclose(file);
	return id;
}

/**
 * trace_open() - count how often this thread, and what it starts from now on,
 * passes a tracepoint
 * @event: as "kvm/kvm_page_fault"
 * @filter: a condition on its fields (Documentation/trace/events.rst of the
 *	kernel), or NULL
 *
 * Return: a file descriptor, for trace_count() and close().
 */
int trace_open(const char *event, const char *filter)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = event_id(event),
		.disabled = 1,
		.inherit = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		ktap_bail_out("%s cannot be counted: %s", event, strerror(errno));
	if (filter && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter))
		ktap_bail_out("%s: the filter \"%s\": %s", event, filter, strerror(errno));
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		ktap_bail_out("%s cannot be counted: %s", event, strerror(errno));
	return fd;
}

/**
 * trace_count() - how often it was passed by now
 * @fd: from trace_open()
 *
 * Return: the number.
 */
u64 trace_count(int fd)
{
	u64 count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		ktap_bail_out("a tracepoint's count cannot be read");
	return count;
}
