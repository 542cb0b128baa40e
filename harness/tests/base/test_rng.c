/* test_rng.c - tests of base/rng. */
#include "base_test.h"
#include "np/base/rng.h"

/* Published vectors: the generator's from the state 1,2,3,4; the seeding's from seed 0. */
START_TEST(known_streams)
{
	static const uint64_t from_1234[] = {
		11520ULL, 0ULL, 1509978240ULL, 1215971899390074240ULL, 1216172134540287360ULL,
		607988272756665600ULL, 16172922978634559625ULL, 8476171486693032832ULL,
		10595114339597558777ULL, 2904607092377533576ULL,
	};
	static const uint64_t seeding_0[] = {
		0xe220a8397b1dcdafULL, 0x6e789e6aa1b965f4ULL, 0x06c45d188009454fULL, 0xf88bb8a8724c81ecULL,
	};
	struct np_rng r = { .s = { 1, 2, 3, 4 } };

	for (size_t i = 0; i < NP_ARRAY_SIZE(from_1234); i++)
		ck_assert_uint_eq(np_rng_next(&r), from_1234[i]);
	np_rng_seed(&r, 0);
	for (size_t i = 0; i < NP_ARRAY_SIZE(seeding_0); i++)
		ck_assert_uint_eq(r.s[i], seeding_0[i]);
}
END_TEST

START_TEST(fork_ignores_draws)
{
	struct np_rng r, a, b;

	np_rng_seed(&r, 42);
	np_rng_fork(&a, &r, "case-1");
	for (int i = 0; i < 10; i++)
		np_rng_next(&r);
	np_rng_fork(&b, &r, "case-1");
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(np_rng_next(&a), np_rng_next(&b));
	np_rng_fork(&a, &r, "case-1");
	np_rng_fork(&r, &r, "case-1");
	ck_assert_uint_eq(np_rng_next(&a), np_rng_next(&r));
}
END_TEST

START_TEST(forks_differ)
{
	static const char *const labels[] = { "", "a", "b", "aa", "case-1", "case-2" };
	uint64_t seen[2 * NP_ARRAY_SIZE(labels) + 1];
	struct np_rng r, f, g;
	size_t n = 0;

	np_rng_seed(&r, 42);
	for (size_t i = 0; i < NP_ARRAY_SIZE(labels); i++) {
		np_rng_fork(&f, &r, labels[i]);
		np_rng_fork(&g, &f, "a");
		seen[n++] = np_rng_next(&f);
		seen[n++] = np_rng_next(&g);
	}
	seen[n++] = np_rng_next(&r);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(seen[i], seen[k]);
	}
	np_rng_seed(&r, 43);
	np_rng_fork(&f, &r, "a");
	ck_assert_uint_ne(np_rng_next(&f), seen[2]);
}
END_TEST

START_TEST(below)
{
	static const uint64_t ns[] = { 1, 2, 3, 7, 256, 1000003, 1ULL << 63, (1ULL << 63) + 1, ~0ULL };
	struct np_rng r;

	np_rng_seed(&r, 5);
	ck_assert_uint_eq(np_rng_below(&r, 0), 0);
	for (size_t i = 0; i < NP_ARRAY_SIZE(ns); i++) {
		for (int k = 0; k < 1000; k++)
			ck_assert_uint_lt(np_rng_below(&r, ns[i]), ns[i]);
	}
}
END_TEST

/* With n = 3 * 2^62 a plain modulo would land in the lowest third half of the time. */
START_TEST(below_has_no_bias)
{
	const uint64_t third = 1ULL << 62;
	struct np_rng r;
	int count[3] = { 0 };

	np_rng_seed(&r, 11);
	for (int i = 0; i < 30000; i++)
		count[np_rng_below(&r, 3 * third) / third]++;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_gt(count[i], 9600);
		ck_assert_int_lt(count[i], 10400);
	}
}
END_TEST

START_TEST(below_reaches_every_value)
{
	bool seen[10] = { false };
	struct np_rng r;

	np_rng_seed(&r, 1);
	for (int i = 0; i < 1000; i++)
		seen[np_rng_below(&r, 10)] = true;
	for (int i = 0; i < 10; i++)
		ck_assert(seen[i]);
}
END_TEST

RUN_TESTS("rng", known_streams, fork_ignores_draws, forks_differ, below, below_has_no_bias, below_reaches_every_value)
