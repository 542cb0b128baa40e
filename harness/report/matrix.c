/*
 * matrix.c - what several runs say, by profile and clause: the support matrix of implementations
 * and versions; and a badge for one run.
 */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

static const char *const profiles[] = { "core", "extended", "upstream", "lifecycle", "behaviour" };

enum { PASS, FAIL, KNOWN, SKIP, ERROR, N_RESULTS };
static const char *const results[N_RESULTS] = { "pass", "fail", "known", "skip", "error" };

/* Cases of one clause (or of a whole profile) in one run. */
struct tally {
	size_t n[N_RESULTS];
};

struct row {
	const char *profile, *clause; /* "": the profile as a whole; borrowed from a record */
};

static bool lists(const json_t *texts, const char *text)
{
	for (size_t i = 0; i < json_array_size(texts); i++)
		if (strcmp(np_report_at(texts, i), text) == 0)
			return true;
	return false;
}

/* A deviation is one of the clauses that the case names for it, not of all that it covers. */
static int result_for(const json_t *c, const char *clause)
{
	const json_t *clauses = json_object_get(c, "clauses");
	const char *result = np_json_str(c, "result", "");
	bool deviates = strcmp(result, "fail") == 0 || strcmp(result, "known") == 0;

	if (*clause && !lists(json_object_get(c, "covers"), clause) &&
	    !(deviates && lists(clauses, clause)))
		return -1;
	if (*clause && deviates && json_array_size(clauses) && !lists(clauses, clause))
		return SKIP;
	for (int k = 0; k < N_RESULTS; k++)
		if (strcmp(result, results[k]) == 0)
			return k;
	return -1;
}

static struct tally tally_of(const struct np_report *r, const struct row *row)
{
	struct tally t = { { 0 } };
	const char *id;
	json_t *c;

	json_object_foreach(r->cases, id, c) {
		int k = strcmp(np_json_str(c, "profile", ""), row->profile) == 0
				? result_for(c, row->clause)
				: -1;

		if (k >= 0)
			t.n[k]++;
	}
	return t;
}

static size_t judged(const struct tally *t)
{
	return t->n[PASS] + t->n[FAIL] + t->n[KNOWN];
}

/* S2 before S10 before S33b; anything else by its letters. */
static int by_clause(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	unsigned long n = strtoul(x + (*x == 'S'), NULL, 10),
		      m = strtoul(y + (*y == 'S'), NULL, 10);

	return n != m ? (n > m) - (n < m) : strcmp(x, y);
}

static void add_clauses(json_t *seen, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (*np_report_at(list, i))
			json_object_set_new(seen, np_report_at(list, i), json_true());
}

/* Clauses of one profile in any of the runs, sorted; a list of borrowed keys of @seen. */
static const char **clauses_of(const struct np_report *const *runs, size_t n, const char *profile,
			       json_t *seen, size_t *ret_n)
{
	const char **list, *id, *clause;
	json_t *c;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		json_object_foreach(runs[i]->cases, id, c)
			if (strcmp(np_json_str(c, "profile", ""), profile) == 0) {
				add_clauses(seen, json_object_get(c, "covers"));
				add_clauses(seen, json_object_get(c, "clauses"));
			}
	list = np_xcalloc(json_object_size(seen) + 1, sizeof(*list));
	json_object_foreach(seen, clause, c)
		list[k++] = clause;
	qsort(list, k, sizeof(*list), by_clause);
	*ret_n = k;
	return list;
}

/* What a run is called: its agent, else the folder of its record. */
static void put_label(const struct np_report *r, struct np_buf *b)
{
	static const char *const parts[] = { "agent/name", "agent/version", "agent/mode" };
	const char *slash = strrchr(r->dir, '/');
	size_t begin = b->len;

	for (size_t i = 0; i < NP_ARRAY_SIZE(parts); i++)
		if (*np_json_str(r->run, parts[i], ""))
			np_buf_printf(b, "%s%s", b->len > begin ? " " : "",
				      np_json_str(r->run, parts[i], ""));
	if (b->len == begin)
		np_buf_adds(b, slash ? slash + 1 : r->dir);
}

