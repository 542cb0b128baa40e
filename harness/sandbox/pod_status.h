/* pod_status.h - the status of a pod object as a kubelet would write it. Pure but for the clock. */
#ifndef NP_SANDBOX_POD_STATUS_H
#define NP_SANDBOX_POD_STATUS_H

#include <jansson.h>
#include <stdbool.h>

#include "np/model/addr.h"

enum np_pod_phase { NP_POD_PENDING, NP_POD_RUNNING, NP_POD_SUCCEEDED, NP_POD_FAILED };

struct np_pod_facts {
	enum np_pod_phase phase;
	const char *node;		/* NULL: not placed */
	struct np_addr ip[2], host_ip[2];	/* width 0: none */
	bool ready;			/* the agent runs and listens */
	int restarts, exit_status;	/* of the last end */
	bool ended;			/* the process has ended at least once */
	const char *reason, *message;	/* NULL or why it is as it is */
};

/*
 * A copy of @pod with spec.nodeName and status written from @facts. What did not change keeps its
 * times. New reference.
 */
json_t *np_pod_status_apply(const json_t *pod, const struct np_pod_facts *facts);

/* RFC 3339 UTC with whole seconds, as API objects have it. @buf at least 32 bytes. */
const char *np_api_time(char *buf);

#endif
