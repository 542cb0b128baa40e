/*
 * progress.h - layer report: how far a run is, on stderr: one line kept up to date on a terminal,
 * else a line every few seconds.
 */
#ifndef NP_REPORT_PROGRESS_H
#define NP_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/run/run.h"

/* Kept by the caller; nothing in it is to be freed. */
struct np_progress_view {
	bool terminal;	 /* stderr is one */
	unsigned width;	 /* of it in columns */
	int64_t last_us; /* when something was written last */
	bool line_open;	 /* a line without its newline stands there */
};

void np_progress_init(struct np_progress_view *v);
/* A np_run_progress_fn; @ctx is the view. */
void np_progress_show(void *ctx, const struct np_run_progress *p);
/* Clears the open line. */
void np_progress_end(struct np_progress_view *v);

/*
 * The text of one line, without colours, newline or control characters, cut to at most @size - 1
 * bytes of whole characters; time left is guessed from the rate so far. Returns @buf.
 */
const char *np_progress_text(const struct np_run_progress *p, char *buf, size_t size);

#endif
