/* test_json.c - the JSON reader (semantics 4.2). */
#include "parse_test.h"

#define TEXT(lit) { lit, sizeof(lit) - 1 }

START_TEST(values)
{
	static const struct {
		struct np_str text;
		const char *want;
	} rows[] = {
		{ TEXT("{}"), "{}" },
		{ TEXT("[]"), "[]" },
		{ TEXT(" \t\r\n null \n"), "null" },
		{ TEXT("[true,false,null]"), "[true,false,null]" },
		{ TEXT("[0,-0,12,-7,1.50,1e5,1E+5,2.5e-10,123456789012345678901234567890]"),
		  "[0,-0,12,-7,1.50,1e5,1E+5,2.5e-10,123456789012345678901234567890]" },
		{ TEXT("{\"a\":{\"b\":[{\"c\":\"d\"},[]]},\"e\":{}}"), "{\"a\":{\"b\":[{\"c\":\"d\"},[]]},\"e\":{}}" },
		{ TEXT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), "[\"\\\"\\\\/\\u0008\\u000c\\u000a\\u000d\\u0009\"]" },
		{ TEXT("\"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\""), "\"A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ TEXT("\"a\\u0000b\""), "\"a\\u0000b\"" },
		/* Lone surrogates, in any order, and a pair cut by something else. */
		{ TEXT("\"\\ud83d\""), "\"\xef\xbf\xbd\"" },
		{ TEXT("\"\\ude00x\""), "\"\xef\xbf\xbdx\"" },
		{ TEXT("\"\\ud83d\\u0041\""), "\"\xef\xbf\xbd" "A\"" },
		{ TEXT("\"\\ud83d\\ud83d\\ude00\""), "\"\xef\xbf\xbd\xf0\x9f\x98\x80\"" },
		{ TEXT("\"\\ud83dx\""), "\"\xef\xbf\xbdx\"" },
		/* Every invalid byte is one replacement character, as in Go. */
		{ TEXT("\"a\xff" "b\""), "\"a\xef\xbf\xbd" "b\"" },
		{ TEXT("\"\xed\xa0\x80\""), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ TEXT("\"\xc3\""), "\"\xef\xbf\xbd\"" },
		{ TEXT("\"\xc0\xaf\""), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ TEXT("{\"\xff\":1}"), "{\"\xef\xbf\xbd\":1}" },
		{ TEXT("\"\x7f\""), "\"\\u007f\"" },
		{ TEXT("{\"\":\"\"}"), "{\"\":\"\"}" },
		/* Repeated keys: all are kept in the tree, the last one counts. */
		{ TEXT("{\"a\":1,\"b\":2,\"a\":3}"), "{\"b\":2,\"a\":3}" },
		{ TEXT("{\"a\":1}\n{\"b\":2}[3]4\"x\""), "{\"a\":1}\n{\"b\":2}\n[3]\n4\n\"x\"" },
		{ TEXT(""), "" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(strcmp(as_json(true, rows[i].text, 0), rows[i].want) == 0, "row %zu: %s", i,
			      as_json(true, rows[i].text, 0));
}
END_TEST

static const char *one_value(const char *text, size_t n, unsigned max_depth)
{
	const struct np_read_opts opts = { .max_depth = max_depth };
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	int failed = np_read_json((struct np_str){ text, n }, &opts, &docs, &err);

	np_docs_release(&docs);
	return outcome(failed, &err);
}

START_TEST(exactly_one_value)
{
	ck_assert_str_eq(one_value("1 ", 2, 0), "ok");
	ck_assert_str_eq(one_value("{}{}", 4, 0), "1:3: '{' stands where the end of the text is needed");
	ck_assert_str_eq(one_value("1\0", 2, 0), "1:2: byte 0x00 stands where the end of the text is needed");
	ck_assert_str_eq(one_value("", 0, 0), "1:1: the text ends where a value is needed");
	ck_assert_str_eq(one_value(NULL, 0, 0), "1:1: the text ends where a value is needed");
}
END_TEST

