/* test_json.c - tests of base/json. */
#include "base_test.h"
#include "np/base/json.h"

static json_t *parse(const char *text)
{
	struct np_err err = { 0 };
	json_t *v = np_json_parse(text, strlen(text), &err);

	ck_assert_msg(v != NULL, "%s", err.msg);
	return v;
}

START_TEST(paths)
{
	static const struct {
		const char *path, *want;	/* NULL: no such thing */
	} t[] = {
		{ "metadata/name", "p" }, { "metadata/labels/app", "x" }, { "metadata/labels/", NULL },
		{ "metadata/labels/app/more", NULL }, { "meta", NULL }, { "metadata/nam", NULL },
		{ "list/0", NULL }, { "n", NULL }, { "", NULL }, { "nothing/at/all", NULL },
	};
	json_t *root = parse("{\"metadata\":{\"name\":\"p\",\"labels\":{\"app\":\"x\"}},\"list\":[\"a\"],\"n\":7,"
			     "\"yes\":true,\"no\":false,\"null\":null}");

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		const char *got = np_json_str(root, t[i].path, NULL);

		ck_assert_pstr_eq(got, t[i].want);
		ck_assert_str_eq(np_json_str(root, t[i].path, "fallback"), t[i].want ? t[i].want : "fallback");
	}
	ck_assert_ptr_eq(np_json_at(root, ""), root);
	ck_assert_ptr_null(np_json_at(NULL, "a"));
	ck_assert_ptr_null(np_json_at(NULL, ""));
	ck_assert(json_is_array(np_json_at(root, "list")));
	ck_assert_int_eq(np_json_int(root, "n", -1), 7);
	ck_assert_int_eq(np_json_int(root, "yes", -1), -1);
	ck_assert_int_eq(np_json_bool(root, "yes", -1), 1);
	ck_assert_int_eq(np_json_bool(root, "no", -1), 0);
	ck_assert_int_eq(np_json_bool(root, "null", -1), -1);
	json_decref(root);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		struct np_str text;
		unsigned line;
	} t[] = {
		{ { NULL, 0 }, 1 }, { NP_STR(""), 1 }, { NP_STR("{"), 1 }, { NP_STR("{} {}"), 1 },
		{ NP_STR("{\n\"a\": 1,\n}"), 3 }, { NP_STR("[1,\n2\n"), 3 }, { NP_STR("\"\xff\""), 1 },
		{ NP_STR("\"\\u0000\""), 1 }, { NP_STR("{}\0"), 1 }, { NP_STR("nul"), 1 }, { NP_STR("[1e999]"), 1 },
		{ NP_STR("99999999999999999999"), 1 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_err err = { 0 };

		ck_assert_msg(np_json_parse(t[i].text.p, t[i].text.n, &err) == NULL, "row %zu", i);
		ck_assert_int_eq(err.code, NP_EPARSE);
		ck_assert_msg(err.line == t[i].line, "row %zu: line %u", i, err.line);
		ck_assert_msg(strncmp(err.msg, "not valid JSON: ", 16) == 0, "%s", err.msg);
	}
	ck_assert_ptr_null(np_json_parse("{", 1, NULL));
}
END_TEST

START_TEST(only_the_counted_bytes)
{
	json_t *v = np_json_parse("12345", 2, NULL);

	ck_assert_int_eq(np_json_int(v, "", -1), 12);
	json_decref(v);
}
END_TEST

START_TEST(depth)
{
	static const struct {
		size_t depth;
		bool ok;
	} t[] = { { 2048, true }, { 2049, false }, { 1000000, false } };

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		char *text = np_xmalloc(2 * t[i].depth);
		json_t *v;

		memset(text, '[', t[i].depth);
		memset(text + t[i].depth, ']', t[i].depth);
		v = np_json_parse(text, 2 * t[i].depth, NULL);
		ck_assert_msg((v != NULL) == t[i].ok, "%zu", t[i].depth);
		json_decref(v);
		free(text);
	}
}
END_TEST

START_TEST(dumping)
{
	json_t *v = parse("{ \"b\": [1, true, null, \"\\u20ac\\n\"],\n \"a\": {} }");
	struct np_buf b = { 0 };

	np_buf_adds(&b, "> ");
	np_json_dump(v, 0, &b);
	ck_assert_str_eq(np_buf_text(&b), "> {\"b\":[1,true,null,\"\xe2\x82\xac\\n\"],\"a\":{}}");
	np_buf_clear(&b);
	np_json_dump(v, 1, &b);
	ck_assert_str_eq(np_buf_text(&b), "{\"a\":{},\"b\":[1,true,null,\"\xe2\x82\xac\\n\"]}");
	np_buf_clear(&b);
	np_json_dump(json_object_get(v, "a"), 0, &b);
	np_json_dump(json_true(), 0, &b);
	ck_assert_str_eq(np_buf_text(&b), "{}true");
	np_buf_release(&b);
	json_decref(v);
}
END_TEST

START_TEST(duplicates_keep_the_last)
{
	json_t *v = parse("{\"a\":1,\"a\":2}");

	ck_assert_int_eq(np_json_int(v, "a", -1), 2);
	json_decref(v);
}
END_TEST

START_TEST(strings_from_any_bytes)
{
	static const struct {
		struct np_str in;
		const char *want;
	} t[] = {
		{ { NULL, 0 }, "" }, { NP_STR("\xc3\xbc"), "\xc3\xbc" }, { NP_STR("a\xff"), "a\xef\xbf\xbd" },
		{ NP_STR("a\0b"), "a\xef\xbf\xbd" "b" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		json_t *v = np_json_pack("{s:o}", "k", np_json_string(t[i].in));
		struct np_buf b = { 0 };
		json_t *again;

		np_json_dump(v, 0, &b);
		again = np_json_parse(b.data, b.len, NULL);
		ck_assert_ptr_nonnull(again);
		ck_assert_str_eq(np_json_str(again, "k", NULL), t[i].want);
		json_decref(again);
		json_decref(v);
		np_buf_release(&b);
	}
}
END_TEST

START_TEST(packing)
{
	json_t *v = np_json_pack("{s:i,s:[s,b]}", "n", 3, "l", "x", 1);

	ck_assert_int_eq(np_json_int(v, "n", -1), 3);
	ck_assert_uint_eq(json_array_size(np_json_at(v, "l")), 2);
	json_decref(v);
}
END_TEST

static void wrong_format(void *arg)
{
	(void)arg;
	json_decref(np_json_pack("{s:i", "n", 3));
}

static void not_utf8(void *arg)
{
	(void)arg;
	json_decref(np_json_pack("{s:s}", "n", "\xff"));
}

static void dump_cycle(void *arg)
{
	json_t *a = json_array();
	struct np_buf b = { 0 };

	(void)arg;
	json_array_append(a, json_pack("[O]", a));
	np_json_dump(a, 0, &b);
}

START_TEST(broken_promises_end_the_program)
{
	assert_dies(wrong_format, NULL, "netpolcheck: ");
	assert_dies(not_utf8, NULL, "UTF-8");
	assert_dies(dump_cycle, NULL, "cannot be written");
}
END_TEST

RUN_TESTS("json", paths, refused, only_the_counted_bytes, depth, dumping, duplicates_keep_the_last,
	  strings_from_any_bytes, packing, broken_promises_end_the_program)
