/* What a step's looks come to: a verdict on the implementation, or none. */
#include "../../run/settle.h"
#include "../../run/trouble.h"
#include "../suite.h"

static const char *disturbed_by; /* NULL: nothing */

static bool made_since(char *text, size_t size)
{
	snprintf(text, size, "%s", disturbed_by ? disturbed_by : "");
	return disturbed_by != NULL;
}

/* Only calls. */
#define np_trouble_since(s, m, text, size) ((void)(s), (void)(m), made_since(text, size))
#include "../../run/caserun.c"

static uint8_t expected[4] = { NP_ALLOW, NP_DENY, NP_ALLOW, NP_NO_FLOW }, looked[4] = { 1, 1, 1 };
static struct np_fleet_result seen[4];

static const struct {
	struct np_settle settle;
	enum np_run_result result;
	bool unjudged;
	const char *begins, *ends; /* of the reason; the time is between them */
} steps[] = {
	{ { .right = true }, NP_RUN_PASS, false, "", "" },
	{ { .wrong = 2 }, NP_RUN_FAIL, false, "2 of 4 cells are wrong ", "ms after the change" },
	{ { .wrong = 3, .errors = 1 }, NP_RUN_FAIL, false, "2 of 4 cells are wrong ",
	  "ms after the change; 1 probes could not be made" },
	{ { .wrong = 0 }, NP_RUN_FAIL, false, "0 of 4 cells are wrong in the last look ",
	  "but it did not stay right" },
	/* Not one cell is known to be wrong: no failure of the implementation. */
	{ { .wrong = 1, .errors = 1 }, NP_RUN_ERROR, true,
	  "could not be judged: 1 probes could not be made (stream cut), no other cell is wrong", "" },
	{ { .wrong = 3, .errors = 3 }, NP_RUN_ERROR, true,
	  "could not be judged: 3 probes could not be made (stream cut), no other cell is wrong", "" },
	{ { .wrong = 2, .disturbed = NP_SETTLE_DISTURBED_MAX + 1 }, NP_RUN_ERROR, true,
	  "the way to the agents or the API server was gone 9 times", "" },
	{ { .wrong = 2, .network_failed = true }, NP_RUN_ERROR, false,
	  "the control pods, which no policy touches, do not reach each other", "" },
};

static struct np_judgement judged(const struct np_settle *settle)
{
	struct np_judgement v = { .settle = *settle,
			     .table = { .n_cells = 4, .expected = expected, .looked = looked,
					.seen = seen } };

	for (size_t i = 0; i < settle->errors; i++) {
		seen[i].outcome = NP_OUT_ERROR;
		snprintf(seen[i].detail, sizeof(seen[i].detail), "stream cut");
	}
	np_judgement_take(&v);
	return v;
}

START_TEST(only_wrong_cells_are_a_failure)
{
	struct np_judgement v = judged(&steps[_i].settle);
	size_t n = strlen(v.reason), ends = strlen(steps[_i].ends);

	ck_assert_int_eq(v.result, steps[_i].result);
	ck_assert_int_eq(v.unjudged, steps[_i].unjudged);
	ck_assert_msg(strncmp(v.reason, steps[_i].begins, strlen(steps[_i].begins)) == 0, "%s",
		      v.reason);
	ck_assert_msg(n >= ends && strcmp(v.reason + n - ends, steps[_i].ends) == 0, "%s",
		      v.reason);
}
END_TEST

static const struct {
	enum np_run_result result;
	bool unjudged;
	const char *by;
	bool again;
	enum np_run_result becomes;
} ends[] = {
	{ NP_RUN_PASS, false, "2 exec streams were cut", false, NP_RUN_PASS },
	{ NP_RUN_FAIL, false, NULL, false, NP_RUN_FAIL },
	{ NP_RUN_FAIL, false, "2 exec streams were cut", true, NP_RUN_ERROR },
	{ NP_RUN_ERROR, false, NULL, false, NP_RUN_ERROR },
	/* Probes that could not be made are a disturbance, whatever else was noticed. */
	{ NP_RUN_ERROR, true, NULL, true, NP_RUN_ERROR },
	{ NP_RUN_ERROR, true, "1 exec stream was cut", true, NP_RUN_ERROR },
};

START_TEST(what_could_not_be_judged_is_judged_again)
{
	struct np_session s = { .dirty = false };
	struct running r = { .s = &s, .result = ends[_i].result, .unjudged = ends[_i].unjudged };
	struct np_trouble_mark mark = { 0 };

	disturbed_by = ends[_i].by;
	ck_assert_int_eq(was_disturbed(&r, &mark), ends[_i].again);
	ck_assert_int_eq(r.result, ends[_i].becomes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("caserun");
	TCase *tc = tcase_create("verdicts");

	tcase_add_loop_test(tc, only_wrong_cells_are_a_failure, 0, NP_ARRAY_SIZE(steps));
	tcase_add_loop_test(tc, what_could_not_be_judged_is_judged_again, 0,
			    NP_ARRAY_SIZE(ends));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
