/*
 * bench.h - what the measurements share: JSON lines, programs of the same build, a look at whether
 * a sandbox can be had.
 */
#ifndef TESTS_RUN_BENCH_H
#define TESTS_RUN_BENCH_H

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "np/base/json.h"
#include "np/base/mem.h"

/* Prints one line; takes @more, an object with further fields, or NULL. */
static inline void print_take(const char *name, double value, const char *unit, json_t *more)
{
	json_t *line = np_json_pack("{s:s, s:f, s:s}", "bench", name, "value", value, "unit", unit);

	if (more)
		json_object_update(line, more);
	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	fflush(stdout);
	json_decref(more);
	json_decref(line);
}

/* A program of the same build: this one is two folders deeper. */
static inline char *program_path(const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return np_xstrdup(name);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return np_xasprintf("%s/../../%s", self, name);
}

/* Can this user have the namespaces that a sandbox is made of? Asked in a child, which then ends.
 */
static inline bool may_unshare(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* The line that says why nothing was measured. */
static inline void print_skipped(void)
{
	puts("{\"bench\":\"sandbox\",\"skipped\":\"user and network namespaces are refused "
	     "here\"}");
}

#endif
