/* report_private.h - a loaded record: its lines by kind, and the pieces that several formats share. */
#ifndef NP_REPORT_PRIVATE_H
#define NP_REPORT_PRIVATE_H

#include <jansson.h>

#include "np/report/report.h"

struct np_report {
	char *dir;		/* the record's folder */
	json_t *run;		/* first run line; borrowed from @lines as all below */
	json_t *preflight, *end;	/* last of each, NULL when there is none */
	json_t *lines;		/* every line, in order */
	json_t *cases;		/* object: id -> its last case line */
	json_t *steps;		/* object: id -> array of step lines */
	json_t *worlds;		/* object: world -> world line with its objects */
};

/* Results that a case line can have, counted. */
struct np_report_totals {
	size_t passed, failed, skipped, known, errors;
};

struct np_report_totals np_report_count(const struct np_report *r);
/* Case ids in order of their names; array of strings, new reference. */
json_t *np_report_ids(const struct np_report *r);
/* The step of a case that failed (or the last one), or NULL. Borrowed. */
json_t *np_report_bad_step(const struct np_report *r, const char *id);
/* Clauses of the failing cases with their number of cases, most frequent first: [["S11", 3], ..]. New reference. */
json_t *np_report_clauses(const struct np_report *r);
/* Reasons of the cases with @result: [["no IPv6", 4], ..]. New reference. */
json_t *np_report_reasons(const struct np_report *r, const char *result);

/*
 * Expected and observed tables of a failing step side by side: rows with wrong cells only, wrong cells marked by '*' (and in colour). Plain text, each line
 * indented by @indent.
 */
void np_report_tables(const json_t *step, const char *indent, bool color, struct np_buf *ret);
/* A text onto @b, every line indented, control characters escaped. */
void np_report_indented(struct np_buf *b, const char *indent, const char *text);
/* "S11, S12" */
void np_report_join(struct np_buf *b, const json_t *texts, const char *between);
/* Folder name of a case below failures/: its id with '/' as '-'; safe whatever the id holds. Appended. */
void np_report_folder(struct np_buf *b, const char *id);

/* One writer for each format. */
void np_report_text(const struct np_report *r, const struct np_report_style *style, struct np_buf *ret);
void np_report_json(const struct np_report *r, struct np_buf *ret);
void np_report_junit(const struct np_report *r, struct np_buf *ret);
void np_report_markdown(const struct np_report *r, struct np_buf *ret);

/* The files of one failing case, into folder @dir. */
int np_report_failure(const struct np_report *r, const char *id, const char *dir, struct np_err *err);

#endif
