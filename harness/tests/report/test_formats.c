/*
 * test_formats.c - the reports for programs and browsers: valid whatever the names hold, counts
 * that agree.
 */
#include "../../report/report_private.h"
#include "np/base/json.h"
#include "np/base/utf8.h"
#include "report_test.h"

static const char *const records[] = { "good",	      "failing", "truncated",
				       "interrupted", "resumed", "not-enforced",
				       "empty",	      "hostile", "odd" };

/* --- JSON --- */

static json_t *json_of(const char *record)
{
	np_auto_free char *text = shown(record, NP_REPORT_JSON, NULL);
	struct np_err err = { 0 };
	json_t *v = np_json_parse(text, strlen(text), &err);

	ck_assert_msg(v != NULL, "%s: %s", record, err.msg);
	return v;
}

START_TEST(json_counts)
{
	static const struct {
		const char *record;
		int passed, failed, skipped, known, errors, exit;
	} all[] = {
		{ "good", 2, 0, 1, 0, 0, 0 },	   { "failing", 1, 2, 2, 1, 1, 1 },
		{ "truncated", 2, 0, 1, 0, 0, 3 }, { "interrupted", 1, 0, 0, 0, 0, 130 },
		{ "resumed", 2, 1, 0, 0, 0, 1 },   { "not-enforced", 0, 0, 0, 0, 0, 1 },
		{ "empty", 0, 0, 0, 0, 0, 0 },	   { "hostile", 0, 10, 2, 2, 2, 1 },
		{ "odd", 0, 7, 0, 5, 0, 3 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		json_t *v = json_of(all[i].record);

		ck_assert_int_eq(np_json_int(v, "passed", -1), all[i].passed);
		ck_assert_int_eq(np_json_int(v, "failed", -1), all[i].failed);
		ck_assert_int_eq(np_json_int(v, "skipped", -1), all[i].skipped);
		ck_assert_int_eq(np_json_int(v, "known", -1), all[i].known);
		ck_assert_int_eq(np_json_int(v, "errors", -1), all[i].errors);
		ck_assert_int_eq(np_json_int(v, "exit", -1), all[i].exit);
		ck_assert_uint_eq(json_array_size(json_object_get(v, "cases")),
				  (size_t)(all[i].passed + all[i].failed + all[i].skipped +
					   all[i].known + all[i].errors));
		json_decref(v);
	}
}
END_TEST

START_TEST(json_of_a_failing_case)
{
	json_t *v = json_of("failing"), *c = json_array_get(json_object_get(v, "cases"), 0);
	const json_t *f = json_array_get(json_object_get(c, "failures"), 0);

	ck_assert_str_eq(np_json_str(c, "case", ""), "peers/and-in-one-peer");
	ck_assert_str_eq(np_json_str(c, "place", ""), "suites/peers/and-in-one-peer.yaml:20");
	ck_assert_uint_eq(json_array_size(json_object_get(c, "failures")), 8);
	ck_assert_str_eq(np_json_str(f, "cell", ""), "x/b -> x/a TCP:80");
	ck_assert_ptr_null(strstr(np_json_str(f, "who", ""), "np-"));
	ck_assert_str_eq(np_json_str(v, "run/target/fault", ""), "and-as-or");
	ck_assert(np_json_bool(v, "ended", 0));
	ck_assert_ptr_null(json_object_get(v, "problem"));
	json_decref(v);
}
END_TEST

START_TEST(json_of_a_run_without_end)
{
	json_t *v = json_of("truncated");

	ck_assert(!np_json_bool(v, "ended", 1));
	ck_assert(json_is_null(json_object_get(v, "end")));
	ck_has(np_json_str(v, "problem", ""), "the run did not end");
	json_decref(v);
}
END_TEST

/* --- JUnit --- */

/* false when there is no xmllint to ask. */
static bool xml_is_valid(const char *record, const char *text)
{
	static const char *const argv[] = { "xmllint", "--noout", "--nonet", "-", NULL };
	struct np_buf input = { 0 }, out = { 0 }, errout = { 0 };
	struct np_err err = { 0 };
	int status;

	np_buf_adds(&input, text);
	status = np_proc_run(argv, &input, 60000, &out, &errout, &err);
	ck_assert_msg(status <= 0, "%s: %s", record, np_buf_text(&errout));
	np_buf_release(&input);
	np_buf_release(&out);
	np_buf_release(&errout);
	return status == 0;
}

START_TEST(junit_is_xml)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(records); i++) {
		np_auto_free char *text = shown(records[i], NP_REPORT_JUNIT, NULL);

		ck_assert(np_utf8_valid(np_str_from(text)));
		for (const char *p = text; *p; p++)
			ck_assert((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
		if (!xml_is_valid(records[i], text)) {
			puts("skip: no xmllint here");
			break;
		}
	}
}
END_TEST

/* The number in the first @attribute of @text. */
static size_t number(const char *text, const char *attribute)
{
	np_auto_free char *begin = np_xasprintf(" %s=\"", attribute);
	const char *p = strstr(text, begin);

	ck_assert_msg(p != NULL, "no %s", attribute);
	return strtoul(p + strlen(begin), NULL, 10);
}

static const struct {
	const char *attribute, *element;
} counted[] = {
	{ "tests", "<testcase " },
	{ "failures", "<failure " },
	{ "errors", "<error " },
	{ "skipped", "<skipped " },
};

START_TEST(junit_counts_agree)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(records); i++) {
		np_auto_free char *text = shown(records[i], NP_REPORT_JUNIT, NULL);

		for (size_t c = 0; c < NP_ARRAY_SIZE(counted); c++) {
			size_t sum = 0;

			for (const char *p = strstr(text, "<testsuite "); p;
			     p = strstr(p + 1, "<testsuite "))
				sum += number(p, counted[c].attribute);
			ck_assert_msg(sum == count(text, counted[c].element) &&
					      sum == number(text, counted[c].attribute),
				      "%s: %s", records[i], counted[c].attribute);
		}
	}
}
END_TEST

