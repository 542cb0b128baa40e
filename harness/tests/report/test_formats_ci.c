/*
 * test_formats_ci.c - the reports for TAP harnesses, code scanning, GitHub and browsers: what they
 * say of each result, and text that is made to break them.
 */
#include "np/base/json.h"
#include "report_test.h"

#define RUN "{\"type\":\"run\",\"schema\":1}\n"
#define END(exit) "{\"type\":\"end\",\"exit\":" #exit ",\"interrupted\":false,\"reason\":\"\"}\n"
#define CASE(id, result, rest)                                                                     \
	"{\"type\":\"case\",\"case\":\"" id "\",\"result\":\"" result "\",\"worker\":0" rest "}\n"
#define STEP(id, place)                                                                            \
	"{\"type\":\"step\",\"case\":\"" id "\",\"result\":\"fail\",\"place\":\"" place "\"}\n"

static char *shown_text(const char *text, enum np_report_format format)
{
	struct np_err err = { 0 };
	struct np_report *r = load_text(text, &err);
	struct np_buf b = { 0 };

	ck_assert_msg(r != NULL, "%s", err.msg);
	np_report_write(r, format, NULL, &b);
	np_report_free(r);
	return np_buf_steal(&b);
}

static json_t *sarif_of(const char *text)
{
	np_auto_free char *s = shown_text(text, NP_REPORT_SARIF);
	struct np_err err = { 0 };
	json_t *v = np_json_parse(s, strlen(s), &err);

	ck_assert_msg(v != NULL, "%s", err.msg);
	return v;
}

static const char results[] = RUN CASE("a/good", "pass", "") STEP("a/bad", "s/bad.yaml:7")
	CASE("a/bad", "fail", ",\"clauses\":[\"S11\"],\"reason\":\"2 of 4 cells\"") CASE(
		"a/skipped", "skip", ",\"reason\":\"no IPv6\"") CASE("a/unjudged", "error",
								     ",\"reason\":\"a dead agent\"")
		CASE("a/known", "known",
		     ",\"reason\":\"known: r\",\"waiver\":{\"reason\":\"r\",\"link\":\"l\"}")
			CASE("a/healed", "pass", ",\"fixed\":true") END(1);

START_TEST(tap_of_each_result)
{
	np_auto_free char *text = shown_text(results, NP_REPORT_TAP);

	ck_assert_str_eq(text, "TAP version 14\n1..6\n"
			       "not ok 1 - a/bad\n  ---\n  message: \"S11: 2 of 4 cells\"\n"
			       "  severity: fail\n  at:\n    file: \"s/bad.yaml\"\n    line: 7\n"
			       "  ...\n"
			       "ok 2 - a/good\n"
			       "ok 3 - a/healed\n# fixed: it passes, its waiver can go\n"
			       "not ok 4 - a/known # TODO known: r\n"
			       "ok 5 - a/skipped # SKIP no IPv6\n"
			       "not ok 6 - a/unjudged\n  ---\n  message: \"a dead agent\"\n"
			       "  severity: error\n  ...\n");
}
END_TEST

START_TEST(tap_escapes)
{
	np_auto_free char *text = shown_text(RUN CASE("a # SKIP me\\nok 2 - \\\\", "fail",
						      ",\"reason\":\"\\\"\\n  ...\\nok 3\"") END(1),
					     NP_REPORT_TAP);

	ck_has(text, "\nnot ok 1 - a \\# SKIP me\\\\x0aok 2 - \\\\\n");
	ck_has(text, "  message: \"\\\"\\\\x0a  ...\\\\x0aok 3\"\n");
	ck_assert_uint_eq(count(text, "\nok"), 0);
}
END_TEST

/* Without a verdict a harness stops; a cluster that does not enforce is a verdict. */
START_TEST(tap_of_runs_that_failed_as_a_whole)
{
	np_auto_free char *killed = shown("truncated", NP_REPORT_TAP, NULL),
			  *open = shown("not-enforced", NP_REPORT_TAP, NULL),
			  *none = shown("empty", NP_REPORT_TAP, NULL);

	ck_has(killed, "\nBail out! the run did not end");
	ck_has(open, "1..1\nnot ok 1 - the run as a whole\n# the cluster does not enforce");
	ck_has(none, "\n1..0 # SKIP no case has a result\n");
}
END_TEST

START_TEST(sarif_of_each_result)
{
	json_t *v = sarif_of(results), *run = json_array_get(json_object_get(v, "runs"), 0);
	json_t *list = json_object_get(run, "results"), *bad = json_array_get(list, 0),
	       *known = json_array_get(list, 1);
	json_t *at = json_array_get(json_object_get(bad, "locations"), 0);
	json_t *told = np_json_at(json_array_get(json_object_get(run, "invocations"), 0),
				  "toolExecutionNotifications");

	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert_str_eq(np_json_str(bad, "ruleId", ""), "a/bad");
	ck_assert_str_eq(np_json_str(bad, "message/text", ""), "S11: 2 of 4 cells");
	ck_assert_str_eq(np_json_str(at, "physicalLocation/artifactLocation/uri", ""),
			 "s/bad.yaml");
	ck_assert_int_eq(np_json_int(at, "physicalLocation/region/startLine", 0), 7);
	ck_assert_ptr_null(json_object_get(bad, "suppressions"));
	ck_assert_str_eq(np_json_str(known, "ruleId", ""), "a/known");
	ck_assert_ptr_null(json_object_get(known, "locations"));
	ck_assert_str_eq(np_json_str(json_array_get(json_object_get(known, "suppressions"), 0),
				     "justification", ""),
			 "r");
	ck_assert_uint_eq(json_array_size(told), 1);
	ck_assert_str_eq(np_json_str(json_array_get(told, 0), "associatedRule/id", ""),
			 "a/unjudged");
	json_decref(v);
}
END_TEST

