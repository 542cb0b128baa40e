/* model_side.c - one side of a connection: is the pod isolated, and does a policy let it through.
 */
#include "model_parts.h"

static bool all_peers_unmatched(const struct np_model *m, const struct m_policy *p, enum np_dir dir)
{
	bool peers = false;

	for (uint32_t r = 0; r < p->n_rules[dir]; r++) {
		if (!p->rules[dir][r].n_peers)
			return false;
		for (uint32_t k = 0; k < p->rules[dir][r].n_peers; k++) {
			uint32_t set = p->rules[dir][r].peers[k].set;

			if (set == NONE || !np_m_set_empty(&m->sets[set]))
				return false;
			peers = true;
		}
	}
	return peers;
}

/* All its ipBlocks are of the other family, and it has some. */
static bool blocks_of_other_family(const struct m_look *l, const struct m_policy *p)
{
	bool other = false;

	for (uint32_t r = 0; r < p->n_rules[l->dir]; r++)
		for (uint32_t k = 0; k < p->rules[l->dir][r].n_peers; k++) {
			const struct np_ipblock *b = p->rules[l->dir][r].peers[k].spec->ip_block;

			if (!b || b->cidr.addr.width == l->other->ip.width)
				return false;
			other = true;
		}
	return other;
}

/* Whether this policy does not isolate after all. */
static bool isolation_lost(const struct m_look *l, const struct m_attach *a)
{
	struct np_model *m = l->m;
	const struct m_policy *p = &m->policies[a->policy];
	enum np_mutant unmatched = l->dir == NP_INGRESS ? NP_MUTANT_UNMATCHED_UNISOLATES_IN
							: NP_MUTANT_UNMATCHED_UNISOLATES_OUT;

	return (wrong(m, unmatched) && all_peers_unmatched(m, p, l->dir)) ||
	       (wrong(m, NP_MUTANT_ONE_FAMILY_OPEN) && blocks_of_other_family(l, p)) ||
	       np_m_out_of_force(m, a->policy);
}

static uint32_t first_by_name(const struct np_model *m, const struct m_pod *pod)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i < pod->n_attached; i++)
		if (np_str_cmp(m->policies[pod->attached[i].policy].name,
			       m->policies[pod->attached[first].policy].name) < 0)
			first = i;
	return first;
}

static bool some_isolation_left(const struct m_look *l, const struct m_pod *pod)
{
	for (uint32_t i = 0; i < pod->n_attached; i++)
		if (pod->attached[i].isolates[l->dir] && !isolation_lost(l, &pod->attached[i]))
			return true;
	return false;
}

static bool is_isolated(const struct m_look *l, const struct m_pod *pod)
{
	struct np_model *m = l->m;
	enum np_dir dir = mx_swap(m, NP_SITE_ISOLATED_DIR) ? (enum np_dir) !l->dir : l->dir;
	bool isolated = mx_bool(m, NP_SITE_ISOLATED, pod->isolated[dir] > 0);

	if (isolated && pod->n_attached && m->wrong.mutant && !some_isolation_left(l, pod))
		isolated = false;
	if (!m->wrong.mutant && pod->n_attached)
		some_isolation_left(l, pod); /* notes what was met */
	if (pod->n_attached > 1 && wrong(m, NP_MUTANT_FIRST_POLICY_TYPES))
		isolated = pod->attached[first_by_name(m, pod)].isolates[l->dir];
	return isolated || pod->stays[l->dir];
}

/* Ways to be open although isolated. */
static bool open_anyway(const struct m_look *l, const struct m_pod *pod)
{
	struct np_model *m = l->m;

	if (l->conn->service && (wrong(m, NP_MUTANT_SERVICE_UNFILTERED) ||
				 wrong_if(m, NP_MUTANT_SERVICE_INGRESS_OPEN, l->dir == NP_INGRESS)))
		return true;
	if (l->own->ip.width == 16 && wrong(m, NP_MUTANT_V6_OPEN))
		return true;
	return pod->n_addrs > 1 && wrong(m, NP_MUTANT_DUAL_OPEN);
}

static bool subject_node_is(const struct m_look *l, const struct np_model_place *place)
{
	struct np_str node = l->m->pods[l->subject].obj->node;

	return node.n && place->node.n && np_str_eq(node, place->node);
}

/* An except of any of its policies denies. */
static bool excepted(const struct m_look *l, const struct m_pod *pod)
{
	for (uint32_t i = 0; i < pod->n_attached; i++) {
		const struct m_policy *p = &l->m->policies[pod->attached[i].policy];

		for (uint32_t r = 0; r < p->n_rules[l->dir]; r++)
			for (uint32_t k = 0; k < p->rules[l->dir][r].n_peers; k++) {
				const struct np_ipblock *b =
					p->rules[l->dir][r].peers[k].spec->ip_block;

				if (b && b->n_excepts &&
				    np_m_in_some_except(l->m, b, &l->other->ip))
					return true;
			}
	}
	return false;
}

/* A policy that is not the subject's lets later blocks of its rules through. */
static bool block_of_stranger(struct m_look *l)
{
	for (uint32_t i = 0; i < l->m->n_policies; i++) {
		l->policy = &l->m->policies[i];
		for (uint32_t r = 0; l->policy->there && r < l->policy->n_rules[l->dir]; r++) {
			l->rule = &l->policy->rules[l->dir][r];
			for (uint32_t k = 1; k < l->rule->n_peers; k++)
				if (l->rule->peers[k].spec->ip_block &&
				    np_m_block_matches(l, &l->rule->peers[k]) &&
				    np_m_ports_match(l))
					return true;
		}
	}
	return false;
}

