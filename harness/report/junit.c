/* junit.c - the report for CI: a test suite per area, a test case per case. Valid XML whatever the names contain. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/utf8.h"
#include "report_private.h"

static bool xml_allows(uint32_t c)
{
	return c == 0x9 || c == 0xa || c == 0xd || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
	       (c >= 0x10000 && c <= 0x10ffff);
}

static void put_char(struct np_buf *b, const char *p, size_t n, bool attribute)
{
	switch (*p) {
	case '<':
		np_buf_adds(b, "&lt;");
		break;
	case '>':
		np_buf_adds(b, "&gt;");
		break;
	case '&':
		np_buf_adds(b, "&amp;");
		break;
	case '"':
		np_buf_adds(b, "&quot;");
		break;
	case '\n':
	case '\t':
	case '\r':
		/* A parser would fold them in an attribute. */
		if (attribute || *p == '\r')
			np_buf_printf(b, "&#%d;", *p);
		else
			np_buf_addc(b, *p);
		break;
	default:
		np_buf_add(b, p, n);
	}
}

/* What XML forbids becomes U+FFFD. */
static void put_xml(struct np_buf *b, const char *text, bool attribute)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t c = 0;
		size_t n = np_utf8_decode(text, left, &c);

		if (!n || !xml_allows(c)) {
			np_buf_adds(b, "\xef\xbf\xbd");
			n = n ? n : 1;
		} else {
			put_char(b, text, n, attribute);
		}
		text += n;
		left -= n;
	}
}

static void put_attr(struct np_buf *b, const char *name, const char *value)
{
	np_buf_printf(b, " %s=\"", name);
	put_xml(b, value, true);
	np_buf_addc(b, '"');
}

static void put_element(struct np_buf *b, const char *element, const char *message, const char *text)
{
	np_buf_printf(b, "      <%s", element);
	put_attr(b, "message", message);
	np_buf_addc(b, '>');
	put_xml(b, text, false);
	np_buf_printf(b, "</%s>\n", element);
}

static void put_failure(const struct np_report *r, const char *id, const json_t *c, struct np_buf *b)
{
	const json_t *step = np_report_bad_step(r, id), *f = json_array_get(json_object_get(step, "failures"), 0);
	struct np_buf text = { 0 }, message = { 0 };

	np_report_join(&message, json_object_get(c, "clauses"), " ");
	np_buf_printf(&message, ": %s", np_json_str(c, "reason", ""));
	np_buf_printf(&text, "%s\n", np_json_str(step, "place", ""));
	np_report_tables(step, "", false, &text);
	if (f)
		np_buf_printf(&text, "%s: expected %s, seen %s\n%s\n", np_json_str(f, "cell", ""), np_json_str(f, "expected", ""),
			      np_json_str(f, "outcome", ""), np_json_str(f, "explanation", ""));
	put_element(b, "failure", np_buf_text(&message), np_buf_text(&text));
	np_buf_release(&text);
	np_buf_release(&message);
}

static void put_case(const struct np_report *r, const char *id, const json_t *c, struct np_buf *b)
{
	const char *result = np_json_str(c, "result", ""), *reason = np_json_str(c, "reason", "");

	np_buf_adds(b, "    <testcase");
	put_attr(b, "classname", np_json_str(c, "area", "cases"));
	put_attr(b, "name", id);
	np_buf_printf(b, " time=\"%.3f\">\n", (double)np_json_int(c, "ms", 0) / 1000);
	if (strcmp(result, "fail") == 0)
		put_failure(r, id, c, b);
	else if (strcmp(result, "error") == 0)
		put_element(b, "error", reason, "");
	else if (strcmp(result, "skip") == 0)
		put_element(b, "skipped", reason, "");
	else if (strcmp(result, "known") == 0) {
		np_buf_adds(b, "      <system-out>");
		put_xml(b, reason, false);
		np_buf_adds(b, "</system-out>\n");
	}
	np_buf_adds(b, "    </testcase>\n");
}

static bool in_area(const struct np_report *r, const json_t *id, const char *area)
{
	return strcmp(np_json_str(json_object_get(r->cases, json_string_value(id)), "area", "cases"), area) == 0;
}

static void put_suite(const struct np_report *r, const json_t *ids, const char *area, struct np_buf *b)
{
	size_t i, tests = 0, failures = 0, errors = 0, skipped = 0;
	long long ms = 0;
	json_t *id;

	json_array_foreach(ids, i, id) {
		const json_t *c = json_object_get(r->cases, json_string_value(id));
		const char *result = np_json_str(c, "result", "");

		if (!in_area(r, id, area))
			continue;
		tests++;
		failures += strcmp(result, "fail") == 0;
		errors += strcmp(result, "error") == 0;
		skipped += strcmp(result, "skip") == 0;
		ms += np_json_int(c, "ms", 0);
	}
	np_buf_adds(b, "  <testsuite");
	put_attr(b, "name", area);
	np_buf_printf(b, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n", tests, failures, errors, skipped,
		      (double)ms / 1000);
	json_array_foreach(ids, i, id)
		if (in_area(r, id, area))
			put_case(r, json_string_value(id), json_object_get(r->cases, json_string_value(id)), b);
	np_buf_adds(b, "  </testsuite>\n");
}

void np_report_junit(const struct np_report *r, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *ids = np_report_ids(r), *areas = json_object(), *id, *unused;
	const char *area;
	size_t i;

	/* The run as a whole may have failed without any case: CI must see that too. */
	bool run_failed = *np_json_str(r->end, "reason", "") && !t.failed;

	np_buf_adds(ret, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	np_buf_printf(ret, "<testsuites name=\"netpolcheck\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
		      json_array_size(ids) + run_failed, t.failed + run_failed, t.errors, t.skipped,
		      (double)np_json_int(r->end, "ms", 0) / 1000);
	json_array_foreach(ids, i, id)
		json_object_set_new(areas, np_json_str(json_object_get(r->cases, json_string_value(id)), "area", "cases"), json_true());
	json_object_foreach(areas, area, unused)
		put_suite(r, ids, area, ret);
	if (run_failed) {
		np_buf_adds(ret, "  <testsuite name=\"run\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n"
				 "    <testcase classname=\"run\" name=\"the run as a whole\" time=\"0.000\">\n");
		put_element(ret, "failure", np_json_str(r->end, "reason", ""), "");
		np_buf_adds(ret, "    </testcase>\n  </testsuite>\n");
	}
	np_buf_adds(ret, "</testsuites>\n");
	json_decref(areas);
	json_decref(ids);
}
