/* tell_side.c - the policies of one side, rule by rule. */
#include "tell.h"

#include "np/base/mem.h"

#include "matches.h"

static void tell_policy_name(struct teller *t, const struct np_policy *p)
{
	tell(t, "    ");
	tell_str(t, p->ns);
	tell(t, "/");
	tell_str(t, p->name);
	tell_place(t, &p->place);
	tell(t, ":");
}

/* The compiled block of peer number @i, NULL when it is no ipBlock. */
static const struct peer_block *block_of(const struct rule *rule, size_t i)
{
	const struct peer_block *b = rule->blocks;

	if (!rule->src->peers[i].ip_block)
		return NULL;
	for (size_t k = 0; k < i; k++)
		b += rule->src->peers[k].ip_block != NULL;
	return b;
}

static size_t find_peer(struct teller *t, const struct rule *rule, struct np_str ns, const struct np_side *side)
{
	for (size_t i = 0; i < rule->src->n_peers; i++)
		if (peer_matches(&t->e, block_of(rule, i), &rule->src->peers[i], ns, side))
			return i;
	return SIZE_MAX;
}

static size_t find_item(struct teller *t, const struct rule *rule, const struct np_side *side)
{
	for (size_t i = 0; i < rule->n_items; i++)
		if (item_matches(&t->e, &rule->items[i], side))
			return i;
	return SIZE_MAX;
}

static void tell_match(struct teller *t, const struct rule *rule, struct np_str ns, size_t peer, size_t item,
		       const struct np_side *side)
{
	tell(t, " allows: ");
	if (rule->any_peer) {
		tell(t, "any peer");
		tell_clause(t, 7);
	} else {
		tell(t, "peer %zu, ", peer);
		tell_peer(t, side->dir, &rule->src->peers[peer], ns);
	}
	tell(t, "; ");
	if (rule->n_items == 0) {
		tell(t, "any port");
		tell_clause(t, 7);
	} else {
		tell(t, "port %zu, ", item);
		tell_item(t, side->dir, &rule->src->ports[item]);
	}
	tell(t, "\n");
}

/* Of longer lists the nearest are told, and the others counted. */
#define MAX_TOLD 8

static void tell_peer_misses(struct teller *t, const struct rule *rule, struct np_str ns,
			     const struct np_side *side)
{
	size_t n = rule->src->n_peers;
	np_auto_free struct near *near = np_xcalloc(n + 1, sizeof(*near));

	for (size_t i = 0; i < n; i++)
		near[i] = (struct near){ n <= MAX_TOLD ? 0 :
					 peer_distance(t, block_of(rule, i), &rule->src->peers[i], ns, side), i };
	near_sort(near, n);
	for (size_t k = 0; k < n; k++) {
		size_t i = near[k].at;
		const struct np_peer *peer = &rule->src->peers[i];
		np_clauses before = t->rests_on;

		if (k == MAX_TOLD) {
			tell(t, "        .. and %zu more peers, less near\n", n - k);
			return;
		}
		tell(t, "        peer %zu, ", i);
		tell_peer(t, side->dir, peer, ns);
		tell(t, ": ");
		t->rests_on = before;	/* what is missing counts, not what was asked for */
		tell_peer_miss(t, block_of(rule, i), peer, ns, side);
		tell(t, "\n");
	}
}

static void tell_item_misses(struct teller *t, const struct rule *rule, const struct np_side *side)
{
	for (size_t i = 0; i < rule->n_items; i++) {
		np_clauses before = t->rests_on;

		if (i == MAX_TOLD) {
			tell(t, "        .. and %zu more ports\n", rule->n_items - i);
			return;
		}
		tell(t, "        port %zu, ", i);
		tell_item(t, side->dir, &rule->src->ports[i]);
		tell(t, ": ");
		t->rests_on = before;
		tell_item_miss(t, &rule->items[i], &rule->src->ports[i], side);
		tell(t, "\n");
	}
}

