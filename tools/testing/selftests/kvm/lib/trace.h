/* SPDX-License-Identifier: GPL-2.0-only */
/* How often a tracepoint of the host's kernel was passed. */
#ifndef VIRTFIX_TRACE_H
#define VIRTFIX_TRACE_H

#include "processor.h"

int trace_open(const char *event, const char *filter);
u64 trace_count(int fd);

#endif
