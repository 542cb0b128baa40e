/* test_score.c - a mutation score as text and JSON, held against its contract. */
#include <stdlib.h>

#include "../../cmd/score_print.h"
#include "../suite.h"
#include "np/base/json.h"
#include "np/base/mem.h"

static size_t first_case[] = { 0 };
static enum np_play_result wrong[] = { NP_PLAY_WRONG }, crashed[] = { NP_PLAY_CRASHED };
static struct np_score_row rows[] = {
	{ .wrong = { .mutant = NP_MUTANT_EXCEPT_IGNORED },
	  .killed_by = first_case,
	  .how = wrong,
	  .n_killed_by = 1 },
	{ .wrong = { .mutant = NP_MUTANT_DIES_ON_NAMED },
	  .killed_by = first_case,
	  .how = crashed,
	  .n_killed_by = 1 },
	{ .wrong = { .mutant = NP_MUTANT_NAME_CUT } },
	{ .wrong = { .mutant = NP_MUTANT_BLOCK_NOT_PODS } },
};
static struct np_case cases[] = { { .id = NP_STR("area/one") }, { .id = NP_STR("area/two") } };
static const struct np_plan plan = { .cases = cases, .n_cases = 2 };
static const struct np_score score = { .rows = rows, .n_rows = 4, .n_cases = 2 };

START_TEST(json_is_the_contract)
{
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	json_t *all;

	np_score_json(&score, &plan, &text);
	all = np_json_parse(np_buf_text(&text), text.len, &err);
	ck_assert_msg(all != NULL, "%s", err.msg);
	ck_assert_int_eq(np_json_int(all, "mutants", -1), 4);
	ck_assert_int_eq(np_json_int(all, "killed", -1), 2);
	ck_assert_int_eq(np_json_int(all, "cases", -1), 2);
	ck_assert_uint_eq(json_array_size(np_json_at(all, "survivors")), 1);
	ck_assert_str_eq(json_string_value(json_array_get(np_json_at(all, "survivors"), 0)),
			 "name-cut");
	ck_assert_str_eq(
		json_string_value(json_array_get(np_json_at(all, "killed_by/except-ignored"), 0)),
		"area/one");
	ck_assert_ptr_nonnull(strstr(np_json_str(all, "open/block-not-pods", ""), "S19"));
	json_decref(all);
	np_buf_release(&text);
}
END_TEST

START_TEST(text_names_survivors_and_reasons)
{
	struct np_buf text = { 0 };

	np_score_text(&score, &plan, true, &text);
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "SURVIVES"));
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "area/one: crashed"));
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "    2  area/one\n    0  area/two\n"));
	ck_assert_ptr_nonnull(
		strstr(np_buf_text(&text),
		       "4 mutants, 2 killed, 1 survive, 1 cannot be asserted; 2 cases\n"));
	ck_assert_uint_eq(np_score_survivors(&score), 1);
	np_buf_release(&text);
}
END_TEST

/* Equal to the right model: neither killed nor a survivor. */
START_TEST(equivalents_are_told)
{
	struct np_score_row mechanical[] = {
		{ .wrong = { .site = NP_SITE_IN_CIDR, .op = NP_MX_NEGATE } },
		{ .wrong = { .site = NP_SITE_SAME_POD, .op = NP_MX_FALSE } },
	};
	const struct np_score s = { .rows = mechanical, .n_rows = 2, .n_cases = 2 };
	struct np_buf text = { 0 };

	np_score_text(&s, &plan, false, &text);
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "equivalent in the small scope of 32824 policies "
							  "and 32 events"));
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), "2 mutants, 0 killed, 1 survive, 1 equivalent, "
							  "0 cannot be asserted; 2 cases\n"));
	ck_assert_uint_eq(np_score_survivors(&s), 1);
	np_buf_release(&text);
}
END_TEST

START_TEST(list_has_every_mutant)
{
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	json_t *all;

	np_score_list(true, &text);
	all = np_json_parse(np_buf_text(&text), text.len, &err);
	ck_assert_msg(all != NULL, "%s", err.msg);
	ck_assert_uint_eq(json_array_size(np_json_at(all, "mutants")), NP_N_MUTANTS - 1);
	ck_assert_uint_gt(json_array_size(np_json_at(all, "left_out")), 0);
	json_decref(all);
	np_buf_clear(&text);
	np_score_list(false, &text);
	for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++)
		ck_assert_ptr_nonnull(
			strstr(np_buf_text(&text), np_mutant_row((enum np_mutant)i)->name));
	np_buf_release(&text);
}
END_TEST

static char one[] = "area/one";
static char *noticed_by[] = { one };
static struct np_packets_row faults[] = {
	{ .fault = "except-ignored",
	  .clause = 17,
	  .killed_by = noticed_by,
	  .n_killed_by = 1,
	  .n_cases = 2 },
	{ .fault = "ipblock-not-pods", .clause = 19, .n_cases = 2 },
	{ .fault = "port-ignored", .clause = 21, .n_cases = 2 },
};
static const struct np_packets with_packets = { .rows = faults, .n_rows = 3 };

START_TEST(packets_have_the_same_shape)
{
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	json_t *all;

	ck_assert_uint_eq(np_packets_json(&with_packets, &text), 1);
	all = np_json_parse(np_buf_text(&text), text.len, &err);
	ck_assert_msg(all != NULL, "%s", err.msg);
	ck_assert_int_eq(np_json_int(all, "mutants", -1), 3);
	ck_assert_int_eq(np_json_int(all, "killed", -1), 1);
	ck_assert_int_eq(np_json_int(all, "cases", -1), 2);
	ck_assert_str_eq(json_string_value(json_array_get(np_json_at(all, "survivors"), 0)),
			 "port-ignored");
	ck_assert_str_eq(np_json_str(all, "open/ipblock-not-pods", ""), "S19");
	json_decref(all);
	np_buf_clear(&text);
	ck_assert_uint_eq(np_packets_text(&with_packets, &text), 1);
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text),
				     "3 faults, 1 killed, 1 survive, 1 cannot be asserted\n"));
	np_buf_release(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("score output");
	TCase *t = tcase_create("score output");

	tcase_add_test(t, json_is_the_contract);
	tcase_add_test(t, text_names_survivors_and_reasons);
	tcase_add_test(t, equivalents_are_told);
	tcase_add_test(t, list_has_every_mutant);
	tcase_add_test(t, packets_have_the_same_shape);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
