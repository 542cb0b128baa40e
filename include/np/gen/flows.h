/*
 * flows.h - layer gen: which connections of a world to ask about: cells of its truth table, drawn
 * so that ends, ports and the edges of blocks and ranges meet often.
 */
#ifndef NP_GEN_FLOWS_H
#define NP_GEN_FLOWS_H

#include "np/base/rng.h"
#include "np/model/cuts.h"
#include "np/model/flow.h"

/*
 * One connection attempt in @w, whose cuts are @cuts. Ends: pods, nodes, addresses outside and at
 * cuts, Services (as destinations), nodePorts. It may be one that has no flow (a finished pod, a
 * family that an end lacks), seldom.
 */
void np_gen_flow(struct np_rng *rng, const struct np_world *w, const struct np_cuts *cuts,
		 struct np_flow *ret);

#endif
