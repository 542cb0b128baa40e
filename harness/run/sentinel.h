/*
 * sentinel.h - a change of its own, made right after a case's change, whose effect is known: when
 * it shows, the implementation has probably got as far as the case's change. Used where the
 * expected table does not change, so that looking at it proves nothing. A heuristic, and recorded
 * as one.
 */
#ifndef NP_RUN_SENTINEL_H
#define NP_RUN_SENTINEL_H

#include "session.h"

enum np_sentinel_kind { NP_SENTINEL_POLICY, NP_SENTINEL_POD };

/* Toggles between denied and allowed by an object of @kind and looks from every node until it
 * shows. *@ret_seen false: not by the deadline. */
int np_sentinel_toggle(struct np_session *s, enum np_sentinel_kind kind, long long deadline_ms,
		       bool *ret_seen, struct np_err *err);

#endif
