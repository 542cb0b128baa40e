/*
 * pods.h - the sandbox's node agent: pods as network namespaces with the agent as their only process; commands run in them.
 * Watches the store for pods, starts and stops them, writes their status back.
 */
#ifndef NP_SANDBOX_PODS_H
#define NP_SANDBOX_PODS_H

#include <stdbool.h>
#include <sys/types.h>

#include "np/base/err.h"

struct np_pods;

/* A command running in a pod: ends of its pipes belong to the caller (close-on-exec, blocking). */
struct np_pod_exec {
	int stdin_fd, stdout_fd, stderr_fd;	/* -1 when not asked for */
	pid_t pid;
};

/*
 * Starts @argv (NULL-ended) in the running pod's namespaces. A name of /netpolcheck-agent (any folder) is the static agent; anything else exits 127 with
 * a sentence on its stderr. NP_ENOTFOUND no such pod or container, NP_EENV not running.
 */
int np_pods_exec(struct np_pods *p, const char *ns, const char *pod, const char *const *argv, bool want_stdin, struct np_pod_exec *ret,
		 struct np_err *err);
/* Waits at most @timeout_ms (-1: for ever) for the end: exit status 0..255 or 128+signal, -1 on time-out. Callable from any thread, once to a result. */
int np_pods_exec_wait(struct np_pods *p, pid_t pid, int timeout_ms);
/* Ends the command (SIGKILL) if it still runs. */
void np_pods_exec_kill(struct np_pods *p, pid_t pid);
/* The agent's standard error of a pod so far, for `kubectl logs`; heap text, free(3). */
char *np_pods_log(struct np_pods *p, const char *ns, const char *pod);

#endif
