/* test_load.c - records as they are left behind: whole, cut short, damaged, gone on with, odd. */
#include "../../report/report_private.h"
#include "np/base/json.h"
#include "report_test.h"

#define RUN "{\"type\":\"run\",\"schema\":1,\"id\":\"bcdfghjk\",\"cases\":2}\n"

START_TEST(a_whole_record)
{
	struct np_report *r = load("good");
	struct np_report_totals t = np_report_count(r);

	ck_assert_uint_eq(t.passed, 2);
	ck_assert_uint_eq(t.skipped, 1);
	ck_assert_uint_eq(t.failed + t.known + t.errors, 0);
	ck_assert_int_eq(np_report_exit(r), 0);
	/* What passed needs no steps any more. */
	ck_assert_uint_eq(json_object_size(r->steps), 0);
	np_report_free(r);
}
END_TEST

START_TEST(a_last_line_cut_short_is_ignored)
{
	struct np_report *r = load("truncated");

	ck_assert_uint_eq(np_report_count(r).passed, 2);
	ck_assert_ptr_null(r->end);
	ck_assert_int_eq(np_report_exit(r), 3);
	np_report_free(r);
}
END_TEST

START_TEST(damage_has_its_line)
{
	struct np_report *r = NULL;
	struct np_err err = { 0 };

	ck_assert_int_eq(np_report_load(DATA "damaged.jsonl", &r, &err), -1);
	ck_assert_int_eq(err.code, NP_EPARSE);
	ck_assert_str_eq(err.file, DATA "damaged.jsonl");
	ck_assert_uint_eq(err.line, 4);
	ck_assert_ptr_null(r);
	/* The caller may not care why. */
	ck_assert_int_eq(np_report_load(DATA "damaged.jsonl", &r, NULL), -1);
}
END_TEST

