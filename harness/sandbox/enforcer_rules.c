/*
 * One policy's rules as rules of a chain: peers become addresses here, ports in enforcer_ports.c.
 */
#include "enforcer_compile.h"

enum weight { W_RULE = 300, W_PROTO = 160 };

static enum np_fault_id fault_of(const struct np_way *way)
{
	return way->c->in->match.fault;
}

static bool only_negative(const struct np_selector *s)
{
	if (!s)
		return true;
	for (size_t i = 0; i < s->n_exprs; i++)
		if (s->exprs[i].op == NP_OP_IN || s->exprs[i].op == NP_OP_EXISTS)
			return false;
	return s->match_labels.n == 0;
}

static bool has_requirements(const struct np_selector *s)
{
	return s && (s->match_labels.n || s->n_exprs);
}

/* Faults that let a selector peer mean addresses that are no pods. */
static bool reaches_outside(const struct np_way *way, const struct np_peer *peer)
{
	const struct np_selector *ns = peer->ns_selector, *pod = peer->pod_selector;

	switch (fault_of(way)) {
	case NP_FAULT_NSSELECTOR_EXTERNAL:
		return ns && !has_requirements(ns) && !has_requirements(pod);
	case NP_FAULT_NEGATIVE_EXTERNAL:
		return only_negative(ns) && only_negative(pod) &&
		       (has_requirements(ns) || has_requirements(pod));
	default:
		return false;
	}
}

static void peer_addresses(const struct np_way *way, const struct np_policy *policy,
			   const struct np_peer *peer, struct np_ranges *ret)
{
	const struct np_match *m = &way->c->in->match;
	const struct np_world *w = m->world;

	if (peer->ip_block) {
		np_match_block(m, peer->ip_block, way->family, ret);
		return;
	}
	if (reaches_outside(way, peer)) {
		struct np_ranges pods = { 0 };

		np_ranges_add(ret, 0, np_family_max(way->family));
		for (size_t i = 0; i < w->n_pods; i++)
			if (np_match_endpoint(&w->pods[i]) &&
			    !np_match_peer(m, policy, peer, &w->pods[i]))
				np_match_addresses(&w->pods[i], way->family, &pods);
		np_ranges_subtract(ret, &pods);
		np_ranges_release(&pods);
		return;
	}
	for (size_t i = 0; i < w->n_pods; i++)
		if (np_match_peer(m, policy, peer, &w->pods[i]))
			np_match_addresses(&w->pods[i], way->family, ret);
}

/* Whether a fault passes over the peer in favour of others of the rule. */
static bool peer_skipped(const struct np_way *way, const struct np_rule *rule, size_t i)
{
	size_t n_blocks_before = 0, n_selectors = 0;

	for (size_t k = 0; k < rule->n_peers; k++) {
		n_blocks_before += k < i && rule->peers[k].ip_block;
		n_selectors += !rule->peers[k].ip_block;
	}
	switch (fault_of(way)) {
	case NP_FAULT_FIRST_PEER_ONLY:
		return i > 0;
	case NP_FAULT_FIRST_BLOCK_ONLY:
		return rule->peers[i].ip_block && n_blocks_before > 0;
	case NP_FAULT_BLOCK_BESIDE_SELECTOR:
		return rule->peers[i].ip_block && n_selectors > 0;
	default:
		return false;
	}
}

static bool all_unmatched(const struct np_way *way, const struct np_policy *policy,
			  const struct np_rule *rule)
{
	for (size_t i = 0; i < rule->n_peers; i++)
		if (!np_match_peer_unmatched(&way->c->in->match, policy, &rule->peers[i]))
			return false;
	return rule->n_peers > 0;
}

/* Adds the excepts of the rule's blocks, as far as they are of the family. */
static void add_excepts(const struct np_way *way, const struct np_rule *rule, struct np_ranges *ret)
{
	for (size_t i = 0; i < rule->n_peers; i++)
		for (size_t k = 0;
		     rule->peers[i].ip_block && k < rule->peers[i].ip_block->n_excepts; k++) {
			int family;
			struct np_range x =
				np_cidr_range(&rule->peers[i].ip_block->excepts[k], &family);

			if (family == way->family)
				np_ranges_add(ret, x.lo, x.hi);
		}
}

