/* proc.h - layer base: run a program with bounded time and output. */
#ifndef NP_BASE_PROC_H
#define NP_BASE_PROC_H

#include "np/base/buf.h"
#include "np/base/err.h"

/*
 * Runs @argv (found in PATH and the sbin folders), feeds @input (may be NULL), appends both outputs (at most
 * 16 MiB each, further bytes dropped; either buffer may be NULL), also those of a child that was killed.
 * Kills the child after @timeout_ms. Returns when the child ends, even if its own children keep the outputs
 * open. Returns the exit status 0..255, 128+n for signal n, or -1 with @err when it could not be started
 * (NP_EENV) or timed out (NP_ETIMEOUT). Safe in threaded programs.
 */
int np_proc_run(const char *const *argv, const struct np_buf *input, int timeout_ms, struct np_buf *ret_out,
		struct np_buf *ret_errout, struct np_err *err);

/* Raises this process's soft limit of open descriptors to the hard one; failure changes nothing. */
void np_proc_raise_files(void);

#endif
