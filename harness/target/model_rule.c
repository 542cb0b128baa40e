/* model_rule.c - rules of the model CNI: peers and ports of one rule, rules of one policy. */
#include "model_parts.h"

static bool has_family(const struct m_look *l, uint8_t width)
{
	return l->other->ip.width == width;
}

/* A namespaceSelector that some implementations turn into "any address". */
static bool opens_to_any(const struct m_look *l, const struct np_peer *p)
{
	struct np_model *m = l->m;

	if (p->ns_selector && np_m_is_empty(p->ns_selector) && !p->pod_selector &&
	    (wrong(m, NP_MUTANT_EMPTY_NS_ANY) ||
	     wrong_if(m, NP_MUTANT_EMPTY_NS_ANY_OUT, l->dir == NP_EGRESS)))
		return true;
	if (l->other->pod != NONE && !l->other->host)
		return false;
	if (p->ns_selector && np_m_is_negative(p->ns_selector) &&
	    wrong(m, NP_MUTANT_NEGATIVE_NS_ANY))
		return true;
	return p->pod_selector && np_m_is_negative(p->pod_selector) &&
	       wrong(m, NP_MUTANT_NEGATIVE_POD_ANY);
}

static bool service_is_peer(const struct m_look *l)
{
	return l->conn->service && l->dir == NP_EGRESS && wrong(l->m, NP_MUTANT_SERVICE_IPS_PEERS);
}

/* Pods on the host's network whose labels and namespace match, by their node's address. */
static bool host_pod_matches(const struct m_look *l, const struct m_peer *peer)
{
	struct np_model *m = l->m;
	const struct np_labels *labels;
	const struct np_peer *p = peer->spec;
	uint32_t ns;

	if (!l->other->host || l->other->pod == NONE || !wrong(m, NP_MUTANT_HOST_PODS_PEERS))
		return false;
	labels = &m->pods[l->other->pod].peer_labels;
	ns = m->pods[l->other->pod].ns_slot;
	if (p->ns_selector ? !np_m_matches(m, p->ns_selector, &m->namespaces[ns].labels, M_PEER_NS)
			   : !np_str_eq(m->pods[l->other->pod].ns, l->policy->ns))
		return false;
	return !p->pod_selector || np_m_matches(m, p->pod_selector, labels, M_PEER_POD);
}

static bool selectors_match(const struct m_look *l, const struct m_peer *peer)
{
	struct np_model *m = l->m;
	const struct m_set *set = &m->sets[peer->set];

	if (peer->dead)
		return false;
	if (opens_to_any(l, peer->spec) || service_is_peer(l) || host_pod_matches(l, peer))
		return true;
	if (np_m_set_empty(set) && wrong(m, NP_MUTANT_UNMATCHED_OPENS))
		return true;
	if (has_family(l, 16) && wrong(m, NP_MUTANT_V6_NO_PEERS))
		return false;
	if (l->conn->service && l->own->pod == l->other->pod && wrong(m, NP_MUTANT_HAIRPIN_JUDGED))
		return false;
	return np_m_set_has(m, set, l->other->addr);
}

static bool peer_matches(const struct m_look *l, const struct m_peer *peer)
{
	if (!mx_bool(l->m, NP_SITE_PEER_IS_BLOCK, peer->spec->ip_block != NULL))
		return peer->set != NONE && selectors_match(l, peer);
	if (!peer->spec->ip_block)
		return false;
	if (has_family(l, 16) && wrong(l->m, NP_MUTANT_V6_NO_PEERS))
		return false;
	return np_m_block_matches(l, peer);
}

