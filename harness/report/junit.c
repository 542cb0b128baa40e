/*
 * junit.c - the report for CI: a test suite per area, a test case per case. Valid XML whatever the
 * names contain.
 */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "report_private.h"

static void put_attr(struct np_buf *b, const char *name, const char *value)
{
	np_buf_printf(b, " %s=\"", name);
	np_report_xml(b, value, true);
	np_buf_addc(b, '"');
}

/* An element of a test case: failure, error or skipped; some readers want a type. */
static void put_element(struct np_buf *b, const char *element, const char *message,
			const char *text)
{
	np_buf_printf(b, "      <%s", element);
	put_attr(b, "message", message);
	if (strcmp(element, "skipped") != 0)
		put_attr(b, "type",
			 strcmp(element, "failure") == 0 ? "nonconformance" : "environment");
	np_buf_addc(b, '>');
	np_report_xml(b, text, false);
	np_buf_printf(b, "</%s>\n", element);
}

static void put_failure(const struct np_report *r, const char *id, const json_t *c,
			struct np_buf *b)
{
	static const struct np_report_layout layout = { "", false, 120, 30, 1 };
	const json_t *step = np_report_bad_step(r, id),
		     *f = json_array_get(json_object_get(step, "failures"), 0);
	struct np_buf text = { 0 }, message = { 0 };

	np_report_join(&message, json_object_get(c, "clauses"), " ");
	np_buf_printf(&message, "%s%s", message.len ? ": " : "", np_json_str(c, "reason", ""));
	np_buf_printf(&text, "%s\n", np_json_str(step, "place", ""));
	np_report_tables(step, &layout, &text);
	if (f)
		np_buf_printf(&text, "%s: expected %s, seen %s\n%s\n", np_json_str(f, "cell", ""),
			      np_json_str(f, "expected", ""), np_json_str(f, "outcome", ""),
			      np_json_str(f, "explanation", ""));
	put_element(b, "failure", np_buf_text(&message), np_buf_text(&text));
	np_buf_release(&text);
	np_buf_release(&message);
}

static void put_known(struct np_buf *b, const char *reason)
{
	np_buf_adds(b, "      <system-out>");
	np_report_xml(b, reason, false);
	np_buf_adds(b, "</system-out>\n");
}

static double seconds(const json_t *v)
{
	long long ms = np_json_int(v, "ms", 0);

	return ms > 0 ? (double)ms / 1000 : 0;
}

static const char *area_of(const struct np_report *r, const char *id)
{
	return np_json_str(json_object_get(r->cases, id), "area", "cases");
}

static void put_case(const struct np_report *r, const char *id, struct np_buf *b)
{
	const json_t *c = json_object_get(r->cases, id);
	const char *reason = np_json_str(c, "reason", "");

	np_buf_adds(b, "    <testcase");
	put_attr(b, "classname", area_of(r, id));
	put_attr(b, "name", id);
	np_buf_printf(b, " time=\"%.3f\">\n", seconds(c));
	if (np_report_is(r, id, "fail"))
		put_failure(r, id, c, b);
	else if (np_report_is(r, id, "error"))
		put_element(b, "error", reason, "");
	else if (np_report_is(r, id, "skip"))
		put_element(b, "skipped", reason, "");
	else if (np_report_is(r, id, "known"))
		put_known(b, reason);
	np_buf_adds(b, "    </testcase>\n");
}

static void put_counts(struct np_buf *b, size_t tests, size_t failures, size_t errors,
		       size_t skipped, double time)
{
	np_buf_printf(b,
		      " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
		      "time=\"%.3f\">\n",
		      tests, failures, errors, skipped, time);
}

/* The cases of one area. */
static void put_suite(const struct np_report *r, const json_t *ids, const char *area,
		      struct np_buf *b)
{
	size_t i, failures = 0, errors = 0, skipped = 0;
	double time = 0;
	json_t *id;

	json_array_foreach(ids, i, id) {
		const char *name = json_string_value(id);

		failures += np_report_is(r, name, "fail");
		errors += np_report_is(r, name, "error");
		skipped += np_report_is(r, name, "skip");
		time += seconds(json_object_get(r->cases, name));
	}
	np_buf_adds(b, "  <testsuite");
	put_attr(b, "name", area);
	put_counts(b, json_array_size(ids), failures, errors, skipped, time);
	json_array_foreach(ids, i, id)
		put_case(r, json_string_value(id), b);
	np_buf_adds(b, "  </testsuite>\n");
}

/* {area: [id, ..]} */
static json_t *by_area(const struct np_report *r)
{
	json_t *areas = json_object(), *ids = np_report_ids(r), *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		const char *area = area_of(r, json_string_value(id));

		if (!json_object_get(areas, area))
			json_object_set_new(areas, area, json_array());
		json_array_append(json_object_get(areas, area), id);
	}
	json_decref(ids);
	return areas;
}

/* A run that failed as a whole must not look green where no case says so. */
static void put_problem(bool failure, const char *problem, struct np_buf *b)
{
	np_buf_adds(b, "  <testsuite name=\"netpolcheck\"");
	put_counts(b, 1, failure, !failure, 0, 0);
	np_buf_adds(b, "    <testcase classname=\"netpolcheck\" name=\"the run as a whole\" "
		       "time=\"0.000\">\n");
	put_element(b, failure ? "failure" : "error", problem, "");
	np_buf_adds(b, "    </testcase>\n  </testsuite>\n");
}

void np_report_junit(const struct np_report *r, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *areas = by_area(r), *ids;
	struct np_buf text = { 0 };
	bool problem = np_report_problem(r, &text);
	/*
	 * Status 1 is a verdict on the cluster (it does not enforce), all else is the environment.
	 */
	bool failure = problem && np_report_exit(r) == 1;
	const char *area;

	np_buf_adds(ret,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"netpolcheck\"");
	put_counts(ret, json_object_size(r->cases) + problem, t.failed + failure,
		   t.errors + (problem && !failure), t.skipped, seconds(r->end));
	json_object_foreach(areas, area, ids)
		put_suite(r, ids, area, ret);
	if (problem)
		put_problem(failure, np_buf_text(&text), ret);
	np_buf_adds(ret, "</testsuites>\n");
	np_buf_release(&text);
	json_decref(areas);
}
