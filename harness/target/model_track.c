/* model_track.c - namespaces, nodes and pods as their events tell of them. */
#include "model_parts.h"

/* ---- labels ---- */

/* @labels, and what of @more has a key that they do not have. */
static struct np_labels with_missing(struct np_model *m, const struct np_labels *labels,
				     const struct np_labels *more)
{
	struct np_labels all = {
		np_arena_array(&m->arena, labels->n + more->n + 1, sizeof(*all.items)), labels->n
	};

	if (labels->n)
		memcpy(all.items, labels->items, labels->n * sizeof(*all.items));
	for (size_t i = 0; i < more->n; i++)
		if (!np_labels_get(labels, more->items[i].key))
			all.items[all.n++] = more->items[i];
	np_labels_sort(&all);
	return all;
}

static bool same_labels(const struct np_labels *a, const struct np_labels *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!np_str_eq(a->items[i].key, b->items[i].key) ||
		    !np_str_eq(a->items[i].value, b->items[i].value))
			return false;
	return true;
}

static bool lacks_one(const struct np_labels *now, const struct np_labels *before)
{
	for (size_t i = 0; i < before->n; i++)
		if (!np_labels_get(now, before->items[i].key))
			return true;
	return false;
}

/* ---- namespaces ---- */

static void ns_labels(struct np_model *m, struct m_ns *ns, enum np_model_verb verb,
		      const struct np_labels *labels)
{
	bool changed = verb == NP_MODEL_UPDATE && !same_labels(&ns->labels, labels);

	if (changed && wrong(m, NP_MUTANT_NS_LABELS_IGNORED))
		return;
	if (ns->by_pod && wrong(m, NP_MUTANT_NS_BEHIND))
		return;
	if (changed && lacks_one(labels, &ns->labels) && wrong(m, NP_MUTANT_NS_LABEL_REMOVAL))
		ns->labels = with_missing(m, labels, &ns->labels);
	else
		ns->labels = *labels;
	if (!(changed && wrong(m, NP_MUTANT_NS_LABELS_COMBINED)))
		ns->combined_labels = ns->labels;
}

static void rejoin_pods_of(struct np_model *m, uint32_t ns)
{
	struct m_list pods = { .n = 0 };
	struct m_span span;

	for (uint32_t i = 0; i < m->n_pods; i++)
		if (m->pods[i].there && m->pods[i].ns_slot == ns)
			np_m_list_add(m, &pods, i);
	span = mx_list(m, NP_SITE_NS_PODS, pods.n);
	for (size_t i = span.from; i < span.to; i++) {
		np_m_pod_leave(m, pods.items[i]);
		np_m_pod_join(m, pods.items[i]);
	}
}

static bool has_pods(const struct np_model *m, uint32_t ns)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		if (m->pods[i].ns_slot == ns && m->pods[i].since)
			return true;
	return false;
}

void np_m_namespace(struct np_model *m, enum np_model_verb verb, const struct np_namespace *ns)
{
	uint32_t slot = np_m_make_ns(m, ns->name);
	struct m_ns *n = &m->namespaces[slot];

	if (verb == NP_MODEL_DELETE) {
		n->there = false;
		n->was_deleted = true;
		if (has_pods(m, slot) && wrong(m, NP_MUTANT_NS_DELETE_DIES))
			m->crashed = true;
		return;
	}
	if (n->was_deleted && verb == NP_MODEL_ADD && wrong(m, NP_MUTANT_NS_BACK_DIES)) {
		m->crashed = true;
		return;
	}
	if (verb == NP_MODEL_ADD)
		n->since = m->clock;
	n->there = true;
	ns_labels(m, n, verb, &ns->labels);
	rejoin_pods_of(m, slot);
}

/* ---- nodes, Services ---- */

static uint32_t find_node(const struct np_model *m, struct np_str name)
{
	for (uint32_t i = 0; i < m->n_nodes; i++)
		if (np_str_eq(m->nodes[i].obj->name, name))
			return i;
	return NONE;
}

void np_m_node(struct np_model *m, enum np_model_verb verb, const struct np_node *node)
{
	uint32_t slot = find_node(m, node->name);

	if (slot == NONE) {
		slot = m->n_nodes++;
		m->nodes = np_grow(m->nodes, &m->cap_nodes, slot, sizeof(*m->nodes));
	}
	m->nodes[slot] = (struct m_node){ node, verb != NP_MODEL_DELETE };
}

