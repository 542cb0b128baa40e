/* equal.c - mechanical mutants that are none; check_equal.c holds the table to it. */
#include "np/run/equal.h"

#include "np/base/mem.h"

static const struct {
	enum np_site site;
	enum np_site_op op;
	enum np_equal equal;
} equals[] = {
	{ NP_SITE_NONE, NP_MX_NEGATE, NP_EQUAL_NO },
};

#define TEXT_(n) #n
#define TEXT(n) TEXT_(n)
#define SCOPE                                                                                      \
	" in the small scope of " TEXT(NP_EQUAL_POLICIES) " policies and " TEXT(NP_EQUAL_EVENTS)   \
	" events"

enum np_equal np_site_equal(enum np_site site, enum np_site_op op)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(equals); i++)
		if (equals[i].site == site && equals[i].op == op)
			return equals[i].equal;
	return NP_EQUAL_NO;
}

const char *np_site_open(enum np_site site, enum np_site_op op)
{
	static const char *const words[] = {
		[NP_EQUAL_NO] = NULL,
		[NP_EQUAL_YES] = "equivalent" SCOPE,
		[NP_EQUAL_ASSERTED] = "equivalent but for what the API leaves open" SCOPE,
	};

	return words[np_site_equal(site, op)];
}
