/* test_agent_e2e.c - the built agent against itself and against servers that are not agents: every outcome, with real packets. */
#include "fakes.h"
#include "rig.h"

/* A probe and what must come of it. NULL: not looked at. */
struct expectation {
	const char *probe;
	enum np_outcome outcome;
	const char *detail, *who, *seen_addr;
};

static struct proc server, prober;
static char prober_caps[64];

static void read_hello(void)
{
	char line[NP_AGENT_ANSWER_MAX];
	struct np_agent_msg m;

	ck_assert(rig_line(&prober, line, sizeof(line)) && np_agent_parse(np_str_from(line), &m, NULL) == 0);
	ck_assert(m.kind == NP_MSG_HELLO && np_str_is(m.identity, "x/prober"));
	ck_assert_uint_gt(m.max_in_flight, 0);
	ck_assert(np_agent_has_cap(m.caps, "ipv6"));
	snprintf(prober_caps, sizeof(prober_caps), NP_STR_FMT, NP_STR_ARG(m.caps));
}

static void start(void)
{
	server = rig_server("serve", "--identity", "x/a", "--tcp", "80,81,9901,9902", "--udp", "80,53,9901,9902", "--sctp", "80,9901,9902");
	fakes_start();
	prober = rig_agent_run("probe", "--identity", "x/prober");
	read_hello();
}

static void stop(void)
{
	rig_send(&prober, "quit\n");
	ck_assert_int_eq(rig_wait(&prober), 0);
	ck_assert_int_eq(rig_stop(&server, SIGTERM), 0);
}

static void check_one(const struct expectation *x, const struct np_agent_msg *m, const char *line)
{
	ck_assert_msg(m->outcome == x->outcome, "'%s' gave '%s'", x->probe, line);
	ck_assert_msg(!x->detail || np_str_is(m->detail, x->detail), "'%s' gave '%s'", x->probe, line);
	ck_assert_msg(!x->who || np_str_is(m->who, x->who), "'%s' gave '%s'", x->probe, line);
	ck_assert_msg(!x->seen_addr || np_str_is(m->seen_addr, x->seen_addr), "'%s' gave '%s'", x->probe, line);
	if (m->seen_port)
		ck_assert_msg(m->seen_port == m->src_port, "'%s' gave '%s'", x->probe, line);
	ck_assert_int_ge(m->end_us, m->start_us);
	ck_assert_int_le(m->rtt_us, m->end_us - m->start_us);
}

static void check_all(const struct expectation *table, size_t n, unsigned timeout_ms, unsigned attempts, struct answer *answers)
{
	const char *probes[64];

	ck_assert_uint_le(n, NP_ARRAY_SIZE(probes));
	for (size_t i = 0; i < n; i++)
		probes[i] = table[i].probe;
	rig_batch(&prober, probes, n, timeout_ms, attempts, answers);
	for (size_t i = 0; i < n; i++)
		check_one(&table[i], &answers[i].msg, answers[i].line);
}

START_TEST(allowed)
{
	static const struct expectation table[] = {
		{ "tcp 127.0.0.1 80 x/a", NP_OUT_ALLOWED, "-", "x/a", "127.0.0.1" },
		{ "tcp " V4_A " 81 x/a", NP_OUT_ALLOWED, "-", "x/a", V4_A },
		{ "tcp ::ffff:" V4_A " 81 x/a", NP_OUT_ALLOWED, "-", "x/a", V4_A },
		{ "tcp ::1 80 x/a", NP_OUT_ALLOWED, "-", "x/a", "::1" },
		{ "tcp " V6_A " 80 -", NP_OUT_ALLOWED, "-", "x/a", V6_A },
		{ "udp 127.0.0.1 80 x/a", NP_OUT_ALLOWED, "-", "x/a", "127.0.0.1" },
		{ "udp " V4_B " 53 x/a", NP_OUT_ALLOWED, "-", "x/a", V4_B },
		{ "udp ::1 80 x/a", NP_OUT_ALLOWED, "-", "x/a", "::1" },
		{ "udp " V6_B " 53 -", NP_OUT_ALLOWED, "-", "x/a", V6_B },
		{ "sctp 127.0.0.1 80 x/a", NP_OUT_ALLOWED, "-", "x/a", "127.0.0.1" },
		{ "sctp " V4_A " 80 -", NP_OUT_ALLOWED, "-", "x/a", V4_A },
		{ "sctp ::1 80 x/a", NP_OUT_ALLOWED, "-", "x/a", "::1" },
		{ "sctp " V6_A " 80 x/a", NP_OUT_ALLOWED, "-", "x/a", V6_A },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 6000, 3, answers);
	for (size_t i = 0; i < NP_ARRAY_SIZE(table); i++) {
		ck_assert_uint_ge(answers[i].msg.attempts, 1);
		ck_assert_int_gt(answers[i].msg.rtt_us, 0);
	}
}
END_TEST

