/* eval.h - a verdict under one setting of the readings, and the search over settings. */
#ifndef NP_ORACLE_EVAL_H
#define NP_ORACLE_EVAL_H

#include "compiled.h"

/*
 * Readings are asked for as the evaluation goes; one that is neither fixed nor decided yet is taken
 * as no and noted in the trail. Running again with the last no of the trail turned to yes, until
 * none is left, visits every combination that can matter and no other.
 */
struct np_eval {
	const struct np_oracle *o;
	uint32_t known, yes; /* readings as bits */
	uint8_t trail[NP_N_READINGS];
	unsigned n_trail;
};

/* An end with what can be said of it without a reading. */
struct end {
	uint32_t pod;  /* NONE: an address */
	uint32_t node; /* whose address it has, or NONE */
	bool host;     /* a hostNetwork pod: a pod only under S43 = yes */
	struct np_wire addr;
};

/* How a flow goes: to an end, or by way of a Service or nodePort to one of several pods. */
enum way { WAY_DIRECT, WAY_CLUSTERIP, WAY_NODEPORT };

struct backend {
	uint32_t pod;
	uint16_t port;
};

struct path {
	enum way way;
	struct end src, dst; /* dst of a Service: its ClusterIP */
	enum np_proto proto;
	uint16_t port; /* as dialled */
	unsigned family;
	const struct service *service;
	const struct np_service_port *service_port;
};

/* false: NP_NO_FLOW. */
bool path_find(const struct np_oracle *o, const struct np_flow *flow, struct path *ret);
/* false: it carries no traffic of the family (S53, S60). Not for Services. */
bool end_find(const struct np_oracle *o, const struct np_end *src, unsigned family,
	      struct end *ret);
/* Whether a node's address at this port is the nodePort of a Service; fills the way and the
 * Service. */
bool path_find_node_port(const struct np_oracle *o, struct path *path);
/* The next pod behind the Service that takes part, from *@at on; false at the end. A direct path
 * has exactly one, without meaning. */
bool path_backend(const struct np_oracle *o, const struct path *path, size_t *at,
		  struct backend *ret);

/* One side with its exemptions. */
enum side_way {
	SIDE_NONE,	      /* no subject: nothing to ask */
	SIDE_JUDGED,	      /* by the stages */
	SIDE_OWN_NODE,	      /* S40 */
	SIDE_OWN_NODE_OPEN,   /* S41: judged, then exempt if the reading says so */
	SIDE_OTHER_NODE_OPEN, /* S42: likewise */
};

struct plan {	       /* what a path means under one setting */
	bool same_pod; /* S38, or S39 = yes: allowed */
	enum side_way ways[NP_N_DIRS];
	struct np_side sides[NP_N_DIRS];
};

void path_plan(struct np_eval *e, const struct path *path, const struct backend *backend,
	       struct plan *ret);
bool side_allowed(struct np_eval *e, enum side_way way, const struct np_side *side);
bool path_allowed(struct np_eval *e, const struct path *path, const struct backend *backend);

#endif
