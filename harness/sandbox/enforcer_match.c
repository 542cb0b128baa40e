/* Selectors, peers, subjects. A deliberate fault stands beside the line that it breaks. */
#include "enforcer_match.h"

#include <strings.h>

bool np_match_endpoint(const struct np_pod *pod)
{
	return !pod->host_network && pod->n_ips > 0 && pod->phase != NP_PHASE_SUCCEEDED &&
	       pod->phase != NP_PHASE_FAILED;
}

/* Labels of one object, with those that a fault adds. */
struct subject {
	const struct np_labels *labels, *more;
	bool is_namespace;
};

static const struct np_str *label(const struct np_match *m, const struct subject *s,
				  struct np_str key)
{
	const struct np_labels *lists[] = { s->labels, s->more };

	if (m->fault == NP_FAULT_NO_METADATA_NAME && s->is_namespace &&
	    np_str_is(key, "kubernetes.io/metadata.name"))
		return NULL;
	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; lists[l] && i < lists[l]->n; i++) {
			const struct np_label *item = &lists[l]->items[i];

			if (!np_str_eq(item->key, key))
				continue;
			if (m->fault == NP_FAULT_EMPTY_VALUE_ABSENT && item->value.n == 0)
				return NULL;
			return &item->value;
		}
	return NULL;
}

static bool value_is(const struct np_match *m, struct np_str have, struct np_str want)
{
	switch (m->fault) {
	case NP_FAULT_LABEL_CASE:
		return have.n == want.n && (have.n == 0 || !strncasecmp(have.p, want.p, have.n));
	case NP_FAULT_LABEL_PREFIX:
		return have.n >= want.n && (want.n == 0 || !memcmp(have.p, want.p, want.n));
	default:
		return np_str_eq(have, want);
	}
}

static bool value_in(const struct np_match *m, const struct np_requirement *r, struct np_str have)
{
	size_t n = r->n_values;

	if (m->fault == NP_FAULT_IN_FIRST_VALUE && r->op == NP_OP_IN && n > 1)
		n = 1;
	for (size_t i = 0; i < n; i++)
		if (value_is(m, have, r->values[i]))
			return true;
	return false;
}

/* The truth table of S13. */
static bool requirement_holds(const struct np_match *m, const struct np_requirement *r,
			      const struct subject *s)
{
	const struct np_str *have = label(m, s, r->key);

	switch (r->op) {
	case NP_OP_IN:
		return have && value_in(m, r, *have);
	case NP_OP_NOT_IN:
		if (!have)
			return m->fault != NP_FAULT_NOTIN_ABSENT_KEY;
		return !value_in(m, r, *have) || (m->fault == NP_FAULT_NOTIN_OR && r->n_values > 1);
	case NP_OP_EXISTS:
		return have || m->fault == NP_FAULT_EXISTS_ALWAYS;
	case NP_OP_NOT_EXISTS:
		return !have;
	}
	return false;
}

static bool labels_hold(const struct np_match *m, const struct np_selector *sel,
			const struct subject *s)
{
	size_t n_held = 0;

	for (size_t i = 0; i < sel->match_labels.n; i++) {
		const struct np_label *want = &sel->match_labels.items[i];
		const struct np_str *have = label(m, s, want->key);

		n_held += have && value_is(m, *have, want->value);
	}
	if (m->fault == NP_FAULT_MATCHLABELS_OR && n_held > 0)
		return true;
	return n_held == sel->match_labels.n;
}

static bool expressions_hold(const struct np_match *m, const struct np_selector *sel,
			     const struct subject *s)
{
	size_t n_held = 0;

	if (m->fault == NP_FAULT_EXPRESSIONS_IGNORED)
		return true;
	for (size_t i = 0; i < sel->n_exprs; i++)
		n_held += requirement_holds(m, &sel->exprs[i], s);
	if (m->fault == NP_FAULT_EXPRESSIONS_OR && n_held > 0)
		return true;
	return n_held == sel->n_exprs;
}

static bool is_empty(const struct np_selector *sel)
{
	return sel->match_labels.n == 0 && sel->n_exprs == 0;
}

