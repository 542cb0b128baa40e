/* eval.c - verdicts, and which open readings they hang on. */
#include "eval.h"

#include <stdlib.h>

#include "np/base/mem.h"

static void eval_init(struct np_eval *e, const struct np_oracle *o)
{
	*e = (struct np_eval){ .o = o, .known = o->fixed, .yes = o->fixed_yes };
}

bool np_eval_read(struct np_eval *e, enum np_reading r)
{
	if (!(e->known & READING_BIT(r))) {
		e->known |= READING_BIT(r);
		e->trail[e->n_trail++] = (uint8_t)r;
	}
	return e->yes & READING_BIT(r);
}

/* The next combination; false when all were visited. */
static bool eval_next(struct np_eval *e)
{
	while (e->n_trail) {
		uint32_t bit = READING_BIT(e->trail[e->n_trail - 1]);

		if (!(e->yes & bit)) {
			e->yes |= bit;
			return true;
		}
		e->yes &= ~bit;
		e->known &= ~bit;
		e->n_trail--;
	}
	return false;
}

static bool judge(struct np_eval *e, const struct np_side *side)
{
	const struct np_oracle *o = e->o;

	for (size_t i = 0; i < o->n_stages; i++) {
		enum np_stage_result r = o->stages[i].eval(&o->stages[i], e, side);

		if (r != NP_STAGE_NEXT)
			return r == NP_STAGE_ALLOW;
	}
	return true;
}

bool side_allowed(struct np_eval *e, enum side_way way, const struct np_side *side)
{
	switch (way) {
	case SIDE_NONE:
	case SIDE_OWN_NODE:
		return true;
	case SIDE_JUDGED:
		return judge(e, side);
	case SIDE_OWN_NODE_OPEN:
		return judge(e, side) || np_eval_read(e, NP_READ_OWN_NODE);
	case SIDE_OTHER_NODE_OPEN:
		return judge(e, side) || np_eval_read(e, NP_READ_OTHER_NODE);
	}
	return true;
}

/* S04: both sides, unless there is but one end. */
bool path_allowed(struct np_eval *e, const struct path *path, const struct backend *backend)
{
	struct plan plan;

	path_plan(e, path, backend, &plan);
	return plan.same_pod || (side_allowed(e, plan.ways[NP_EGRESS], &plan.sides[NP_EGRESS]) &&
				 side_allowed(e, plan.ways[NP_INGRESS], &plan.sides[NP_INGRESS]));
}

/* A set of settings that agree in what was asked, with their verdict. */
struct leaf {
	uint32_t known, yes;
	uint32_t backend;
	bool allowed;
};

struct leaves {
	struct leaf *items;
	size_t n, cap;
	uint32_t asked;		/* every open reading that was asked for */
	bool seen[2];		/* deny, allow */
	uint32_t n_backends;
};

/* All settings for one backend; stops at the first difference when only that is wanted. */
static void collect_backend(const struct np_oracle *o, const struct path *path, const struct backend *b,
			    bool only_verdict, struct leaves *l)
{
	struct np_eval e;

	eval_init(&e, o);
	do {
		bool allowed = path_allowed(&e, path, b);

		l->seen[allowed] = true;
		if (only_verdict || (path->way == WAY_DIRECT && !e.n_trail))
			continue;
		l->asked |= e.known & ~o->fixed;
		l->items = np_grow(l->items, &l->cap, l->n, sizeof(*l->items));
		l->items[l->n++] = (struct leaf){ e.known & ~o->fixed, e.yes & ~o->fixed,
						  l->n_backends, allowed };
	} while (!(only_verdict && l->seen[0] && l->seen[1]) && eval_next(&e));
	l->n_backends++;
}

/* Numbers the asked readings from 0, so that their settings index a small table. */
static uint32_t squeeze(uint32_t bits, uint32_t asked)
{
	uint32_t squeezed = 0;

	for (unsigned r = 0, at = 0; r < NP_N_READINGS; r++) {
		if (!(asked & READING_BIT(r)))
			continue;
		squeezed |= (bits >> r & 1) << at;
		at++;
	}
	return squeezed;
}

enum { SAW_DENY = 1, SAW_ALLOW = 2 };

/* Notes the leaf's verdict at every setting that agrees with it. */
static void spread_leaf(const struct leaf *leaf, uint32_t asked, uint8_t *table)
{
	uint32_t free_bits = squeeze(asked & ~leaf->known, asked), base = squeeze(leaf->yes, asked);
	uint32_t sub = free_bits;

	for (;; sub = (sub - 1) & free_bits) {
		table[base | sub] |= leaf->allowed ? SAW_ALLOW : SAW_DENY;
		if (sub == 0)
			break;
	}
}

/* Adds the clause of each asked reading whose change alone changes an entry. */
static void compare_entries(const uint8_t *table, uint32_t asked, np_clauses *open)
{
	uint32_t n = UINT32_C(1) << __builtin_popcount(asked);

	for (unsigned r = 0, at = 0; r < NP_N_READINGS; r++) {
		uint32_t bit = UINT32_C(1) << at;

		if (!(asked & READING_BIT(r)))
			continue;
		at++;
		for (uint32_t s = 0; s < n; s++)
			if (table[s] != table[s ^ bit]) {
				np_clauses_add(open, np_reading_clause((enum np_reading)r));
				break;
			}
	}
}

/* Whether some setting of the other readings leaves both verdicts possible over @r and all backends. */
static bool backends_differ(const uint8_t *table, uint32_t asked, enum np_reading r)
{
	uint32_t n = UINT32_C(1) << __builtin_popcount(asked), bit = squeeze(READING_BIT(r), asked);

	for (uint32_t s = 0; s < n; s++)
		if ((table[s] | table[s ^ bit]) == (SAW_DENY | SAW_ALLOW))
			return true;
	return false;
}

static void find_open(const struct leaves *l, enum way way, np_clauses *open)
{
	size_t n = (size_t)1 << __builtin_popcount(l->asked), at = 0;
	np_auto_free uint8_t *one = np_xcalloc(n, 1);
	np_auto_free uint8_t *all = np_xcalloc(n, 1);
	enum np_reading group = way == WAY_NODEPORT ? NP_READ_NAT : NP_READ_CLUSTERIP;

	for (uint32_t b = 0; b < l->n_backends; b++) {
		memset(one, 0, n);
		for (; at < l->n && l->items[at].backend == b; at++)
			spread_leaf(&l->items[at], l->asked, one);
		compare_entries(one, l->asked, open);
		for (size_t s = 0; s < n; s++)
			all[s] |= one[s];
	}
	if (way != WAY_DIRECT && backends_differ(all, l->asked, group))
		np_clauses_add(open, np_reading_clause(group));
}

enum np_verdict np_oracle_eval(const struct np_oracle *o, const struct np_flow *flow, np_clauses *ret_open)
{
	struct leaves l = { 0 };
	struct backend b = { 0 };
	struct path path;
	size_t at = 0;

	if (ret_open)
		*ret_open = (np_clauses){ 0 };
	if (!path_find(o, flow, &path))
		return NP_NO_FLOW;
	while (path_backend(o, &path, &at, &b) && !(!ret_open && l.seen[0] && l.seen[1]))
		collect_backend(o, &path, &b, !ret_open, &l);
	if (ret_open && l.seen[0] && l.seen[1])
		find_open(&l, path.way, ret_open);
	free(l.items);
	if (l.seen[0] && l.seen[1])
		return NP_UNDEF;
	return l.seen[1] ? NP_ALLOW : NP_DENY;
}
