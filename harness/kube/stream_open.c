/* stream_open.c - layer kube: from nothing to an upgraded connection. */
#include <stdio.h>

#include "codec.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "reply.h"
#include "retry.h"
#include "stream.h"
#include "whose.h"

#define READ_BYTES 16384

static void add_query(struct np_buf *b, const char *key, const char *value)
{
	np_buf_printf(b, "%c%s=", b->len && strchr(b->data, '?') ? '&' : '?', key);
	np_kube_escape(b, value);
}

static void build_target(struct np_buf *b, const char *ns, const char *pod, const char *container,
			 const char *const *argv, unsigned flags)
{
	np_buf_adds(b, "/api/v1/namespaces/");
	np_kube_escape(b, ns);
	np_buf_adds(b, "/pods/");
	np_kube_escape(b, pod);
	np_buf_adds(b, "/exec");
	if (container)
		add_query(b, "container", container);
	for (; *argv; argv++)
		add_query(b, "command", *argv);
	add_query(b, "stdout", "true");
	if (!(flags & NP_KUBE_EXEC_TTY))
		add_query(b, "stderr", "true");
	else
		add_query(b, "tty", "true");
	if (flags & NP_KUBE_EXEC_STDIN)
		add_query(b, "stdin", "true");
}

static void build_request(struct np_kube_exec *e, const struct np_buf *target)
{
	struct np_buf *b = &e->request;

	np_buf_printf(b,
		      "GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: netpolcheck/" NP_VERSION "\r\n"
		      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		      "Sec-WebSocket-Key: %s\r\n"
		      "Sec-WebSocket-Protocol: v5.channel.k8s.io, v4.channel.k8s.io\r\n",
		      e->k->end.prefix, np_buf_text(target), e->k->end.host, e->key.key);
	if (e->cred.header)
		np_buf_printf(b, "%s\r\n", e->cred.header);
	for (char **line = e->k->identity; *line; line++)
		np_buf_printf(b, "%s\r\n", *line);
	np_buf_adds(b, "\r\n");
}

static int check_args(const char *ns, const char *pod, const char *const *argv, struct np_err *err)
{
	size_t n = 0;

	while (argv[n] && n <= NP_KUBE_EXEC_ARGS_MAX)
		n++;
	if (!ns || !*ns || !pod || !*pod || !n)
		return np_err_set(err, NP_EUSAGE, "exec needs a namespace, a pod and a command");
	if (n > NP_KUBE_EXEC_ARGS_MAX)
		return np_err_set(err, NP_EUSAGE, "more than %d arguments", NP_KUBE_EXEC_ARGS_MAX);
	return 0;
}