/* S12, S14. */
static bool selector_holds(const struct np_match *m, const struct np_selector *sel,
			   const struct subject *s)
{
	if (m->fault == NP_FAULT_UNLABELLED_NEVER && s->labels->n == 0 && !is_empty(sel))
		return false;
	return labels_hold(m, sel, s) && expressions_hold(m, sel, s);
}

static const struct np_namespace *namespace_of(const struct np_match *m, const struct np_pod *pod)
{
	return pod->ns_idx < m->world->n_namespaces ? &m->world->namespaces[pod->ns_idx] : NULL;
}

static bool pod_holds(const struct np_match *m, const struct np_selector *sel,
		      const struct np_pod *pod)
{
	struct subject s = { .labels = &pod->labels };
	const struct np_namespace *ns = namespace_of(m, pod);

	if (m->fault == NP_FAULT_NAMESPACE_LABEL_LEAK && ns)
		s.more = &ns->labels;
	return selector_holds(m, sel, &s);
}

static bool namespace_holds(const struct np_match *m, const struct np_selector *sel,
			    const struct np_namespace *ns)
{
	struct subject s = { .labels = &ns->labels, .is_namespace = true };

	return selector_holds(m, sel, &s);
}

static bool peer_selects(const struct np_match *m, const struct np_policy *policy,
			 const struct np_peer *peer, const struct np_pod *pod)
{
	const struct np_namespace *ns = namespace_of(m, pod);
	bool own = np_str_eq(pod->ns, policy->ns);
	bool both = peer->ns_selector && peer->pod_selector;
	bool ns_ok, pod_ok = !peer->pod_selector || pod_holds(m, peer->pod_selector, pod);

	if (peer->ns_selector)
		ns_ok = ns && namespace_holds(m, peer->ns_selector, ns);
	else
		ns_ok = own || m->fault == NP_FAULT_PODSELECTOR_ALL_NS;
	switch (m->fault) {
	case NP_FAULT_NSSELECTOR_OWN_ONLY:
		return ns_ok && pod_ok && (own || both);
	case NP_FAULT_AND_AS_OR:
		return both ? ns_ok || (own && pod_ok) : ns_ok && pod_ok;
	case NP_FAULT_COMBINED_DROPS_PODS:
		return ns_ok && (pod_ok || both);
	case NP_FAULT_COMBINED_DROPS_NS:
		return pod_ok && (ns_ok || both);
	case NP_FAULT_COMBINED_NEVER:
		return ns_ok && pod_ok && !both;
	case NP_FAULT_EMPTY_MATCHES_NONE:
		return ns_ok && pod_ok && !(peer->ns_selector && is_empty(peer->ns_selector)) &&
		       !(peer->pod_selector && is_empty(peer->pod_selector));
	case NP_FAULT_EMPTY_NS_NOT_OWN:
		return ns_ok && pod_ok &&
		       !(peer->ns_selector && is_empty(peer->ns_selector) && own);
	default:
		return ns_ok && pod_ok;
	}
}

/* How many namespaces before the pod's have a pod that the peer selects. */
static size_t n_namespaces_before(const struct np_match *m, const struct np_policy *policy,
				  const struct np_peer *peer, const struct np_pod *pod)
{
	size_t n = 0, last = SIZE_MAX;

	for (size_t i = 0; i < m->world->n_pods; i++) {
		const struct np_pod *p = &m->world->pods[i];

		if (p->ns_idx < pod->ns_idx && p->ns_idx != last && np_match_endpoint(p) &&
		    peer_selects(m, policy, peer, p)) {
			last = p->ns_idx;
			n++;
		}
	}
	return n;
}

bool np_match_peer(const struct np_match *m, const struct np_policy *policy,
		   const struct np_peer *peer, const struct np_pod *pod)
{
	if (peer->ip_block || !np_match_endpoint(pod) || !peer_selects(m, policy, peer, pod))
		return false;
	return m->fault != NP_FAULT_NAMESPACE_LIMIT ||
	       n_namespaces_before(m, policy, peer, pod) < 8;
}

