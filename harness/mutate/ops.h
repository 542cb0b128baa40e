/* ops.h - layer mutate: operators that know what a policy means; each says if it did anything. */
#ifndef NP_HARNESS_MUTATE_OPS_H
#define NP_HARNESS_MUTATE_OPS_H

#include "state.h"

/* A whole shape that is valid and unusual, from a table. */
bool mop_shape(struct mstate *s);
/* Blocks that touch, hold or halve each other. */
bool mop_cidr(struct mstate *s);
/* Port ranges that overlap. */
bool mop_range(struct mstate *s);
/* A rule goes over to the other direction. */
bool mop_mirror(struct mstate *s);
bool mop_types(struct mstate *s);
/* A label becomes an expression, or the other way round. */
bool mop_relabel(struct mstate *s);
/* Something is required of a key that the system sets. */
bool mop_reserved(struct mstate *s);

#endif
