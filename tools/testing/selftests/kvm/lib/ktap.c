// SPDX-License-Identifier: GPL-2.0-only
/* Results of a test program as KTAP. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ktap.h"

static unsigned int results, failures;

/**
 * ktap_start() - begin the program's results
 *
 * The plan comes at the end, as KTAP allows: the number of results of a guest
 * that runs in rounds is not known before.
 */
void ktap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
}

/**
 * ktap_result() - report one result
 * @pass: whether it is good
 * @fmt: what was looked at; for a bad one also what was expected and what came
 *
 * Return: @pass.
 */
bool ktap_result(bool pass, const char *fmt, ...)
{
	va_list args;

	printf("%s %u ", pass ? "ok" : "not ok", ++results);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	failures += !pass;
	return pass;
}

/**
 * ktap_observed() - say what was seen, in a form that a proof can look for
 * @token: one of the tokens of the fix's ``Defect:`` header, or another word
 */
void ktap_observed(const char *token)
{
	printf("# observed: %s\n", token);
}

/**
 * ktap_finish() - end the program's results
 *
 * Return: what main() has to return: a program without any result has failed.
 */
int ktap_finish(void)
{
	printf("1..%u\n", results);
	return results && !failures ? KSFT_PASS : KSFT_FAIL;
}

/**
 * ktap_skip_all() - end the program because it cannot run here
 * @fmt: what is missing
 */
void ktap_skip_all(const char *fmt, ...)
{
	va_list args;

	printf("1..0 # SKIP ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	exit(KSFT_SKIP);
}

/**
 * ktap_bail_out() - end the program because going on makes no sense
 * @fmt: what went wrong
 */
void ktap_bail_out(const char *fmt, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	exit(KSFT_FAIL);
}