bool np_match_peer_unmatched(const struct np_match *m, const struct np_policy *policy,
			     const struct np_peer *peer)
{
	if (peer->ip_block)
		return false;
	for (size_t i = 0; i < m->world->n_pods; i++)
		if (np_match_peer(m, policy, peer, &m->world->pods[i]))
			return false;
	return true;
}

/* Some rule of @dir has peers, and no selector peer of any rule matches a pod. */
static bool no_peer_there(const struct np_match *m, const struct np_policy *policy, enum np_dir dir)
{
	size_t n_peers = 0;

	for (size_t r = 0; r < policy->n_rules[dir]; r++)
		for (size_t p = 0; p < policy->rules[dir][r].n_peers; p++, n_peers++)
			if (!np_match_peer_unmatched(m, policy, &policy->rules[dir][r].peers[p]))
				return false;
	return n_peers > 0;
}

static bool mentions_sctp(const struct np_policy *policy)
{
	for (int dir = 0; dir < NP_N_DIRS; dir++)
		for (size_t r = 0; r < policy->n_rules[dir]; r++)
			for (size_t p = 0; p < policy->rules[dir][r].n_ports; p++)
				if (policy->rules[dir][r].ports[p].proto == NP_SCTP)
					return true;
	return false;
}

/* S02, S08: only policyTypes says whether a policy isolates. */
static bool isolates(const struct np_match *m, const struct np_policy *policy, enum np_dir dir)
{
	switch (m->fault) {
	case NP_FAULT_NO_ENFORCEMENT:
		return false;
	case NP_FAULT_INGRESS_IGNORED:
		return dir == NP_EGRESS && policy->types[dir];
	case NP_FAULT_EGRESS_IGNORED:
		return dir == NP_INGRESS && policy->types[dir];
	case NP_FAULT_NO_RULES_OPEN:
		return policy->types[dir] && policy->n_rules[dir] > 0;
	case NP_FAULT_POLICYTYPES_IGNORED:
		return true;
	case NP_FAULT_RULES_BEYOND_TYPES:
		return policy->types[dir] || policy->n_rules[dir] > 0;
	case NP_FAULT_UNMATCHED_UNISOLATES:
		return policy->types[dir] && !no_peer_there(m, policy, dir);
	case NP_FAULT_SCTP_POLICY_SKIPPED:
		return policy->types[dir] && !mentions_sctp(policy);
	default:
		return policy->types[dir];
	}
}

/* Two policies that a careless key makes the same; the later by name wins. */
static bool is_shadowed(const struct np_match *m, const struct np_policy *policy)
{
	const struct np_world *w = m->world;

	for (const struct np_policy *p = policy + 1; p < w->policies + w->n_policies; p++) {
		if (m->fault == NP_FAULT_NAMES_TRUNCATED) {
			if (np_str_eq(p->ns, policy->ns) && p->name.n > 40 && policy->name.n > 40 &&
			    !memcmp(p->name.p, policy->name.p, 40))
				return true;
		} else if (p->ns.n + p->name.n == policy->ns.n + policy->name.n) {
			const struct np_policy *a = p->ns.n < policy->ns.n ? p : policy,
					       *b = a == p ? policy : p;
			size_t more = b->ns.n - a->ns.n;

			if (!memcmp(a->ns.p, b->ns.p, a->ns.n) &&
			    !memcmp(a->name.p, b->ns.p + a->ns.n, more) &&
			    !memcmp(a->name.p + more, b->name.p, b->name.n))
				return true;
		}
	}
	return false;
}

static bool subject_holds(const struct np_match *m, const struct np_policy *policy,
			  const struct np_pod *pod)
{
	if (m->fault == NP_FAULT_EMPTY_SUBJECT_NONE && is_empty(&policy->pod_selector))
		return false;
	/* S16 */
	if (!np_str_eq(policy->ns, pod->ns) && m->fault != NP_FAULT_CROSS_NAMESPACE_SUBJECT)
		return false;
	return pod_holds(m, &policy->pod_selector, pod);
}

