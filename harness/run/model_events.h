/* model_events.h - layer run: what watches would tell of the step from one world to the next. */
#ifndef NP_RUN_MODEL_EVENTS_H
#define NP_RUN_MODEL_EVENTS_H

#include "np/model/case.h"
#include "np/target/model.h"

struct np_me_events {
	struct np_model_event *items;
	size_t n, cap;
};

/*
 * Appends what changed between @before (NULL: nothing was there) and @after. Objects are borrowed
 * from the two. @step (may be NULL): an object that it recreates is told of as deleted and added,
 * whatever has become of it.
 */
void np_me_diff(const struct np_world *before, const struct np_world *after, const struct np_step *step,
		struct np_me_events *ret);

#endif
