/* test_yaml.c - the YAML reader (semantics 4.3): scalars, keys, merges, aliases, limits, streams. */
#include "parse_test.h"

#define TEXT(lit) { lit, sizeof(lit) - 1 }

/* Semantics 4.3: what a plain scalar becomes. */
START_TEST(plain_scalars)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "y", "true" }, { "Y", "true" }, { "yes", "true" }, { "Yes", "true" }, { "YES", "true" },
		{ "true", "true" }, { "True", "true" }, { "TRUE", "true" }, { "on", "true" }, { "On", "true" },
		{ "ON", "true" }, { "n", "false" }, { "N", "false" }, { "no", "false" }, { "No", "false" },
		{ "NO", "false" }, { "false", "false" }, { "False", "false" }, { "FALSE", "false" },
		{ "off", "false" }, { "Off", "false" }, { "OFF", "false" },
		{ "", "null" }, { "~", "null" }, { "null", "null" }, { "Null", "null" }, { "NULL", "null" },
		{ "yEs", "\"yEs\"" }, { "TrUe", "\"TrUe\"" }, { "nULL", "\"nULL\"" }, { "ye", "\"ye\"" },
		{ "oN", "\"oN\"" }, { "t", "\"t\"" }, { "f", "\"f\"" }, { "~~", "\"~~\"" },
		{ "0", "0" }, { "-0", "0" }, { "+80", "80" }, { "80", "80" }, { "-80", "-80" },
		{ "0x50", "80" }, { "0X50", "80" }, { "-0x50", "-80" }, { "0x", "\"0x\"" }, { "0xg", "\"0xg\"" },
		{ "0b1010000", "80" }, { "0B1", "1" }, { "0b2", "\"0b2\"" }, { "0b-1", "-1" }, { "0b+1", "1" },
		{ "0o120", "80" }, { "0O120", "80" }, { "0o", "\"0o\"" }, { "0o8", "\"0o8\"" },
		{ "0120", "80" }, { "0443", "291" }, { "017", "15" }, { "00", "0" }, { "-017", "-15" },
		{ "080", "80" }, { "09", "9" }, { "0080", "80" }, { "08.5", "8.5" },
		{ "8_0", "80" }, { "1_000", "1000" }, { "1__0_", "10" }, { "_1", "\"_1\"" }, { "0x_5_0", "80" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "9223372036854775808", "9223372036854775808" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "18446744073709551616", "18446744073709552000" },
		{ "-9223372036854775809", "-9223372036854776000" },
		{ "+18446744073709551615", "18446744073709552000" },
		{ "0xFFFFFFFFFFFFFFFF", "18446744073709551615" },
		{ "0x10000000000000000", "\"0x10000000000000000\"" },
		{ "80.0", "80" }, { "8e1", "80" }, { "8E+1", "80" }, { "800e-1", "80" }, { "80.", "80" },
		{ "80.5", "80.5" }, { ".5", "0.5" }, { "+.5", "0.5" }, { "-.5e1", "-5" }, { ".5_0", "0.5" },
		{ ".5_", "\".5_\"" }, { "1_0.5", "10.5" }, { "6.5535e4", "65535" },
		{ "1e20", "100000000000000000000" }, { "1e21", "1e+21" }, { "1e-6", "0.000001" },
		{ "1e-7", "1e-7" }, { "1.5e-10", "1.5e-10" }, { "0.1", "0.1" }, { "-0.0", "-0" },
		{ "1e400", "\"1e400\"" }, { "-1e400", "\"-1e400\"" }, { "1e-400", "0" },
		{ "123456789.125", "123456789.125" }, { "5e-324", "5e-324" },
		{ "1.7976931348623157e308", "1.7976931348623157e+308" },
		{ "80e", "\"80e\"" }, { "e5", "\"e5\"" }, { "1.2.3", "\"1.2.3\"" }, { "1:20", "\"1:20\"" },
		{ "1e5e5", "\"1e5e5\"" }, { "--1", "\"--1\"" }, { "+-1", "\"+-1\"" }, { "+", "\"+\"" },
		{ ".", "\".\"" }, { "..5", "\"..5\"" }, { ".e5", "\".e5\"" }, { "1 2", "\"1 2\"" },
		{ "0x1p5", "\"0x1p5\"" }, { "Infinity", "\"Infinity\"" }, { "NaN", "\"NaN\"" }, { "inf", "\"inf\"" },
		{ "2001-01-01", "\"2001-01-01\"" }, { "2001-12-14t21:59:43.10-05:00", "\"2001-12-14t21:59:43.10-05:00\"" },
		{ "<<", "\"<<\"" }, { "10.0.0.0/8", "\"10.0.0.0/8\"" }, { "a b", "\"a b\"" },
		{ "'80'", "\"80\"" }, { "\"80\"", "\"80\"" }, { "\"\"", "\"\"" }, { "'yes'", "\"yes\"" },
		{ "|\n  80", "\"80\"" }, { ">\n  yes", "\"yes\"" }, { "\"a\\0\\x41\\u00e4\"", "\"a\\u0000A\xc3\xa4\"" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		np_auto_free char *text = np_xasprintf("- %s", rows[i].text);
		np_auto_free char *want = np_xasprintf("[%s]", rows[i].json);

		ck_assert_msg(strcmp(as_json(false, np_str_from(text), 0), want) == 0, "'%s' is %s, not %s", rows[i].text,
			      as_json(false, np_str_from(text), 0), want);
	}
}
END_TEST

