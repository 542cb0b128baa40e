/* judgement.h - what one expectation of a case came to: the implementation's failure, ours, or
 * none. */
#ifndef NP_RUN_JUDGEMENT_H
#define NP_RUN_JUDGEMENT_H

#include "np/run/run.h"
#include "settle.h"
#include "table.h"

struct np_judgement {
	struct np_world world;
	struct np_oracle *oracle; /* of world */
	struct np_rt table;
	struct np_settle settle; /* how the table was looked at */
	const char *sentinel;	 /* for the record */
	enum np_run_result result;
	bool unjudged; /* nothing was learnt about the implementation */
	char reason[256];
};

/* Accepts a zeroed one. */
void np_judgement_release(struct np_judgement *j);
/*
 * The hand-written table is held against the oracle here too: the API server may have stored
 * something else than was sent. NP_RUN_ERROR with a reason where they disagree. @expect: NULL is
 * none.
 */
void np_judgement_check(struct np_judgement *j, const struct np_expect *expect);
/* After the last look: result, reason and unjudged by what it saw. */
void np_judgement_take(struct np_judgement *j);
/*
 * The first wrong cells and the last one. An implementation that stops counting somewhere (peers
 * of a rule, namespaces of a selector) loses what comes last, and only that where nothing else is
 * in the cluster; in a run the worlds of the other workers have namespaces with the same labels,
 * which count too and can push all cells of this world over the limit. A new
 * reference.
 */
json_t *np_judgement_failures(const struct np_judgement *j);

#endif
