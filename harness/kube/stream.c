/* stream.c - layer kube: an open exec stream: channels, keepalive, exit status. */
#include <sys/random.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "stream.h"

#define PUMP_BYTES (1024u * 1024) /* read at one go, so that many streams share a thread fairly */
#define STATUS_BYTES (64u * 1024)
#define GRACE_MS 1000 /* between the exit status and the server's close */

enum channel { CH_STDIN, CH_STDOUT, CH_STDERR, CH_STATUS, CH_CLOSE = 255 };

static void end(struct np_kube_exec *e, enum np_kube_exec_state state)
{
	if (e->ws)
		wslay_event_context_free(e->ws);
	e->ws = NULL;
	np_kube_slot_free(e->slot);
	e->slot = NULL;
	e->fd = CURL_SOCKET_BAD;
	e->stdin_open = false;
	e->phase = NP_EXEC_ENDED;
	e->state = state;
}

bool np_kube_stream_fail(struct np_kube_exec *e)
{
	end(e, NP_KUBE_EXEC_FAILED);
	return false;
}

static bool stream_exit(struct np_kube_exec *e, int code)
{
	e->code = code;
	end(e, NP_KUBE_EXEC_EXITED);
	return false;
}

ssize_t np_kube_stream_recv(struct np_kube_exec *e, void *to, size_t n)
{
	size_t got = 0;
	CURLcode code;

	if (e->eof || e->broken)
		return e->eof ? 0 : -1;
	code = curl_easy_recv(e->slot->easy, to, n, &got);
	if (code == CURLE_AGAIN)
		return -1;
	if (code) {
		e->broken = code;
		return -1;
	}
	e->eof = !got;
	e->n_moved += got;
	e->heard_ms = np_now_ms();
	e->ping_ms = 0;
	return (ssize_t)got;
}

