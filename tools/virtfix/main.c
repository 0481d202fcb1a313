// SPDX-License-Identifier: GPL-2.0-only
/* virtfix: the command table. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "virtfix.h"

static const struct {
	const char *name;
	int (*fn)(int argc, const char **argv);
	const char *help;
} commands[] = {
	{ "status", cmd_status, "[--json] TREE [FIX...]  one verdict per fix" },
	{ "stage", cmd_stage, "[--undo FIX] TREE DIR  copy what modules are built from, graft what is needed" },
	{ "patches", cmd_patches, "[--signoff WHO] TREE DIR  the needed fixes as a series" },
	{ "list", cmd_list, "                        the fixes" },
	{ "show", cmd_show, "FIX                     a fix's story" },
	{ "catalogue", cmd_catalogue, "DIR TREE...         the fixes and their verdicts as pages" },
	{ "modcheck", cmd_modcheck, "KDIR DIR                do the modules in DIR fit the kernel?" },
	{ "modules", cmd_modules, "DIR                     what the modules in DIR carry" },
	{ "help", cmd_help, "                        this text" },
};

#define N_COMMANDS	(sizeof(commands) / sizeof(*commands))

/**
 * cmd_help() - print the verbs and options
 *
 * Return: EXIT_CLEAN.
 */
int cmd_help(int argc, const char **argv)
{
	(void)argc;
	(void)argv;
	puts("usage: virtfix [OPTIONS] VERB ...\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].help);
	puts("\n"
	     "TREE is a kernel or kvm-unit-tests source directory or tarball.\n\n"
	     "  --fixes LIST   which fixes: all, or names; else what .config in the\n"
	     "                 build directory says, else those that mend a defect\n"
	     "  --top DIR      the project\n"
	     "  --build DIR    the build directory\n"
	     "  -v             show the programs that are run\n\n"
	     "Exit status of status: 0 no selected fix is needed, 1 one is needed or\n"
	     "blocked, 2 a verdict is unknown, 3 wrong use or an I/O error.");
	return EXIT_CLEAN;
}

static int dispatch(int argc, char **argv)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		optind = 0;		/* getopt_long() starts anew */
		return commands[i].fn(argc, (const char **)argv);
	}
	vf_error("there is no verb \"%s\"; see: virtfix help", argv[0]);
	return EXIT_ERROR;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "fixes", required_argument, NULL, 'f' },
		{ "top", required_argument, NULL, 't' },
		{ "build", required_argument, NULL, 'b' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 }
	};
	const char *top = VIRTFIX_TOP, *build = VIRTFIX_BUILD;
	int c, ret;

	while ((c = getopt_long(argc, argv, "+v", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			setup.fixes = optarg;
			break;
		case 't':
			top = optarg;
			break;
		case 'b':
			build = optarg;
			break;
		case 'v':
			setup.verbose = true;
			break;
		default:
			return EXIT_ERROR;
		}
	}
	if (optind == argc) {
		cmd_help(0, NULL);
		return EXIT_ERROR;
	}
	ret = setup_init(top, build) ? EXIT_ERROR :
		dispatch(argc - optind, argv + optind);
	setup_free();
	if (fflush(stdout) || ferror(stdout)) {
		vf_perror("write to", "standard output");
		ret = EXIT_ERROR;
	}
	return ret;
}
