/* demand.h - what the cases of a plan ask of a cluster, taken together. */
#ifndef NP_RUN_DEMAND_H
#define NP_RUN_DEMAND_H

#include "nodes.h"
#include "np/run/plan.h"

/* Every port of every world, once: what the agents that all workers share listen on. free(3). */
struct np_expect_port *np_demand_ports(const struct np_plan *plan, size_t *ret_n);
/* enum np_need of all cases together. */
unsigned np_demand_needs(const struct np_plan *plan);
/* Pods of a run of @workers; what a case may add is allowed for. */
struct np_nodes_ask np_demand_pods(const struct np_plan *plan, unsigned workers);

#endif
