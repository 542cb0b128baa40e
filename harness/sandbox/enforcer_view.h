/*
 * enforcer_view.h - what the enforcer makes of the stored objects: a linked world, rebuilt from the
 * API objects of each change. Objects that cannot be read are left out with one line in the log, so
 * that they stop nobody else. Remembers earlier states only for the faults that need them. Not
 * thread-safe.
 */
#ifndef NP_SANDBOX_ENFORCER_VIEW_H
#define NP_SANDBOX_ENFORCER_VIEW_H

#include <jansson.h>

#include "enforcer_faults.h"
#include "np/model/world.h"

struct np_view;

struct np_view *np_view_new(enum np_fault_id fault);
/* NULL is accepted. */
void np_view_free(struct np_view *v);

/*
 * The objects of one moment: arrays of API objects, borrowed during the call; NULL is an empty
 * array.
 */
struct np_view_objects {
	const json_t *namespaces, *nodes, *pods, *policies;
};

/*
 * Rebuilds the world. @now_ms: monotonic clock. The world is borrowed and valid until the next
 * call.
 */
const struct np_world *np_view_update(struct np_view *v, const struct np_view_objects *objects,
				      int64_t now_ms);
/* When the view changes by itself (monotonic ms), INT64_MAX: never. */
int64_t np_view_changes_at_ms(const struct np_view *v);
/* False when a fault keeps @policy away from @pod; both of the current world. @v NULL: true. */
bool np_view_covers(const struct np_view *v, const struct np_pod *pod,
		    const struct np_policy *policy);

#endif
