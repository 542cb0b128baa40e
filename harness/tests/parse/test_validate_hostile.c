/*
 * test_validate_hostile.c - what nobody would write: 3 MiB of one thing, bombs, endless brackets, a
 * valid policy with each byte changed in each way. Every one ends with an answer of the right kind;
 * the time it takes is bounded by the time-out of the test, the memory by the arena's count.
 */
#include "np/parse/validate.h"
#include "parse_test.h"

#define MAX_ARENA_BYTES ((size_t)192 << 20)

static void add_repeated(struct np_buf *b, const char *unit, size_t n)
{
	size_t length = strlen(unit);

	for (size_t i = 0; i < n && b->len + length <= NP_READ_MAX_BYTES; i++)
		np_buf_add(b, unit, length);
}

/* The stages of the three modes, as text; released with the next call. */
static const char *judge(struct np_str text)
{
	static char stages[64];

	stages[0] = '\0';
	for (int mode = NP_DECODE_KUBECTL; mode <= NP_DECODE_API_YAML; mode++) {
		const struct np_validate_opts opts = { .mode = (enum np_decode_mode)mode,
						       .fields = NP_FIELDS_WARN };
		struct np_validations out;
		size_t at = strlen(stages);

		np_validate_text(text, &opts, &out);
		ck_assert_uint_lt(out.arena.used_bytes, MAX_ARENA_BYTES);
		ck_assert(mode == NP_DECODE_KUBECTL || out.n == 1);
		snprintf(stages + at, sizeof(stages) - at, "%s%s", at ? " " : "",
			 out.n ? np_stage_name(out.items[0].stage) : "none");
		np_validations_release(&out);
	}
	return stages;
}

START_TEST(much_of_one_thing)
{
	static const struct {
		const char *unit, *stages;
	} rows[] = {
		{ "[", "client decode decode" },       { "{", "client decode decode" },
		{ "- ", "client decode decode" },      { "a: ", "client decode decode" },
		{ "? ", "client decode decode" },      { "&a ", "none decode validation" },
		{ "*a ", "client decode decode" },     { "!x ", "client decode decode" },
		{ "- a\n", "client decode decode" },   { "#", "none decode validation" },
		{ "\n", "none decode validation" },    { " ", "none decode validation" },
		{ "\t", "client decode decode" },      { "'", "client decode decode" },
		{ "\"", "client decode decode" },      { "|\n", "client decode decode" },
		{ "a: b\n", "client decode validation" },
		{ "a: &a b\nc: *a\n", "client decode validation" },
		{ "%TAG !a! b\n", "client decode decode" },
		{ "{\"a\":", "client decode decode" }, { "[1,", "client decode decode" },
		{ "[[],", "client decode decode" },    { "<<: ", "client decode decode" },
		{ "\xc3\xa4", "client decode decode" }, { "\xff\xfe", "client decode decode" },
		{ "\xef\xbb\xbf", "client decode decode" },
		{ "0", "client decode decode" },       { "- - - - ", "client decode decode" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_buf b = { 0 };
		const char *got;

		add_repeated(&b, rows[i].unit, NP_READ_MAX_BYTES);
		got = judge((struct np_str){ b.data, b.len });
		ck_assert_msg(strcmp(got, rows[i].stages) == 0, "'%s' is %s", rows[i].unit, got);
		np_buf_release(&b);
	}
}
END_TEST

START_TEST(brackets)
{
	struct np_buf b = { 0 };

	add_repeated(&b, "[", 62500);
	ck_assert_str_eq(judge((struct np_str){ b.data, b.len }), "client decode decode");
	np_buf_release(&b);
	/* As deep as it may be, and one deeper. */
	for (size_t extra = 0; extra < 2; extra++) {
		np_buf_adds(&b, "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"x\":");
		add_repeated(&b, "[", 9998 + extra);
		add_repeated(&b, "]", 9998 + extra);
		np_buf_adds(&b, "}}");
		ck_assert_str_eq(judge((struct np_str){ b.data, b.len }),
				 extra ? "client decode decode" : "client accept accept");
		np_buf_release(&b);
	}
}
END_TEST

START_TEST(bombs)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++) {
		np_buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			np_buf_printf(&b, "*a%d,", i - 1);
		np_buf_adds(&b, "]\n");
	}
	ck_assert_str_eq(judge((struct np_str){ b.data, b.len }), "client decode decode");
	np_buf_release(&b);
	/* Within go-yaml's bound, but two megabytes said twenty thousand times. */
	np_buf_adds(&b, "metadata: {name: p, labels: {a: &s '");
	add_repeated(&b, "x", 2000000);
	np_buf_adds(&b, "'}}\nspec:\n  podSelector:\n    matchExpressions:\n"
			"    - {key: a, operator: In, values: [");
	add_repeated(&b, "*s, ", 20000);
	np_buf_adds(&b, "]}\n");
	ck_assert_str_eq(judge((struct np_str){ b.data, b.len }), "client decode validation");
	np_buf_release(&b);
	/* Twenty lists that are one. */
	np_buf_adds(&b, "metadata: {name: p}\nspec:\n  ingress:\n  - from: &f\n");
	add_repeated(&b, "    - {podSelector: {matchLabels: {a: b}}}\n", 3000);
	add_repeated(&b, "  - from: *f\n", 20);
	ck_assert_str_eq(judge((struct np_str){ b.data, b.len }), "client decode accept");
	np_buf_release(&b);
}
END_TEST

static const char policy[] = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			     "metadata: {name: p, labels: {a: b}}\nspec:\n  podSelector: &s {}\n"
			     "  ingress:\n  - from: [{namespaceSelector: *s}]\n"
			     "    ports: [{port: 80, endPort: 90}, {port: http}]\n"
			     "  - from:\n    - ipBlock: {cidr: 10.0.0.0/8, except: ['10.1.0.0/16']}\n";

/* Every byte becomes every other byte; what counts is that each gets an answer. */
START_TEST(every_byte)
{
	char text[sizeof(policy)];
	size_t n_accepted = 0;

	for (size_t i = 0; i + 1 < sizeof(policy); i++)
		for (unsigned c = 0; c < 256; c++) {
			const struct np_validate_opts opts = { .mode = NP_DECODE_API_YAML };
			struct np_validations out;

			memcpy(text, policy, sizeof(policy));
			text[i] = (char)c;
			np_validate_text((struct np_str){ text, sizeof(policy) - 1 }, &opts, &out);
			ck_assert_uint_eq(out.n, 1);
			ck_assert(out.items[0].stage == NP_STAGE_ACCEPT ||
				  out.items[0].n_findings);
			n_accepted += out.items[0].stage == NP_STAGE_ACCEPT;
			np_validations_release(&out);
		}
	ck_assert_uint_gt(n_accepted, sizeof(policy) - 1);
}
END_TEST

/* Every prefix, as each of the three. */
START_TEST(every_prefix)
{
	for (size_t n = 0; n < sizeof(policy); n++)
		ck_assert_msg(*judge((struct np_str){ policy, n }), "%zu", n);
	ck_assert_str_eq(judge((struct np_str){ policy, sizeof(policy) - 1 }),
			 "accept decode accept");
}
END_TEST

RUN_TESTS("validate_hostile", much_of_one_thing, brackets, bombs, every_byte, every_prefix)
