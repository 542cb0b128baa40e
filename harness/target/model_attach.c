/* model_attach.c - which policies apply to which pod, and what isolates it. */
#include "model_parts.h"

bool np_m_selects(struct np_model *m, const struct m_policy *p, const struct m_pod *pod)
{
	bool own = mx_bool(m, NP_SITE_SUBJECT_NS, np_str_eq(p->ns, pod->ns));

	if (!own && !wrong(m, NP_MUTANT_SUBJECT_ALL_NS))
		return false;
	return mx_bool(m, NP_SITE_SUBJECT_MATCHES,
		       np_m_matches(m, &p->obj->pod_selector, &pod->subject_labels, M_SUBJECT));
}

/* Directions by something else than the types. */
static bool isolates_by(struct np_model *m, const struct m_policy *p, enum np_dir dir)
{
	bool other = p->types[!dir];

	if (p->types[dir])
		return true;
	if (wrong(m, NP_MUTANT_ISOLATES_BOTH))
		return true;
	if (dir == NP_INGRESS && other &&
	    (wrong(m, NP_MUTANT_EGRESS_ISOLATES_IN) || wrong(m, NP_MUTANT_EGRESS_AS_INGRESS)))
		return true;
	if (dir == NP_EGRESS && p->n_rules[dir] && wrong(m, NP_MUTANT_RULES_BEYOND_TYPES))
		return true;
	return np_m_is_empty(&p->obj->pod_selector) && wrong(m, NP_MUTANT_ALL_PODS_BOTH);
}

bool np_m_isolates(struct np_model *m, uint32_t policy, enum np_dir dir)
{
	const struct m_policy *p = &m->policies[policy];

	if (wrong(m, NP_MUTANT_TYPES_FROM_RULES))
		return p->n_rules[dir] || (dir == NP_INGRESS && !p->n_rules[!dir]);
	if (!p->n_rules[dir] &&
	    (wrong_if(m, NP_MUTANT_NO_RULES_OPEN, p->types[dir]) ||
	     wrong_if(m, NP_MUTANT_NO_RULES_OPEN_OUT, dir == NP_EGRESS && p->types[dir])))
		return false;
	if (dir == NP_EGRESS && p->types[dir] && wrong(m, NP_MUTANT_EGRESS_AS_INGRESS))
		return false;
	return isolates_by(m, p, dir);
}

static bool host_counts(struct np_model *m, const struct m_pod *pod)
{
	return pod->obj->host_network && wrong(m, NP_MUTANT_HOST_PODS_ISOLATED);
}

void np_m_attach(struct np_model *m, uint32_t policy, uint32_t pod)
{
	struct m_pod *p = &m->pods[pod];
	struct m_attach *a;

	if (m->policies[policy].unused || !p->there || !(p->live || host_counts(m, p)) ||
	    !np_m_pod_usable(m, pod) || mx_skip(m, NP_SITE_ATTACH))
		return;
	if (p->n_attached == p->cap_attached) {
		uint32_t cap = p->cap_attached ? p->cap_attached * 2 : 4;

		a = np_arena_array(&m->arena, cap, sizeof(*a));
		if (p->n_attached)
			memcpy(a, p->attached, p->n_attached * sizeof(*a));
		p->attached = a;
		p->cap_attached = cap;
	}
	a = &p->attached[p->n_attached++];
	a->policy = policy;
	for (int d = 0; d < NP_N_DIRS; d++) {
		a->isolates[d] = np_m_isolates(m, policy, (enum np_dir)d);
		p->isolated[d] =
			(int)(a->isolates[d] ? mx_num(m, NP_SITE_ISOLATE_COUNT, p->isolated[d] + 1)
					     : p->isolated[d]);
	}
	p->blocked |= p->was_deleted && wrong(m, NP_MUTANT_RECREATED_BLOCKED);
}

/* What a deletion wrongly does to the isolation by the others. */
static void after_delete(struct np_model *m, struct m_pod *p, const struct m_attach *gone)
{
	for (int d = 0; d < NP_N_DIRS; d++) {
		if (p->isolated[d] <= 0 && gone->isolates[d] && wrong(m, NP_MUTANT_ISOLATION_STAYS))
			p->stays[d] = true;
		if (p->isolated[d] > 0 && gone->isolates[d] &&
		    wrong(m, NP_MUTANT_DELETE_UNISOLATES))
			p->isolated[d] = 0;
		if (p->n_attached && gone->isolates[!d] && !p->isolated[d] &&
		    wrong(m, NP_MUTANT_DELETE_ISOLATES))
			p->stays[d] = true;
	}
}

static void drop(struct np_model *m, struct m_pod *p, uint32_t at, bool deleted)
{
	struct m_attach gone = p->attached[at];

	p->attached[at] = p->attached[--p->n_attached];
	for (int d = 0; d < NP_N_DIRS; d++)
		if (gone.isolates[d] && p->isolated[d] > 0)
			p->isolated[d]--;
	if (deleted)
		after_delete(m, p, &gone);
}

void np_m_detach(struct np_model *m, uint32_t policy, uint32_t pod, bool deleted)
{
	struct m_pod *p = &m->pods[pod];

	for (uint32_t i = p->n_attached; i-- > 0;)
		if (p->attached[i].policy == policy && !mx_skip(m, NP_SITE_DETACH))
			drop(m, p, i, deleted);
}

void np_m_detach_all(struct np_model *m, uint32_t pod)
{
	while (m->pods[pod].n_attached)
		drop(m, &m->pods[pod], m->pods[pod].n_attached - 1, false);
	for (int d = 0; d < NP_N_DIRS; d++)
		m->pods[pod].isolated[d] = 0;
}
