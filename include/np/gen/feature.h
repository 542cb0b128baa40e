/*
 * feature.h - layer gen: what a generated case is made of, as a table. A feature is a row with its
 * values; a case is one value for each feature; rules forbid what cannot be or would hide what
 * the other values are there to show. Covering arrays (cover.h) and random draws know the table
 * only: a feature more is a row more. What a value looks like in a case is scenario.h's.
 */
#ifndef NP_GEN_FEATURE_H
#define NP_GEN_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/rng.h"

#define NP_FEATURE_MAX 32		/* features of a model */
#define NP_FEATURE_MAX_VALUES 16
#define NP_FEATURE_MAX_TERMS 3		/* of a rule */
#define NP_FEATURE_OPEN 0xFF		/* of a row: not decided yet */

struct np_feature_value {
	const char *name;
	unsigned weight;	/* of a random draw, against the others of its feature */
};

struct np_feature {
	const char *name;	/* "peers" */
	char part;		/* 'A' the world, 'B' the policies, 'C' the sequence of operations */
	const char *shows;	/* the classes of mistakes it is there for, in words */
	struct np_feature_value values[NP_FEATURE_MAX_VALUES];	/* ended by a NULL name if fewer */
};

/* Bit v: value v of the feature. */
struct np_feature_term {
	uint8_t feature;
	uint32_t values;
};

/* Forbids every row in which all terms hold; a term without values is none. */
struct np_feature_rule {
	const char *why;
	struct np_feature_term terms[NP_FEATURE_MAX_TERMS];
};

struct np_feature_model {
	const struct np_feature *features;
	size_t n_features;
	const struct np_feature_rule *rules;
	size_t n_rules;
};

/* The model of dimensions of real bugs: worlds, policy grammar, sequences. */
const struct np_feature_model *np_feature_model(void);

size_t np_feature_n_values(const struct np_feature *f);
/* The first rule that forbids @row as far as it is decided; NULL: none does. */
const struct np_feature_rule *np_feature_forbidden(const struct np_feature_model *m,
						   const uint8_t *row);
/* Can the open features of @row be decided so that no rule forbids it? */
bool np_feature_possible(const struct np_feature_model *m, const uint8_t *row);
/*
 * Decides the open features of @row: each by weight, what is forbidden drawn again. false, and
 * @row unchanged, when no choice is allowed.
 */
bool np_feature_draw(const struct np_feature_model *m, struct np_rng *rng, uint8_t *row);

#endif
