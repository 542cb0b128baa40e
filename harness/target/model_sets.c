/* model_sets.c - the addresses behind the selectors of each peer, kept as pods come and go. */
#include "model_parts.h"

static bool in_set(const struct m_set *s, uint32_t pod)
{
	return pod / 64 < s->n_words && s->pods[pod / 64] >> pod % 64 & 1;
}

static void mark(struct np_model *m, struct m_set *s, uint32_t pod, bool in)
{
	if (pod / 64 >= s->n_words) {
		uint32_t n = (uint32_t)m->cap_pods / 64 + 1;
		uint64_t *words = np_arena_array(&m->arena, n, sizeof(*words));

		if (s->n_words)
			memcpy(words, s->pods, s->n_words * sizeof(*words));
		s->pods = words;
		s->n_words = n;
	}
	s->pods[pod / 64] &= ~(UINT64_C(1) << pod % 64);
	s->pods[pod / 64] |= (uint64_t)in << pod % 64;
}

static uint16_t *count_of(struct np_model *m, struct m_set *s, uint32_t addr)
{
	if (addr >= s->cap) {
		uint32_t cap = (uint32_t)m->cap_addrs;
		uint16_t *counts = np_arena_array(&m->arena, cap, sizeof(*counts));

		if (s->cap)
			memcpy(counts, s->counts, s->cap * sizeof(*counts));
		s->counts = counts;
		s->cap = cap;
	}
	return &s->counts[addr];
}

bool np_m_set_has(struct np_model *m, const struct m_set *set, uint32_t addr)
{
	return mx_bool(m, NP_SITE_IN_SET, addr != NONE && addr < set->cap && set->counts[addr] > 0);
}

bool np_m_set_empty(const struct m_set *set)
{
	return set->n_pods == 0;
}

/* ---- who belongs to a set ---- */

static bool counts_as_peer(struct np_model *m, const struct m_pod *pod)
{
	if (pod->there && pod->finished && !pod->obj->host_network &&
	    wrong(m, NP_MUTANT_FINISHED_PEERS))
		return true;
	return pod->there && pod->live;
}

static bool beyond_eight(struct np_model *m, const struct np_selector *sel, uint32_t ns)
{
	unsigned before = 0;

	for (uint32_t i = 0; i < ns; i++)
		before += m->namespaces[i].there &&
			  np_m_matches(m, sel, &m->namespaces[i].labels, M_PEER_NS);
	return before >= 8;
}

/* What of the order of events keeps a namespace out. */
static bool came_too_late(struct np_model *m, const struct m_set *s, const struct m_ns *ns)
{
	if (ns->since > m->policies[s->policy].since && wrong(m, NP_MUTANT_LATE_NS))
		return true;
	return ns->by_pod && np_m_is_empty(s->peer->ns_selector) && wrong(m, NP_MUTANT_NS_BY_POD);
}

static bool ns_matches(struct np_model *m, const struct m_set *s, const struct m_pod *pod)
{
	const struct np_selector *sel = s->peer->ns_selector;
	const struct m_ns *ns = &m->namespaces[pod->ns_slot];
	bool own = np_str_eq(pod->ns, m->policies[s->policy].ns);
	const struct np_labels *labels = s->peer->pod_selector ? &ns->combined_labels : &ns->labels;

	if (!mx_bool(m, NP_SITE_PEER_HAS_NS, sel != NULL))
		return mx_bool(m, NP_SITE_PEER_OWN_NS, own) ||
		       wrong_if(m, NP_MUTANT_PODSELECTOR_ALL_NS, !own);
	if (!sel || came_too_late(m, s, ns))
		return false;
	if (own && np_m_is_empty(sel) && wrong(m, NP_MUTANT_EMPTY_NS_LOSES))
		return false;
	if (pod->ns_slot >= 8 && wrong(m, NP_MUTANT_NAMESPACES_8) &&
	    beyond_eight(m, sel, pod->ns_slot))
		return false;
	if (mx_swap(m, NP_SITE_PEER_LABELS))
		labels = &pod->peer_labels;
	return mx_bool(m, NP_SITE_PEER_NS_MATCHES, np_m_matches(m, sel, labels, M_PEER_NS));
}

