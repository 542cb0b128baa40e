/*
 * test_retry.c - what a server that comes and goes does to requests: patience, outages, answers that
 * get lost after the work was done, counts.
 */
#include "fake_pki.h"

#include <jansson.h>

#include "../../kube/covers.h"
#include "../../kube/retry.h"
#include "np/base/json.h"
#include "np/kube/resource.h"

#define GOOD { .code = 200, .body = "{\"metadata\":{\"name\":\"a\"}}" }

static int get(struct np_kube *k, int timeout_ms, struct np_kube_reply *r, struct np_err *err)
{
	return np_kube_request(k, &(struct np_kube_req){ .method = "GET", .path = "/x",
							 .timeout_ms = timeout_ms }, r, err);
}

START_TEST(counted_by_cause)
{
	static const struct fake_step steps[] = {
		{ .code = 429 },
		{ .code = 503 },
		{ .code = 500 },
		{ .code = 200, .body = "{\"aaaaaaaaaaaaaaaaaaaaaaa\":1}", .cut = 80 },
		{ .code = 504 },
		GOOD,
	};
	struct np_kube_stats st;
	struct np_kube *k;
	struct np_err err;
	struct fake f;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_msg(!get(k, 20000, NULL, &err), "%s", err.msg);
	np_kube_get_stats(k, &st);
	ck_assert_uint_eq(st.retries, 5);
	ck_assert_uint_eq(st.again[NP_KUBE_THROTTLED], 1);
	ck_assert_uint_eq(st.again[NP_KUBE_UNAVAILABLE], 2);
	ck_assert_uint_eq(st.again[NP_KUBE_INTERNAL], 1);
	ck_assert_uint_eq(st.again[NP_KUBE_LOST], 1);
	ck_assert_int_gt(np_kube_outage_ms(k), 0);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* Five unavailable seconds outlast a time-out of 200 ms, but not the patience. */
START_TEST(patience)
{
	static const struct fake_step steps[] = {
		{ .code = 503 }, { .code = 503 }, { .code = 503 }, { .code = 503 }, GOOD,
	};
	struct np_kube *k;
	struct np_err err;
	struct fake f;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(get(k, 200, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	np_kube_set_patience(k, 30000);
	ck_assert_msg(!get(k, 200, NULL, &err), "%s", err.msg);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* An attempt without an answer is given up after the request's time-out, not after the patience. */
START_TEST(hanging_attempt)
{
	static const struct fake_step steps[] = { { .hang = true }, GOOD };
	struct np_kube_reply r = { .http = 0 };
	struct np_kube_stats st;
	struct np_kube *k;
	struct np_err err;
	struct fake f;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	np_kube_set_patience(k, 30000);
	ck_assert_msg(!get(k, 300, &r, &err), "%s", err.msg);
	ck_assert(r.blind);
	np_kube_get_stats(k, &st);
	ck_assert_uint_eq(st.again[NP_KUBE_LOST], 1);
	np_kube_reply_release(&r);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(nobody_there)
{
	struct np_kube_config c = { .server = NP_STR("http://127.0.0.1:1") };
	struct np_kube_stats st;
	struct np_kube *k = np_kube_new(&c, NULL);
	long long before;
	struct np_err err;

	ck_assert_int_eq(np_kube_outage_ms(k), 0);
	ck_assert_int_eq(get(k, 500, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	np_kube_get_stats(k, &st);
	ck_assert_uint_gt(st.again[NP_KUBE_REFUSED], 0);
	before = np_kube_outage_ms(k);
	np_sleep_ms(20);	/* the outage goes on while nobody asks */
	ck_assert_int_gt(np_kube_outage_ms(k), before);
	np_kube_free(k);
}
END_TEST

/* An outage is waited for once: the second request ends soon. */
START_TEST(gone_for_good)
{
	struct np_kube_config c = { .server = NP_STR("http://127.0.0.1:1") };
	struct np_kube *k = np_kube_new(&c, NULL);
	struct np_kube_stats first, second;
	struct np_err err;

	np_kube_set_patience(k, 2000);
	ck_assert_int_eq(np_kube_patience(k), 2000);
	ck_assert_int_eq(get(k, 200, NULL, &err), -1);
	ck_assert_msg(!strncmp(err.msg, "after ", 6), "%s", err.msg);
	np_kube_get_stats(k, &first);
	ck_assert_uint_ge(first.requests, 3);
	while (np_kube_patience(k))
		np_sleep_ms(10);
	ck_assert_int_eq(get(k, 30000, NULL, &err), -1);
	np_kube_get_stats(k, &second);
	ck_assert_uint_eq(second.requests, first.requests + 1);
	np_kube_free(k);
}
END_TEST

/* A load balancer without a server behind it takes the connection and drops it. */
struct balancer {
	int fd, n_drops;
	unsigned short port;
	pthread_t thread;
};

static void *balance(void *arg)
{
	struct balancer *b = arg;
	const struct linger hard = { 1, 0 };

	for (int i = 0; i < b->n_drops; i++) {
		int fd = accept(b->fd, NULL, NULL);

		if (i & 1)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
	}
	return NULL;
}

START_TEST(dropped_in_the_handshake)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct balancer b = { .n_drops = 6 };
	socklen_t n = sizeof(a);
	np_auto_free char *url = NULL;
	struct np_kube_config c = { .insecure = true };
	struct np_kube_stats st;
	struct np_kube *k;
	struct np_err err;

	b.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(b.fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(b.fd, 16), 0);
	getsockname(b.fd, (struct sockaddr *)&a, &n);
	url = np_xasprintf("https://127.0.0.1:%u", ntohs(a.sin_port));
	c.server = np_str_from(url);
	pthread_create(&b.thread, NULL, balance, &b);
	k = np_kube_new(&c, &err);
	/* More than the three tries that a refused handshake would get. */
	ck_assert_int_eq(get(k, 6000, NULL, &err), -1);
	pthread_join(b.thread, NULL);
	close(b.fd);
	np_kube_get_stats(k, &st);
	ck_assert_uint_ge(st.again[NP_KUBE_REFUSED] + st.again[NP_KUBE_LOST], 5);
	ck_assert_uint_eq(st.again[NP_KUBE_TLS], 0);
	np_kube_free(k);
}
END_TEST

static const struct create_case {
	struct fake_step steps[4];
	size_t n_steps;
	enum np_errcode code;
	unsigned n_requests;
} creates[] = {
	/* The answer was lost, the object is there as it was sent. */
	{ { { .silent = true },
	    { .code = 409, .body = "{\"reason\":\"AlreadyExists\",\"message\":\"exists\"}" },
	    { .code = 200, .body = "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\"},\"spec\":{\"x\":1,"
				   "\"defaulted\":true}}" } },
	  3, NP_OK, 3 },
	/* ... or it is somebody else's. */
	{ { { .silent = true },
	    { .code = 409, .body = "{\"reason\":\"AlreadyExists\",\"message\":\"exists\"}" },
	    { .code = 200, .body = "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"x\":2}}" } },
	  3, NP_ECONFLICT, 3 },
	/* A conflict with nothing lost before it is one. */
	{ { { .code = 409, .body = "{\"reason\":\"AlreadyExists\",\"message\":\"exists\"}" } }, 1,
	  NP_ECONFLICT, 1 },
	/* 429 was not carried out. */
	{ { { .code = 429 },
	    { .code = 409, .body = "{\"reason\":\"AlreadyExists\",\"message\":\"exists\"}" } },
	  2, NP_ECONFLICT, 2 },
	{ { { .code = 504 }, { .code = 201, .body = "{\"metadata\":{\"name\":\"a\"}}" } }, 2, NP_OK,
	  2 },
};

START_TEST(lost_answer_to_a_create)
{
	const struct create_case *x = &creates[_i];
	json_t *obj = np_json_pack("{s:{s:s}, s:{s:i, s:[], s:n}}", "metadata", "name", "a", "spec",
				   "x", 1, "list", "none"), *stored = NULL;
	struct np_err err = { .code = NP_OK };
	struct np_kube *k;
	struct fake f;

	fake_start(&f, x->steps, x->n_steps, NULL);
	k = fake_client(&f);
	np_kube_create(k, &np_kube_types[NP_KUBE_NETPOL], "ns", obj, NULL, &stored, &err);
	ck_assert_msg(err.code == x->code, "case %d: %d %s", _i, err.code, err.msg);
	ck_assert_uint_eq(fake_n_requests(&f), x->n_requests);
	ck_assert_int_eq(stored != NULL, x->code == NP_OK);
	json_decref(stored);
	json_decref(obj);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* curl sends again by itself what a kept connection did not answer: that counts as well. */
START_TEST(lost_on_a_kept_connection)
{
	static const struct fake_step steps[] = {
		GOOD,
		{ .silent = true },
		{ .code = 409, .body = "{\"reason\":\"AlreadyExists\",\"message\":\"exists\"}" },
		GOOD,
	};
	json_t *obj = np_json_pack("{s:{s:s}}", "metadata", "name", "a");
	struct np_kube_stats st;
	struct np_kube *k;
	struct np_err err;
	struct fake f;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(get(k, 5000, NULL, &err), 0);
	ck_assert_msg(!np_kube_create(k, &np_kube_types[NP_KUBE_NETPOL], "ns", obj, NULL, NULL, &err),
		      "%s", err.msg);
	np_kube_get_stats(k, &st);
	ck_assert_uint_eq(st.again[NP_KUBE_LOST], 1);
	json_decref(obj);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(lost_answer_to_a_delete)
{
	static const struct fake_step lost[] = { { .silent = true }, { .code = 404 } },
				      never[] = { { .code = 404 } };
	struct np_kube *k;
	struct np_err err;
	struct fake f;

	FAKE_START(&f, lost);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_delete(k, &np_kube_types[NP_KUBE_POD], "n", "p", NULL, &err), 0);
	np_kube_free(k);
	fake_stop(&f);
	FAKE_START(&f, never);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_delete(k, &np_kube_types[NP_KUBE_POD], "n", "p", NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_ENOTFOUND);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(json_patch_on_request)
{
	static const struct fake_step steps[] = { { .code = 502 }, GOOD };
	const struct np_kube_write w = { .flags = NP_KUBE_REPEAT };
	json_t *patch = json_array();
	struct np_kube *k;
	struct np_err err;
	struct fake f;

	for (int repeat = 0; repeat < 2; repeat++) {
		FAKE_START(&f, steps);
		k = fake_client(&f);
		ck_assert_int_eq(np_kube_patch(k, &np_kube_types[NP_KUBE_POD], "n", "p",
					       NP_KUBE_PATCH_JSON, patch, repeat ? &w : NULL, NULL,
					       &err),
				 repeat ? 0 : -1);
		np_kube_free(k);
		fake_stop(&f);
	}
	json_decref(patch);
}
END_TEST

/* Asked to wait, it did nothing: also what must not happen twice is sent again. */
START_TEST(asked_to_wait)
{
	static const struct fake_step steps[] = { { .code = 503, .headers = "Retry-After: 0\r\n" },
						  GOOD };
	struct np_kube_req req = { .method = "POST", .path = "/x", .body = "{}", .n_body = 2 };
	struct np_kube *k;
	struct np_err err;
	struct fake f;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_msg(!np_kube_request(k, &req, NULL, &err), "%s", err.msg);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

static const struct covers_case {
	const char *stored, *sent;
	bool covers;
} comparisons[] = {
	{ "{}", "{}", true },
	{ "{\"a\":1,\"b\":2}", "{\"a\":1}", true },
	{ "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
	{ "{\"a\":1}", "{\"a\":1,\"b\":null,\"c\":[],\"d\":{},\"e\":\"\"}", true },
	{ "{\"a\":1}", "{\"a\":\"1\"}", false },
	{ "{\"a\":[1,{\"x\":1,\"y\":2}]}", "{\"a\":[1,{\"x\":1}]}", true },
	{ "{\"a\":[1,2]}", "{\"a\":[1]}", false },
	{ "{\"a\":[]}", "{\"a\":[{}]}", false },
	{ "{\"metadata\":{\"resourceVersion\":\"2\"}}", "{\"metadata\":{\"resourceVersion\":\"1\"}}",
	  true },
	{ "{\"a\":1}", "{\"a\":1,\"status\":{\"x\":1}}", true },
	{ "{\"a\":{}}", "{\"a\":{\"status\":\"x\"}}", false },
};

START_TEST(covered)
{
	const struct covers_case *x = &comparisons[_i];
	json_t *stored = json_loads(x->stored, 0, NULL), *sent = json_loads(x->sent, 0, NULL);

	ck_assert_msg(np_kube_covers(stored, sent) == x->covers, "%s %s", x->stored, x->sent);
	json_decref(stored);
	json_decref(sent);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/retry");
	TCase *t = tcase_create("retry");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, counted_by_cause);
	tcase_add_test(t, patience);
	tcase_add_test(t, hanging_attempt);
	tcase_add_test(t, nobody_there);
	tcase_add_test(t, gone_for_good);
	tcase_add_test(t, dropped_in_the_handshake);
	tcase_add_loop_test(t, lost_answer_to_a_create, 0, NP_ARRAY_SIZE(creates));
	tcase_add_test(t, lost_on_a_kept_connection);
	tcase_add_test(t, lost_answer_to_a_delete);
	tcase_add_test(t, json_patch_on_request);
	tcase_add_test(t, asked_to_wait);
	tcase_add_loop_test(t, covered, 0, NP_ARRAY_SIZE(comparisons));
	suite_add_tcase(s, t);
	return fake_run(s);
}
