/*
 * report.h - layer report: what a run record says, for people and for programs. Everything comes from run.jsonl (results/README.md), so a report can be made again at
 * any time. Limits: a record of 1 GiB, a line of 64 MiB; a line that is cut short at the end is ignored, any other damage is NP_EPARSE with its line.
 */
#ifndef NP_REPORT_REPORT_H
#define NP_REPORT_REPORT_H

#include <stdbool.h>

#include "np/base/buf.h"
#include "np/base/err.h"

struct np_report;

/* Reads the record of folder (or file) @path. Free with np_report_free(). */
int np_report_load(const char *path, struct np_report **ret, struct np_err *err);
void np_report_free(struct np_report *r);

enum np_report_format { NP_REPORT_TEXT, NP_REPORT_JSON, NP_REPORT_JUNIT, NP_REPORT_MARKDOWN, NP_N_REPORT_FORMATS };
const char *np_report_format_name(enum np_report_format f);	/* "text" "json" "junit" "markdown" */

struct np_report_style {
	bool color;	/* text only: ANSI colours */
	unsigned width;	/* of the terminal in columns; 0: 100 */
};

/*
 * Appends the report to @ret. Text: per failing case the expected and observed tables side by side (wrong rows only, wrong cells marked), the explanation of one wrong
 * cell, where the reproducer is; then known, fixed, skipped (grouped by reason), errors, unused waivers, latency and speed; its last line is
 * "N passed, N failed, N skipped". Every format is valid whatever the names contain.
 */
void np_report_write(const struct np_report *r, enum np_report_format format, const struct np_report_style *style, struct np_buf *ret);

/* Writes summary.md, junit.xml and failures/<case>/ (README.md, manifests.yaml, reproduce.sh) beside the record. Replaces older ones. */
int np_report_files(const struct np_report *r, const char *dir, struct np_err *err);

/* Exit status that the record ended with; 3 when it has no end. */
int np_report_exit(const struct np_report *r);

/*
 * Results of two records by case: lists what newly fails, what is fixed, what is only in one. Appended as text or JSON; *@ret_differs is true when any
 * result changed.
 */
void np_report_diff(const struct np_report *before, const struct np_report *after, enum np_report_format format, struct np_buf *ret,
		    bool *ret_differs);

#endif
