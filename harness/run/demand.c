/* demand.c - what the cases of a plan ask of a cluster. */
#include "demand.h"

#include <stdbool.h>

#include "np/base/mem.h"

/* Control, trial, host and raw agents on each node. */
#define PODS_FIXED (4 * NP_NODES_MAX)
/* Beside its world each worker has sentinels, and a case may add a pod or two. */
#define PODS_MORE (NP_NODES_MAX + 2)

struct np_expect_port *np_demand_ports(const struct np_plan *plan, size_t *ret_n)
{
	struct np_expect_port *ports = NULL;
	size_t n = 0, cap = 0;

	for (size_t w = 0; w < plan->n_worlds; w++)
		for (size_t i = 0; i < plan->worlds[w].n_ports; i++) {
			const struct np_expect_port *p = &plan->worlds[w].ports[i];
			bool known = false;

			for (size_t k = 0; k < n; k++)
				known |= ports[k].proto == p->proto && ports[k].first == p->first;
			if (known)
				continue;
			ports = np_grow(ports, &cap, n, sizeof(*ports));
			ports[n++] = *p;
		}
	*ret_n = n;
	return ports;
}

unsigned np_demand_needs(const struct np_plan *plan)
{
	unsigned needs = 0;

	for (size_t i = 0; i < plan->n_cases; i++)
		needs |= plan->cases[i].needs;
	return needs;
}

static size_t largest_world(const struct np_plan *plan)
{
	size_t most = 0;

	for (size_t w = 0; w < plan->n_worlds; w++) {
		size_t n = 0;

		for (size_t i = 0; i < plan->worlds[w].n_objects; i++)
			n += np_str_is(plan->worlds[w].objects[i].object_kind, "Pod");
		most = n > most ? n : most;
	}
	return most;
}

struct np_nodes_ask np_demand_pods(const struct np_plan *plan, unsigned workers)
{
	return (struct np_nodes_ask){ .fixed = PODS_FIXED,
				      .per_worker = largest_world(plan) + PODS_MORE,
				      .workers = workers };
}
