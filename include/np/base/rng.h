/* rng.h - layer base: xoshiro256** seeded by splitmix64; the same stream on every machine. Never for secrets. */
#ifndef NP_BASE_RNG_H
#define NP_BASE_RNG_H

#include <stdint.h>

struct np_rng {
	uint64_t s[4];
	uint64_t seed;	/* what np_rng_fork() derives from */
};

void np_rng_seed(struct np_rng *r, uint64_t seed);
/* A stream of its own for @label (a case id), independent of how much was drawn from @r. */
void np_rng_fork(struct np_rng *ret, const struct np_rng *r, const char *label);
uint64_t np_rng_next(struct np_rng *r);
/* Uniform in 0..n-1 without modulo bias; 0 when n is 0. */
uint64_t np_rng_below(struct np_rng *r, uint64_t n);

#endif
