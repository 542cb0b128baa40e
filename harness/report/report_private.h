/*
 * report_private.h - a loaded record: its lines by kind, and the pieces that several formats share.
 */
#ifndef NP_REPORT_PRIVATE_H
#define NP_REPORT_PRIVATE_H

#include <jansson.h>

#include "np/report/report.h"

/* What a resumed run wrote counts as one record: its parts begin with a run line each. */
struct np_report {
	char *dir;	   /* the record's folder */
	json_t *run;	   /* first run line */
	json_t *preflight; /* of the last part; NULL when it has none */
	json_t *end;	   /* likewise */
	json_t *run_ids;   /* array of strings, one for each part */
	json_t *cases;	   /* id -> its last case line; ids and results are checked */
	json_t *steps;	   /* id -> step lines of the attempt that counts; not of passed cases */
	json_t *worlds;	   /* id -> world line that the case ran in; the same ids */
	json_t *warnings;  /* array of strings: notes of level warn */
	json_t *findings;  /* array of finding lines of the last part */
};

/* Cases by result. */
struct np_report_totals {
	size_t passed, failed, skipped, known, errors;
};

struct np_report_totals np_report_count(const struct np_report *r);
/* Case ids in order of their names; array of strings, new reference. */
json_t *np_report_ids(const struct np_report *r);
/* "pass", "fail", "skip", "known" or "error". */
const char *np_report_result(const struct np_report *r, const char *id);
bool np_report_is(const struct np_report *r, const char *id, const char *result);
/* The step of a case that failed (or the last one), or NULL. Borrowed. */
json_t *np_report_bad_step(const struct np_report *r, const char *id);
/*
 * The cases with @result, grouped by their reason or, @by_clause, by each of their clauses:
 * [["S11", [id, ..]], ..], largest group first. New reference.
 */
json_t *np_report_groups(const struct np_report *r, const char *result, bool by_clause);
/* [{"case", "why"}]: waivers that have expired, then those that matched nothing. New reference. */
json_t *np_report_idle_waivers(const struct np_report *r);
/*
 * What is wrong with the run as a whole, one sentence onto @ret: killed, interrupted, no
 * enforcement, the environment. false when nothing is.
 */
bool np_report_problem(const struct np_report *r, struct np_buf *ret);

/* --- coverage.c: which kinds of pairs were judged, over all cases --- */

/* {"same-node": {"4": 12, "6": 0}, ..} with every kind and family. New reference. */
json_t *np_report_coverage(const struct np_report *r);
/* Onto @b "12 connections within a node, ..; over IPv4"; nothing when there were none. */
void np_report_covered(const json_t *coverage, struct np_buf *b);
/* [{"what": "connections across nodes", "reason": ".."}, ..]: kinds and families without any. New
 * reference. */
json_t *np_report_not_covered(const struct np_report *r, const json_t *coverage);

/* How tables are laid out. */
struct np_report_layout {
	const char *indent;
	bool color;
	unsigned width;	   /* of the whole line; at least one column is shown */
	size_t max_rows;   /* with wrong cells, in each block */
	size_t max_blocks; /* of columns that stand beside each other, for each port */
};

/*
 * Expected and observed tables of a failing step side by side, as plain text: rows and columns with
 * wrong cells only, wrong cells marked by '*' (and in colour), and a line for what is left out.
 */
void np_report_tables(const json_t *step, const struct np_report_layout *layout,
		      struct np_buf *ret);
/* What the characters of the tables mean, one line without newline. */
extern const char np_report_legend[];

/* Is a cell wrong whose characters in the two tables are these? */
bool np_report_cell_wrong(char expected, char observed);
/*
 * The wrong cells of a step as waivers and records call them, "x/b -> x/a TCP:80", without those
 * whose probe failed. New reference.
 */
json_t *np_report_wrong_cells(const json_t *step);

/* --- words.c: text from records, made safe --- */

/*
 * As np_buf_printable(), and marks that turn the direction of text or are not shown as \uNNNN:
 * what one reads is what there is.
 */