bool np_match_applies(const struct np_match *m, const struct np_policy *policy,
		      const struct np_pod *pod, enum np_dir dir)
{
	if (!isolates(m, policy, dir) || !subject_holds(m, policy, pod) ||
	    !np_view_covers(m->view, pod, policy))
		return false;
	return !((m->fault == NP_FAULT_NAMES_TRUNCATED || m->fault == NP_FAULT_KEYS_JOINED) &&
		 is_shadowed(m, policy));
}

const struct np_rule *np_match_rules(const struct np_match *m, const struct np_policy *policy,
				     enum np_dir dir, size_t *ret_n)
{
	size_t n = policy->n_rules[dir], from = 0;

	if (m->fault == NP_FAULT_FIRST_RULE_ONLY && n > 1)
		n = 1;
	if (m->fault == NP_FAULT_LAST_RULE_ONLY && n > 1) {
		from = n - 1;
		n = 1;
	}
	*ret_n = n;
	return n ? policy->rules[dir] + from : NULL;
}

void np_match_addresses(const struct np_pod *pod, int family, struct np_ranges *ret)
{
	for (size_t i = 0; i < pod->n_ips; i++) {
		int have;
		np_u128 x = np_addr_number(&pod->ips[i], &have);

		if (have == family)
			np_ranges_add(ret, x, x);
	}
}

static void cut_excepts(const struct np_match *m, const struct np_ipblock *block, int family,
			struct np_ranges *r)
{
	size_t n = m->fault == NP_FAULT_FIRST_EXCEPT_ONLY && block->n_excepts > 1
			   ? 1
			   : block->n_excepts;

	if (m->fault == NP_FAULT_EXCEPT_IGNORED ||
	    (m->fault == NP_FAULT_ZERO_EXCEPT_IGNORED && block->cidr.prefix_bits == 0))
		return;
	for (size_t i = 0; i < n; i++) {
		int have;
		struct np_range x = np_cidr_range(&block->excepts[i], &have);

		if (have == family)
			np_ranges_cut(r, x.lo, x.hi);
	}
}

/* What ipBlock faults take out of a block. */
static void cut_known(const struct np_match *m, int family, struct np_ranges *r)
{
	const struct np_world *w = m->world;
	struct np_ranges known = { 0 };

	for (size_t i = 0; m->fault == NP_FAULT_BLOCK_NOT_PODS && i < w->n_pods; i++)
		if (np_match_endpoint(&w->pods[i]))
			np_match_addresses(&w->pods[i], family, &known);
	for (size_t i = 0; m->fault == NP_FAULT_BLOCK_NOT_NODES && i < w->n_nodes; i++)
		for (size_t k = 0; k < w->nodes[i].n_ips; k++) {
			int have;
			np_u128 x = np_addr_number(&w->nodes[i].ips[k], &have);

			if (have == family)
				np_ranges_add(&known, x, x);
		}
	np_ranges_subtract(r, &known);
	np_ranges_release(&known);
}

void np_match_block(const struct np_match *m, const struct np_ipblock *block, int family,
		    struct np_ranges *ret)
{
	struct np_ranges r = { 0 };
	int have;
	struct np_range cidr = np_cidr_range(&block->cidr, &have);

	if (m->fault == NP_FAULT_BLOCK_MATCHES_ALL && have == family)
		np_ranges_add(&r, 0, np_family_max(family));
	if (m->fault == NP_FAULT_V4_ALL_OPENS_V6 && have == 4 && block->cidr.prefix_bits == 0 &&
	    family == 6)
		np_ranges_add(&r, 0, np_family_max(family));
	if (have == family &&
	    !(m->fault == NP_FAULT_ZERO_CIDR_NOTHING && block->cidr.prefix_bits == 0)) {
		np_ranges_add(&r, cidr.lo, cidr.hi);
		cut_excepts(m, block, family, &r);
		if (m->fault == NP_FAULT_EXCEPT_INVERTED && block->n_excepts) {
			struct np_ranges rest = r;

			r = (struct np_ranges){ 0 };
			np_ranges_add(&r, cidr.lo, cidr.hi);
			np_ranges_subtract(&r, &rest);
			np_ranges_release(&rest);
		}
	}
	cut_known(m, family, &r);
	np_ranges_join(ret, &r);
	np_ranges_release(&r);
}
