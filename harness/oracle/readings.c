/* readings.c - the open questions and what each profile decides. */
#include "np/oracle/oracle.h"

#include "np/base/mem.h"

static const uint8_t clause_of[NP_N_READINGS] = {
	[NP_READ_IPBLOCK_PODS] = 19,
	[NP_READ_NAT] = 20,
	[NP_READ_DIVERGENT] = 25,
	[NP_READ_DUP_NAME] = 29,
	[NP_READ_SIDECAR_NAME] = 30,
	[NP_READ_NAME_EXTERNAL] = 31,
	[NP_READ_HAIRPIN] = 39,
	[NP_READ_OWN_NODE] = 41,
	[NP_READ_OTHER_NODE] = 42,
	[NP_READ_HOST_PODS] = 43,
	[NP_READ_CLUSTERIP] = 45,
	[NP_READ_MAPPED] = 56,
	[NP_READ_HOST_BITS] = 57,
};

unsigned np_reading_clause(enum np_reading r)
{
	return clause_of[r];
}

static const struct {
	const char *name;
	uint32_t yes;	/* readings that it decides, all with yes */
} profiles[NP_N_PROFILES] = {
	[NP_PROFILE_CORE] = { "core", 0 },
	[NP_PROFILE_EXTENDED] = { "extended", 1U << NP_READ_DIVERGENT },
	[NP_PROFILE_UPSTREAM] = {
		"upstream",
		1U << NP_READ_DIVERGENT | 1U << NP_READ_IPBLOCK_PODS | 1U << NP_READ_CLUSTERIP,
	},
	[NP_PROFILE_LIFECYCLE] = { "lifecycle", 1U << NP_READ_DIVERGENT },
	[NP_PROFILE_BEHAVIOUR] = { "behaviour", 1U << NP_READ_DIVERGENT },
};

const char *np_profile_name(enum np_profile p)
{
	return profiles[p].name;
}

bool np_profile_parse(struct np_str s, enum np_profile *ret)
{
	for (int i = 0; i < NP_N_PROFILES; i++)
		if (np_str_is(s, profiles[i].name)) {
			*ret = (enum np_profile)i;
			return true;
		}
	return false;
}

struct np_readings np_profile_readings(enum np_profile p)
{
	struct np_readings readings = { 0 };

	for (int i = 0; i < NP_N_READINGS; i++)
		readings.set[i] = profiles[p].yes >> i & 1 ? NP_SET_YES : NP_SET_OPEN;
	return readings;
}
