/* test_pod_text.c - the agent's text and tables: lines, greetings, source ports. The sources under test are included. */
#include <fcntl.h>

#include "../../agent/pod/addr.c"
#include "../../agent/pod/greeting.c"
#include "../../agent/pod/lines.c"
#include "../../agent/pod/moment.c"
#include "../../agent/pod/ports.c"
#include "../suite.h"
#include "np/base/mem.h"

static union addr to_addr(const char *text, uint16_t port)
{
	union addr a = { 0 };

	ck_assert(addr_parse(np_str_from(text), port, &a));
	return a;
}

/* ---- lines ---- */

/* A reader over @text that comes in pieces of @piece bytes. */
static void feed(struct reader *r, const char *text, size_t n, size_t piece, char *ret_log, size_t size)
{
	int ends[2];
	struct np_str line;
	enum line got;

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	reader_init(r, ends[0]);
	*ret_log = '\0';
	for (size_t at = 0; at < n || !r->eof; at += piece) {
		if (at < n)
			ck_assert_int_gt(write(ends[1], text + at, n - at < piece ? n - at : piece), 0);
		else
			close(ends[1]);
		reader_fill(r);
		while ((got = reader_peek(r, &line)) != LINE_NONE) {
			size_t used = strlen(ret_log);

			if (got == LINE_TOO_LONG) {
				snprintf(ret_log + used, size - used, "<long>|");
				continue;
			}
			snprintf(ret_log + used, size - used, NP_STR_FMT "|", NP_STR_ARG(line));
			reader_consume(r, line);
		}
	}
	close(ends[0]);
}

START_TEST(reader_in_any_pieces)
{
	static struct reader r;
	char text[3 * NP_AGENT_LINE_MAX] = "one\n\nthree\n", log[256];
	size_t n = strlen(text);

	/* a line of just too many bytes, one that just fits, and a rest without newline */
	memset(text + n, 'x', NP_AGENT_LINE_MAX);
	n += NP_AGENT_LINE_MAX;
	memcpy(text + n, "\nfour\nrest", 10);
	n += 10;
	for (size_t piece = 1; piece <= n; piece = piece * 3 + 1) {
		feed(&r, text, n, piece, log, sizeof(log));
		ck_assert_str_eq(log, "one||three|<long>|four|");
	}
}
END_TEST

START_TEST(reader_longest_line)
{
	static struct reader r;
	char text[NP_AGENT_LINE_MAX + 1], log[2 * NP_AGENT_LINE_MAX];

	memset(text, 'x', sizeof(text));
	text[NP_AGENT_LINE_MAX - 1] = '\n';
	feed(&r, text, NP_AGENT_LINE_MAX, 100, log, sizeof(log));
	ck_assert_uint_eq(strlen(log), NP_AGENT_LINE_MAX);
	text[NP_AGENT_LINE_MAX - 1] = 'x';
	text[NP_AGENT_LINE_MAX] = '\n';
	feed(&r, text, NP_AGENT_LINE_MAX + 1, 100, log, sizeof(log));
	ck_assert_str_eq(log, "<long>|");
}
END_TEST

