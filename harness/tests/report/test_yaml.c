/* test_yaml.c - the emitter: what it writes is what a reader of Kubernetes manifests reads. */
#include "../../report/yaml.h"
#include "np/base/json.h"
#include "np/parse/encode.h"
#include "np/parse/read.h"
#include "report_test.h"

/* The documents of a YAML text as JSON, through the reader with go-yaml's rules; exactly one. */
static json_t *read_back(const char *text, size_t n)
{
	const struct np_read_opts opts = { .max_depth = 200 };
	struct np_docs docs = { 0 };
	struct np_buf out = { 0 };
	struct np_err err = { 0 };
	json_t *v;

	ck_assert_msg(np_read_yaml((struct np_str){ text, n }, &opts, &docs, &err) == 0,
		      "%u:%u: %s in:\n%.2000s", err.line, err.column, err.msg, text);
	ck_assert_uint_eq(docs.n, 1);
	ck_assert(np_encode_json(&docs.items[0].root, 0, &out, &err) == 0);
	v = np_json_parse(out.data, out.len, &err);
	ck_assert_msg(v != NULL, "%s", err.msg);
	np_buf_release(&out);
	np_docs_release(&docs);
	return v;
}

/* Takes @v. */
static void round_trip(json_t *v)
{
	struct np_buf b = { 0 };
	json_t *back;

	np_report_yaml(v, &b);
	ck_assert(strncmp(np_buf_text(&b), "---", 3) == 0);
	ck_assert(b.data[b.len - 1] == '\n');
	back = read_back(b.data, b.len);
	ck_assert_msg(json_equal(v, back), "differs:\n%.2000s", b.data);
	json_decref(back);
	json_decref(v);
	np_buf_release(&b);
}

static const char *const odd_texts[] = {
	"",
	" ",
	"a",
	" a",
	"a ",
	"a b",
	"~",
	"null",
	"Null",
	"NULL",
	"true",
	"False",
	"yes",
	"No",
	"on",
	"OFF",
	"y",
	"Y",
	"n",
	"N",
	"0",
	"1",
	"-1",
	"+1",
	"007",
	"0o7",
	"0x1f",
	"0b1",
	"1_000",
	"1e3",
	"1E3",
	".5",
	"5.",
	"1.0",
	".inf",
	"-.INF",
	".nan",
	"NaN",
	"inf",
	"2001-01-01",
	"2001-01-01T00:00:00Z",
	"12:30:45",
	"190:20:30",
	"<<",
	"=",
	"!",
	"!!str",
	"&a",
	"*a",
	"@a",
	"`a",
	"%a",
	"|",
	">",
	"-",
	"--",
	"---",
	"...",
	"- a",
	"? a",
	": a",
	"a: b",
	"a:",
	"a #b",
	"#a",
	"{",
	"}",
	"[",
	"]",
	",",
	"{}",
	"[]",
	"'",
	"\"",
	"''",
	"\"\"",
	"\\",
	"\\n",
	"a\nb",
	"\n",
	"a\n",
	"\na",
	"a\n\n",
	"\n---\n",
	"a\tb",
	"\t",
	"a\r\nb",
	"\r",
	"\033[2J",
	"\001",
	"\177",
	"\302\205",
	"\342\200\250",
	"\342\200\251",
	"\357\273\277",
	"\357\277\276",
	"\360\237\230\200",
	"\303\244",
	"a/b",
	"a.b",
	"10.0.0.0/8",
	"::1",
	"fd00::/8",
	"::",
	"a::b",
	"$(x)",
	"${x}",
	"%s",
	"END_OF_OBJECT",
	"END_OF_OBJECT\nx",
	"@PREFIX@-x",
};

START_TEST(odd_texts_as_values_keys_and_items)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(odd_texts); i++) {
		const char *t = odd_texts[i];

		round_trip(np_json_pack("{s:s, s:[s, s], s:{s:s}}", "v", t, "l", t, t, t, t, "x"));
		round_trip(np_json_pack("[s]", t));
		round_trip(json_string(t));
	}
}
END_TEST

