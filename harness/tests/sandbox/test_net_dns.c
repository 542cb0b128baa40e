/* DNS answers, without packets: names, malformed queries, any bytes at all. */

#include "../../sandbox/dns.h"
#include "../suite.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/rng.h"

enum { A = 1, AAAA = 28, TXT = 16, IN = 1 };
enum { OK = 0, FORMERR = 1, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5 };

static struct np_store *store;

static void add(enum np_kind_id kind, const char *text)
{
	struct np_err err;
	json_t *o = np_json_parse(text, strlen(text), &err);

	ck_assert_msg(o != NULL, "%s", text);
	ck_assert_int_eq(np_store_create(store, kind, o, NULL, &err), 0);
	json_decref(o);
}

static void setup(void)
{
	store = np_store_new();
	add(NP_KIND_NAMESPACE, "{\"metadata\":{\"name\":\"x\"}}");
	add(NP_KIND_SERVICE, "{\"metadata\":{\"name\":\"web\",\"namespace\":\"x\"},\"spec\":{"
			     "\"clusterIP\":\"10.96.0.1\","
			     "\"clusterIPs\":[\"10.96.0.1\",\"fd00:10:96::1\"]}}");
	add(NP_KIND_SERVICE, "{\"metadata\":{\"name\":\"v4\",\"namespace\":\"x\"},\"spec\":{"
			     "\"clusterIP\":\"10.96.0.2\",\"clusterIPs\":[\"10.96.0.2\"]}}");
	add(NP_KIND_SERVICE, "{\"metadata\":{\"name\":\"headless\",\"namespace\":\"x\"},\"spec\":{"
			     "\"clusterIP\":\"None\",\"clusterIPs\":[\"None\"],"
			     "\"selector\":{\"app\":\"a\"}}}");
	for (int i = 1; i <= 40; i++) {
		np_auto_free char *pod = np_xasprintf(
			"{\"metadata\":{\"name\":\"p%d\",\"namespace\":\"x\",\"labels\":{\"app\":"
			"\"a\"}},"
			"\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.244.0.%d\"}]}}",
			i, i);

		add(NP_KIND_POD, pod);
	}
}

static void teardown(void)
{
	np_store_free(store);
}

