/*
 * test_coverage.c - what reports say of pairs that were judged, of those that were not, and of what
 * the pre-flight found.
 */
#include "../../report/report_private.h"
#include "np/base/json.h"
#include "report_test.h"

#define RUN "{\"type\":\"run\",\"schema\":1,\"id\":\"abcd2345\"}\n"
#define PREFLIGHT(lacking) "{\"type\":\"preflight\",\"lacking\":{" lacking "}}\n"
#define CASE(id, pairs)                                                                            \
	"{\"type\":\"case\",\"case\":\"" id "\",\"result\":\"pass\",\"pairs\":{" pairs "}}\n"
#define END "{\"type\":\"end\",\"exit\":0}\n"
#define FINDING(level, what)                                                                       \
	"{\"type\":\"finding\",\"level\":\"" level "\",\"about\":\"nodes\",\"what\":\"" what       \
	"\",\"why\":\"of | that\",\"do\":\"this\"}\n"

static const struct {
	const char *record;
	const char *has[3], *has_not[2]; /* in the text */
} texts[] = {
	{ RUN CASE("a/a", "\"same-node\":{\"4\":12,\"6\":0},\"cross-node\":{\"4\":1,\"6\":0}")
		  CASE("a/b", "\"same-node\":{\"4\":3,\"6\":2}") END,
	  { "covered: 17 connections between pods of one node, 1 between pods of two nodes; over "
	    "IPv4 and IPv6\n",
	    "connections to a DNS pod (no case of this run has any)" },
	  { "not covered: IPv4" } },
	/* A cluster of one node says so. */
	{ RUN PREFLIGHT("\"two-nodes\":\"the cluster has one node\",\"ipv6\":\"no IPv6\"")
		  CASE("a/a", "\"same-node\":{\"4\":1,\"6\":0}") END,
	  { "covered: 1 connection between pods of one node; over IPv4\n",
	    "connections between pods of two nodes (the cluster has one node)", "IPv6 (no IPv6)" },
	  { "IPv4 (" } },
	/* The last result of a case counts, once. */
	{ RUN CASE("a/a", "\"dns\":{\"4\":5,\"6\":0}") RUN CASE("a/a", "\"dns\":{\"4\":7,\"6\":0}")
		  END,
	  { "covered: 7 connections to a DNS pod; over IPv4\n" },
	  { NULL } },
	/* Older records, and those of nobody's making. */
	{ RUN "{\"type\":\"case\",\"case\":\"a/a\",\"result\":\"pass\"}\n" END,
	  { "1 passed" },
	  { "covered" } },
	{ RUN CASE("a/a", "\"same-node\":7,\"cross-node\":{\"4\":-3,\"6\":\"x\"},\"dns\":"
			  "{\"4\":9223372036854775807}") CASE("a/b", "\"dns\":{\"4\":2}") END,
	  { "covered: 2 connections to a DNS pod; over IPv4\n" },
	  { NULL } },
	{ RUN FINDING("info", "nobody asks") FINDING("warn", "one \\u001b[1mnode") END,
	  { "pre-flight: one \\x1b[1mnode: of | that; this\n" },
	  { "nobody asks" } },
	/* What an earlier part found may be mended. */
	{ RUN FINDING("warn", "once") RUN FINDING("warn", "now") END,
	  { "pre-flight: now" },
	  { "once" } },
};

static char *text_of(const char *record, enum np_report_format format)
{
	static const struct np_report_style style = { false, 400 };
	struct np_err err = { 0 };
	struct np_report *r = load_text(record, &err);
	struct np_buf b = { 0 };

	ck_assert_msg(r != NULL, "%s in %s", err.msg, record);
	np_report_write(r, format, &style, &b);
	np_report_free(r);
	return np_buf_steal(&b);
}

START_TEST(text)
{
	np_auto_free char *got = text_of(texts[_i].record, NP_REPORT_TEXT);

	for (size_t k = 0; k < 3 && texts[_i].has[k]; k++)
		ck_assert_msg(strstr(got, texts[_i].has[k]) != NULL, "no '%s' in %s",
			      texts[_i].has[k], got);
	for (size_t k = 0; k < 2 && texts[_i].has_not[k]; k++)
		ck_assert_msg(strstr(got, texts[_i].has_not[k]) == NULL, "'%s' in %s",
			      texts[_i].has_not[k], got);
}
END_TEST

START_TEST(json)
{
	np_auto_free char *got = text_of(
		RUN FINDING("warn", "one node") CASE("a/a", "\"same-node\":{\"4\":12,\"6\":3}") END,
		NP_REPORT_JSON);
	struct np_err err = { 0 };
	json_t *v = np_json_parse(got, strlen(got), &err), *coverage, *list;

	ck_assert_msg(v != NULL, "%s", err.msg);
	coverage = json_object_get(v, "coverage");
	list = json_object_get(v, "not_covered");
	ck_assert_int_eq(np_json_int(json_object_get(coverage, "same-node"), "6", -1), 3);
	ck_assert_int_eq(np_json_int(json_object_get(coverage, "dns"), "4", -1), 0);
	ck_assert_uint_eq(json_array_size(list), 5);
	ck_assert_str_eq(np_json_str(json_array_get(list, 0), "what", ""),
			 "connections between pods of two nodes");
	ck_assert_str_eq(np_json_str(json_array_get(json_object_get(v, "findings"), 0), "do", ""),
			 "this");
	json_decref(v);
}
END_TEST

START_TEST(markdown)
{
	np_auto_free char *got =
		text_of(RUN FINDING("warn", "one <node>")
				CASE("a/a", "\"same-node\":{\"4\":12,\"6\":3}") END,
			NP_REPORT_MARKDOWN);

	ck_assert(strstr(got, "| same-node | 12 | 3 |\n") != NULL);
	ck_assert(strstr(got, "| connections to a Service | no case of this run has any |\n"));
	ck_assert(strstr(got, "## Before the run\n") != NULL);
	ck_assert(strstr(got, "<node>") == NULL);
	ck_assert(strstr(got, "of | that") == NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("coverage");
	TCase *t = tcase_create("coverage");

	tcase_add_loop_test(t, text, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, json);
	tcase_add_test(t, markdown);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
