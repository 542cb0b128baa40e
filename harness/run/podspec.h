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

/* The annotation of a pod that a case terminates: it goes on until its grace is over (S54). */
#define NP_ANNOTATION_ENDS_LATE "netpolcheck/ends-late"

struct np_podspec {
	const char *image;
	bool inject;	      /* the image has no agent but sh: wait for one in a volume */
	bool raw;	      /* SCTP by raw sockets: the agent's container is given NET_RAW */
	const char *identity; /* what the agent answers with */
	const char *node;     /* name of the node, or NULL to leave it to the scheduler */
	bool ends_late;	      /* SIGTERM does not end the agent, the end of the grace does */
	const struct np_expect_port *ports; /* to listen on */
	size_t n_ports;
};

/*
 * Completes @pod in place: the first container runs the agent in serve mode, the others sleep; no
 * service account token, small requests and a limit. What the manifest says of ports, labels and
 * hostNetwork stays. A hostNetwork pod of a case listens on nothing: its ports are the node's.
 *
 * Privileges. A pod passes Pod Security `restricted`: user 65532, every capability dropped, no
 * privilege escalation, a read-only root, seccomp RuntimeDefault; ports below 1024 by the safe
 * sysctl net.ipv4.ip_unprivileged_port_start of its own network namespace. Two exceptions, both for
 * the agent's container alone and both refused by `restricted`, so that their namespaces must say
 * `privileged`:
 * - NET_RAW with @raw, where the nodes' kernels have no SCTP.
 * - NET_BIND_SERVICE in the harness's own hostNetwork agents when they serve ports below 1024: the
 *   sysctl is the node's there, and not ours to change.
 * Such a container is root with every other capability dropped: container runtimes give an added
 * capability to the bounding, permitted and effective sets but not to the ambient one, so another
 * user loses it at execve(2).
 */
void np_podspec_apply(json_t *pod, const struct np_podspec *spec);
/* Must the namespace of a pod made from @spec allow more than `restricted`? */
bool np_podspec_privileged(const json_t *pod, const struct np_podspec *spec);
#define NP_POD_CONTAINER "agent" /* of such a pod */
/* A whole pod for the harness's own purposes; one on the host's network listens too. New
 * reference. */
json_t *np_podspec_new(const char *ns, const char *name, const char *label, bool host_network,
		       const struct np_podspec *spec);

#endif
