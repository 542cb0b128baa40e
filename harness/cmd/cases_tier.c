/* cases_tier.c - the option --tier. */
#include "cases_tier.h"

#include "cases_generate.h"

const char *const np_tier_names[] = { "default", "smoke", "full", NULL };

enum np_tier np_tier_of(const struct np_tier_choice *c)
{
	return c->tier < 0 ? NP_TIER_DEFAULT : (enum np_tier)c->tier;
}

static int add_scratch(char **ret, unsigned strength, unsigned long long count,
		       unsigned long long seed, struct np_strings *suites, struct np_err *err)
{
	if (np_generate_scratch(strength, count, seed, ret, err) < 0)
		return -1;
	np_strings_add(suites, *ret);
	return 0;
}

int np_tier_add(struct np_tier_choice *c, const char *suites_dir, struct np_strings *suites,
		struct np_err *err)
{
	bool full = np_tier_of(c) == NP_TIER_FULL;

	if (full && suites->n)
		return np_err_set(err, NP_EUSAGE,
				  "--tier full and --suite exclude each other: the array is beside "
				  "all suites");
	if (np_tier_of(c) == NP_TIER_SMOKE && c->generated)
		return np_err_set(err, NP_EUSAGE,
				  "--tier smoke and --generated exclude each other: smoke is what "
				  "tiers.tsv says");
	if (!full && !c->generated)
		return 0;
	if (c->tier >= 0 && !suites->n && suites_dir)
		np_strings_add(suites, suites_dir);
	if (full && add_scratch(&c->scratch[0], NP_TIER_FULL_STRENGTH, 0, NP_TIER_FULL_SEED, suites,
				err) < 0)
		return -1;
	if (c->generated && add_scratch(&c->scratch[1], 0, c->generated, c->seed ? c->seed : 1,
					suites, err) < 0)
		return -1;
	return 0;
}

void np_tier_drop(struct np_tier_choice *c)
{
	for (int i = 0; i < 2; i++)
		np_generate_drop(c->scratch[i]);
}
