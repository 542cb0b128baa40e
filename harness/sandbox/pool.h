/*
 * pool.h - addresses of pods on one node: pairs of IPv4 and IPv6 with the same number in the node's
 * ranges. Handed out in turn, so that a freed one comes back only after all others. Not
 * thread-safe.
 */
#ifndef NP_SANDBOX_POOL_H
#define NP_SANDBOX_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "np/model/addr.h"

struct np_pool {
	struct np_cidr ranges[2];
	bool *used;
	size_t n, next;
};

/*
 * @ranges: an IPv4 one of /8../30 and an IPv6 one of /8../112 with a number free in the last 16
 * bits.
 */
void np_pool_init(struct np_pool *p, const struct np_cidr ranges[2]);
void np_pool_release(struct np_pool *p);
/* A pair. False when all are in use. */
bool np_pool_take(struct np_pool *p, struct np_addr ret[2]);
/* Marks an address's pair as used or free; one that is outside the ranges is ignored. */
void np_pool_mark(struct np_pool *p, const struct np_addr *ip, bool used);

#endif