START_TEST(what_is_not_there)
{
	char *dir = scratch_dir();
	struct np_report *r = NULL;
	struct np_err err = { 0 };

	ck_assert_int_eq(np_report_load("/nonexistent/run", &r, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_int_eq(np_report_load(dir, &r, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	scratch_remove(dir);
}
END_TEST

static const struct {
	const char *text;
	enum np_errcode code;
	unsigned line;
	const char *msg;
} refused[] = {
	{ "", NP_EPARSE, 1, "no run line" },
	{ "\n", NP_EPARSE, 1, "not valid JSON" },
	{ "{\"type\":\"note\"}\n", NP_EPARSE, 1, "no run line" },
	{ "{\"type\":\"run\"}", NP_EPARSE, 1, "no run line" },
	{ "{\"type\":\"run\",\"schema\":2}\n", NP_EVALID, 1, "schema 2" },
	{ "{\"type\":\"run\"}\n", NP_EVALID, 1, "schema 0" },
	{ "{\"type\":\"run\",\"schema\":\"1\"}\n", NP_EVALID, 1, "schema 0" },
	{ RUN "[]\n", NP_EPARSE, 2, "JSON object" },
	{ RUN "\n" RUN, NP_EPARSE, 2, "not valid JSON" },
	{ RUN "{\"type\":\"note\",\"text\":\"\\ud800\"}\n", NP_EPARSE, 2, "not valid JSON" },
	{ RUN "{\"type\":\"note\",\"text\":\"\\u0000\"}\n", NP_EPARSE, 2, "not valid JSON" },
	{ RUN "{\"type\":\"note\",\"text\":\"\xff\"}\n", NP_EPARSE, 2, "not valid JSON" },
	{ RUN "{} {}\n", NP_EPARSE, 2, "not valid JSON" },
	{ RUN "{\"type\":\"case\",\"result\":\"pass\"}\n", NP_EVALID, 2, "without an id" },
	{ RUN "{\"type\":\"case\",\"case\":3,\"result\":\"pass\"}\n", NP_EVALID, 2,
	  "without an id" },
	{ RUN "{\"type\":\"case\",\"case\":\"a\"}\n", NP_EVALID, 2, "result ''" },
	{ RUN "{\"type\":\"case\",\"case\":\"a\",\"result\":\"good\"}\n", NP_EVALID, 2, "'good'" },
	{ RUN "{\"type\":\"step\"}\n", NP_EVALID, 2, "without its case" },
};

START_TEST(what_is_refused)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(refused); i++) {
		struct np_err err = { 0 };

		ck_assert_msg(!load_text(refused[i].text, &err), "accepted: %s", refused[i].text);
		ck_assert_msg(err.code == refused[i].code, "code %d: %s", err.code,
			      refused[i].text);
		ck_assert_msg(err.line == refused[i].line, "line %u: %s", err.line,
			      refused[i].text);
		ck_has(err.msg, refused[i].msg);
	}
}
END_TEST

START_TEST(the_last_attempt_counts)
{
	struct np_report *r = load("resumed");
	const json_t *steps = json_object_get(r->steps, "isolation/two");
	const json_t *failure;

	ck_assert(np_report_is(r, "isolation/three", "pass"));
	ck_assert_ptr_null(json_object_get(r->steps, "isolation/three"));
	ck_assert_uint_eq(json_array_size(steps), 1);
	ck_assert_str_eq(np_json_str(np_report_bad_step(r, "isolation/two"), "place", ""),
			 "suites/second.yaml:2");
	/* The end of the first part is not that of the run. */
	ck_assert_int_eq(np_report_exit(r), 1);
	/* Names are those of the case files; other texts stay. */
	failure = json_array_get(json_object_get(json_array_get(steps, 0), "failures"), 0);
	ck_assert_str_eq(np_json_str(failure, "explanation", ""),
			 "deny: x/a -> x/b, not np-zzzzzzzz-0-x");
	ck_assert_str_eq(np_json_str(failure, "who", ""), "x/b#2");
	np_report_free(r);
}
END_TEST

START_TEST(a_resumed_run_that_was_killed_has_no_end)
{
	struct np_err err = { 0 };
	struct np_report *r = load_text(RUN "{\"type\":\"end\",\"exit\":0}\n" RUN, &err);

	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_int_eq(np_report_exit(r), 3);
	np_report_free(r);
}
END_TEST

START_TEST(an_exit_status_is_a_byte)
{
	static const struct {
		const char *text;
		int status;
	} ends[] = { { "130", 130 }, { "-1", 3 }, { "256", 3 }, { "\"0\"", 3 }, { "1.5", 3 } };

	for (size_t i = 0; i < NP_ARRAY_SIZE(ends); i++) {
		np_auto_free char *text =
			np_xasprintf(RUN "{\"type\":\"end\",\"exit\":%s}\n", ends[i].text);
		struct np_err err = { 0 };
		struct np_report *r = load_text(text, &err);

		ck_assert_int_eq(np_report_exit(r), ends[i].status);
		np_report_free(r);
	}
}
END_TEST

/* Wherever a run is killed, its record reads; cut anywhere else, it is refused or reads. */
START_TEST(cut_anywhere)
{
	np_auto_free char *text = read_file(DATA, "failing.jsonl");
	size_t n = strlen(text);
	unsigned n_read = 0;

	for (size_t cut = n; cut > 0; cut -= cut < 211 ? cut : 211) {
		struct np_err err = { 0 };
		struct np_buf b = { 0 };
		struct np_report *r;

		text[cut] = '\0';
		r = load_text(text, &err);
		if (!r) {
			ck_assert_msg(cut < 1000, "cut at %zu: %s", cut, err.msg);
			continue;
		}
		n_read++;
		for (int f = 0; f < NP_N_REPORT_FORMATS; f++)
			np_report_write(r, (enum np_report_format)f, NULL, &b);
		ck_assert_uint_gt(b.len, 0);
		np_buf_release(&b);
		np_report_free(r);
	}
	ck_assert_uint_gt(n_read, 100);
}
END_TEST

START_TEST(folders_are_safe_and_never_shared)
{
	static const struct {
		const char *id, *begins;
	} ids[] = {
		{ "peers/and-in-one-peer", "peers-and-in-one-peer" },
		{ "a-b/c", "a-b-c-" }, /* the plain one has the dash for its slash */
		{ "a/b-c", "a-b-c" },
		{ "a-b-c", "a-b-c-" },
		{ "a/b/c", "a-b-c-" },
		{ "A/b-c", "A-b-c-" },
		{ "../../etc", "_.-..-etc-" },
		{ ".", "_-" },
		{ "-rf", "_rf-" },
		{ "/", "_-" },
		{ "", "" },
	};
	char *names[NP_ARRAY_SIZE(ids)];

	for (size_t i = 0; i < NP_ARRAY_SIZE(ids); i++) {
		struct np_buf b = { 0 };

		np_report_folder(&b, ids[i].id);
		names[i] = np_buf_steal(&b);
		ck_assert_msg(strncmp(names[i], ids[i].begins, strlen(ids[i].begins)) == 0,
			      "%s: %s", ids[i].id, names[i]);
		ck_assert(names[i][0] && names[i][0] != '.' && names[i][0] != '-');
		ck_assert_ptr_null(strchr(names[i], '/'));
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(names[i], names[k]);
	}
	ck_assert_str_eq(names[0], ids[0].begins);
	ck_assert_str_eq(names[2], ids[2].begins);
	for (size_t i = 0; i < NP_ARRAY_SIZE(ids); i++)
		free(names[i]);
}
END_TEST

RUN_TESTS("load", a_whole_record, a_last_line_cut_short_is_ignored, damage_has_its_line,
	  what_is_not_there, what_is_refused, the_last_attempt_counts,
	  a_resumed_run_that_was_killed_has_no_end, an_exit_status_is_a_byte, cut_anywhere,
	  folders_are_safe_and_never_shared)
