/* text.c - the report for a terminal. */
#include <string.h>

#include "np/base/json.h"
#include "report_private.h"

#define BOLD "\033[1m"
#define RED "\033[31;1m"
#define PLAIN "\033[0m"

enum { ROWS_MAX = 16, IDS_MAX = 4, WARNINGS_SHOWN = 10 };

struct writer {
	const struct np_report *r;
	const struct np_report_style *style;
	struct np_buf *b;
};

static void put(const struct writer *w, const char *text)
{
	np_report_plain(w->b, np_str_from(text));
}

/* One line of the record, whatever it holds, over as many lines as the width makes of it. */
static void put_line(const struct writer *w, const char *indent, const char *text)
{
	struct np_buf plain = { 0 };

	np_report_plain(&plain, np_str_from(text));
	np_report_wrapped(w->b, indent, np_buf_text(&plain), w->style->width);
	np_buf_release(&plain);
}

static void put_linef(const struct writer *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put_linef(const struct writer *w, const char *fmt, ...)
{
	struct np_buf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(&line, fmt, ap);
	va_end(ap);
	put_line(w, "", np_buf_text(&line));
	np_buf_release(&line);
}

static void put_code(const struct writer *w, const char *code)
{
	if (w->style->color)
		np_buf_adds(w->b, code);
}

static void put_section(const struct writer *w, const char *name)
{
	put_code(w, BOLD);
	np_buf_adds(w->b, name);
	put_code(w, PLAIN);
	np_buf_addc(w->b, '\n');
}

static void put_heading(const struct writer *w, const char *id, const json_t *c)
{
	put_code(w, RED);
	np_buf_adds(w->b, "FAIL ");
	put(w, id);
	put_code(w, PLAIN);
	np_buf_adds(w->b, json_array_size(json_object_get(c, "clauses")) ? "  " : "");
	np_report_join(w->b, json_object_get(c, "clauses"), " ");
	np_buf_addc(w->b, '\n');
	put_line(w, "  ", np_json_str(c, "title", ""));
	put_line(w, "  ", np_json_str(c, "reason", ""));
}

static void put_operations(const struct writer *w, const json_t *step)
{
	struct np_buf line = { 0 };

	np_buf_printf(&line, "at %s", np_json_str(step, "place", "?"));
	if (json_array_size(json_object_get(step, "operations"))) {
		np_buf_adds(&line, " after ");
		np_report_join(&line, json_object_get(step, "operations"), ", ");
	}
	put_line(w, "  ", np_buf_text(&line));
	np_buf_release(&line);
}

static void put_explanation(const struct writer *w, const json_t *step)
{
	const json_t *f = json_array_get(json_object_get(step, "failures"), 0);
	const char *detail = np_json_str(f, "detail", "-"),
		   *why = np_json_str(f, "explanation", "");
	struct np_buf line = { 0 };

	if (!f)
		return;
	np_buf_printf(&line, "%s: expected %s, seen %s", np_json_str(f, "cell", "?"),
		      np_json_str(f, "expected", "?"), np_json_str(f, "outcome", "?"));
	if (*detail && strcmp(detail, "-") != 0)
		np_buf_printf(&line, " (%s)", detail);
	np_buf_adds(&line, *why ? ", because" : "");
	put_line(w, "  ", np_buf_text(&line));
	np_report_wrapped(w->b, "    ", why, w->style->width);
	np_buf_release(&line);
}

static void put_failure(const struct writer *w, const char *id)
{
	const json_t *step = np_report_bad_step(w->r, id);
	const struct np_report_layout layout = { "    ", w->style->color, w->style->width, ROWS_MAX,
						 1 };

	put_heading(w, id, json_object_get(w->r->cases, id));
	if (step) {
		put_operations(w, step);
		np_report_tables(step, &layout, w->b);
		put_explanation(w, step);
	}
	np_buf_adds(w->b, "  reproduce: ");
	put(w, w->r->dir);
	np_buf_adds(w->b, "/failures/");
	np_report_folder(w->b, id);
	np_buf_adds(w->b, "/reproduce.sh\n\n");
}

static void put_failures(const struct writer *w, const json_t *ids)
{
	json_t *id;
	bool any = false;
	size_t i;

	json_array_foreach(ids, i, id) {
		if (!np_report_is(w->r, json_string_value(id), "fail"))
			continue;
		if (!any)
			np_report_wrapped(w->b, "", np_report_legend, w->style->width);
		np_buf_adds(w->b, any ? "" : "\n");
		any = true;
		put_failure(w, json_string_value(id));
	}
}

/* "S11 in 2 cases: a, b"; "3 cases: no IPv6" */
static void put_group(const struct writer *w, const json_t *group, bool by_clause, bool with_ids)
{
	const json_t *ids = json_array_get(group, 1);
	size_t n = json_array_size(ids);
	struct np_buf line = { 0 };

	if (by_clause)
		np_buf_printf(&line, "%s in %zu case%s", np_report_at(group, 0), n,
			      n == 1 ? "" : "s");
	else
		np_buf_printf(&line, "%zu case%s: %s", n, n == 1 ? "" : "s",
			      np_report_at(group, 0));
	if (with_ids) {
		np_buf_adds(&line, by_clause ? ": " : " (");
		np_report_some(&line, ids, IDS_MAX);
		np_buf_adds(&line, by_clause ? "" : ")");
	}
	put_line(w, "  ", np_buf_text(&line));
	np_buf_release(&line);
}

static void put_groups(const struct writer *w, const char *what, const char *result, bool by_clause)
{
	json_t *groups = np_report_groups(w->r, result, by_clause), *group;
	size_t i;

	if (json_array_size(groups))
		put_section(w, what);
	json_array_foreach(groups, i, group)
		put_group(w, group, by_clause, strcmp(result, "skip") != 0);
	json_decref(groups);
}

static void put_waived(const struct writer *w, const char *id)
{
	const json_t *c = json_object_get(w->r->cases, id);
	const char *link = np_json_str(c, "waiver/link", "");

	if (np_report_is(w->r, id, "known"))
		put_linef(w, "known: %s: %s%s%s", id,
			  np_json_str(c, "waiver/reason", "no reason given"), *link ? ", " : "",
			  link);
	else if (np_json_bool(c, "fixed", 0))
		put_linef(w, "fixed: %s: it passes, its waiver can go", id);
}

static void put_waivers(const struct writer *w, const json_t *ids)
{
	json_t *id, *idle = np_report_idle_waivers(w->r), *item;
	size_t i, n_others = json_array_size(json_object_get(w->r->end, "other_waivers"));

	json_array_foreach(ids, i, id)
		put_waived(w, json_string_value(id));
	json_array_foreach(idle, i, item)
		put_linef(w, "waiver: %s: %s", np_json_str(item, "case", "?"),
			  np_json_str(item, "why", "?"));
	if (n_others)
		put_linef(w, "%zu waiver%s of another agent, version or mode: not applied", n_others,
			  n_others == 1 ? " is" : "s are");
	json_decref(idle);
}

static void put_latency(const struct writer *w)
{
	static const char *const directions[] = { "ingress", "egress" };

	for (size_t d = 0; d < 2; d++) {
		const json_t *l = json_object_get(json_object_get(w->r->end, "convergence_ms"),
						  directions[d]);

		if (np_json_int(l, "n", 0) > 0)
			put_linef(w,
				  "%s changes took effect within %lld ms (median), "
				  "%lld ms (99 of 100); %lld measured",
				  directions[d], np_json_int(l, "p50", 0), np_json_int(l, "p99", 0),
				  np_json_int(l, "n", 0));
	}
}

static void put_speed(const struct writer *w)
{
	const json_t *end = w->r->end;

	if (np_json_int(end, "probes", 0) > 0)
		put_linef(w,
			  "%lld probes, %.0f a second while probing; %.1f s in all; "
			  "%lld streams to %lld agents, %lld API requests",
			  np_json_int(end, "probes", 0),
			  json_number_value(json_object_get(end, "probes_per_s")),
			  (double)np_json_int(end, "ms", 0) / 1000,
			  np_json_int(end, "streams_opened", 0), np_json_int(end, "agents", 0),
			  np_json_int(end, "api_requests", 0));
}

/* What a run's time went into that is the implementation's own. */
static void put_steps(const struct writer *w)
{
	const json_t *end = w->r->end;
	long long ms = np_json_int(end, "ms", 0), steps = np_json_int(end, "steps", 0);
	long long workers = np_json_int(w->r->run, "workers", 0);

	if (steps > 0 && ms > 0 && workers > 0)
		put_linef(w,
			  "%lld steps, %.1f a second with %lld worker%s; %.0f %% of the time went by "
			  "until changes had taken effect",
			  steps, (double)steps * 1000 / (double)ms, workers, workers == 1 ? "" : "s",
			  (double)np_json_int(end, "converging_ms", 0) * 100 / (double)ms / (double)workers);
}

static void put_warnings(const struct writer *w)
{
	size_t n = json_array_size(w->r->warnings);

	for (size_t i = 0; i < n && i < WARNINGS_SHOWN; i++)
		put_linef(w, "warning: %s", np_report_at(w->r->warnings, i));
	if (n > WARNINGS_SHOWN)
		np_buf_printf(w->b, "%zu more warnings are in the record\n", n - WARNINGS_SHOWN);
}

static void put_not_covered(const struct writer *w, const json_t *list)
{
	struct np_buf line = { 0 };
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		np_buf_printf(&line, "%s%s (%s)", i ? ", " : "not covered: ",
			      np_json_str(item, "what", "?"), np_json_str(item, "reason", "?"));
	if (line.len)
		put_line(w, "", np_buf_text(&line));
	np_buf_release(&line);
}

/* Records of older versions say nothing of it. */
static void put_coverage(const struct writer *w)
{
	json_t *coverage = np_report_coverage(w->r), *list;
	struct np_buf line = { 0 };

	np_buf_adds(&line, "covered: ");
	np_report_covered(coverage, &line);
	if (line.len > strlen("covered: ")) {
		list = np_report_not_covered(w->r, coverage);
		put_line(w, "", np_buf_text(&line));
		put_not_covered(w, list);
		json_decref(list);
	}
	np_buf_release(&line);
	json_decref(coverage);
}

/* A fatal one is the problem that is told at the end anyway. */
static void put_findings(const struct writer *w)
{
	json_t *f;
	size_t i;

	json_array_foreach(w->r->findings, i, f)
		if (strcmp(np_json_str(f, "level", ""), "warn") == 0)
			put_linef(w, "pre-flight: %s: %s; %s", np_json_str(f, "what", "?"),
				  np_json_str(f, "why", "?"), np_json_str(f, "do", "?"));
}

/* The command of the record, with --resume for --out: cases are selected by what it says. */
static void put_resume(const struct writer *w)
{
	struct np_str rest = np_str_from(np_json_str(w->r->run, "command", "netpolcheck run")), word;
	struct np_buf text = { 0 };
	bool skip = false;

	np_buf_adds(&text, "go on with:");
	while (rest.n) {
		word = (struct np_str){ rest.p, strcspn(rest.p, " ") };
		rest = (struct np_str){ word.p + word.n, rest.n - word.n };
		rest = rest.n ? (struct np_str){ rest.p + 1, rest.n - 1 } : rest;
		if (!skip && !np_str_is(word, "--out") && !np_str_is(word, "--resume") &&
		    !np_str_starts(word, "--out=") && !np_str_starts(word, "--resume=")) {
			np_buf_addc(&text, ' ');
			np_buf_addstr(&text, word);
		}
		skip = !skip && (np_str_is(word, "--out") || np_str_is(word, "--resume"));
	}
	np_buf_printf(&text, " --resume %s", w->r->dir);
	put(w, np_buf_text(&text));
	np_buf_addc(w->b, '\n');
	np_buf_release(&text);
}

static void put_problem(const struct writer *w)
{
	struct np_buf text = { 0 };

	if (np_report_problem(w->r, &text)) {
		put_code(w, RED);
		put(w, np_buf_text(&text));
		put_code(w, PLAIN);
		np_buf_addc(w->b, '\n');
	}
	if (!w->r->end || np_json_bool(w->r->end, "interrupted", 0))
		put_resume(w);
	np_buf_release(&text);
}

static void put_totals(const struct writer *w)
{
	struct np_report_totals t = np_report_count(w->r);

	if (t.known)
		np_buf_printf(w->b, "%zu known deviation%s\n", t.known, t.known == 1 ? "" : "s");
	if (t.errors)
		np_buf_printf(w->b, "%zu could not be judged\n", t.errors);
	np_buf_printf(w->b, "%zu passed, %zu failed, %zu skipped\n", t.passed, t.failed, t.skipped);
}

void np_report_text(const struct np_report *r, const struct np_report_style *style,
		    struct np_buf *ret)
{
	const struct writer w = { r, style, ret };
	json_t *ids = np_report_ids(r);

	put_failures(&w, ids);
	put_groups(&w, "failing cases by clause", "fail", true);
	put_waivers(&w, ids);
	put_groups(&w, "could not be judged", "error", false);
	put_groups(&w, "skipped", "skip", false);
	put_findings(&w);
	put_warnings(&w);
	put_coverage(&w);
	put_latency(&w);
	put_steps(&w);
	put_speed(&w);
	put_problem(&w);
	np_buf_adds(ret, "report: ");
	put(&w, r->dir);
	np_buf_adds(ret, "/summary.md\n");
	put_totals(&w);
	json_decref(ids);
}
