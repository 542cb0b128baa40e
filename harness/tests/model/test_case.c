/* test_case.c - what expectations say of a cell. */
#include "np/model/case.h"

#include "../suite.h"

#define TERM(s) { NP_STR(s), false }
#define NOT(s) { NP_STR(s), true }

static const struct np_end_name pod_xa = { NP_STR("x/a"), .is_pod = true, .node = NP_STR("n1") };
static const struct np_end_name pod_yb = { NP_STR("y/b"), .is_pod = true, .node = NP_STR("n2") };
static const struct np_end_name host = {
	NP_STR("x/h"), .is_pod = true, .is_host = true, .node = NP_STR("n1"),
};
static const struct np_end_name node = { .name = NP_STR("node/n1") };
static const struct np_end_name node_agent = { NP_STR("node/a"), .is_host = true, .node = NP_STR("n1") };
static const struct np_end_name ext = { NP_STR("ext/a"), .is_ext = true };
static const struct np_end_name svc = { NP_STR("svc:x/web"), .is_service = true };
static const struct np_end_name dns = { .name = NP_STR("dns") };
static const struct np_end_name svc_dns = { NP_STR("svc:dns"), .is_service = true };

START_TEST(needs)
{
	enum np_need n;
	int found = 0;

	for (unsigned bit = 0; bit < 32; bit++) {
		const char *name = np_need_name((enum np_need)(1U << bit));

		if (np_need_parse(np_str_from(name), &n)) {
			ck_assert_uint_eq(n, 1U << bit);
			found++;
		}
	}
	ck_assert_int_eq(found, 11);
	ck_assert(!np_need_parse(NP_STR("ipv5"), &n));
}
END_TEST

