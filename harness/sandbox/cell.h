/*
 * cell.h - the sandbox's namespaces: user (not for root), mount, network, PID, and the two
 * processes around them.
 *
 *	parent ── fork ──> keeper ── fork ──> first process, pid 1 inside
 *
 * The keeper stays outside the PID namespace and waits for the first process.
 *
 * The first process learns of the parent's end by the end of a pipe, and dies with the keeper; with
 * it the kernel ends everything inside.
 */
#ifndef NP_SANDBOX_CELL_H
#define NP_SANDBOX_CELL_H

#include <sys/types.h>

#include "np/base/err.h"

/* What the parent is told, once, in one write(2). */
struct np_cell_report {
	struct np_err err;	/* NP_OK: the sandbox is ready */
};

struct np_cell_options {
	int parent_fd;		/* reading end of the parent's pipe */
	/* writing end: a struct np_cell_report, then the end of file when the first process ends */
	int report_fd;
	int stderr_fd;		/* -1: the parent's */
	/* further descriptors that go inside; all others are closed there */
	const int *keep_fds;
	size_t n_keep_fds;
	/* in the keeper, still outside: makes what must not outlive the sandbox */
	int (*prepare)(void *ctx, struct np_err *err);
	/* in the first process; when it returns the process ends */
	void (*run)(void *ctx);
	/* in the keeper, at the end, whatever happened: removes what is left outside */
	void (*clean)(void *ctx);
	void *ctx;
};

/*
 * Returns the keeper's pid in the parent; whatever fails later is reported. The descriptors are
 * borrowed.
 */
pid_t np_cell_start(const struct np_cell_options *options, struct np_err *err);
/* Writes the report. */
void np_cell_report(int report_fd, const struct np_err *err);

#endif
