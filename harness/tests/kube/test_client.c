/* test_client.c - requests: codes to errors, retries, deadlines, cancellation, headers, threads. */
#include "fake.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

#include "np/base/file.h"
#include "np/base/json.h"

#define STATUS(code, reason, message) \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" code \
	",\"reason\":\"" reason "\",\"message\":\"" message "\"}"

static int get_once(struct np_kube *k, struct np_kube_reply *r, struct np_err *err)
{
	return np_kube_request(k, &(struct np_kube_req){ .method = "GET", .path = "/api/v1/x",
							 .flags = NP_KUBE_ONCE }, r, err);
}

static const struct code_case {
	int http;
	const char *body;
	enum np_errcode code;
	const char *msg, *path;
} codes[] = {
	{400, STATUS("400", "BadRequest", "strict decoding error"), NP_EVALID,
	 "strict decoding error (HTTP 400)", ""},
	{401, STATUS("401", "Unauthorized", "Unauthorized"), NP_EDENIED, "Unauthorized (HTTP 401)",
	 ""},
	{403, STATUS("403", "Forbidden", "no"), NP_EDENIED, "no (HTTP 403)", ""},
	{404, STATUS("404", "NotFound", "no x"), NP_ENOTFOUND, "no x (HTTP 404)", ""},
	{404, "404 page not found\nmore", NP_ENOTFOUND, "HTTP 404: 404 page not found", ""},
	{409, STATUS("409", "AlreadyExists", "is"), NP_ECONFLICT, "is (HTTP 409)", ""},
	{410, STATUS("410", "Expired", "old"), NP_ECONFLICT, "old (HTTP 410)", ""},
	{413, "", NP_ELIMIT, "HTTP 413 without a reason", ""},
	{415, "", NP_EUSAGE, "HTTP 415 without a reason", ""},
	{422,
	 "{\"kind\":\"Status\",\"message\":\"all of "
	 "it\",\"details\":{\"causes\":[{\"message\":\"Invalid value: 0\","
	 "\"field\":\"spec.ingress[0].ports[1].endPort\"}]}}",
	 NP_EVALID, "Invalid value: 0 (HTTP 422)", "spec.ingress[0].ports[1].endPort"},
	{422,
	 "{\"message\":\"all of "
	 "it\",\"details\":{\"causes\":[{\"message\":\"a\",\"field\":\"f\"},{}]}}",
	 NP_EVALID, "all of it (HTTP 422)", "f"},
	{422, "{\"message\":7,\"details\":{\"causes\":7}}", NP_EVALID, "HTTP 422: {", ""},
	{429, STATUS("429", "TooManyRequests", "slow"), NP_EENV, "slow (HTTP 429)", ""},
	{500, STATUS("500", "InternalError", "oops"), NP_EENV, "oops (HTTP 500)", ""},
	{503, "", NP_EENV, "HTTP 503 without a reason", ""},
	{504, "", NP_ETIMEOUT, "HTTP 504 without a reason", ""},
	{302, "", NP_EUSAGE, "HTTP 302 without a reason", ""},
	{200, "{\"a\":", NP_EPARSE, "the reply to /api/v1/x is not JSON", ""},
};

