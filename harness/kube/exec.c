/* exec.c - layer kube: the public face of exec streams. */
#include <poll.h>

#include "np/base/clock.h"
#include "np/base/mem.h"
#include "stream.h"

#define CHUNK_BYTES 16384u

int np_kube_exec_fd(const struct np_kube_exec *e)
{
	return e->fd == CURL_SOCKET_BAD ? -1 : (int)e->fd;
}

short np_kube_exec_events(const struct np_kube_exec *e)
{
	if (e->phase == NP_EXEC_SENDING)
		return POLLIN | POLLOUT;
	if (e->phase == NP_EXEC_OPEN && wslay_event_want_write(e->ws))
		return POLLIN | POLLOUT;
	return POLLIN;
}

size_t np_kube_exec_queued(const struct np_kube_exec *e)
{
	return e->ws ? wslay_event_get_queued_msg_length(e->ws) : 0;
}

static bool queue(struct np_kube_exec *e, unsigned char channel, const void *bytes, size_t n)
{
	unsigned char msg[CHUNK_BYTES + 1];
	struct wslay_event_msg m = { WSLAY_BINARY_FRAME, msg, n + 1 };

	msg[0] = channel;
	if (n)
		memcpy(msg + 1, bytes, n);
	return !wslay_event_queue_msg(e->ws, &m);
}

size_t np_kube_exec_write(struct np_kube_exec *e, const void *bytes, size_t n)
{
	const char *p = bytes;
	size_t taken = 0, queued;

	while (e->phase == NP_EXEC_OPEN && e->stdin_open && taken < n) {
		size_t now = n - taken < CHUNK_BYTES ? n - taken : CHUNK_BYTES;

		queued = np_kube_exec_queued(e);
		if (queued + 1 >= NP_KUBE_EXEC_QUEUE_MAX)
			break;
		if (now > NP_KUBE_EXEC_QUEUE_MAX - queued - 1)
			now = NP_KUBE_EXEC_QUEUE_MAX - queued - 1;
		if (!queue(e, 0, p + taken, now))
			break;
		taken += now;
	}
	return taken;
}

bool np_kube_exec_close_stdin(struct np_kube_exec *e)
{
	static const unsigned char channel = 0;

	if (e->phase != NP_EXEC_OPEN || e->protocol < 5 || !e->stdin_open)
		return false;
	e->stdin_open = false;
	return queue(e, 255, &channel, 1);
}

static bool advance(struct np_kube_exec *e, int wait_ms)
{
	if (e->phase == NP_EXEC_ENDED)
		return false;
	if (np_kube_cancelled(e->k)) {
		np_err_set(&e->why, NP_EINTR, "interrupted");
		return np_kube_stream_fail(e);
	}
	return e->phase == NP_EXEC_OPEN ? np_kube_stream_move(e)
					: np_kube_stream_opening(e, wait_ms);
}

/* Waits in small pieces, to see a cancellation. True: the socket has something. */
static bool wait_socket(struct np_kube_exec *e, int64_t until_ms)
{
	for (;;) {
		struct pollfd p = { np_kube_exec_fd(e), np_kube_exec_events(e), 0 };
		int64_t left = until_ms - np_now_ms();

		if (left <= 0 || np_kube_cancelled(e->k))
			return false;
		if (poll(&p, 1, left < NP_KUBE_TICK_MS ? (int)left : NP_KUBE_TICK_MS) > 0)
			return true;
	}
}

bool np_kube_exec_pump(struct np_kube_exec *e, int timeout_ms)
{
	int64_t until = np_now_ms() + timeout_ms;

	for (;;) {
		int64_t left = until - np_now_ms();
		int wait = left <= 0 ? 0 : left < NP_KUBE_TICK_MS ? (int)left : NP_KUBE_TICK_MS;

		if (advance(e, wait))
			return true;
		if (e->phase == NP_EXEC_ENDED || left <= 0)
			return false;
		if (e->phase != NP_EXEC_CONNECTING)
			break;
	}
	/* Timers (a time-out to open, a ping, the grace after a status) want a look too. */
	wait_socket(e, until);
	return advance(e, 0);
}

struct np_buf *np_kube_exec_out(struct np_kube_exec *e)
{
	return &e->out;
}

struct np_buf *np_kube_exec_errout(struct np_kube_exec *e)
{
	return &e->errout;
}

enum np_kube_exec_state np_kube_exec_status(const struct np_kube_exec *e, int *ret_code,
					    struct np_err *ret_why)
{
	if (e->state == NP_KUBE_EXEC_EXITED && ret_code)
		*ret_code = e->code;
	if (e->state == NP_KUBE_EXEC_FAILED && ret_why)
		*ret_why = e->why;
	return e->state;
}

int np_kube_exec_protocol(const struct np_kube_exec *e)
{
	return e->protocol;
}

void np_kube_exec_set_keepalive(struct np_kube_exec *e, int ping_after_ms, int dead_after_ms)
{
	e->ping_after_ms = ping_after_ms;
	e->dead_after_ms = dead_after_ms;
}

/* A close frame overtakes queued data in wslay: only when there is none. */
static void goodbye(struct np_kube_exec *e)
{
	if (e->phase != NP_EXEC_OPEN)
		return;
	if (!wslay_event_send(e->ws) && !wslay_event_get_queued_msg_count(e->ws) &&
	    !wslay_event_queue_close(e->ws, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0))
		wslay_event_send(e->ws);
}

void np_kube_exec_close(struct np_kube_exec *e)
{
	if (!e)
		return;
	goodbye(e);
	if (e->ws)
		wslay_event_context_free(e->ws);
	np_kube_slot_free(e->slot);
	np_kube_cred_release(&e->cred);
	np_buf_release(&e->request);
	np_buf_release(&e->in);
	np_buf_release(&e->out);
	np_buf_release(&e->errout);
	np_buf_release(&e->status);
	free(e);
}
