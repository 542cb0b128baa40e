/* pieces.c - what several formats share. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

static const char *const format_names[NP_N_REPORT_FORMATS] = {
	"text", "json", "junit", "markdown", "tap", "html", "sarif", "github",
};

const char *np_report_format_name(enum np_report_format f)
{
	return format_names[f];
}

/* All but text, which alone has a style. */
static void (*const writers[NP_N_REPORT_FORMATS])(const struct np_report *, struct np_buf *) = {
	[NP_REPORT_JSON] = np_report_json,	   [NP_REPORT_JUNIT] = np_report_junit,
	[NP_REPORT_MARKDOWN] = np_report_markdown, [NP_REPORT_TAP] = np_report_tap,
	[NP_REPORT_HTML] = np_report_page,	   [NP_REPORT_SARIF] = np_report_sarif,
	[NP_REPORT_GITHUB] = np_report_github,
};

void np_report_write(const struct np_report *r, enum np_report_format format,
		     const struct np_report_style *style, struct np_buf *ret)
{
	struct np_report_style s = style ? *style : (struct np_report_style){ 0 };

	if (!s.width)
		s.width = 100;
	if (s.width < 40)
		s.width = 40;
	if (format == NP_REPORT_TEXT)
		np_report_text(r, &s, ret);
	else
		writers[format](r, ret);
}

const char *np_report_result(const struct np_report *r, const char *id)
{
	return np_json_str(json_object_get(r->cases, id), "result", "");
}

bool np_report_is(const struct np_report *r, const char *id, const char *result)
{
	return strcmp(np_report_result(r, id), result) == 0;
}

struct np_report_totals np_report_count(const struct np_report *r)
{
	struct np_report_totals t = { 0 };
	const char *id;
	json_t *c;

	json_object_foreach(r->cases, id, c) {
		t.passed += np_report_is(r, id, "pass");
		t.failed += np_report_is(r, id, "fail");
		t.skipped += np_report_is(r, id, "skip");
		t.known += np_report_is(r, id, "known");
		t.errors += np_report_is(r, id, "error");
	}
	return t;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *np_report_ids(const struct np_report *r)
{
	const char **ids = np_xcalloc(json_object_size(r->cases) + 1, sizeof(*ids)), *id;
	json_t *c, *list = json_array();
	size_t n = 0;

	json_object_foreach(r->cases, id, c)
		ids[n++] = id;
	qsort(ids, n, sizeof(*ids), by_text);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(ids[i]));
	free(ids);
	return list;
}

json_t *np_report_bad_step(const struct np_report *r, const char *id)
{
	json_t *steps = json_object_get(r->steps, id), *step;
	size_t i;

	json_array_foreach(steps, i, step)
		if (strcmp(np_json_str(step, "result", "pass"), "pass") != 0)
			return step;
	return json_array_get(steps, json_array_size(steps) - 1);
}

static void add_to_group(json_t *groups, const char *key, json_t *id)
{
	json_t *list = json_object_get(groups, key);

	if (!list) {
		list = json_array();
		json_object_set_new(groups, key, list);
	}
	/* A clause that a case names twice is one. */
	if (strcmp(np_report_at(list, json_array_size(list) - 1), json_string_value(id)) != 0)
		json_array_append(list, id);
}

struct group {
	const char *key;
	json_t *ids;
};

static int by_size(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	size_t n = json_array_size(x->ids), m = json_array_size(y->ids);

	return n != m ? (n < m) - (n > m) : strcmp(x->key, y->key);
}

static json_t *largest_first(json_t *groups)
{
	struct group *items = np_xcalloc(json_object_size(groups) + 1, sizeof(*items));
	json_t *list = json_array(), *ids;
	const char *key;
	size_t n = 0;

	json_object_foreach(groups, key, ids)
		items[n++] = (struct group){ key, ids };
	qsort(items, n, sizeof(*items), by_size);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, np_json_pack("[s, O]", items[i].key, items[i].ids));
	free(items);
	return list;
}

json_t *np_report_groups(const struct np_report *r, const char *result, bool by_clause)
{
	json_t *groups = json_object(), *ids = np_report_ids(r), *id, *clause, *sorted;
	size_t i, j;

	json_array_foreach(ids, i, id) {
		const json_t *c = json_object_get(r->cases, json_string_value(id));
		json_t *clauses = json_object_get(c, "clauses");

		if (!np_report_is(r, json_string_value(id), result))
			continue;
		if (!by_clause)
			add_to_group(groups, np_json_str(c, "reason", "no reason given"), id);
		else if (!json_array_size(clauses))
			add_to_group(groups, "no clause", id);
		else
			json_array_foreach(clauses, j, clause)
				if (json_is_string(clause))
					add_to_group(groups, json_string_value(clause), id);
	}
	sorted = largest_first(groups);
	json_decref(groups);
	json_decref(ids);
	return sorted;
}

/* Without those of cases that pass: they are told as fixed. New reference. */
static json_t *unused_waivers(const struct np_report *r)
{
	json_t *all = json_object_get(r->end, "unused_waivers"), *list = json_array(), *id;
	size_t i;

	json_array_foreach(all, i, id) {
		const json_t *c = json_object_get(r->cases, np_report_at(all, i));

		if (!np_json_bool(c, "fixed", 0))
			json_array_append(list, id);
	}
	return list;
}

static void add_idle(json_t *list, const json_t *ids, const char *why)
{
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id)
		if (json_is_string(id))
			json_array_append_new(list,
					      np_json_pack("{s:O, s:s}", "case", id, "why", why));
}

json_t *np_report_idle_waivers(const struct np_report *r)
{
	json_t *list = json_array(), *unused = unused_waivers(r);

	add_idle(list, json_object_get(r->end, "expired_waivers"),
		 "its waiver has expired and covers nothing any more");
	add_idle(list, unused, "its waiver matched nothing");
	json_decref(unused);
	return list;
}

bool np_report_problem(const struct np_report *r, struct np_buf *ret)
{
	const char *reason = np_json_str(r->end, "reason", "");
	bool interrupted = np_json_bool(r->end, "interrupted", 0);

	if (*reason) {
		char *plain = np_report_short_names(r->run_ids, reason);

		np_buf_adds(ret, plain);
		free(plain);
		return true;
	}
	if (r->end && !interrupted)
		return false;
	np_buf_adds(ret, interrupted ? "the run was interrupted"
				     : "the run did not end: it was killed, or it still runs");
	np_buf_printf(ret, "; %zu of %lld cases have a result", json_object_size(r->cases),
		      np_json_int(r->run, "cases", 0));
	return true;
}