START_TEST(junit_of_failures)
{
	np_auto_free char *text = shown("failing", NP_REPORT_JUNIT, NULL);

	ck_has(text, "<testsuite name=\"peers\" tests=\"3\" failures=\"1\" errors=\"0\" "
		     "skipped=\"0\"");
	ck_has(text, "<testcase classname=\"peers\" name=\"peers/and-in-one-peer\" time=\"");
	ck_has(text, "<failure message=\"S11: 12 of 578 cells are wrong ");
	ck_has(text, "\nx/b       .   .   | A*  A*\n");
	ck_has(text, "x/b -&gt; x/a TCP:80: expected deny, seen allowed");
	ck_has(text, "<skipped message=\"the nodes' kernels have no SCTP\">");
	ck_has(text, "<error message=\"7 probes could not be made\" "
		     "type=\"environment\">");
	ck_has(text, "<system-out>known: selectors of a peer are ORed</system-out>");
	ck_has_not(text, "the run as a whole");
}
END_TEST

/* A gate that only reads junit.xml must not take these for green. */
START_TEST(junit_of_runs_that_failed_as_a_whole)
{
	static const struct {
		const char *record, *element;
	} runs[] = {
		{ "not-enforced", "<failure message=\"the cluster does not enforce NetworkPolicy" },
		{ "interrupted", "<error message=\"the run was interrupted" },
		{ "truncated", "<error message=\"the run did not end" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(runs); i++) {
		np_auto_free char *text = shown(runs[i].record, NP_REPORT_JUNIT, NULL);

		ck_has(text, "name=\"the run as a whole\"");
		ck_has(text, runs[i].element);
	}
}
END_TEST

START_TEST(junit_escapes)
{
	np_auto_free char *text = shown("hostile", NP_REPORT_JUNIT, NULL);

	ck_has(text, "name=\"]]&gt;&lt;!-- &lt;/testcase&gt;&lt;/failure&gt;&amp;amp;&amp;\"");
	ck_has(text, "name=\"a&#10;b&#13;&#10;c&#9;d\"");
	ck_has(text, "name=\"area/\357\277\275[2J\357\277\275[31mred\"");
	/* U+FFFE is a character, but none of XML. */
	ck_has_not(text, "\357\277\276");
	ck_has(text, "\360\237\230\200");
}
END_TEST

/* --- markdown --- */

static size_t bars(const char *line, size_t n)
{
	size_t bars = 0;

	for (size_t i = 0; i < n; i++) {
		if (line[i] == '\\')
			i++;
		else
			bars += line[i] == '|';
	}
	return bars;
}

/* Rows of a table have as many cells as its head, and nothing else begins with a bar. */
static void check_tables(const char *record, const char *text)
{
	size_t want = 0, n;

	for (const char *p = text; *p; p += n + 1) {
		n = strcspn(p, "\n");
		if (*p != '|') {
			want = 0;
			continue;
		}
		if (!want)
			want = bars(p, n);
		ck_assert_msg(bars(p, n) == want && p[n - 1] == '|', "%s: %.*s", record, (int)n, p);
	}
}

START_TEST(markdown_is_clean)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(records); i++) {
		np_auto_free char *text = shown(records[i], NP_REPORT_MARKDOWN, NULL);

		ck_no_control(text);
		ck_assert(np_utf8_valid(np_str_from(text)));
		ck_assert(strncmp(text, "# netpolcheck: ", 15) == 0);
		ck_assert_uint_eq(count(text, "\n# "), 0);
		check_tables(records[i], text);
	}
}
END_TEST

START_TEST(markdown_says)
{
	np_auto_free char *text = shown("failing", NP_REPORT_MARKDOWN, NULL),
			  *bad = shown("not-enforced", NP_REPORT_MARKDOWN, NULL),
			  *evil = shown("hostile", NP_REPORT_MARKDOWN, NULL);

	ck_has(text, "# netpolcheck: 1 passed, 2 failed, 2 skipped, 1 known, 1 could not be "
		     "judged\n");
	ck_has(text,
	       "| [peers/and-in-one-peer](failures/peers-and-in-one-peer/README.md) | "
	       "namespaceSelector and podSelector in one peer must both match | S11 | 12 |\n");
	ck_has(text, "| S11 | 2 |\n");
	ck_has(text, "| peers/two-combined-peers | selectors of a peer are ORed | "
		     "https://example.org/issue/1 |\n");
	ck_has(text, "\nFixed, their waivers can go: peers/or-of-two-peers\n");
	ck_has(text, "| peers/no-such-case | its waiver matched nothing |\n");
	ck_has(text, "| 7 probes could not be made | updates/ports-changed |\n");
	ck_has(text, "| the nodes' kernels have no SCTP | sctp/number, sctp/port-name |\n");
	ck_has(text, "seeded fault and-as-or |\n");
	ck_has(bad, "\nthe cluster does not enforce NetworkPolicy: ");
	ck_has_not(bad, "## Failing cases");
	ck_has(evil, "\\<script\\>");
	ck_has_not(evil, "<script>");
	ck_has_not(evil, "[l](");
}
END_TEST

RUN_TESTS("formats", json_counts, json_of_a_failing_case, json_of_a_run_without_end, junit_is_xml,
	  junit_counts_agree, junit_of_failures, junit_of_runs_that_failed_as_a_whole,
	  junit_escapes, markdown_is_clean, markdown_says)
