/*
 * session_read.h - what the API server was last seen to hold of a worker's world: lists as texts, until
 * something is done to what is in them (np_session_doubt()).
 */
#ifndef NP_RUN_SESSION_READ_H
#define NP_RUN_SESSION_READ_H

#include "np/kube/resource.h"
#include "session.h"

/* The list of @kind in @ns, a name of the case file; the session's own. NULL: to be asked for. Empty:
 * not there. */
const char *np_session_stored(const struct np_session *s, const char *kind, struct np_str ns);
/* @items, as the API server gave them, are what is there; stays the caller's. */
void np_session_store(struct np_session *s, enum np_kube_kind kind, struct np_str ns,
		      json_t *items);

#endif
