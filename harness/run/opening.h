/*
 * opening.h - a new world before its first policy: everything in it must be open. The positive
 * control of the world: without it an agent that no longer follows new pods would fail every case
 * of the run, each for a reason that is none.
 */
#ifndef NP_RUN_OPENING_H
#define NP_RUN_OPENING_H

#include "session.h"

/*
 * Looks at every cell of the world until all are as the oracle says of a world without policies, at
 * most @deadline_ms. *@ret_open false: it did not come to that, and @why says in words what there
 * is instead ("new pods cannot be reached by anybody before any policy is in place ..."; S01).
 * -1 as np_settle(), or when the cluster cannot be read back.
 */
int np_opening_look(struct np_session *s, long long deadline_ms, bool *ret_open, char *why,
		    size_t size, struct np_err *err);

#endif