START_TEST(tags)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "!!str 80", "\"80\"" }, { "!!str yes", "\"yes\"" }, { "!!str", "\"\"" },
		{ "!custom 80", "\"80\"" }, { "!custom yes", "\"yes\"" }, { "! 80", "\"80\"" }, { "! \"80\"", "\"80\"" },
		{ "!!int \"80\"", "80" }, { "!!int 0x50", "80" }, { "!!float 80", "80" }, { "!!float \"8e1\"", "80" },
		{ "!!float 0x50", "80" }, { "!!bool \"yes\"", "true" }, { "!!null \"\"", "null" }, { "!!null ~", "null" },
		{ "!!timestamp 2001-01-01", "\"2001-01-01\"" }, { "!!timestamp 2001-1-1", "\"2001-1-1\"" },
		{ "!!timestamp 2001-12-14T21:59:43.10Z", "\"2001-12-14T21:59:43.10Z\"" },
		{ "!!timestamp 2001-12-14 21:59:43", "\"2001-12-14 21:59:43\"" },
		{ "!!binary aGVsbG8=", "\"hello\"" }, { "!!binary |\n  aGVs\n  bG8=\n", "\"hello\"" },
		{ "!!binary \"\"", "\"\"" }, { "!<tag:yaml.org,2002:int> \"5\"", "5" }, { "!!set x", "\"x\"" },
		{ "!!seq [a]", "[\"a\"]" }, { "!foo {a: 1}", "{\"a\":1}" },
		{ "!!int 1.5", "1:3: the text does not fit its tag !!int" },
		{ "!!int yes", "1:3: the text does not fit its tag !!int" },
		{ "!!float yes", "1:3: the text does not fit its tag !!float" },
		{ "!!float 18446744073709551615", "1:3: the text does not fit its tag !!float" },
		{ "!!bool 1", "1:3: the text does not fit its tag !!bool" },
		{ "!!null x", "1:3: the text does not fit its tag !!null" },
		{ "!!timestamp 2001-02-29", "1:3: the text does not fit its tag !!timestamp" },
		{ "!!timestamp 2001-13-01", "1:3: the text does not fit its tag !!timestamp" },
		{ "!!timestamp 2001-12-14 21:59:43Z", "1:3: the text does not fit its tag !!timestamp" },
		{ "!!timestamp 2001-12-14T25:59:43Z", "1:3: the text does not fit its tag !!timestamp" },
		{ "!!binary a", "1:3: the text does not fit its tag !!binary" },
		{ "!!binary \"a===\"", "1:3: the text does not fit its tag !!binary" },
		{ "!!binary \"aGVsbG8=aGVs\"", "1:3: the text does not fit its tag !!binary" },
		{ "!!float .inf", "1:3: an infinite number or .nan cannot stand in JSON" },
		{ "-.INF", "1:3: an infinite number or .nan cannot stand in JSON" },
		{ ".NaN", "1:3: an infinite number or .nan cannot stand in JSON" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		np_auto_free char *text = np_xasprintf("- %s", rows[i].text);
		bool bad = strstr(rows[i].json, ": ") != NULL;
		np_auto_free char *want = np_xasprintf(bad ? "%s" : "[%s]", rows[i].json);

		ck_assert_msg(strcmp(as_json(false, np_str_from(text), 0), want) == 0, "'%s' is %s", rows[i].text,
			      as_json(false, np_str_from(text), 0));
	}
}
END_TEST

