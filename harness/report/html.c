/*
 * html.c - the result as one page that needs nothing else: no scripts, no files, no network.
 */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\"/>\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	"<title>netpolcheck</title>\n<style>\n"
	"body { font: 15px/1.45 sans-serif; max-width: 70em; margin: 1em auto; padding: 0 1em; }\n"
	"table { border-collapse: collapse; margin: .5em 0; }\n"
	"th, td { border: 1px solid #bbb; padding: .2em .6em; text-align: left; "
	"vertical-align: top; }\n"
	"pre { background: #f4f4f4; padding: .6em; overflow-x: auto; line-height: 1.25; }\n"
	"summary { cursor: pointer; padding: .2em 0; }\n"
	".verdict { padding: .5em .8em; color: #fff; background: #57606a; }\n"
	".pass { background: #1a7f37; color: #fff; }\n.fail { background: #b3261e; color: #fff; }\n"
	".known { background: #9a6700; color: #fff; }\n.error { background: #8250df; color: #fff; "
	"}\n"
	"</style>\n</head>\n<body>\n";

static void put(struct np_buf *b, const char *before, const char *text, const char *after)
{
	np_buf_adds(b, before);
	np_report_html(b, text);
	np_buf_adds(b, after);
}

static void put_row(struct np_buf *b, const char *what, const char *value)
{
	put(b, "<tr><th>", what, "</th>");
	put(b, "<td>", value, "</td></tr>\n");
}

static void put_joined(struct np_buf *b, const char *before, const json_t *texts, const char *after)
{
	struct np_buf list = { 0 };

	np_report_join(&list, texts, ", ");
	put(b, before, np_buf_text(&list), after);
	np_buf_release(&list);
}

/* Lines as they are; each is made safe by itself. */
static void put_lines(struct np_buf *b, const char *text)
{
	struct np_buf lines = { 0 };

	np_report_indented(&lines, "", text);
	np_report_xml(b, np_buf_text(&lines), false);
	np_buf_release(&lines);
}

static void put_head(const struct np_report *r, const struct np_report_totals *t, struct np_buf *b)
{
	static const struct {
		const char *class, *words;
	} verdicts[] = { { "pass", "conforms" }, { "fail", "does not conform" } };
	int status = np_report_exit(r);
	bool judged = status == 0 || status == 1;
	struct np_buf problem = { 0 };

	np_buf_adds(b, head);
	np_buf_printf(b, "<h1 class=\"verdict %s\">%s</h1>\n",
		      judged ? verdicts[status].class : "error",
		      judged ? verdicts[status].words : "no verdict");
	np_buf_printf(b,
		      "<p>%zu passed, %zu failed, %zu skipped, %zu known, %zu could not be "
		      "judged</p>\n",
		      t->passed, t->failed, t->skipped, t->known, t->errors);
	if (np_report_problem(r, &problem))
		put(b, "<p><strong>", np_buf_text(&problem), "</strong></p>\n");
	for (size_t i = 0; i < json_array_size(r->warnings); i++)
		put(b, "<p>warning: ", np_report_at(r->warnings, i), "</p>\n");
	np_buf_release(&problem);
}

static void put_failure(const struct np_report *r, const char *id, struct np_buf *b)
{
	static const struct np_report_layout layout = { "", false, 120, 200, 20 };
	const json_t *c = json_object_get(r->cases, id), *step = np_report_bad_step(r, id);
	const json_t *f = json_array_get(json_object_get(step, "failures"), 0);
	struct np_buf text = { 0 };

	put(b, "<details><summary><strong>", id, "</strong> ");
	put_joined(b, "", json_object_get(c, "clauses"), "<br/>");
	put(b, "", np_json_str(c, "title", ""), "</summary>\n");
	put(b, "<p>", np_json_str(c, "reason", ""), "");
	put(b, " at <code>", np_json_str(step, "place", "?"), "</code>");
	if (json_array_size(json_object_get(step, "operations")))
		put_joined(b, " after ", json_object_get(step, "operations"), "");
	np_buf_adds(b, "</p>\n<pre>");
	np_report_tables(step, &layout, &text);
	put_lines(b, np_buf_text(&text));
	np_buf_clear(&text);
	np_report_first_cell(step, &text);
	if (f) {
		np_buf_addc(b, '\n');
		put_lines(b, np_buf_text(&text));
		put_lines(b, np_json_str(f, "explanation", ""));
	}
	np_buf_adds(b, "</pre>\n<p>Shown with kubectl alone by <code>failures/");
	np_buf_clear(&text);
	np_report_folder(&text, id);
	put(b, "", np_buf_text(&text), "/reproduce.sh</code></p></details>\n");
	np_buf_release(&text);
}

