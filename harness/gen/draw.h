/* draw.h - a generation in progress: the world being filled, its vocabulary, its draws. */
#ifndef NP_GEN_DRAW_H
#define NP_GEN_DRAW_H

#include "np/gen/world.h"
#include "levels.h"

enum { VOCAB_KEYS = 3, VOCAB_VALUES = 3, VOCAB_NAMES = 3, VOCAB_NUMBERS = 4, MAX_BLOCKS = 64 };

struct gen {
	struct np_rng rng;
	struct np_world *w;
	const struct np_gen_pins *pins;
	bool drawn[NP_GEN_N_DIMS];
	/* Few words a world, so that things meet. */
	struct np_str keys[VOCAB_KEYS], values[VOCAB_VALUES];
	struct np_str port_names[VOCAB_NAMES];
	uint16_t numbers[VOCAB_NUMBERS];	/* the i-th is the usual one of the i-th name */
	unsigned families;			/* bit 0: IPv4, bit 1: IPv6 */
	unsigned names;				/* level of NP_DIM_NAMES */
	struct np_cidr blocks[MAX_BLOCKS];	/* written so far */
	size_t n_blocks;
};

void gen_init(struct gen *g, uint64_t seed, const struct np_gen_pins *pins, struct np_world *w);

/* Uniform in 0..n-1. */
unsigned gen_below(struct gen *g, size_t n);
bool gen_chance(struct gen *g, unsigned percent);
/* A level of @dim: the pinned one the first time, else by weight. */
unsigned gen_draw(struct gen *g, enum np_gen_dim dim);
/* The same for dimensions whose levels are counts: a number out of the level's range. */
size_t gen_count(struct gen *g, enum np_gen_dim dim);
enum np_proto gen_proto(struct gen *g, enum np_gen_dim dim);

/* selector.c */
void gen_labels(struct gen *g, unsigned level, const struct np_labels *other, struct np_labels *ret);
/* @of_namespaces: what it selects. */
void gen_selector(struct gen *g, bool of_namespaces, struct np_selector *ret);

/* block.c */
const struct np_ipblock *gen_block(struct gen *g);

/* policy.c */
void gen_policies(struct gen *g);

#endif