static bool pod_matches(struct np_model *m, const struct m_set *s, const struct m_pod *pod)
{
	const struct np_selector *sel = s->peer->pod_selector;

	if (!mx_bool(m, NP_SITE_PEER_HAS_POD, sel != NULL))
		return !wrong(m, NP_MUTANT_NS_PEER_NEVER);
	if (!sel)
		return false;
	if (s->dir == NP_EGRESS && !s->peer->ns_selector && np_m_is_empty(sel) &&
	    wrong(m, NP_MUTANT_EMPTY_POD_PEER_OUT))
		return false;
	return mx_bool(m, NP_SITE_PEER_POD_MATCHES,
		       np_m_matches(m, sel, &pod->peer_labels, M_PEER_POD));
}

static bool has_pod_of_ns(const struct np_model *m, const struct m_set *s, const struct m_pod *pod)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		if (in_set(s, i) && m->pods[i].ns_slot == pod->ns_slot)
			return true;
	return false;
}

static bool wants(struct np_model *m, const struct m_set *s, const struct m_pod *pod)
{
	bool both = s->peer->ns_selector && s->peer->pod_selector, ns, labels;

	if (!counts_as_peer(m, pod))
		return false;
	if (pod->since > m->policies[s->policy].since && wrong(m, NP_MUTANT_NEW_POD_NO_PEER))
		return false;
	if (s->emptied && wrong(m, NP_MUTANT_SET_NOT_REFILLED))
		return false;
	ns = ns_matches(m, s, pod);
	labels = pod_matches(m, s, pod);
	if (both) {
		if (wrong(m, NP_MUTANT_COMBINED_NEVER))
			return false;
		if (wrong(m, NP_MUTANT_COMBINED_DROPS_POD) ||
		    (np_m_is_negative(s->peer->ns_selector) &&
		     wrong(m, NP_MUTANT_COMBINED_NEGATIVE)))
			return ns;
		if (wrong(m, NP_MUTANT_COMBINED_DROPS_NS))
			return labels;
		if (wrong(m, NP_MUTANT_COMBINED_ONE_POD) && has_pod_of_ns(m, s, pod))
			return false;
	}
	return mx_bool(m, NP_SITE_PEER_BOTH, ns && labels);
}

/* ---- joining and leaving ---- */

static void set_add(struct np_model *m, struct m_set *s, uint32_t pod)
{
	struct m_pod *p = &m->pods[pod];

	if (in_set(s, pod) || !mx_bool(m, NP_SITE_SET_JOIN, wants(m, s, p)))
		return;
	mark(m, s, pod, true);
	s->n_pods++;
	for (uint32_t i = 0; i < p->n_addrs; i++) {
		uint16_t *n = count_of(m, s, p->addrs[i]);

		if (m->addrs[p->addrs[i]].first_owner != pod && wrong(m, NP_MUTANT_FIRST_OWNER))
			continue;
		*n = (uint16_t)mx_num(m, NP_SITE_SET_COUNT, *n + 1);
	}
}

static void set_remove(struct np_model *m, struct m_set *s, uint32_t pod)
{
	struct m_pod *p = &m->pods[pod];

	if (!in_set(s, pod) || mx_skip(m, NP_SITE_SET_LEAVE) || wrong(m, NP_MUTANT_SETS_GROW))
		return;
	mark(m, s, pod, false);
	s->n_pods--;
	s->emptied |= s->n_pods == 0 && m->deleting;
	for (uint32_t i = 0; i < p->n_addrs; i++) {
		uint16_t *n = count_of(m, s, p->addrs[i]);

		if (wrong(m, NP_MUTANT_FIRST_OWNER))
			continue;
		if (*n > 1 && wrong(m, NP_MUTANT_NO_REFCOUNT))
			*n = 0;
		*n = (uint16_t)(*n ? *n - 1 : 0);
	}
}

