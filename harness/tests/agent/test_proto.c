/* test_proto.c - the harness side of the agent's line protocol. */

#include "../suite.h"
#include "np/agent/proto.h"
#include "np/base/mem.h"

static struct np_addr addr(const char *text)
{
	struct np_addr a = { 0 };

	ck_assert(np_addr_parse(np_str_from(text), &a));
	return a;
}

/* ---- requests ---- */

START_TEST(batch_line)
{
	struct np_buf b = { 0 };

	np_agent_put_batch(&b, 7, 65536, 1000, 3);
	ck_assert_str_eq(np_buf_text(&b), "batch 7 65536 1000 3\n");
	np_buf_release(&b);
}
END_TEST

START_TEST(probe_lines)
{
	struct np_addr v4 = addr("10.0.0.7"), v6 = addr("fd00::1");
	const struct {
		struct np_probe_req req;
		const char *line;
	} cases[] = {
		{ { .idx = 0, .kind = NP_PROBE_TCP, .addr = v4, .port = 80, .expect = NP_STR("x/a") }, "p 0 tcp 10.0.0.7 80 x/a\n" },
		{ { .idx = 9, .kind = NP_PROBE_UDP, .addr = v6, .port = 65535, .expect = NP_STR("-") }, "p 9 udp fd00::1 65535 -\n" },
		{ { .idx = 1, .kind = NP_PROBE_SCTP, .addr = v6, .port = 1 }, "p 1 sctp fd00::1 1 -\n" },
		{ { .idx = 2, .kind = NP_PROBE_TCP, .addr = v4, .port = 81, .expect = NP_STR("x/b"), .src = &v4 },
		  "p 2 tcp 10.0.0.7 81 x/b src=10.0.0.7\n" },
		{ { .idx = 3, .kind = NP_PROBE_DNS_UDP, .addr = v4, .port = 53, .query = NP_STR("a.svc.") }, "p 3 dns-udp 10.0.0.7 53 - q=a.svc.\n" },
		{ { .idx = 4, .kind = NP_PROBE_DNS_TCP, .addr = v6, .port = 53, .src = &v6, .query = NP_STR("a") },
		  "p 4 dns-tcp fd00::1 53 - src=fd00::1 q=a\n" },
		/* no name adds a field or a line */
		{ { .idx = 5, .kind = NP_PROBE_TCP, .addr = v4, .port = 80, .expect = NP_STR("x a\nquit\177\0") }, "p 5 tcp 10.0.0.7 80 x?a?quit??\n" },
		{ { .idx = 6, .kind = NP_PROBE_DNS_UDP, .addr = v4, .port = 53, .query = NP_STR("a b\r\nq") }, "p 6 dns-udp 10.0.0.7 53 - q=a?b??q\n" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct np_buf b = { 0 };

		np_agent_put_probe(&b, &cases[i].req);
		ck_assert_str_eq(np_buf_text(&b), cases[i].line);
		ck_assert_uint_lt(b.len, NP_AGENT_LINE_MAX);
		np_buf_release(&b);
	}
}
END_TEST

/* ---- answers ---- */

static struct np_agent_msg parsed(const char *line)
{
	struct np_agent_msg m;
	struct np_err err = { 0 };

	ck_assert_msg(np_agent_parse(np_str_from(line), &m, &err) == 0, "'%s': %s", line, err.msg);
	return m;
}

START_TEST(hello)
{
	struct np_agent_msg m = parsed("hello 1 ns/pod 4096 sctp-raw,ipv6");

	ck_assert_int_eq(m.kind, NP_MSG_HELLO);
	ck_assert_uint_eq(m.version, 1);
	ck_assert(np_str_is(m.identity, "ns/pod"));
	ck_assert_uint_eq(m.max_in_flight, 4096);
	ck_assert(np_agent_has_cap(m.caps, "sctp-raw"));
	ck_assert(np_agent_has_cap(m.caps, "ipv6"));
	ck_assert(!np_agent_has_cap(m.caps, "sctp"));
	ck_assert(!np_agent_has_cap(m.caps, "sctp-kernel"));
	ck_assert(!np_agent_has_cap(parsed("hello 1 - 1 -").caps, "ipv6"));
}
END_TEST

START_TEST(result_of_an_answer)
{
	struct np_agent_msg m = parsed("r 3 12 allowed - 123 x/a 10.0.0.1 33333 9223372036854775806 9223372036854775807 1 33333");

	ck_assert_int_eq(m.kind, NP_MSG_RESULT);
	ck_assert_uint_eq(m.batch, 3);
	ck_assert_uint_eq(m.idx, 12);
	ck_assert_int_eq(m.outcome, NP_OUT_ALLOWED);
	ck_assert(np_str_is(m.detail, "-"));
	ck_assert(np_str_is(m.who, "x/a"));
	ck_assert(np_str_is(m.seen_addr, "10.0.0.1"));
	ck_assert_uint_eq(m.seen_port, 33333);
	ck_assert_uint_eq(m.src_port, 33333);
	ck_assert_uint_eq(m.attempts, 1);
	ck_assert_int_eq(m.rtt_us, 123);
	ck_assert_int_eq(m.start_us, 9223372036854775806LL);
	ck_assert_int_eq(m.end_us, 9223372036854775807LL);
}
END_TEST

START_TEST(result_of_silence)
{
	struct np_agent_msg m = parsed("r 3 12 rejected icmp:3.13 0 - - - 1 2 3 4");

	ck_assert_int_eq(m.outcome, NP_OUT_REJECTED);
	ck_assert(np_str_is(m.detail, "icmp:3.13"));
	ck_assert(np_str_is(m.seen_addr, "-"));
	ck_assert_uint_eq(m.seen_port, 0);
	ck_assert_uint_eq(m.src_port, 4);
}
END_TEST

START_TEST(other_answers)
{
	ck_assert_uint_eq(parsed("done 4294967295").batch, 4294967295U);
	ck_assert(np_str_is(parsed("pong t0ken").text, "t0ken"));
	ck_assert(np_str_is(parsed("fault batch 3: bad port '0'").text, "batch 3: bad port '0'"));
	ck_assert_uint_eq(parsed("fault").text.n, 0);
}
END_TEST

static const struct {
	const char *line;
	unsigned column;
} malformed[] = {
	{ "", 1 },
	{ " ", 1 },
	{ "hello", 6 },
	{ "hello 2 x 1 -", 7 },
	{ "hello 1 x", 10 },
	{ "hello 1 x 1 - more", 14 },
	{ "hello  1 x 1 -", 7 },
	{ "hello 1 x 1 \tipv6", 13 },
	{ "greetings 1", 1 },
	{ "don 1", 1 },
	{ "done", 5 },
	{ "done ", 6 },
	{ "done -1", 6 },
	{ "done 1x", 6 },
	{ "done 4294967296", 6 },
	{ "done 1 ", 7 },
	{ "done 1\r", 7 },
	{ "pong", 5 },
	{ "pong a b", 7 },
	{ "r 1 2 maybe - 0 - - - 1 2 3 4", 7 },
	{ "r 1 2 allowed - x - - - 1 2 3 4", 17 },
	{ "r 1 2 allowed - 0 - - -- 1 2 3 4", 23 },
	{ "r 1 2 allowed - 0 - - 65536 1 2 3 4", 23 },
	{ "r 1 2 allowed - 0 - - - 1 9223372036854775808 3 4", 27 },
	{ "r 1 2 allowed - 0 - - - 1 2 9 4", 29 },
	{ "r 1 2 allowed - 0 - - - 1 2 3 65536", 31 },
	{ "r 1 2 allowed - 0 - - - 1 2 3", 30 },
	{ "r 1 2 allowed - 0 - - - 1 2 3 4 5", 32 },
	{ "r 1 2 allowed - 0 -\001 - - 1 2 3 4", 20 },
};

START_TEST(malformed_answers)
{
	struct np_agent_msg m = { .text = NP_STR("untouched") };
	struct np_err err = { 0 };

	ck_assert_int_eq(np_agent_parse(np_str_from(malformed[_i].line), &m, &err), -1);
	ck_assert_int_eq(err.code, NP_EPARSE);
	ck_assert_msg(err.column == malformed[_i].column, "'%s': column %u: %s", malformed[_i].line, err.column, err.msg);
	ck_assert(np_str_is(m.text, "untouched"));
}
END_TEST

START_TEST(too_long_and_inner_nul)
{
	char line[NP_AGENT_ANSWER_MAX];
	struct np_agent_msg m;

	memset(line, 'x', sizeof(line));
	memcpy(line, "fault ", 6);
	ck_assert_int_eq(np_agent_parse((struct np_str){ line, sizeof(line) - 1 }, &m, NULL), 0);
	ck_assert_int_eq(np_agent_parse((struct np_str){ line, sizeof(line) }, &m, NULL), -1);
	ck_assert_int_eq(np_agent_parse(NP_STR("pong a\0b"), &m, NULL), -1);
}
END_TEST

START_TEST(names_there_and_back)
{
	for (unsigned i = 0; i < NP_OUTCOMES; i++) {
		enum np_outcome o;

		ck_assert(np_outcome_parse(np_str_from(np_outcome_name((enum np_outcome)i)), &o));
		ck_assert_uint_eq(o, i);
	}
	ck_assert(!np_outcome_parse(NP_STR("allowe"), &(enum np_outcome){ 0 }));
	ck_assert_str_eq(np_probe_kind_name(NP_PROBE_TCP), "tcp");
	ck_assert_str_eq(np_probe_kind_name((enum np_probe_kind)NP_PROBE_KINDS), "?");
	ck_assert_str_eq(np_outcome_name((enum np_outcome)NP_OUTCOMES), "?");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proto");
	TCase *tc = tcase_create("proto");

	tcase_add_test(tc, batch_line);
	tcase_add_test(tc, probe_lines);
	tcase_add_test(tc, hello);
	tcase_add_test(tc, result_of_an_answer);
	tcase_add_test(tc, result_of_silence);
	tcase_add_test(tc, other_answers);
	tcase_add_loop_test(tc, malformed_answers, 0, NP_ARRAY_SIZE(malformed));
	tcase_add_test(tc, too_long_and_inner_nul);
	tcase_add_test(tc, names_there_and_back);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
