/* exec_run.c - layer kube: opening a stream with more than one try, and short commands. */
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "retry.h"
#include "stream.h"

#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 2000
#define PUMP_MS 200

static bool server_absent(enum np_kube_cause cause)
{
	return cause == NP_KUBE_REFUSED || cause == NP_KUBE_UNAVAILABLE ||
	       cause == NP_KUBE_THROTTLED;
}

int np_kube_exec_again(struct np_kube_exec *e, unsigned n, bool *ret_absent)
{
	enum np_kube_cause cause = np_kube_exec_cause(e);
	bool again = false;

	if (ret_absent)
		*ret_absent = server_absent(cause);
	if (e->state != NP_KUBE_EXEC_FAILED || e->protocol)
		return -1;
	switch (np_kube_again(cause, NP_ASKER_EXEC)) {
	case NP_AGAIN_ALWAYS:
		again = true;
		break;
	case NP_AGAIN_FEW:
		again = n + 1 < NP_KUBE_FEW;
		break;
	case NP_AGAIN_ANEW:
		again = !n && np_kube_auth_refused(e->k->auth, e->cred.generation);
		break;
	case NP_AGAIN_NEVER:
	case NP_AGAIN_WAITS:
	case NP_AGAIN_LIST:
		break;
	}
	if (!again)
		return -1;
	np_kube_count_again(e->k, cause);
	if (cause == NP_KUBE_UNAUTHORIZED)
		return 0;
	return e->retry_after_s > 0 ? e->retry_after_s * 1000
				    : (int)np_kube_jitter_ms(n, FIRST_PAUSE_MS, MAX_PAUSE_MS);
}

/* Waits until @e is open or has failed. 0, or -1 with its reason. */
static int wait_open(struct np_kube_exec *e, struct np_err *err)
{
	while (np_kube_exec_status(e, NULL, NULL) == NP_KUBE_EXEC_OPENING)
		np_kube_exec_pump(e, PUMP_MS);
	if (np_kube_exec_status(e, NULL, err) == NP_KUBE_EXEC_FAILED)
		return -1;
	return 0;
}

/* A command of any kind must not be begun twice. */
static bool surely_not_begun(const struct np_kube_exec *e)
{
	return e->http == 503 || !np_kube_maybe_done(np_kube_exec_cause(e));
}

struct np_kube_exec *np_kube_exec_open(struct np_kube *k, const char *ns, const char *pod,
				       const char *container, const char *const *argv,
				       unsigned flags, int open_timeout_ms, struct np_err *err)
{
	int64_t deadline = np_now_ms() + open_timeout_ms;

	for (unsigned n = 0;; n++) {
		int64_t left = deadline - np_now_ms();
		int pause;
		struct np_kube_exec *e = np_kube_exec_start(k, ns, pod, container, argv, flags,
							    left > 1 ? (int)left : 1, err);

		if (!e || !wait_open(e, err))
			return e;
		pause = surely_not_begun(e) ? np_kube_exec_again(e, n, NULL) : -1;
		np_kube_exec_close(e);
		if (pause < 0 || np_now_ms() + pause >= deadline || np_kube_pause(k, pause, err))
			return NULL;
	}
}

static void move_out(struct np_buf *from, struct np_buf *to)
{
	if (to && from->len)
		np_buf_add(to, from->data, from->len);
	np_buf_clear(from);
}

/* Until it has ended. */
static int follow(struct np_kube_exec *e, const struct np_buf *input, int64_t deadline,
		  struct np_buf *ret_out, struct np_buf *ret_errout, struct np_err *err)
{
	size_t sent = 0, n_input = input ? input->len : 0;
	bool closed = !input;
	int code = 0;

	for (;;) {
		enum np_kube_exec_state state = np_kube_exec_status(e, &code, err);
		int64_t left = deadline - np_now_ms();

		move_out(np_kube_exec_out(e), ret_out);
		move_out(np_kube_exec_errout(e), ret_errout);
		if (state == NP_KUBE_EXEC_EXITED)
			return code;
		if (state == NP_KUBE_EXEC_FAILED)
			return -1;
		if (left <= 0)
			return np_err_set(err, NP_ETIMEOUT,
					  "the command in the pod did not end in time");
		if (sent < n_input)
			sent += np_kube_exec_write(e, input->data + sent, n_input - sent);
		if (sent == n_input && !closed) {
			np_kube_exec_close_stdin(e);
			closed = true;
		}
		np_kube_exec_pump(e, left < PUMP_MS ? (int)left : PUMP_MS);
	}
}

int np_kube_exec_run(struct np_kube *k, const char *ns, const char *pod, const char *container,
		     const char *const *argv, const struct np_buf *input, int timeout_ms,
		     struct np_buf *ret_out, struct np_buf *ret_errout, struct np_err *err)
{
	int64_t deadline = np_now_ms() + timeout_ms;
	struct np_kube_exec *e = np_kube_exec_open(k, ns, pod, container, argv,
						   input ? NP_KUBE_EXEC_STDIN : 0, timeout_ms, err);
	int rc;

	if (!e)
		return -1;
	rc = follow(e, input, deadline, ret_out, ret_errout, err);
	np_kube_exec_close(e);
	return rc;
}