static int start_connecting(struct np_kube_exec *e, struct np_err *err)
{
	np_kube_slot_aim(e->k, e->slot, &e->cred, "/", NULL);
	curl_easy_setopt(e->slot->easy, CURLOPT_CONNECT_ONLY, 1L);
	/* Through a proxy even plain HTTP needs a tunnel for this. */
	curl_easy_setopt(e->slot->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	if (curl_multi_add_handle(e->slot->multi, e->slot->easy))
		return np_err_set(err, NP_EINTERNAL, "curl does not take the connection");
	e->slot->added = true;
	atomic_fetch_add(&e->k->count.requests, 1);
	return 0;
}

struct np_kube_exec *np_kube_exec_start(struct np_kube *k, const char *ns, const char *pod,
					const char *container, const char *const *argv,
					unsigned flags, int open_timeout_ms, struct np_err *err)
{
	struct np_buf target = { NULL, 0, 0 };
	struct np_kube_exec *e;
	int rc;

	if (check_args(ns, pod, argv, err))
		return NULL;
	e = np_xcalloc(1, sizeof(*e));
	e->k = k;
	e->fd = CURL_SOCKET_BAD;
	e->retry_after_s = -1;
	e->open_deadline_ms = np_now_ms() + open_timeout_ms;
	e->ping_after_ms = NP_KUBE_EXEC_PING_MS;
	e->dead_after_ms = NP_KUBE_EXEC_DEAD_MS;
	e->stdin_open = flags & NP_KUBE_EXEC_STDIN;
	e->slot = np_kube_slot_new();
	rc = e->slot ? 0 : np_err_set(err, NP_EENV, "libcurl does not start");
	if (rc || np_kube_ws_key_make(&e->key, err) ||
	    np_kube_auth_get(k->auth, k->cancel, &e->cred, err) || start_connecting(e, err)) {
		np_kube_exec_close(e);
		return NULL;
	}
	build_target(&target, ns, pod, container, argv, flags);
	build_request(e, &target);
	np_buf_release(&target);
	return e;
}

enum np_kube_cause np_kube_exec_cause(const struct np_kube_exec *e)
{
	return np_kube_cause_of(e->http, e->loss);
}

static bool connecting(struct np_kube_exec *e, int wait_ms)
{
	CURLcode code = CURLE_OK;

	if (!np_kube_slot_step(e->slot, wait_ms, &code))
		return false;
	if (code || curl_easy_getinfo(e->slot->easy, CURLINFO_ACTIVESOCKET, &e->fd) ||
	    e->fd == CURL_SOCKET_BAD) {
		e->loss = np_kube_loss_of(e->slot, code ? code : CURLE_COULDNT_CONNECT);
		atomic_fetch_add(&e->k->count.lost, 1);
		np_kube_note_outage(e->k, np_kube_exec_cause(e));
		np_kube_loss_err(e->k, e->slot, code ? code : CURLE_COULDNT_CONNECT, &e->why);
		return np_kube_stream_fail(e);
	}
	e->phase = NP_EXEC_SENDING;
	return true;
}

/* Reading or writing failed for good. */
static bool lost(struct np_kube_exec *e)
{
	e->loss = NP_KUBE_LOSS_MIDWAY;
	atomic_fetch_add(&e->k->count.lost, 1);
	np_kube_note_outage(e->k, np_kube_exec_cause(e));
	np_kube_loss_err(e->k, e->slot, e->broken, &e->why);
	return np_kube_stream_fail(e);
}

static bool sending(struct np_kube_exec *e)
{
	ssize_t n = np_kube_stream_send(e, e->request.data, e->request.len);

	if (e->broken)
		return lost(e);
	if (n <= 0)
		return false;
	np_buf_consume(&e->request, (size_t)n);
	if (!e->request.len)
		e->phase = NP_EXEC_ANSWERING;
	return true;
}

static bool refused(struct np_kube_exec *e, struct np_kube_ws_answer *a)
{
	json_t *status = np_json_parse(np_buf_text(&a->body), a->body.len, NULL);

	e->http = a->http;
	e->retry_after_s = a->retry_after_s;
	if (a->http == 429)
		atomic_fetch_add(&e->k->count.throttled, 1);
	if (a->http >= 300)
		np_kube_status_err(a->http, status, &a->body, &e->why);
	else
		np_err_set(&e->why, NP_EPARSE, "the server answered HTTP %d and did not switch to "
			   "WebSocket", a->http);
	if (a->http == 401)
		np_kube_whose_refused(e->k->config, &e->cred, &e->why);
	np_err_prefix(&e->why, "exec");
	np_kube_note_outage(e->k, np_kube_exec_cause(e));
	json_decref(status);
	np_buf_release(&a->body);
	return np_kube_stream_fail(e);
}

static bool answering(struct np_kube_exec *e)
{
	struct np_kube_ws_answer a;
	char bytes[READ_BYTES];
	ssize_t n = np_kube_stream_recv(e, bytes, sizeof(bytes));
	int rc;

	if (n > 0)
		np_buf_add(&e->in, bytes, (size_t)n);
	if (n < 0 && !e->broken)
		return false;
	if (e->broken && !e->in.len)
		return lost(e);
	rc = np_kube_ws_answer((struct np_str){np_buf_text(&e->in), e->in.len}, e->eof || e->broken,
			       &e->key, &a, &e->why);
	if (rc < 0) {
		if (e->eof || e->broken) {
			e->loss = NP_KUBE_LOSS_MIDWAY;
			atomic_fetch_add(&e->k->count.lost, 1);
		}
		return np_kube_stream_fail(e);
	}
	if (!rc)
		return true;
	if (a.http != 101)
		return refused(e, &a);
	np_buf_consume(&e->in, a.n_used);
	e->protocol = a.protocol;
	np_kube_note_outage(e->k, NP_KUBE_N_CAUSES);
	np_kube_stream_begin(e);
	return e->phase != NP_EXEC_ENDED;
}

bool np_kube_stream_opening(struct np_kube_exec *e, int wait_ms)
{
	if (np_now_ms() >= e->open_deadline_ms) {
		e->loss = NP_KUBE_LOSS_MIDWAY;
		np_err_set(&e->why, NP_ETIMEOUT, "the exec stream did not open in time");
		return np_kube_stream_fail(e);
	}
	if (e->phase == NP_EXEC_CONNECTING)
		return connecting(e, wait_ms);
	return e->phase == NP_EXEC_SENDING ? sending(e) : answering(e);
}
