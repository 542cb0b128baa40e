/* test_exec.c - exec streams: channels, exit codes, bounds, cancelling, many at once. */
#include "exec_rig.h"

START_TEST(output_and_exit_code)
{
	static const char *const lines[] = {
		"GET "
		"/api/v1/namespaces/ns/pods/p/"
		"exec?container=c&command=sh&command=-c&command=a%20b%26c%3Dd&",
		"%3Dd&command=&stdout=true&stderr=true HTTP/1.1\r\n",
		"\r\nConnection: Upgrade\r\n",
		"\r\nUpgrade: websocket\r\n",
		"\r\nSec-WebSocket-Version: 13\r\n",
		"\r\nHost: localhost\r\n",
		"\r\nSec-WebSocket-Protocol: v5.channel.k8s.io, v4.channel.k8s.io\r\n",
		"\r\nAuthorization: Bearer t\r\n",
		"\r\nImpersonate-User: me\r\n",
	};
	struct fake_step step = { .handle = exits_3 };
	struct rig r;
	struct np_kube_exec *e;
	int code = -1;

	fake_start(&r.f, &step, 1, NULL);
	r.f.config.token = NP_STR("t");
	r.f.config.as_user = NP_STR("me");
	r.k = fake_client(&r.f);
	e = open_ok(&r, 0);
	ck_assert_int_eq(np_kube_exec_protocol(e), 5);
	ck_assert_int_eq(to_end(e, &code, NULL), NP_KUBE_EXEC_EXITED);
	ck_assert_int_eq(code, 3);
	ck_assert_str_eq(np_buf_text(np_kube_exec_out(e)), "output");
	ck_assert_str_eq(np_buf_text(np_kube_exec_errout(e)), "err");
	ck_assert_int_eq(np_kube_exec_fd(e), -1);
	ck_assert_uint_eq(np_kube_exec_write(e, "x", 1), 0);
	ck_assert(!np_kube_exec_pump(e, 1000));
	for (size_t i = 0; i < NP_ARRAY_SIZE(lines); i++)
		ck_assert_msg(strstr(r.f.requests[0], lines[i]) != NULL, "'%s' is not in %s",
			      lines[i], r.f.requests[0]);
	np_kube_exec_close(e);
	rig_stop(&r);
}
END_TEST

/* Echoes stdin until it is closed (v5) or says "quit" (v4), then exits with 0. */
static void echo(struct fake_conn *c, const char *request, const char *protocol)
{
	struct np_buf b = { NULL, 0, 0 };
	int op;

	ws_open(c, request, protocol);
	while ((op = ws_recv(c, &b)) >= 0) {
		if (op == WS_BINARY && b.len == 2 && !memcmp(b.data, "\xff\0", 2))
			break;
		if (op == WS_BINARY && b.len == 5 && !memcmp(b.data, "\0quit", 5))
			break;
		if (op == WS_BINARY && b.len > 1 && !b.data[0])
			ws_send(c, WS_BINARY, 1, b.data + 1, b.len - 1);
		if (op == WS_CLOSE)
			break;
		np_buf_clear(&b);
	}
	np_buf_release(&b);
	if (op >= 0 && op != WS_CLOSE)
		ws_finish(c, WS_OK);
}

static void echo5(struct fake_conn *c, const char *request)
{
	echo(c, request, "v5.channel.k8s.io");
}

static void echo4(struct fake_conn *c, const char *request)
{
	echo(c, request, "v4.channel.k8s.io");
}

START_TEST(protocol_4)
{
	struct fake_step step;
	struct rig r;
	struct np_kube_exec *e;
	int code = -1;

	rig_handler(&r, &step, echo4);
	e = open_ok(&r, NP_KUBE_EXEC_STDIN);
	ck_assert_int_eq(np_kube_exec_protocol(e), 4);
	ck_assert_uint_eq(np_kube_exec_write(e, "hello", 5), 5);
	ck_assert(!np_kube_exec_close_stdin(e));	/* v4 has no way to say it */
	while (np_kube_exec_queued(e))
		np_kube_exec_pump(e, 100);
	ck_assert_uint_eq(np_kube_exec_write(e, "quit", 4), 4);
	ck_assert_int_eq(to_end(e, &code, NULL), NP_KUBE_EXEC_EXITED);
	ck_assert_int_eq(code, 0);
	ck_assert_str_eq(np_buf_text(np_kube_exec_out(e)), "hello");
	np_kube_exec_close(e);
	rig_stop(&r);
}
END_TEST