static json_t *label_of(const struct np_report *r)
{
	struct np_buf b = { 0 };
	json_t *label;

	put_label(r, &b);
	label = np_json_string((struct np_str){ np_buf_text(&b), b.len });
	np_buf_release(&b);
	return label;
}

/* --- markdown --- */

static void put_tally(struct np_buf *b, const struct tally *t)
{
	size_t wrong = t->n[FAIL] + t->n[KNOWN];

	np_buf_adds(b, " ");
	if (wrong)
		np_buf_printf(b, "**%zu of %zu wrong**", wrong, judged(t));
	else if (t->n[PASS])
		np_buf_printf(b, "%zu pass", t->n[PASS]);
	else
		np_buf_adds(b, t->n[SKIP] ? "skipped" : t->n[ERROR] ? "" : "-");
	if (t->n[ERROR])
		np_buf_printf(b, "%s%zu not judged", judged(t) ? ", " : "", t->n[ERROR]);
	np_buf_adds(b, " |");
}

static void put_row(const struct np_report *const *runs, size_t n, const struct row *row,
		    struct np_buf *b)
{
	np_buf_adds(b, "| ");
	np_report_md(b, *row->clause ? row->clause : row->profile);
	np_buf_adds(b, *row->clause ? " |" : ", all cases |");
	for (size_t i = 0; i < n; i++) {
		struct tally t = tally_of(runs[i], row);

		put_tally(b, &t);
	}
	np_buf_addc(b, '\n');
}

static void put_texts(const struct np_report *const *runs, size_t n, const char *what,
		      const char *path, struct np_buf *b)
{
	np_buf_printf(b, "| %s |", what);
	for (size_t i = 0; i < n; i++) {
		np_buf_addc(b, ' ');
		np_report_md(b, np_json_str(runs[i]->run, path, "?"));
		np_buf_adds(b, " |");
	}
	np_buf_addc(b, '\n');
}

static void put_head(const struct np_report *const *runs, size_t n, struct np_buf *b)
{
	np_buf_adds(b, "| |");
	for (size_t i = 0; i < n; i++) {
		struct np_buf label = { 0 };

		put_label(runs[i], &label);
		np_buf_addc(b, ' ');
		np_report_md(b, np_buf_text(&label));
		np_buf_adds(b, " |");
		np_buf_release(&label);
	}
	np_buf_adds(b, "\n| --- |");
	for (size_t i = 0; i < n; i++)
		np_buf_adds(b, " --- |");
	np_buf_addc(b, '\n');
	put_texts(runs, n, "API server", "target/server", b);
	put_texts(runs, n, "netpolcheck", "version", b);
	put_texts(runs, n, "run", "started", b);
}

/* Calls @put for the profile as a whole and each of its clauses. */
static void each_row(const struct np_report *const *runs, size_t n, const char *profile,
		     void (*put)(void *ctx, const struct row *row), void *ctx)
{
	json_t *seen = json_object();
	size_t n_clauses;
	const char **clauses = clauses_of(runs, n, profile, seen, &n_clauses);

	if (n_clauses)
		put(ctx, &(struct row){ profile, "" });
	for (size_t i = 0; i < n_clauses; i++)
		put(ctx, &(struct row){ profile, clauses[i] });
	free(clauses);
	json_decref(seen);
}

struct table {
	const struct np_report *const *runs;
	size_t n;
	struct np_buf *b;
	json_t *rows;
};

static void put_markdown_row(void *ctx, const struct row *row)
{
	const struct table *t = ctx;

	put_row(t->runs, t->n, row, t->b);
}

static void put_json_row(void *ctx, const struct row *row)
{
	const struct table *t = ctx;
	json_t *cells = json_array();

	for (size_t i = 0; i < t->n; i++) {
		struct tally tally = tally_of(t->runs[i], row);
		json_t *cell = json_object();

		for (int k = 0; k < N_RESULTS; k++)
			json_object_set_new(cell, results[k], json_integer((json_int_t)tally.n[k]));
		json_array_append_new(cells, cell);
	}
	json_array_append_new(
		t->rows,
		np_json_pack("{s:s, s:o, s:o}", "profile", row->profile, "clause",
			     *row->clause ? np_json_string(np_str_from(row->clause)) : json_null(),
			     "cells", cells));
}

