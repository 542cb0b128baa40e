/* plan.h - layer run: which cases a run takes, from suites, globs, tags and profiles. */
#ifndef NP_RUN_PLAN_H
#define NP_RUN_PLAN_H

#include "np/base/err.h"
#include "np/model/case.h"
#include "np/oracle/oracle.h"

struct np_plan_options {
	const char *suites_dir;
	const char *const *suites;
	size_t n_suites;
	const bool *profiles; /* [NP_N_PROFILES], NULL: every profile */
	const char *const *case_globs; /* a case is taken that any of them matches; none: all */
	size_t n_case_globs;
	const char *tag;
};

/* Sorted by world, then id, so that a worker seldom needs another world. */
struct np_plan {
	struct np_case *cases;
	struct np_worldfile *worlds; /* those that the cases name */
	size_t n_cases, cap_cases, n_worlds, cap_worlds;
};

/*
 * Loads and selects. A file that cannot be read, a doubled id or a world that is not there is an
 * error; so are two files for worlds of one name, a selection that leaves no case, and a glob that
 * matches none of the others' cases. Release with np_plan_release().
 */
int np_plan_load(const struct np_plan_options *options, struct np_plan *ret, struct np_err *err);
void np_plan_release(struct np_plan *p);
const struct np_worldfile *np_plan_world(const struct np_plan *p, struct np_str name);

/* The suites' root: $NETPOLCHECK_SUITES, the folder `suites` beside or above the program, the
 * installed one. NULL when there is none; free(3). */
char *np_plan_suites_dir(void);

#endif