/* Three megabytes there and back through a bounded queue. */
START_TEST(much_both_ways)
{
	enum { BYTES = 3 * 1024 * 1024 };
	np_auto_free char *data = np_xmalloc(BYTES);
	struct np_buf input = { data, BYTES, BYTES }, out = { NULL, 0, 0 };
	struct fake_step step;
	struct np_err err;
	struct rig r;
	int rc;

	for (size_t i = 0; i < BYTES; i++)
		data[i] = (char)(i * 7 + i / 251);
	rig_handler(&r, &step, echo5);
	rc = np_kube_exec_run(r.k, "ns", "p", NULL, cmd, &input, 60000, &out, NULL, &err);
	ck_assert_msg(rc == 0, "%d %s", rc, err.msg);
	ck_assert_uint_eq(out.len, BYTES);
	ck_assert_int_eq(memcmp(out.data, data, BYTES), 0);
	np_buf_release(&out);
	rig_stop(&r);
}
END_TEST

START_TEST(queue_is_bounded)
{
	np_auto_free char *data = np_xcalloc(1, 3 * NP_KUBE_EXEC_QUEUE_MAX);
	struct fake_step step;
	struct rig r;
	struct np_kube_exec *e;
	size_t n;

	rig_handler(&r, &step, echo5);
	e = open_ok(&r, NP_KUBE_EXEC_STDIN);
	n = np_kube_exec_write(e, data, 3 * NP_KUBE_EXEC_QUEUE_MAX);
	ck_assert_uint_gt(n, NP_KUBE_EXEC_QUEUE_MAX / 2);
	ck_assert_uint_le(np_kube_exec_queued(e), NP_KUBE_EXEC_QUEUE_MAX);
	ck_assert_uint_eq(np_kube_exec_write(e, data, 1000), 0);
	ck_assert_int_eq(np_kube_exec_events(e), POLLIN | POLLOUT);
	np_kube_exec_close(e);
	rig_stop(&r);
}
END_TEST

static void first_frame_with_head(struct fake_conn *c, const char *request)
{
	struct np_buf b = { NULL, 0, 0 };

	ws_head(&b, request, "v5.channel.k8s.io");
	ws_frame(&b, WS_BINARY, 1, "first", 5);
	ws_frame(&b, WS_BINARY, 1, "second", 6);
	ws_frame(&b, WS_BINARY, 3, WS_OK, strlen(WS_OK));
	ws_frame(&b, WS_CLOSE, -1, "\x03\xe8", 2);
	fake_write(c, b.data, b.len);
	np_buf_release(&b);
}

static void byte_by_byte(struct fake_conn *c, const char *request)
{
	struct np_buf b = { NULL, 0, 0 };

	ws_head(&b, request, "v5.channel.k8s.io");
	ws_frame(&b, WS_BINARY, 1, "firstsecond", 11);
	ws_frame(&b, WS_BINARY, 3, WS_OK, strlen(WS_OK));
	ws_frame(&b, WS_CLOSE, -1, "\x03\xe8", 2);
	for (size_t i = 0; i < b.len; i++)
		if (!fake_write(c, b.data + i, 1))
			break;
	np_buf_release(&b);
}

/* One message in several frames, a ping in between that must be answered. */
static void fragments_and_ping(struct fake_conn *c, const char *request)
{
	struct np_buf got = { NULL, 0, 0 };

	ws_open(c, request, "v5.channel.k8s.io");
	fake_write(c, "\x02\x06\x01" "first", 8);
	ws_send(c, WS_PING, -1, "are you there", 13);
	if (ws_recv(c, &got) == WS_PONG && got.len == 13 &&
	    !memcmp(got.data, "are you there", 13)) {
		fake_write(c, "\x80\x06second", 8);
		ws_finish(c, WS_OK);
	}
	np_buf_release(&got);
}

/* The server says how it ended and forgets to close. */
static void no_close(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v5.channel.k8s.io");
	ws_puts(c, 1, "firstsecond");
	ws_puts(c, 3, WS_OK);
	fake_hang(c);
}

/* ... or just hangs up after the status. */
static void no_goodbye(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v5.channel.k8s.io");
	ws_puts(c, 1, "firstsecond");
	ws_puts(c, 3, WS_OK);
}

static void (*const shapes[])(struct fake_conn *, const char *) = {
	first_frame_with_head, byte_by_byte, fragments_and_ping, no_close, no_goodbye,
};

