/* worker.h - one thread of a run: takes cases from the queue, each in its own world, and records
 * what it saw. */
#ifndef NP_RUN_WORKER_H
#define NP_RUN_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "fixture.h"
#include "latency.h"
#include "np/run/plan.h"
#include "np/run/run.h"
#include "record.h"
#include "trouble.h"
#include "waivers.h"

/* What the workers of a run share. @lock guards everything below it but what is atomic. */
struct np_shared {
	const struct np_run_options *options;
	const struct np_fixture *fixture;
	const struct np_plan *plan;
	struct np_record *record;
	long long deadline_ms, stability_ms;
	bool deadline_adapts; /* deadline_ms is the most; see deadline_now() */
	/* Held for reading while a case has its policies in force, for writing by who must see the
	 * cluster without any. */
	pthread_rwlock_t in_force;
	pthread_mutex_t lock;
	uint8_t *taken; /* [plan->n_cases] */
	const struct np_worldfile *serving[NP_RUN_MAX_WORKERS]; /* the world each is in, or NULL */
	struct np_waivers waivers;
	struct np_run_progress progress;
	struct np_latency latency[NP_N_DIRS];
	bool stop;	      /* fail-fast, or the environment is gone */
	struct np_err broken; /* why the environment is gone */
	size_t fixed;
	unsigned long long streams_opened, probes;
	size_t steps;		  /* looked at to a verdict */
	long long convergence_ms; /* of them together, until they were right for good */
	struct np_trouble_totals trouble;
	size_t agents; /* streams that were needed: one for each pod and worker */
	atomic_int n_worlds; /* deployed now */
};

/* pthread start routine; @arg is a struct np_worker. */
struct np_worker {
	struct np_shared *shared;
	unsigned number;
	pthread_t thread;
	bool started;
};

void *np_worker_main(void *arg);
/* Records that case as ended and tells the progress listener. */
void np_case_end(struct np_shared *sh, const struct np_case *c, unsigned worker,
		 enum np_run_result result, const char *reason, json_t *extra);
/* Records that the case was disturbed and will be judged again; it has not ended. */
void np_case_again(struct np_shared *sh, const struct np_case *c, unsigned worker,
		   const char *reason);
/* Why the target cannot run this case; "" when it can. */
const char *np_case_lacks(const struct np_shared *sh, const struct np_case *c);

#endif
