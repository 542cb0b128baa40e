/* tell_near.c - how many conditions something that does not match is away from matching. */
#include "tell.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "matches.h"

enum { FAR = 9, OUTSIDE = 3 }; /* no label or port would do; another address would */

static unsigned count_misses(const struct np_selector *sel, const struct np_labels *labels)
{
	unsigned n = 0;

	for (size_t i = 0; i < sel->match_labels.n; i++) {
		const struct np_selector one = {
			.match_labels = { &sel->match_labels.items[i], 1 },
		};

		n += !selector_matches(&one, labels);
	}
	for (size_t i = 0; i < sel->n_exprs; i++) {
		const struct np_selector one = { .exprs = &sel->exprs[i], .n_exprs = 1 };

		n += !selector_matches(&one, labels);
	}
	return n;
}

static unsigned block_distance(const struct teller *t, const struct peer_block *b,
			       const struct np_side *side)
{
	bool mapped = t->e.yes & READING_BIT(NP_READ_MAPPED),
	     network = t->e.yes & READING_BIT(NP_READ_HOST_BITS);
	const struct net *net = block_net(&b->cidr, mapped, network);

	if (net->nothing || net->addr.width != side->other.width)
		return FAR;
	return net_holds(net, &side->other) ? 1 : OUTSIDE; /* an except, or what S19 and S20 say */
}

unsigned peer_distance(struct teller *t, const struct peer_block *block, const struct np_peer *peer,
		       struct np_str ns, const struct np_side *side)
{
	const struct np_world *w = t->e.o->world;
	const struct np_pod *pod;
	unsigned n;

	if (peer_matches(&t->e, block, peer, ns, side))
		return 0;
	if (block)
		return block_distance(t, block, side);
	if (side->other_pod == NONE)
		return FAR;
	pod = &w->pods[side->other_pod];
	n = peer->ns_selector ? count_misses(peer->ns_selector, &w->namespaces[pod->ns_idx].labels)
			      : !np_str_eq(pod->ns, ns);
	return n + (peer->pod_selector ? count_misses(peer->pod_selector, &pod->labels) : 0);
}

static unsigned items_distance(struct teller *t, const struct rule *rule,
			       const struct np_side *side)
{
	unsigned nearest = rule->n_items ? 2 : 0;

	for (size_t i = 0; i < rule->n_items; i++) {
		unsigned n = item_matches(&t->e, &rule->items[i], side) ? 0
			     : rule->items[i].proto == side->proto	? 1
									: 2;

		nearest = n < nearest ? n : nearest;
	}
	return nearest;
}

unsigned rule_distance(struct teller *t, const struct rule *rule, struct np_str ns,
		       const struct np_side *side)
{
	const struct peer_block *block = rule->blocks;
	unsigned nearest = rule->any_peer ? 0 : FAR;

	for (size_t i = 0; i < rule->src->n_peers; i++) {
		const struct np_peer *peer = &rule->src->peers[i];
		unsigned n = peer_distance(t, peer->ip_block ? block : NULL, peer, ns, side);

		block += peer->ip_block != NULL;
		nearest = n < nearest ? n : nearest;
	}
	return nearest + items_distance(t, rule, side);
}

unsigned policy_distance(struct teller *t, const struct policy *policy, const struct np_side *side)
{
	unsigned nearest = 3 * FAR; /* no rule at all */

	for (size_t i = 0; i < policy->n_rules[side->dir]; i++) {
		unsigned n = rule_distance(t, &policy->rules[side->dir][i], policy->src->ns, side);

		nearest = n < nearest ? n : nearest;
	}
	return nearest;
}

static int cmp_near(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

void near_sort(struct near *items, size_t n)
{
	if (n)
		qsort(items, n, sizeof(*items), cmp_near);
}
