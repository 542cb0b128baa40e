/*
 * Exec streams over the unix socket; commands are ordinary programs of this machine
 * (api_fixture.h).
 */
#include "api_fixture.h"
#include "api_test.h"
#include "ws_client.h"

#define EXEC "/api/v1/namespaces/default/pods/p/exec?stdout=1&stderr=1"

static void start(struct fixture *f)
{
	fixture_start(f, false, false);
	store_add(f->store, NP_KIND_POD,
		  J("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'default'},"
		    "'spec':{'nodeName':'node-1',"
		    "'containers':[{'name':'c'},{'name':'d'}]},'status':{'phase':'Running'}}"));
	store_add(f->store, NP_KIND_POD,
		  J("{'metadata':{'name':'done','namespace':'default'},'spec':{'nodeName':'node-1'}"
		    ",'status':{'phase':'Succeeded'}}"));
	store_add(f->store, NP_KIND_POD,
		  J("{'metadata':{'name':'nowhere','namespace':'default'},'spec':{},'status':{'"
		    "phase':'Pending'}}"));
}

static void open_stream(const struct fixture *f, struct ws *w, const char *path,
			const char *protocols)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->socket);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	ws_open(w, fd, NULL, path, protocols);
}

static void open_v5(const struct fixture *f, struct ws *w, const char *query)
{
	char *path = np_xasprintf(EXEC "%s", query);

	open_stream(f, w, path, "v5.channel.k8s.io");
	ck_assert_msg(w->http == 101, "%s", np_buf_text(&w->head));
	free(path);
}

#define SH "&command=sh&command=-c&command="

START_TEST(outputs_and_codes)
{
	static const struct {
		const char *query, *out, *err;
		int code;
	} t[] = {
		{ "&command=echo&command=a+b%20c", "a b c\n", "", 0 },
		{ "&command=true", "", "", 0 },
		{ "&command=false", "", "", 1 },
		{ SH "echo+out;echo+err+%3E%262;exit+7", "out\n", "err\n", 7 },
		{ SH "kill+-9+$$", "", "", 137 },
		{ SH "exit+255", "", "", 255 },
		{ "&command=echo&command=", "\n", "", 0 },
		{ "&container=d&command=echo&command=x", "x\n", "", 0 },
		{ SH "exec+%3E%26-+2%3E%26-;sleep+0.3;exit+9", "", "",
		  9 }, /* outputs closed before the end */
	};
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct ws w;

		open_v5(&f, &w, t[i].query);
		ck_assert_ptr_nonnull(
			strstr(w.head.data, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
		ck_assert_ptr_nonnull(
			strstr(w.head.data, "Sec-WebSocket-Protocol: v5.channel.k8s.io"));
		ws_finish(&w);
		ck_assert_str_eq(np_buf_text(&w.out), t[i].out);
		ck_assert_str_eq(np_buf_text(&w.err), t[i].err);
		ck_assert_msg(ws_exit_code(&w) == t[i].code, "row %zu: %d", i, ws_exit_code(&w));
		ws_close(&w);
	}
	fixture_stop(&f);
}
END_TEST

START_TEST(status_as_kubelets_write_it)
{
	struct fixture f;
	struct ws w;

	start(&f);
	open_v5(&f, &w, SH "exit+3");
	ws_finish(&w);
	assert_json(w.status,
		    "{'metadata':{},'status':'Failure','message':'command terminated with non-zero "
		    "exit code: exit status 3',"
		    "'reason':'NonZeroExitCode','details':{'causes':[{'reason':'ExitCode','message'"
		    ":'3'}]}}",
		    "failure");
	ws_close(&w);
	open_v5(&f, &w, "&command=true");
	ws_finish(&w);
	assert_json(w.status, "{'metadata':{},'status':'Success'}", "success");
	ws_close(&w);
	open_v5(&f, &w, "&command=/no/such/program");
	ws_finish(&w);
	ck_assert_str_eq(np_json_str(w.status, "reason", ""), "InternalError");
	ck_assert_str_eq(np_json_str(w.status, "status", ""), "Failure");
	ws_close(&w);
	fixture_stop(&f);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *path, *protocols;
		int http;
	} t[] = {
		{ "/api/v1/namespaces/default/pods/none/exec?stdout=1&command=x",
		  "v5.channel.k8s.io", 404 },
		{ "/api/v1/namespaces/default/pods/done/exec?stdout=1&command=x",
		  "v5.channel.k8s.io", 400 },
		{ "/api/v1/namespaces/default/pods/nowhere/exec?stdout=1&command=x",
		  "v5.channel.k8s.io", 400 },
		{ EXEC, "v5.channel.k8s.io", 400 },
		{ EXEC "&command=x&container=nope", "v5.channel.k8s.io", 400 },
		{ "/api/v1/namespaces/default/pods/p/exec?command=x", "v5.channel.k8s.io", 400 },
		{ EXEC "&command=true", "v9.channel.k8s.io", 400 },
		{ EXEC "&command=true", "", 400 },
		{ EXEC "&command=true", "x, v4.channel.k8s.io ,y", 101 },
		{ EXEC "&command=true", "v4.channel.k8s.io, v5.channel.k8s.io", 101 },
	};
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct ws w;

		open_stream(&f, &w, t[i].path, t[i].protocols);
		ck_assert_msg(w.http == t[i].http, "row %zu: %s", i, np_buf_text(&w.head));
		ws_close(&w);
	}
	fixture_stop(&f);
}
END_TEST