/* True when the rule lets it through. */
static bool tell_rule(struct teller *t, const struct rule *rule, size_t number, struct np_str ns,
		      const struct np_side *side)
{
	size_t peer = find_peer(t, rule, ns, side), item = find_item(t, rule, side);
	bool peers_ok = rule->any_peer || peer != SIZE_MAX, ports_ok = rule->n_items == 0 || item != SIZE_MAX;

	tell(t, "      rule %zu", number);
	tell_place(t, &rule->src->place);
	if (peers_ok && ports_ok) {
		tell_match(t, rule, ns, peer, item, side);
		return true;
	}
	tell(t, " does not match: %s\n", peers_ok ? "its peers do, its ports do not" :
	     ports_ok ? "its ports do, its peers do not" : "neither its peers nor its ports do");
	tell_note(t, 5);
	if (!peers_ok)
		tell_peer_misses(t, rule, ns, side);
	if (!ports_ok)
		tell_item_misses(t, rule, side);
	return false;
}

/* True when one lets it through: it is the last that is told. */
static bool tell_rules(struct teller *t, const struct policy *policy, const struct np_side *side)
{
	const struct rule *rules = policy->rules[side->dir];
	size_t n = policy->n_rules[side->dir];
	np_auto_free struct near *near = np_xcalloc(n + 1, sizeof(*near));

	for (size_t i = 0; i < n; i++)
		near[i] = (struct near){ n <= MAX_TOLD ? 0 : rule_distance(t, &rules[i], policy->src->ns, side), i };
	near_sort(near, n);
	for (size_t k = 0; k < n; k++) {
		if (k == MAX_TOLD) {
			tell(t, "      .. and %zu more rules, less near\n", n - k);
			return false;
		}
		if (tell_rule(t, &rules[near[k].at], near[k].at, policy->src->ns, side))
			return true;
	}
	return false;
}

static bool tell_policy(struct teller *t, const struct policy *policy, const struct np_side *side)
{
	tell_policy_name(t, policy->src);
	if (policy->n_rules[side->dir] == 0) {
		tell(t, " has no %s rules, it allows nothing", np_dir_name(side->dir));
		tell_clause(t, 8);
		tell(t, "\n");
		return false;
	}
	tell(t, "\n");
	return tell_rules(t, policy, side);
}

/* Policies that let it through are told alone: nothing else matters then (S03). */
static bool find_allowing(struct teller *t, const struct class *class, const struct np_side *side, size_t *ret)
{
	for (size_t i = 0; i < class->n_applies[side->dir]; i++) {
		const struct policy *policy = &t->e.o->policies[class->applies[side->dir][i]];

		for (size_t r = 0; r < policy->n_rules[side->dir]; r++)
			if (rule_matches(&t->e, &policy->rules[side->dir][r], side)) {
				*ret = i;
				return true;
			}
	}
	return false;
}

static const struct policy *policy_of(const struct teller *t, const struct class *class, enum np_dir dir, size_t i)
{
	return &t->e.o->policies[class->applies[dir][i]];
}

static void tell_denying(struct teller *t, const struct class *class, const struct np_side *side)
{
	size_t n = class->n_applies[side->dir];
	np_auto_free struct near *near = np_xcalloc(n + 1, sizeof(*near));

	for (size_t i = 0; i < n; i++)
		near[i] = (struct near){ n <= MAX_TOLD ? 0 :
					 policy_distance(t, policy_of(t, class, side->dir, i), side), i };
	near_sort(near, n);
	for (size_t i = 0; i < n; i++) {
		if (i == MAX_TOLD) {
			tell(t, "    .. and %zu more policies, less near, none of which allows it\n", n - i);
			return;
		}
		tell_policy(t, policy_of(t, class, side->dir, near[i].at), side);
	}
}

void tell_side(struct teller *t, const struct np_side *side)
{
	const struct np_oracle *o = t->e.o;
	const struct class *class = &o->classes[o->pods[side->subject].class];
	size_t n = class->n_applies[side->dir], at;

	if (n == 0) {
		tell(t, "not isolated, no policy selects it for %s", np_dir_name(side->dir));
		tell_clause(t, 1);
		tell(t, "\n");
		return;
	}
	tell(t, "isolated by %zu %s", n, n == 1 ? "policy" : "policies");
	tell_clause(t, 2);
	if (n > 1) {
		tell(t, ", of which one is enough");
		tell_clause(t, 3);
	}
	tell(t, "\n");
	if (find_allowing(t, class, side, &at))
		tell_policy(t, &o->policies[class->applies[side->dir][at]], side);
	else
		tell_denying(t, class, side);
}
