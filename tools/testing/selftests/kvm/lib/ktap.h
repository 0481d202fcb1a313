/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results of a test program as KTAP (Documentation/dev-tools/ktap.rst of the
 * kernel), with kselftest's exit codes.
 */
#ifndef VIRTFIX_KTAP_H
#define VIRTFIX_KTAP_H

#include <stdbool.h>

#ifndef __printf
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#endif
#ifndef __noreturn
#define __noreturn		__attribute__((noreturn))
#endif

#define KSFT_PASS	0
#define KSFT_FAIL	1
#define KSFT_SKIP	4

void ktap_start(void);
bool __printf(2, 3) ktap_result(bool pass, const char *fmt, ...);
void ktap_observed(const char *token);
int ktap_finish(void);
void __printf(1, 2) __noreturn ktap_skip_all(const char *fmt, ...);
void __printf(1, 2) __noreturn ktap_bail_out(const char *fmt, ...);

#endif
