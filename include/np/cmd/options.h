/*
 * options.h - layer cmd: commands and their options as tables. Help, errors and completion all come
 * out of the tables, so they cannot drift apart.
 */
#ifndef NP_CMD_OPTIONS_H
#define NP_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "np/base/err.h"

/* Exit statuses of the contract; each command's own meaning of 1 and 3 is in its help. */
enum {
	NP_EXIT_OK = 0,
	NP_EXIT_FOUND = 1,
	NP_EXIT_USAGE = 2,
	NP_EXIT_ENV = 3,
	NP_EXIT_INTERRUPTED = 130
};

/* A growing list of borrowed strings (into argv). Zero-initialised is empty; release with
 * np_strings_release(). */
struct np_strings {
	const char **items;
	size_t n, cap;
};

void np_strings_add(struct np_strings *list, const char *item);
void np_strings_release(struct np_strings *list);

enum np_option_kind {
	NP_OPT_FLAG,	 /* bool: set true */
	NP_OPT_STRING,	 /* const char *: borrowed from argv */
	NP_OPT_STRINGS,	 /* struct np_strings: may be given several times */
	NP_OPT_U64,	 /* unsigned long long; decimal */
	NP_OPT_DURATION, /* long long milliseconds: 250ms, 10s, 5m, 2h */
	NP_OPT_CHOICE,	 /* int: index into choices */
};

struct np_option {
	const char *name; /* long name without dashes */
	enum np_option_kind kind;
	void *dest;
	const char *arg;	    /* what the value is called in help; NULL for flags */
	const char *help;	    /* one line, lower case, no full stop */
	const char *const *choices; /* NULL-ended, for NP_OPT_CHOICE */
};

struct np_command {
	const char *name;
	const char *summary; /* one line for the list of commands */
	const char *usage;   /* what follows the name: "[options] FILE ..." */
	const char *exits;   /* the meaning of the exit statuses, one line */
	int (*run)(int argc,
		   char **argv); /* argv[0] is the command's name; returns the exit status */
};

/*
 * Reads @argv[1..] by the table @options (ended by a NULL name). "--x V", "--x=V", "--"; "--help"
 * sets *@ret_help. What is no option goes to @args (may be NULL when none is allowed). Values are
 * checked; an unknown or unfinished option is NP_EUSAGE with the nearest known name.
 */
int np_options_parse(const struct np_option *options, int argc, char **argv,
		     struct np_strings *args, bool *ret_help, struct np_err *err);
/* Usage, options and exit statuses of one command. */
void np_options_help(const struct np_command *cmd, const struct np_option *options, FILE *out);

/*
 * The usual beginning of a command: parses, prints help (returns 0) or the error (returns 2).
 * "--complete" alone prints the table of options for 'netpolcheck completion' (returns 0).
 * Returns -1 when the command should go on.
 */
int np_command_begin(const struct np_command *cmd, const struct np_option *options, int argc,
		     char **argv, struct np_strings *args);
/* Prints "netpolcheck CMD: error text" to stderr and returns the exit status that fits its code (2
 * for usage, parse and valid, 130, else 3). */
int np_command_fail(const struct np_command *cmd, const struct np_err *err);

/* Each command's table entry; defined in harness/cmd/<name>.c. */
extern const struct np_command np_cmd_run, np_cmd_cases, np_cmd_eval, np_cmd_table, np_cmd_sandbox,
	np_cmd_clean, np_cmd_report, np_cmd_validate;

#endif
