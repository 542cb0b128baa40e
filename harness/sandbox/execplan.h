/* execplan.h - private to exec: a checked request. */
#ifndef NP_SANDBOX_EXECPLAN_H
#define NP_SANDBOX_EXECPLAN_H

#include "execstream.h"

struct np_exec_plan {
	char *ns, *pod;
	char *argv[NP_EXEC_MAX_ARGS + 1];	/* NULL-ended */
	size_t n_argv;
	bool want_stdin, want_stdout, want_stderr, v5;
	const char *protocol;	/* static */
	char accept[64];
};

#endif
