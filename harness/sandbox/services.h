/*
 * services.h - Services of the sandbox: ClusterIP allocation for the API, and a translator thread
 * that keeps table `inet nps` of every node up to date. A service address is translated on the
 * client's node (prerouting and output), TCP, UDP and SCTP, both families, to a random backend. A
 * packet to a service port without backends is rejected with an ICMP port-unreachable, any other
 * packet to the service ranges is dropped.
 */
#ifndef NP_SANDBOX_SERVICES_H
#define NP_SANDBOX_SERVICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/err.h"
#include "np/model/addr.h"
#include "store.h"

#define NP_SERVICES_CIDR4 "10.96.0.0/16"
#define NP_SERVICES_CIDR6 "fd00:10:96::/112"
#define NP_SERVICES_MAX_PORTS 100	/* of one service */
/* used of one service port; further ones get no connections */
#define NP_SERVICES_MAX_BACKENDS 1000

struct np_services;

/* A node as the translator sees it. */
struct np_services_node {
	int netns_fd;			/* borrowed */
	/*
	 * source of a connection that a pod makes to itself through a service; ip6.width 0: no IPv6
	 */
	struct np_addr ip4, ip6;
};

/*
 * Loads the empty ruleset on every node and starts the translator thread. @store and the namespaces
 * must outlive it. NULL with NP_EENV when nft is missing or the kernel refuses the transaction.
 */
struct np_services *np_services_new(struct np_store *store, const struct np_services_node *nodes,
				    size_t n_nodes, struct np_err *err);
/* Stops the thread (bounded) and frees. NULL is accepted. */
void np_services_free(struct np_services *s);

/*
 * For the API, before a Service is stored: fills in @service what the API server would: spec.type,
 * clusterIP and clusterIPs (both families unless ipFamilyPolicy or ipFamilies says otherwise;
 * "None" is kept), ipFamilies, ipFamilyPolicy, sessionAffinity, internalTrafficPolicy, and of each
 * port protocol and targetPort. A clusterIP that is asked for is kept if it lies in the ranges and
 * is free. Nothing to give back: an address that is not stored is simply passed over. NP_EVALID
 * with the field path otherwise (spec.clusterIPs[0]); @service may then be half filled. NP_ELIMIT
 * when the range is used up. Thread-safe.
 */
int np_services_allocate(struct np_services *s, json_t *service, struct np_err *err);

/*
 * Blocks until every node shows what the store held at @revision or later, at most @timeout_ms;
 * false on time-out.
 */
bool np_services_wait(struct np_services *s, uint64_t revision, int timeout_ms);

#endif
