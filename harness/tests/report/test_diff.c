/* test_diff.c - two runs compared. */
#include "np/base/json.h"
#include "report_test.h"

#define RUN "{\"type\":\"run\",\"schema\":1}\n"
#define CASE(id, result)                                                                           \
	"{\"type\":\"case\",\"case\":\"" id "\",\"result\":\"" result "\",\"worker\":0}\n"

static const char before[] = RUN CASE("z/same", "pass") CASE("a/breaks", "pass")
	CASE("a/heals", "fail") CASE("a/was-known", "known") CASE("b/gone", "pass")
		CASE("b/skips", "pass") CASE("b/odd\\n\\u001b[2J", "pass") CASE("c/errs", "fail");
static const char after[] = RUN CASE("a/breaks", "fail") CASE("a/heals", "pass")
	CASE("a/was-known", "pass") CASE("b/new", "pass") CASE("b/skips", "skip")
		CASE("b/odd\\n\\u001b[2J", "error") CASE("z/same", "pass") CASE("c/errs", "error");

static char *diff_of(const char *old, const char *new, enum np_report_format format, bool *ret)
{
	struct np_err err = { 0 };
	struct np_report *b = load_text(old, &err), *a = load_text(new, &err);
	struct np_buf text = { 0 };

	ck_assert_msg(a && b, "%s", err.msg);
	np_report_diff((const struct np_report *const *)&b, 1, a, format, &text, ret);
	np_report_free(b);
	np_report_free(a);
	return np_buf_steal(&text);
}

START_TEST(as_text)
{
	bool differs = false;
	np_auto_free char *text = diff_of(before, after, NP_REPORT_TEXT, &differs);

	ck_assert(differs);
	ck_assert_str_eq(text, "newly failing        a/breaks (fail, was pass)\n"
			       "fixed                a/heals (pass, was fail)\n"
			       "fixed                a/was-known (pass, was known)\n"
			       "only in the old run  b/gone (absent, was pass)\n"
			       "only in the new run  b/new (pass, was absent)\n"
			       "changed              b/odd\\x0a\\x1b[2J (error, was pass)\n"
			       "changed              b/skips (skip, was pass)\n"
			       "changed              c/errs (error, was fail)\n"
			       "8 cases differ\n");
}
END_TEST

START_TEST(as_json)
{
	bool differs = false;
	np_auto_free char *text = diff_of(before, after, NP_REPORT_JSON, &differs);
	struct np_err err = { 0 };
	json_t *v = np_json_parse(text, strlen(text), &err);

	ck_assert(differs);
	ck_assert_uint_eq(json_array_size(v), 8);
	ck_assert_str_eq(np_json_str(json_array_get(v, 0), "case", ""), "a/breaks");
	ck_assert_str_eq(np_json_str(json_array_get(v, 0), "before", ""), "pass");
	ck_assert_str_eq(np_json_str(json_array_get(v, 0), "after", ""), "fail");
	ck_assert_str_eq(np_json_str(json_array_get(v, 0), "what", ""), "newly failing");
	json_decref(v);
}
END_TEST

START_TEST(no_difference)
{
	bool differs = true;
	np_auto_free char *text = diff_of(before, before, NP_REPORT_TEXT, &differs), *json = NULL;

	ck_assert(!differs);
	ck_assert_str_eq(text, "0 cases differ\n");
	differs = true;
	json = diff_of(RUN, RUN, NP_REPORT_JSON, &differs);
	ck_assert(!differs);
	ck_assert_str_eq(json, "[]\n");
}
END_TEST

#define STEPPED(id, result, transient, ms)                                                         \
	"{\"type\":\"step\",\"case\":\"" id "\",\"result\":\"pass\",\"transient\":" #transient     \
	",\"converged_ms\":" #ms "}\n" CASE(id, result)
#define END(p50)                                                                                   \
	"{\"type\":\"end\",\"exit\":0,\"convergence_ms\":{\"ingress\":{\"p50\":" #p50              \
	",\"p99\":9,\"n\":3}}}\n"

/* Told, and no reason for another exit status. */
START_TEST(flaky_and_slower)
{
	bool differs = true;
	np_auto_free char *text =
		diff_of(RUN STEPPED("a/steady", "pass", 0, 100) STEPPED("a/flips", "pass", 0, 100)
				STEPPED("a/slows", "pass", 0, 400) STEPPED("a/bit", "pass", 0, 400)
					STEPPED("a/always", "pass", 2, 10) END(5),
			RUN STEPPED("a/steady", "pass", 0, 100) STEPPED("a/flips", "pass", 3, 100)
				STEPPED("a/slows", "pass", 0, 901) STEPPED("a/bit", "pass", 0, 900)
					STEPPED("a/always", "pass", 1, 10) END(7),
			NP_REPORT_TEXT, &differs);

	ck_assert(!differs);
	ck_assert_str_eq(
		text,
		"flaky                a/flips (pass, but wrong 3 times after it was right)\n"
		"slower               a/slows (a change took 901 ms, was 400 ms)\n"
		"ingress changes took effect within 7 ms (median, was 5), 9 ms (99 of 100, was "
		"9)\n0 cases differ\n");
}
END_TEST

/* What several old runs do not agree about is not new, whatever it is now. */
START_TEST(several_old_runs)
{
	static const char *const texts[] = {
		RUN CASE("a/flaky", "pass") CASE("a/new", "pass") CASE("a/calm", "pass"),
		RUN CASE("a/flaky", "fail") CASE("a/new", "pass") CASE("a/calm", "fail"),
		RUN CASE("a/flaky", "fail") CASE("a/new", "fail") CASE("a/calm", "pass"),
	};
	struct np_report *r[3];
	struct np_buf text = { 0 };
	bool differs = false;

	for (size_t i = 0; i < 3; i++) {
		struct np_err err = { 0 };

		r[i] = load_text(texts[i], &err);
		ck_assert_ptr_nonnull(r[i]);
	}
	np_report_diff((const struct np_report *const *)r, 2, r[2], NP_REPORT_TEXT, &text,
		       &differs);
	ck_assert(differs);
	ck_assert_str_eq(np_buf_text(&text), "flaky                a/calm (pass, was pass, fail)\n"
					     "flaky                a/flaky (fail, was pass, fail)\n"
					     "newly failing        a/new (fail, was pass)\n"
					     "1 case differs\n");
	np_buf_release(&text);
	for (size_t i = 0; i < 3; i++)
		np_report_free(r[i]);
}
END_TEST

RUN_TESTS("diff", as_text, as_json, no_difference, flaky_and_slower, several_old_runs)
