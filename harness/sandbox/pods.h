/*
 * pods.h - the sandbox's node agent: pods as network namespaces with the agent as their only
 * process; commands run in them. Watches the store for pods, starts and stops them, writes their
 * status back.
 *
 * A pod's containers are one process: the first container whose command (or args, where it has no
 * command) is `netpolcheck-agent serve ...` or `sleep` decides how it is started, otherwise it is
 * `netpolcheck-agent sleep`. Images, volumes, environments and probes are not looked at.
 *
 *	Waiting ── node, addresses ──> Wired ── enforced, routes, process ──> Running
 *	Running ── exit ──> Backoff (restartPolicy) or Finished
 *	any ── deletion ──> Stopping ── exit, or grace over ──> gone from the store
 *
 * A pod's routes are made after the enforcer has shown that it knows the pod, and its process
 * starts after that.
 */
#ifndef NP_SANDBOX_PODS_H
#define NP_SANDBOX_PODS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "np/base/err.h"

struct np_fabric;
struct np_reaper;
struct np_store;

struct np_pods;

struct np_pods_options {
	struct np_store *store;
	struct np_fabric *fabric;	/* the node agent's alone from now on */
	struct np_reaper *reaper;
	const char *agent_path;
	/*
	 * Waits at most @timeout_ms until every node enforces what the store held at @revision;
	 * false on time-out. NULL: nobody enforces. Called by the node agent's thread.
	 */
	bool (*enforced)(void *ctx, uint64_t revision, int timeout_ms);
	void *ctx;
};

/* Starts the node agent's thread. The borrowed arguments must outlive it. */
struct np_pods *np_pods_new(const struct np_pods_options *options);
/*
 * Kills every pod, stops the thread (bounded), frees. No other thread may be inside a call any
 * more. NULL is accepted.
 */
void np_pods_free(struct np_pods *p);

/* A command running in a pod: ends of its pipes belong to the caller (close-on-exec, blocking). */
struct np_pod_exec {
	int stdin_fd, stdout_fd, stderr_fd;	/* stdin_fd -1 when not asked for */
	pid_t pid;
};

/*
 * Starts @argv (NULL-ended) in the running pod's namespaces. A name of /netpolcheck-agent (any
 * folder) is the static agent; anything else exits 127 with a sentence on its stderr. NP_ENOTFOUND
 * no such pod or container, NP_EENV not running.
 */
int np_pods_exec(struct np_pods *p, const char *ns, const char *pod, const char *const *argv,
		 bool want_stdin, struct np_pod_exec *ret, struct np_err *err);
/*
 * Waits at most @timeout_ms (-1: for ever) for the end: exit status 0..255 or 128+signal, -1 on
 * time-out. Callable from any thread, once to a result.
 */
int np_pods_exec_wait(struct np_pods *p, pid_t pid, int timeout_ms);
/* Ends the command (SIGKILL) if it still runs. */
void np_pods_exec_kill(struct np_pods *p, pid_t pid);
/*
 * The agent's standard output and error of a pod so far (the last MiB), for `kubectl logs`; heap
 * text, free(3). NULL: no such pod, or never started.
 */
char *np_pods_log(struct np_pods *p, const char *ns, const char *pod);
/*
 * A descriptor of the running pod's network namespace; the caller closes it. -1 when there is none.
 */
int np_pods_netns(struct np_pods *p, const char *ns, const char *pod);

#endif