ssize_t np_kube_stream_send(struct np_kube_exec *e, const void *bytes, size_t n)
{
	size_t did = 0;
	CURLcode code = e->broken ? e->broken : curl_easy_send(e->slot->easy, bytes, n, &did);

	if (!code) {
		e->n_moved += did;
		return (ssize_t)did;
	}
	if (code != CURLE_AGAIN)
		e->broken = code;
	return -1;
}

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *to, size_t n, int flags, void *user)
{
	struct np_kube_exec *e = user;
	ssize_t got;

	(void)flags;
	if (e->in.len) {
		n = n < e->in.len ? n : e->in.len;
		memcpy(to, e->in.data, n);
		np_buf_consume(&e->in, n);
		e->n_moved += n;
		return (ssize_t)n;
	}
	got = e->budget ? np_kube_stream_recv(e, to, n < e->budget ? n : e->budget) : -1;
	if (got > 0) {
		e->budget -= (size_t)got;
		return got;
	}
	wslay_event_set_error(ws, e->eof || e->broken ? WSLAY_ERR_CALLBACK_FAILURE
						      : WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *bytes, size_t n, int flags,
		       void *user)
{
	struct np_kube_exec *e = user;
	ssize_t did = np_kube_stream_send(e, bytes, n);

	(void)flags;
	if (did > 0)
		return did;
	wslay_event_set_error(ws, e->broken ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static int on_mask(wslay_event_context_ptr ws, uint8_t *to, size_t n, void *user)
{
	(void)user;
	if (getrandom(to, n, 0) == (ssize_t)n)
		return 0;
	wslay_event_set_error(ws, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static void take_message(struct np_kube_exec *e, unsigned char channel, const uint8_t *p, size_t n)
{
	struct np_buf *to = channel == CH_STDOUT   ? &e->out
			    : channel == CH_STDERR ? &e->errout
						   : &e->status;

	/* v5 servers say which channel they close; the end of all is the close frame. */
	if (channel == CH_CLOSE)
		return;
	if (channel < CH_STDOUT || channel > CH_STATUS) {
		e->odd = n > 0;
		return;
	}
	if (channel == CH_STATUS ? e->status.len + n > STATUS_BYTES
				 : e->out.len + e->errout.len + n > NP_KUBE_EXEC_OUT_MAX) {
		e->too_much = true;
		return;
	}
	np_buf_add(to, p, n);
	if (channel == CH_STATUS && n)
		e->status_ms = np_now_ms();
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *m,
		       void *user)
{
	struct np_kube_exec *e = user;

	(void)ws;
	if (m->opcode == WSLAY_BINARY_FRAME && m->msg_length)
		take_message(e, m->msg[0], m->msg + 1, m->msg_length - 1);
	else if (m->opcode == WSLAY_TEXT_FRAME)
		e->odd = true;
}

void np_kube_stream_begin(struct np_kube_exec *e)
{
	static const struct wslay_event_callbacks calls = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_msg_recv_callback = on_message,
	};

	if (wslay_event_context_client_init(&e->ws, &calls, e)) {
		np_err_set(&e->why, NP_EINTERNAL, "wslay does not start");
		np_kube_stream_fail(e);
		return;
	}
	wslay_event_config_set_max_recv_msg_length(e->ws, NP_KUBE_EXEC_MSG_MAX);
	e->heard_ms = np_now_ms();
	e->phase = NP_EXEC_OPEN;
	e->state = NP_KUBE_EXEC_RUNNING;
}

/* "3" of causes[].reason ExitCode, or -1. */
static int exit_code(const json_t *status)
{
	unsigned long long code;
	json_t *cause;
	size_t i;

	json_array_foreach(np_json_at(status, "details/causes"), i, cause)
		if (!strcmp(np_json_str(cause, "reason", ""), "ExitCode") &&
		    np_str_u64(np_str_from(np_json_str(cause, "message", "")), 255, &code))
			return (int)code;
	return -1;
}

/* The status channel has spoken, and the stream is over. */
static bool judge_status(struct np_kube_exec *e)
{
	json_t *status = np_json_parse(np_buf_text(&e->status), e->status.len, NULL);
	const char *message = np_json_str(status, "message", "no reason given");
	int code = -1;

	if (!strcmp(np_json_str(status, "status", ""), "Success"))
		code = 0;
	else if (!strcmp(np_json_str(status, "reason", ""), "NonZeroExitCode"))
		code = exit_code(status);
	if (!json_is_object(status))
		np_err_set(&e->why, NP_EPARSE, "exec ended with a status that is no Status");
	else
		np_err_set(&e->why, NP_EENV, "exec ended without an exit code: %s", message);
	json_decref(status);
	return code >= 0 ? stream_exit(e, code) : np_kube_stream_fail(e);
}

/* One way for a stream to end without an exit status. */
struct ending {
	bool is;
	enum np_errcode code;
	const char *why;
};

/* Ends it by the first that is so. False: none is. */
static bool end_by(struct np_kube_exec *e, const struct ending *endings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!endings[i].is)
			continue;
		np_err_set(&e->why, endings[i].code, "exec stream: %s", endings[i].why);
		atomic_fetch_add(&e->k->count.lost, 1);
		np_kube_stream_fail(e);
		return true;
	}
	return false;
}

/* wslay reads no more although the other side still could speak: what it sent is not to be had. */
static bool unreadable(const struct np_kube_exec *e)
{
	return !wslay_event_get_read_enabled(e->ws) && !wslay_event_get_close_received(e->ws) &&
	       !e->eof && !e->broken;
}

static bool too_big(const struct np_kube_exec *e)
{
	return wslay_event_get_status_code_sent(e->ws) == WSLAY_CODE_MESSAGE_TOO_BIG;
}

/* Over, one way or another? Then false, and the state says how. */
static bool judge(struct np_kube_exec *e, int rc)
{
	int64_t now = np_now_ms();
	bool closed = wslay_event_get_close_received(e->ws), bad = unreadable(e);
	bool over = closed || e->eof || e->broken;
	const struct ending misuse[] = {
		{ e->too_much, NP_ELIMIT, "more output than is kept" },
		{ e->odd, NP_EPARSE, "a message on a channel that there is not" },
	};
	const struct ending losses[] = {
		{ bad && too_big(e), NP_ELIMIT, "a message larger than allowed" },
		{ bad, NP_EPARSE, "frames that are not WebSocket" },
		{ closed, NP_EENV, "closed by the server without an exit status" },
		{ e->eof, NP_EENV, "the connection ended without an exit status" },
		{ e->broken, NP_EENV, curl_easy_strerror(e->broken) },
		{ rc, NP_EINTERNAL, "wslay failed" },
		{ e->ping_ms && now - e->ping_ms > e->dead_after_ms, NP_ETIMEOUT,
		  "no sign of life from the server" },
	};

	if (end_by(e, misuse, NP_ARRAY_SIZE(misuse)))
		return false;
	if (e->status_ms && (over || now - e->status_ms > GRACE_MS))
		return judge_status(e);
	return !end_by(e, losses, NP_ARRAY_SIZE(losses));
}

static void keep_alive(struct np_kube_exec *e)
{
	static const struct wslay_event_msg ping = { WSLAY_PING, NULL, 0 };
	int64_t now = np_now_ms();

	if (e->ping_ms || now - e->heard_ms < e->ping_after_ms)
		return;
	if (!wslay_event_queue_msg(e->ws, &ping))
		e->ping_ms = now;
}

bool np_kube_stream_move(struct np_kube_exec *e)
{
	int rc;

	e->n_moved = 0;
	e->budget = PUMP_BYTES;
	rc = wslay_event_recv(e->ws);
	if (!rc && !e->eof && !e->broken) {
		keep_alive(e);
		if (wslay_event_want_write(e->ws))
			rc = wslay_event_send(e->ws);
	}
	return judge(e, rc) && e->n_moved > 0;
}