START_TEST(patterns)
{
	static const struct {
		const char *pattern;
		const struct np_end_name *end;
		bool match;
	} rows[] = {
		{ "any", &pod_xa, true }, { "any", &svc, true }, { "any", &dns, true }, { "any", &ext, true },
		{ "any", &node, true }, { "any", &host, true },
		{ "pods", &pod_xa, true }, { "pods", &host, false }, { "pods", &ext, false },
		{ "pods", &node, false }, { "pods", &dns, false }, { "pods", &svc, false },
		{ "hosts", &host, true }, { "hosts", &pod_xa, false }, { "hosts", &node_agent, true },
		{ "ext", &ext, true }, { "ext", &pod_xa, false },
		{ "x/a", &pod_xa, true }, { "x/a", &pod_yb, false }, { "x/*", &pod_xa, true },
		{ "x/*", &pod_yb, false }, { "*/b", &pod_yb, true }, { "?/a", &pod_xa, true },
		{ "*", &pod_xa, true }, { "*", &svc, false }, { "*x/web", &svc, false },
		{ "svc:*", &svc, true }, { "svc:x/*", &svc, true }, { "svc:*", &pod_xa, false },
		{ "svc:dns", &svc_dns, true }, { "dns", &svc_dns, false }, { "dns", &dns, true },
		{ "*dns", &svc_dns, false }, { "ext/*", &ext, true }, { "node/*", &node, true },
		{ "x/a*", &pod_xa, true }, { "x/a?", &pod_xa, false }, { "x", &pod_xa, false },
		{ "**/**", &pod_xa, true }, { "x/a/", &pod_xa, false }, { "[x]/a", &pod_xa, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_expect_term term = { np_str_from(rows[i].pattern), false };
		struct np_expect_line line = { .from = &term, .n_from = 1 };
		const struct np_expect e = { &line, 1 };
		const struct np_expect_line *got;

		ck_assert_msg(np_expect_lookup(&e, rows[i].end, &pod_yb, NP_TCP, 80, 4, &got) == rows[i].match,
			      "%s on " NP_STR_FMT, rows[i].pattern, NP_STR_ARG(rows[i].end->name));
		line = (struct np_expect_line){ .to = &term, .n_to = 1 };
		ck_assert(np_expect_lookup(&e, &pod_yb, rows[i].end, NP_TCP, 80, 4, &got) == rows[i].match);
	}
}
END_TEST

START_TEST(glob_is_not_exponential)
{
	static char stars[2001], text[2001];
	struct np_expect_term term = { { stars, 2000 }, false };
	struct np_expect_line line = { .to = &term, .n_to = 1 };
	const struct np_expect e = { &line, 1 };
	const struct np_end_name end = { { text, 2000 }, .is_pod = true };
	const struct np_expect_line *got;

	for (int i = 0; i < 2000; i += 2)
		memcpy(stars + i, "*a", 2);
	stars[1999] = 'b';
	memset(text, 'a', 2000);
	ck_assert(!np_expect_lookup(&e, &pod_xa, &end, NP_TCP, 80, 4, &got));
}
END_TEST

START_TEST(term_lists)
{
	static struct np_expect_term both[] = { TERM("x/*"), TERM("ext") };
	static struct np_expect_term but[] = { TERM("x/*"), NOT("x/a") };
	static struct np_expect_term only_not[] = { NOT("ext"), NOT("y/*") };
	static const struct {
		struct np_expect_term *terms;
		const struct np_end_name *end;
		bool match;
	} rows[] = {
		{ both, &pod_xa, true }, { both, &ext, true }, { both, &pod_yb, false },
		{ but, &pod_xa, false }, { but, &host, true }, { but, &ext, false },
		{ only_not, &pod_xa, true }, { only_not, &ext, false }, { only_not, &pod_yb, false },
		{ only_not, &svc, true },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_expect_line line = { .from = rows[i].terms, .n_from = 2 };
		const struct np_expect e = { &line, 1 };
		const struct np_expect_line *got;

		ck_assert_msg(np_expect_lookup(&e, rows[i].end, &pod_yb, NP_TCP, 80, 4, &got) == rows[i].match,
			      "row %zu", i);
	}
}
END_TEST

START_TEST(ports_and_families)
{
	static struct np_expect_port list[] = {
		{ NP_TCP, false, 80, 90 }, { NP_UDP, false, 0, 0 }, { NP_TCP, true, 53, 53 },
	};
	static const struct {
		enum np_proto proto;
		uint16_t port;
		bool match;
	} rows[] = {
		{ NP_TCP, 79, false }, { NP_TCP, 80, true }, { NP_TCP, 90, true }, { NP_TCP, 91, false },
		{ NP_UDP, 1, true }, { NP_UDP, 65535, true }, { NP_SCTP, 53, true }, { NP_SCTP, 80, false },
	};
	struct np_expect_line line = { .ports = list, .n_ports = NP_ARRAY_SIZE(list) };
	const struct np_expect e = { &line, 1 };
	const struct np_expect_line *got;

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(np_expect_lookup(&e, &pod_xa, &pod_yb, rows[i].proto, rows[i].port, 4, &got) ==
			      rows[i].match, "row %zu", i);
	line.family = 6;
	ck_assert(!np_expect_lookup(&e, &pod_xa, &pod_yb, NP_TCP, 80, 4, &got));
	ck_assert(np_expect_lookup(&e, &pod_xa, &pod_yb, NP_TCP, 80, 6, &got));
}
END_TEST

START_TEST(own_node)
{
	struct np_expect_line line = { .own_node = true };
	const struct np_expect e = { &line, 1 };
	const struct np_expect_line *got;
	static const struct {
		const struct np_end_name *src, *dst;
		bool match;
	} rows[] = {
		{ &node, &pod_xa, true }, { &node_agent, &pod_xa, true }, { &host, &pod_xa, true },
		{ &node, &pod_yb, false }, { &host, &pod_yb, false }, { &pod_xa, &pod_xa, false },
		{ &ext, &pod_xa, false }, { &node, &ext, false }, { &node, &dns, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++)
		ck_assert_msg(np_expect_lookup(&e, rows[i].src, rows[i].dst, NP_TCP, 80, 4, &got) ==
			      rows[i].match, "row %zu", i);
}
END_TEST

START_TEST(later_lines_override)
{
	static struct np_expect_term to_x[] = { TERM("x/*") }, from_ext[] = { TERM("ext") };
	struct np_expect_line lines[] = {
		{ .kind = NP_EXPECT_ALLOW },
		{ .kind = NP_EXPECT_DENY, .to = to_x, .n_to = 1 },
		{ .kind = NP_EXPECT_OPEN, .from = from_ext, .n_from = 1, .to = to_x, .n_to = 1 },
	};
	const struct np_expect e = { lines, 3 };
	const struct np_expect_line *got;

	ck_assert(np_expect_lookup(&e, &pod_xa, &pod_yb, NP_TCP, 80, 4, &got) && got == &lines[0]);
	ck_assert(np_expect_lookup(&e, &pod_yb, &pod_xa, NP_TCP, 80, 4, &got) && got == &lines[1]);
	ck_assert(np_expect_lookup(&e, &ext, &pod_xa, NP_TCP, 80, 4, &got) && got == &lines[2]);
	ck_assert(!np_expect_lookup(&(struct np_expect){ lines + 1, 2 }, &pod_xa, &pod_yb, NP_TCP, 80, 4, &got));
	ck_assert(!np_expect_lookup(&(struct np_expect){ 0 }, &pod_xa, &pod_yb, NP_TCP, 80, 4, &got));
}
END_TEST

START_TEST(release)
{
	struct np_case c = { 0 };
	struct np_worldfile w = { 0 };

	c.title = np_arena_str(&c.arena, NP_STR("t"));
	np_case_release(&c);
	np_case_release(&c);
	np_case_release(NULL);
	w.name = np_arena_str(&w.arena, NP_STR("t"));
	np_worldfile_release(&w);
	np_worldfile_release(NULL);
	ck_assert_ptr_null(c.title.p);
}
END_TEST

RUN_TESTS("case", needs, patterns, glob_is_not_exponential, term_lists, ports_and_families, own_node,
	  later_lines_override, release)
