/* minimize_engine.h - one case being made smaller. */
#ifndef NP_RUN_MINIMIZE_ENGINE_H
#define NP_RUN_MINIMIZE_ENGINE_H

#include <pthread.h>

#include "minimize_doc.h"

struct np_min_engine {
	const struct np_min_options *o;
	const struct np_min_target *target;
	struct np_min_meta meta;
	struct np_min_cell cell;
	json_t *doc, *known; /* the smallest so far; namespaces of the original */
	json_t *history;     /* every doc that was the smallest, from the original on */
	json_t *cache;	     /* texts of docs that do not fail */
	struct np_min_result *r;
	unsigned tries, needed; /* of a candidate; failing ones that take it */
	bool patient, no_time;
	int64_t begin_us, end_us;
	const char *stage;
};

/* One candidate, tried as often as it takes. */
struct np_min_attempt {
	const struct np_min_engine *e;
	unsigned lane;
	json_t *doc;
	struct np_case c;
	struct np_worldfile world;
	unsigned failed, tried;
	size_t expect; /* at which it failed last */
	json_t *evidence;
	bool want_evidence;
	int rc;
	struct np_err err;
	pthread_t thread;
	bool started;
};

/* Takes @doc. */
void np_min_attempt_init(struct np_min_attempt *a, const struct np_min_engine *e, json_t *doc);
void np_min_attempt_release(struct np_min_attempt *a);
/* One try. A candidate of which nothing can be said is one that does not fail. -1: @a->err. */
int np_min_attempt_try(struct np_min_attempt *a, bool patient);
/* A candidate worth a try: new, and valid. Takes @doc; false: it is gone. */
bool np_min_prepare(struct np_min_engine *e, json_t *doc, struct np_min_attempt *ret);

/* Tells the user how far it is. */
void np_min_say(struct np_min_engine *e);
/* NP_EINTR when the user has had enough; else no_time may be set. */
int np_min_out_of_time(struct np_min_engine *e, struct np_err *err);
/* Takes out of @e->doc what can be taken out, until nothing can: the last pass is the proof. */
int np_min_shrink(struct np_min_engine *e, struct np_err *err);

#endif
