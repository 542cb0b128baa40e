/* facts.c - what the formats for people tell as tables of two columns. */
#include <stdarg.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

void np_report_rowf(np_report_row_fn *row, struct np_buf *b, const char *what, const char *fmt, ...)
{
	struct np_buf value = { 0 };
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(&value, fmt, ap);
	va_end(ap);
	row(b, what, np_buf_text(&value));
	np_buf_release(&value);
}

static void put_joined(np_report_row_fn *row, struct np_buf *b, const char *what, const json_t *texts)
{
	struct np_buf list = { 0 };

	np_report_join(&list, texts, ", ");
	row(b, what, np_buf_text(&list));
	np_buf_release(&list);
}

static void put_lacking(const struct np_report *r, np_report_row_fn *row, struct np_buf *b)
{
	const char *need;
	json_t *why;

	json_object_foreach(json_object_get(r->preflight, "lacking"), need, why)
		np_report_rowf(row, b, "lacks", "%s: %s", need,
			       json_is_string(why) ? json_string_value(why) : "?");
}

void np_report_environment(const struct np_report *r, np_report_row_fn *row, struct np_buf *b)
{
	static const char *const texts[] = { "command", "version", "started" };
	const char *fault = np_json_str(r->run, "target/fault", "");
	json_t *nodes = json_object_get(r->preflight, "nodes");

	np_report_rowf(row, b, "target", "%s, API server %s%s%s",
		       np_json_str(r->run, "target/kind", "?"),
		       np_json_str(r->run, "target/server", "?"), *fault ? ", seeded fault " : "",
		       fault);
	if (np_json_at(r->run, "agent"))
		np_report_rowf(row, b, "agent", "%s %s %s", np_json_str(r->run, "agent/name", ""),
			       np_json_str(r->run, "agent/version", ""),
			       np_json_str(r->run, "agent/mode", ""));
	if (nodes)
		put_joined(row, b, "nodes", nodes);
	for (size_t i = 0; i < NP_ARRAY_SIZE(texts); i++)
		row(b, texts[i], np_json_str(r->run, texts[i], "?"));
	np_report_rowf(row, b, "seed", "%lld", np_json_int(r->run, "seed", 0));
	np_report_rowf(row, b, "workers", "%lld", np_json_int(r->run, "workers", 0));
	if (r->preflight)
		np_report_rowf(row, b, "probe time-out", "%lld ms",
			       np_json_int(r->preflight, "timeout_ms", 0));
	put_lacking(r, row, b);
}

void np_report_measures(const struct np_report *r, np_report_row_fn *row, struct np_buf *b)
{
	static const char *const directions[] = { "ingress", "egress" };

	np_report_rowf(row, b, "probes", "%lld, %.0f a second while probing",
		       np_json_int(r->end, "probes", 0),
		       json_number_value(json_object_get(r->end, "probes_per_s")));
	np_report_rowf(row, b, "duration", "%.1f s", (double)np_json_int(r->end, "ms", 0) / 1000);
	for (size_t d = 0; d < NP_ARRAY_SIZE(directions); d++) {
		const json_t *l =
			json_object_get(json_object_get(r->end, "convergence_ms"), directions[d]);

		if (np_json_int(l, "n", 0) > 0)
			np_report_rowf(row, b, directions[d],
				       "took effect within %lld ms (median), %lld ms (99 of 100), "
				       "%lld changes",
				       np_json_int(l, "p50", 0), np_json_int(l, "p99", 0),
				       np_json_int(l, "n", 0));
	}
}

void np_report_failing_clauses(const struct np_report *r, np_report_row_fn *row, struct np_buf *b)
{
	json_t *groups = np_report_groups(r, "fail", true), *group;
	size_t i;

	json_array_foreach(groups, i, group)
		np_report_rowf(row, b, np_report_at(group, 0), "%zu",
			       json_array_size(json_array_get(group, 1)));
	json_decref(groups);
}

void np_report_pairs(const json_t *list, const char *left, const char *right, np_report_row_fn *row,
		     struct np_buf *b)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		row(b, np_json_str(item, left, "?"), np_json_str(item, right, "?"));
}
