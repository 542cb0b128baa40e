/* state.h - layer mutate: what the making of one mutant carries, and what is made of a type. */
#ifndef NP_HARNESS_MUTATE_STATE_H
#define NP_HARNESS_MUTATE_STATE_H

#include "np/base/rng.h"
#include "np/model/addr.h"
#include "np/mutate/mutate.h"
#include "schema.h"

struct mstate {
	struct np_arena arena;	/* of one mutant */
	struct np_rng rng;
	struct mnode *root;
	struct mnode *other;	/* where grafts come from; NULL: not read yet */
	/* Reads it; NULL when it is no document. */
	struct mnode *(*read_other)(void *ctx);
	void *ctx;
	bool yaml;		/* what is written */
	bool hostile;
	bool legacy_cidrs;
	size_t (*mutate_bytes)(uint8_t *bytes, size_t n, size_t max);
	struct mnode **found;	/* of mfind() */
	size_t n_found, cap_found;
	struct np_buf operators;
	struct np_buf field;	/* of a single fault */
	enum np_fault_stage stage;
};

static inline size_t mbelow(struct mstate *s, size_t n)
{
	return (size_t)np_rng_below(&s->rng, n);
}

static inline bool mone_in(struct mstate *s, size_t n)
{
	return mbelow(s, n) == 0;
}

/* Fills s->found with the nodes below and at @top whose type is in @mask; returns their number. */
size_t mfind(struct mstate *s, struct mnode *top, uint64_t mask);
/* One of them; NULL when there is none. */
struct mnode *mpick(struct mstate *s, struct mnode *top, uint64_t mask);
struct mnode *mpick_child(struct mstate *s, const struct mnode *parent);
/* Puts @node at some place of @parent. */
void mput_anywhere(struct mstate *s, struct mnode *parent, struct mnode *node);
/* "@name-@what" for the list of operators; @what may be NULL. */
void mlog(struct mstate *s, const char *name, const char *what);

/* A few of a kind, rarely many. */
size_t mfew(struct mstate *s);

/* ---- made of a type, all valid on their own ---- */

struct mnode *mgen(struct mstate *s, unsigned type);
/* A scalar at one of the type's boundaries; @valid false: one that the API server refuses. */
struct mnode *mgen_scalar(struct mstate *s, unsigned type, bool valid);
struct np_str mgen_key(struct mstate *s, unsigned key_type, bool valid);
/* The field, made when it is absent or null. */
struct mnode *mneed_field(struct mstate *s, struct mnode *map, const char *name);
/*
 * A node of this type, made with all that is above it when there is none; NULL when there is no
 * policy, or something else stands in the way: never after mrepair().
 */
struct mnode *mneed(struct mstate *s, unsigned type);
/* A fragment of JSON as a tree of @type. */
struct mnode *mparse(struct mstate *s, const char *json, unsigned type);

/* ---- CIDRs ---- */

/* Accepted by the rules that are asked for. */
bool mcidr_good(const struct mstate *s, struct np_str text, struct np_cidr *ret);
/* @inner is a strict subset of @outer, as the API server checks it. */
bool mcidr_inside(const struct np_cidr *outer, const struct np_cidr *inner);
struct np_str mcidr_text(struct mstate *s, const struct np_cidr *c);
struct np_str mcidr_random(struct mstate *s);
/* A subset, its prefix longer by one, by all that is possible, or between; none of a host. */
struct np_str mcidr_subset(struct mstate *s, const struct np_cidr *outer);
/* The lower or the upper half. */
struct np_str mcidr_half(struct mstate *s, const struct np_cidr *outer, bool upper);
/* The block beside it, and the one that holds both; none of a /0. */
struct np_str mcidr_sibling(struct mstate *s, const struct np_cidr *c);
struct np_str mcidr_parent(struct mstate *s, const struct np_cidr *c);
/*
 * The same block in another spelling that is accepted: capitals, and by the legacy rules host bits
 * and leading zeros.
 */
struct np_str mcidr_spelling(struct mstate *s, const struct np_cidr *c);

/* ---- passes over a whole tree ---- */

/* Makes it valid; what is valid already is not touched. The root becomes a policy if it is none. */
void mrepair(struct mstate *s);
/*
 * Drops parts of a tree that has @bytes as text, so that it has about @max_bytes or fewer; false
 * when there is nothing to drop.
 */
bool mshrink(struct mstate *s, size_t bytes, size_t max_bytes);

/* One operator at some place; false when it changed nothing. */
bool mop_any(struct mstate *s);
bool mop_graft(struct mstate *s);
bool mop_hostile(struct mstate *s);
/* The other input, @root when there is none. */
struct mnode *mother(struct mstate *s);
/* One mistake, s->field and s->stage say which. The tree is valid before. */
void mfault(struct mstate *s);

/* Changes @n of @max bytes; returns how many there are then. */
size_t mbytes(struct mstate *s, uint8_t *bytes, size_t n, size_t max);

#endif
