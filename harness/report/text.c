/* text.c - the report for a terminal. */
#include <string.h>

#include "np/base/json.h"
#include "report_private.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static void put_heading(const struct np_report_style *style, struct np_buf *b, const char *id, const json_t *c)
{
	np_buf_printf(b, "%sFAIL ", style->color ? BOLD : "");
	np_buf_printable(b, np_str_from(id));
	np_buf_printf(b, "%s  ", style->color ? PLAIN : "");
	np_report_join(b, json_object_get(c, "clauses"), " ");
	np_buf_adds(b, "\n  ");
	np_buf_printable(b, np_str_from(np_json_str(c, "title", "")));
	np_buf_addc(b, '\n');
}

static void put_explanation(const json_t *step, struct np_buf *b)
{
	const json_t *f = json_array_get(json_object_get(step, "failures"), 0);

	if (!f)
		return;
	np_buf_adds(b, "  ");
	np_buf_printable(b, np_str_from(np_json_str(f, "cell", "?")));
	np_buf_printf(b, ": expected %s, seen %s", np_json_str(f, "expected", "?"), np_json_str(f, "outcome", "?"));
	if (strcmp(np_json_str(f, "detail", "-"), "-") != 0) {
		np_buf_adds(b, " (");
		np_buf_printable(b, np_str_from(np_json_str(f, "detail", "")));
		np_buf_addc(b, ')');
	}
	np_buf_adds(b, ", because\n");
	np_report_indented(b, "    ", np_json_str(f, "explanation", ""));
}

static void put_failure(const struct np_report *r, const struct np_report_style *style, const char *id, struct np_buf *b)
{
	const json_t *c = json_object_get(r->cases, id), *step = np_report_bad_step(r, id);

	put_heading(style, b, id, c);
	np_buf_adds(b, "  ");
	np_buf_printable(b, np_str_from(np_json_str(step, "place", "")));
	np_buf_adds(b, ": ");
	np_buf_printable(b, np_str_from(np_json_str(c, "reason", "")));
	np_buf_addc(b, '\n');
	np_report_tables(step, "    ", style->color, b);
	put_explanation(step, b);
	np_buf_printf(b, "  reproduce: %s/failures/", r->dir);
	np_report_folder(b, id);
	np_buf_adds(b, "/reproduce.sh\n\n");
}

static void put_ranked(struct np_buf *b, const char *what, json_t *list, const char *unit)
{
	json_t *item;
	size_t i;

	if (json_array_size(list)) {
		np_buf_printf(b, "%s\n", what);
		json_array_foreach(list, i, item) {
			np_buf_printf(b, "  %4lld %s  ", (long long)json_integer_value(json_array_get(item, 1)), unit);
			np_buf_printable(b, np_str_from(json_string_value(json_array_get(item, 0))));
			np_buf_addc(b, '\n');
		}
	}
	json_decref(list);
}

static void put_known(const struct np_report *r, json_t *ids, struct np_buf *b)
{
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		const json_t *c = json_object_get(r->cases, json_string_value(id));
		bool known = strcmp(np_json_str(c, "result", ""), "known") == 0;

		if (!known && !np_json_bool(c, "fixed", 0))
			continue;
		np_buf_adds(b, known ? "known  " : "fixed  ");
		np_buf_printable(b, np_str_from(json_string_value(id)));
		np_buf_adds(b, known ? ": " : ": the waiver can go");
		np_buf_printable(b, np_str_from(np_json_str(c, "waiver/reason", "")));
		if (np_json_str(c, "waiver/link", NULL)) {
			np_buf_adds(b, "  ");
			np_buf_printable(b, np_str_from(np_json_str(c, "waiver/link", "")));
		}
		np_buf_addc(b, '\n');
	}
	if (json_array_size(json_object_get(r->end, "unused_waivers"))) {
		np_buf_adds(b, "waivers that matched nothing: ");
		np_report_join(b, json_object_get(r->end, "unused_waivers"), ", ");
		np_buf_addc(b, '\n');
	}
}

static void put_latency(const struct np_report *r, struct np_buf *b)
{
	static const char *const directions[] = { "ingress", "egress" };

	for (size_t d = 0; d < 2; d++) {
		const json_t *l = json_object_get(json_object_get(r->end, "convergence_ms"), directions[d]);

		if (np_json_int(l, "n", 0))
			np_buf_printf(b, "%s changes showed after %lld ms (median), %lld ms (99 %%), %lld of them\n", directions[d],
				      np_json_int(l, "p50", 0), np_json_int(l, "p99", 0), np_json_int(l, "n", 0));
	}
}

static void put_speed(const struct np_report *r, struct np_buf *b)
{
	if (!r->end)
		return;
	np_buf_printf(b, "%lld probes, %.0f a second while probing, %.1f s in all; %lld streams for %lld agents, %lld API requests\n",
		      np_json_int(r->end, "probes", 0), json_number_value(json_object_get(r->end, "probes_per_s")),
		      (double)np_json_int(r->end, "ms", 0) / 1000, np_json_int(r->end, "streams_opened", 0), np_json_int(r->end, "agents", 0),
		      np_json_int(r->end, "api_requests", 0));
}

static void put_run_reason(const struct np_report *r, struct np_buf *b)
{
	if (!r->end) {
		np_buf_adds(b, "the run did not end: it was killed, or it is still going (resume it with 'netpolcheck run --resume')\n");
		return;
	}
	if (np_json_bool(r->end, "interrupted", 0))
		np_buf_adds(b, "interrupted\n");
	if (*np_json_str(r->end, "reason", "")) {
		np_buf_printable(b, np_str_from(np_json_str(r->end, "reason", "")));
		np_buf_addc(b, '\n');
	}
}

void np_report_text(const struct np_report *r, const struct np_report_style *style, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *ids = np_report_ids(r), *id;
	size_t i;

	json_array_foreach(ids, i, id)
		if (strcmp(np_json_str(json_object_get(r->cases, json_string_value(id)), "result", ""), "fail") == 0)
			put_failure(r, style, json_string_value(id), ret);
	put_ranked(ret, "failing cases by clause (suites/clauses.tsv)", np_report_clauses(r), "cases");
	put_known(r, ids, ret);
	put_ranked(ret, "could not be judged", np_report_reasons(r, "error"), "cases");
	put_ranked(ret, "skipped", np_report_reasons(r, "skip"), "cases");
	put_latency(r, ret);
	put_speed(r, ret);
	put_run_reason(r, ret);
	np_buf_printf(ret, "report: %s/summary.md\n", r->dir);
	if (t.known)
		np_buf_printf(ret, "%zu known deviations\n", t.known);
	if (t.errors)
		np_buf_printf(ret, "%zu could not be judged\n", t.errors);
	np_buf_printf(ret, "%zu passed, %zu failed, %zu skipped\n", t.passed, t.failed, t.skipped);
	json_decref(ids);
}
