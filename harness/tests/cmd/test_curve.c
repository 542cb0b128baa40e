/* test_curve.c - the curve of a score: counts, text, JSON and picture; and uniform cases. */
#include <stdlib.h>
#include <unistd.h>

#include "../../cmd/cases_uniform.h"
#include "../../cmd/score_curve.h"
#include "../suite.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/run/equal.h"

static size_t by_0[] = { 0, 2 }, by_1[] = { 1 }, by_2[] = { 2 };
#define ROW(list) .killed_by = list, .n_killed_by = NP_ARRAY_SIZE(list)
static struct np_score_row own_rows[] = {
	{ .wrong = { .mutant = NP_MUTANT_EXCEPT_IGNORED }, ROW(by_0) },
	{ .wrong = { .mutant = NP_MUTANT_CIDR_LOST }, ROW(by_2) },
	{ .wrong = { .mutant = NP_MUTANT_NAME_CUT } },
	{ .wrong = { .mutant = NP_MUTANT_BLOCK_NOT_PODS }, ROW(by_1) }, /* open: counts nowhere */
	{ .wrong = { .site = NP_SITE_IN_CIDR, .op = NP_MX_NEGATE }, ROW(by_1) },
	{ .wrong = { .site = NP_SITE_SAME_POD, .op = NP_MX_FALSE } }, /* equal: neither */
};
static struct np_score_row uniform_rows[] = {
	{ .wrong = { .mutant = NP_MUTANT_EXCEPT_IGNORED }, ROW(by_1) },
	{ .wrong = { .site = NP_SITE_IN_CIDR, .op = NP_MX_NEGATE }, ROW(by_0) },
};
static const struct np_score own = { .rows = own_rows, .n_rows = 6, .n_cases = 4 },
			     uniform = { .rows = uniform_rows, .n_rows = 2, .n_cases = 3 };
static enum np_band bands[] = { NP_BAND_SMOKE, NP_BAND_SMOKE, NP_BAND_DEFAULT, NP_BAND_GENERATED };
static const struct np_plan plan = { .bands = bands, .n_cases = 4 };

static struct np_curve_view view(void)
{
	struct np_curve_view v = { .plan = &plan, .all = np_curve_all(&own) };

	np_curve_init(&v.own, &own);
	np_curve_init(&v.uniform, &uniform);
	return v;
}

static void view_release(struct np_curve_view *v)
{
	np_curve_release(&v->own);
	np_curve_release(&v->uniform);
}

START_TEST(counts_rise)
{
	static const struct np_kills wanted[] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 2, 1 }, { 2, 1 } };
	struct np_curve_view v = view();

	ck_assert_uint_eq(v.all.named, 3);
	ck_assert_uint_eq(v.all.mechanical, 1);
	for (size_t i = 0; i <= 4; i++) {
		ck_assert_uint_eq(v.own.after[i].named, wanted[i].named);
		ck_assert_uint_eq(v.own.after[i].mechanical, wanted[i].mechanical);
	}
	ck_assert_uint_eq(v.uniform.after[1].named, 0);
	ck_assert_uint_eq(v.uniform.after[1].mechanical, 1);
	ck_assert_uint_eq(np_curve_tier_end(&plan, NP_BAND_SMOKE), 2);
	ck_assert_uint_eq(np_curve_tier_end(&plan, NP_BAND_NEW), 3);
	ck_assert_uint_eq(np_curve_tier_end(&plan, NP_BAND_GENERATED), 4);
	view_release(&v);
}
END_TEST

