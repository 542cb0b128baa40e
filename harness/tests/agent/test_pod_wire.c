/* test_pod_wire.c - the agent's packets: DNS and SCTP. The sources under test are included: they belong to another program. */

#include "../../agent/pod/dns.c"
#include "../../agent/pod/sctp_wire.c"
#include "../suite.h"
#include "np/base/mem.h"

/* ---- DNS ---- */

START_TEST(dns_names)
{
	static const char label_63[] = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123";
	char long_name[300];
	static const struct {
		const char *name;
		bool ok;
	} cases[] = {
		{ "a", true },	     { "kubernetes.default.svc.cluster.local", true }, { "a.b.", true }, { "_x._tcp.a", true },
		{ "", false },	     { ".", false },				       { "a..b", false }, { ".a", false },
		{ "a.b..", false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++)
		ck_assert_msg(dns_name_ok(np_str_from(cases[i].name)) == cases[i].ok, "'%s'", cases[i].name);
	snprintf(long_name, sizeof(long_name), "%s.%s.%s.%.61s", label_63, label_63, label_63, label_63);
	ck_assert_uint_eq(strlen(long_name), 253);
	ck_assert(dns_name_ok(np_str_from(long_name)));
	snprintf(long_name, sizeof(long_name), "%s.%s.%s.%.62s", label_63, label_63, label_63, label_63);
	ck_assert(!dns_name_ok(np_str_from(long_name)));
	snprintf(long_name, sizeof(long_name), "%s4", label_63);
	ck_assert(!dns_name_ok(np_str_from(long_name)));
}
END_TEST

START_TEST(dns_query_bytes)
{
	static const uint8_t wanted[] = { 0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 'a', 'b', 1, 'c', 0, 0, 1, 0, 1 };
	uint8_t buf[DNS_QUERY_BYTES];

	ck_assert_uint_eq(dns_query(NP_STR("ab.c"), 0xabcd, buf), sizeof(wanted));
	ck_assert_mem_eq(buf, wanted, sizeof(wanted));
	ck_assert_uint_eq(dns_query(NP_STR("ab.c."), 0xabcd, buf), sizeof(wanted));
	ck_assert_mem_eq(buf, wanted, sizeof(wanted));
}
END_TEST

START_TEST(dns_answer_or_not)
{
	uint8_t query[DNS_QUERY_BYTES], answer[DNS_QUERY_BYTES];
	unsigned n = dns_query(NP_STR("ab.c"), 0x1234, query), rcode = 99;

	memcpy(answer, query, n);
	ck_assert(!dns_answers(query, n, answer, n, &rcode));	/* our own question */
	answer[2] |= 0x80;
	answer[3] = 0x83;
	ck_assert(dns_answers(query, n, answer, n, &rcode));
	ck_assert_uint_eq(rcode, 3);
	answer[13] = 'A';					/* case does not matter */
	ck_assert(dns_answers(query, n, answer, n, &rcode));
	answer[13] = 'x';
	ck_assert(!dns_answers(query, n, answer, n, &rcode));
	answer[13] = 'a';
	ck_assert(!dns_answers(query, n, answer, n - 1, &rcode));
	answer[5] = 2;
	ck_assert(!dns_answers(query, n, answer, n, &rcode));
	answer[5] = 0;						/* FORMERR without a question */
	ck_assert(dns_answers(query, n, answer, 12, &rcode));
	ck_assert(!dns_answers(query, n, answer, 11, &rcode));
	ck_assert(!dns_answers(query, n, answer, 0, &rcode));
	answer[1] ^= 1;
	ck_assert(!dns_answers(query, n, answer, n, &rcode));
}
END_TEST

/* ---- SCTP ---- */

START_TEST(crc32c_vectors)
{
	/* RFC 3720, B.4 */
	uint8_t bytes[32] = { 0 };

	ck_assert_uint_eq(crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
	ck_assert_uint_eq(crc32c(bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	ck_assert_uint_eq(crc32c(bytes, 32), 0x62a8ab43);
}
END_TEST

START_TEST(sctp_there_and_back)
{
	char cookie[SCTP_COOKIE_MAX];
	uint8_t buf[SCTP_PACKET_MAX];
	struct sctp_packet p = { .src_port = 80, .dst_port = 65535, .tag = 0xfffffffe, .chunk = SCTP_INIT_ACK, .init_tag = 7 }, q;

	memset(cookie, 'c', sizeof(cookie));
	for (size_t n = 0; n <= sizeof(cookie); n++) {
		p.cookie = (struct np_str){ cookie, n };
		ck_assert(sctp_read(buf, sctp_write(&p, buf), &q));
		ck_assert_uint_eq(q.src_port, 80);
		ck_assert_uint_eq(q.dst_port, 65535);
		ck_assert_uint_eq(q.tag, 0xfffffffe);
		ck_assert_uint_eq(q.init_tag, 7);
		ck_assert_int_eq(q.chunk, SCTP_INIT_ACK);
		ck_assert(np_str_eq(q.cookie, p.cookie));
	}
}
END_TEST

START_TEST(sctp_init_and_abort_sizes)
{
	uint8_t buf[SCTP_PACKET_MAX];
	struct sctp_packet p = { .chunk = SCTP_INIT, .init_tag = 1 }, q;

	ck_assert_uint_eq(sctp_write(&p, buf), 32);
	ck_assert_uint_eq(buf[15], 20);
	p.chunk = SCTP_ABORT;
	ck_assert_uint_eq(sctp_write(&p, buf), 16);
	ck_assert(sctp_read(buf, 16, &q));
	ck_assert_int_eq(q.chunk, SCTP_ABORT);
}
END_TEST

/* Every truncation and every flipped byte is refused: the checksum or a length notices. */
START_TEST(sctp_broken_packets)
{
	uint8_t buf[SCTP_PACKET_MAX];
	struct sctp_packet p = { .chunk = SCTP_INIT_ACK, .init_tag = 1, .cookie = NP_STR("NP1 x") }, q = { .tag = 5 };
	unsigned n = sctp_write(&p, buf);

	for (unsigned i = 0; i < n; i++) {
		uint8_t *cut = np_xmalloc(i + 1);

		memcpy(cut, buf, i);
		ck_assert(!sctp_read(cut, i, &q));
		free(cut);
		buf[i] ^= 0x10;
		ck_assert(!sctp_read(buf, n, &q));
		buf[i] ^= 0x10;
	}
	ck_assert_uint_eq(q.tag, 5);
	ck_assert(sctp_read(buf, n, &q));
}
END_TEST

/* Lengths that lie, under a right checksum. */
START_TEST(sctp_lying_lengths)
{
	static const struct {
		unsigned at;
		uint8_t value;
		bool readable, cookie;
	} cases[] = {
		{ 15, 3, false, false },	/* chunk shorter than its header */
		{ 15, 19, false, false },	/* shorter than an INIT-ACK */
		{ 15, 200, false, false },	/* longer than the packet */
		{ 14, 1, false, false },
		{ 35, 3, true, false },		/* parameter shorter than its header */
		{ 35, 0, true, false },
		{ 35, 200, true, false },	/* parameter longer than the chunk */
		{ 33, 8, true, false },		/* another parameter */
		{ 12, 3, false, false },	/* another chunk */
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct sctp_packet p = { .chunk = SCTP_INIT_ACK, .init_tag = 1, .cookie = NP_STR("NP1 x") }, q = { 0 };
		uint8_t buf[SCTP_PACKET_MAX];
		unsigned n = sctp_write(&p, buf);

		buf[cases[i].at] = cases[i].value;
		put_checksum(buf, n);
		ck_assert_msg(sctp_read(buf, n, &q) == cases[i].readable, "case %zu", i);
		ck_assert_msg((q.cookie.n != 0) == cases[i].cookie, "case %zu", i);
	}
}
END_TEST

START_TEST(sctp_behind_an_ip_header)
{
	uint8_t bytes[64] = { 0x46 };

	ck_assert_uint_eq(sctp_offset(false, bytes, 64), 0);
	ck_assert_uint_eq(sctp_offset(true, bytes, 64), 24);
	ck_assert_uint_eq(sctp_offset(true, bytes, 23), 23);
	ck_assert_uint_eq(sctp_offset(true, bytes, 3), 3);
	bytes[0] = 0x44;
	ck_assert_uint_eq(sctp_offset(true, bytes, 64), 64);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pod-wire");
	TCase *tc = tcase_create("pod-wire");

	tcase_add_test(tc, dns_names);
	tcase_add_test(tc, dns_query_bytes);
	tcase_add_test(tc, dns_answer_or_not);
	tcase_add_test(tc, crc32c_vectors);
	tcase_add_test(tc, sctp_there_and_back);
	tcase_add_test(tc, sctp_init_and_abort_sizes);
	tcase_add_test(tc, sctp_broken_packets);
	tcase_add_test(tc, sctp_lying_lengths);
	tcase_add_test(tc, sctp_behind_an_ip_header);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
