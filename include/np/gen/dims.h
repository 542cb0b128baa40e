/*
 * dims.h - layer gen: in what worlds and policies differ, as a table. Each row is a dimension with
 * its levels and how often each is drawn; what a world or policy looks like is one level for each
 * dimension of each of its objects. Generators draw from the rows by weight; covering arrays
 * combine them by number; reports name them.
 */
#ifndef NP_GEN_DIMS_H
#define NP_GEN_DIMS_H

#include <stddef.h>

/* What kind of object a dimension is drawn for. */
enum np_gen_scope {
	NP_SCOPE_WORLD, NP_SCOPE_NAMESPACE, NP_SCOPE_POD, NP_SCOPE_CONTAINER_PORT,
	NP_SCOPE_SERVICE, NP_SCOPE_SERVICE_PORT, NP_SCOPE_POLICY, NP_SCOPE_RULE, NP_SCOPE_PEER,
	NP_SCOPE_SELECTOR, NP_SCOPE_REQUIREMENT, NP_SCOPE_BLOCK, NP_SCOPE_EXCEPT, NP_SCOPE_PORT,
	NP_N_SCOPES
};

const char *np_gen_scope_name(enum np_gen_scope scope);	/* "world", "container-port", ... */

enum np_gen_dim {
	/* the world */
	NP_DIM_FAMILIES, NP_DIM_NAMESPACES, NP_DIM_NODES, NP_DIM_PODS, NP_DIM_SERVICES,
	NP_DIM_POLICIES, NP_DIM_NAMES,
	NP_DIM_NS_LABELS,
	NP_DIM_POD_LABELS, NP_DIM_POD_NETWORK, NP_DIM_POD_PHASE, NP_DIM_POD_NODE,
	NP_DIM_POD_FAMILIES, NP_DIM_POD_IP, NP_DIM_POD_PORTS,
	NP_DIM_CPORT_NAME, NP_DIM_CPORT_NUMBER, NP_DIM_CPORT_PROTO, NP_DIM_CPORT_CONTAINER,
	NP_DIM_SVC_SELECTOR, NP_DIM_SVC_IP, NP_DIM_SVC_PORTS,
	NP_DIM_SPORT_TARGET, NP_DIM_SPORT_NODE_PORT,
	/* policies */
	NP_DIM_POLICY_NS, NP_DIM_POLICY_TYPES, NP_DIM_POLICY_RULES,
	NP_DIM_RULE_PEERS, NP_DIM_RULE_PORTS,
	NP_DIM_PEER_FORM,
	NP_DIM_SELECTOR_FORM, NP_DIM_REQ_OP, NP_DIM_REQ_KEY, NP_DIM_REQ_VALUES,
	NP_DIM_BLOCK_ANCHOR, NP_DIM_BLOCK_WIDTH, NP_DIM_BLOCK_RELATION, NP_DIM_BLOCK_SPELLING,
	NP_DIM_BLOCK_EXCEPTS, NP_DIM_EXCEPT_WIDTH, NP_DIM_EXCEPT_RELATION, NP_DIM_EXCEPT_SPELLING,
	NP_DIM_PORT_FORM, NP_DIM_PORT_PROTO, NP_DIM_PORT_NUMBER, NP_DIM_PORT_RANGE,
	NP_DIM_PORT_NAME,
	NP_GEN_N_DIMS
};

struct np_gen_level {
	const char *name;
	unsigned weight;	/* relative to the other levels of its dimension */
};

#define NP_GEN_MAX_LEVELS 12

struct np_gen_dim_row {
	const char *name;	/* "peer.form" */
	enum np_gen_scope scope;
	const char *classes;	/* the kinds of mistakes that it is there to show, in words */
	struct np_gen_level levels[NP_GEN_MAX_LEVELS];	/* ended by a NULL name if fewer */
};

/* The row; never NULL. */
const struct np_gen_dim_row *np_gen_dim_row(enum np_gen_dim dim);
size_t np_gen_n_levels(enum np_gen_dim dim);

#endif
