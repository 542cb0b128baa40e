/* exec_run.c - layer kube: opening a stream with more than one try, and short commands. */
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "stream.h"

#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 2000
#define PUMP_MS 200

/* The command surely did not start, and may the next time. */
static bool worth_another(struct np_kube_exec *e, unsigned *n_refused)
{
	if (e->http == 401 && !(*n_refused)++)
		return np_kube_auth_refused(e->k->auth, e->cred.generation);
	return e->http == 429 || e->http == 503 || e->loss == NP_KUBE_LOSS_UNSENT;
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

struct np_kube_exec *np_kube_exec_open(struct np_kube *k, const char *ns, const char *pod,
				       const char *container, const char *const *argv,
				       unsigned flags, int open_timeout_ms, struct np_err *err)
{
	int64_t deadline = np_now_ms() + open_timeout_ms;
	unsigned n_refused = 0;

	for (unsigned n = 0;; n++) {
		int64_t left = deadline - np_now_ms(), pause;
		struct np_kube_exec *e = np_kube_exec_start(k, ns, pod, container, argv, flags,
							    left > 1 ? (int)left : 1, err);

		if (!e || !wait_open(e, err))
			return e;
		pause = e->retry_after_s > 0 ? (int64_t)e->retry_after_s * 1000 :
					       np_kube_jitter_ms(n, FIRST_PAUSE_MS, MAX_PAUSE_MS);
		if (!worth_another(e, &n_refused) || np_now_ms() + pause >= deadline) {
			np_kube_exec_close(e);
			return NULL;
		}
		np_kube_exec_close(e);
		if (np_kube_pause(k, pause, err))
			return NULL;
		atomic_fetch_add(&k->count.retries, 1);
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
