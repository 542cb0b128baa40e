/* clean.h - layer run: removing what runs made in a cluster. */
#ifndef NP_RUN_CLEAN_H
#define NP_RUN_CLEAN_H

#include "np/base/err.h"
#include "np/kube/client.h"

/*
 * Deletes every namespace that netpolcheck made (label app.kubernetes.io/managed-by), of run
 * @run_id only unless NULL, and waits until they are gone.
 * *@ret_n (may be NULL): how many there were. Also called at the end of every run; idempotent.
 */
int np_clean(struct np_kube *k, const char *run_id, int timeout_ms, size_t *ret_n,
	     struct np_err *err);

#endif
