/* main.c - the program: a table of commands. */
#include <stdio.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/proc.h"
#include "np/cmd/options.h"
#include "completion.h"
#include "diff.h"
#include "fuzz.h"
#include "minimize.h"
#include "mutate.h"
#include "score.h"

static const struct np_command *const commands[] = {
	&np_cmd_run,  &np_cmd_cases,  &np_cmd_eval,   &np_cmd_table, &np_cmd_diff,
	&np_cmd_validate, &np_cmd_score, &np_cmd_report, &np_cmd_sandbox, &np_cmd_clean,
	&np_cmd_fuzz, &np_cmd_minimize, &np_cmd_mutate, &np_cmd_completion,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out, "usage: netpolcheck COMMAND [options]\n\n"
		     "Conformance and fuzz tests for Kubernetes NetworkPolicy implementations.\n"
		     "With no cluster named, nothing touches a cluster: the default is an embedded "
		     "sandbox.\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\n'netpolcheck COMMAND --help' tells more.\n");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return NP_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return NP_EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		printf("netpolcheck %s\n", NP_VERSION);
		return NP_EXIT_OK;
	}
	if (strcmp(argv[1], "--complete") == 0) {
		for (size_t i = 0; i < N_COMMANDS; i++)
			printf("%s\t%s\t%s\n", commands[i]->name, commands[i]->summary,
			       commands[i]->usage);
		return NP_EXIT_OK;
	}
	np_json_use_memory();
	/* A stream to each pod, and in the sandbox's processes pipes to each command, are many. */
	np_proc_raise_files();
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i]->name, argv[1]) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	fprintf(stderr, "netpolcheck: unknown command '%s'; 'netpolcheck --help' lists them\n",
		argv[1]);
	return NP_EXIT_USAGE;
}
