/*
 * laws.h - relations between the verdicts in a world and in a changed one, for the oracle's target.
 * A few that stand for the kinds there are; the whole list is held by the oracle's own tests.
 */
#ifndef NP_FUZZ_LAWS_H
#define NP_FUZZ_LAWS_H

#include "genome.h"

enum law_relation { LAW_SAME, LAW_GROWS, LAW_SHRINKS };

struct law {
	const char *id;
	enum law_relation relation;
	/* Changes @w, whose policies are copies down to their peers and ports with room for one more
	 * of each; @arg chooses where. False: it does not apply. */
	bool (*change)(struct np_world *w, unsigned arg);
};

extern const struct law laws[];
extern const size_t n_laws;

/* A linked copy to be changed, which borrows from @w what laws leave alone. */
void laws_copy(const struct np_world *w, struct np_world *ret);

#endif
