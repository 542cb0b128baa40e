/* test_err.c - tests of base/err. */
#include <errno.h>

#include "base_test.h"
#include "np/base/utf8.h"

START_TEST(text)
{
	static const struct {
		const char *file, *path, *msg;
		unsigned line, column;
		const char *want;
	} t[] = {
		{ NULL, NULL, "it broke", 0, 0, "it broke" },
		{ "a.yaml", NULL, "it broke", 0, 0, "a.yaml: it broke" },
		{ "a.yaml", NULL, "it broke", 3, 0, "a.yaml:3: it broke" },
		{ "a.yaml", NULL, "it broke", 3, 7, "a.yaml:3:7: it broke" },
		{ "a.yaml", NULL, "it broke", 0, 7, "a.yaml: it broke" },
		{ NULL, NULL, "it broke", 3, 7, "line 3:7: it broke" },
		{ NULL, "spec.x[0]", "it broke", 0, 0, "spec.x[0]: it broke" },
		{ "a.yaml", "spec.x[0]", "it broke", 3, 7, "a.yaml:3:7: spec.x[0]: it broke" },
		{ NULL, NULL, "clear \x1b[2J\n", 0, 0, "clear \\x1b[2J\\x0a" },
		{ "\xff.yaml", "a\tb", "c1 \xc2\x9b del \x7f", 0, 0,
		  "\\xff.yaml: a\\x09b: c1 \\xc2\\x9b del \\x7f" },
		{ NULL, NULL, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac", 0, 0, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac" },
		{ NULL, NULL, "cut \xe2\x82", 0, 0, "cut \\xe2\\x82" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		char buf[NP_ERR_TEXT_MAX];
		struct np_err err;

		ck_assert_int_eq(np_err_set(&err, NP_EPARSE, "%s", t[i].msg), -1);
		ck_assert_int_eq(np_err_at(&err, t[i].file, t[i].line, t[i].column), -1);
		if (t[i].path)
			ck_assert_int_eq(np_err_path(&err, "%s", t[i].path), -1);
		ck_assert_str_eq(np_err_text(&err, buf, sizeof(buf)), t[i].want);
	}
}
END_TEST

START_TEST(null_is_accepted)
{
	char buf[64];

	np_err_clear(NULL);
	ck_assert_int_eq(np_err_set(NULL, NP_EIO, "x"), -1);
	ck_assert_int_eq(np_err_errno(NULL, NP_EIO, ENOENT, "x"), -1);
	ck_assert_int_eq(np_err_at(NULL, "f", 1, 1), -1);
	ck_assert_int_eq(np_err_path(NULL, "p"), -1);
	ck_assert_int_eq(np_err_prefix(NULL, "p"), -1);
	ck_assert_str_eq(np_err_text(NULL, buf, sizeof(buf)), "unknown error");
}
END_TEST

START_TEST(set_clears_the_place)
{
	struct np_err err;

	np_err_set(&err, NP_EPARSE, "first");
	np_err_at(&err, "f", 1, 2);
	np_err_path(&err, "p[%d]", 3);
	ck_assert_str_eq(err.path, "p[3]");
	np_err_set(&err, NP_EIO, "second");
	ck_assert_int_eq(err.code, NP_EIO);
	ck_assert_uint_eq(err.line, 0);
	ck_assert_uint_eq(err.column, 0);
	ck_assert_str_eq(err.file, "");
	ck_assert_str_eq(err.path, "");
	np_err_clear(&err);
	ck_assert_int_eq(err.code, NP_OK);
	ck_assert_str_eq(err.msg, "");
}
END_TEST

START_TEST(place_is_kept_where_nothing_new)
{
	struct np_err err;

	np_err_set(&err, NP_EPARSE, "x");
	np_err_at(&err, "f", 1, 2);
	np_err_at(&err, NULL, 0, 5);
	ck_assert_str_eq(err.file, "f");
	ck_assert_uint_eq(err.line, 1);
	ck_assert_uint_eq(err.column, 5);
}
END_TEST

START_TEST(errno_and_prefix)
{
	struct np_err err;

	np_err_errno(&err, NP_EIO, ENOENT, "cannot open '%s'", "x");
	ck_assert_str_eq(err.msg, "cannot open 'x': No such file or directory");
	np_err_prefix(&err, "suite %d", 7);
	ck_assert_str_eq(err.msg, "suite 7: cannot open 'x': No such file or directory");
	ck_assert_int_eq(err.code, NP_EIO);
}
END_TEST

START_TEST(own_message_as_argument)
{
	struct np_err err;

	np_err_set(&err, NP_EIO, "inner");
	np_err_set(&err, NP_EENV, "outer: %s", err.msg);
	ck_assert_str_eq(err.msg, "outer: inner");
}
END_TEST

START_TEST(long_text_is_cut_at_a_character)
{
	char longish[3 * NP_ERR_MSG_MAX + 1] = "";
	struct np_err err;

	for (size_t i = 0; i + 3 < sizeof(longish); i += 3)
		memcpy(longish + i, "\xe2\x82\xac", 4);
	for (int shift = 0; shift < 3; shift++) {
		np_err_set(&err, NP_EIO, "%s%s", &"ab"[shift], longish);
		ck_assert(np_str_ends(np_str_from(err.msg), "..."));
		ck_assert(np_utf8_valid(np_str_from(err.msg)));
		np_err_prefix(&err, "%s", longish);
		ck_assert(np_utf8_valid(np_str_from(err.msg)));
		np_err_at(&err, longish + shift * 3, 0, 0);
		ck_assert_uint_lt(strlen(err.file), sizeof(err.file));
		np_err_path(&err, "%s", longish);
		ck_assert(np_utf8_valid(np_str_from(err.path)));
	}
}
END_TEST

START_TEST(small_buffers)
{
	struct np_err err;
	char buf[16];

	np_err_set(&err, NP_EIO, "ab\x1b\xe2\x82\xac");
	memset(buf, 'x', sizeof(buf));
	np_err_text(&err, buf, 0);
	ck_assert_int_eq(buf[0], 'x');
	for (size_t size = 1; size <= 10; size++) {
		static const char *const want[] = {
			"", "", "a", "ab", "ab", "ab", "ab", "ab\\x1b", "ab\\x1b", "ab\\x1b", "ab\\x1b\xe2\x82\xac",
		};

		memset(buf, 'x', sizeof(buf));
		ck_assert_str_eq(np_err_text(&err, buf, size), want[size]);
		ck_assert_int_eq(buf[size], 'x');
	}
}
END_TEST

RUN_TESTS("err", text, null_is_accepted, set_clears_the_place, place_is_kept_where_nothing_new, errno_and_prefix,
	  own_message_as_argument, long_text_is_cut_at_a_character, small_buffers)
