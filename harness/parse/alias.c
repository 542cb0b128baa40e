/* alias.c - anchors by name, and the count of what aliases expand to. */
#include "alias.h"

#include <search.h>

#include "np/base/mem.h"

static int cmp_anchors(const void *a, const void *b)
{
	return np_str_cmp(((const struct anchor *)a)->name, ((const struct anchor *)b)->name);
}

/* Anchors are in the arena: only the tree's own nodes are on the heap. */
static void keep(void *anchor)
{
	(void)anchor;
}

void aliases_release(struct aliases *a)
{
	tdestroy(a->tree, keep);
	*a = (struct aliases){ 0 };
}

struct anchor *aliases_define(struct aliases *a, struct np_arena *arena, struct np_str name)
{
	const struct anchor key = { .name = name };
	struct anchor **found = tfind(&key, &a->tree, cmp_anchors);
	struct anchor *anchor = found ? *found : np_arena_alloc(arena, sizeof(*anchor));
	struct np_str kept = found ? anchor->name : np_arena_str(arena, name);

	*anchor = (struct anchor){ .name = kept, .open = true };
	if (!found && !tsearch(anchor, &a->tree, cmp_anchors))
		abort(); /* no memory; np_x*() would have ended the program */
	return anchor;
}

const struct anchor *aliases_find(const struct aliases *a, struct np_str name)
{
	const struct anchor key = { .name = name };
	struct anchor *const *found = tfind(&key, &a->tree, cmp_anchors);

	return found ? *found : NULL;
}

static double allowed_share(uint64_t steps)
{
	const double low = 400000, high = 4000000;

	if ((double)steps <= low)
		return 0.99;
	if ((double)steps >= high)
		return 0.10;
	return 0.99 - 0.89 * (((double)steps - low) / (high - low));
}

bool aliases_count(struct aliases *a, const struct anchor *anchor)
{
	a->steps += 1 + anchor->steps;
	a->aliased += anchor->steps;
	return a->aliased <= 100 || a->steps <= 1000 ||
	       (double)a->aliased / (double)a->steps <= allowed_share(a->steps);
}
