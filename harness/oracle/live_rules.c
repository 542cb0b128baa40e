/* live_rules.c - a changed policy compiled again, and which classes its rules match. */
#include "live_parts.h"

#include "np/base/mem.h"

#include "bits.h"
#include "ports.h"
#include "rules.h"

void live_list_add(struct live_list *list, uint32_t item)
{
	list->items = np_grow(list->items, &list->cap, list->n, sizeof(*list->items));
	list->items[list->n++] = item;
}

/* Ports that are matched whatever pod is at either end. */
static uint64_t plain_ports(const struct np_live *l, const struct rule *rule)
{
	uint64_t bits = 0;

	for (size_t p = 0; p < l->n_ports; p++) {
		bool matches = !rule->n_items &&
			       ports_item_matches(l->o, NULL, l->ports[p].proto, l->ports[p].port);

		for (size_t i = 0; i < rule->n_items && !matches; i++)
			matches = rule->items[i].kind != NP_PORT_NAME &&
				  ports_item_matches(l->o, &rule->items[i], l->ports[p].proto,
						     l->ports[p].port);
		bits |= (uint64_t)matches << p;
	}
	return bits;
}

static void note_ports(struct np_live *l, const struct rule *rule)
{
	if (rule->id >= l->cap_rules) {
		size_t cap = l->cap_rules * 2 > rule->id ? l->cap_rules * 2 : rule->id + 1;

		l->rule_ports = np_xrealloc(l->rule_ports, cap, sizeof(*l->rule_ports));
		l->takes = np_xrealloc(l->takes, cap, sizeof(*l->takes));
		l->member = np_xrealloc(l->member, cap, sizeof(*l->member));
		l->cap_rules = cap;
	}
	l->rule_ports[rule->id] = plain_ports(l, rule);
}

void live_number_rules(struct np_live *l, uint32_t at)
{
	const struct policy *p = &l->o->policies[at];

	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		uint32_t n = (uint32_t)p->n_rules[dir];

		l->spans[dir][at] = (struct span){ n ? p->rules[dir][0].id : 0, n, n };
		for (uint32_t r = 0; r < n; r++)
			note_ports(l, &p->rules[dir][r]);
	}
}

/* Whether a peer of a policy of namespace @ns looks into namespace @in (S09, S10). */
static bool peer_looks_into(const struct np_live *l, const struct id_peer *peer, uint32_t ns,
			    uint32_t in)
{
	return peer->has_ns
		       ? id_selector_matches(&peer->ns, l->ns_labels[in].items, l->ns_labels[in].n)
		       : ns == in;
}

bool live_rule_peers_match(const struct np_live *l, const struct id_rule *rule, uint32_t ns,
			   const struct class *c)
{
	for (uint32_t i = 0; i < rule->n_peers; i++)
		if (peer_looks_into(l, &rule->peers[i], ns, c->ns) &&
		    id_selector_matches(&rule->peers[i].pod, c->labels, c->n_labels))
			return true;
	return false;
}

/* Bits of the classes of one namespace that a peer matches. */
static void mark_classes(struct np_live *l, const struct id_peer *peer, uint32_t in)
{
	const struct np_oracle *o = l->o;

	for (uint32_t c = o->ns_first[in]; c < o->ns_first[in + 1]; c++)
		if (o->classes[c].n_pods &&
		    id_selector_matches(&peer->pod, o->classes[c].labels, o->classes[c].n_labels))
			bits_set(l->class_words, c);
}

/* The window holds all numbers of the namespaces looked into: classes may come (live_pod.c). */
static struct class_set find_classes(struct np_live *l, struct np_arena *arena,
				     const struct id_rule *rule, uint32_t ns)
{
	const struct np_oracle *o = l->o;
	uint32_t first = NONE, end = 0;
	struct class_set set = { 0 };

	for (uint32_t i = 0; i < rule->n_peers; i++) {
		const struct id_peer *peer = &rule->peers[i];
		uint32_t in = peer->has_ns ? 0 : ns,
			 in_end = peer->has_ns ? (uint32_t)l->world->n_namespaces : ns + 1;

		for (; in < in_end; in++) {
			if (!peer_looks_into(l, peer, ns, in) ||
			    o->ns_first[in] == o->ns_first[in + 1])
				continue;
			first = o->ns_first[in] < first ? o->ns_first[in] : first;
			end = o->ns_first[in + 1] > end ? o->ns_first[in + 1] : end;
			mark_classes(l, peer, in);
		}
	}
	if (first >= end)
		return set;
	set.first = first / 64;
	set.n_words = (uint32_t)bits_words(end) - set.first;
	set.words = np_arena_array(arena, set.n_words, sizeof(*set.words));
	memcpy(set.words, l->class_words + set.first, set.n_words * sizeof(*set.words));
	memset(l->class_words + set.first, 0, set.n_words * sizeof(*set.words));
	return set;
}

