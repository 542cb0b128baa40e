/*
 * services_private.h - inside of the services, shared by services.c (the translator) and
 * services_alloc.c (addresses).
 */
#ifndef NP_SANDBOX_SERVICES_PRIVATE_H
#define NP_SANDBOX_SERVICES_PRIVATE_H

#include <pthread.h>

#include "services.h"
#include "services_table.h"

#define NP_SERVICES_MAX_NODES 8

struct np_services {
	struct np_store *store;
	struct np_services_node nodes[NP_SERVICES_MAX_NODES];
	size_t n_nodes;
	bool ipv4_only;
	pthread_t thread;
	pthread_mutex_t lock;		/* of what follows, up to the blank line */
	pthread_cond_t changed;
	bool stopping;
	uint64_t shown_revision;	/* that every node shows */
	unsigned next_number;		/* of the next address to try, in both ranges */

	struct np_svc_table table;	/* the translator's alone: what the nodes show */
	bool broken;			/* some node refused a change: begin anew */
};

#endif
