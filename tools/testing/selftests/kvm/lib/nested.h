/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test inside a guest: the kernel under test is booted once more, as a guest
 * of itself, with the same modules, and with the test program as its init.
 *
 * Inside, the CPU is what KVM makes of one, so that the test's own guests are
 * nested, and what the kernel does to them can be counted from outside.
 */
#ifndef VIRTFIX_NESTED_H
#define VIRTFIX_NESTED_H

#include <stdbool.h>

#include "linux.h"
#include "processor.h"

bool nested_inside(void);
int nested_boot(const struct linux_machine *machine, const char *modules);
void nested_enter(const char *event, const char *svm, const char *vmx);
u64 nested_count(void);

#endif
