/* test_tree.c - paths, changes, JSON text. */
#include "parse_test.h"

static struct np_docs read_yaml(const char *text)
{
	struct np_docs docs;
	struct np_err err;

	ck_assert_msg(np_read_yaml(np_str_from(text), &(struct np_read_opts){ 0 }, &docs, &err) == 0, "%s", err.msg);
	return docs;
}

static void check_json(const struct np_value *v, const char *want)
{
	struct np_buf b = { 0 };
	struct np_err err;

	ck_assert_int_eq(np_encode_json(v, 0, &b, &err), 0);
	ck_assert_str_eq(np_buf_text(&b), want);
	np_buf_release(&b);
}

START_TEST(paths)
{
	struct np_docs docs = read_yaml("{a: {b.c/d: [1, {e: x}], '': z}, f: ~, g: 1, g: 2}");
	const struct np_value *root = &docs.items[0].root;
	static const struct {
		const char *path, *want;	/* NULL: nothing there */
	} rows[] = {
		{ "", "{\"a\":{\"b.c/d\":[1,{\"e\":\"x\"}],\"\":\"z\"},\"f\":null,\"g\":2}" },
		{ "a[\"b.c/d\"][1].e", "\"x\"" }, { "a[\"b.c/d\"][0]", "1" }, { "a[\"\"]", "\"z\"" },
		{ "f", "null" }, { "g", "2" }, { "a.b", NULL }, { "a[\"b.c/d\"][2]", NULL }, { "a[0]", NULL },
		{ "g.x", NULL }, { "f.x", NULL }, { ".a", NULL }, { "a.", NULL }, { "a..b", NULL }, { "a[", NULL },
		{ "a[x]", NULL }, { "a[\"x]", NULL }, { "a[\"x\"", NULL }, { "a[-1]", NULL }, { "[0]", NULL },
		{ "a[99999999999999999999]", NULL },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		const struct np_value *v = np_value_at(root, rows[i].path);

		ck_assert_msg((v != NULL) == (rows[i].want != NULL), "%s", rows[i].path);
		if (v)
			check_json(v, rows[i].want);
	}
	ck_assert_ptr_null(np_value_at(NULL, "a"));
	ck_assert_ptr_null(np_value_get(NULL, "a"));
	ck_assert(np_str_is(np_value_str(np_value_at(root, "a[\"\"]")), "z"));
	ck_assert_ptr_null(np_value_str(np_value_get(root, "g")).p);
	ck_assert_ptr_null(np_value_str(NULL).p);
	np_docs_release(&docs);
}
END_TEST

START_TEST(setting)
{
	static const struct {
		const char *before, *path, *after;	/* NULL: refused; the new value is "N" */
	} rows[] = {
		{ "{a: 1}", "a", "{\"a\":\"N\"}" }, { "{a: 1}", "b", "{\"a\":1,\"b\":\"N\"}" },
		{ "{}", "a.b.c", "{\"a\":{\"b\":{\"c\":\"N\"}}}" }, { "{a: [1, 2]}", "a[1]", "{\"a\":[1,\"N\"]}" },
		{ "{a: [1, 2]}", "a[2]", "{\"a\":[1,2,\"N\"]}" }, { "{a: ~}", "a.b", "{\"a\":{\"b\":\"N\"}}" },
		{ "{a: ~}", "a[0]", "{\"a\":[\"N\"]}" }, { "{a: 1, b: 2, c: 3}", "b", "{\"a\":1,\"b\":\"N\",\"c\":3}" },
		{ "{a: 1, b: 2, a: 3}", "a", "{\"a\":\"N\",\"b\":2}" }, { "{x: {a.b/c: 1}}", "x[\"a.b/c\"]", "{\"x\":{\"a.b/c\":\"N\"}}" },
		{ "[1]", "[0]", "[\"N\"]" }, { "1", "", "\"N\"" }, { "{a: 1}", "a.b", NULL }, { "{a: [1]}", "a[2]", NULL },
		{ "{a: [1]}", "a.b", NULL }, { "{a: {}}", "a[0]", NULL }, { "{a: 1}", "a[", NULL }, { "{a: 1}", "..", NULL },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_docs docs = read_yaml(rows[i].before);
		struct np_value root = docs.items[0].root;
		struct np_err err = { 0 };
		int failed = np_value_set(&docs.arena, &root, rows[i].path, np_value_string(&docs.arena, NP_STR("N")), &err);

		ck_assert_msg((failed == 0) == (rows[i].after != NULL), "row %zu: %s", i, err.msg);
		if (failed) {
			ck_assert_int_eq(err.code, NP_EUSAGE);
			ck_assert_mem_eq(&root, &docs.items[0].root, sizeof(root));
		} else {
			check_json(&root, rows[i].after);
		}
		np_docs_release(&docs);
	}
}
END_TEST