START_TEST(text_has_the_ends_of_tiers)
{
	static const char *const wanted[] = {
		"of 3 named, of 1 mechanical.\n",
		"    1 |########                |    1    0 |                        |    0    1\n",
		"    2 |########                |    1    1 |--------                |    1    1  end of smoke\n",
		"    3 |################        |    2    1 |--------                |    1    1  end of default\n",
		"    4 |################        |    2    1 |--------                |    1    1  (there are no more)\n",
		("4 cases kill 66.7 % of the named and 100.0 % of the mechanical; as many uniform ones (3) "
		 "33.3 % and 100.0 %\n"),
	};
	struct np_curve_view v = view();
	struct np_buf text = { 0 };

	np_curve_text(&v, &text);
	for (size_t i = 0; i < NP_ARRAY_SIZE(wanted); i++)
		ck_assert_msg(strstr(np_buf_text(&text), wanted[i]) != NULL, "no '%s' in\n%s",
			      wanted[i], np_buf_text(&text));
	np_buf_release(&text);
	view_release(&v);
}
END_TEST

START_TEST(json_has_every_point)
{
	struct np_curve_view v = view();
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	json_t *all, *last;

	np_curve_json(&v, &text);
	all = np_json_parse(np_buf_text(&text), text.len, &err);
	ck_assert_msg(all != NULL, "%s", err.msg);
	ck_assert_uint_eq(json_array_size(np_json_at(all, "points")), 5);
	last = json_array_get(np_json_at(all, "points"), 4);
	ck_assert_int_eq(np_json_int(last, "cases", -1), 4);
	ck_assert_int_eq(np_json_int(last, "named", -1), 2);
	ck_assert_int_eq(np_json_int(last, "uniform_named", -1), 1);
	ck_assert_int_eq(np_json_int(all, "mutants/named", -1), 3);
	ck_assert_int_eq(np_json_int(all, "tiers/smoke", -1), 2);
	ck_assert_int_eq(np_json_int(all, "tiers/default", -1), 3);
	ck_assert_int_eq(np_json_int(all, "tiers/full", -1), 4);
	json_decref(all);
	np_buf_release(&text);
	view_release(&v);
}
END_TEST

START_TEST(the_picture_has_every_line)
{
	struct np_curve_view v = view();
	struct np_buf text = { 0 };
	size_t n = 0;

	np_curve_svg(&v, &text);
	for (const char *at = np_buf_text(&text); (at = strstr(at, "<polyline")); at++)
		n++;
	ck_assert_uint_eq(n, 4);
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "smoke, 2 cases"));
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "</svg>\n"));
	np_buf_release(&text);
	view_release(&v);
}
END_TEST

/* Every one can be read and played, in pods only, and the right model passes it. */
START_TEST(uniform_cases_are_cases)
{
	static const char *const suffixes[] = { ".yaml", NULL };
	char *dir = scratch_dir();
	const char *const suites[] = { dir };
	const struct np_plan_options po = { .suites = suites, .n_suites = 1 };
	const struct np_score_options so = { .both = true, .pods_only = true };
	struct np_err err = { 0 };
	struct np_plan p;
	struct np_score s;
	char **files;
	size_t n;

	ck_assert_msg(np_uniform_write(dir, SIZE_MAX, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(np_files_list(dir, suffixes, &files, &n, &err), 0);
	ck_assert_uint_eq(n, np_uniform_count() + 1);
	np_files_free(files);
	ck_assert_msg(np_plan_load(&po, &p, &err) == 0, "%s: %s", err.file, err.msg);
	ck_assert_msg(np_score_run(&p, &so, &s, &err) == 0, "%s", err.msg);
	ck_assert_msg(s.n_disagreements == 0, "%s", s.disagreement);
	for (size_t i = 0; i < p.n_cases; i++) /* nine pods, each with the others, four ports */
		ck_assert_uint_eq(s.cells_of[i] % (9 * 8 * 4), 0);
	np_score_release(&s);
	np_plan_release(&p);
	scratch_remove(dir);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("curve");
	TCase *t = tcase_create("curve");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, counts_rise);
	tcase_add_test(t, text_has_the_ends_of_tiers);
	tcase_add_test(t, json_has_every_point);
	tcase_add_test(t, the_picture_has_every_line);
	tcase_add_test(t, uniform_cases_are_cases);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
