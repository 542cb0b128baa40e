/*
 * exec.h - layer kube: one command in a container, its stdin, stdout, stderr and exit status over a
 * WebSocket (pods/exec; v5.channel.k8s.io, or v4 of older kubelets).
 *
 * Nothing here blocks longer than the time-out given to it. Many streams in one thread:
 *
 *	for (;;) {
 *		for each e: while (np_kube_exec_pump(e, 0)) ;
 *		            take bytes from np_kube_exec_out(e) and consume them
 *		poll() on np_kube_exec_fd(e) for np_kube_exec_events(e), at most a second
 *	}
 *
 * (Drained before polling, since TLS may hold bytes that poll() cannot see.) A stream is used by
 * one thread at a time, different streams by different threads freely. Bounds: a message of
 * NP_KUBE_EXEC_MSG_MAX, stdin queue NP_KUBE_EXEC_QUEUE_MAX, output nobody takes
 * NP_KUBE_EXEC_OUT_MAX (the stream then fails with NP_ELIMIT). Sends a ping after 20 s without
 * traffic; no sign of life for 60 s after one: failed. The user needs the verbs get and create on
 * pods/exec.
 */
#ifndef NP_KUBE_EXEC_H
#define NP_KUBE_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/kube/client.h"

#define NP_KUBE_EXEC_MSG_MAX (4u * 1024 * 1024)
#define NP_KUBE_EXEC_QUEUE_MAX (1024u * 1024)
#define NP_KUBE_EXEC_OUT_MAX (64u * 1024 * 1024)
#define NP_KUBE_EXEC_ARGS_MAX 256
#define NP_KUBE_EXEC_PING_MS 20000
#define NP_KUBE_EXEC_DEAD_MS 60000

struct np_kube_exec;

enum np_kube_exec_flags {
	NP_KUBE_EXEC_STDIN = 1u << 0,	/* stdout and stderr are always asked for */
	NP_KUBE_EXEC_TTY = 1u << 1,	/* then there is no stderr */
};

enum np_kube_exec_state {
	NP_KUBE_EXEC_OPENING,	/* connecting, upgrading */
	NP_KUBE_EXEC_RUNNING,
	NP_KUBE_EXEC_EXITED,	/* with a code, all output delivered */
	NP_KUBE_EXEC_FAILED,	/* refused, lost, or ended without an exit status */
};

/*
 * Starts to connect and returns at once: drive it with np_kube_exec_pump(). @container NULL: the
 * pod's default. @argv is NULL-ended. @open_timeout_ms bounds connecting and the upgrade. NULL only
 * for malformed arguments (NP_EUSAGE) or credentials that cannot be had. @k must outlive it.
 */
struct np_kube_exec *np_kube_exec_start(struct np_kube *k, const char *ns, const char *pod,
					const char *container, const char *const *argv,
					unsigned flags, int open_timeout_ms, struct np_err *err);
/*
 * For callers that open many streams at once: is it worth while to start this one, which failed
 * before it was open, again? Then after how many milliseconds, and it is counted as a retry; else
 * -1. The command may then be begun twice. @n: how many tries there were before it. *@ret_absent (may
 * be NULL): it is the API server that is not there or asks to wait.
 */
int np_kube_exec_again(struct np_kube_exec *e, unsigned n, bool *ret_absent);
/*
 * The same as np_kube_exec_start(), waiting until the stream is open. 429, 503 and refused
 * connections are tried again until the time-out, since the command did not start. NULL with: NP_EDENIED, NP_ENOTFOUND (no such
 * pod), NP_EVALID (no such container), NP_EENV, NP_ETIMEOUT, NP_EINTR, NP_EPARSE (not a WebSocket
 * of a protocol we speak).
 */
struct np_kube_exec *np_kube_exec_open(struct np_kube *k, const char *ns, const char *pod,
				       const char *container, const char *const *argv,
				       unsigned flags, int open_timeout_ms, struct np_err *err);

/*
 * The socket to poll, -1 while there is none (connecting: poll at most 20 ms without it) or any
 * more.
 */
int np_kube_exec_fd(const struct np_kube_exec *e);
/* POLLIN and POLLOUT as needed now. */
short np_kube_exec_events(const struct np_kube_exec *e);

/*
 * Queues bytes for stdin and returns how many were taken (less when the queue is full, 0 when
 * opening or ended). Sent by pumping.
 */
size_t np_kube_exec_write(struct np_kube_exec *e, const void *bytes, size_t n);
/* Bytes of stdin not yet on their way. */
size_t np_kube_exec_queued(const struct np_kube_exec *e);
/* End of stdin after what is queued. False on v4, which cannot say so. */
bool np_kube_exec_close_stdin(struct np_kube_exec *e);

/*
 * Writes and reads what is possible; when nothing was, waits at most @timeout_ms for the socket and
 * tries once more. True when there may be more to do at once (call again before polling), false
 * when it would block or has ended.
 */
bool np_kube_exec_pump(struct np_kube_exec *e, int timeout_ms);

/* What came in and was not consumed (np_buf_consume() by the caller). Owned by @e. */
struct np_buf *np_kube_exec_out(struct np_kube_exec *e);
struct np_buf *np_kube_exec_errout(struct np_kube_exec *e);

/* Sets *@ret_code (may be NULL) when exited, *@ret_why (may be NULL) when failed. */
enum np_kube_exec_state np_kube_exec_status(const struct np_kube_exec *e, int *ret_code,
					    struct np_err *ret_why);
/* 4 or 5 once open, else 0. */
int np_kube_exec_protocol(const struct np_kube_exec *e);

/* Instead of NP_KUBE_EXEC_PING_MS and NP_KUBE_EXEC_DEAD_MS. */
void np_kube_exec_set_keepalive(struct np_kube_exec *e, int ping_after_ms, int dead_after_ms);

/*
 * Says goodbye without waiting for an answer and frees. The command in the container sees its stdin
 * end; it is not killed by this. Accepts NULL.
 */
void np_kube_exec_close(struct np_kube_exec *e);

/*
 * For short commands: opens, sends @input (may be NULL), collects both outputs (each may be NULL)
 * and waits. Returns the exit code 0..255 or -1 with @err. @timeout_ms is over everything.
 */
int np_kube_exec_run(struct np_kube *k, const char *ns, const char *pod, const char *container,
		     const char *const *argv, const struct np_buf *input, int timeout_ms,
		     struct np_buf *ret_out, struct np_buf *ret_errout, struct np_err *err);

#endif