/* A change through one alias must not show through the others. */
START_TEST(shared_parts)
{
	struct np_docs docs = read_yaml("{a: &x {p: [1, {q: 2}]}, b: *x, c: *x}");
	struct np_value root = docs.items[0].root;
	struct np_err err;

	ck_assert_int_eq(np_value_set(&docs.arena, &root, "b.p[1].q", np_value_integer(&docs.arena, -5), &err), 0);
	ck_assert_int_eq(np_value_set(&docs.arena, &root, "c.r", np_value_boolean(true), &err), 0);
	ck_assert_int_eq(np_value_remove(&docs.arena, &root, "c.p[0]", &err), 0);
	check_json(&root, "{\"a\":{\"p\":[1,{\"q\":2}]},\"b\":{\"p\":[1,{\"q\":-5}]},\"c\":{\"p\":[{\"q\":2}],\"r\":true}}");
	check_json(&docs.items[0].root, "{\"a\":{\"p\":[1,{\"q\":2}]},\"b\":{\"p\":[1,{\"q\":2}]},\"c\":{\"p\":[1,{\"q\":2}]}}");
	np_docs_release(&docs);
}
END_TEST

START_TEST(removing)
{
	static const struct {
		const char *before, *path, *after;
	} rows[] = {
		{ "{a: 1, b: 2}", "a", "{\"b\":2}" }, { "{a: 1}", "a", "{}" }, { "{a: 1, a: 2}", "a", "{}" },
		{ "{a: [1, 2, 3]}", "a[1]", "{\"a\":[1,3]}" }, { "{a: [1]}", "a[0]", "{\"a\":[]}" },
		{ "{a: [1]}", "a[1]", "{\"a\":[1]}" }, { "{a: 1}", "b", "{\"a\":1}" }, { "{a: 1}", "a.b.c", "{\"a\":1}" },
		{ "{a: {b: {c: 1, d: 2}}}", "a.b.c", "{\"a\":{\"b\":{\"d\":2}}}" },
		{ "{a: 1}", "", NULL }, { "{a: 1}", "a[", NULL },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_docs docs = read_yaml(rows[i].before);
		struct np_value root = docs.items[0].root;
		struct np_err err = { 0 };
		int failed = np_value_remove(&docs.arena, &root, rows[i].path, &err);

		ck_assert_msg((failed == 0) == (rows[i].after != NULL), "row %zu", i);
		if (!failed)
			check_json(&root, rows[i].after);
		np_docs_release(&docs);
	}
}
END_TEST