/* What else in the rule makes a peer not count. */
static bool passed_over(const struct m_look *l, uint32_t at)
{
	const struct m_rule *r = l->rule;
	const struct np_peer *p = r->peers[at].spec;
	struct np_model *m = l->m;
	uint32_t first = NONE, last = NONE;
	bool pods = false, excepted = false;

	if (r->n_peers < 2)
		return false;
	for (uint32_t i = 0; i < r->n_peers; i++) {
		const struct np_peer *q = r->peers[i].spec;

		if (q->ip_block) {
			first = first == NONE ? i : first;
			last = i;
			if (i != at && q->ip_block->n_excepts &&
			    np_m_in_some_except(m, q->ip_block, &l->other->ip))
				excepted = true;
		} else if (q->pod_selector && !q->ns_selector) {
			pods = true;
		}
	}
	if (excepted && wrong(m, NP_MUTANT_EXCEPT_ALL_PEERS))
		return true;
	if (p->ip_block && first != last &&
	    (wrong_if(m, NP_MUTANT_FIRST_BLOCK_ONLY, at != first) ||
	     wrong_if(m, NP_MUTANT_LAST_BLOCK_ONLY, at != last)))
		return true;
	return pods && p->ns_selector && !p->pod_selector && wrong(m, NP_MUTANT_NS_PEER_DROPPED);
}

static bool all_peers_match(const struct m_look *l)
{
	for (uint32_t i = 0; i < l->rule->n_peers; i++)
		if (!peer_matches(l, &l->rule->peers[i]))
			return false;
	return true;
}

static bool has_block(const struct m_rule *r)
{
	for (uint32_t i = 0; i < r->n_peers; i++)
		if (r->peers[i].spec->ip_block)
			return true;
	return false;
}

static bool has_name(const struct np_rule *r)
{
	for (size_t i = 0; i < r->n_ports; i++)
		if (r->ports[i].kind == NP_PORT_NAME)
			return true;
	return false;
}

static bool no_peers(const struct m_look *l)
{
	struct np_model *m = l->m;
	const struct np_rule *r = l->rule->spec;

	if (r->n_ports && wrong(m, NP_MUTANT_EMPTY_FROM_NOTHING))
		return false;
	return !(l->dir == NP_EGRESS && has_name(r) && wrong(m, NP_MUTANT_NAMED_EGRESS_NO_PEERS));
}

bool np_m_peers_match(const struct m_look *l)
{
	const struct m_rule *r = l->rule;
	struct np_model *m = l->m;
	size_t n = r->n_peers > 16 && wrong(m, NP_MUTANT_WRITE_IGNORED) ? 16 : r->n_peers;
	struct m_span span = mx_list(m, NP_SITE_PEERS, n);

	if (mx_bool(m, NP_SITE_NO_PEERS, r->n_peers == 0))
		return no_peers(l);
	if (r->n_peers > 1 && wrong(m, NP_MUTANT_PEERS_ANDED))
		return all_peers_match(l);
	for (size_t i = span.from; i < span.to; i++)
		if (!passed_over(l, (uint32_t)i) && peer_matches(l, &r->peers[i]))
			return true;
	return r->n_peers && l->other->pod == NONE && !has_block(r) &&
	       wrong(m, NP_MUTANT_EMPTY_BLOCK_ADDED);
}

/* Ports of another rule of the policy that has a block of the same network. */
static bool ports_of_equal_cidr(const struct m_look *l)
{
	struct m_look o = *l;

	for (uint32_t k = 0; k < l->policy->n_rules[l->dir]; k++) {
		const struct m_rule *other = &l->policy->rules[l->dir][k];

		o.rule = other;
		for (uint32_t a = 0; a < l->rule->n_peers; a++)
			for (uint32_t b = 0; b < other->n_peers; b++) {
				const struct np_ipblock *x = l->rule->peers[a].spec->ip_block;
				const struct np_ipblock *y = other->peers[b].spec->ip_block;

				if (x && y && x != y &&
				    x->cidr.prefix_bits == y->cidr.prefix_bits &&
				    np_addr_eq(&x->cidr.addr, &y->cidr.addr) &&
				    np_m_ports_match(&o))
					return true;
			}
	}
	return false;
}

