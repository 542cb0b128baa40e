/* markdown.c - the summary for people who read it in a browser. */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

/* One row of a table of two columns; both texts are plain. */
static void put_row(struct np_buf *b, const char *what, const char *value)
{
	np_buf_adds(b, "| ");
	np_report_md(b, what);
	np_buf_adds(b, " | ");
	np_report_md(b, value);
	np_buf_adds(b, " |\n");
}

static void put_joined(struct np_buf *b, const json_t *texts)
{
	struct np_buf list = { 0 };

	np_report_join(&list, texts, ", ");
	np_report_md(b, np_buf_text(&list));
	np_buf_release(&list);
}

static void put_failing_row(const struct np_report *r, const char *id, struct np_buf *b)
{
	const json_t *c = json_object_get(r->cases, id);

	np_buf_adds(b, "| [");
	np_report_md(b, id);
	np_buf_adds(b, "](failures/");
	np_report_folder(b, id);
	np_buf_adds(b, "/README.md) | ");
	np_report_md(b, np_json_str(c, "title", ""));
	np_buf_adds(b, " | ");
	put_joined(b, json_object_get(c, "clauses"));
	np_buf_printf(b, " | %lld |\n", np_json_int(c, "wrong", 0));
}

static void put_failing(const struct np_report *r, const json_t *ids, struct np_buf *b)
{
	json_t *id;
	size_t i;

	np_buf_adds(b, "\n## Failing cases\n\n| case | what must hold | clauses | wrong cells |\n"
		       "| --- | --- | --- | --- |\n");
	json_array_foreach(ids, i, id)
		if (np_report_is(r, json_string_value(id), "fail"))
			put_failing_row(r, json_string_value(id), b);
	np_buf_adds(b, "\nOne case again: `netpolcheck run --case ID`.\n");
}

static void put_clauses(const struct np_report *r, struct np_buf *b)
{
	np_buf_adds(b, "\n| clause | failing cases |\n| --- | --- |\n");
	np_report_failing_clauses(r, put_row, b);
}

static void put_reasons(const struct np_report *r, const char *heading, const char *result,
			struct np_buf *b)
{
	json_t *groups = np_report_groups(r, result, false), *group;
	size_t i;

	if (json_array_size(groups))
		np_buf_printf(b, "\n## %s\n\n| reason | cases |\n| --- | --- |\n", heading);
	json_array_foreach(groups, i, group) {
		np_buf_adds(b, "| ");
		np_report_md(b, np_report_at(group, 0));
		np_buf_adds(b, " | ");
		put_joined(b, json_array_get(group, 1));
		np_buf_adds(b, " |\n");
	}
	json_decref(groups);
}

static void put_known(const struct np_report *r, const json_t *ids, struct np_buf *b)
{
	bool any = false;
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		const char *name = json_string_value(id);
		const json_t *c = json_object_get(r->cases, name);

		if (!np_report_is(r, name, "known"))
			continue;
		if (!any)
			np_buf_adds(b, "\n## Known deviations\n\n| case | reason | link |\n"
				       "| --- | --- | --- |\n");
		any = true;
		np_buf_adds(b, "| ");
		np_report_md(b, name);
		np_buf_adds(b, " | ");
		np_report_md(b, np_json_str(c, "waiver/reason", ""));
		np_buf_adds(b, " | ");
		np_report_md(b, np_json_str(c, "waiver/link", ""));
		np_buf_adds(b, " |\n");
	}
}

/* Waivers that are in the way of nothing. */
static void put_waivers(const struct np_report *r, const json_t *ids, struct np_buf *b)
{
	json_t *fixed = json_array(), *idle = np_report_idle_waivers(r), *id;
	size_t i;

	json_array_foreach(ids, i, id)
		if (np_json_bool(json_object_get(r->cases, json_string_value(id)), "fixed", 0))
			json_array_append(fixed, id);
	if (json_array_size(fixed)) {
		np_buf_adds(b, "\nFixed, their waivers can go: ");
		put_joined(b, fixed);
		np_buf_adds(b, "\n");
	}
	if (json_array_size(idle))
		np_buf_adds(b, "\n## Waivers that cover nothing\n\n| case | why |\n| --- | --- |\n");
	np_report_pairs(idle, "case", "why", put_row, b);
	json_decref(fixed);
	json_decref(idle);
}

