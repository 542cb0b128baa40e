/* record.h - the run record: one JSON object a line, flushed as it is written (results/README.md).
 * Thread-safe. */
#ifndef NP_RUN_RECORD_H
#define NP_RUN_RECORD_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "np/base/err.h"
#include "np/base/str.h"
#include "np/model/flow.h"

struct np_record {
	pthread_mutex_t lock;
	int fd;
	int copy_fd; /* every line goes there as well, 0: nowhere; set it after the opening */
	int64_t begin_us;
	char dir[512];
	struct np_err failed; /* first write that failed (a full disk); code NP_OK if none */
};

#define NP_RECORD_SCHEMA 1

/* Makes the folder (NP_EUSAGE when it already holds a record, unless @resume) and opens run.jsonl
 * for appending. */
int np_record_open(struct np_record *r, const char *dir, bool resume, struct np_err *err);
/* Adds t_ms, writes the line and flushes it to disk; takes the reference. A failed write is kept in
 * @r->failed. */
void np_record_put_take(struct np_record *r, json_t *line);
void np_record_note(struct np_record *r, const char *level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void np_record_close(struct np_record *r);
/* Milliseconds since the run began. */
long long np_record_now_ms(const struct np_record *r);

/* How lines name clauses ("S11") and a case's area, what stands before the last slash of its id. */
json_t *np_record_clauses(const np_clauses *set);
json_t *np_record_area(struct np_str case_id);

/* What a record says of cases that are done, for resuming: {id: result}. A last line that was cut
 * short is dropped (and cut off the file). New reference. */
int np_record_done(const char *dir, json_t **ret_run, json_t **ret_done, struct np_err *err);

#endif