static void put_failures(const struct np_report *r, const json_t *ids, struct np_buf *b)
{
	json_t *id;
	size_t i;

	np_buf_adds(b, "<h2>Failing cases</h2>\n<p>");
	np_report_html(b, np_report_legend);
	np_buf_adds(b, "</p>\n");
	json_array_foreach(ids, i, id)
		if (np_report_is(r, json_string_value(id), "fail"))
			put_failure(r, json_string_value(id), b);
	np_buf_adds(b, "<table>\n<tr><th>clause</th><th>failing cases</th></tr>\n");
	np_report_failing_clauses(r, put_row, b);
	np_buf_adds(b, "</table>\n");
}

static void put_case(const struct np_report *r, const char *id, struct np_buf *b)
{
	const json_t *c = json_object_get(r->cases, id);
	const char *result = np_report_result(r, id), *link = np_json_str(c, "waiver/link", "");

	put(b, "<tr><td>", id, "</td>");
	/* One of five words, checked when the record was read. */
	np_buf_printf(b, "<td class=\"%s\">%s</td>", result, result);
	put_joined(b, "<td>", json_object_get(c, "covers"), "</td>");
	put(b, "<td>", strcmp(result, "pass") == 0 ? "" : np_json_str(c, "reason", ""), "");
	if (*link)
		put(b, "; ", link, "");
	np_buf_adds(b, np_json_bool(c, "fixed", 0) ? "it passes, its waiver can go" : "");
	np_buf_printf(b, "</td><td>%lld</td></tr>\n", np_json_int(c, "ms", 0));
}

static void put_cases(const struct np_report *r, const json_t *ids, struct np_buf *b)
{
	json_t *id;
	size_t i;

	np_buf_adds(b, "<h2>All cases</h2>\n<table>\n<tr><th>case</th><th>result</th>"
		       "<th>clauses</th><th>why</th><th>ms</th></tr>\n");
	json_array_foreach(ids, i, id)
		put_case(r, json_string_value(id), b);
	np_buf_adds(b, "</table>\n");
}

static void put_idle_waivers(const struct np_report *r, struct np_buf *b)
{
	json_t *list = np_report_idle_waivers(r);

	if (json_array_size(list)) {
		np_buf_adds(b, "<h2>Waivers that cover nothing</h2>\n<table>\n");
		np_report_pairs(list, "case", "why", put_row, b);
		np_buf_adds(b, "</table>\n");
	}
	json_decref(list);
}

static void put_coverage(const struct np_report *r, struct np_buf *b)
{
	json_t *coverage = np_report_coverage(r), *list = np_report_not_covered(r, coverage), *v;
	const char *kind;

	np_buf_adds(b, "<h2>Covered</h2>\n<table>\n<tr><th>pairs</th><th>IPv4, IPv6</th></tr>\n");
	json_object_foreach(coverage, kind, v)
		np_report_rowf(put_row, b, kind, "%lld, %lld", np_json_int(v, "4", 0),
			       np_json_int(v, "6", 0));
	np_buf_adds(b, "</table>\n<table>\n<tr><th>not covered</th><th>why</th></tr>\n");
	np_report_pairs(list, "what", "reason", put_row, b);
	np_buf_adds(b, "</table>\n");
	json_decref(coverage);
	json_decref(list);
}

static void put_environment(const struct np_report *r, struct np_buf *b)
{
	np_buf_adds(b, "<h2>Environment and measures</h2>\n<table>\n");
	np_report_environment(r, put_row, b);
	if (r->end)
		np_report_measures(r, put_row, b);
	np_buf_adds(b, "</table>\n");
}

void np_report_page(const struct np_report *r, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *ids = np_report_ids(r);

	put_head(r, &t, ret);
	if (t.failed)
		put_failures(r, ids, ret);
	put_idle_waivers(r, ret);
	put_cases(r, ids, ret);
	put_coverage(r, ret);
	put_environment(r, ret);
	np_buf_adds(ret, "</body>\n</html>\n");
	json_decref(ids);
}
