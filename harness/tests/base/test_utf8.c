/* test_utf8.c - tests of base/utf8. */
#include <jansson.h>

#include "base_test.h"
#include "np/base/rng.h"
#include "np/base/utf8.h"

static size_t encode(uint32_t cp, char *out)
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(marks[n] | cp);
	return n;
}

START_TEST(every_code_point)
{
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		char text[4];
		uint32_t got = 0;
		size_t n = encode(cp, text);
		size_t want = cp >= 0xd800 && cp <= 0xdfff ? 0 : n;

		if (np_utf8_decode(text, n, &got) != want || (want && got != cp))
			ck_abort_msg("U+%04X", cp);
		if (n > 1 && np_utf8_decode(text, n - 1, &got) != 0)
			ck_abort_msg("U+%04X cut short", cp);
	}
}
END_TEST

START_TEST(refused)
{
	static const struct np_str bad[] = {
		NP_STR("\x80"), NP_STR("\xbf"), NP_STR("\xc0\x80"), NP_STR("\xc1\xbf"), NP_STR("\xc3"),
		NP_STR("\xc3("), NP_STR("\xe0\x9f\xbf"), NP_STR("\xe2\x82"), NP_STR("\xed\xa0\x80"),
		NP_STR("\xf0\x8f\xbf\xbf"), NP_STR("\xf4\x90\x80\x80"), NP_STR("\xf5\x80\x80\x80"), NP_STR("\xff"),
		NP_STR("\xe2\x82\x28"), NP_STR("ok\xfe"),
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++)
		ck_assert_msg(!np_utf8_valid(bad[i]), "row %zu", i);
	ck_assert(np_utf8_valid(NP_STR_NONE));
	ck_assert(np_utf8_valid(NP_STR("a\0b")));
	ck_assert(np_utf8_valid(NP_STR("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")));
}
END_TEST

/* jansson checks UTF-8 by code of its own: both must say the same. */
START_TEST(agrees_with_jansson)
{
	static const unsigned char pool[] = {
		0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef,
		0xf0, 0xf1, 0xf4, 0xf5, 0xff,
	};
	struct np_rng r;

	np_rng_seed(&r, 1);
	for (int i = 0; i < 200000; i++) {
		char text[6];
		size_t n = np_rng_below(&r, sizeof(text) + 1);
		json_t *v;

		for (size_t k = 0; k < n; k++)
			text[k] = (char)pool[np_rng_below(&r, sizeof(pool))];
		v = json_stringn(text, n);
		if (np_utf8_valid((struct np_str){ text, n }) != (v != NULL))
			ck_abort_msg("draw %d", i);
		json_decref(v);
	}
}
END_TEST

START_TEST(controls)
{
	static const struct {
		uint32_t cp;
		bool control;
	} t[] = {
		{ 0, true }, { 0x1b, true }, { 0x1f, true }, { ' ', false }, { '~', false }, { 0x7f, true },
		{ 0x80, true }, { 0x9f, true }, { 0xa0, false }, { 0x20ac, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++)
		ck_assert_msg(np_utf8_is_control(t[i].cp) == t[i].control, "U+%04X", t[i].cp);
}
END_TEST

RUN_TESTS("utf8", every_code_point, refused, agrees_with_jansson, controls)