/* S06, S07: any of the peers, and no peers at all is everyone. */
static void scope_init(struct np_scope *s, const struct np_way *way, const struct np_policy *policy,
		       const struct np_rule *rule)
{
	enum np_fault_id fault = fault_of(way);

	*s = (struct np_scope){ .any = rule->n_peers == 0 };
	if (fault == NP_FAULT_UNMATCHED_OPENS && all_unmatched(way, policy, rule))
		s->any = true;
	if (s->any || (fault == NP_FAULT_IPV6_PEERS_DROPPED && way->family == 6))
		return;
	if (fault == NP_FAULT_PEERS_ANDED)
		np_ranges_add(&s->addrs, 0, np_family_max(way->family));
	for (size_t i = 0; i < rule->n_peers; i++) {
		struct np_ranges one = { 0 };

		if (peer_skipped(way, rule, i))
			continue;
		peer_addresses(way, policy, &rule->peers[i], &one);
		if (fault == NP_FAULT_PEERS_ANDED)
			np_ranges_intersect(&s->addrs, &one);
		else
			np_ranges_join(&s->addrs, &one);
		np_ranges_release(&one);
	}
	if (fault == NP_FAULT_EXCEPT_RULE_WIDE) {
		struct np_ranges excepts = { 0 };

		add_excepts(way, rule, &excepts);
		np_ranges_subtract(&s->addrs, &excepts);
		np_ranges_release(&excepts);
	}
}

/* The field that holds the other end's address. */
static const char *other_field(const struct np_way *way)
{
	return way->dir == NP_INGRESS ? "saddr" : "daddr";
}

void np_scope_expr(const struct np_way *way, struct np_expr *e, const struct np_scope *s)
{
	e->weight += W_RULE;
	if (!s->any)
		np_expr_addr(way->c, e, way->family, other_field(way), &s->addrs);
}

static void allow_all_ports(const struct np_way *way, const struct np_scope *s)
{
	struct np_expr e = { 0 };

	np_scope_expr(way, &e, s);
	if (fault_of(way) == NP_FAULT_EMPTY_PORTS_TCP)
		np_expr_add(&e, W_PROTO, NP_NFT_L4("tcp"));
	np_expr_finish(way->c, &e, way->chain, NP_NFT_RETURN);
}

static bool rule_ignored(enum np_fault_id fault, const struct np_rule *peers,
			 const struct np_rule *ports)
{
	switch (fault) {
	case NP_FAULT_EMPTY_RULE_IGNORED:
		return peers->n_peers == 0 && ports->n_ports == 0;
	case NP_FAULT_EMPTY_FROM_BLOCKS:
		return peers->n_peers == 0 && ports->n_ports > 0;
	case NP_FAULT_EMPTY_PORTS_BLOCKS:
		return peers->n_peers > 0 && ports->n_ports == 0;
	default:
		return false;
	}
}

/*
 * S05: what matches the peers of one rule and the ports of the other; without a fault both are the
 * same rule.
 */
static void allow(const struct np_way *way, const struct np_policy *policy,
		  const struct np_rule *peers, const struct np_rule *ports)
{
	static const struct np_scope everyone = { .any = true };
	enum np_fault_id fault = fault_of(way);
	struct np_scope s;

	if (rule_ignored(fault, peers, ports))
		return;
	scope_init(&s, way, policy, peers);
	if (fault == NP_FAULT_PEERS_OR_PORTS && peers->n_peers && ports->n_ports) {
		if (s.addrs.n)
			allow_all_ports(way, &s);
		np_ports_allow(way, policy, peers, ports, &everyone);
	} else if (s.any || s.addrs.n) {
		if (ports->n_ports == 0 || (fault == NP_FAULT_PORTS_BESIDE_PEERS && peers->n_peers))
			allow_all_ports(way, &s);
		else
			np_ports_allow(way, policy, peers, ports, &s);
	}
	np_ranges_release(&s.addrs);
}

void np_rules_allow(const struct np_way *way, const struct np_policy *policy)
{
	size_t n;
	const struct np_rule *rules = np_match_rules(&way->c->in->match, policy, way->dir, &n);

	for (size_t i = 0; i < n; i++) {
		if (fault_of(way) != NP_FAULT_RULES_CROSSED) {
			allow(way, policy, &rules[i], &rules[i]);
			continue;
		}
		for (size_t k = 0; k < n; k++)
			allow(way, policy, &rules[i], &rules[k]);
	}
}

void np_rules_deny_excepts(const struct np_way *way, const struct np_policy *policy)
{
	size_t n;
	const struct np_rule *rules = np_match_rules(&way->c->in->match, policy, way->dir, &n);
	struct np_ranges excepts = { 0 };
	struct np_expr e = { 0 };

	for (size_t i = 0; i < n; i++)
		add_excepts(way, &rules[i], &excepts);
	if (excepts.n > 0) {
		e.weight += W_RULE;
		np_expr_addr(way->c, &e, way->family, other_field(way), &excepts);
		np_expr_finish(way->c, &e, way->chain, NP_NFT_DROP);
	}
	np_ranges_release(&excepts);
}
