/* live_lists.c - which policies select the classes of one namespace, and its Services. */
#include "live_parts.h"

#include "np/base/mem.h"

#include "lists.h"
#include "services.h"

bool live_policy_applies(const struct class *c, enum np_dir dir, uint32_t policy)
{
	size_t lo = 0, hi = c->n_applies[dir];

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->applies[dir][mid] < policy)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n_applies[dir] && c->applies[dir][lo] == policy;
}

static void policies_of(const struct np_live *l, uint32_t ns, uint32_t *ret_first, uint32_t *ret_end)
{
	*ret_first = l->policy_first[ns];
	*ret_end = l->policy_first[ns + 1];
}

/* S16, S02. */
static bool selects(const struct np_live *l, uint32_t policy, enum np_dir dir,
		    const struct class *c)
{
	return l->o->policies[policy].src->types[dir] &&
	       id_selector_matches(&l->ids[policy].subject, c->labels, c->n_labels);
}

static void list_anew(struct np_live *l, struct np_arena *arena, struct class *c, enum np_dir dir)
{
	uint32_t first, end, *list;
	size_t n = 0;

	policies_of(l, c->ns, &first, &end);
	list = np_arena_array(arena, end - first, sizeof(*list));
	for (uint32_t p = first; p < end; p++)
		if (selects(l, p, dir, c))
			list[n++] = p;
	c->applies[dir] = list;
	c->n_applies[dir] = n;
}

/* The list as it was, @policy taken out and put in again if it selects the class. */
static void list_again(struct np_live *l, struct np_arena *arena, struct class *c, enum np_dir dir,
		       uint32_t policy)
{
	uint32_t *list = np_arena_array(arena, c->n_applies[dir] + 1, sizeof(*list));
	bool put = policy == NONE || !selects(l, policy, dir, c);
	size_t n = 0;

	for (size_t i = 0; i < c->n_applies[dir]; i++) {
		uint32_t p = c->applies[dir][i];

		if (!put && p >= policy) {
			list[n++] = policy;
			put = true;
		}
		if (p != policy)
			list[n++] = p;
	}
	if (!put)
		list[n++] = policy;
	c->applies[dir] = list;
	c->n_applies[dir] = n;
}

void live_relist(struct np_live *l, uint32_t ns, uint32_t class, uint32_t policy)
{
	struct np_oracle *o = l->o;
	struct np_arena old = l->list_arenas[ns], arena = { 0 };
	uint32_t first = o->ns_first[ns], end = o->ns_first[ns + 1];
	size_t n_before;

	for (int dir = 0; dir < NP_N_DIRS; dir++)
		for (uint32_t c = first; c < end; c++) {
			struct class *at = &o->classes[c];

			if (!at->n_pods)
				at->n_applies[dir] = 0;
			else if (c == class)
				list_anew(l, &arena, at, (enum np_dir)dir);
			else
				list_again(l, &arena, at, (enum np_dir)dir, policy);
		}
	n_before = o->n_listed -= l->n_listed[ns];
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		lists_compile(o, &arena, first, end, (enum np_dir)dir);
	l->n_listed[ns] = o->n_listed - n_before;
	l->list_arenas[ns] = arena;
	np_arena_release(&old);
}

void live_reserve_services(struct np_live *l, uint32_t ns)
{
	np_arena_release(&l->service_arenas[ns]);
	for (uint32_t s = l->service_first[ns]; s < l->service_first[ns + 1]; s++)
		service_compile(l->o, &l->service_arenas[ns], s);
}
