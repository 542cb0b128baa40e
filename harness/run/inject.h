/*
 * inject.h - the static agent copied into pods of a stock image (--inject): such a pod's container
 * waits for an executable in an emptyDir (podspec.h), one exec into it brings the bytes, and the
 * container becomes the agent. Nothing else of the run differs.
 *
 * The image must have sh, head, wc, chmod, mv and sleep, for nodes of the agent's architecture. The
 * agent is what NETPOLCHECK_AGENT names, else netpolcheck-agent beside this program or in its
 * libexec folder, at most 16 MiB.
 */
#ifndef NP_RUN_INJECT_H
#define NP_RUN_INJECT_H

#include <jansson.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/kube/client.h"

#define NP_INJECT_TIMEOUT_MS 60000 /* of one pod, all tries together */
#define NP_INJECT_TRIES 3
#define NP_INJECT_MAX_THREADS 16
#define NP_INJECT_MAX_BYTES (16u * 1024 * 1024)

struct np_inject;

/* As np_kube_exec_run(); called from several threads at once. */
typedef int np_inject_exec_fn(void *ctx, const char *ns, const char *pod, const char *container,
			      const char *const *argv, const struct np_buf *input, int timeout_ms,
			      struct np_buf *ret_out, struct np_buf *ret_errout,
			      struct np_err *err);

/* For one run, used by any of its threads; @k must outlive it. NP_EENV when there is no agent. */
int np_inject_new(struct np_kube *k, struct np_inject **ret, struct np_err *err);
/* The same with the agent's bytes (copied) and another way into pods. */
struct np_inject *np_inject_made(const void *agent, size_t n, np_inject_exec_fn *exec, void *ctx);
/* Accepts NULL. */
void np_inject_free(struct np_inject *in);

/*
 * Brings the agent into every pod of the array @pods (as the API gave them) that runs, waits for an
 * agent and has not got one from @in: all at once, each verified by its length and by what it says
 * of itself, and returns when all of them serve. A lost stream is tried again; what a pod's shell
 * refuses is NP_EENV with its words. On error the others of @pods are still brought to an end.
 * @in NULL: nothing to do.
 */
int np_inject_pods(struct np_inject *in, const json_t *pods, struct np_err *err);

/* Path of the agent in the pods of this run, for exec: the image's own when @in is NULL. */
const char *np_inject_agent(const struct np_inject *in);

#endif