void np_m_set_drop_addr(struct np_model *m, uint32_t addr)
{
	for (uint32_t i = 0; i < m->n_sets; i++)
		if (addr < m->sets[i].cap)
			m->sets[i].counts[addr] = 0;
}

uint32_t np_m_set_new(struct np_model *m, const struct np_peer *peer, uint32_t policy,
		      enum np_dir dir)
{
	struct m_set *s;
	struct m_span span = mx_list(m, NP_SITE_FILL_PODS, m->n_pods);

	m->sets = np_grow(m->sets, &m->cap_sets, m->n_sets, sizeof(*m->sets));
	s = &m->sets[m->n_sets];
	*s = (struct m_set){ .peer = peer, .policy = policy, .dir = dir, .there = true };
	for (size_t i = span.from; i < span.to; i++)
		set_add(m, s, (uint32_t)i);
	return m->n_sets++;
}

static bool ruleless(const struct m_policy *p)
{
	return !p->n_rules[NP_INGRESS] && !p->n_rules[NP_EGRESS];
}

static bool on_known_node(const struct np_model *m, const struct m_policy *p,
			  const struct np_pod *pod)
{
	for (uint32_t i = 0; i < p->subjects.n; i++)
		if (np_str_eq(m->pods[p->subjects.items[i]].obj->node, pod->node))
			return true;
	return false;
}

/* Whether a pod that comes after the policy is passed over. */
static bool late_for(struct np_model *m, const struct m_policy *p, const struct m_pod *pod)
{
	if (pod->was_deleted && wrong(m, NP_MUTANT_RECREATED_OPEN))
		return true;
	if (pod->early && wrong(m, NP_MUTANT_NS_EVENT_RACE))
		return true;
	if (pod->since <= p->since)
		return false;
	if (wrong(m, NP_MUTANT_NEW_POD_OPEN))
		return true;
	if (ruleless(p) && !np_m_is_empty(&p->obj->pod_selector) &&
	    wrong(m, NP_MUTANT_NEW_POD_RULELESS))
		return true;
	return wrong(m, NP_MUTANT_NODE_SPAN) && !on_known_node(m, p, pod->obj);
}

/* The pod whose labels and namespace decide on policies: itself. */
static const struct m_pod *seen_as(struct np_model *m, uint32_t pod)
{
	for (uint32_t i = 0; i < m->pods[pod].n_addrs; i++) {
		uint32_t first = m->addrs[m->pods[pod].addrs[i]].first_owner;

		if (first != NONE && first != pod && wrong(m, NP_MUTANT_OWNER_CACHE))
			return &m->pods[first];
	}
	return &m->pods[pod];
}

static void join_policies(struct np_model *m, uint32_t pod)
{
	const struct m_pod *seen = seen_as(m, pod);
	struct m_span span = mx_list(m, NP_SITE_POD_POLICIES, m->n_policies);

	for (size_t i = span.from; i < span.to; i++) {
		struct m_policy *p = &m->policies[i];

		if (!p->there || !np_m_selects(m, p, seen) || late_for(m, p, &m->pods[pod]))
			continue;
		np_m_attach(m, (uint32_t)i, pod);
		if (wrong(m, NP_MUTANT_FIRST_POLICY_UPDATED))
			return;
	}
}

void np_m_pod_join(struct np_model *m, uint32_t pod)
{
	struct m_span span = mx_list(m, NP_SITE_POD_SETS, m->n_sets);

	join_policies(m, pod);
	for (size_t i = span.from; i < span.to; i++)
		if (m->sets[i].there)
			set_add(m, &m->sets[i], pod);
}

void np_m_pod_leave(struct np_model *m, uint32_t pod)
{
	np_m_detach_all(m, pod);
	for (uint32_t i = 0; i < m->n_sets; i++)
		if (m->sets[i].there)
			set_remove(m, &m->sets[i], pod);
}
