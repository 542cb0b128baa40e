/*
 * minimize_lane.h - the worlds in which candidates are tried. A lane keeps its world while candidates
 * differ in their steps alone: what a candidate did is undone, and before the next one the connection
 * must be open again.
 */
#ifndef NP_RUN_MINIMIZE_LANE_H
#define NP_RUN_MINIMIZE_LANE_H

#include <pthread.h>

#include "np/run/minimize.h"
#include "session.h"

struct np_min_lane {
	struct np_session session;
	struct np_worldfile world; /* of the session */
	char *text;		   /* of it */
	unsigned incarnation;
};

struct np_min_lanes {
	const struct np_fixture *fixture;
	unsigned n;
	long long deadline_ms, stability_ms;
	pthread_mutex_t lock;
	long long quick_ms; /* under @lock: what a change is given unless one is patient */
	struct np_min_lane items[NP_MIN_MAX_LANES];
};

void np_min_lanes_init(struct np_min_lanes *l);
/* Forgets the worlds; @remove: and deletes them. */
void np_min_lanes_release(struct np_min_lanes *l, bool remove);

/* As np_min_target's. */
int np_min_lane_find(struct np_min_lanes *l, const struct np_min_candidate *cand,
		     struct np_min_found *ret, struct np_err *err);
int np_min_lane_try(struct np_min_lanes *l, unsigned lane, const struct np_min_candidate *cand,
		    const struct np_min_cell *cell, struct np_min_look *io, struct np_err *err);

#endif
