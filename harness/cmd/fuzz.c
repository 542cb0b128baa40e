/* fuzz.c - netpolcheck fuzz: a table of commands of its own. */
#include "fuzz.h"

#include <string.h>

#include "np/base/mem.h"

static const struct np_command *const commands[] = {
	&np_cmd_fuzz_live,
	&np_cmd_fuzz_api,
	&np_cmd_fuzz_replay,
	&np_cmd_fuzz_report,
};

static void usage(FILE *out)
{
	fprintf(out, "usage: netpolcheck fuzz COMMAND [options]\n\n%s\n\n", np_cmd_fuzz.summary);
	for (size_t i = 0; i < NP_ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name + strlen("fuzz "),
			commands[i]->summary);
	fprintf(out, "\n'netpolcheck fuzz COMMAND --help' tells more.\n");
}

static int cmd_fuzz(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return NP_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return NP_EXIT_OK;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name + strlen("fuzz "), argv[1]) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	fprintf(stderr,
		"netpolcheck fuzz: unknown command '%s'; 'netpolcheck fuzz --help' lists them\n",
		argv[1]);
	return NP_EXIT_USAGE;
}

const struct np_command np_cmd_fuzz = {
	.name = "fuzz",
	.summary = "look for policies that crash or blind an agent, and for differences to an API "
		   "server",
	.usage = "COMMAND [options]",
	.exits = "see each command",
	.run = cmd_fuzz,
};