static size_t make_query(const char *name, unsigned type, uint8_t *q)
{
	static const uint8_t header[12] = { 0x12, 0x34, 0x01, 0x00, 0, 1 };
	size_t n = sizeof(header);

	memcpy(q, header, sizeof(header));
	while (*name) {
		size_t len = strcspn(name, ".");

		q[n++] = (uint8_t)len;
		memcpy(q + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	q[n++] = 0;
	q[n++] = 0;
	q[n++] = (uint8_t)type;
	q[n++] = 0;
	q[n++] = IN;
	return n;
}

static size_t ask(const uint8_t *q, size_t n, uint8_t *answer, size_t max)
{
	return np_dns_answer(q, n, np_dns_store_lookup, store, answer, max);
}

struct name_case {
	const char *name;
	unsigned type, rcode, n_answers;
	const char *last;	/* of the last record */
};

static const struct name_case name_cases[] = {
	{ "web.x.svc.cluster.local", A, OK, 1, "10.96.0.1" },
	{ "WEB.X.Svc.Cluster.Local", A, OK, 1, "10.96.0.1" },
	{ "web.x.svc.cluster.local", AAAA, OK, 1, "fd00:10:96::1" },
	{ "web.x.svc.cluster.local", TXT, OK, 0, NULL },
	{ "v4.x.svc.cluster.local", AAAA, OK, 0, NULL },
	{ "no.x.svc.cluster.local", A, NXDOMAIN, 0, NULL },
	{ "web.y.svc.cluster.local", A, NXDOMAIN, 0, NULL },
	{ "web.x.svc.cluster.localx", A, NXDOMAIN, 0, NULL },
	{ "web.x.svc", A, NXDOMAIN, 0, NULL },
	{ "a.web.x.svc.cluster.local", A, NXDOMAIN, 0, NULL },
	{ "x.svc.cluster.local", A, NXDOMAIN, 0, NULL },
	{ "cluster.local", A, NXDOMAIN, 0, NULL },
	{ "", A, NXDOMAIN, 0, NULL },
	{ "kubernetes.io", A, NXDOMAIN, 0, NULL },
	{ "10-244-0-7.x.pod.cluster.local", A, OK, 1, "10.244.0.7" },
	{ "10-244-0-7.x.pod.cluster.local", AAAA, OK, 0, NULL },
	{ "fd00-10-244-1--a.x.pod.cluster.local", AAAA, OK, 1, "fd00:10:244:1::a" },
	{ "10-244-0-777.x.pod.cluster.local", A, NXDOMAIN, 0, NULL },
	{ "10-244-0-7.y.pod.cluster.local", A, NXDOMAIN, 0, NULL },
	{ "10-244-0-7.x.node.cluster.local", A, NXDOMAIN, 0, NULL },
};

START_TEST(test_names)
{
	const struct name_case *c = &name_cases[_i];
	uint8_t q[512], a[NP_DNS_UDP_MAX];
	size_t n = make_query(c->name, c->type, q), len = ask(q, n, a, sizeof(a));
	char text[NP_ADDR_TEXT_MAX];
	struct np_addr ip = { 0 };

	ck_assert_uint_ge(len, n);
	ck_assert_mem_eq(a, q, 2);
	ck_assert_uint_eq(a[2] & 0x80, 0x80);
	ck_assert_uint_eq(a[2] & 0x01, 0x01);	/* recursion was desired */
	ck_assert_uint_eq(a[3] & 15, c->rcode);
	ck_assert_uint_eq(a[7], c->n_answers);
	ck_assert_mem_eq(a + 12, q + 12, n - 12);
	if (!c->last) {
		ck_assert_uint_eq(len, n);
		return;
	}
	ip.width = c->type == A ? 4 : 16;
	memcpy(ip.bytes, a + len - ip.width, ip.width);
	ck_assert_str_eq(np_addr_text(&ip, text), c->last);
}
END_TEST

/* More addresses than a datagram holds: as many as fit, and a sign that there are more. */
START_TEST(test_truncation)
{
	uint8_t q[512], a[NP_DNS_TCP_MAX];
	size_t n = make_query("headless.x.svc.cluster.local", A, q),
	       len = ask(q, n, a, NP_DNS_UDP_MAX);

	ck_assert_uint_le(len, NP_DNS_UDP_MAX);
	ck_assert_uint_eq(a[2] & 0x02, 0x02);
	ck_assert_uint_eq(len, n + 16u * a[7]);
	len = ask(q, n, a, NP_DNS_TCP_MAX);
	ck_assert_uint_eq(a[2] & 0x02, 0);
	ck_assert_uint_eq(a[7], 40);
	ck_assert_uint_eq(len, n + 16u * 40);
}
END_TEST

struct raw_case {
	const char *what;
	unsigned at, value;	/* one byte of a good query is changed */
	size_t cut;		/* how many bytes are left, 0: all */
	int rcode;		/* -1: no answer */
};

static const struct raw_case raw_cases[] = {
	{ "an answer", 2, 0x81, 0, -1 },
	{ "half a header", 0, 0x12, 11, -1 },
	{ "nothing", 0, 0x12, 1, -1 },
	{ "another opcode", 2, 0x28, 0, NOTIMP },
	{ "no question", 5, 0, 0, FORMERR },
	{ "two questions", 5, 2, 0, FORMERR },
	{ "a header alone", 5, 1, 12, FORMERR },
	{ "a label that is longer than the rest", 12, 60, 0, FORMERR },
	{ "a pointer", 12, 0xc0, 0, FORMERR },
	{ "an extended label", 12, 0x41, 0, FORMERR },
	{ "no type", 0, 0x12, 38, FORMERR },
	{ "another class", 40, 3, 0, REFUSED },
	{ "a dot in a label", 14, '.', 0, NXDOMAIN },
	{ "a zero in a label", 14, 0, 0, NXDOMAIN },
	{ "a blank in a label", 14, ' ', 0, NXDOMAIN },
};

START_TEST(test_raw)
{
	const struct raw_case *c = &raw_cases[_i];
	uint8_t q[512], a[NP_DNS_UDP_MAX];
	size_t n = make_query("web.x.svc.cluster.local", A, q), len;

	q[c->at] = (uint8_t)c->value;
	len = ask(q, c->cut ? c->cut : n, a, sizeof(a));
	if (c->rcode < 0) {
		ck_assert_uint_eq(len, 0);
		return;
	}
	ck_assert_uint_ge(len, 12);
	ck_assert_msg((a[3] & 15) == c->rcode, "%s: rcode %d", c->what, a[3] & 15);
	ck_assert_uint_eq(a[7], 0);
}
END_TEST

START_TEST(test_too_long)
{
	static uint8_t q[NP_DNS_QUERY_MAX + 1];
	uint8_t a[NP_DNS_UDP_MAX];
	char name[300];

	make_query("web.x.svc.cluster.local", A, q);
	ck_assert_uint_eq(ask(q, sizeof(q), a, sizeof(a)), 12);
	ck_assert_uint_eq(a[3] & 15, FORMERR);
	/* 255 bytes of name are the most that there can be. */
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < sizeof(name); i += 51)
		name[i] = '.';
	name[253] = '\0';
	ck_assert_uint_gt(ask(q, make_query(name, A, q), a, sizeof(a)), 12);
	ck_assert_uint_eq(a[3] & 15, NXDOMAIN);
	name[253] = 'a';
	name[254] = '\0';
	ck_assert_uint_eq(ask(q, make_query(name, A, q), a, sizeof(a)), 12);
	ck_assert_uint_eq(a[3] & 15, FORMERR);
}
END_TEST

/* A broken query never yields an answer that is none, or one beyond its room. */
START_TEST(test_any_bytes)
{
	struct np_rng rng;

	np_rng_seed(&rng, (uint64_t)_i);
	for (int round = 0; round < 2000; round++) {
		uint8_t q[600], *heap, a[NP_DNS_UDP_MAX];
		size_t n = make_query("web.x.svc.cluster.local", A, q), len;

		for (uint64_t k = np_rng_below(&rng, 6); k > 0; k--)
			q[np_rng_below(&rng, n)] = (uint8_t)np_rng_next(&rng);
		n -= np_rng_below(&rng, 4) ? 0 : np_rng_below(&rng, n + 1);
		heap = np_xmalloc(n + 1);	/* so that a sanitizer sees a byte too far */
		heap = np_xrealloc(heap, n ? n : 1, 1);
		memcpy(heap, q, n);
		len = ask(heap, n, a, sizeof(a));
		free(heap);
		ck_assert_uint_le(len, sizeof(a));
		ck_assert(len == 0 || len >= 12);
		ck_assert(len == 0 || (a[2] & 0x80));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sandbox dns");
	TCase *tc = tcase_create("answers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_names, 0, (int)NP_ARRAY_SIZE(name_cases));
	tcase_add_test(tc, test_truncation);
	tcase_add_loop_test(tc, test_raw, 0, (int)NP_ARRAY_SIZE(raw_cases));
	tcase_add_test(tc, test_too_long);
	tcase_add_loop_test(tc, test_any_bytes, 0, 5);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
