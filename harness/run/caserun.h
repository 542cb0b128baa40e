/* caserun.h - one case from its first step to the world being as before. */
#ifndef NP_RUN_CASERUN_H
#define NP_RUN_CASERUN_H

#include "worker.h"

/*
 * Runs the case, records its steps and its end. -1 only when the run cannot go on (interrupted, API
 * server gone): then the case has no result and will be run again by a resumed run.
 */
int np_case_run(struct np_shared *sh, unsigned worker, struct np_session *s,
		const struct np_case *c, struct np_err *err);

#endif