START_TEST(keys)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "y: 1", "{\"true\":1}" }, { "n: 1", "{\"false\":1}" }, { "off: 1", "{\"false\":1}" },
		{ "\"y\": 1", "{\"y\":1}" }, { "0x50: 1", "{\"80\":1}" }, { "1.0: 1", "{\"1\":1}" },
		{ "1.5: 1", "{\"1.5\":1}" }, { "1e6: 1", "{\"1e+06\":1}" }, { "100000.0: 1", "{\"100000\":1}" },
		{ "1e-5: 1", "{\"1e-05\":1}" }, { "0.0001: 1", "{\"0.0001\":1}" }, { "0.1: 1", "{\"0.1\":1}" },
		{ "16777217.0: 1", "{\"1.6777216e+07\":1}" }, { "1e300: 1", "{\".inf\":1}" },
		{ ".inf: 1", "{\".inf\":1}" }, { "-.inf: 1", "{\"-.inf\":1}" }, { ".nan: 1", "{\".nan\":1}" },
		{ "9223372036854775807: 1", "{\"9223372036854775807\":1}" },
		{ "9223372036854775808: 1", "1:1: a number above 9223372036854775807 cannot be a map key" },
		{ "2001-01-01: 1", "{\"2001-01-01\":1}" }, { "? a\n: 1", "{\"a\":1}" },
		{ "~: 1", "1:1: null cannot be a map key" }, { "?\n: 1", "1:2: null cannot be a map key" },
		{ "&a 1.0: x\n*a : z", "{\"1\":\"z\"}" }, { "&a 1e6: *a", "{\"1e+06\":1000000}" },
		{ "&a .inf: *a", "1:10: an infinite number or .nan cannot stand in JSON" },
		{ "a: &n ~\n*n : 1", "2:1: null cannot be a map key" },
		{ "a: &m {}\n*m : 1", "2:1: a map cannot be a map key" },
		/* Different to go-yaml, the same in JSON. */
		{ "1: a\n\"1\": b", "{\"1\":\"b\"}" }, { "1: a\n1.0: b", "{\"1\":\"b\"}" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(strcmp(as_json(false, np_str_from(rows[i].text), 0), rows[i].want) == 0, "'%s' is %s",
			      rows[i].text, as_json(false, np_str_from(rows[i].text), 0));
}
END_TEST

START_TEST(merges)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{<<: {a: 1}, b: 2}", "{\"a\":1,\"b\":2}" },
		/* Where it stands: what comes later wins. */
		{ "{a: 0, <<: {a: 1}}", "{\"a\":1}" }, { "{<<: {a: 1}, a: 0}", "{\"a\":0}" },
		{ "x: &x {a: 1}\nz: {<<: *x}", "{\"x\":{\"a\":1},\"z\":{\"a\":1}}" },
		/* Earlier maps of a list win. */
		{ "{<<: [{a: 1, b: 1}, {a: 2, c: 2}]}", "{\"c\":2,\"a\":1,\"b\":1}" },
		{ "{<<: []}", "{}" }, { "{<<: {}}", "{}" },
		{ "{<<: {<<: {a: 1}, b: 2}}", "{\"a\":1,\"b\":2}" },
		{ "{\"<<\": {a: 1}}", "{\"<<\":{\"a\":1}}" }, { "{!!str <<: {a: 1}}", "{\"<<\":{\"a\":1}}" },
		{ "{!!merge \"<<\": {a: 1}}", "{\"a\":1}" }, { "[<<]", "[\"<<\"]" },
		{ "{<<: ~}", "1:6: a merge key (<<) needs a map or a list of maps" },
		{ "{<<: [[{a: 1}]]}", "1:7: a merge key (<<) needs a map or a list of maps" },
		{ "{<<: {a: 1}, <<: {a: 2}}", "{\"a\":2}" },
		{ "{&k <<: {a: 1}, b: *k}", "{\"a\":1,\"b\":\"<<\"}" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(strcmp(as_json(false, np_str_from(rows[i].text), 0), rows[i].want) == 0, "'%s' is %s",
			      rows[i].text, as_json(false, np_str_from(rows[i].text), 0));
}
END_TEST