/* The server sees the address that was asked for, and a host of many answers from the one that was dialled. */
START_TEST(source_address)
{
	static const struct expectation table[] = {
		{ "tcp " V4_A " 80 x/a src=" V4_B, NP_OUT_ALLOWED, "-", "x/a", V4_B },
		{ "tcp " V6_A " 80 x/a src=" V6_B, NP_OUT_ALLOWED, "-", "x/a", V6_B },
		{ "udp " V4_B " 80 x/a src=127.0.0.1", NP_OUT_ALLOWED, "-", "x/a", "127.0.0.1" },
		{ "udp " V6_B " 80 x/a src=" V6_A, NP_OUT_ALLOWED, "-", "x/a", V6_A },
		{ "sctp " V4_A " 80 x/a src=" V4_B, NP_OUT_ALLOWED, "-", "x/a", V4_B },
		{ "sctp " V6_A " 80 x/a src=" V6_B, NP_OUT_ALLOWED, "-", "x/a", V6_B },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 6000, 3, answers);
}
END_TEST

START_TEST(rejected)
{
	static const struct expectation table[] = {
		{ "tcp 127.0.0.1 82 x/a", NP_OUT_REJECTED, "errno:ECONNREFUSED", "-", "-" },
		{ "tcp " V6_A " 82 -", NP_OUT_REJECTED, "errno:ECONNREFUSED", "-", "-" },
		{ "udp " V4_A " 82 x/a", NP_OUT_REJECTED, "icmp:3.3", "-", "-" },
		{ "udp ::1 82 -", NP_OUT_REJECTED, "icmp:1.4", "-", "-" },
		{ "tcp " V4_A " 9902 x/a", NP_OUT_REJECTED, "icmp:3.13", "-", "-" },
		{ "tcp " V6_A " 9902 x/a", NP_OUT_REJECTED, "icmp:1.1", "-", "-" },
		{ "udp " V4_A " 9902 x/a", NP_OUT_REJECTED, "icmp:3.13", "-", "-" },
		{ "udp " V6_A " 9902 x/a", NP_OUT_REJECTED, "icmp:1.1", "-", "-" },
		{ "sctp " V4_A " 9902 x/a", NP_OUT_REJECTED, "icmp:3.13", "-", "-" },
		{ "sctp " V6_A " 9902 x/a", NP_OUT_REJECTED, "icmp:1.1", "-", "-" },
		{ "dns-udp " V4_A " 82 - q=a", NP_OUT_REJECTED, "icmp:3.3", "-", "-" },
		{ "dns-tcp " V4_A " 82 - q=a", NP_OUT_REJECTED, "errno:ECONNREFUSED", "-", "-" },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 300, 3, answers);
	for (size_t i = 0; i < NP_ARRAY_SIZE(table); i++)	/* the later attempts were made all the same */
		ck_assert_msg(answers[i].msg.attempts == 3, "%s", answers[i].line);
}
END_TEST