START_TEST(code_to_error)
{
	const struct code_case *c = &codes[_i];
	struct fake_step steps[] = { { .code = c->http, .body = c->body } };
	struct np_kube_reply r = { .http = 0 };
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(get_once(k, &r, &err), -1);
	ck_assert_msg(err.code == c->code, "case %d: code %d", _i, err.code);
	ck_assert_msg(!strncmp(err.msg, c->msg, strlen(c->msg)), "case %d: '%s'", _i, err.msg);
	ck_assert_str_eq(err.path, c->path);
	ck_assert_int_eq(r.http, c->http);
	ck_assert_str_eq(np_buf_text(&r.text), c->body);
	ck_assert_uint_eq(fake_n_requests(&f), 1);
	np_kube_reply_release(&r);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(reply_parts)
{
	static const struct fake_step steps[] = {
		{.code = 201,
		 .body = "{\"a\":[1]}",
		 .headers = "Warning: 299 - \"first \\\"one\\\"\" \"Mon, 1 Jan\", "
			    "299 - \"second\"\r\nwarning: 299 - \"third\"\r\nRetry-After: 7\r\n"},
		{.code = 409, .body = STATUS("409", "AlreadyExists", "x")},
	};
	struct np_kube_reply r = { .http = 0 };
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(get_once(k, &r, &err), 0);
	ck_assert_int_eq(r.http, 201);
	ck_assert_int_eq(r.retry_after_s, 7);
	ck_assert_uint_eq(r.n_warnings, 3);
	ck_assert_str_eq(r.warnings[0], "first \"one\"");
	ck_assert_str_eq(r.warnings[1], "second");
	ck_assert_str_eq(r.warnings[2], "third");
	ck_assert_uint_eq(json_array_size(json_object_get(r.body, "a")), 1);
	ck_assert_str_eq(np_kube_reply_reason(&r), "");
	ck_assert_int_eq(get_once(k, &r, &err), -1);
	ck_assert_uint_eq(r.n_warnings, 0);
	ck_assert_int_eq(r.retry_after_s, -1);
	ck_assert_str_eq(np_kube_reply_reason(&r), "AlreadyExists");
	np_kube_reply_release(&r);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

#define GOOD { .code = 200, .body = "{}" }

/* What a fault before a good reply makes of each verb. */
static const struct retry_case {
	const char *name;
	struct fake_step fault;
	const char *method, *content_type;
	unsigned want_attempts;		/* of a success; 0: the first fault is final */
} retries[] = {
	{"429", {.code = 429, .headers = "Retry-After: 1\r\n"}, "GET", NULL, 2},
	{"429 without a hint", {.code = 429}, "GET", NULL, 2},
	{"429 of a create", {.code = 429}, "POST", NULL, 2},
	{"503", {.code = 503}, "GET", NULL, 2},
	{"503", {.code = 503}, "DELETE", NULL, 2},
	{"503 of a create", {.code = 503}, "POST", NULL, 0},
	{"500", {.code = 500}, "PUT", NULL, 2},
	{"500 of a create", {.code = 500}, "POST", NULL, 0},
	{"merge patch", {.code = 502}, "PATCH", "application/merge-patch+json", 2},
	{"json patch", {.code = 502}, "PATCH", "application/json-patch+json", 0},
	{"silence", {.silent = true}, "GET", NULL, 2},
	{"silence to a create", {.silent = true}, "POST", NULL, 0},
	{"cut in the head", {.code = 200, .body = "{\"a\":1}", .cut = 20}, "GET", NULL, 2},
	{"cut in the body",
	 {.code = 200, .body = "{\"aaaaaaaaaaaaaaaaaaaaaaa\":1}", .cut = 80},
	 "PUT",
	 NULL,
	 2},
	{"cut in the answer to a create",
	 {.code = 201, .body = "{\"a\":111111111111111111111}", .cut = 80},
	 "POST",
	 NULL,
	 0},
	{"no chunk end", {.code = 200, .pieces = {"{}"}, .close = true}, "GET", NULL, 2},
	{"404", {.code = 404}, "GET", NULL, 0},
	{"409", {.code = 409}, "PUT", NULL, 0},
};

START_TEST(what_is_tried_again)
{
	const struct retry_case *c = &retries[_i];
	struct fake_step steps[] = { c->fault, GOOD };
	struct np_kube_req req = {
		.method = c->method, .path = "/x", .content_type = c->content_type};
	struct np_kube_reply r = { .http = 0 };
	struct np_kube_stats st;
	struct np_err err;
	struct fake f;
	struct np_kube *k;
	int rc;

	if (strcmp(c->method, "GET") && strcmp(c->method, "DELETE")) {
		req.body = "{\"b\":2}";
		req.n_body = 7;
	}
	FAKE_START(&f, steps);
	k = fake_client(&f);
	rc = np_kube_request(k, &req, &r, &err);
	np_kube_get_stats(k, &st);
	ck_assert_msg(rc == (c->want_attempts ? 0 : -1), "%s %s: %d %s", c->method, c->name, rc,
		      err.msg);
	ck_assert_uint_eq(fake_n_requests(&f), c->want_attempts ? c->want_attempts : 1);
	ck_assert_uint_eq(st.requests, fake_n_requests(&f));
	ck_assert_uint_eq(st.retries, st.requests - 1);
	ck_assert_uint_eq(st.throttled, c->fault.code == 429);
	ck_assert_uint_eq(st.lost, c->fault.silent || c->fault.cut || c->fault.pieces[0]);
	ck_assert_uint_eq(r.attempts, st.requests);
	if (req.body)
		for (size_t i = 0; i < fake_n_requests(&f); i++)
			ck_assert_ptr_nonnull(strstr(f.requests[i], "\r\n\r\n{\"b\":2}"));
	np_kube_reply_release(&r);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* curl repeats a request on its own when a kept connection dies unanswered: never a create. */
START_TEST(kept_connection_dies)
{
	static const struct fake_step steps[] = { GOOD, { .silent = true }, GOOD };
	static const struct { const char *method; int rc; size_t n; } cases[] = {
		{ "POST", -1, 2 }, { "PUT", 0, 3 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct np_kube_req req = {
			.method = cases[i].method, .path = "/x", .body = "{}", .n_body = 2};
		struct np_err err;
		struct fake f;
		struct np_kube *k;

		FAKE_START(&f, steps);
		k = fake_client(&f);
		ck_assert_int_eq(np_kube_request(k, &req, NULL, &err), 0);
		ck_assert_int_eq(np_kube_request(k, &req, NULL, &err), cases[i].rc);
		ck_assert_uint_eq(fake_n_requests(&f), cases[i].n);
		ck_assert_uint_le(fake_n_conns(&f), 2);	/* the first two shared one */
		np_kube_free(k);
		fake_stop(&f);
	}
}
END_TEST

START_TEST(storm_ends_at_the_deadline)
{
	static const struct fake_step steps[] = {
		{.code = 503, .body = STATUS("503", "X", "overloaded")}};
	struct np_kube_req req = { .method = "GET", .path = "/x", .timeout_ms = 700 };
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_request(k, &req, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_str_eq(err.msg, "overloaded (HTTP 503)");
	ck_assert_uint_ge(fake_n_requests(&f), 2);
	ck_assert_uint_lt(fake_n_requests(&f), 20);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(a_wait_longer_than_the_deadline_is_not_begun)
{
	static const struct fake_step steps[] = {{.code = 429, .headers = "Retry-After: 3600\r\n"}};
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_request(k, &(struct np_kube_req){.method = "GET", .path = "/x"},
					 NULL, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_uint_eq(fake_n_requests(&f), 1);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(five_hundred_only_a_few_times)
{
	static const struct fake_step steps[] = { { .code = 500 } };
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_request(k, &(struct np_kube_req){.method = "GET", .path = "/x"},
					 NULL, &err),
			 -1);
	ck_assert_uint_eq(fake_n_requests(&f), 3);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

static const struct fake_step hangs[] = {
	{ .hang = true },
	{ .code = 200, .pieces = { "{", " " }, .hang = true },
};

START_TEST(time_out)
{
	struct np_kube_req req = { .method = "GET", .path = "/x", .timeout_ms = 300 };
	struct np_kube_reply r = { .http = 0 };
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	fake_start(&f, &hangs[_i], 1, NULL);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_request(k, &req, &r, &err), -1);
	ck_assert_int_eq(err.code, NP_ETIMEOUT);
	ck_assert_int_eq(r.http, 0);
	np_kube_reply_release(&r);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

/* While waiting for an answer, and while waiting before a retry. */
START_TEST(cancel)
{
	static const struct fake_step waits[] = {
		{ .hang = true }, { .code = 429, .headers = "Retry-After: 20\r\n" },
	};
	struct np_err err;
	struct fake f;
	struct np_kube *k;
	atomic_int flag = 0;
	pthread_t t;

	fake_start(&f, &waits[_i], 1, NULL);
	k = fake_client(&f);
	np_kube_set_cancel(k, &flag);
	pthread_create(&t, NULL, set_later, &flag);
	ck_assert_int_eq(np_kube_request(k, &(struct np_kube_req){.method = "GET", .path = "/x"},
					 NULL, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	pthread_join(t, NULL);
	/* and from then on nothing goes out */
	ck_assert_int_eq(np_kube_request(k, &(struct np_kube_req){.method = "GET", .path = "/x"},
					 NULL, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	ck_assert_uint_eq(fake_n_requests(&f), 1);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(nobody_there)
{
	static const char *const servers[] = {"unix:///tmp/np-kube-no-such.sock",
					      "http://127.0.0.1:1"};
	struct np_kube_config c = { .server = np_str_from(servers[_i]) };
	struct np_kube_stats st;
	struct np_err err;
	struct np_kube *k = np_kube_new(&c, &err);

	ck_assert_int_eq(np_kube_version(k, 5000, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_ptr_nonnull(strstr(err.msg, servers[_i]));
	/* a create may be tried again here: nobody can have acted on it */
	ck_assert_int_eq(np_kube_request(k, &(struct np_kube_req){ .method = "POST", .path = "/x",
					 .timeout_ms = 500 }, NULL, &err), -1);
	np_kube_get_stats(k, &st);
	ck_assert_uint_gt(st.retries, 0);
	np_kube_free(k);
}
END_TEST

START_TEST(what_is_sent)
{
	static const struct fake_step steps[] = { { .code = 401 }, GOOD };
	struct np_str groups[] = { NP_STR("g 1"), NP_STR("g2") };
	struct np_kube_pair extra[] = { { NP_STR("a/B"), NP_STR("v") } };
	struct np_kube_req req = { .method = "PATCH", .path = "/a/%2F/../b", .query = "x=1&y=%20",
				   .content_type = "application/merge-patch+json" };
	json_t *body = np_json_pack("{s:i}", "k", 1);
	static const char *const lines[] = {
		"PATCH /a/%2F/../b?x=1&y=%20 HTTP/1.1\r\n",
		"\r\nHost: localhost\r\n",
		"\r\nAuthorization: Basic dTpw\r\n",
		"\r\nImpersonate-User: me\r\n",
		"\r\nImpersonate-Group: g 1\r\n",
		"\r\nImpersonate-Group: g2\r\n",
		"\r\nImpersonate-Extra-a%2FB: v\r\n",
		"\r\nContent-Type: application/merge-patch+json\r\n",
		"\r\nAccept: application/json\r\n",
		"\r\nUser-Agent: netpolcheck/",
		"\r\n\r\n{\"k\":1}",
	};
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	f.config.username = NP_STR("u");
	f.config.password = NP_STR("p");
	f.config.as_user = NP_STR("me");
	f.config.as_groups = groups;
	f.config.n_as_groups = 2;
	f.config.as_extra = extra;
	f.config.n_as_extra = 1;
	k = fake_client(&f);
	req.json = body;
	/* fixed credentials that are refused are refused: no second try */
	ck_assert_int_eq(np_kube_request(k, &req, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EDENIED);
	ck_assert_uint_eq(fake_n_requests(&f), 1);
	for (size_t i = 0; i < NP_ARRAY_SIZE(lines); i++)
		ck_assert_msg(strstr(f.requests[0], lines[i]) != NULL, "%s is not in %s", lines[i],
			      f.requests[0]);
	ck_assert_ptr_null(strstr(f.requests[0], "Expect"));
	json_decref(body);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(bad_requests)
{
	static const struct np_kube_req bad[] = {
		{.method = "BREW", .path = "/x"},
		{.method = "GET", .path = "x"},
		{.method = "GET", .path = "/x\r\nEvil: 1"},
		{.method = "GET", .path = "/x", .query = "a\n"},
		{.method = "POST", .path = "/x", .content_type = "a\r\nb: c"},
	};
	static const char *const servers[] = {
		"",  "https://",       "https://u:p@h", "https://h?q", "ftp://h", "https://h#f",
		"h", "https://h:99999"};
	struct np_kube_config c = { .server = NP_STR("http://127.0.0.1:1") };
	struct np_err err;
	struct np_kube *k = np_kube_new(&c, &err);

	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(np_kube_request(k, &bad[i], NULL, &err), -1);
		ck_assert_int_eq(err.code, NP_EUSAGE);
	}
	np_kube_free(k);
	for (size_t i = 0; i < NP_ARRAY_SIZE(servers); i++) {
		c.server = np_str_from(servers[i]);
		k = np_kube_new(&c, &err);
		ck_assert_msg(!k, "'%s' was taken", servers[i]);
		ck_assert_int_eq(err.code, NP_EUSAGE);
	}
	c.server = NP_STR("https://h");
	c.token = NP_STR("a\r\nb");
	ck_assert_ptr_null(np_kube_new(&c, &err));
	ck_assert_int_eq(err.code, NP_EVALID);
}
END_TEST

START_TEST(token_file)
{
	static const struct fake_step steps[] = {GOOD, GOOD, {.code = 401}, GOOD, {.code = 401}};
	static const char *const want[] = { "one", "two", "two", "three", "three", "three" };
	char path[64] = "/tmp/np-kube-token-XXXXXX";
	int fd = mkstemp(path);
	struct stat st;
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	f.config.token = NP_STR("unused");
	f.config.token_file = np_str_from(path);
	close(fd);
	k = fake_client(&f);
	ck_assert_int_eq(get_once(k, NULL, &err), -1);	/* empty */
	ck_assert_int_eq(err.code, NP_EENV);
	np_file_write(path, " one\n", 5, 0600, NULL);
	ck_assert_int_eq(get_once(k, NULL, &err), 0);
	np_file_write(path, "two\n", 4, 0600, NULL);
	ck_assert_int_eq(get_once(k, NULL, &err), 0);
	/* now it changes and nothing tells: same inode, same time */
	ck_assert_int_eq(stat(path, &st), 0);
	fd = open(path, O_WRONLY | O_TRUNC);
	ck_assert_int_eq(np_write_all(fd, "three", 5), 0);
	ck_assert_int_eq(futimens(fd, (struct timespec[]){ st.st_atim, st.st_mtim }), 0);
	close(fd);
	/* the old one is presented, refused, and the file read again */
	ck_assert_int_eq(get_once(k, NULL, &err), 0);
	/* unreadable for a moment: the last good one serves; refused twice is refused */
	unlink(path);
	ck_assert_int_eq(get_once(k, NULL, &err), -1);
	ck_assert_int_eq(err.code, NP_EDENIED);
	ck_assert_uint_eq(fake_n_requests(&f), NP_ARRAY_SIZE(want));
	for (size_t i = 0; i < NP_ARRAY_SIZE(want); i++) {
		np_auto_free char *line = np_xasprintf("\r\nAuthorization: Bearer %s\r\n", want[i]);

		ck_assert_msg(strstr(f.requests[i], line) != NULL, "request %zu", i);
	}
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

static void *many(void *arg)
{
	struct np_kube *k = arg;
	int64_t bad = 0;

	for (int i = 0; i < 20; i++) {
		struct np_kube_reply r = { .http = 0 };

		if (get_once(k, &r, NULL) || !json_is_object(r.body))
			bad++;
		np_kube_reply_release(&r);
	}
	return (void *)(intptr_t)bad;
}

START_TEST(threads)
{
	static const struct fake_step steps[] = { GOOD };
	struct np_kube_stats st;
	struct fake f;
	struct np_kube *k;
	pthread_t t[8];

	FAKE_START(&f, steps);
	k = fake_client(&f);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++)
		pthread_create(&t[i], NULL, many, k);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		void *bad;

		pthread_join(t[i], &bad);
		ck_assert_ptr_null(bad);
	}
	np_kube_get_stats(k, &st);
	ck_assert_uint_eq(st.requests, 160);
	ck_assert_uint_eq(st.bytes_in, 320);
	ck_assert_uint_le(fake_n_conns(&f), 8);	/* kept and used again */
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

START_TEST(version)
{
	static const struct fake_step steps[] = {
		{.code = 200, .body = "{\"gitVersion\":\"v1.36.2\"}"},
		{.code = 200, .body = "{}"},
	};
	char v[64];
	struct np_err err;
	struct fake f;
	struct np_kube *k;

	FAKE_START(&f, steps);
	k = fake_client(&f);
	ck_assert_int_eq(np_kube_version(k, 1000, v, &err), 0);
	ck_assert_str_eq(v, "v1.36.2");
	ck_assert_int_eq(np_kube_version(k, 1000, v, &err), -1);
	ck_assert_int_eq(err.code, NP_EENV);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/client");
	TCase *t = tcase_create("client");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, code_to_error, 0, NP_ARRAY_SIZE(codes));
	tcase_add_test(t, reply_parts);
	tcase_add_loop_test(t, what_is_tried_again, 0, NP_ARRAY_SIZE(retries));
	tcase_add_test(t, kept_connection_dies);
	tcase_add_test(t, storm_ends_at_the_deadline);
	tcase_add_test(t, a_wait_longer_than_the_deadline_is_not_begun);
	tcase_add_test(t, five_hundred_only_a_few_times);
	tcase_add_loop_test(t, time_out, 0, 2);
	tcase_add_loop_test(t, cancel, 0, 2);
	tcase_add_loop_test(t, nobody_there, 0, 2);
	tcase_add_test(t, what_is_sent);
	tcase_add_test(t, bad_requests);
	tcase_add_test(t, token_file);
	tcase_add_test(t, threads);
	tcase_add_test(t, version);
	suite_add_tcase(s, t);
	return fake_run(s);
}
