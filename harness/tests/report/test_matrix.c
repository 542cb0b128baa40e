/* test_matrix.c - several runs by clause, and the badge of one. */
#include "np/base/json.h"
#include "report_test.h"

#define RUN(more) "{\"type\":\"run\",\"schema\":1,\"started\":\"2026-01-01\"" more "}\n"
#define AGENT(name, version) ",\"agent\":{\"name\":\"" name "\",\"version\":\"" version "\"}"
#define CASE(id, profile, covers, result, clauses)                                                 \
	"{\"type\":\"case\",\"case\":\"" id "\",\"profile\":\"" profile "\",\"covers\":" covers    \
	",\"result\":\"" result "\",\"worker\":0" clauses "}\n"
#define END(exit) "{\"type\":\"end\",\"exit\":" #exit ",\"interrupted\":false,\"reason\":\"\"}\n"

static const char first[] =
	RUN(AGENT("one", "1.0")) CASE("a/1", "core", "[\"S2\",\"S10\"]", "pass", "")
		CASE("a/2", "core", "[\"S2\"]", "fail", ",\"clauses\":[\"S51\"]")
			CASE("a/3", "core", "[\"S10\"]", "known", ",\"clauses\":[\"S10\"]")
				CASE("b/1", "extended", "[\"S33b\"]", "skip", "")
					CASE("c/1", "behaviour", "[\"S20\"]", "pass", "") END(1);
static const char second[] =
	RUN(AGENT("one|<b>", "2.0")) CASE("a/1", "core", "[\"S2\",\"S10\"]", "pass", "")
		CASE("a/4", "core", "[\"S10\"]", "error", "")
			CASE("b/1", "extended", "[\"S33b\"]", "pass", "") END(3);

static char *matrix_of(enum np_report_format format)
{
	const char *const texts[] = { first, second };
	struct np_report *r[2];
	struct np_buf b = { 0 };

	for (size_t i = 0; i < 2; i++) {
		struct np_err err = { 0 };

		r[i] = load_text(texts[i], &err);
		ck_assert_msg(r[i] != NULL, "%s", err.msg);
	}
	np_report_matrix((const struct np_report *const *)r, 2, format, &b);
	for (size_t i = 0; i < 2; i++)
		np_report_free(r[i]);
	return np_buf_steal(&b);
}

/* A case that covers S2 and deviates from S51 alone says nothing of S2. */
START_TEST(as_markdown)
{
	np_auto_free char *text = matrix_of(NP_REPORT_MARKDOWN);

	ck_assert_str_eq(text, "| | one 1.0 | one\\|\\<b\\> 2.0 |\n| --- | --- | --- |\n"
			       "| API server | ? | ? |\n| netpolcheck | ? | ? |\n"
			       "| run | 2026-01-01 | 2026-01-01 |\n"
			       "| core, all cases | **2 of 3 wrong** | 1 pass, 1 not judged |\n"
			       "| S2 | 1 pass | 1 pass |\n"
			       "| S10 | **1 of 2 wrong** | 1 pass, 1 not judged |\n"
			       "| S51 | **1 of 1 wrong** | - |\n"
			       "| extended, all cases | skipped | 1 pass |\n"
			       "| S33b | skipped | 1 pass |\n"
			       "| behaviour, all cases | 1 pass | - |\n"
			       "| S20 | 1 pass | - |\n");
}
END_TEST

START_TEST(as_json)
{
	np_auto_free char *text = matrix_of(NP_REPORT_JSON);
	struct np_err err = { 0 };
	json_t *v = np_json_parse(text, strlen(text), &err), *rows = json_object_get(v, "rows");
	const json_t *core = json_array_get(rows, 0),
		     *cell = json_array_get(json_object_get(core, "cells"), 0);

	ck_assert_uint_eq(json_array_size(json_object_get(v, "columns")), 2);
	ck_assert_uint_eq(json_array_size(rows), 8);
	ck_assert(json_is_null(json_object_get(core, "clause")));
	ck_assert_int_eq(np_json_int(cell, "pass", 0), 1);
	ck_assert_int_eq(np_json_int(cell, "fail", 0), 1);
	ck_assert_int_eq(np_json_int(cell, "known", 0), 1);
	json_decref(v);
}
END_TEST

static char *badge_of(const char *text)
{
	struct np_err err = { 0 };
	struct np_report *r = load_text(text, &err);
	struct np_buf b = { 0 };

	ck_assert_msg(r != NULL, "%s", err.msg);
	np_report_badge(r, &b);
	np_report_free(r);
	return np_buf_steal(&b);
}

START_TEST(badges)
{
	static const struct {
		const char *record, *words, *color;
	} all[] = {
		{ first, ">core 1/3<", "#b3261e" },
		{ second, ">no verdict<", "#57606a" },
		{ RUN("") END(0), ">no verdict<", "#57606a" },
		{ RUN("") CASE("a/1", "core", "[]", "pass", "")
			  CASE("b/1", "extended", "[]", "pass", "") END(0),
		  ">core 1/1, extended 1/1<", "#1a7f37" },
		{ RUN("") CASE("a/1", "core", "[]", "pass", "")
			  CASE("a/2", "core", "[]", "known", "") END(0),
		  ">core 1/2<", "#9a6700" },
		{ RUN("") CASE("a/1", "core", "[]", "pass", ""), ">no verdict<", "#57606a" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		np_auto_free char *text = badge_of(all[i].record);

		ck_has(text, all[i].words);
		ck_has(text, all[i].color);
	}
}
END_TEST

RUN_TESTS("matrix", as_markdown, as_json, badges)
