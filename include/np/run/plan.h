/* plan.h - layer run: which cases a run takes, from suites, tiers, globs, tags and profiles. */
#ifndef NP_RUN_PLAN_H
#define NP_RUN_PLAN_H

#include "np/base/err.h"
#include "np/model/case.h"
#include "np/oracle/oracle.h"
#include "np/run/tier.h"

struct np_plan_options {
	const char *suites_dir;
	const char *const *suites;
	size_t n_suites;
	const bool *profiles; /* [NP_N_PROFILES], NULL: every profile */
	const char *const *case_globs; /* a case is taken that any of them matches; none: all */
	size_t n_case_globs;
	const char *tag;
	/*
	 * NP_TIER_SMOKE: only cases that tiers.tsv gives it. The others leave out nothing; the
	 * array of NP_TIER_FULL is one of @suites.
	 */
	enum np_tier tier;
};

/* A case is taken only when nobody waits in a lower band. */
enum np_band {
	NP_BAND_SMOKE,
	NP_BAND_DEFAULT,
	NP_BAND_NEW,	   /* written by hand and without a line in tiers.tsv */
	NP_BAND_GENERATED, /* the same, but with a seed */
	NP_N_BANDS
};

/*
 * Sorted by band; those with a line in tiers.tsv (of @suites_dir; without the file none has one) by
 * it, the others by world, then id, so that a worker seldom needs another world.
 */
struct np_plan {
	struct np_case *cases;
	enum np_band *bands;	     /* of each */
	struct np_worldfile *worlds; /* those that the cases name */
	size_t n_cases, cap_cases, n_worlds, cap_worlds;
};

/*
 * Loads and selects. A file that cannot be read, a doubled id or a world that is not there is an
 * error; so are two files for worlds of one name, a selection that leaves no case, a glob that
 * matches none of the others' cases, a tiers.tsv that cannot be read, and NP_TIER_SMOKE without one.
 * Release with np_plan_release().
 */
int np_plan_load(const struct np_plan_options *options, struct np_plan *ret, struct np_err *err);
void np_plan_release(struct np_plan *p);
const struct np_worldfile *np_plan_world(const struct np_plan *p, struct np_str name);

/* The suites' root: $NETPOLCHECK_SUITES, the folder `suites` beside or above the program, the
 * installed one. NULL when there is none; free(3). */
char *np_plan_suites_dir(void);

#endif