START_TEST(writer_gives_up)
{
	static struct writer w;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	writer_init(&w, ends[1], 10);
	for (unsigned i = 0; i < 1000 && !w.broken; i++)
		writer_printf(&w, "%0500u\n", i);
	ck_assert(w.broken);
	writer_printf(&w, "goes nowhere\n");
	writer_flush(&w);
	ck_assert_uint_eq(w.n, 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(writer_cuts_a_line)
{
	static struct writer w;
	char got[2 * NP_AGENT_ANSWER_MAX];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	writer_init(&w, ends[1], 1000);
	writer_printf(&w, "%0*u\n", 2 * NP_AGENT_ANSWER_MAX, 1U);
	writer_flush(&w);
	ck_assert_int_eq(read(ends[0], got, sizeof(got)), NP_AGENT_ANSWER_MAX - 1);
	ck_assert_int_eq(got[NP_AGENT_ANSWER_MAX - 2], '\n');
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		const char *text;
		uint32_t max;
		bool ok;
	} cases[] = {
		{ "0", 0, true },	     { "1", 0, false },	       { "65535", 65535, true },	{ "65536", 65535, false },
		{ "4294967295", UINT32_MAX, true }, { "4294967296", UINT32_MAX, false }, { "99999999999", UINT32_MAX, false },
		{ "", 9, false },	     { "-1", 9, false },       { "+1", 9, false },		{ "1 ", 9, false },
		{ "0x1", 9, false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		uint32_t v = 77;

		ck_assert_msg(text_number(np_str_from(cases[i].text), cases[i].max, &v) == cases[i].ok, "'%s'", cases[i].text);
		ck_assert(cases[i].ok || v == 77);
	}
}
END_TEST

/* ---- addresses and greetings ---- */

START_TEST(mapped_addresses_are_ipv4)
{
	union addr a = to_addr("::ffff:10.1.2.3", 80);
	char buf[ADDR_TEXT];

	ck_assert_int_eq(a.sa.sa_family, AF_INET);
	ck_assert_str_eq(addr_text(&a, buf), "10.1.2.3");
	ck_assert_uint_eq(addr_port(&a), 80);
	ck_assert(!addr_parse(NP_STR("10.1.2.3\0"), 80, &a));
	ck_assert(!addr_parse(NP_STR("10.1.2"), 80, &a));
	ck_assert(!addr_parse(NP_STR("fe80::1%lo"), 80, &a));
	ck_assert(!addr_parse(NP_STR(""), 80, &a));
}
END_TEST

START_TEST(greeting_there_and_back)
{
	union addr peer = to_addr("fd00::1", 40000), local = to_addr("10.0.0.1", 80);
	struct np_str nonces[] = { NP_STR("np-1"), NP_STR(""), NP_STR("a b\nc"), NP_STR_NONE };
	const char *said[] = { "np-1", "-", "a?b?c", "-" };
	char identity[NP_AGENT_IDENTITY_MAX + 1], buf[GREETING_MAX];
	struct greeting g;

	memset(identity, 'i', sizeof(identity) - 1);
	identity[sizeof(identity) - 1] = '\0';
	for (size_t i = 0; i < NP_ARRAY_SIZE(nonces); i++) {
		unsigned n = greeting_write(buf, identity, &peer, &local, &nonces[i]);

		ck_assert_int_eq(greeting_read((struct np_str){ buf, n }, &g), GREETING_WHOLE);
		ck_assert(np_str_is(g.identity, identity));
		ck_assert(np_str_is(g.seen_addr, "fd00::1"));
		ck_assert_uint_eq(g.seen_port, 40000);
		ck_assert(np_str_is(g.nonce, said[i]));
		for (unsigned cut = 0; cut < n; cut++)
			ck_assert_int_eq(greeting_read((struct np_str){ buf, cut }, &g), GREETING_PARTIAL);
	}
	ck_assert_uint_gt(greeting_write(buf, "x/a", &peer, &local, NULL), 0);
	ck_assert_str_eq(buf, "NP1 x/a fd00::1 40000 10.0.0.1 80\n");
}
END_TEST

START_TEST(not_a_greeting)
{
	static const char *const texts[] = {
		"H", "NP2 x 1.1.1.1 1 1.1.1.1 1\n", "NP1", "NP1\n", "NP1 \n", "NP1 x\n", "NP1 x 1.1.1.1\n", "NP1 x 1.1.1 1 1.1.1.1 1\n",
		"NP1 x 1.1.1.1 65536 1.1.1.1 1\n", "NP1 x 1.1.1.1 1 1.1.1.1\n", "NP1 \001 1.1.1.1 1 1.1.1.1 1\n",
	};
	char endless[GREETING_MAX];
	struct greeting g;

	for (size_t i = 0; i < NP_ARRAY_SIZE(texts); i++) {
		enum greeting_state wanted = strcmp(texts[i], "NP1") == 0 ? GREETING_PARTIAL : GREETING_NONE;

		ck_assert_msg(greeting_read(np_str_from(texts[i]), &g) == wanted, "'%s'", texts[i]);
	}
	memset(endless, 'x', sizeof(endless));
	memcpy(endless, GREETING_START, 4);
	ck_assert_int_eq(greeting_read((struct np_str){ endless, sizeof(endless) }, &g), GREETING_NONE);
}
END_TEST

/* ---- source ports ---- */

static struct ports ports;

START_TEST(ports_go_round)
{
	union addr dst = to_addr("10.0.0.1", 80);
	static uint8_t seen[65536];
	struct dice dice;

	dice_init(&dice);
	ports_init(&ports, &dice);
	for (unsigned i = 0; i < PORTS_N; i++) {
		uint16_t port = ports_take(&ports, &dst, IPPROTO_TCP, 1);

		ck_assert_uint_ge(port, NP_AGENT_PORT_FIRST);
		ck_assert_uint_le(port, NP_AGENT_PORT_LAST);
		ck_assert_uint_eq(seen[port], 0);
		seen[port] = 1;
		ports_release(&ports, port);
	}
	ck_assert_uint_eq(seen[ports_take(&ports, &dst, IPPROTO_TCP, 1)], 1);
}
END_TEST

START_TEST(held_ports_are_skipped)
{
	union addr a = to_addr("10.0.0.1", 80), b = to_addr("fd00::2", 81);
	struct dice dice;
	uint16_t first;

	dice_init(&dice);
	ports_init(&ports, &dice);
	first = ports_take(&ports, &a, IPPROTO_TCP, 9);
	ck_assert_uint_eq(ports_holder(&ports, first), 9);
	for (unsigned i = 1; i < PORTS_N; i++)
		ck_assert_uint_ne(ports_take(&ports, i % 2 ? &a : &b, IPPROTO_UDP, 1), first);
	ck_assert_uint_eq(ports_take(&ports, &b, IPPROTO_TCP, 1), 0);
	ports_release(&ports, first);
	ck_assert_uint_eq(ports_holder(&ports, first), 0);
	ck_assert_uint_eq(ports_take(&ports, &b, IPPROTO_TCP, 1), first);
	ck_assert_uint_eq(ports_holder(&ports, 80), 0);
	ck_assert_uint_eq(ports_holder(&ports, 65535), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pod-text");
	TCase *tc = tcase_create("pod-text");

	tcase_add_test(tc, reader_in_any_pieces);
	tcase_add_test(tc, reader_longest_line);
	tcase_add_test(tc, writer_gives_up);
	tcase_add_test(tc, writer_cuts_a_line);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, mapped_addresses_are_ipv4);
	tcase_add_test(tc, greeting_there_and_back);
	tcase_add_test(tc, not_a_greeting);
	tcase_add_test(tc, ports_go_round);
	tcase_add_test(tc, held_ports_are_skipped);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
