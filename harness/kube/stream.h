/*
 * stream.h - layer kube, private: the inside of an exec stream.
 *
 *   CONNECTING -> SENDING -> ANSWERING -> OPEN -> ENDED
 *    curl, TLS    request     its answer   wslay
 */
#ifndef NP_KUBE_STREAM_H
#define NP_KUBE_STREAM_H

#include <wslay/wslay.h>

#include "np/kube/exec.h"
#include "transport.h"
#include "ws.h"

enum np_kube_exec_phase {
	NP_EXEC_CONNECTING,
	NP_EXEC_SENDING,
	NP_EXEC_ANSWERING,
	NP_EXEC_OPEN,
	NP_EXEC_ENDED
};

struct np_kube_exec {
	struct np_kube *k;
	struct np_kube_slot *slot;
	struct np_kube_cred cred;
	enum np_kube_exec_phase phase;
	int64_t open_deadline_ms;
	curl_socket_t fd;		/* CURL_SOCKET_BAD while there is none */
	struct np_kube_ws_key key;
	struct np_buf request;		/* of it what is still to be sent */
	struct np_buf in;		/* of the answer; then bytes that came with it */
	bool eof;
	CURLcode broken;		/* what reading or writing failed with */

	wslay_event_context_ptr ws;
	int protocol;
	size_t budget;			/* bytes one pump may still read */
	size_t n_moved;			/* bytes read or written by this pump */
	bool stdin_open;
	struct np_buf out, errout, status;
	bool odd, too_much;		/* a message that is none of ours; output nobody took */
	int64_t status_ms;		/* when the status came; 0: not yet */
	int64_t heard_ms;		/* last bytes from the server */
	int64_t ping_ms;		/* last ping without an answer, or 0 */
	int ping_after_ms, dead_after_ms;

	/* the end */
	enum np_kube_exec_state state;
	int code;
	struct np_err why;
	enum np_kube_loss loss;		/* how opening failed, for another try */
	int http, retry_after_s;
};

/* Ends it; returns false, for pumps. */
bool np_kube_stream_fail(struct np_kube_exec *e);

/* Raw bytes of the connection. > 0, 0 at its end (eof is set), -1: none now, or broken. */
ssize_t np_kube_stream_recv(struct np_kube_exec *e, void *to, size_t n);
ssize_t np_kube_stream_send(struct np_kube_exec *e, const void *bytes, size_t n);

/* Why it did not open, for the table of retry.h. */
enum np_kube_cause np_kube_exec_cause(const struct np_kube_exec *e);

/* Moves CONNECTING, SENDING and ANSWERING. True: there may be more to do. */
bool np_kube_stream_opening(struct np_kube_exec *e, int wait_ms);
/* OPEN: makes the wslay context. */
void np_kube_stream_begin(struct np_kube_exec *e);
/* Moves OPEN. */
bool np_kube_stream_move(struct np_kube_exec *e);

#endif
