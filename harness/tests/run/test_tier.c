/*
 * test_tier.c - tiers.tsv: what is read, what is refused and where, and that the one of the suites
 * is about the cases that there are.
 */
#include "np/run/plan.h"
#include "np/run/tier.h"
#include "../suite.h"

#define GOOD                                                                                       \
	"# a comment\n"                                                                            \
	"1\tpeers/one\tsmoke\t12\t3\n"                                                             \
	"2\tcidr/two\tsmoke\t0\t0\n"                                                               \
	"\n"                                                                                       \
	"3\tgenerated/s2-0001\tdefault\t1\t0\n"

static int parse(const char *text, struct np_tiers *ret, struct np_err *err)
{
	*err = (struct np_err){ .code = NP_OK };
	return np_tiers_parse(text, strlen(text), "tiers.tsv", ret, err);
}

START_TEST(lines_are_read_in_their_order)
{
	struct np_tiers t;
	struct np_err err;

	ck_assert_msg(parse(GOOD, &t, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(t.n_lines, 3);
	ck_assert(np_str_is(t.lines[0].id, "peers/one") && t.lines[0].tier == NP_TIER_SMOKE);
	ck_assert_uint_eq(t.lines[0].named, 12);
	ck_assert_uint_eq(t.lines[0].mechanical, 3);
	ck_assert_int_eq(t.lines[2].tier, NP_TIER_DEFAULT);
	ck_assert_uint_eq(t.lines[2].line, 5);
	ck_assert_uint_eq(np_tiers_find(&t, NP_STR("cidr/two")), 1);
	ck_assert_uint_eq(np_tiers_find(&t, NP_STR("generated/s2-0001")), 2);
	ck_assert_uint_eq(np_tiers_find(&t, NP_STR("cidr/tw")), SIZE_MAX);
	np_tiers_release(&t);
	ck_assert_msg(parse("", &t, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(np_tiers_find(&t, NP_STR("cidr/two")), SIZE_MAX);
	np_tiers_release(&t);
}
END_TEST

/* Written and read again nothing has changed. */
START_TEST(text_comes_back)
{
	struct np_tiers t;
	struct np_buf text = { 0 };
	struct np_err err;

	ck_assert(parse(GOOD, &t, &err) == 0);
	np_tiers_text(t.lines, t.n_lines, "# head\n", &text);
	ck_assert_str_eq(np_buf_text(&text),
			 "# head\n1\tpeers/one\tsmoke\t12\t3\n2\tcidr/two\tsmoke\t0\t0\n"
			 "3\tgenerated/s2-0001\tdefault\t1\t0\n");
	np_buf_release(&text);
	np_tiers_release(&t);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *why;
} bad[] = {
	{ "1\tone\tsmoke\t1\n", 1, "not five fields" },
	{ "1\tone\tsmoke\t1\t2\t3\n", 1, "not five fields" },
	{ "1 one smoke 1 2\n", 1, "not five fields" },
	{ "1\tone\tsmoke\t1\t2\t\n", 1, "not five fields" },
	{ "2\tone\tsmoke\t1\t2\n", 1, "position '2' where 1 comes next" },
	{ "1\tone\tsmoke\t1\t2\n3\ttwo\tsmoke\t1\t2\n", 2, "position '3' where 2" },
	{ "one\tone\tsmoke\t1\t2\n", 1, "position 'one'" },
	{ "1\t\tsmoke\t1\t2\n", 1, "no case" },
	{ "1\ta b\tsmoke\t1\t2\n", 1, "no case" },
	{ "1\tone\tsmok\t1\t2\n", 1, "tier 'smok'" },
	{ "1\tone\tfull\t1\t2\n", 1, "tier 'full'" },
	{ "1\tone\tdefault\t1\t2\n2\ttwo\tsmoke\t1\t2\n", 2, "smoke behind one of default" },
	{ "1\tone\tsmoke\t-1\t2\n", 1, "no number" },
	{ "1\tone\tsmoke\t1\tx\n", 1, "no number" },
	{ "1\tone\tsmoke\t1\t\n", 1, "no number" },
	{ "# c\n1\tone\tsmoke\t1\t2\n2\ttwo\tsmoke\t1\t2\n3\tone\tdefault\t1\t2\n", 4,
	  "case 'one' is in line 2, too" },
};

START_TEST(bad_lines_are_said_with_their_place)
{
	struct np_tiers t = { .n_lines = 7 };
	struct np_err err;

	ck_assert_int_eq(parse(bad[_i].text, &t, &err), -1);
	ck_assert_int_eq(err.code, NP_EPARSE);
	ck_assert_str_eq(err.file, "tiers.tsv");
	ck_assert_uint_eq(err.line, bad[_i].line);
	ck_assert_msg(strstr(err.msg, bad[_i].why) != NULL, "%s", err.msg);
	ck_assert_uint_eq(t.n_lines, 7); /* untouched */
}
END_TEST

START_TEST(a_file_that_is_too_large)
{
	struct np_tiers t;
	struct np_buf text = { 0 };
	struct np_err err = { 0 };

	for (unsigned i = 1; i <= NP_TIERS_MAX_LINES + 1; i++)
		np_buf_printf(&text, "%u\tc%u\tsmoke\t0\t0\n", i, i);
	ck_assert_int_eq(np_tiers_parse(np_buf_text(&text), text.len, "t", &t, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_uint_eq(err.line, NP_TIERS_MAX_LINES + 1);
	np_buf_release(&text);
	ck_assert_int_eq(np_tiers_load("/nonexistent/tiers.tsv", &t, &err), -1);
	ck_assert_int_eq(err.code, NP_EIO);
}
END_TEST

START_TEST(names_of_tiers)
{
	enum np_tier tier;

	for (int t = 0; t < NP_N_TIERS; t++) {
		ck_assert(np_tier_parse(np_str_from(np_tier_name((enum np_tier)t)), &tier));
		ck_assert_int_eq(tier, t);
	}
	ck_assert(!np_tier_parse(NP_STR("Smoke"), &tier) && !np_tier_parse(NP_STR(""), &tier));
}
END_TEST

/* ---- the one of the suites ---- */

#define AGAIN "; 'netpolcheck cases select --out suites' makes it anew"

static bool in_plan(const struct np_plan *p, struct np_str id)
{
	for (size_t i = 0; i < p->n_cases; i++)
		if (np_str_eq(p->cases[i].id, id))
			return true;
	return false;
}

START_TEST(every_case_of_the_suites_has_a_line)
{
	static const bool profiles[NP_N_PROFILES] = { [NP_PROFILE_CORE] = true,
						      [NP_PROFILE_EXTENDED] = true };
	const struct np_plan_options o = { .suites_dir = "suites", .profiles = profiles };
	struct np_err err = { 0 };
	struct np_tiers t;
	struct np_plan p;

	ck_assert_msg(np_tiers_load("suites/tiers.tsv", &t, &err) == 0, "%s", err.msg);
	ck_assert_msg(np_plan_load(&o, &p, &err) == 0, "%s", err.msg);
	for (size_t i = 0; i < p.n_cases; i++)
		ck_assert_msg(np_tiers_find(&t, p.cases[i].id) != SIZE_MAX,
			      "case %s has no line in suites/tiers.tsv" AGAIN, p.cases[i].id.p);
	for (size_t i = 0; i < t.n_lines; i++)
		ck_assert_msg(in_plan(&p, t.lines[i].id),
			      "suites/tiers.tsv:%u: there is no case %s" AGAIN, t.lines[i].line,
			      t.lines[i].id.p);
	np_plan_release(&p);
	np_tiers_release(&t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tier");
	TCase *t = tcase_create("tier");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, lines_are_read_in_their_order);
	tcase_add_test(t, text_comes_back);
	tcase_add_loop_test(t, bad_lines_are_said_with_their_place, 0, NP_ARRAY_SIZE(bad));
	tcase_add_test(t, a_file_that_is_too_large);
	tcase_add_test(t, names_of_tiers);
	tcase_add_test(t, every_case_of_the_suites_has_a_line);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
