/* test_arena.c - tests of base/arena. */
#include <stddef.h>
#include <stdint.h>

#include "base_test.h"
#include "np/base/arena.h"
#include "np/base/rng.h"

START_TEST(zeroed_aligned_apart)
{
	static unsigned char *parts[3000];
	static size_t sizes[3000];
	struct np_arena a = { 0 };
	size_t total = 0;
	struct np_rng r;

	np_rng_seed(&r, 7);
	for (size_t i = 0; i < NP_ARRAY_SIZE(parts); i++) {
		sizes[i] = np_rng_below(&r, i % 100 ? 200 : 20000);
		total += sizes[i];
		parts[i] = np_arena_alloc(&a, sizes[i]);
		ck_assert_ptr_nonnull(parts[i]);
		ck_assert_uint_eq((uintptr_t)parts[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < sizes[i]; k++) {
			if (parts[i][k])
				ck_abort_msg("not zero");
		}
		memset(parts[i], (int)(i % 255 + 1), sizes[i]);
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(parts); i++) {
		for (size_t k = 0; k < sizes[i]; k++) {
			if (parts[i][k] != i % 255 + 1)
				ck_abort_msg("object %zu was overwritten", i);
		}
	}
	ck_assert_uint_eq(a.used_bytes, total);
	np_arena_release(&a);
}
END_TEST

START_TEST(usable_after_release)
{
	struct np_arena a = { 0 };

	np_arena_release(&a);
	np_arena_release(NULL);
	for (int i = 0; i < 3; i++) {
		ck_assert_str_eq(np_arena_str(&a, NP_STR("x")).p, "x");
		np_arena_release(&a);
		ck_assert_ptr_null(a.head);
		ck_assert_uint_eq(a.used_bytes, 0);
	}
}
END_TEST

START_TEST(strings)
{
	struct np_arena a = { 0 };
	struct np_str s = np_arena_str(&a, (struct np_str){ "a\0bcd", 3 });
	struct np_str big;

	ck_assert(np_str_eq(s, NP_STR("a\0b")));
	ck_assert_int_eq(s.p[3], 0);
	ck_assert_ptr_null(np_arena_str(&a, NP_STR_NONE).p);
	s = np_arena_str(&a, NP_STR(""));
	ck_assert_ptr_nonnull(s.p);
	ck_assert_uint_eq(s.n, 0);
	s = np_arena_printf(&a, "%s-%d", "x", 42);
	ck_assert(np_str_is(s, "x-42"));
	ck_assert_int_eq(s.p[s.n], 0);
	big = np_arena_printf(&a, "%05000d", 1);
	ck_assert_uint_eq(big.n, 5000);
	ck_assert_uint_eq(strlen(big.p), 5000);
	np_arena_release(&a);
}
END_TEST

static void array_overflow(void *arg)
{
	struct np_arena a = { 0 };

	(void)arg;
	np_arena_array(&a, SIZE_MAX / 2, 3);
}

static void impossible_size(void *arg)
{
	struct np_arena a = { 0 };

	(void)arg;
	np_arena_alloc(&a, SIZE_MAX - 8);
}

START_TEST(overflow_ends_the_program)
{
	assert_dies(array_overflow, NULL, "out of memory");
	assert_dies(impossible_size, NULL, "out of memory");
}
END_TEST

START_TEST(arrays)
{
	struct np_arena a = { 0 };
	uint64_t *v = np_arena_array(&a, 1000, sizeof(*v));

	for (size_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(v[i]++, 0);
	ck_assert_ptr_nonnull(np_arena_array(&a, 0, 8));
	np_arena_release(&a);
}
END_TEST

RUN_TESTS("arena", zeroed_aligned_apart, usable_after_release, strings, overflow_ends_the_program, arrays)
