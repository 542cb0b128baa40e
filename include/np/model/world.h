/*
 * world.h - layer model: the cluster as the oracle sees it: namespaces, nodes, pods, services,
 * policies, outside addresses. One owner: np_world_release() frees the arena that holds every
 * string, array and policy. Const worlds may be shared by threads.
 */
#ifndef NP_MODEL_WORLD_H
#define NP_MODEL_WORLD_H

#include "np/base/arena.h"
#include "np/base/err.h"
#include "np/model/policy.h"

#define NP_WORLD_MAX_IPS 8	/* addresses of one pod, node or service */

struct np_namespace {
	struct np_str name;
	struct np_labels labels;	/* kubernetes.io/metadata.name is always there (S15) */
	struct np_place place;
};

struct np_node {
	struct np_str name;
	struct np_labels labels;
	struct np_addr ips[NP_WORLD_MAX_IPS];
	size_t n_ips;
	struct np_place place;
};

/* Which list of the pod a port was declared in: decides S28 and S30. */
enum np_container_kind {
	NP_CTR_REGULAR,
	NP_CTR_SIDECAR,	/* init with restartPolicy Always */
	NP_CTR_INIT,
};

struct np_container_port {
	struct np_str name;	/* empty when unnamed */
	enum np_proto proto;
	uint16_t port;
	enum np_container_kind ctr_kind;
	uint16_t ctr;		/* index of the container over all lists */
};

enum np_phase {
	NP_PHASE_PENDING,
	NP_PHASE_RUNNING,
	NP_PHASE_SUCCEEDED,
	NP_PHASE_FAILED,
	NP_PHASE_UNKNOWN
};

struct np_pod {
	struct np_str ns, name;
	struct np_labels labels;
	struct np_str node;		/* empty when not placed */
	struct np_addr ips[NP_WORLD_MAX_IPS];
	size_t n_ips;
	bool host_network;
	enum np_phase phase;		/* absent status: Running */
	struct np_container_port *ports;
	size_t n_ports;
	size_t ns_idx;			/* index into namespaces; SIZE_MAX before np_world_link() */
	size_t node_idx;		/* index into nodes; SIZE_MAX when unknown */
	struct np_place place;
};

struct np_service_port {
	struct np_str name;
	enum np_proto proto;
	uint16_t port;
	uint16_t target_port;		/* when target_name is empty; 0: as port */
	struct np_str target_name;
	uint16_t node_port;		/* 0: none */
};

struct np_service {
	struct np_str ns, name;
	struct np_labels selector;	/* empty: selects nothing */
	struct np_addr ips[NP_WORLD_MAX_IPS];	/* ClusterIPs; none when headless */
	size_t n_ips;
	struct np_service_port *ports;
	size_t n_ports;
	struct np_place place;
};

/* An address outside the cluster that has a name in tables and case files, such as ext/a. */
struct np_external {
	struct np_str name;
	struct np_addr ips[NP_WORLD_MAX_IPS];	/* at most one of each family is used */
	size_t n_ips;
};

struct np_world {
	struct np_arena arena;
	struct np_namespace *namespaces;
	struct np_node *nodes;
	struct np_pod *pods;
	struct np_service *services;
	struct np_external *externals;
	struct np_policy *policies;
	size_t n_namespaces, n_nodes, n_pods, n_services, n_externals, n_policies;
	size_t cap_namespaces, cap_nodes, cap_pods, cap_services, cap_externals, cap_policies;
};

/* Zeroes; an empty world is valid. */
void np_world_init(struct np_world *w);
/* Frees all that is in it; it is an empty world then. Accepts NULL. */
void np_world_release(struct np_world *w);

/*
 * Append a zeroed element and return it; earlier pointers into the same array become invalid. A pod
 * starts as Running, without namespace and node indexes. Strings must be of the world's arena.
 */
struct np_namespace *np_world_add_namespace(struct np_world *w);
struct np_node *np_world_add_node(struct np_world *w);
struct np_pod *np_world_add_pod(struct np_world *w);
struct np_service *np_world_add_service(struct np_world *w);
struct np_external *np_world_add_external(struct np_world *w);
struct np_policy *np_world_add_policy(struct np_world *w);

/*
 * Completes a filled world: sorts every list by (namespace, name), adds namespaces that only
 * objects name and the metadata.name label (S15), resolves ns_idx and node_idx. A doubled object
 * (same kind, namespace, name) is NP_EVALID with the place of the second, and nothing has changed
 * then. Call again after changes.
 */
int np_world_link(struct np_world *w, struct np_err *err);

/* Index or SIZE_MAX; the world must be linked. */
size_t np_world_find_namespace(const struct np_world *w, struct np_str name);
size_t np_world_find_node(const struct np_world *w, struct np_str name);
size_t np_world_find_pod(const struct np_world *w, struct np_str ns, struct np_str name);
size_t np_world_find_service(const struct np_world *w, struct np_str ns, struct np_str name);
size_t np_world_find_policy(const struct np_world *w, struct np_str ns, struct np_str name);
size_t np_world_find_external(const struct np_world *w, struct np_str name);
/* The first address of @family (4 or 6), borrowed; NULL when it has none. */
const struct np_addr *np_pod_ip(const struct np_pod *pod, int family);
const struct np_addr *np_node_ip(const struct np_node *node, int family);
const struct np_addr *np_external_ip(const struct np_external *ext, int family);
/* Not hostNetwork, not finished, has an address (semantics 2.2 "pod endpoint", S53). */
bool np_pod_is_endpoint(const struct np_pod *pod);

#endif
