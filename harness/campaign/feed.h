/*
 * feed.h - private to campaign: where policies come from. A source is a function, so that another
 * mutator is a line in the table of feed.c. Everything random comes from the generator given: the
 * same state, the same policies.
 */
#ifndef NP_CAMPAIGN_FEED_H
#define NP_CAMPAIGN_FEED_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/rng.h"

/* A spec of a NetworkPolicy that the API server should accept. New reference. */
json_t *feed_spec(struct np_rng *rng);
/* A document for comparing API servers: valid, with one fault, or odd throughout. Whole
 * NetworkPolicy. New reference. */
json_t *feed_document(struct np_rng *rng);

/*
 * Does @spec hold @pattern, the spec of a minimised input? Objects: every key, each with what it
 * holds; lists: each element in some element; what is empty only in what is empty, but for
 * selectors; values: equal, or the pattern's is one of the plain ones that minimise.h puts in. For
 * leaving known bugs alone.
 */
bool feed_holds(const json_t *spec, const json_t *pattern);

/* Operations of epoch @epoch, the same for the same seed; @live: names of the policies in force
 * ("a/npf-.."). New reference. */
struct feed_plan {
	uint64_t seed;
	unsigned epoch, n_ops, max_live;
	const json_t *live;  /* array of {"namespace", "name"} */
	const json_t *known; /* array of specs of bugs that are known: left out nine times of ten */
};
json_t *feed_epoch(const struct feed_plan *plan);

#endif
