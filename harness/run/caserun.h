/* caserun.h - one case from its first step to the world being as before. */
#ifndef NP_RUN_CASERUN_H
#define NP_RUN_CASERUN_H

#include "worker.h"

/*
 * Runs the case, records its steps and its end. -1 only when the run cannot go on (interrupted, API
 * server or a node gone): then the case has no result and will be run again by a resumed run.
 *
 * 1: it did not pass, but it was disturbed (trouble.h), so nothing is judged: it should be run
 * again in a new world. With @last it ends then as an error that names the disturbance.
 */
int np_case_run(struct np_shared *sh, unsigned worker, struct np_session *s,
		const struct np_case *c, bool last, struct np_err *err);

#endif