void np_report_plain(struct np_buf *b, struct np_str s);

/* @text onto @b, every line indented, control characters escaped. */
void np_report_indented(struct np_buf *b, const char *indent, const char *text);
/* The same, broken between words so that lines end before column @width where that can be. */
void np_report_wrapped(struct np_buf *b, const char *indent, const char *text, unsigned width);
/*
 * "file:line" taken apart: the line, or 0 when there is none, and the length of the file's name.
 */
unsigned np_report_place(const char *place, size_t *ret_file_n);
/* "S11: 12 cells are wrong": clauses and reason of a case, plain. Appended. */
void np_report_headline(const json_t *c, struct np_buf *b);
/* "x/b -> x/a TCP:80: expected deny, seen allowed" of the first wrong cell; nothing without one. */
void np_report_first_cell(const json_t *step, struct np_buf *b);
/* The strings of an array: "S11, S12"; control characters escaped. */
void np_report_join(struct np_buf *b, const json_t *texts, const char *between);
/* As np_report_join(), of at most @max strings: "a, b and 7 more". */
void np_report_some(struct np_buf *b, const json_t *texts, size_t max);
/*
 * A name of at most @max columns, the middle cut out of a longer one. Returns the columns it takes.
 */
size_t np_report_name(struct np_buf *b, const char *name, size_t max);
/* The string at @i of an array, "" when there is none. */
const char *np_report_at(const json_t *list, size_t i);
/*
 * Folder name of a case below failures/: its id with '/' as '-', and a hash behind it where that
 * alone could be another case's. Safe and at most 128 bytes whatever the id holds. Appended.
 */
void np_report_folder(struct np_buf *b, const char *id);
/*
 * Markdown text: no line breaks, nothing that is markup. Appended.
 */
void np_report_md(struct np_buf *b, const char *text);
/*
 * Without the prefixes "np-ID-N-" that the run with one of @run_ids gave its namespaces. New
 * string.
 */
char *np_report_short_names(const json_t *run_ids, const char *text);

/* --- xml.c --- */

/* Escaped for XML, what it forbids as U+FFFD; in an attribute line breaks stay what they are. */
void np_report_xml(struct np_buf *b, const char *text, bool attribute);
/* The same for a page: control characters and marks that are not shown are escaped visibly. */
void np_report_html(struct np_buf *b, const char *text);

/* --- facts.c: tables of two columns --- */

/* Writes one row; both texts are plain, the writer escapes them. */
typedef void np_report_row_fn(struct np_buf *b, const char *what, const char *value);
void np_report_rowf(np_report_row_fn *row, struct np_buf *b, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Target, agent, nodes, command and so on. */
void np_report_environment(const struct np_report *r, np_report_row_fn *row, struct np_buf *b);
/* Of a run that has an end: probes, duration, how soon changes took effect. */
void np_report_measures(const struct np_report *r, np_report_row_fn *row, struct np_buf *b);
/* Clauses with the number of their failing cases, most first. */
void np_report_failing_clauses(const struct np_report *r, np_report_row_fn *row, struct np_buf *b);
/* Members @left and @right of each object of @list. */
void np_report_pairs(const json_t *list, const char *left, const char *right, np_report_row_fn *row,
		     struct np_buf *b);

/* --- one writer for each format --- */
void np_report_text(const struct np_report *r, const struct np_report_style *style,
		    struct np_buf *ret);
void np_report_json(const struct np_report *r, struct np_buf *ret);
void np_report_junit(const struct np_report *r, struct np_buf *ret);
void np_report_markdown(const struct np_report *r, struct np_buf *ret);
void np_report_tap(const struct np_report *r, struct np_buf *ret);
void np_report_page(const struct np_report *r, struct np_buf *ret); /* html */
void np_report_sarif(const struct np_report *r, struct np_buf *ret);
void np_report_github(const struct np_report *r, struct np_buf *ret);

/* The files of one failing case, into folder @dir. */
int np_report_failure(const struct np_report *r, const char *id, const char *dir,
		      struct np_err *err);

#endif