/* Subject and peer exchanged. */
static bool matches_backwards(const struct m_look *l)
{
	struct m_look o = *l;

	o.other = l->own;
	return l->dst_pod != NONE && np_m_selects(l->m, l->policy, &l->m->pods[l->dst_pod]) &&
	       np_m_peers_match(&o);
}

static bool ports_or_lack(const struct m_look *l)
{
	struct np_model *m = l->m;
	const struct np_rule *r = l->rule->spec;

	if (!r->n_ports && r->n_peers && wrong(m, NP_MUTANT_NO_PORTS_NOTHING))
		return false;
	if (r->n_ports && r->n_peers && has_family(l, 4) && wrong(m, NP_MUTANT_V4_WITHOUT_PORTS))
		return true;
	return np_m_ports_match(l) ||
	       (wrong(m, NP_MUTANT_EQUAL_CIDR_PORTS) && ports_of_equal_cidr(l));
}

static bool empty_rule_skipped(const struct m_look *l)
{
	const struct np_rule *r = l->rule->spec;

	if (r->n_peers || r->n_ports)
		return false;
	return wrong(l->m, NP_MUTANT_EMPTY_RULE_NOTHING) ||
	       wrong_if(l->m, NP_MUTANT_EMPTY_RULE_BESIDE, l->policy->n_rules[l->dir] > 1);
}

bool np_m_rule_allows(struct m_look *l)
{
	struct np_model *m = l->m;
	const struct np_rule *r = l->rule->spec;

	if (empty_rule_skipped(l))
		return false;
	if (l->dir == NP_EGRESS && r->n_peers && !r->n_ports &&
	    wrong(m, NP_MUTANT_NO_PORTS_DIRECTION))
		return matches_backwards(l);
	return mx_bool(m, NP_SITE_PEERS_AND_PORTS, np_m_peers_match(l) && ports_or_lack(l));
}

static bool crossed(struct m_look *l)
{
	const struct m_policy *p = l->policy;
	bool peers = false, ports = false;

	for (uint32_t i = 0; i < p->n_rules[l->dir]; i++) {
		l->rule = &p->rules[l->dir][i];
		peers |= np_m_peers_match(l);
		ports |= np_m_ports_match(l);
	}
	return peers && ports;
}

/* Of the rules with a number beyond sixteen only the last made counts. */
static bool lost_its_id(const struct m_look *l)
{
	return l->rule->id >= 16 && l->rule->id + 1 < l->m->n_rule_ids &&
	       wrong(l->m, NP_MUTANT_RULE_ID_COLLIDES);
}

/* Of rules with and without peers the ones and the others count in turn. */
static bool races(const struct m_look *l)
{
	bool with = false, without = false;

	for (uint32_t i = 0; i < l->policy->n_rules[l->dir]; i++) {
		with |= l->policy->rules[l->dir][i].n_peers > 0;
		without |= l->policy->rules[l->dir][i].n_peers == 0;
	}
	return with && without && l->dir == NP_EGRESS && wrong(l->m, NP_MUTANT_RULES_RACE) &&
	       (l->rule->n_peers > 0) == (l->m->turn & 1);
}

bool np_m_policy_allows(struct m_look *l)
{
	struct np_model *m = l->m;
	const struct m_policy *p = l->policy;
	enum np_dir dir = mx_swap(m, NP_SITE_RULES_DIR) ? (enum np_dir) !l->dir : l->dir;
	struct m_span span = mx_list(m, NP_SITE_RULES, p->n_rules[dir]);

	if (p->n_rules[dir] > 1) {
		if (wrong(m, NP_MUTANT_RULES_CROSSED))
			return crossed(l);
		if (wrong(m, NP_MUTANT_FIRST_RULE_ONLY))
			span.to = 1;
		if (wrong(m, NP_MUTANT_LAST_RULE_ONLY))
			span.from = span.to - 1;
	}
	for (size_t i = span.from; i < span.to; i++) {
		l->rule = &p->rules[dir][i];
		if (!lost_its_id(l) && !races(l) && np_m_rule_allows(l))
			return true;
	}
	return false;
}
