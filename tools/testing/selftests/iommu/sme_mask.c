// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU API tells the physical address behind one of the bus, and not the
 * memory encryption mask that the page tables hold with it.
 *
 * The module iommu_sme_test sets a mask, maps and asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"

#define MODULE	"/sys/module/iommu_sme_test/parameters/"

/* Where EPYC has it */
#define MASK	(1ull << 47)

#define KIB	1024ull
#define MIB	(1024 * KIB)

/*
 * All in the first GiB: the first page has the tables made. What is behind these
 * addresses does not matter, nothing gets there.
 */
static const struct mapping {
	const char *name;
	uint64_t iova, phys, size;
} first = {
	"a page without the mask", 0, 0x12345000, 4 * KIB
}, mappings[] = {
	{ "a page", 0x1000, 0x12346000, 4 * KIB },
	{ "two pages", 0x2000, 0x23457000, 8 * KIB },
	{ "64 KiB", 0x10000, 0x34560000, 64 * KIB },
	{ "2 MiB", 0x400000, 0x45600000, 2 * MIB },
	{ "4 MiB", 0x800000, 0x56000000, 4 * MIB },
	{ "an odd size", 0x1ff000, 0x671ff000, 4 * KIB },
	{ "memory above 4 GiB", 0x5000, 0x7654321000, 4 * KIB },
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void write_parameter(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), MODULE "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		ktap_bail_out("%s: %s: %s", path, text, strerror(errno));
	close(fd);
}

static void set_mask(uint64_t mask)
{
	char text[32];

	snprintf(text, sizeof(text), "%#" PRIx64, mask);
	write_parameter("mask", text);
}

static void map(const struct mapping *m)
{
	char text[96];

	snprintf(text, sizeof(text), "%#" PRIx64 " %#" PRIx64 " %#" PRIx64,
		 m->iova, m->phys, m->size);
	write_parameter("map", text);
}

static uint64_t ask(uint64_t iova)
{
	unsigned long long answer;
	char text[32];
	FILE *f;

	snprintf(text, sizeof(text), "%#" PRIx64, iova);
	write_parameter("ask", text);
	f = fopen(MODULE "ask", "re");
	if (!f || fscanf(f, "%llx", &answer) != 1)
		ktap_bail_out(MODULE "ask cannot be read");
	fclose(f);
	return answer;
}

static void expect_at(const struct mapping *m, uint64_t offset)
{
	uint64_t got = ask(m->iova + offset), want = m->phys + offset;

	if (!ktap_result(got == want, "%s, at %#" PRIx64 " # %#" PRIx64, m->name, offset, got))
		ktap_observed(got == (want | MASK) ? "mask-in-phys" : "wrong-phys");
}

static void expect(const struct mapping *m)
{
	expect_at(m, 0);
	expect_at(m, 0x123);
	expect_at(m, m->size - 1);
}

int main(void)
{
	uint64_t got;
	size_t i;

	ktap_start();
	set_mask(0);
	map(&first);
	expect(&first);

	set_mask(MASK);
	expect(&first);
	for (i = 0; i < ARRAY_SIZE(mappings); i++)
		map(&mappings[i]);
	for (i = 0; i < ARRAY_SIZE(mappings); i++)
		expect(&mappings[i]);

	/* Or there was no mask to be cleared. */
	set_mask(0);
	for (i = 0; i < ARRAY_SIZE(mappings); i++) {
		got = ask(mappings[i].iova);
		ktap_result(got == (mappings[i].phys | MASK),
			    "%s: the entry has the mask # %#" PRIx64, mappings[i].name, got);
	}
	return ktap_finish();
}