/* Policies do not depend on Services: nothing is derived from them. */
void np_m_service(struct np_model *m, enum np_model_verb verb, const struct np_service *service)
{
	if (verb != NP_MODEL_ADD)
		return;
	m->services = np_grow(m->services, &m->cap_services, m->n_services, sizeof(*m->services));
	m->services[m->n_services++] = service;
}

/* ---- pods ---- */

static bool finished(struct np_model *m, const struct np_pod *pod)
{
	return mx_bool(m, NP_SITE_POD_FINISHED,
		       pod->phase == NP_PHASE_SUCCEEDED || pod->phase == NP_PHASE_FAILED);
}

/* The object of a finished pod is still there, and has an address that @pod has now. */
static bool finished_has(const struct np_model *m, uint32_t pod)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		for (uint32_t k = 0;
		     i != pod && m->pods[i].there && m->pods[i].finished && k < m->pods[i].n_addrs;
		     k++)
			for (uint32_t n = 0; n < m->pods[pod].n_addrs; n++)
				if (m->pods[i].addrs[k] == m->pods[pod].addrs[n])
					return true;
	return false;
}

static bool other_object_has(const struct np_model *m, uint32_t pod, uint32_t addr)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		for (uint32_t k = 0; i != pod && m->pods[i].there && k < m->pods[i].n_addrs; k++)
			if (m->pods[i].addrs[k] == addr)
				return true;
	return false;
}

static void claim(struct np_model *m, uint32_t pod, uint32_t addr)
{
	struct m_addr *a = &m->addrs[addr];

	if (other_object_has(m, pod, addr) && wrong(m, NP_MUTANT_SHARED_IP_DIES))
		m->crashed = true;
	if (a->first_owner == NONE)
		a->first_owner = pod;
	if (!m->pods[pod].finished)
		a->owner = pod;
}

static void take_addrs(struct np_model *m, uint32_t pod, const struct np_pod *obj)
{
	struct m_span span = mx_list(m, NP_SITE_POD_IPS, obj->n_ips);
	struct m_pod *p = &m->pods[pod];

	p->n_addrs = 0;
	for (size_t i = span.from; i < span.to; i++) {
		struct np_addr wire = np_addr_wire(&obj->ips[i]);

		p->addrs[p->n_addrs] = np_m_make_addr(m, &wire);
		if (!obj->host_network)
			claim(m, pod, p->addrs[p->n_addrs]);
		p->n_addrs++;
	}
}

static void release_addrs(struct np_model *m, uint32_t pod)
{
	for (uint32_t k = 0; k < m->pods[pod].n_addrs; k++) {
		struct m_addr *a = &m->addrs[m->pods[pod].addrs[k]];

		if (a->owner != pod)
			continue;
		a->owner = NONE;
		for (uint32_t i = 0; i < m->n_pods; i++)
			for (uint32_t n = 0; i != pod && m->pods[i].live && n < m->pods[i].n_addrs;
			     n++)
				if (m->pods[i].addrs[n] == m->pods[pod].addrs[k])
					a->owner = i;
	}
}

/* After a label that no other pod has is gone. */
static void note_unused_label(struct np_model *m, uint32_t pod, const struct np_labels *now)
{
	const struct np_labels *before = &m->pods[pod].obj->labels;

	for (size_t i = 0; i < before->n; i++) {
		const struct np_str *v = np_labels_get(now, before->items[i].key);
		bool used = v && np_str_eq(*v, before->items[i].value);

		for (uint32_t k = 0; k < m->n_pods && !used; k++) {
			v = k != pod && m->pods[k].there
				    ? np_labels_get(&m->pods[k].obj->labels, before->items[i].key)
				    : NULL;
			used = v && np_str_eq(*v, before->items[i].value);
		}
		if (!used && wrong(m, NP_MUTANT_LAST_LABEL_STOPS))
			m->policies_stuck = true;
	}
}

static void pod_labels(struct np_model *m, struct m_pod *p, enum np_model_verb verb,
		       const struct np_pod *obj)
{
	struct np_labels labels = obj->labels;
	bool changed = verb == NP_MODEL_UPDATE && !same_labels(&labels, &p->obj->labels);

	if (m->last_pod != NONE && m->pods[m->last_pod].obj != p->obj &&
	    wrong(m, NP_MUTANT_LABELS_LEAK))
		labels = with_missing(m, &labels, &m->pods[m->last_pod].obj->labels);
	if (changed && lacks_one(&labels, &p->peer_labels) && wrong(m, NP_MUTANT_LABEL_REMOVAL))
		labels = with_missing(m, &labels, &p->peer_labels);
	if (changed && wrong(m, NP_MUTANT_POD_LABELS_IGNORED))
		return;
	if (!(changed && wrong(m, NP_MUTANT_POD_LABELS_PEERS)))
		p->peer_labels = labels;
	if (!(changed && wrong(m, NP_MUTANT_POD_LABELS_SUBJECT)))
		p->subject_labels = labels;
}

