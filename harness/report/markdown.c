/* markdown.c - the summary for people who read it in a browser. */
#include <string.h>

#include "np/base/json.h"
#include "report_private.h"

/* Text inside a table cell: no line breaks, no bars, no markup. */
static void put_md(struct np_buf *b, const char *text)
{
	struct np_buf plain = { 0 };

	np_buf_printable(&plain, np_str_from(text));
	for (size_t i = 0; i < plain.len; i++) {
		if (strchr("|<>*_`[]\\", plain.data[i]))
			np_buf_addc(b, '\\');
		np_buf_addc(b, plain.data[i]);
	}
	np_buf_release(&plain);
}

static void put_failing(const struct np_report *r, json_t *ids, struct np_buf *b)
{
	json_t *id;
	size_t i;

	np_buf_adds(b, "\n## Failing cases\n\n| case | what must hold | clauses | wrong cells |\n| --- | --- | --- | --- |\n");
	json_array_foreach(ids, i, id) {
		const json_t *c = json_object_get(r->cases, json_string_value(id));

		if (strcmp(np_json_str(c, "result", ""), "fail") != 0)
			continue;
		np_buf_adds(b, "| [");
		put_md(b, json_string_value(id));
		np_buf_adds(b, "](failures/");
		np_report_folder(b, json_string_value(id));
		np_buf_adds(b, "/README.md) | ");
		put_md(b, np_json_str(c, "title", ""));
		np_buf_adds(b, " | ");
		np_report_join(b, json_object_get(c, "clauses"), " ");
		np_buf_printf(b, " | %lld |\n", np_json_int(c, "wrong", 0));
	}
	np_buf_adds(b, "\nOne case again: `netpolcheck run --case ID`.\n");
}

static void put_ranked(struct np_buf *b, const char *heading, json_t *list)
{
	json_t *item;
	size_t i;

	if (json_array_size(list)) {
		np_buf_printf(b, "\n## %s\n\n| cases | reason |\n| --- | --- |\n", heading);
		json_array_foreach(list, i, item) {
			np_buf_printf(b, "| %lld | ", (long long)json_integer_value(json_array_get(item, 1)));
			put_md(b, json_string_value(json_array_get(item, 0)));
			np_buf_adds(b, " |\n");
		}
	}
	json_decref(list);
}

static void put_known(const struct np_report *r, json_t *ids, struct np_buf *b)
{
	bool any = false;
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		const json_t *c = json_object_get(r->cases, json_string_value(id));

		if (strcmp(np_json_str(c, "result", ""), "known") != 0)
			continue;
		if (!any)
			np_buf_adds(b, "\n## Known deviations\n\n| case | reason | link |\n| --- | --- | --- |\n");
		any = true;
		np_buf_adds(b, "| ");
		put_md(b, json_string_value(id));
		np_buf_adds(b, " | ");
		put_md(b, np_json_str(c, "waiver/reason", ""));
		np_buf_adds(b, " | ");
		put_md(b, np_json_str(c, "waiver/link", ""));
		np_buf_adds(b, " |\n");
	}
}

static void put_environment(const struct np_report *r, struct np_buf *b)
{
	const char *need;
	json_t *why;

	np_buf_adds(b, "\n## Environment\n\n| what | value |\n| --- | --- |\n| target | ");
	put_md(b, np_json_str(r->run, "target/kind", "?"));
	np_buf_adds(b, ", API server ");
	put_md(b, np_json_str(r->run, "target/server", "?"));
	if (np_json_str(r->run, "target/fault", NULL)) {
		np_buf_adds(b, ", seeded fault ");
		put_md(b, np_json_str(r->run, "target/fault", ""));
	}
	np_buf_printf(b, " |\n| started | %s |\n| seed | %lld |\n| workers | %lld |\n", np_json_str(r->run, "started", "?"),
		      np_json_int(r->run, "seed", 0), np_json_int(r->run, "workers", 0));
	if (r->preflight)
		np_buf_printf(b, "| probe time-out | %lld ms |\n", np_json_int(r->preflight, "timeout_ms", 0));
	json_object_foreach(json_object_get(r->preflight, "lacking"), need, why) {
		np_buf_adds(b, "| lacks ");
		put_md(b, need);
		np_buf_adds(b, " | ");
		put_md(b, json_is_string(why) ? json_string_value(why) : "");
		np_buf_adds(b, " |\n");
	}
}

static void put_measures(const struct np_report *r, struct np_buf *b)
{
	static const char *const directions[] = { "ingress", "egress" };

	if (!r->end)
		return;
	np_buf_adds(b, "\n## Measured\n\n| what | value |\n| --- | --- |\n");
	np_buf_printf(b, "| probes | %lld, %.0f a second while probing |\n", np_json_int(r->end, "probes", 0),
		      json_number_value(json_object_get(r->end, "probes_per_s")));
	np_buf_printf(b, "| duration | %.1f s |\n", (double)np_json_int(r->end, "ms", 0) / 1000);
	for (size_t d = 0; d < 2; d++) {
		const json_t *l = json_object_get(json_object_get(r->end, "convergence_ms"), directions[d]);

		if (np_json_int(l, "n", 0))
			np_buf_printf(b, "| %s changes showed after | %lld ms median, %lld ms 99 %% (%lld changes) |\n", directions[d],
				      np_json_int(l, "p50", 0), np_json_int(l, "p99", 0), np_json_int(l, "n", 0));
	}
}

void np_report_markdown(const struct np_report *r, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *ids = np_report_ids(r);

	np_buf_printf(ret, "# netpolcheck: %zu passed, %zu failed, %zu skipped", t.passed, t.failed, t.skipped);
	if (t.known)
		np_buf_printf(ret, ", %zu known", t.known);
	if (t.errors)
		np_buf_printf(ret, ", %zu could not be judged", t.errors);
	np_buf_adds(ret, "\n");
	if (!r->end)
		np_buf_adds(ret, "\nThe run did not end.\n");
	if (*np_json_str(r->end, "reason", "")) {
		np_buf_adds(ret, "\n");
		put_md(ret, np_json_str(r->end, "reason", ""));
		np_buf_adds(ret, "\n");
	}
	if (t.failed)
		put_failing(r, ids, ret);
	put_known(r, ids, ret);
	put_ranked(ret, "Could not be judged", np_report_reasons(r, "error"));
	put_ranked(ret, "Skipped", np_report_reasons(r, "skip"));
	put_environment(r, ret);
	put_measures(r, ret);
	json_decref(ids);
}
