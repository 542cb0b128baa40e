/* test_str.c - tests of base/str. */
#include "base_test.h"
#include "np/base/str.h"

START_TEST(numbers)
{
	static const struct {
		struct np_str text;
		unsigned long long max, want;
		bool ok;
	} t[] = {
		{ NP_STR("0"), 0, 0, true },
		{ NP_STR("1"), 0, 0, false },
		{ NP_STR("007"), 10, 7, true },
		{ NP_STR("65535"), 65535, 65535, true },
		{ NP_STR("65536"), 65535, 0, false },
		{ NP_STR("18446744073709551615"), ~0ULL, ~0ULL, true },
		{ NP_STR("18446744073709551616"), ~0ULL, 0, false },
		{ NP_STR("18446744073709551625"), ~0ULL, 0, false },
		{ NP_STR("99999999999999999999999999"), ~0ULL, 0, false },
		{ NP_STR(""), 9, 0, false },
		{ { NULL, 0 }, 9, 0, false },
		{ NP_STR("+1"), 9, 0, false },
		{ NP_STR("-1"), 9, 0, false },
		{ NP_STR(" 1"), 9, 0, false },
		{ NP_STR("1 "), 9, 0, false },
		{ NP_STR("1\n"), 9, 0, false },
		{ NP_STR("1\0"), 9, 0, false },
		{ NP_STR("0x1"), 9, 0, false },
		{ NP_STR("1e1"), 99, 0, false },
		{ NP_STR("\xd9\xa1"), 9, 0, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		unsigned long long got = 4711;

		ck_assert_msg(np_str_u64(t[i].text, t[i].max, &got) == t[i].ok, "row %zu", i);
		ck_assert_msg(got == (t[i].ok ? t[i].want : 4711), "row %zu", i);
	}
}
END_TEST

START_TEST(only_the_counted_digits)
{
	unsigned long long got = 0;

	ck_assert(np_str_u64((struct np_str){ "123456", 3 }, 1000, &got));
	ck_assert_uint_eq(got, 123);
}
END_TEST

START_TEST(durations)
{
	static const struct {
		const char *text;
		long long want;	/* -1: refused */
	} t[] = {
		{ "0ms", 0 }, { "250ms", 250 }, { "10s", 10000 }, { "5m", 300000 }, { "2h", 7200000 },
		{ "168h", 604800000 }, { "169h", -1 }, { "10080m", 604800000 }, { "10081m", -1 },
		{ "604800s", 604800000 }, { "604801s", -1 }, { "604800000ms", 604800000 }, { "604800001ms", -1 },
		{ "99999999999999999999h", -1 }, { "10", -1 }, { "", -1 }, { "s", -1 }, { "ms", -1 }, { "-1s", -1 },
		{ "1.5s", -1 }, { "1 s", -1 }, { "1S", -1 }, { "1d", -1 }, { "1m30s", -1 }, { "1sm", -1 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		long long got = -2;
		bool ok = np_str_duration_ms(np_str_from(t[i].text), &got);

		ck_assert_msg(ok == (t[i].want >= 0), "%s", t[i].text);
		ck_assert_msg(got == (ok ? t[i].want : -2), "%s: %lld", t[i].text, got);
	}
}
END_TEST

START_TEST(ends_and_starts)
{
	static const struct {
		struct np_str text;
		const char *part;
		bool starts, ends;
	} t[] = {
		{ NP_STR("abc"), "", true, true },    { { NULL, 0 }, "", true, true },
		{ { NULL, 0 }, "a", false, false },   { NP_STR("abc"), "ab", true, false },
		{ NP_STR("abc"), "bc", false, true }, { NP_STR("abc"), "abc", true, true },
		{ NP_STR("abc"), "abcd", false, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		ck_assert_msg(np_str_starts(t[i].text, t[i].part) == t[i].starts, "row %zu", i);
		ck_assert_msg(np_str_ends(t[i].text, t[i].part) == t[i].ends, "row %zu", i);
	}
}
END_TEST

START_TEST(order)
{
	static const struct np_str sorted[] = {
		{ NULL, 0 }, NP_STR("\0"), NP_STR("a"), NP_STR("a\0"), NP_STR("aa"), NP_STR("b"), NP_STR("\xff"),
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(sorted); i++) {
		for (size_t k = 0; k < NP_ARRAY_SIZE(sorted); k++) {
			int c = np_str_cmp(sorted[i], sorted[k]);

			ck_assert_msg((c < 0) == (i < k) && (c > 0) == (i > k), "rows %zu %zu", i, k);
			ck_assert_int_eq(np_str_eq(sorted[i], sorted[k]), i == k);
		}
	}
	ck_assert(np_str_eq(NP_STR(""), NP_STR_NONE));
	ck_assert(np_str_is(NP_STR("ab"), "ab"));
	ck_assert(!np_str_is(NP_STR("ab\0"), "ab"));
}
END_TEST

RUN_TESTS("str", numbers, only_the_counted_digits, durations, ends_and_starts, order)