const struct name_port *live_names(const struct class *c, const struct port_item *item,
				   size_t *ret_n)
{
	const struct name_port *found = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < c->n_names; i++) {
		if (c->names[i].name != item->name || c->names[i].proto != item->proto)
			continue;
		found = found ? found : &c->names[i];
		++*ret_n;
	}
	return found;
}

/*
 * The classes from *@at on that the rule matches, that unfinished pods are of and that have the
 * name: their first entry, and in *@at the class after it. NULL at the end.
 */
static const struct name_port *next_named(const struct np_live *l, const struct rule *rule,
					  const struct port_item *item, uint32_t *at, size_t *ret_n)
{
	const struct np_oracle *o = l->o;
	const struct class_set *set = &rule->classes;
	uint32_t end = rule->any_peer ? (uint32_t)o->n_classes : (set->first + set->n_words) * 64;

	if (!rule->any_peer && *at < set->first * 64)
		*at = set->first * 64;
	for (; *at < end; ++*at) {
		const struct name_port *np;

		if (!rule->any_peer) {
			uint64_t left = set->words[*at / 64 - set->first] >> (*at % 64);

			if (!left) {
				*at |= 63;
				continue;
			}
			*at += (uint32_t)__builtin_ctzll(left);
		}
		if (!o->classes[*at].n_pods || o->classes[*at].finished)
			continue;
		np = live_names(&o->classes[*at], item, ret_n);
		if (np) {
			++*at;
			return np;
		}
	}
	return NULL;
}

bool live_is_divergent(const struct np_live *l, const struct rule *rule,
		       const struct port_item *item)
{
	const struct name_port *first = NULL, *np;
	uint32_t at = 0;
	size_t n;

	while ((np = next_named(l, rule, item, &at, &n))) {
		first = first ? first : np;
		for (size_t i = 0; i < n; i++)
			if (np[i].port != first->port)
				return true;
	}
	return false;
}

int live_first_number(const struct np_live *l, const struct rule *rule,
		      const struct port_item *item, uint32_t but)
{
	const struct name_port *np;
	uint32_t at = 0;
	size_t n;

	while ((np = next_named(l, rule, item, &at, &n)))
		if (at - 1 != but)
			return np->port;
	return -1;
}

static void compile_rule(struct np_live *l, struct np_arena *arena, struct rule *rule,
			 const struct id_rule *ids, enum np_dir dir, uint32_t ns)
{
	rule_compile_blocks(l->o, arena, rule);
	rule->classes = find_classes(l, arena, ids, ns);
	rule_compile_items(l->o, arena, rule, dir);
	for (size_t i = 0; i < rule->n_items && dir == NP_EGRESS; i++)
		if (rule->items[i].kind == NP_PORT_NAME &&
		    live_is_divergent(l, rule, &rule->items[i]))
			item_set_divergent(l->o, &rule->items[i], true);
	ports_mark(l->o, rule);
	note_ports(l, rule);
}

/* Numbers that the policy had are used again; a run that is too short is given up, for one twice as
 * long. */
static uint32_t take_numbers(struct np_live *l, enum np_dir dir, uint32_t at, uint32_t n)
{
	struct span *span = &l->spans[dir][at];

	if (n > span->cap) {
		*span = (struct span){ .first = (uint32_t)l->o->n_rules, .cap = 2 * n };
		l->o->n_rules += span->cap;
	}
	span->n = n;
	return span->first;
}

void live_compile_policy(struct np_live *l, uint32_t at)
{
	struct policy *policy = &l->o->policies[at];
	struct np_arena *arena = &l->policy_arenas[at];
	struct id_policy *ids = &l->ids[at];

	np_arena_release(arena);
	id_policy_compile(l->o, arena, policy->src, ids);
	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		uint32_t n = policy->src->types[dir] ? (uint32_t)policy->src->n_rules[dir] : 0, id;

		id = take_numbers(l, (enum np_dir)dir, at, n);
		policy->n_rules[dir] = n;
		policy->rules[dir] = np_arena_array(arena, n, sizeof(struct rule));
		for (uint32_t r = 0; r < n; r++) {
			struct rule *rule = &policy->rules[dir][r];

			rule->src = &policy->src->rules[dir][r];
			rule->id = id + r;
			compile_rule(l, arena, rule, &ids->rules[dir][r], (enum np_dir)dir,
				     ids->ns);
		}
	}
}
