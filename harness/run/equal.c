/* equal.c - mechanical mutants that are none; check_equal.c holds the table to it. */
#include "np/run/equal.h"

#include "np/base/mem.h"

static const struct {
	enum np_site site;
	enum np_site_op op;
	enum np_equal equal;
} equals[] = {
	/* Never asked: a pod's connection to itself is nobody's to judge. */
	{ NP_SITE_SAME_POD, NP_MX_FALSE, NP_EQUAL_YES },
	/* Pods on the host's network have no policies to look up. */
	{ NP_SITE_SRC_IS_POD, NP_MX_TRUE, NP_EQUAL_YES },
	{ NP_SITE_DST_IS_POD, NP_MX_TRUE, NP_EQUAL_YES },
	/* Names of init containers' ports: S30. */
	{ NP_SITE_NAME_REGULAR, NP_MX_TRUE, NP_EQUAL_ASSERTED },
	/* A namespace matters through its pods: none is there before it or after it. */
	{ NP_SITE_EV_NS_ADD, NP_MX_LATE, NP_EQUAL_YES },
	{ NP_SITE_EV_NS_DELETE, NP_MX_LOST, NP_EQUAL_YES },
	{ NP_SITE_EV_NS_DELETE, NP_MX_LATE, NP_EQUAL_YES },
	/* As does a node, whose own events come before those of its pods. */
	{ NP_SITE_EV_NODE_ADD, NP_MX_LATE, NP_EQUAL_YES },
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
