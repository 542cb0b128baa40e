/* cases_select.h - netpolcheck cases select: the tiers, out of what there is and what can be made. */
#ifndef NP_CMD_CASES_SELECT_H
#define NP_CMD_CASES_SELECT_H

#include <stdbool.h>

#include "np/base/err.h"

struct np_select_ask {
	unsigned long long strength, count, seed; /* of the mass to choose from; strength 0: none */
	const char *suites_dir; /* cases written by hand: all of it but generated/ */
	const char *dir;	/* gets tiers.tsv, generated/ and the worlds of those */
};

/*
 * Scores every case written by hand, a covering array of @ask->strength and of one less, and
 * @ask->count drawn cases on every mutant, chooses (np/run/choice.h), and writes. What an earlier
 * choice left in @ask->dir is replaced.
 */
int np_cases_select(const struct np_select_ask *ask, bool json, struct np_err *err);

#endif