START_TEST(dropped)
{
	static const struct expectation table[] = {
		{ "tcp " V4_A " 9901 x/a", NP_OUT_DROPPED, "-", "-", "-" },   { "tcp " V6_A " 9901 -", NP_OUT_DROPPED, "-", "-", "-" },
		{ "udp " V4_A " 9901 x/a", NP_OUT_DROPPED, "-", "-", "-" },   { "udp " V6_A " 9901 -", NP_OUT_DROPPED, "-", "-", "-" },
		{ "sctp " V4_A " 9901 x/a", NP_OUT_DROPPED, "-", "-", "-" },  { "sctp " V6_A " 9901 -", NP_OUT_DROPPED, "-", "-", "-" },
		{ "sctp " V4_A " 82 x/a", NP_OUT_DROPPED, "-", "-", "-" },    { "dns-udp " V4_A " 9901 - q=a", NP_OUT_DROPPED, "-", "-", "-" },
		{ "dns-tcp " V4_A " 9901 - q=a", NP_OUT_DROPPED, "-", "-", "-" }, { "udp " V4_A " 9903 x/a", NP_OUT_DROPPED, "errno:EPERM", "-", "-" },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 300, 3, answers);
	for (size_t i = 0; i < NP_ARRAY_SIZE(table); i++) {
		ck_assert_msg(answers[i].msg.attempts == 3, "%s", answers[i].line);
		ck_assert_int_ge(answers[i].msg.end_us - answers[i].msg.start_us, 300000);
		ck_assert_int_eq(answers[i].msg.rtt_us, 0);
	}
}
END_TEST

START_TEST(misdelivered)
{
	static const struct expectation table[] = {
		{ "tcp " V4_A " 80 x/b", NP_OUT_MISDELIVERED, "-", "x/a", V4_A },
		{ "udp " V6_A " 80 x/aa", NP_OUT_MISDELIVERED, "-", "x/a", V6_A },
		{ "sctp " V4_A " 80 x/", NP_OUT_MISDELIVERED, "-", "x/a", V4_A },
		{ "sctp " V6_A " 80 x/b", NP_OUT_MISDELIVERED, "-", "x/a", V6_A },
		{ "tcp " V4_A " 7002 x/a", NP_OUT_MISDELIVERED, "-", "-", "-" },
		{ "udp " V4_A " 7002 x/a", NP_OUT_MISDELIVERED, "-", "-", "-" },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 6000, 3, answers);
}
END_TEST

/* Servers that are no agents: what a named expectation and "anybody" make of them. */
START_TEST(strangers)
{
	static const struct expectation table[] = {
		{ "tcp " V4_A " 7001 x/a", NP_OUT_DROPPED, "silent", "-", "-" },
		{ "tcp " V4_A " 7001 -", NP_OUT_ALLOWED, "silent", "-", "-" },
		{ "tcp " V4_A " 7002 -", NP_OUT_ALLOWED, "-", "-", "-" },
		{ "tcp " V4_A " 7003 x/a", NP_OUT_REJECTED, "eof", "-", "-" },
		{ "tcp " V4_A " 7003 -", NP_OUT_ALLOWED, "eof", "-", "-" },
		{ "tcp " V6_A " 7004 x/a", NP_OUT_REJECTED, "errno:ECONNRESET", "-", "-" },
		{ "tcp " V6_A " 7006 x/a", NP_OUT_REJECTED, "eof", "-", "-" },
		{ "udp " V4_A " 7002 -", NP_OUT_ALLOWED, "-", "-", "-" },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 1500, 3, answers);
}
END_TEST

START_TEST(dns)
{
	static const struct expectation table[] = {
		{ "dns-udp " V4_A " 7053 - q=ok.example", NP_OUT_ALLOWED, "rcode:0", "-", "-" },
		{ "dns-udp " V6_A " 7053 x/dns q=ok.example.", NP_OUT_ALLOWED, "rcode:0", "-", "-" },
		{ "dns-udp " V4_A " 7053 - q=nx.example", NP_OUT_ALLOWED, "rcode:3", "-", "-" },
		{ "dns-udp " V4_A " 7053 - q=nohead.example", NP_OUT_ALLOWED, "rcode:1", "-", "-" },
		{ "dns-udp " V4_A " 7053 - q=badid.example", NP_OUT_DROPPED, "-", "-", "-" },
		{ "dns-udp " V4_A " 7053 - q=badq.example", NP_OUT_DROPPED, "-", "-", "-" },
		{ "dns-udp " V4_A " 7053 - q=short.example", NP_OUT_DROPPED, "-", "-", "-" },
		{ "dns-udp " V4_A " 7053 - q=mute.example", NP_OUT_DROPPED, "-", "-", "-" },
		{ "dns-tcp " V4_A " 7053 - q=ok.example", NP_OUT_ALLOWED, "rcode:0", "-", "-" },
		{ "dns-tcp " V6_A " 7053 - q=nx.example src=" V6_B, NP_OUT_ALLOWED, "rcode:3", "-", "-" },
		{ "dns-tcp " V4_A " 7053 - q=badid.example", NP_OUT_MISDELIVERED, "-", "-", "-" },
		{ "dns-tcp " V4_A " 7053 - q=mute.example", NP_OUT_REJECTED, "eof", "-", "-" },
		{ "dns-tcp " V4_A " 7001 - q=ok.example", NP_OUT_DROPPED, "silent", "-", "-" },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 2400, 3, answers);
}
END_TEST

