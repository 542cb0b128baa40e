/*
 * bug_world.h - private to campaign: the small world that every campaign, replay and run.sh
 * deploys: namespaces a, b (where policies go) and k (the canary's), pods that say their labels.
 */
#ifndef NP_CAMPAIGN_BUG_WORLD_H
#define NP_CAMPAIGN_BUG_WORLD_H

#include <jansson.h>

#include "np/base/buf.h"

#define NP_BUG_NAMESPACES "a b k"
#define NP_WORLD_NAMESPACES 3
extern const char *const np_bug_namespaces[NP_WORLD_NAMESPACES]; /* "a" "b" "k" */
#define NP_CANARY_NS "k"
#define NP_CANARY_PORT 8080

struct np_bug_pod {
	const char *ns, *name;
	const char *labels[3][2]; /* key, value; ended by NULL */
	bool second_node;	  /* placed on the second node where there are two */
};
extern const struct np_bug_pod np_bug_pods[];
extern const size_t np_bug_n_pods;

/* Ports that every pod listens on, over TCP and UDP; with names in their spec. */
struct np_bug_port {
	const char *name; /* as in container ports */
	unsigned port;
	bool udp;
};
extern const struct np_bug_port np_bug_ports[];
extern const size_t np_bug_n_ports;

/* A Namespace @real with the labels of @ns; @run NULL: without a run's label. New reference. */
json_t *np_bug_namespace(const char *ns, const char *real, const char *run);
/* The pod in namespace @real; @node may be NULL. New reference. */
json_t *np_bug_pod_object(const struct np_bug_pod *pod, const char *real, const char *image,
			  const char *node);
/* The policy that denies everything into the canary's server. New reference. */
json_t *np_bug_canary_policy(const char *real);
/* The policy that keeps everybody from the pod "guarded", for as long as a campaign lasts. New
 * reference. */
json_t *np_bug_guard_policy(const char *real);

#endif