static void fill(char *bytes, size_t n)
{
	uint64_t x = 88172645463325252ULL;

	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (char)x;
	}
}

#define BIG (3u << 20)

START_TEST(megabytes_through_stdin_and_back)
{
	char *bytes = np_xmalloc(BIG);
	struct fixture f;
	struct ws w;

	start(&f);
	fill(bytes, BIG);
	open_v5(&f, &w, "&stdin=1&command=cat");
	for (size_t off = 0; off < BIG; off += 32768)
		ws_send(&w, 0, bytes + off, 32768);
	ws_send(&w, 255, "", 1);	/* closes channel 0 */
	ws_finish(&w);
	ck_assert_uint_eq(w.out.len, BIG);
	ck_assert(memcmp(w.out.data, bytes, BIG) == 0);
	ck_assert_int_eq(ws_exit_code(&w), 0);
	ws_close(&w);
	/* One message of that size, on v4, which cannot close stdin: the command counts. */
	open_stream(&f, &w, EXEC "&stdin=1&command=head&command=-c&command=3145728",
		    "v4.channel.k8s.io");
	ws_send(&w, 0, bytes, BIG);
	ws_finish(&w);
	ck_assert_uint_eq(w.out.len, BIG);
	ck_assert(memcmp(w.out.data, bytes, BIG) == 0);
	ws_close(&w);
	free(bytes);
	fixture_stop(&f);
}
END_TEST

/* A reader that sleeps holds the command up; nothing is lost. */
START_TEST(slow_reader)
{
	struct fixture f;
	struct ws w;

	start(&f);
	open_v5(&f, &w, SH "yes+0123456789+%7C+head+-c+20000000");
	np_sleep_ms(300);
	ws_finish(&w);
	ck_assert_uint_eq(w.out.len, 20000000);
	ck_assert_int_eq(ws_exit_code(&w), 0);
	ws_close(&w);
	fixture_stop(&f);
}
END_TEST

/* A command that does not read, or stops to, is no trouble either. */
START_TEST(slow_command)
{
	char *bytes = np_xcalloc(1, BIG);
	struct fixture f;
	struct ws w;

	start(&f);
	open_v5(&f, &w, "&stdin=1" SH "exec+%3C%26-;sleep+0.2;exit+4");
	for (size_t off = 0; off < BIG; off += 32768)
		ws_send(&w, 0, bytes + off, 32768);
	ws_finish(&w);
	ck_assert_int_eq(ws_exit_code(&w), 4);
	ws_close(&w);
	free(bytes);
	fixture_stop(&f);
}
END_TEST

static long number_said(struct ws *w)
{
	int64_t until = np_now_ms() + WS_PATIENCE_MS;

	while (!strchr(np_buf_text(&w->out), '\n') && np_now_ms() < until)
		ws_pump(w, 100);
	ck_assert_ptr_nonnull(strchr(np_buf_text(&w->out), '\n'));
	return strtol(np_buf_text(&w->out), NULL, 10);
}

static void assert_gone(long pid)
{
	int64_t until = np_now_ms() + WS_PATIENCE_MS;

	while (kill((pid_t)pid, 0) == 0 && np_now_ms() < until)
		np_sleep_ms(10);
	ck_assert_msg(kill((pid_t)pid, 0) != 0, "process %ld is still there", pid);
}

