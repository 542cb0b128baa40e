/* ws_client.h - an exec stream's other end, for tests: WebSocket over a unix socket or over TLS. */
#ifndef NP_TESTS_WS_CLIENT_H
#define NP_TESTS_WS_CLIENT_H

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wslay/wslay.h>

#include "api_test.h"
#include "np/base/clock.h"

#define WS_PATIENCE_MS 60000

struct ws {
	int fd;
	gnutls_session_t tls;	/* or NULL */
	wslay_event_context_ptr ctx;
	struct np_buf early;
	struct np_buf out, err;	/* channels 1 and 2 */
	json_t *status;		/* channel 3 */
	bool ended;
	int http;
	struct np_buf head;
};

static inline ssize_t ws_read(struct ws *w, void *buf, size_t n)
{
	ssize_t got;

	if (!w->tls)
		return recv(w->fd, buf, n, 0);
	got = gnutls_record_recv(w->tls, buf, n);
	if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED) {
		errno = EAGAIN;
		return -1;
	}
	return got < 0 ? 0 : got;
}

static inline ssize_t ws_write(struct ws *w, const void *buf, size_t n)
{
	ssize_t put;

	if (!w->tls)
		return send(w->fd, buf, n, MSG_NOSIGNAL);
	put = gnutls_record_send(w->tls, buf, n);
	if (put == GNUTLS_E_AGAIN || put == GNUTLS_E_INTERRUPTED) {
		errno = EAGAIN;
		return -1;
	}
	return put;
}

static inline ssize_t ws_recv_cb(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags,
				 void *data)
{
	struct ws *w = data;
	ssize_t n;

	(void)flags;
	if (w->early.len) {
		n = (ssize_t)(w->early.len < len ? w->early.len : len);
		memcpy(buf, w->early.data, (size_t)n);
		np_buf_consume(&w->early, (size_t)n);
		return n;
	}
	n = ws_read(w, buf, len);
	if (n > 0)
		return n;
	wslay_event_set_error(ctx, n < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK
							    : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static inline ssize_t ws_send_cb(wslay_event_context_ptr ctx, const uint8_t *buf, size_t len,
				 int flags, void *data)
{
	ssize_t n = ws_write(data, buf, len);

	(void)flags;
	if (n >= 0)
		return n;
	wslay_event_set_error(ctx,
			      errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static inline int ws_mask_cb(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, void *data)
{
	(void)ctx;
	(void)data;
	memset(buf, 0x5a, len);
	return 0;
}

static inline void ws_msg_cb(wslay_event_context_ptr ctx,
			     const struct wslay_event_on_msg_recv_arg *arg, void *data)
{
	struct ws *w = data;

	(void)ctx;
	if (arg->opcode != WSLAY_BINARY_FRAME || !arg->msg_length)
		return;
	if (arg->msg[0] == 1)
		np_buf_add(&w->out, arg->msg + 1, arg->msg_length - 1);
	else if (arg->msg[0] == 2)
		np_buf_add(&w->err, arg->msg + 1, arg->msg_length - 1);
	else if (arg->msg[0] == 3)
		w->status = np_json_parse((const char *)arg->msg + 1, arg->msg_length - 1, NULL);
}

static inline void ws_wait(struct ws *w, short events, int timeout_ms)
{
	struct pollfd p = { .fd = w->fd, .events = events };

	if (w->tls && (events & POLLIN) && gnutls_record_check_pending(w->tls))
		return;
	poll(&p, 1, timeout_ms);
}

/* Blocks until the answer's header is there. */
static inline void ws_shake(struct ws *w, const char *request)
{
	int64_t until = np_now_ms() + WS_PATIENCE_MS;
	size_t off = 0, n = strlen(request);
	char buf[1024], *end;

	while (off < n && np_now_ms() < until) {
		ssize_t put = ws_write(w, request + off, n - off);

		if (put > 0)
			off += (size_t)put;
		else
			ws_wait(w, POLLOUT, 100);
	}
	np_buf_adds(&w->head, "");
	while (!(end = strstr(np_buf_text(&w->head), "\r\n\r\n")) && np_now_ms() < until) {
		ssize_t got = ws_read(w, buf, sizeof(buf));

		if (got > 0)
			np_buf_add(&w->head, buf, (size_t)got);
		else if (got == 0)
			break;
		else
			ws_wait(w, POLLIN, 100);
	}
	if (end)
		np_buf_add(&w->early, end + 4, w->head.len - (size_t)(end + 4 - w->head.data));
	w->http = strncmp(np_buf_text(&w->head), "HTTP/1.1 ", 9) == 0
			  ? (int)strtol(w->head.data + 9, NULL, 10)
			  : 0;
}

/*
 * On a connected, non-blocking descriptor. @path: with the query. @protocols: "v5.channel.k8s.io".
 * The state is in w->http.
 */
static inline void ws_open(struct ws *w, int fd, gnutls_session_t tls, const char *path,
			   const char *protocols)
{
	struct wslay_event_callbacks cb = { .recv_callback = ws_recv_cb,
					    .send_callback = ws_send_cb,
					    .genmask_callback = ws_mask_cb,
					    .on_msg_recv_callback = ws_msg_cb };
	char *request = np_xasprintf(
		"GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
		"websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		path, protocols);

	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->tls = tls;
	ws_shake(w, request);
	free(request);
	ck_assert_int_eq(wslay_event_context_client_init(&w->ctx, &cb, w), 0);
	wslay_event_config_set_max_recv_msg_length(w->ctx, 16 << 20);
}

static inline void ws_send(struct ws *w, int channel, const void *bytes, size_t n)
{
	uint8_t *msg = np_xmalloc(n + 1);
	struct wslay_event_msg m = { .opcode = WSLAY_BINARY_FRAME,
				     .msg = msg,
				     .msg_length = n + 1 };

	msg[0] = (uint8_t)channel;
	if (n)
		memcpy(msg + 1, bytes, n);
	ck_assert_int_eq(wslay_event_queue_msg(w->ctx, &m), 0);
	free(msg);
}

/* One round of reading and writing. */
static inline void ws_pump(struct ws *w, int timeout_ms)
{
	ws_wait(w, (short)(POLLIN | (wslay_event_want_write(w->ctx) ? POLLOUT : 0)), timeout_ms);
	if (wslay_event_want_read(w->ctx) && wslay_event_recv(w->ctx))
		w->ended = true;
	if (wslay_event_want_write(w->ctx) && wslay_event_send(w->ctx))
		w->ended = true;
	if (wslay_event_get_close_received(w->ctx))
		w->ended = true;
}

/* Until the server says goodbye. */
static inline void ws_finish(struct ws *w)
{
	int64_t until = np_now_ms() + WS_PATIENCE_MS;

	while (!w->ended && np_now_ms() < until)
		ws_pump(w, 100);
	ck_assert_msg(w->ended, "the stream does not end");
}

/* -1 when there was no proper status. */
static inline int ws_exit_code(const struct ws *w)
{
	if (strcmp(np_json_str(w->status, "status", ""), "Success") == 0)
		return 0;
	return (int)strtol(np_json_str(json_array_get(np_json_at(w->status, "details/causes"), 0),
				       "message", "-1"),
			   NULL, 10);
}

static inline void ws_close(struct ws *w)
{
	wslay_event_context_free(w->ctx);
	if (w->fd >= 0)
		close(w->fd);
	np_buf_release(&w->early);
	np_buf_release(&w->out);
	np_buf_release(&w->err);
	np_buf_release(&w->head);
	json_decref(w->status);
}

#endif