static bool is_live(struct np_model *m, uint32_t pod)
{
	const struct m_pod *p = &m->pods[pod];
	bool live = !p->finished && !mx_bool(m, NP_SITE_POD_HOST, p->obj->host_network) &&
		    p->n_addrs > 0;

	if (live && finished_has(m, pod) && wrong(m, NP_MUTANT_FINISHED_OWNS))
		return false;
	return mx_bool(m, NP_SITE_POD_LIVE, live);
}

static void pod_there(struct np_model *m, uint32_t pod, enum np_model_verb verb,
		      const struct np_pod *obj)
{
	struct m_pod *p = &m->pods[pod];
	bool stale = p->was_deleted && verb == NP_MODEL_ADD && wrong(m, NP_MUTANT_RECREATED_STALE);

	if (verb == NP_MODEL_UPDATE && p->obj)
		note_unused_label(m, pod, &obj->labels);
	if (!stale)
		pod_labels(m, p, p->obj ? verb : NP_MODEL_ADD, obj);
	p->obj = obj;
	p->finished = finished(m, obj);
	if (!stale)
		take_addrs(m, pod, obj);
	p->there = true;
	p->live = is_live(m, pod);
	m->last_pod = pod;
}

/* The deleted policy's isolation falls on a pod that comes while it is torn down. */
static void born_isolated(struct np_model *m, struct m_pod *p)
{
	const struct m_policy *gone =
		m->deleted_policy == NONE ? NULL : &m->policies[m->deleted_policy];

	if (!gone || !np_str_eq(gone->ns, p->ns) || !wrong(m, NP_MUTANT_BORN_ISOLATED))
		return;
	for (int d = 0; d < NP_N_DIRS; d++)
		p->stays[d] = gone->types[d] && np_m_selects(m, gone, p);
}

static void end_subjects_at(struct np_model *m, uint32_t addr, uint32_t but)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		for (uint32_t k = 0; i != but && m->pods[i].there && k < m->pods[i].n_addrs; k++)
			if (m->pods[i].addrs[k] == addr)
				np_m_detach_all(m, i);
}

static void pod_gone(struct np_model *m, uint32_t pod)
{
	struct m_pod *p = &m->pods[pod];

	for (uint32_t i = 0; i < p->n_addrs && !p->obj->host_network; i++) {
		if (wrong(m, NP_MUTANT_LATE_DELETE) ||
		    wrong_if(m, NP_MUTANT_FINISHED_DELETE, p->finished))
			np_m_set_drop_addr(m, p->addrs[i]);
		if (p->finished && wrong(m, NP_MUTANT_FINISHED_SIBLING))
			end_subjects_at(m, p->addrs[i], pod);
	}
	p->there = p->live = false;
	p->was_deleted = true;
	p->blocked = false;
	p->stays[0] = p->stays[1] = false;
	release_addrs(m, pod);
}

void np_m_pod(struct np_model *m, enum np_model_verb verb, const struct np_pod *obj)
{
	uint32_t ns = np_m_make_ns(m, obj->ns), pod = np_m_make_pod(m, obj->ns, obj->name);
	struct m_pod *p = &m->pods[pod];

	if (verb == NP_MODEL_DELETE && !p->there)
		return;
	p->ns_slot = ns;
	if (!m->namespaces[ns].there) {
		m->namespaces[ns].by_pod = true;
		p->early = true;
	}
	m->deleting = verb == NP_MODEL_DELETE;
	if (p->there) {
		np_m_pod_leave(m, pod);
		release_addrs(m, pod);
	}
	m->deleting = false;
	if (verb == NP_MODEL_DELETE) {
		pod_gone(m, pod);
		return;
	}
	if (!p->there)
		p->since = m->clock;
	pod_there(m, pod, p->there ? NP_MODEL_UPDATE : verb, obj);
	np_m_pod_join(m, pod);
	if (verb == NP_MODEL_ADD)
		born_isolated(m, p);
}