/* Where the prober has no kernel SCTP: only what carries its own tag, whole, counts. */
START_TEST(raw_sctp_answers)
{
	static const struct expectation table[] = {
		{ "sctp " V4_A " 7007 x/a", NP_OUT_DROPPED, "-", "-", "-" },
		{ "sctp " V4_A " 7008 x/a", NP_OUT_ALLOWED, "-", "-", "-" },
		{ "sctp " V4_A " 7008 -", NP_OUT_ALLOWED, "-", "-", "-" },
		{ "sctp " V4_A " 7009 x/a", NP_OUT_REJECTED, "errno:ECONNREFUSED", "-", "-" },
		{ "sctp " V4_A " 7010 x/a", NP_OUT_DROPPED, "-", "-", "-" },
		{ "sctp " V4_A " 7011 x/a", NP_OUT_DROPPED, "-", "-", "-" },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	if (!np_agent_has_cap(np_str_from(prober_caps), "sctp-raw")) {
		printf("skipped raw_sctp_answers: the kernel has SCTP\n");
		return;
	}
	check_all(table, NP_ARRAY_SIZE(table), 900, 3, answers);
}
END_TEST

START_TEST(local_failures)
{
	static const struct expectation table[] = {
		{ "tcp 192.0.2.1 80 x/a", NP_OUT_ERROR, "errno:ENETUNREACH", "-", "-" },
		{ "udp 2001:db8::1 80 x/a", NP_OUT_ERROR, "errno:ENETUNREACH", "-", "-" },
		{ "sctp 192.0.2.1 80 x/a", NP_OUT_ERROR, "errno:ENETUNREACH", "-", "-" },
		{ "tcp " V4_A " 80 x/a src=192.0.2.7", NP_OUT_ERROR, "errno:EADDRNOTAVAIL", "-", "-" },
		{ "udp " V6_A " 80 x/a src=2001:db8::7", NP_OUT_ERROR, "errno:EADDRNOTAVAIL", "-", "-" },
	};
	struct answer answers[NP_ARRAY_SIZE(table)];

	check_all(table, NP_ARRAY_SIZE(table), 6000, 3, answers);
	for (size_t i = 0; i < NP_ARRAY_SIZE(table); i++)
		ck_assert_uint_eq(answers[i].msg.attempts, 1);
}
END_TEST

/* The answer to the first attempt comes when the second is under way, and counts. */
START_TEST(late_answer)
{
	struct answer answers[1];
	const char *probe = "udp " V4_A " 7005 x/slow";

	rig_batch(&prober, &probe, 1, 8 * FAKE_SLOW_MS * 3 / 4, 8, answers);
	ck_assert_msg(answers[0].msg.outcome == NP_OUT_ALLOWED, "%s", answers[0].line);
	ck_assert_uint_ge(answers[0].msg.attempts, 2);
	ck_assert_int_ge(answers[0].msg.rtt_us, FAKE_SLOW_MS * 1000);
}
END_TEST

/* An answer to another question is waited past. */
START_TEST(stale_answer)
{
	struct answer answers[1];
	const char *probe = "udp " V4_A " 7013 x/fresh";

	rig_batch(&prober, &probe, 1, 6000, 3, answers);
	ck_assert_msg(answers[0].msg.outcome == NP_OUT_ALLOWED && np_str_is(answers[0].msg.who, "x/fresh"), "%s", answers[0].line);
}
END_TEST

/* A TCP probe leaves no memory of itself, at the server or at a conntrack on the way. */
START_TEST(connections_end_with_reset)
{
	struct answer answers[1];
	const char *probe = "tcp " V4_A " 7012 -";

	rig_batch(&prober, &probe, 1, 6000, 3, answers);
	ck_assert_msg(np_str_is(answers[0].msg.who, "x/none"), "%s", answers[0].line);
	rig_batch(&prober, &probe, 1, 6000, 3, answers);
	ck_assert_msg(np_str_is(answers[0].msg.who, "x/rst"), "%s", answers[0].line);
}
END_TEST

/* No source port comes twice towards one destination, over many batches. */
START_TEST(source_ports)
{
	enum { BATCHES = 30, EACH = 60 };
	static const char *const kinds[] = { "tcp " V4_A " 80 x/a", "udp " V4_A " 80 x/a", "sctp " V4_A " 80 x/a" };
	static uint8_t used[NP_ARRAY_SIZE(kinds)][65536];
	static struct answer answers[EACH];
	const char *probes[EACH];

	for (size_t i = 0; i < EACH; i++)
		probes[i] = kinds[i % NP_ARRAY_SIZE(kinds)];
	for (unsigned batch = 0; batch < BATCHES; batch++) {
		rig_batch(&prober, probes, EACH, 6000, 3, answers);
		for (size_t i = 0; i < EACH; i++) {
			unsigned port = answers[i].msg.seen_port;

			ck_assert_msg(answers[i].msg.outcome == NP_OUT_ALLOWED, "%s", answers[i].line);
			ck_assert_uint_ge(port, NP_AGENT_PORT_FIRST);
			ck_assert_uint_le(port, NP_AGENT_PORT_LAST);
			ck_assert_msg(!used[i % NP_ARRAY_SIZE(kinds)][port], "port %u twice", port);
			used[i % NP_ARRAY_SIZE(kinds)][port] = 1;
		}
	}
}
END_TEST

/* More probes than fly at once, of all kinds and outcomes: each answered once, and right. */
static void many(struct proc *p, size_t n)
{
	static const struct expectation mix[] = {
		{ "tcp " V4_A " 80 x/a", NP_OUT_ALLOWED, "-", "x/a", V4_A },
		{ "udp " V6_A " 80 x/a", NP_OUT_ALLOWED, "-", "x/a", V6_A },
		{ "sctp " V4_A " 80 x/a", NP_OUT_ALLOWED, "-", "x/a", V4_A },
		{ "tcp " V4_A " 82 x/a", NP_OUT_REJECTED, "errno:ECONNREFUSED", "-", "-" },
		{ "udp " V4_A " 9901 x/a", NP_OUT_DROPPED, "-", "-", "-" },
	};
	struct answer *answers = np_xcalloc(n, sizeof(*answers));
	const char **probes = np_xcalloc(n, sizeof(*probes));

	for (size_t i = 0; i < n; i++)
		probes[i] = mix[i % NP_ARRAY_SIZE(mix)].probe;
	rig_batch(p, probes, n, 1800, 3, answers);
	for (size_t i = 0; i < n; i++) {
		ck_assert(answers[i].there);
		check_one(&mix[i % NP_ARRAY_SIZE(mix)], &answers[i].msg, answers[i].line);
	}
	free(answers);
	free(probes);
}

START_TEST(more_than_fly_at_once)
{
	many(&prober, 5000);
}
END_TEST

START_TEST(few_descriptors)
{
	struct proc p = rig_spawn((const char *const[]){ "probe", NULL }, 64);

	rig_expect_start(&p, "hello 1 - 16 ");
	many(&p, 100);
	rig_send(&p, "quit\n");
	ck_assert_int_eq(rig_wait(&p), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("agent-e2e");
	TCase *tc = tcase_create("outcomes");
	int status = rig_enter();

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, allowed);
	tcase_add_test(tc, source_address);
	tcase_add_test(tc, rejected);
	tcase_add_test(tc, dropped);
	tcase_add_test(tc, misdelivered);
	tcase_add_test(tc, strangers);
	tcase_add_test(tc, dns);
	tcase_add_test(tc, raw_sctp_answers);
	tcase_add_test(tc, local_failures);
	tcase_add_test(tc, late_answer);
	tcase_add_test(tc, stale_answer);
	tcase_add_test(tc, connections_end_with_reset);
	tcase_add_test(tc, source_ports);
	tcase_add_test(tc, more_than_fly_at_once);
	tcase_add_test(tc, few_descriptors);
	suite_add_tcase(suite, tc);
	if (status) {
		srunner_free(srunner_create(suite));
		return status;
	}
	return rig_run(suite);
}