START_TEST(shapes_of_the_same)
{
	struct np_buf out = { NULL, 0, 0 };
	struct fake_step step;
	struct np_err err;
	struct rig r;
	int rc;

	rig_handler(&r, &step, shapes[_i]);
	rc = np_kube_exec_run(r.k, "ns", "p", NULL, cmd, NULL, 10000, &out, NULL, &err);
	ck_assert_msg(rc == 0, "shape %d: %d %s", _i, rc, err.msg);
	ck_assert_str_eq(np_buf_text(&out), "firstsecond");
	np_buf_release(&out);
	rig_stop(&r);
}
END_TEST

static void three_megabytes(struct fake_conn *c, const char *request)
{
	np_auto_free char *data = np_xmalloc(32767);

	memset(data, 'y', 32767);
	ws_open(c, request, "v5.channel.k8s.io");
	for (int i = 0; i < 97; i++)
		ws_send(c, WS_BINARY, 1 + i % 2, data, 32767);
	ws_finish(c, WS_EXIT("255"));
}

START_TEST(much_output)
{
	struct np_buf out = { NULL, 0, 0 }, errout = { NULL, 0, 0 };
	struct fake_step step;
	struct np_err err;
	struct rig r;

	rig_handler(&r, &step, three_megabytes);
	ck_assert_int_eq(
		np_kube_exec_run(r.k, "ns", "p", NULL, cmd, NULL, 30000, &out, &errout, &err), 255);
	ck_assert_uint_eq(out.len, 49 * 32767);
	ck_assert_uint_eq(errout.len, 48 * 32767);
	np_buf_release(&out);
	np_buf_release(&errout);
	rig_stop(&r);
}
END_TEST

/* A quiet server that answers pings is alive. */
static void quiet(struct fake_conn *c, const char *request)
{
	struct np_buf b = { NULL, 0, 0 };
	int n_pings = 0;

	ws_open(c, request, "v5.channel.k8s.io");
	while (n_pings < 5 && ws_recv(c, &b) == WS_PING) {
		ws_send(c, WS_PONG, -1, NULL, 0);
		n_pings++;
	}
	np_buf_release(&b);
	if (n_pings == 5)
		ws_finish(c, WS_OK);
}

START_TEST(keepalive)
{
	struct fake_step step;
	struct np_kube_exec *e;
	struct rig r;
	int code = -1;

	rig_handler(&r, &step, quiet);
	e = open_ok(&r, NP_KUBE_EXEC_STDIN);
	np_kube_exec_set_keepalive(e, 50, 5000);
	ck_assert_int_eq(to_end(e, &code, NULL), NP_KUBE_EXEC_EXITED);
	ck_assert_int_eq(code, 0);
	np_kube_exec_close(e);
	rig_stop(&r);
}
END_TEST

static void expects_goodbye(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v5.channel.k8s.io");
	atomic_store((atomic_int *)c->f->user, ws_wait_close(c) ? 1 : 2);
}

START_TEST(close_says_goodbye)
{
	struct fake_step step;
	atomic_int seen = 0;
	struct rig r;

	rig_handler(&r, &step, expects_goodbye);
	r.f.user = &seen;
	np_kube_exec_close(open_ok(&r, NP_KUBE_EXEC_STDIN));
	for (int i = 0; i < 5000 && !atomic_load(&seen); i++)
		np_sleep_ms(1);
	ck_assert_int_eq(atomic_load(&seen), 1);
	np_kube_exec_close(NULL);
	rig_stop(&r);
}
END_TEST

static const struct fake_step silent_steps[] = { { .hang = true }, { .handle = stops_answering } };

