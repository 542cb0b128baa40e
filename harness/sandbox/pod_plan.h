/* pod_plan.h - what the node agent reads from a pod object. Pure. */
#ifndef NP_SANDBOX_POD_PLAN_H
#define NP_SANDBOX_POD_PLAN_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/err.h"
#include "np/model/addr.h"

/* "v4,v6", or one of them: the pod gets these addresses as soon as nobody else has them. */
#define NP_ANNOTATION_POD_IPS "netpolcheck/pod-ips"
/*
 * "Succeeded" or "Failed": the pod's process ends, the object stays with that phase, the addresses
 * are free.
 */
#define NP_ANNOTATION_FORCE_PHASE "netpolcheck/force-phase"

#define NP_POD_MAX_ARGS 64
#define NP_AGENT_PROGRAM "netpolcheck-agent"

enum np_restart { NP_RESTART_ALWAYS, NP_RESTART_ON_FAILURE, NP_RESTART_NEVER };

/* Strings are borrowed from the object. */
struct np_pod_plan {
	const char *ns, *name, *uid;
	const char *node;			/* spec.nodeName or NULL */
	const json_t *node_selector;		/* or NULL */
	bool host_network;
	enum np_restart restart;
	struct np_addr pins[2];			/* IPv4, IPv6; width 0: none */
	const char *argv[NP_POD_MAX_ARGS + 2];	/* of the agent, NULL-ended */
	const char *forced_phase;		/* or NULL */
	bool deleting;				/* metadata.deletionTimestamp */
	long long grace_s;
};

/* NP_EVALID with a path: a bad pin, too many arguments, an unknown forced phase. */
int np_pod_plan_read(const json_t *pod, struct np_pod_plan *ret, struct np_err *err);
/* Does @path name the agent, in whatever folder? */
bool np_is_agent(const char *path);

#endif
