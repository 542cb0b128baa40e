/*
 * cover.h - layer gen: covering arrays (IPOG): few rows of which every allowed combination of any
 * @strength values stands in one. Deterministic from model, strength and seed, on every machine.
 */
#ifndef NP_GEN_COVER_H
#define NP_GEN_COVER_H

#include "np/base/err.h"
#include "np/gen/feature.h"

#define NP_COVER_MAX_STRENGTH 4

/* A combination that no row can have. */
struct np_cover_excluded {
	uint8_t features[NP_COVER_MAX_STRENGTH], values[NP_COVER_MAX_STRENGTH];
	/* The rule that forbids it; NULL: several rules together do. */
	const struct np_feature_rule *rule;
};

struct np_cover {
	uint8_t *rows;	/* n_rows * n_features values */
	size_t n_rows, n_features;
	unsigned strength;
	unsigned long long n_tuples, n_covered;	/* n_tuples - n_covered are excluded */
	struct np_cover_excluded *excluded;
	size_t n_excluded, cap_excluded;
};

/*
 * @strength 1..NP_COVER_MAX_STRENGTH and at most the number of features, else NP_EUSAGE. Rules in
 * *@ret are borrowed from @m. Released with np_cover_release().
 */
int np_cover_make(const struct np_feature_model *m, unsigned strength, uint64_t seed,
		  struct np_cover *ret, struct np_err *err);
/* A zeroed one is fine. */
void np_cover_release(struct np_cover *c);

static inline const uint8_t *np_cover_row(const struct np_cover *c, size_t i)
{
	return c->rows + i * c->n_features;
}

#endif
