/*
 * brute_parts.h - private to brute force: what its three files hand to each other. brute_route.c
 * turns a flow into connections, brute.c judges one of them under one setting, brute_open.c does so
 * under every setting of the readings that are open.
 */
#ifndef NP_ORACLE_BRUTE_PARTS_H
#define NP_ORACLE_BRUTE_PARTS_H

#include "np/oracle/brute.h"

/* One end of a packet: a pod, or an address that is no pod's. */
struct entity {
	const struct np_pod *pod;	/* NULL: an address. A hostNetwork pod stands here too */
	struct np_addr addr;
	struct np_str node;		/* name of the node whose address it is, n == 0: of none */
};

/* A connection attempt on one of its ways. */
struct conn {
	enum np_proto proto;
	struct entity src, dst;		/* dst: the pod (or address) where it arrives */
	bool via_service, via_node_port;
	struct entity dialled;		/* the ClusterIP or node address; via a Service only */
	uint16_t dialled_port;
	uint16_t port;			/* at dst */
};

struct brute {
	const struct np_world *w;
	const struct np_brute_setting *set;
	unsigned *asked;		/* bit r: reading r was asked for */
};

/* What of the world a flow means: a Service's port, or none. */
struct route {
	struct conn conn;	/* dst and port are those of a pod behind it, if it is one */
	const struct np_service *svc;
	const struct np_service_port *svc_port;
};

static inline bool finished(const struct np_pod *pod)
{
	return pod->phase == NP_PHASE_SUCCEEDED || pod->phase == NP_PHASE_FAILED;
}

/* Under @b->set; adds to @b->asked. */
bool brute_verdict(const struct brute *b, const struct conn *c);

/* false: NP_NO_FLOW, but for pods behind a Service. */
bool brute_find_route(const struct np_world *w, const struct np_flow *f, struct route *ret);
/* The connection to the next pod behind the Service from pod *@at on; a direct one has one way. */
bool brute_next_way(const struct np_world *w, const struct np_flow *f, struct route *r, size_t *at);

#endif
