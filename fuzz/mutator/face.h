/*
 * face.h - what the faces of the mutator share: the choice of a mode for each mutant, from the
 * environment, and the reader of YAML.
 *
 *   NPMUTATE_MODE    valid, single-fault, hostile, or shares such as
 *                    valid:70,single-fault:15,hostile:15 (the default). Words that are none of these
 *                    are passed over; with nothing left it is the default.
 *   NPMUTATE_FORMAT  same (as the input; the default), json, yaml
 *   NPMUTATE_CIDR    strict (the default), legacy: as before Kubernetes 1.36
 */
#ifndef NP_FUZZ_MUTATOR_FACE_H
#define NP_FUZZ_MUTATOR_FACE_H

#include "np/base/rng.h"
#include "np/mutate/mutate.h"

#define NP_FACE __attribute__((visibility("default")))

struct face {
	struct np_mutator *mutator;
	struct np_mutate_opts opts;
	unsigned shares[NP_N_MUTATE_MODES];
	struct np_rng rng;
};

/* @mutate_bytes may be NULL. */
void face_init(struct face *f, uint64_t seed, size_t (*mutate_bytes)(uint8_t *, size_t, size_t));
void face_release(struct face *f);
/* One mutant of at most @max bytes, in a mode that @seed chooses. @cross: of both, else of @a. */
void face_mutate(struct face *f, struct np_str a, struct np_str b, bool cross, uint64_t seed,
		 size_t max, struct np_mutation *ret);

#endif