START_TEST(encoding)
{
	static const struct {
		const char *yaml, *json;
		unsigned flags;
	} rows[] = {
		{ "{b: 1, a: [], c: {}}", "{\"b\":1,\"a\":[],\"c\":{}}", 0 },
		{ "{b: 1, a: 2, aa: 3}", "{\"a\":2,\"aa\":3,\"b\":1}", NP_ENCODE_SORT },
		{ "{b: [1, 2], a: {}, c: []}", "{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": {},\n  \"c\": []\n}",
		  NP_ENCODE_INDENT },
		{ "\"a\\n\\\"\\0\"", "\"a\\u000a\\\"\\u0000\"", 0 },
		{ "1", "1", NP_ENCODE_INDENT },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_str_eq(as_json(false, np_str_from(rows[i].yaml), rows[i].flags), rows[i].json);
}
END_TEST

START_TEST(go_numbers)
{
	static const struct {
		const char *in, *out;	/* NULL: does not fit */
	} rows[] = {
		{ "80", "80" }, { "80.0", "80" }, { "8e1", "80" }, { "80.5", "80.5" }, { "-0", "0" }, { "-0.0", "-0" },
		{ "9223372036854775807", "9223372036854775807" }, { "-9223372036854775808", "-9223372036854775808" },
		{ "9223372036854775808", "9223372036854776000" }, { "1e20", "100000000000000000000" },
		{ "1e21", "1e+21" }, { "0.000001", "0.000001" }, { "0.0000001", "1e-7" }, { "1.50", "1.5" },
		{ "1e400", NULL }, { "-1e400", NULL }, { "1e-400", "0" }, { "4294967376", "4294967376" },
		{ "0.1", "0.1" }, { "0.30000000000000004", "0.30000000000000004" }, { "1e23", "1e+23" },
	};
	char buf[64];

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		bool ok = np_number_go_text(np_str_from(rows[i].in), buf, sizeof(buf));

		ck_assert_msg(ok == (rows[i].out != NULL), "%s", rows[i].in);
		if (ok)
			ck_assert_str_eq(buf, rows[i].out);
	}
	ck_assert(!np_number_go_text(NP_STR("12345"), buf, 5));
	ck_assert_str_eq(as_json(true, NP_STR("[80.0,8e1,1e400]"), 0), "[80.0,8e1,1e400]");
	ck_assert_str_eq(as_json(true, NP_STR("[80.0,8e1]"), NP_ENCODE_GO_NUMBERS), "[80,80]");
	/* On error nothing stays behind. */
	ck_assert_str_eq(as_json(true, NP_STR("[80.0,1e400]"), NP_ENCODE_GO_NUMBERS), "number '1e400' is too large");
}
END_TEST

/* Long text behind very many aliases: the tree is small, its text would not be. */
START_TEST(encoding_is_bounded)
{
	struct np_buf b = { 0 }, out = { 0 };
	struct np_docs docs;
	struct np_err err;

	np_buf_adds(&b, "- &a '");
	for (int i = 0; i < 100000; i++)
		np_buf_addc(&b, 'a');
	np_buf_adds(&b, "'\n");
	for (int i = 0; i < 2000; i++)
		np_buf_adds(&b, "- *a\n");
	ck_assert_int_eq(np_read_yaml((struct np_str){ b.data, b.len }, &(struct np_read_opts){ 0 }, &docs, &err), 0);
	np_buf_adds(&out, "before");
	ck_assert_int_eq(np_encode_json(&docs.items[0].root, 0, &out, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_str_eq(np_buf_text(&out), "before");
	np_docs_release(&docs);
	np_buf_release(&b);
	np_buf_release(&out);
}
END_TEST

START_TEST(deep_values_are_encoded)
{
	static char text[2 * NP_JSON_MAX_DEPTH + 1];

	memset(text, '[', NP_JSON_MAX_DEPTH);
	memset(text + NP_JSON_MAX_DEPTH, ']', NP_JSON_MAX_DEPTH);
	ck_assert_str_eq(as_json(true, (struct np_str){ text, sizeof(text) - 1 }, 0), text);
}
END_TEST

/* A map that is made on the way, or grows deeper, is as high as what is in it. */
START_TEST(heights)
{
	struct np_docs docs = read_yaml("{a: {}, l: [x]}");
	struct np_value root = docs.items[0].root, one = np_value_boolean(true);
	struct np_buf path = { 0 };
	struct np_err err;

	ck_assert_int_eq(np_value_set(&docs.arena, &root, "a.b.c[0]", one, &err), 0);
	ck_assert_uint_eq(root.height, 4);
	ck_assert_uint_eq(np_value_at(&root, "a")->height, 3);
	ck_assert_uint_eq(np_value_at(&root, "a.b.c")->height, 1);
	ck_assert_uint_eq(np_value_at(&root, "l")->height, 1);
	np_buf_adds(&path, "a");
	for (unsigned i = 0; i < NP_VALUE_MAX_HEIGHT; i++)
		np_buf_adds(&path, ".a");
	ck_assert_int_lt(np_value_set(&docs.arena, &root, np_buf_text(&path), one, &err), 0);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	np_buf_release(&path);
	np_docs_release(&docs);
}
END_TEST

RUN_TESTS("tree", paths, setting, shared_parts, heights, removing, encoding, go_numbers, encoding_is_bounded,
	  deep_values_are_encoded)
