/* test_feature.c - the table of features: well-formed, no dead value, draws by weight and rule. */
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/gen/feature.h"

static void open_row(uint8_t *row)
{
	memset(row, NP_FEATURE_OPEN, NP_FEATURE_MAX);
}

START_TEST(table_is_well_formed)
{
	const struct np_feature_model *m = np_feature_model();

	ck_assert_uint_le(m->n_features, NP_FEATURE_MAX);
	for (size_t f = 0; f < m->n_features; f++) {
		size_t n = np_feature_n_values(&m->features[f]);

		ck_assert_uint_ge(n, 2);
		ck_assert_ptr_nonnull(strchr("ABC", m->features[f].part));
		for (size_t v = 0; v < n; v++)
			for (size_t w = 0; w < v; w++)
				ck_assert_str_ne(m->features[f].values[v].name,
						 m->features[f].values[w].name);
	}
	for (size_t i = 0; i < m->n_rules; i++) {
		ck_assert_uint_ne(m->rules[i].terms[0].values, 0);
		for (size_t k = 0; k < NP_FEATURE_MAX_TERMS && m->rules[i].terms[k].values; k++)
			ck_assert_uint_lt(m->rules[i].terms[k].feature, m->n_features);
	}
}
END_TEST

/* Rules that leave a value no case would be a mistake of the table. */
START_TEST(every_value_is_possible)
{
	const struct np_feature_model *m = np_feature_model();

	for (size_t f = 0; f < m->n_features; f++)
		for (size_t v = 0; v < np_feature_n_values(&m->features[f]); v++) {
			uint8_t row[NP_FEATURE_MAX];

			open_row(row);
			row[f] = (uint8_t)v;
			ck_assert_msg(np_feature_possible(m, row), "%s=%s", m->features[f].name,
				      m->features[f].values[v].name);
		}
}
END_TEST

START_TEST(draws_are_allowed_and_weighted)
{
	const struct np_feature_model *m = np_feature_model();
	unsigned seen[NP_FEATURE_MAX][NP_FEATURE_MAX_VALUES] = { { 0 } };
	struct np_rng rng;

	np_rng_seed(&rng, 11);
	for (unsigned i = 0; i < 4000; i++) {
		uint8_t row[NP_FEATURE_MAX];

		open_row(row);
		ck_assert(np_feature_draw(m, &rng, row));
		ck_assert_ptr_null(np_feature_forbidden(m, row));
		for (size_t f = 0; f < m->n_features; f++)
			seen[f][row[f]]++;
	}
	for (size_t f = 0; f < m->n_features; f++)
		for (size_t v = 0; v < np_feature_n_values(&m->features[f]); v++)
			ck_assert_msg(seen[f][v] > 0, "%s=%s was never drawn", m->features[f].name,
				      m->features[f].values[v].name);
	/* The last but one feature has hardly any rules: its first value weighs 94 of 100. */
	ck_assert_uint_gt(seen[m->n_features - 2][0], 3600);
	ck_assert_uint_lt(seen[m->n_features - 2][0], 3950);
}
END_TEST

static const struct np_feature two[] = {
	{ "a", 'A', "", { { "0", 1 }, { "1", 0 } } },
	{ "b", 'A', "", { { "0", 1 }, { "1", 1 } } },
};

START_TEST(what_is_impossible)
{
	static const struct np_feature_rule rules[] = {
		{ "r", { { 0, 1 }, { 1, 1 } } },
		{ "r", { { 0, 1 }, { 1, 2 } } },
	};
	struct np_feature_model m = { two, NP_ARRAY_SIZE(two), rules, NP_ARRAY_SIZE(rules) };
	uint8_t row[NP_FEATURE_MAX];
	struct np_rng rng;

	np_rng_seed(&rng, 1);
	open_row(row);
	row[0] = 0;
	ck_assert(!np_feature_possible(&m, row));
	ck_assert(!np_feature_draw(&m, &rng, row));
	ck_assert_uint_eq(row[1], NP_FEATURE_OPEN);
	/* A value that weighs nothing is drawn when nothing else is left. */
	open_row(row);
	ck_assert(np_feature_draw(&m, &rng, row));
	ck_assert_uint_eq(row[0], 1);
	row[0] = 0;
	row[1] = 1;
	ck_assert_ptr_eq(np_feature_forbidden(&m, row), &rules[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("feature");
	TCase *tc = tcase_create("feature");

	tcase_add_test(tc, table_is_well_formed);
	tcase_add_test(tc, every_value_is_possible);
	tcase_add_test(tc, draws_are_allowed_and_weighted);
	tcase_add_test(tc, what_is_impossible);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
