/* cases_tier.h - the option --tier, and the generated cases of a command line. */
#ifndef NP_CMD_CASES_TIER_H
#define NP_CMD_CASES_TIER_H

#include "np/cmd/options.h"
#include "np/run/tier.h"

/* What the command line says; released with np_tier_drop(). */
struct np_tier_choice {
	int tier;			    /* an index of np_tier_names; -1: none was named */
	unsigned long long generated, seed; /* drawn cases; seed 0: none was named */
	char *scratch[2];		    /* folders of what was generated */
};

/* Words of --tier, in the order of enum np_tier; NULL-ended. */
extern const char *const np_tier_names[];
#define NP_TIER_OPTION(choice)                                                                     \
	{ "tier", NP_OPT_CHOICE, &(choice)->tier, "smoke|default|full",                            \
	  "smoke: the best of them in seconds; full: and a covering array, in minutes",            \
	  np_tier_names }

/*
 * Adds to @suites what is generated, in folders that go with the command: the array of the tier
 * full, the drawn cases. They come beside the suites that are named, and beside all of @suites_dir
 * if a tier is; drawn ones alone otherwise. NP_EUSAGE for full with named suites, and for smoke
 * with drawn cases: neither would be the tier.
 */
int np_tier_add(struct np_tier_choice *c, const char *suites_dir, struct np_strings *suites,
		struct np_err *err);
enum np_tier np_tier_of(const struct np_tier_choice *c);
void np_tier_drop(struct np_tier_choice *c);

#endif
