/*
 * face.h - what the faces of the mutator share: the choice of a mode for each mutant, from the
 * environment, the reader of YAML, and documents of a YAML stream, one of which is changed at a time.
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
	struct np_buf stream; /* a mutant in the middle of its stream */
};

/* A document of a YAML stream (or all of a text), and what stands around it and stays. */
struct face_piece {
	struct np_str before, doc, behind;
};
#define FACE_PIECES_MAX 64

/*
 * The documents of @text that hold anything: at least one piece, which is all of it when there are not
 * two; further ones than the first FACE_PIECES_MAX stay as they are. Returns their number.
 */
size_t face_split(struct np_str text, struct face_piece ret[FACE_PIECES_MAX]);
/* @piece with @doc instead of its own, appended to @ret. */
void face_join(const struct face_piece *piece, struct np_str doc, struct np_buf *ret);

/* @mutate_bytes may be NULL. */
void face_init(struct face *f, uint64_t seed, size_t (*mutate_bytes)(uint8_t *, size_t, size_t));
void face_release(struct face *f);
/*
 * One mutant of at most @max bytes, in a mode that @seed chooses, of the document of @a that it
 * chooses, within its stream; now and then without the stream. @cross: of both, else of @a. The
 * promise of a mode is that document's.
 */
void face_mutate(struct face *f, struct np_str a, struct np_str b, bool cross, uint64_t seed,
		 size_t max, struct np_mutation *ret);

#endif