static json_t *first_result(json_t *sarif)
{
	json_t *run = json_array_get(json_object_get(sarif, "runs"), 0);

	return json_array_get(json_object_get(run, "results"), 0);
}

/* The fingerprint stays when lines move, and tells cases apart whose ids differ by '/' and '-'. */
START_TEST(sarif_fingerprints)
{
	static const char *const records[] = {
		RUN STEP("a/b", "f:1") CASE("a/b", "fail", "") END(1),
		RUN STEP("a/b", "f:9") CASE("a/b", "fail", ",\"reason\":\"x\"") END(1),
		RUN STEP("a-b", "f:1") CASE("a-b", "fail", "") END(1),
	};
	char *prints[3];

	for (size_t i = 0; i < 3; i++) {
		json_t *v = sarif_of(records[i]);
		const json_t *p = np_json_at(first_result(v), "partialFingerprints");

		prints[i] = np_xstrdup(json_string_value(json_object_get(p, "case/v1")));
		json_decref(v);
	}
	ck_assert_str_eq(prints[0], prints[1]);
	ck_assert_str_ne(prints[0], prints[2]);
	for (size_t i = 0; i < 3; i++)
		free(prints[i]);
}
END_TEST

START_TEST(sarif_references)
{
	static const struct {
		const char *record, *uri;
	} all[] = {
		{ RUN STEP("a/b", "/s/b c%.yaml:3") CASE("a/b", "fail", ""),
		  "file:///s/b%20c%25.yaml" },
		{ RUN STEP("a/b", "x:y") CASE("a/b", "fail", ""), "x%3Ay" },
		{ RUN STEP("a/b", "\\u202e\\\"") CASE("a/b", "fail", ""), "%E2%80%AE%22" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		json_t *v = sarif_of(all[i].record);
		const json_t *at = json_array_get(json_object_get(first_result(v), "locations"), 0);

		ck_assert_str_eq(np_json_str(at, "physicalLocation/artifactLocation/uri", ""),
				 all[i].uri);
		json_decref(v);
	}
}
END_TEST

START_TEST(github_of_each_result)
{
	np_auto_free char *text = shown_text(results, NP_REPORT_GITHUB);

	ck_assert_str_eq(text, "::error title=a/bad,file=s/bad.yaml,line=7::S11: 2 of 4 cells\n"
			       "::warning title=a/unjudged::a dead agent\n"
			       "::notice title=a/known::known: r\n"
			       "::notice title=a/healed::it passes, its waiver can go\n");
}
END_TEST

START_TEST(github_escapes)
{
	np_auto_free char *text =
		shown_text(RUN STEP("a,b::error::c", "f,g:h:1")
				   CASE("a,b::error::c", "fail",
					",\"reason\":\"1%\\n::error::x\\u001b\"") END(1),
			   NP_REPORT_GITHUB);

	ck_assert_str_eq(text, "::error title=a%2Cb%3A%3Aerror%3A%3Ac,file=f%2Cg%3Ah,line=1::1%25"
			       "\\x0a::error::x\\x1b\n");
}
END_TEST

/* GitHub shows ten of a kind. */
START_TEST(github_counts_what_it_leaves_out)
{
	struct np_buf record = { 0 };
	np_auto_free char *text = NULL;

	np_buf_adds(&record, RUN);
	for (int i = 0; i < 25; i++)
		np_buf_printf(&record, CASE("a/%02d", "fail", ""), i);
	for (int i = 0; i < 11; i++)
		np_buf_printf(&record, CASE("b/%02d", "pass", ",\"fixed\":true"), i);
	np_buf_adds(&record, END(1));
	text = shown_text(np_buf_text(&record), NP_REPORT_GITHUB);
	ck_assert_uint_eq(count(text, "::error "), 10);
	ck_has(text, "::error title=fail::16 more; the report has them all\n");
	ck_assert_uint_eq(count(text, "::notice "), 10);
	ck_has(text, "::notice title=fixed::2 more; the report has them all\n");
	np_buf_release(&record);
}
END_TEST

START_TEST(html_says)
{
	np_auto_free char *text = shown("failing", NP_REPORT_HTML, NULL),
			  *good = shown("good", NP_REPORT_HTML, NULL),
			  *killed = shown("truncated", NP_REPORT_HTML, NULL),
			  *evil = shown("hostile", NP_REPORT_HTML, NULL);

	ck_has(text, "<h1 class=\"verdict fail\">does not conform</h1>");
	ck_has(text, "\nx/b       .   .   | A*  A*\n");
	ck_has(text, "x/b -&gt; x/a TCP:80: expected deny, seen allowed");
	ck_has(text, "<code>failures/peers-and-in-one-peer/reproduce.sh</code>");
	ck_has(text, "<td class=\"known\">known</td>");
	ck_has(text, "<tr><th>peers/no-such-case</th><td>its waiver matched nothing</td></tr>");
	ck_has(good, "<h1 class=\"verdict pass\">conforms</h1>");
	ck_has_not(good, "Failing cases");
	ck_has(killed, "<h1 class=\"verdict error\">no verdict</h1>");
	ck_has(evil, "&lt;script&gt;");
	ck_has_not(evil, "<script>");
	ck_has(evil, "\\u202egnp.exe");
	ck_no_control(evil);
}
END_TEST

RUN_TESTS("formats_ci", tap_of_each_result, tap_escapes, tap_of_runs_that_failed_as_a_whole,
	  sarif_of_each_result, sarif_fingerprints, sarif_references, github_of_each_result,
	  github_escapes, github_counts_what_it_leaves_out, html_says)
