/* shrink.c - drops parts of a tree that is too long as text. */
#include "state.h"

/* What may go without something else becoming wrong that a repair cannot make right. */
#define M_DROPPABLE                                                                                \
	(M_ELEMENTS | M_LISTS | M_LABEL_MAPS | MASK(MT_SPEC) | MASK(MT_ANNOTATIONS) |              \
	 MASK(MT_ANNOTATION) | MASK(MT_SELECTOR) | MASK(MT_ANY) | MASK(MT_SERVER) |                \
	 MASK(MT_GENERATE_NAME))

static uint32_t own_weight(const struct mnode *n)
{
	return (uint32_t)(n->key.n + n->text.n + 6);
}

/* Children come after their parents in document order, so it is walked backwards. */
static void weigh(struct mstate *s)
{
	size_t n = mfind(s, s->root, ~0ULL);

	for (size_t i = 0; i < n; i++)
		s->found[i]->weight = own_weight(s->found[i]);
	while (n-- > 1)
		s->found[n]->parent->weight += s->found[n]->weight;
}

/* The lightest on the heaviest way down that is at least as heavy as @wanted, or the next best. */
static struct mnode *choose(struct mstate *s, uint32_t wanted)
{
	struct mnode *best = NULL, *n = s->root;

	while (n) {
		struct mnode *heaviest = NULL;

		if (n->parent && (M_DROPPABLE & MASK(n->type)) && (!best || n->weight >= wanted))
			best = n;
		for (struct mnode *k = n->first; k; k = k->next)
			if (!heaviest || k->weight > heaviest->weight)
				heaviest = k;
		n = heaviest;
	}
	return best;
}

bool mshrink(struct mstate *s, size_t bytes, size_t max_bytes)
{
	uint64_t excess;

	weigh(s);
	/* The text of a tree is longer or shorter than its weight: YAML has blanks. */
	excess = (uint64_t)s->root->weight * (bytes - max_bytes) / bytes + 1;
	while (excess) {
		struct mnode *n = choose(s, (uint32_t)(excess > UINT32_MAX ? UINT32_MAX : excess));
		uint32_t weight;

		if (!n)
			return false;
		weight = n->weight;
		for (struct mnode *up = n->parent; up; up = up->parent)
			up->weight -= weight;
		mnode_remove(n);
		excess -= weight < excess ? weight : excess;
	}
	return true;
}
