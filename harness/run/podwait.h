/* podwait.h - waiting for pods with a reason when they do not come. */
#ifndef NP_RUN_PODWAIT_H
#define NP_RUN_PODWAIT_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/err.h"
#include "inject.h"
#include "np/kube/client.h"

#define NP_POD_WAIT_MS 120000

/* What ends a pod of the sandbox and keeps its object: of a case about finished pods. */
#define NP_ANNOTATION_FORCE_PHASE "netpolcheck/force-phase"
/* Has @pod, or a merge patch of one, that annotation? Such a pod is waited for no more. */
bool np_pod_told_to_end(const json_t *pod);

/*
 * Waits until @n pods of namespace @ns are Running with an address; those that are being deleted do
 * not count. Those that wait for an agent get it from @inject (NULL: the image has it), and serve
 * when this returns. *@ret: new array of pod objects (may be NULL). NP_EENV names the pod that
 * cannot start (image, scheduling) or a node that is not ready, NP_ENOTFOUND one that ended or was
 * evicted, NP_ETIMEOUT the first that is late. An outage of the API server does not count.
 */
int np_pods_wait(struct np_kube *k, struct np_inject *inject, const char *ns, size_t n,
		 int timeout_ms, json_t **ret, struct np_err *err);

/* Called with every list of pods that is looked at; -1 with its error ends the waiting. */
typedef int np_pods_look(void *ctx, const json_t *pods, struct np_err *err);
int np_pods_wait_looking(struct np_kube *k, struct np_inject *inject, const char *ns, size_t n,
			 int timeout_ms, np_pods_look *look, void *ctx, json_t **ret,
			 struct np_err *err);

#endif