START_TEST(cancel)
{
	atomic_int flag = 0;
	struct np_err err;
	pthread_t t;
	struct rig r;

	rig_start(&r, &silent_steps[_i], 1);
	np_kube_set_cancel(r.k, &flag);
	pthread_create(&t, NULL, set_later, &flag);
	ck_assert_int_eq(np_kube_exec_run(r.k, "ns", "p", NULL, cmd, NULL, 30000, NULL, NULL, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	pthread_join(t, NULL);
	rig_stop(&r);
}
END_TEST

START_TEST(time_out)
{
	struct fake_step step;
	struct np_err err;
	struct rig r;

	rig_handler(&r, &step, stops_answering);
	ck_assert_int_eq(np_kube_exec_run(r.k, "ns", "p", NULL, cmd, NULL, 400, NULL, NULL, &err),
			 -1);
	ck_assert_int_eq(err.code, NP_ETIMEOUT);
	rig_stop(&r);
}
END_TEST

START_TEST(bad_arguments)
{
	static const char *const none[] = { NULL };
	static const char *many[NP_KUBE_EXEC_ARGS_MAX + 2];
	struct np_kube_config c = { .server = NP_STR("http://127.0.0.1:1") };
	struct np_kube *k = np_kube_new(&c, NULL);
	struct np_err err;

	for (size_t i = 0; i <= NP_KUBE_EXEC_ARGS_MAX; i++)
		many[i] = "x";
	ck_assert_ptr_null(np_kube_exec_open(k, "ns", "p", NULL, none, 0, 1000, &err));
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_ptr_null(np_kube_exec_open(k, "ns", "", NULL, cmd, 0, 1000, &err));
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_ptr_null(np_kube_exec_open(k, "ns", "p", NULL, many, 0, 1000, &err));
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_ptr_null(np_kube_exec_open(k, "ns", "p", NULL, cmd, 0, 300, &err));
	ck_assert_int_eq(err.code, NP_EENV);	/* nobody there */
	np_kube_free(k);
}
END_TEST

/* Twenty streams, one thread, one poll(). Each line must come back on the stream it went out on. */
enum { STREAMS = 20, LINES = 30 };

struct talk {
	struct np_kube_exec *e;
	unsigned n_sent, n_back;
};

static void talk_step(struct talk *t, unsigned id)
{
	struct np_buf *out = np_kube_exec_out(t->e);
	char line[32], *end;

	while (np_kube_exec_pump(t->e, 0))
		;
	while (out->len && (end = memchr(out->data, '\n', out->len)) != NULL) {
		snprintf(line, sizeof(line), "%u/%u\n", id, t->n_back);
		ck_assert_uint_eq((size_t)(end - out->data) + 1, strlen(line));
		ck_assert_int_eq(memcmp(out->data, line, strlen(line)), 0);
		np_buf_consume(out, strlen(line));
		t->n_back++;
	}
	if (np_kube_exec_status(t->e, NULL, NULL) != NP_KUBE_EXEC_RUNNING || t->n_sent > t->n_back)
		return;
	if (t->n_sent == LINES) {
		ck_assert(np_kube_exec_close_stdin(t->e));
		t->n_sent++;
	} else {
		snprintf(line, sizeof(line), "%u/%u\n", id, t->n_sent++);
		ck_assert_uint_eq(np_kube_exec_write(t->e, line, strlen(line)), strlen(line));
	}
	while (np_kube_exec_pump(t->e, 0))
		;
}

START_TEST(many_streams)
{
	struct talk t[STREAMS] = { { .n_sent = 0 } };
	int64_t end = np_now_ms() + 30000;
	struct fake_step step;
	size_t n_ended = 0;
	struct rig r;

	rig_handler(&r, &step, echo5);
	for (size_t i = 0; i < STREAMS; i++)
		t[i].e = np_kube_exec_start(r.k, "ns", "p", NULL, cmd, NP_KUBE_EXEC_STDIN, 10000,
					    NULL);
	while (n_ended < STREAMS && np_now_ms() < end) {
		struct pollfd p[STREAMS];
		bool opening = false;

		n_ended = 0;
		for (unsigned i = 0; i < STREAMS; i++) {
			talk_step(&t[i], i);
			p[i] = (struct pollfd){np_kube_exec_fd(t[i].e), np_kube_exec_events(t[i].e),
					       0};
			opening |= np_kube_exec_status(t[i].e, NULL, NULL) == NP_KUBE_EXEC_OPENING;
			n_ended += np_kube_exec_status(t[i].e, NULL, NULL) == NP_KUBE_EXEC_EXITED;
		}
		poll(p, STREAMS, n_ended == STREAMS ? 0 : opening ? 20 : 1000);
	}
	for (size_t i = 0; i < STREAMS; i++) {
		ck_assert_uint_eq(t[i].n_back, LINES);
		np_kube_exec_close(t[i].e);
	}
	ck_assert_uint_eq(n_ended, STREAMS);
	rig_stop(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kube/exec");
	TCase *t = tcase_create("exec");

	tcase_set_timeout(t, 90);
	tcase_add_test(t, output_and_exit_code);
	tcase_add_test(t, protocol_4);
	tcase_add_test(t, much_both_ways);
	tcase_add_test(t, queue_is_bounded);
	tcase_add_loop_test(t, shapes_of_the_same, 0, NP_ARRAY_SIZE(shapes));
	tcase_add_test(t, much_output);
	tcase_add_test(t, keepalive);
	tcase_add_test(t, close_says_goodbye);
	tcase_add_loop_test(t, cancel, 0, NP_ARRAY_SIZE(silent_steps));
	tcase_add_test(t, time_out);
	tcase_add_test(t, bad_arguments);
	tcase_add_test(t, many_streams);
	suite_add_tcase(s, t);
	return fake_run(s);
}