START_TEST(leaving_kills)
{
	struct fixture f;
	struct ws w;
	long pid;

	start(&f);
	open_v5(&f, &w, "&stdin=1" SH "echo+$$;exec+sleep+1000");
	pid = number_said(&w);
	ck_assert_int_gt(pid, 1);
	ck_assert_int_eq(kill((pid_t)pid, 0), 0);
	ws_close(&w);
	assert_gone(pid);
	/* The same with a close frame, and without bytes on their way. */
	open_v5(&f, &w, SH "echo+$$;exec+sleep+1000");
	pid = number_said(&w);
	wslay_event_queue_close(w.ctx, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
	ws_finish(&w);
	assert_gone(pid);
	ws_close(&w);
	fixture_stop(&f);
}
END_TEST

START_TEST(outputs_held_open)
{
	struct fixture f;
	struct ws w;
	long pid;

	start(&f);
	open_v5(&f, &w, SH "sleep+1000+%26+echo+$!;exit+5");
	pid = number_said(&w);
	ws_finish(&w);
	ck_assert_int_eq(ws_exit_code(&w), 5);
	ck_assert_int_eq(kill((pid_t)pid, SIGKILL), 0);
	ws_close(&w);
	fixture_stop(&f);
}
END_TEST

START_TEST(stop_ends_every_stream)
{
	static struct ws w[60];
	static long pid[60];
	struct fixture f;

	start(&f);
	for (int i = 0; i < 60; i++) {
		open_v5(&f, &w[i], "&stdin=1" SH "echo+$$;exec+cat");
		pid[i] = number_said(&w[i]);
	}
	fixture_stop(&f);
	for (int i = 0; i < 60; i++) {
		assert_gone(pid[i]);
		ws_close(&w[i]);
	}
}
END_TEST

#define N_STREAMS 64
#define BATCH (200u * 1024)

/* As the harness does it: many streams that stay open, a batch into each, an answer out of each. */
START_TEST(sixty_four_streams)
{
	static struct ws w[N_STREAMS];
	char *bytes = np_xmalloc(BATCH);
	struct fixture f;

	start(&f);
	fill(bytes, BATCH);
	for (int i = 0; i < N_STREAMS; i++)
		open_v5(&f, &w[i], "&stdin=1&command=cat");
	for (int round = 0; round < 3; round++) {
		size_t want = (size_t)(round + 1) * BATCH;
		int64_t until = np_now_ms() + WS_PATIENCE_MS;
		int n_done = 0;

		for (int i = 0; i < N_STREAMS; i++)
			ws_send(&w[i], 0, bytes, BATCH);
		while (n_done < N_STREAMS && np_now_ms() < until) {
			n_done = 0;
			for (int i = 0; i < N_STREAMS; i++) {
				if (w[i].out.len < want)
					ws_pump(&w[i], 1);
				n_done += w[i].out.len == want;
			}
		}
		ck_assert_int_eq(n_done, N_STREAMS);
	}
	for (int i = 0; i < N_STREAMS; i++) {
		for (unsigned r = 0; r < 3; r++)
			ck_assert(memcmp(w[i].out.data + r * BATCH, bytes, BATCH) == 0);
		ws_send(&w[i], 255, "", 1);
		ws_finish(&w[i]);
		ck_assert_int_eq(ws_exit_code(&w[i]), 0);
		ws_close(&w[i]);
	}
	free(bytes);
	fixture_stop(&f);
}
END_TEST

START_TEST(ping_is_answered)
{
	struct wslay_event_msg ping = { .opcode = WSLAY_PING,
					.msg = (const uint8_t *)"x",
					.msg_length = 1 };
	struct fixture f;
	struct ws w;

	start(&f);
	open_v5(&f, &w, "&stdin=1&command=cat");
	ck_assert_int_eq(wslay_event_queue_msg(w.ctx, &ping), 0);
	ws_send(&w, 0, "after\n", 6);
	while (!strstr(np_buf_text(&w.out), "after"))
		ws_pump(&w, 100);
	ck_assert(!w.ended);
	ws_close(&w);
	fixture_stop(&f);
}
END_TEST

/* Frames that make no sense end the stream and nothing else. */
START_TEST(nonsense_frames)
{
	static const struct np_str t[] = {
		NP_STR("\x82\x01x"), /* not masked */
		NP_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), /* reserved everything */
		NP_STR("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00xx"), /* a message
											 of 2^63
											 bytes */
		NP_STR("\x83\x80\x00\x00\x00\x00"), /* reserved opcode */
	};
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		char buf[4096];
		struct ws w;
		long pid;
		int64_t until = np_now_ms() + WS_PATIENCE_MS;
		ssize_t n;

		open_v5(&f, &w, "&stdin=1" SH "echo+$$;exec+cat");
		pid = number_said(&w);
		ck_assert_int_eq(send(w.fd, t[i].p, t[i].n, MSG_NOSIGNAL), (ssize_t)t[i].n);
		do {
			ws_wait(&w, POLLIN, 100);
			n = recv(w.fd, buf, sizeof(buf), 0);
		} while ((n > 0 || errno == EAGAIN) && n != 0 && np_now_ms() < until);
		ck_assert_msg(np_now_ms() < until, "row %zu: the stream does not end", i);
		assert_gone(pid);
		ws_close(&w);
	}
	fixture_stop(&f);
}
END_TEST

RUN_TESTS("exec", outputs_and_codes, status_as_kubelets_write_it, refused,
	  megabytes_through_stdin_and_back, slow_reader, slow_command, leaving_kills,
	  outputs_held_open, stop_ends_every_stream, sixty_four_streams, ping_is_answered,
	  nonsense_frames)