static bool split_opens(const struct m_look *l, const struct m_policy *p)
{
	return !p->n_rules[l->dir] && p->types[l->dir] && np_m_entries(p->obj) > 24 &&
	       wrong(l->m, NP_MUTANT_SPLIT_OPENS);
}

static bool one_policy_allows(struct m_look *l, const struct m_attach *a)
{
	struct np_model *m = l->m;
	const struct m_policy *p = &m->policies[a->policy];

	if (!a->isolates[l->dir] && !(p->ghost && p->types[l->dir]))
		return false;
	if (p->failed && wrong(m, NP_MUTANT_EMPTY_AFTER_RETRY))
		return false;
	l->policy = p;
	return split_opens(l, p) || np_m_policy_allows(l);
}

static bool policies_allow(struct m_look *l, const struct m_pod *pod)
{
	struct m_span span = mx_list(l->m, NP_SITE_POLICIES, pod->n_attached);
	bool anded = pod->n_attached > 1 && wrong(l->m, NP_MUTANT_POLICIES_ANDED);

	for (size_t i = span.from; i < span.to; i++) {
		bool allows = one_policy_allows(l, &pod->attached[i]);

		if (allows && !anded)
			return true;
		if (anded && !allows && pod->attached[i].isolates[l->dir])
			return false;
	}
	return anded;
}

/* The port of @sp on the pod; 0: it has none. */
static uint16_t target_of(const struct np_service_port *sp, const struct np_pod *pod)
{
	if (!sp->target_name.n)
		return sp->target_port ? sp->target_port : sp->port;
	for (size_t i = 0; i < pod->n_ports; i++)
		if (pod->ports[i].proto == sp->proto &&
		    np_str_eq(pod->ports[i].name, sp->target_name))
			return pod->ports[i].port;
	return 0;
}

static bool behind(const struct np_service *s, const struct m_pod *pod)
{
	if (!pod->live || !np_str_eq(s->ns, pod->ns))
		return false;
	for (size_t i = 0; i < s->selector.n; i++) {
		const struct np_str *v = np_labels_get(&pod->obj->labels, s->selector.items[i].key);

		if (!v || !np_str_eq(*v, s->selector.items[i].value))
			return false;
	}
	return s->selector.n > 0;
}

/* Allowed at the port of any pod behind the Service. */
static bool any_backend_allows(struct m_look *l, const struct m_pod *subject)
{
	const struct np_service *s = l->conn->service;
	struct m_look o = *l;

	for (uint32_t i = 0; i < l->m->n_pods; i++) {
		if (!behind(s, &l->m->pods[i]))
			continue;
		o.port = target_of(&s->ports[l->conn->service_port], l->m->pods[i].obj);
		if (o.port && policies_allow(&o, subject))
			return true;
	}
	return false;
}

static bool all_ports_allow(struct m_look *l, const struct m_pod *subject)
{
	const struct np_service *s = l->conn->service;
	struct m_look o = *l;

	for (size_t i = 0; i < s->n_ports && l->dst_pod != NONE; i++) {
		o.port = target_of(&s->ports[i], l->m->pods[l->dst_pod].obj);
		o.proto = s->ports[i].proto;
		if (!policies_allow(&o, subject))
			return false;
	}
	return true;
}

static bool allows_through_service(struct m_look *l, const struct m_pod *pod, bool allows)
{
	struct np_model *m = l->m;

	if (!l->conn->service)
		return allows;
	if (l->dir == NP_EGRESS && wrong(m, NP_MUTANT_SERVICE_ANY_BACKEND))
		allows |= any_backend_allows(l, pod);
	if (l->dir == NP_EGRESS && wrong(m, NP_MUTANT_SERVICE_ALL_PORTS))
		allows &= all_ports_allow(l, pod);
	return allows && !wrong(m, NP_MUTANT_SERVICE_DROPPED);
}

enum m_result np_m_side(struct m_look *l)
{
	struct np_model *m = l->m;
	const struct m_pod *pod = &m->pods[np_m_pod_twin(m, l->subject)];

	if (!is_isolated(l, pod)) {
		bool closed =
			pod->n_attached && l->own->ip.width == 16 && wrong(m, NP_MUTANT_V6_CLOSED);

		return closed ? M_DENY : M_OPEN;
	}
	if (l->other->pod == NONE && l->other->addr == NONE && wrong(m, NP_MUTANT_DIES_ON_FOREIGN))
		m->crashed = true;
	if (open_anyway(l, pod))
		return M_OPEN;
	if (pod->blocked)
		return M_DENY;
	if (l->dir == NP_EGRESS && subject_node_is(l, l->other) && wrong(m, NP_MUTANT_OWN_NODE_OUT))
		return M_ALLOW;
	if (wrong(m, NP_MUTANT_EXCEPT_DENIES) && excepted(l, pod))
		return M_DENY;
	if (allows_through_service(l, pod, policies_allow(l, pod)))
		return M_ALLOW;
	return wrong(m, NP_MUTANT_BLOCKS_WITHOUT_SUBJECT) && block_of_stranger(l) ? M_ALLOW
										  : M_DENY;
}
