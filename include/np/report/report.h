/*
 * report.h - layer report: what a run record says, for people and for programs. Everything comes
 * from run.jsonl (results/README.md), so a report can be made again at any time.
 *
 * Limits: a record of 1 GiB, a line of 64 MiB (NP_ELIMIT). A line that is cut short at the end is
 * ignored: the run was killed while it wrote. Any other damage is NP_EPARSE or NP_EVALID with its
 * line: bytes that are no JSON object, a schema other than 1, a case without an id or with a result
 * that is not known, a step without a case. Fields that are missing or of another type otherwise
 * read as empty.
 */
#ifndef NP_REPORT_REPORT_H
#define NP_REPORT_REPORT_H

#include <stdbool.h>

#include "np/base/buf.h"
#include "np/base/err.h"

struct np_report;

/* Reads the record of folder (or file) @path. Free with np_report_free(), which accepts NULL. */
int np_report_load(const char *path, struct np_report **ret, struct np_err *err);
void np_report_free(struct np_report *r);

enum np_report_format {
	NP_REPORT_TEXT,
	NP_REPORT_JSON,
	NP_REPORT_JUNIT,
	NP_REPORT_MARKDOWN,
	NP_REPORT_TAP,	  /* version 14 */
	NP_REPORT_HTML,	  /* one page, without scripts */
	NP_REPORT_SARIF,  /* 2.1.0 */
	NP_REPORT_GITHUB, /* annotations of GitHub Actions */
	NP_N_REPORT_FORMATS
};
/* "text" "json" "junit" "markdown" "tap" "html" "sarif" "github" */
const char *np_report_format_name(enum np_report_format f);

struct np_report_style {
	bool color;	/* text only: ANSI colours */
	unsigned width; /* of the terminal in columns; 0: 100; at least 40 is used */
};

/*
 * Appends the report to @ret; @style may be NULL. Text: per failing case the expected and observed
 * tables side by side (wrong rows and columns only, wrong cells marked), the explanation of one
 * wrong cell, where its script is; then failing cases by clause, known, fixed and unused waivers,
 * errors and skips by reason, latency and speed; its last line is "N passed, N failed, N skipped".
 * Every format is valid whatever the names contain.
 */
void np_report_write(const struct np_report *r, enum np_report_format format,
		     const struct np_report_style *style, struct np_buf *ret);

/*
 * Writes summary.md, junit.xml, report.html and failures/<case>/ (README.md, manifests.yaml,
 * reproduce.sh) into @dir, the record's folder. Replaces older ones. NP_EIO.
 */
int np_report_files(const struct np_report *r, const char *dir, struct np_err *err);

/* Exit status that the record ended with, 0..255; 3 when it has no end. */
int np_report_exit(const struct np_report *r);

/*
 * The records @paths of all shards of one run (run --shard) as one record, @dir/run.jsonl, which an
 * older one there gives way to. Their order does not matter, and a shard that was killed and
 * resumed counts as one that was not. NP_EUSAGE, and nothing is written, when a shard is missing,
 * there twice, has not ended, is of another run (version, build, seed, profiles, cases, target,
 * agent), or is none. Percentiles of latency: p50 is the middle one of the shards', p99 the
 * largest; times are those of the shards, ms that of the longest.
 */
#define NP_REPORT_SHARDS_MAX 1000
int np_report_merge(const char *const *paths, size_t n, const char *dir, struct np_err *err);

/* What is said of each waiver; a NULL is left out. */
struct np_report_waive {
	const char *reason; /* needed */
	const char *link;
	const char *agent, *version, *mode; /* results/README.md: scope; need the agent */
	const char *expires;		    /* YYYY-MM-DD */
	const char *glob;		    /* only cases whose id matches */
};

/*
 * A waiver for each failing case of @r, as a document of a waivers file, appended to @ret; *@ret_n
 * is their number, and without any nothing is appended. Each names the wrong cells of the step that
 * failed, all of the case where the record has none or more than 1,000. NP_EUSAGE for a missing
 * reason, a version or mode without an agent, a day that there is not.
 */
int np_report_waive(const struct np_report *r, const struct np_report_waive *w, struct np_buf *ret,
		    size_t *ret_n, struct np_err *err);

/*
 * What case results of @after differ from those of the old runs, @n_before of at least one, by id:
 * newly failing, fixed, changed, only in one. Flaky is what the old runs do not agree about, and
 * what passes but was wrong again after it was right; slower, a pass whose change took twice as
 * long and half a second longer than ever before. Appended as text or JSON (every other @format is
 * text); *@ret_differs is true when a result is one that no old run had: flaky and slower are told
 * only.
 */
void np_report_diff(const struct np_report *const *before, size_t n_before,
		    const struct np_report *after, enum np_report_format format, struct np_buf *ret,
		    bool *ret_differs);

/*
 * The support matrix of @n runs of at least one: a column for each, a row for each profile and each
 * of its clauses, in a cell how many cases pass and how many deviate (failing and known alike).
 * Appended as markdown, or JSON: {"columns":[{"label","agent","server","started","exit"}],
 * "rows":[{"profile","clause" (null: the profile as a whole),
 * "cells":[{"pass","fail","known","skip","error"}]}]}; every other @format is markdown. A column is
 * called by the run's agent, else by the folder of its record.
 */
void np_report_matrix(const struct np_report *const *runs, size_t n, enum np_report_format format,
		      struct np_buf *ret);

/* A badge as SVG: passing cases of core and extended; grey when the run came to no verdict. */
void np_report_badge(const struct np_report *r, struct np_buf *ret);

#endif
