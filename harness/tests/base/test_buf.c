/* test_buf.c - tests of base/buf. */
#include <jansson.h>
#include <stdint.h>

#include "base_test.h"
#include "np/base/buf.h"
#include "np/base/rng.h"

START_TEST(adding)
{
	struct np_buf b = { 0 };

	ck_assert_str_eq(np_buf_text(&b), "");
	np_buf_adds(&b, "ab");
	np_buf_addc(&b, 'c');
	np_buf_addstr(&b, NP_STR("d\0e"));
	np_buf_addstr(&b, NP_STR_NONE);
	np_buf_add(&b, NULL, 0);
	np_buf_printf(&b, "%d", 12);
	ck_assert(np_str_eq((struct np_str){ b.data, b.len }, NP_STR("abcd\0e12")));
	ck_assert_int_eq(b.data[b.len], 0);
	np_buf_release(&b);
	np_buf_release(NULL);
	ck_assert_ptr_null(b.data);
}
END_TEST

/* Every length around the border of the first capacity, where a formatted text just fits or just not. */
START_TEST(printf_lengths)
{
	for (int have = 0; have < 140; have++) {
		for (int n = 0; n < 140; n += 1 + have % 3) {
			struct np_buf b = { 0 };

			for (int i = 0; i < have; i++)
				np_buf_addc(&b, 'x');
			np_buf_printf(&b, "%0*d", n, 0);
			ck_assert_uint_eq(b.len, (size_t)(have + (n ? n : 1)));
			ck_assert_uint_eq(strlen(b.data), b.len);
			np_buf_release(&b);
		}
	}
}
END_TEST

START_TEST(reserving)
{
	struct np_buf b = { 0 };
	char *p;

	np_buf_adds(&b, "ab");
	p = np_buf_reserve(&b, 1000);
	memcpy(p, "cd", 2);
	b.len += 2;
	ck_assert_str_eq(np_buf_text(&b), "abcd");
	p = np_buf_reserve(&b, 10);
	memset(p, 'z', 10);
	b.len += 10;
	ck_assert_str_eq(np_buf_text(&b), "abcdzzzzzzzzzz");
	np_buf_release(&b);
}
END_TEST

START_TEST(consuming)
{
	struct np_buf b = { 0 };

	np_buf_consume(&b, 5);
	np_buf_clear(&b);
	np_buf_adds(&b, "abcdef");
	np_buf_consume(&b, 0);
	np_buf_consume(&b, 2);
	ck_assert_str_eq(np_buf_text(&b), "cdef");
	np_buf_consume(&b, 99);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(np_buf_text(&b), "");
	np_buf_adds(&b, "again");
	np_buf_clear(&b);
	ck_assert_str_eq(np_buf_text(&b), "");
	np_buf_release(&b);
}
END_TEST

START_TEST(stealing)
{
	struct np_buf b = { 0 };
	char *s = np_buf_steal(&b);

	ck_assert_str_eq(s, "");
	free(s);
	np_buf_adds(&b, "abc");
	s = np_buf_steal(&b);
	ck_assert_str_eq(s, "abc");
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.len + b.cap, 0);
	free(s);
}
END_TEST

START_TEST(json_text)
{
	static const struct {
		struct np_str in;
		const char *want;
	} t[] = {
		{ { NULL, 0 }, "\"\"" },
		{ NP_STR("plain"), "\"plain\"" },
		{ NP_STR("q\"b\\s/"), "\"q\\\"b\\\\s/\"" },
		{ NP_STR("\n\t\x1b\x7f"), "\"\\u000a\\u0009\\u001b\\u007f\"" },
		{ NP_STR("a\0b"), "\"a\\u0000b\"" },
		{ NP_STR("\xc2\x9b"), "\"\\u009b\"" },
		{ NP_STR("\xe2\x82\xac"), "\"\xe2\x82\xac\"" },
		{ NP_STR("\xff"), "\"\xef\xbf\xbd\"" },
		{ NP_STR("a\xe2\x82"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ NP_STR("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_buf b = { 0 };

		np_buf_json(&b, t[i].in);
		ck_assert_str_eq(np_buf_text(&b), t[i].want);
		np_buf_release(&b);
	}
}
END_TEST

/* A strict parser accepts what any bytes become, and gives the bytes back when they were UTF-8. */
static void check_json(struct np_buf *b, const char *bytes, size_t n)
{
	json_t *same = json_stringn(bytes, n);
	json_t *v;

	np_buf_clear(b);
	np_buf_json(b, (struct np_str){ bytes, n });
	v = json_loadb(b->data, b->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (!v || (same && !json_equal(v, same)))
		ck_abort_msg("%s", b->data);
	json_decref(v);
	json_decref(same);
}

START_TEST(json_any_bytes)
{
	struct np_buf b = { 0 };
	struct np_rng r;
	char text[24];

	for (unsigned i = 0; i < 65536; i++) {
		text[0] = (char)(i >> 8);
		text[1] = (char)i;
		check_json(&b, text, 2);
	}
	np_rng_seed(&r, 3);
	for (int i = 0; i < 20000; i++) {
		size_t n = np_rng_below(&r, sizeof(text) + 1);

		for (size_t k = 0; k < n; k++)
			text[k] = (char)np_rng_next(&r);
		check_json(&b, text, n);
	}
	np_buf_release(&b);
}
END_TEST

START_TEST(printable)
{
	static const struct {
		struct np_str in;
		const char *want;
	} t[] = {
		{ { NULL, 0 }, "" },
		{ NP_STR("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f" },
		{ NP_STR("\x1b]0;x\x07\r\n"), "\\x1b]0;x\\x07\\x0d\\x0a" },
		{ NP_STR("a\0b"), "a\\x00b" },
		{ NP_STR("\xc2\x9b\x7f"), "\\xc2\\x9b\\x7f" },
		{ NP_STR("\xff\xe2\x82"), "\\xff\\xe2\\x82" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_buf b = { 0 };

		np_buf_printable(&b, t[i].in);
		ck_assert_str_eq(np_buf_text(&b), t[i].want);
		np_buf_release(&b);
	}
}
END_TEST

static void impossible(void *arg)
{
	struct np_buf b = { 0 };

	(void)arg;
	np_buf_adds(&b, "x");
	np_buf_reserve(&b, SIZE_MAX);
}

START_TEST(shell_quoted)
{
	static const struct {
		struct np_str given;
		const char *want;
	} rows[] = {
		{ { "", 0 }, "''" },
		{ { "a b$(c)\"", 8 }, "'a b$(c)\"'" },
		{ { "it's", 4 }, "'it'\\''s'" },
		{ { "a\n\tb", 4 }, "'a\n\tb'" },
		{ { "\033[2J\r\x7f", 6 }, "'?[2J?\?'" },
		{ { "\xc3\xa4\xff\xc2\x85", 5 }, "'\xc3\xa4?\?'" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_buf b = { 0 };

		np_buf_shell_quoted(&b, rows[i].given);
		ck_assert_str_eq(np_buf_text(&b), rows[i].want);
		np_buf_release(&b);
	}
}
END_TEST

START_TEST(overflow_ends_the_program)
{
	assert_dies(impossible, NULL, "out of memory");
}
END_TEST

RUN_TESTS("buf", adding, printf_lengths, reserving, consuming, stealing, json_text, json_any_bytes, printable,
	  shell_quoted, overflow_ends_the_program)
