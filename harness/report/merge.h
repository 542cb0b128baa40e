/*
 * merge.h - one shard's record as it goes into a merged one: the lines that count, and what must be
 * the same in all of them.
 */
#ifndef NP_REPORT_MERGE_H
#define NP_REPORT_MERGE_H

#include "report_private.h"

struct np_shard_line {
	const char *p; /* into the text; without the newline */
	size_t n;
	bool keep; /* false: a later attempt of the same case counts, or nothing came of it */
};

struct np_shard_record {
	const char *path; /* as given */
	unsigned number, of;
	long long planned; /* cases of all shards */
	long long max_worker;
	struct np_buf text;	     /* of the record */
	struct np_shard_line *lines; /* world, step and case lines */
	size_t n_lines, cap_lines;
	json_t *run;	   /* first run line */
	json_t *run_ids;   /* of its parts */
	json_t *preflight; /* of the last part, or NULL */
	json_t *findings;  /* of the last part */
	json_t *notes;	   /* all */
	json_t *end;	   /* of the last part; NULL when that did not end */
	json_t *done;	   /* {id: case line} */
};

/* Reads and takes apart. NP_EUSAGE for what is no shard. Release also after a failure. */
int np_shard_record_load(const char *path, struct np_shard_record *ret, struct np_err *err);
void np_shard_record_release(struct np_shard_record *s);

/* The end line of the merged record: totals of the cases, sums of what was counted. New reference.
 */
json_t *np_merge_end(const struct np_shard_record *shards, size_t n, const json_t *run);

#endif
