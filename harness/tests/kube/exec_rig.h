/* exec_rig.h - exec streams of a client to a made server, for their tests. */
#ifndef NP_TESTS_KUBE_EXEC_RIG_H
#define NP_TESTS_KUBE_EXEC_RIG_H

#include "fake_ws.h"
#include "np/kube/exec.h"

static const char *const cmd[] = { "sh", "-c", "a b&c=d", "", NULL };

struct rig {
	struct fake f;
	struct np_kube *k;
};

static inline void rig_start(struct rig *r, const struct fake_step *steps, size_t n)
{
	fake_start(&r->f, steps, n, NULL);
	r->k = fake_client(&r->f);
}

static inline void rig_stop(struct rig *r)
{
	np_kube_free(r->k);
	fake_stop(&r->f);
}

static inline void rig_handler(struct rig *r, struct fake_step *step,
			void (*handle)(struct fake_conn *, const char *))
{
	*step = (struct fake_step){ .handle = handle };
	rig_start(r, step, 1);
}

static inline struct np_kube_exec *open_ok(struct rig *r, unsigned flags)
{
	struct np_err err;
	struct np_kube_exec *e = np_kube_exec_open(r->k, "ns", "p", "c", cmd, flags, 10000, &err);

	ck_assert_msg(e != NULL, "%s", e ? "" : err.msg);
	return e;
}

/* Until it has ended, at most ten seconds. */
static inline enum np_kube_exec_state to_end(struct np_kube_exec *e, int *ret_code, struct np_err *ret_why)
{
	int64_t end = np_now_ms() + 10000;

	while (np_kube_exec_status(e, NULL, NULL) <= NP_KUBE_EXEC_RUNNING && np_now_ms() < end)
		np_kube_exec_pump(e, 100);
	return np_kube_exec_status(e, ret_code, ret_why);
}

static inline void exits_3(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v5.channel.k8s.io");
	/* what a real server does first */
	for (int i = 1; i <= 3; i++)
		ws_send(c, WS_BINARY, i, NULL, 0);
	ws_puts(c, 1, "out");
	ws_puts(c, 2, "err");
	ws_puts(c, 1, "put");
	ws_send(c, WS_BINARY, 255, "\x01", 1);
	ws_finish(c, WS_EXIT("3"));
}

static inline void stops_answering(struct fake_conn *c, const char *request)
{
	ws_open(c, request, "v5.channel.k8s.io");
	ws_puts(c, 1, "kept");
	fake_hang(c);
}

#endif
