/*
 * world.h - layer gen: worlds and policies from a seed, over the whole grammar of dims.h, small
 * and dense, so that every rule of the semantics has something to bite on. What is made is what an
 * API server stores: valid (CIDRs by the legacy rules), defaulted, and with the states that pods
 * of a real cluster have.
 */
#ifndef NP_GEN_WORLD_H
#define NP_GEN_WORLD_H

#include "np/base/rng.h"
#include "np/gen/dims.h"
#include "np/model/world.h"

/*
 * Levels that are not left to chance. A pinned dimension has that level for the first object that
 * it is drawn for (the first policy, its first rule, that rule's first peer, ...); for all later
 * ones it is drawn. Zeroed: nothing is pinned.
 */
struct np_gen_pins {
	bool set[NP_GEN_N_DIMS];
	uint8_t level[NP_GEN_N_DIMS];
};

/*
 * A linked world; released with np_world_release(). The same seed and pins (NULL: none) make the
 * same world on every machine, for as long as dims.c and the generator stay as they are.
 */
void np_gen_world(uint64_t seed, const struct np_gen_pins *pins, struct np_world *ret);

/*
 * Policies alone, for a world whose other objects are there already (np_world_link() done, policies
 * none): adds them and links again.
 */
void np_gen_policies(uint64_t seed, const struct np_gen_pins *pins, struct np_world *w);

#endif