START_TEST(aliases)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "[&a x, *a, *a]", "[\"x\",\"x\",\"x\"]" },
		{ "[&a [1], *a, &a 2, *a]", "[[1],[1],2,2]" },
		/* An inner anchor of the same name takes the name over. */
		{ "- &a [&a 1, *a]\n- *a", "[[1,1],1]" },
		{ "- &a [&b 1]\n- [*a, *b]", "[[1],[[1],1]]" },
		{ "&r {a: 1}", "{\"a\":1}" },
		{ "- &a [&a [*a]]", "1:11: the value of anchor 'a' contains itself" },
		{ "&r [*r]", "1:5: the value of anchor 'r' contains itself" },
		{ "[*a, &a 1]", "1:2: no anchor 'a' stands before this alias" },
		/* Anchors end with their document. */
		{ "&a 1\n---\n*a", "3:1: no anchor 'a' stands before this alias" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(strcmp(as_json(false, np_str_from(rows[i].text), 0), rows[i].want) == 0, "'%s' is %s",
			      rows[i].text, as_json(false, np_str_from(rows[i].text), 0));
}
END_TEST

static const char *read_with(struct np_str text, struct np_read_opts opts, size_t *ret_n)
{
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	int failed = np_read_yaml(text, &opts, &docs, &err);

	*ret_n = docs.n;
	np_docs_release(&docs);
	return outcome(failed, &err);
}

static void add_repeated(struct np_buf *b, const char *s, size_t n)
{
	while (n--)
		np_buf_adds(b, s);
}

/*
 * go-yaml's bound: 400,000 steps may be 99 % aliased. Steps of "- &a [x * n]" and k aliases: document 1, outer list 1, inner list 1 + n, every
 * alias 1 and then 1 + n aliased ones.
 */
START_TEST(alias_bomb)
{
	static const struct {
		size_t n, k;
		bool ok;
	} rows[] = {
		{ 9, 10, true },	/* 100 aliased: the first bound does not bite */
		{ 9, 100, true },	/* 1000 of 1112: 90 % */
		{ 998, 80, true },	/* 79920 of 81000: 98.7 % */
		{ 998, 999, false },	/* 99.8 %, 84 % allowed */
		{ 2000, 100, true },	/* 200100 of 202203: 98.96 % */
		{ 2000, 150, false },	/* 300150 of 302303: 99.3 % */
		{ 399000, 1, true },	/* 399001 of 798005: 50 %, 89 % allowed */
		{ 399000, 2, true },	/* 798002 of 1197007: 67 %, 79 % allowed */
		{ 399000, 3, false },	/* 1197003 of 1596009: 75 %, 69 % allowed */
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_buf b = { 0 };
		size_t n;

		np_buf_adds(&b, "- &a [");
		add_repeated(&b, "x,", rows[i].n);
		np_buf_adds(&b, "]\n");
		add_repeated(&b, "- *a\n", rows[i].k);
		const char *got = read_with((struct np_str){ b.data, b.len }, (struct np_read_opts){ 0 }, &n);

		ck_assert_msg((strcmp(got, "ok") == 0) == rows[i].ok, "row %zu: %s", i, got);
		np_buf_release(&b);
	}
}
END_TEST

/* The example of go-yaml's own test of limits: a million bytes of maps with a hundred aliases. */
START_TEST(alias_bomb_of_go_yaml)
{
	struct np_buf b = { 0 };
	const char *got;
	size_t n;

	np_buf_adds(&b, "{a: &a [{a}");
	add_repeated(&b, ",{a}", 1000 * 1024 / 4 - 100);
	np_buf_adds(&b, "], b: &b [*a");
	add_repeated(&b, ",*a", 99);
	np_buf_adds(&b, "]}");
	got = read_with((struct np_str){ b.data, b.len }, (struct np_read_opts){ 0 }, &n);
	ck_assert_msg(strstr(got, "expands to too much"), "%s", got);
	np_buf_release(&b);
	/* Nine levels of nine, a billion laughs, end at once. */
	np_buf_adds(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		np_buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			np_buf_printf(&b, "*a%d,", i - 1);
		np_buf_adds(&b, "]\n");
	}
	got = read_with((struct np_str){ b.data, b.len }, (struct np_read_opts){ 0 }, &n);
	ck_assert_msg(strstr(got, "expands to too much"), "%s", got);
	np_buf_release(&b);
}
END_TEST