START_TEST(depth)
{
	static char text[2 * 70000];
	const struct {
		size_t n;
		unsigned max;
		bool ok;
	} rows[] = {
		{ 10000, 0, true }, { 10001, 0, false }, { 62500, 0, false }, { 5, 5, true }, { 6, 5, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		memset(text, '[', rows[i].n);
		memset(text + rows[i].n, ']', rows[i].n);
		ck_assert_msg((strcmp(one_value(text, 2 * rows[i].n, rows[i].max), "ok") == 0) == rows[i].ok, "row %zu",
			      i);
	}
	memset(text, '[', 62500);
	ck_assert_str_eq(one_value(text, 62500, 0), "1:10001: nesting is deeper than 10000 levels");
	for (size_t i = 0; i < 60000; i += 5)
		memcpy(text + i, "{\"a\":", 5);
	ck_assert_str_eq(one_value(text, 60000, 0), "1:50001: nesting is deeper than 10000 levels");
}
END_TEST

START_TEST(size)
{
	char *text = np_xmalloc(NP_READ_MAX_BYTES + 1);

	memset(text, ' ', NP_READ_MAX_BYTES + 1);
	text[0] = '1';
	ck_assert_str_eq(one_value(text, NP_READ_MAX_BYTES, 0), "ok");
	ck_assert_str_eq(one_value(text, NP_READ_MAX_BYTES + 1, 0),
			 "text of 3145729 bytes is longer than 3145728");
	memset(text, 'a', NP_READ_MAX_BYTES);
	text[0] = '"';
	text[NP_READ_MAX_BYTES - 1] = '"';
	ck_assert_str_eq(one_value(text, NP_READ_MAX_BYTES, 0), "ok");
	free(text);
}
END_TEST

START_TEST(too_many_values)
{
	const struct np_read_opts opts = { .many = true, .file = "f" };
	static char text[2 * NP_READ_MAX_DOCS + 2];
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };

	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "1\n", 2);
	ck_assert_int_eq(np_read_json((struct np_str){ text, 2 * NP_READ_MAX_DOCS }, &opts, &docs, &err), 0);
	ck_assert_uint_eq(docs.n, NP_READ_MAX_DOCS);
	ck_assert_uint_eq(docs.items[9999].line, 10000);
	np_docs_release(&docs);
	ck_assert_int_eq(np_read_json((struct np_str){ text, sizeof(text) }, &opts, &docs, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_str_eq(err.file, "f");
}
END_TEST

START_TEST(places_and_kinds)
{
	static const char text[] = "{ \"a\": [1,\n  2.0, \"\xc3\xa4\", {}],\n\"a\": null,\n\"b\": true}";
	const struct np_read_opts opts = { .file = "f.json" };
	const struct np_value *list;
	struct np_docs docs;
	struct np_err err;

	ck_assert_int_eq(np_read_json(np_str_from(text), &opts, &docs, &err), 0);
	ck_assert_str_eq(docs.file, "f.json");
	ck_assert(docs.json && docs.n == 1 && docs.items[0].n_duplicates == 1);
	const struct np_value *root = &docs.items[0].root;

	ck_assert_uint_eq(root->n, 3);
	ck_assert_uint_eq(root->height, 3);
	ck_assert(root->line == 1 && root->column == 1);
	list = &root->pairs[0].value;
	ck_assert(root->pairs[0].line == 1 && root->pairs[0].column == 3);
	ck_assert(root->pairs[0].overridden && !root->pairs[0].duplicate);
	ck_assert(root->pairs[1].duplicate && !root->pairs[1].overridden && root->pairs[1].line == 3);
	ck_assert(list->line == 1 && list->column == 8 && list->n == 4 && list->height == 2);
	ck_assert(list->items[0].kind == NP_VALUE_INT && list->items[1].kind == NP_VALUE_FLOAT);
	ck_assert(list->items[1].line == 2 && list->items[1].column == 3);
	ck_assert(np_str_is(list->items[1].text, "2.0"));
	ck_assert(list->items[2].column == 8 && list->items[2].quoted);
	/* Columns count characters: the one before is two bytes long. */
	ck_assert_uint_eq(list->items[3].column, 13);
	ck_assert_uint_eq(list->items[3].height, 1);
	ck_assert_uint_eq(np_value_get(root, "a")->kind, NP_VALUE_NULL);
	ck_assert(np_value_get(root, "b")->truth);
	ck_assert(np_str_is(docs.items[0].duplicates[0].key, "a"));
	np_docs_release(&docs);
	np_docs_release(&docs);
	np_docs_release(NULL);
}
END_TEST

/* More pairs than are compared one with another: the sorted way must mark the same. */
START_TEST(many_duplicates)
{
	struct np_buf text = { 0 };
	struct np_docs docs;
	struct np_err err;
	size_t n_dup = 0, n_over = 0;

	np_buf_addc(&text, '{');
	for (int i = 0; i < 1000; i++)
		np_buf_printf(&text, "%s\"k%d\": %d", i ? "," : "", i % 300, i);
	np_buf_addc(&text, '}');
	ck_assert_int_eq(np_read_json((struct np_str){ text.data, text.len }, &(struct np_read_opts){ 0 }, &docs, &err), 0);
	const struct np_value *root = &docs.items[0].root;

	for (uint32_t i = 0; i < root->n; i++) {
		ck_assert_int_eq(root->pairs[i].duplicate, i >= 300);
		ck_assert_int_eq(root->pairs[i].overridden, i < 700);
		n_dup += root->pairs[i].duplicate;
		n_over += root->pairs[i].overridden;
	}
	ck_assert_uint_eq(n_dup, 700);
	ck_assert_uint_eq(n_over, 700);
	ck_assert_uint_eq(docs.items[0].n_duplicates, NP_DOC_MAX_DUPLICATES);
	ck_assert(np_str_is(np_value_get(root, "k5")->text, "905"));
	np_docs_release(&docs);
	np_buf_release(&text);
}
END_TEST

RUN_TESTS("json", values, exactly_one_value, depth, size, too_many_values, places_and_kinds, many_duplicates)
