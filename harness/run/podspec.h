/* podspec.h - puts the probe agent into a pod manifest that names only labels and ports. */
#ifndef NP_RUN_PODSPEC_H
#define NP_RUN_PODSPEC_H

#include <jansson.h>

#include "np/model/case.h"

/* Where an injected agent is, and the socket that says that it serves (inject.h). */
#define NP_INJECT_DIR "/netpolcheck"
#define NP_INJECT_AGENT NP_INJECT_DIR "/netpolcheck-agent"
#define NP_INJECT_READY NP_INJECT_DIR "/ready"
#define NP_INJECT_VOLUME "netpolcheck" /* only a pod that waits for an agent has it */

struct np_podspec {
	const char *image;
	bool inject;	      /* the image has no agent but sh: wait for one in a volume */
	const char *identity; /* what the agent answers with */
	const char *node;     /* name of the node, or NULL to leave it to the scheduler */
	const struct np_expect_port *ports; /* to listen on */
	size_t n_ports;
};

/*
 * Completes @pod in place: the first container runs the agent in serve mode, the others sleep;
 * restricted Pod Security, small requests, no service account token. What the manifest says of
 * ports, labels and hostNetwork stays. A hostNetwork pod of a case listens on nothing: its ports
 * are the node's.
 */
void np_podspec_apply(json_t *pod, const struct np_podspec *spec);
/* A whole pod for the harness's own purposes. New reference. */
json_t *np_podspec_new(const char *ns, const char *name, const char *label, bool host_network,
		       const struct np_podspec *spec);

#endif