static void put_environment(const struct np_report *r, struct np_buf *b)
{
	np_buf_adds(b, "\n## Environment\n\n| what | value |\n| --- | --- |\n");
	np_report_environment(r, put_row, b);
}

static void put_measures(const struct np_report *r, struct np_buf *b)
{
	if (!r->end)
		return;
	np_buf_adds(b, "\n## Measured\n\n| what | value |\n| --- | --- |\n");
	np_report_measures(r, put_row, b);
}

static void put_covered(const struct np_report *r, struct np_buf *b)
{
	json_t *coverage = np_report_coverage(r), *list = np_report_not_covered(r, coverage), *v;
	struct np_buf words = { 0 };
	const char *kind;

	np_report_covered(coverage, &words);
	if (words.len) {
		np_buf_adds(b, "\n## Covered\n\n| pairs | IPv4 | IPv6 |\n| --- | --- | --- |\n");
		json_object_foreach(coverage, kind, v)
			np_buf_printf(b, "| %s | %lld | %lld |\n", kind, np_json_int(v, "4", 0),
				      np_json_int(v, "6", 0));
		np_buf_adds(b, "\n| not covered | why |\n| --- | --- |\n");
		np_report_pairs(list, "what", "reason", put_row, b);
	}
	np_buf_release(&words);
	json_decref(coverage);
	json_decref(list);
}

static void put_findings(const struct np_report *r, struct np_buf *b)
{
	json_t *f;
	size_t i;

	if (json_array_size(r->findings))
		np_buf_adds(b, "\n## Before the run\n\n"
			       "| level | what | why it matters | what to do |\n"
			       "| --- | --- | --- | --- |\n");
	json_array_foreach(r->findings, i, f) {
		static const char *const fields[] = { "level", "what", "why", "do" };

		for (size_t k = 0; k < NP_ARRAY_SIZE(fields); k++) {
			np_buf_adds(b, "| ");
			np_report_md(b, np_json_str(f, fields[k], "?"));
			np_buf_addc(b, ' ');
		}
		np_buf_adds(b, "|\n");
	}
}

static void put_paragraph(struct np_buf *b, const char *text)
{
	np_buf_adds(b, "\n");
	np_report_md(b, text);
	np_buf_adds(b, "\n");
}

static void put_head(const struct np_report *r, const struct np_report_totals *t, struct np_buf *b)
{
	struct np_buf problem = { 0 };

	np_buf_printf(b, "# netpolcheck: %zu passed, %zu failed, %zu skipped", t->passed, t->failed,
		      t->skipped);
	if (t->known)
		np_buf_printf(b, ", %zu known", t->known);
	if (t->errors)
		np_buf_printf(b, ", %zu could not be judged", t->errors);
	np_buf_adds(b, "\n");
	if (np_report_problem(r, &problem))
		put_paragraph(b, np_buf_text(&problem));
	for (size_t i = 0; i < json_array_size(r->warnings); i++)
		put_paragraph(b, np_report_at(r->warnings, i));
	np_buf_release(&problem);
}

void np_report_markdown(const struct np_report *r, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *ids = np_report_ids(r);

	put_head(r, &t, ret);
	if (t.failed) {
		put_failing(r, ids, ret);
		put_clauses(r, ret);
	}
	put_known(r, ids, ret);
	put_waivers(r, ids, ret);
	put_reasons(r, "Could not be judged", "error", ret);
	put_reasons(r, "Skipped", "skip", ret);
	put_findings(r, ret);
	put_covered(r, ret);
	put_environment(r, ret);
	put_measures(r, ret);
	json_decref(ids);
}
