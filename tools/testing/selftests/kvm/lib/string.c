// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that a compiler may call on its own.  The C library's choose
 * at start the variant for the host's CPU, and AVX would fault in a guest that
 * has not enabled it; these serve both.
 */
#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	while (n--)
		*d++ = *s++;
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	char *d = dst;

	while (n--)
		*d++ = c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}
