/* model_events.h - layer target: what watches would tell of the step from one world to the next. */
#ifndef NP_TARGET_MODEL_EVENTS_H
#define NP_TARGET_MODEL_EVENTS_H

#include "np/model/case.h"
#include "np/target/model.h"

/* Zero-initialised is empty; free(3) of @items. */
struct np_model_events {
	struct np_model_event *items;
	size_t n, cap;
};

/*
 * Appends what changed between @before (NULL: nothing was there) and @after, both linked: what is
 * gone, then what is there, in an order in which an API allows it. Objects are borrowed from the
 * two. @step: what was done between them; an object that it recreates is told of as deleted and
 * added, whatever has become of it. NULL: anything may have changed.
 */
void np_model_diff(const struct np_world *before, const struct np_world *after,
		   const struct np_step *step, struct np_model_events *ret);

#endif