START_TEST(every_character)
{
	struct np_buf all = { 0 };

	for (uint32_t c = 1; c < 0x11000; c++) {
		char bytes[5] = "";

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (c < 0x80)
			snprintf(bytes, sizeof(bytes), "%c", (int)c);
		else if (c < 0x800)
			snprintf(bytes, sizeof(bytes), "%c%c", 0xc0 | c >> 6, 0x80 | (c & 63));
		else if (c < 0x10000)
			snprintf(bytes, sizeof(bytes), "%c%c%c", 0xe0 | c >> 12,
				 0x80 | (c >> 6 & 63), 0x80 | (c & 63));
		else
			snprintf(bytes, sizeof(bytes), "%c%c%c%c", 0xf0 | c >> 18,
				 0x80 | (c >> 12 & 63), 0x80 | (c >> 6 & 63), 0x80 | (c & 63));
		np_buf_adds(&all, bytes);
		if (all.len < 4000)
			continue;
		round_trip(json_string(np_buf_text(&all)));
		np_buf_clear(&all);
	}
	round_trip(json_string(np_buf_text(&all)));
	np_buf_release(&all);
}
END_TEST

START_TEST(long_texts_stay_on_one_line)
{
	struct np_buf text = { 0 }, b = { 0 };
	json_t *v;

	for (int i = 0; i < 500; i++)
		np_buf_printf(&text, "word%d \"q\" ", i);
	v = np_json_pack("{s:s, s:s}", "key", np_buf_text(&text), np_buf_text(&text), "value");
	np_report_yaml(v, &b);
	/* "---", the pair, and the long key with its value: nothing else begins a line. */
	ck_assert_uint_le(count(b.data, "\n"), 4);
	round_trip(v);
	np_buf_release(&b);
	np_buf_release(&text);
}
END_TEST

START_TEST(numbers_and_words)
{
	static const char *const texts[] = {
		"0",
		"-1",
		"9223372036854775807",
		"-9223372036854775808",
		"1.5",
		"-0.25",
		"1e-7",
		"true",
		"false",
		"null",
		"{}",
		"[]",
		"[[],{},[{}]]",
		"{\"a\":{\"b\":[]}}",
		"[null,true,80,\"80\",\"true\"]",
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(texts); i++) {
		struct np_err err = { 0 };

		round_trip(np_json_parse(texts[i], strlen(texts[i]), &err));
	}
}
END_TEST

static json_t *nested(unsigned depth)
{
	json_t *v = json_string("inside");

	while (depth--)
		v = depth % 2 ? np_json_pack("[o]", v) : np_json_pack("{s:o}", "k", v);
	return v;
}

START_TEST(depth_is_bounded)
{
	struct np_buf b = { 0 };
	json_t *deep = nested(1500), *back;

	round_trip(nested(60));
	np_report_yaml(deep, &b);
	back = read_back(b.data, b.len);
	ck_has_not(b.data, "inside");
	json_decref(back);
	json_decref(deep);
	np_buf_release(&b);
}
END_TEST

START_TEST(a_policy_as_people_write_it)
{
	struct np_buf b = { 0 };
	json_t *policy =
		np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{}, s:[s], s:[{s:[{s:i}]}]}}",
			     "apiVersion", "networking.k8s.io/v1", "kind", "NetworkPolicy",
			     "metadata", "name", "web", "namespace", "y", "spec", "podSelector",
			     "policyTypes", "Ingress", "ingress", "ports", "port", 80);

	np_report_yaml(policy, &b);
	ck_assert_str_eq(b.data, "---\n"
				 "apiVersion: networking.k8s.io/v1\n"
				 "kind: NetworkPolicy\n"
				 "metadata:\n"
				 "  name: web\n"
				 "  namespace: \"y\"\n"
				 "spec:\n"
				 "  podSelector: {}\n"
				 "  policyTypes:\n"
				 "  - Ingress\n"
				 "  ingress:\n"
				 "  - ports:\n"
				 "    - port: 80\n");
	json_decref(policy);
	np_buf_release(&b);
}
END_TEST

RUN_TESTS("yaml", odd_texts_as_values_keys_and_items, every_character, long_texts_stay_on_one_line,
	  numbers_and_words, depth_is_bounded, a_policy_as_people_write_it)
