/* input.h - layer mutate: bytes to a tree in JSON or, by what the caller gives, YAML. */
#ifndef NP_HARNESS_MUTATE_INPUT_H
#define NP_HARNESS_MUTATE_INPUT_H

#include "node.h"
#include "np/mutate/mutate.h"

/* What the last input was as JSON, so that many mutants of one YAML text convert it once. */
struct minput {
	struct np_buf text, json;
	bool known, good;
};

bool minput_is_json(struct np_str text);
/*
 * A tree with types, in @a, which borrows @text or @in; NULL when it is no document.
 */
struct mnode *minput_read(struct minput *in, const struct np_mutate_opts *opts, struct np_arena *a,
			  struct np_str text);
void minput_release(struct minput *in);

#endif
