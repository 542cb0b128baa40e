/* test_cover.c - covering arrays: every combination counted by brute force. */
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/gen/cover.h"

/* Every set of @t features, by a mask; every combination of their values, by counting. */
struct count {
	const struct np_feature_model *m;
	const struct np_cover *c;
	unsigned long long seen, missing, excluded;
};

static bool row_has(const uint8_t *row, const uint8_t *wanted, size_t n)
{
	for (size_t f = 0; f < n; f++)
		if (wanted[f] != NP_FEATURE_OPEN && wanted[f] != row[f])
			return false;
	return true;
}

static bool some_row_has(const struct np_cover *c, const uint8_t *wanted)
{
	for (size_t i = 0; i < c->n_rows; i++)
		if (row_has(np_cover_row(c, i), wanted, c->n_features))
			return true;
	return false;
}

static bool is_excluded(const struct np_cover *c, const uint8_t *wanted)
{
	for (size_t i = 0; i < c->n_excluded; i++) {
		const struct np_cover_excluded *x = &c->excluded[i];
		bool same = true;

		for (unsigned k = 0; k < c->strength; k++)
			same &= wanted[x->features[k]] == x->values[k];
		if (same)
			return true;
	}
	return false;
}

static void count_values(struct count *n, uint8_t *wanted, size_t f)
{
	while (f < n->m->n_features && wanted[f] == NP_FEATURE_OPEN)
		f++;
	if (f == n->m->n_features) {
		if (some_row_has(n->c, wanted))
			n->seen++;
		else if (is_excluded(n->c, wanted))
			n->excluded++;
		else
			n->missing++;
		return;
	}
	for (size_t v = 0; v < np_feature_n_values(&n->m->features[f]); v++) {
		wanted[f] = (uint8_t)v;
		count_values(n, wanted, f + 1);
	}
	wanted[f] = 0;
}

static void count_features(struct count *n, uint8_t *wanted, size_t f, unsigned left)
{
	if (!left) {
		count_values(n, wanted, 0);
		return;
	}
	for (; f + left <= n->m->n_features; f++) {
		wanted[f] = 0;
		count_features(n, wanted, f + 1, left - 1);
		wanted[f] = NP_FEATURE_OPEN;
	}
}

static void verify(const struct np_feature_model *m, const struct np_cover *c)
{
	struct count n = { .m = m, .c = c };
	uint8_t wanted[NP_FEATURE_MAX];

	memset(wanted, NP_FEATURE_OPEN, sizeof(wanted));
	count_features(&n, wanted, 0, c->strength);
	ck_assert_uint_eq(n.missing, 0);
	ck_assert_uint_eq(n.seen, c->n_covered);
	ck_assert_uint_eq(n.excluded, c->n_excluded);
	ck_assert_uint_eq(n.seen + n.excluded, c->n_tuples);
	for (size_t i = 0; i < c->n_rows; i++)
		ck_assert_ptr_null(np_feature_forbidden(m, np_cover_row(c, i)));
}

#define VALUES3                                                                                    \
	{ "a", 1 }, { "b", 1 },                                                                    \
	{                                                                                          \
		"c", 1                                                                             \
	}

static const struct np_feature small[] = {
	{ "one", 'A', "", { VALUES3 } },
	{ "two", 'A', "", { VALUES3 } },
	{ "three", 'A', "", { VALUES3 } },
	{ "four", 'A', "", { VALUES3 } },
	{ "five", 'A', "", { { "a", 1 }, { "b", 3 } } },
	{ "six", 'A', "", { VALUES3, { "d", 0 } } },
};

static const struct np_feature_rule small_rules[] = {
	{ "a with a", { { 0, 1 }, { 1, 1 } } },
	{ "no b with b and b", { { 1, 2 }, { 2, 2 }, { 4, 2 } } },
	/* Together: one=b leaves nothing of two with three=c. */
	{ "b needs a", { { 0, 2 }, { 1, 6 } } },
	{ "c hates a", { { 2, 4 }, { 1, 1 } } },
};

START_TEST(small_models)
{
	struct np_feature_model m = { small, NP_ARRAY_SIZE(small), small_rules, 0 };

	for (; m.n_rules <= NP_ARRAY_SIZE(small_rules); m.n_rules++)
		for (unsigned t = 1; t <= 4; t++) {
			struct np_cover c;

			ck_assert_int_eq(np_cover_make(&m, t, 7, &c, NULL), 0);
			verify(&m, &c);
			np_cover_release(&c);
		}
}
END_TEST

START_TEST(unruled_size_is_near_the_least)
{
	/* 3^4 in pairs needs nine rows; with six features of this kind IPOG stays below twenty. */
	const struct np_feature_model m = { small, NP_ARRAY_SIZE(small), NULL, 0 };
	struct np_cover c;

	ck_assert_int_eq(np_cover_make(&m, 2, 1, &c, NULL), 0);
	ck_assert_uint_ge(c.n_rows, 12);
	ck_assert_uint_lt(c.n_rows, 20);
	np_cover_release(&c);
}
END_TEST

START_TEST(excluded_by_several_rules)
{
	const struct np_feature_model m = { small, NP_ARRAY_SIZE(small), small_rules,
					    NP_ARRAY_SIZE(small_rules) };
	struct np_cover c;
	size_t together = 0;

	ck_assert_int_eq(np_cover_make(&m, 2, 1, &c, NULL), 0);
	for (size_t i = 0; i < c.n_excluded; i++)
		together += !c.excluded[i].rule;
	ck_assert_uint_ge(together, 1);
	np_cover_release(&c);
}
END_TEST

START_TEST(own_model_pairs)
{
	const struct np_feature_model *m = np_feature_model();
	struct np_cover a, b;

	ck_assert_int_eq(np_cover_make(m, 2, 1, &a, NULL), 0);
	verify(m, &a);
	ck_assert_int_eq(np_cover_make(m, 2, 1, &b, NULL), 0);
	ck_assert_uint_eq(a.n_rows, b.n_rows);
	ck_assert_int_eq(memcmp(a.rows, b.rows, a.n_rows * a.n_features), 0);
	np_cover_release(&a);
	np_cover_release(&b);
}
END_TEST

START_TEST(bad_strengths)
{
	struct np_err err;
	struct np_cover c;

	ck_assert_int_eq(np_cover_make(np_feature_model(), 0, 1, &c, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_int_eq(np_cover_make(np_feature_model(), NP_COVER_MAX_STRENGTH + 1, 1, &c, &err),
			 -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cover");
	TCase *tc = tcase_create("cover");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, small_models);
	tcase_add_test(tc, unruled_size_is_near_the_least);
	tcase_add_test(tc, excluded_by_several_rules);
	tcase_add_test(tc, own_model_pairs);
	tcase_add_test(tc, bad_strengths);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
