/* test_exec_bad.c - exec streams of servers that refuse, stop half-way or talk nonsense. */
#include "exec_rig.h"

/* Servers that do not upgrade as they should. */
static void bad_accept(struct fake_conn *c, const char *request)
{
	(void)request;
	fake_puts(c, "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: "
		     "Upgrade\r\nSec-WebSocket-Accept: "
		     "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: "
		     "v5.channel.k8s.io\r\n\r\n");
	fake_hang(c);
}

static void no_protocol(struct fake_conn *c, const char *request)
{
	ws_open(c, request, NULL);
	fake_hang(c);
}

static void other_protocol(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "base64.channel.k8s.io");
	fake_hang(c);
}

static void not_websocket(struct fake_conn *c, const char *request)
{
	(void)request;
	fake_puts(c, "HTTP/1.1 101 OK\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\n");
	fake_hang(c);
}

static void h2(struct fake_conn *c, const char *request)
{
	(void)request;
	fake_write(c, "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\4\0", 18);
	fake_hang(c);
}

static void endless_head(struct fake_conn *c, const char *request)
{
	(void)request;
	fake_puts(c, "HTTP/1.1 101 OK\r\n");
	while (fake_puts(c,
			 "X-Filler: "
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"))
		;
}

static const struct refusal {
	struct fake_step step;
	enum np_errcode code;
	const char *msg;
} refusals[] = {
	{{.code = 404,
	  .body = "{\"kind\":\"Status\",\"message\":\"pods \\\"p\\\" not found\",\"code\":404}"},
	 NP_ENOTFOUND,
	 "exec: pods \"p\" not found (HTTP 404)"},
	{{.code = 403, .pieces = {"{\"message\":\"for", "bidden\"}"}},
	 NP_EDENIED,
	 "exec: forbidden (HTTP 403)"},
	{{.code = 400, .body = "container c is not valid for pod p"},
	 NP_EVALID,
	 "exec: HTTP 400: container c is not valid for pod p"},
	{{.raw = "HTTP/1.1 500 Oops\r\n\r\nno length\n", .close = true},
	 NP_EENV,
	 "exec: HTTP 500: no length"},
	{{.raw = "HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nhalf", .close = true},
	 NP_EENV,
	 "exec: HTTP 500: half"},
	{{.raw = "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .hang = true},
	 NP_EENV,
	 "exec: HTTP 500 without a reason"},
	{{.code = 200, .body = "{}"}, NP_EPARSE, "did not switch"},
	{{.handle = bad_accept}, NP_EPARSE, "Sec-WebSocket-Accept"},
	{{.handle = no_protocol}, NP_EPARSE, "no subprotocol"},
	{{.handle = other_protocol}, NP_EPARSE, "'base64.channel.k8s.io', which was not offered"},
	{{.handle = not_websocket}, NP_EPARSE, "another protocol than WebSocket"},
	{{.handle = h2}, NP_EPARSE, "does not answer in HTTP/1.1"},
	{{.handle = endless_head}, NP_ELIMIT, "head of the answer"},
	{{.silent = true}, NP_EENV, "without an answer"},
	{{.raw = "HTTP/1.1 101 OK\r\nUpgr", .close = true}, NP_EENV, "without an answer"},
	{{.hang = true}, NP_ETIMEOUT, "did not open in time"},
};

START_TEST(refused)
{
	const struct refusal *x = &refusals[_i];
	struct rig r;
	struct np_err err;
	struct np_kube_exec *e;

	rig_start(&r, &x->step, 1);
	e = np_kube_exec_open(r.k, "ns", "p", NULL, cmd, 0, x->step.hang ? 500 : 10000, &err);
	ck_assert_ptr_null(e);
	ck_assert_msg(err.code == x->code, "case %d: code %d, %s", _i, err.code, err.msg);
	ck_assert_msg(strstr(err.msg, x->msg) != NULL, "case %d: '%s'", _i, err.msg);
	ck_assert_uint_eq(fake_n_requests(&r.f), 1);
	rig_stop(&r);
}
END_TEST

START_TEST(opens_at_last)
{
	static const struct fake_step steps[] = {
		{.code = 429, .headers = "Retry-After: 1\r\n"},
		{.code = 503},
		{.handle = exits_3},
	};
	struct np_kube_stats st;
	struct np_err err;
	struct rig r;

	rig_start(&r, steps, 3);
	ck_assert_int_eq(np_kube_exec_run(r.k, "ns", "p", NULL, cmd, NULL, 20000, NULL, NULL, &err),
			 3);
	np_kube_get_stats(r.k, &st);
	ck_assert_uint_eq(st.requests, 3);
	ck_assert_uint_eq(st.retries, 2);
	ck_assert_uint_eq(st.throttled, 1);
	rig_stop(&r);
}
END_TEST

/* Streams that end as they should not. */
static void cut_in_a_frame(struct fake_conn *c, const char *request)
{
	struct np_buf b = { NULL, 0, 0 };

	ws_open(c, request, "v5.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_frame(&b, WS_BINARY, 1, "lost lost lost lost", 19);
	fake_write(c, b.data, 8);
	np_buf_release(&b);
}

static void closes_without_status(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v5.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_send(c, WS_CLOSE, -1, "\x03\xf3", 2);
	ws_wait_close(c);
}

static void internal_error(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_finish(c, "{\"status\":\"Failure\",\"reason\":\"InternalError\",\"message\":\"no such "
		     "executable\"}");
}

static void strange_status(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_finish(c, "exit status 1");
}

static void code_without_number(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_finish(c, WS_EXIT("1e9"));
}

static void text_frame(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_send(c, WS_TEXT, -1, "1hello", 6);
	fake_hang(c);
}

static void channel_nine(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_puts(c, 9, "hello");
	fake_hang(c);
}

static void reserved_bits(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	fake_write(c, "\xf2\x01\x01", 3);
	fake_hang(c);
}

static void huge_message(struct fake_conn *c, const char *request)
{
	np_auto_free char *data = np_xcalloc(1, NP_KUBE_EXEC_MSG_MAX + 10);

	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	ws_send(c, WS_BINARY, 1, data, NP_KUBE_EXEC_MSG_MAX + 10);
	fake_hang(c);
}

static void lengthless_giant(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v4.channel.k8s.io");
	ws_puts(c, 1, "kept");
	fake_write(c, "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff\x01", 11);
	fake_hang(c);
}

static const struct ending {
	void (*handle)(struct fake_conn *, const char *);
	enum np_errcode code;
	const char *msg;
} endings[] = {
	{ cut_in_a_frame, NP_EENV, "the connection ended without an exit status" },
	{ closes_without_status, NP_EENV, "closed by the server without an exit status" },
	{ internal_error, NP_EENV, "no such executable" },
	{ strange_status, NP_EPARSE, "no Status" },
	{ code_without_number, NP_EENV, "without an exit code" },
	{ text_frame, NP_EPARSE, "channel" },
	{ channel_nine, NP_EPARSE, "channel" },
	{ reserved_bits, NP_EPARSE, "not WebSocket" },
	{ huge_message, NP_ELIMIT, "larger than allowed" },
	{ lengthless_giant, NP_ELIMIT, "larger than allowed" },
	{ stops_answering, NP_ETIMEOUT, "no sign of life" },
};

START_TEST(bad_endings)
{
	const struct ending *x = &endings[_i];
	struct fake_step step;
	struct np_kube_exec *e;
	struct np_err why;
	struct rig r;

	rig_handler(&r, &step, x->handle);
	e = open_ok(&r, NP_KUBE_EXEC_STDIN);
	np_kube_exec_set_keepalive(e, 100, 200);
	ck_assert_int_eq(to_end(e, NULL, &why), NP_KUBE_EXEC_FAILED);
	ck_assert_msg(why.code == x->code, "case %d: code %d, %s", _i, why.code, why.msg);
	ck_assert_msg(strstr(why.msg, x->msg) != NULL, "case %d: '%s'", _i, why.msg);
	ck_assert_str_eq(np_buf_text(np_kube_exec_out(e)),
			 "kept"); /* what came before is not lost */
	np_kube_exec_close(e);
	rig_stop(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/exec: bad servers");
	TCase *t = tcase_create("bad servers");

	tcase_set_timeout(t, 90);
	tcase_add_loop_test(t, refused, 0, NP_ARRAY_SIZE(refusals));
	tcase_add_test(t, opens_at_last);
	tcase_add_loop_test(t, bad_endings, 0, NP_ARRAY_SIZE(endings));
	suite_add_tcase(s, t);
	return fake_run(s);
}
