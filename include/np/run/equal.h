/*
 * equal.h - layer run: mechanical mutants that are no mistake: in every policy and after every
 * event of the small scope (harness/tests/run/check_equal.c enumerates it) they answer as the right
 * model does. A score leaves them out. All others that nothing kills are survivors.
 */
#ifndef NP_RUN_EQUAL_H
#define NP_RUN_EQUAL_H

#include "np/target/model_sites.h"

/* The small scope: policies, and events after each of which every connection is asked about. */
#define NP_EQUAL_POLICIES 32824
#define NP_EQUAL_EVENTS 32

enum np_equal {
	NP_EQUAL_NO,
	NP_EQUAL_YES,	   /* every answer is the same */
	NP_EQUAL_ASSERTED, /* what differs is left open by the API: no run asserts it */
};

enum np_equal np_site_equal(enum np_site site, enum np_site_op op);
/* Why nothing can kill it, one phrase; NULL: something can. */
const char *np_site_open(enum np_site site, enum np_site_op op);

#endif
