/* command_line.h - what the tests of commands share: a command line run in the (forked) process of the test. */
#ifndef NP_TESTS_COMMAND_LINE_H
#define NP_TESTS_COMMAND_LINE_H

#include "../cmd/diff.h"
#include "suite.h"

#include "np/cmd/options.h"

#define COMMAND_LINE_MAX_WORDS 31

/* Words between blanks; those that end in .yaml are files of @dir. Returns their number; each is freed. */
static inline int split_line(const char *dir, const char *line, char **ret_words)
{
	np_auto_free char *copy = np_xstrdup(line);
	char *save = NULL;
	int n = 0;

	for (char *p = strtok_r(copy, " ", &save); p && n < COMMAND_LINE_MAX_WORDS; p = strtok_r(NULL, " ", &save))
		ret_words[n++] = np_str_ends(np_str_from(p), ".yaml") ? np_xasprintf("%s/%s", dir, p) : np_xstrdup(p);
	ret_words[n] = NULL;
	return n;
}

/*
 * Runs the command that the first word of @line names; its exit status. What it prints is *@ret_out, heap text.
 * Standard output and error are files of @dir from here on.
 */
static inline int run_line(const char *dir, const char *line, char **ret_out)
{
	static const struct np_command *const commands[] = { &np_cmd_diff, &np_cmd_eval, &np_cmd_table };
	np_auto_free char *out = np_xasprintf("%s/out", dir), *err_out = np_xasprintf("%s/err", dir);
	char *argv[COMMAND_LINE_MAX_WORDS + 1];
	int argc = split_line(dir, line, argv), status = -1;

	ck_assert(freopen(out, "w", stdout) && freopen(err_out, "w", stderr));
	for (size_t i = 0; i < NP_ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, argv[0]) == 0)
			status = commands[i]->run(argc, argv);
	fflush(stdout);
	fflush(stderr);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	*ret_out = read_file(dir, "out");
	return status;
}

#endif