static void put_json(const struct table *t, struct np_buf *ret)
{
	json_t *columns = json_array(), *out;

	for (size_t i = 0; i < t->n; i++) {
		json_t *run = t->runs[i]->run, *agent = json_object_get(run, "agent");

		json_array_append_new(
			columns,
			np_json_pack(
				"{s:o, s:O?, s:o, s:o, s:i}", "label", label_of(t->runs[i]),
				"agent", agent, "server",
				np_json_string(np_str_from(np_json_str(run, "target/server", "?"))),
				"started",
				np_json_string(np_str_from(np_json_str(run, "started", "?"))),
				"exit", np_report_exit(t->runs[i])));
	}
	out = np_json_pack("{s:o, s:O}", "columns", columns, "rows", t->rows);
	np_json_dump(out, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(out);
}

void np_report_matrix(const struct np_report *const *runs, size_t n, enum np_report_format format,
		      struct np_buf *ret)
{
	struct table t = { runs, n, ret, json_array() };
	bool json = format == NP_REPORT_JSON;

	if (!json)
		put_head(runs, n, ret);
	for (size_t p = 0; p < NP_ARRAY_SIZE(profiles); p++)
		each_row(runs, n, profiles[p], json ? put_json_row : put_markdown_row, &t);
	if (json)
		put_json(&t, ret);
	json_decref(t.rows);
}

/* --- the badge --- */

enum { CHAR_WIDTH = 7, PADDING = 10, HEIGHT = 20 };

static const char *badge_words(const struct np_report *r, struct np_buf *words)
{
	size_t wrong = 0, all = 0, known = 0;
	int status = np_report_exit(r);

	for (size_t p = 0; p < 2; p++) { /* core and extended: what is asserted by default */
		struct tally t = tally_of(r, &(struct row){ profiles[p], "" });

		if (!judged(&t))
			continue;
		np_buf_printf(words, "%s%s %zu/%zu", words->len ? ", " : "", profiles[p], t.n[PASS],
			      judged(&t));
		wrong += t.n[FAIL];
		known += t.n[KNOWN];
		all += judged(&t);
	}
	if (!all || (status != 0 && status != 1)) {
		np_buf_clear(words);
		np_buf_adds(words, "no verdict");
		return "#57606a";
	}
	return wrong ? "#b3261e" : known ? "#9a6700" : "#1a7f37";
}

static void put_badge_text(struct np_buf *b, size_t x, size_t width, const char *text)
{
	np_buf_printf(b, "<text x=\"%zu\" y=\"14\" textLength=\"%zu\" fill=\"#fff\">",
		      x + PADDING / 2, width - PADDING);
	np_report_html(b, text);
	np_buf_adds(b, "</text>\n");
}

void np_report_badge(const struct np_report *r, struct np_buf *ret)
{
	static const char name[] = "NetworkPolicy";
	struct np_buf words = { 0 };
	const char *color = badge_words(r, &words);
	size_t left = strlen(name) * CHAR_WIDTH + PADDING, right = words.len * CHAR_WIDTH + PADDING;

	np_buf_printf(ret,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%d\" "
		      "font-family=\"Verdana,sans-serif\" font-size=\"11\" role=\"img\">\n<title>",
		      left + right, HEIGHT);
	np_report_html(ret, name);
	np_buf_adds(ret, ": ");
	np_report_html(ret, np_buf_text(&words));
	np_buf_printf(ret,
		      "</title>\n<rect width=\"%zu\" height=\"%d\" fill=\"#444\"/>\n"
		      "<rect x=\"%zu\" width=\"%zu\" height=\"%d\" fill=\"%s\"/>\n",
		      left, HEIGHT, left, right, HEIGHT, color);
	put_badge_text(ret, 0, left, name);
	put_badge_text(ret, left, right, np_buf_text(&words));
	np_buf_adds(ret, "</svg>\n");
	np_buf_release(&words);
}