START_TEST(bounded_work)
{
	static const struct {
		const char *head, *body;
		size_t n_head, n_body;
		const char *want;	/* part of the outcome */
	} rows[] = {
		{ "[", "", 62500, 0, "exceeded max depth of 10000" },
		{ "- ", "", 62500, 0, "exceeded max depth of 10000" },
		{ "{a: ", "", 62500, 0, "exceeded max depth of 10000" },
		{ "? ", "", 62500, 0, "cannot be a map key" },
		{ "[", "a,", 1000, 1000000, "did not find expected node content" },
		{ "[", "[],", 9999, 500000, "did not find expected node content" },
		{ "[", "{a: [b]},", 9990, 300000, "did not find expected node content" },
		{ "", "a", 0, NP_READ_MAX_BYTES, "ok" },
		{ "", "\n", 0, NP_READ_MAX_BYTES, "ok" },
		{ "", "#", 0, NP_READ_MAX_BYTES, "ok" },
		{ "", "- a\n", 0, 700000, "ok" },
		{ "", "%TAG !a! x\n", 0, 1001, "found duplicate %TAG directive" },
		{ "", "a", 0, NP_READ_MAX_BYTES + 1, "longer than 3145728" },
		{ "", "---\n", 0, NP_READ_MAX_DOCS, "ok" },
		{ "", "---\n", 0, NP_READ_MAX_DOCS + 1, "more than 10000 documents" },
		{ "", "&a ", 0, 1000000, "did not find" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_buf b = { 0 };
		const char *got;
		size_t n;

		add_repeated(&b, rows[i].head, rows[i].n_head);
		add_repeated(&b, rows[i].body, rows[i].n_body);
		got = read_with((struct np_str){ b.data, b.len },
				(struct np_read_opts){ .max_depth = NP_YAML_POLICY_DEPTH }, &n);
		ck_assert_msg(strstr(got, rows[i].want), "row %zu: %s", i, got);
		np_buf_release(&b);
	}
}
END_TEST

/* Many anchors and many equal keys must not cost their square. */
START_TEST(many_names)
{
	struct np_buf b = { 0 };
	size_t n;

	for (int i = 0; i < 100000; i++)
		np_buf_printf(&b, "k%d: &a%d x\nl%d: *a%d\n", i % 50000, i, i, i);
	ck_assert_str_eq(read_with((struct np_str){ b.data, b.len },
				   (struct np_read_opts){ .max_bytes = b.len }, &n), "ok");
	np_buf_release(&b);
}
END_TEST

START_TEST(streams)
{
	static const struct {
		struct np_str text;
		const char *want;
	} rows[] = {
		{ TEXT("a: 1\n---\n---\n# c\n---\nb\n...\n"), "{\"a\":1}\nnull\nnull\n\"b\"" },
		{ TEXT("# nothing\n"), "" }, { TEXT(""), "" }, { TEXT("---\n"), "null" },
		{ TEXT("%YAML 1.1\n---\na\n"), "\"a\"" },
		{ TEXT("%YAML 1.0\n---\na\n"), "1:1: %YAML 1.0: only 1.1 is known" },
		{ TEXT("\xef\xbb\xbf" "a: 1\n"), "{\"a\":1}" },
		{ TEXT("\xff\xfe" "a\0:\0 \0\xe4\0\n\0"), "{\"a\":\"\xc3\xa4\"}" },
		{ TEXT("\xfe\xff" "\0a\0:\0 \x20\xac\0\n"), "{\"a\":\"\xe2\x82\xac\"}" },
		{ TEXT("a: 1\r\nb: 2\r\n"), "{\"a\":1,\"b\":2}" },
		{ TEXT("a:\t1\n"), "{\"a\":1}" }, { TEXT("{a:\t1,\t b: 2}\n"), "{\"a\":1,\"b\":2}" },
		{ TEXT("a: |\n  x\n  y\nb: >\n  x\n  y\n"), "{\"a\":\"x\\u000ay\\u000a\",\"b\":\"x y\\u000a\"}" },
		{ TEXT("{\"a\": [1, true, null, \"x\"]}"), "{\"a\":[1,true,null,\"x\"]}" },
		{ TEXT("a: b\x7f\n"), "1:5: control characters are not allowed" },
		{ TEXT("a: \xc0\xaf\n"), "1:4: invalid length of a UTF-8 sequence" },
		{ TEXT("\xff\xfe" "a\0\n\0b\0\1\0"), "2:2: control characters are not allowed" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(strcmp(as_json(false, rows[i].text, 0), rows[i].want) == 0, "row %zu: %s", i,
			      as_json(false, rows[i].text, 0));
}
END_TEST

START_TEST(first_document_only)
{
	const struct np_read_opts first = { .first_only = true };
	size_t n;

	ck_assert_str_eq(read_with(NP_STR("a: 1\n---\n\t{{{ not yaml"), first, &n), "ok");
	ck_assert_uint_eq(n, 1);
	ck_assert_str_ne(read_with(NP_STR("a: 1\n---\n\t{{{ not yaml"), (struct np_read_opts){ 0 }, &n), "ok");
	ck_assert_str_eq(read_with(NP_STR("# nothing\n"), first, &n), "ok");
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(places)
{
	static const char text[] = "# c\na:\n  - 1\n  - {b: \"x\"}\n---\n\xc3\xa4: &x yes\n<<: {q: 1}\n1: a\n'1': b\n";
	struct np_docs docs;
	struct np_err err;

	ck_assert_int_eq(np_read_yaml(np_str_from(text), &(struct np_read_opts){ 0 }, &docs, &err), 0);
	ck_assert_uint_eq(docs.n, 2);
	ck_assert_ptr_null(docs.file);
	const struct np_value *v = np_value_at(&docs.items[0].root, "a[1].b");

	ck_assert(v && v->line == 4 && v->column == 9 && v->quoted);
	v = np_value_at(&docs.items[0].root, "a[0]");
	ck_assert(v && v->line == 3 && v->column == 5 && !v->quoted);
	ck_assert_uint_eq(docs.items[0].root.height, 3);
	ck_assert_uint_eq(docs.items[1].line, 5);
	const struct np_value *root = &docs.items[1].root;

	ck_assert_uint_eq(root->n, 4);
	ck_assert(root->pairs[0].line == 6 && root->pairs[0].column == 1 && root->pairs[0].value.column == 4);
	ck_assert(root->pairs[1].merged && np_str_is(root->pairs[1].key, "q"));
	/* An integer and a string that look alike are no duplicates to go-yaml. */
	ck_assert(root->pairs[2].key_kind == NP_VALUE_INT && root->pairs[2].overridden);
	ck_assert(!root->pairs[3].duplicate && docs.items[1].n_duplicates == 0);
	np_docs_release(&docs);
}
END_TEST

/* Strict readers see what was set twice, also through a merge (semantics 4.3). */
START_TEST(duplicates)
{
	static const struct {
		const char *text;
		size_t n;
		unsigned line;
	} rows[] = {
		{ "a: 1\nb: 2\n", 0, 0 },     { "a: 1\na: 2\n", 1, 2 },
		{ "a: 1\n<<: {a: 2}\n", 1, 2 }, { "<<: {a: 2}\na: 1\n", 1, 2 },
		{ "x: {y: {z: 1, z: 2}}\n", 1, 1 }, { "y: 1\ntrue: 2\n", 1, 2 },
		{ "0x1: 1\n1: 2\n", 1, 2 },     { "1: 1\n1.0: 2\n", 0, 0 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_docs docs;
		struct np_err err;

		ck_assert_int_eq(np_read_yaml(np_str_from(rows[i].text), &(struct np_read_opts){ 0 }, &docs, &err), 0);
		ck_assert_msg(docs.items[0].n_duplicates == rows[i].n, "row %zu", i);
		if (rows[i].n)
			ck_assert_uint_eq(docs.items[0].duplicates[0].line, rows[i].line);
		np_docs_release(&docs);
	}
}
END_TEST

RUN_TESTS("yaml", plain_scalars, tags, keys, merges, aliases, alias_bomb, alias_bomb_of_go_yaml, bounded_work, many_names,
	  streams, first_document_only, places, duplicates)
