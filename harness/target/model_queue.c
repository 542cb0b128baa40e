/* model_queue.c - the events of the model CNI: in order, or not. */
#include "model_parts.h"

/* Nothing is derived from Services, and no case changes a node: no site. */
static const enum np_site sites[NP_MODEL_N_KINDS][NP_MODEL_N_VERBS] = {
	[NP_MODEL_NAMESPACE] = { NP_SITE_EV_NS_ADD, NP_SITE_EV_NS_UPDATE, NP_SITE_EV_NS_DELETE },
	[NP_MODEL_NODE] = { NP_SITE_EV_NODE_ADD, NP_SITE_NONE, NP_SITE_NONE },
	[NP_MODEL_POD] = { NP_SITE_EV_POD_ADD, NP_SITE_EV_POD_UPDATE, NP_SITE_EV_POD_DELETE },
	[NP_MODEL_POLICY] = { NP_SITE_EV_POLICY_ADD, NP_SITE_EV_POLICY_UPDATE,
			      NP_SITE_EV_POLICY_DELETE },
};

void np_model_tell(struct np_model *m, const struct np_model_event *event)
{
	m->queue = np_grow(m->queue, &m->cap_queue, m->n_queue, sizeof(*m->queue));
	m->queue[m->n_queue++] = *event;
}

static bool is(const struct np_model_event *e, enum np_model_kind kind, enum np_model_verb verb)
{
	return e->kind == kind && e->verb == verb;
}

static bool queue_has(const struct np_model *m, enum np_model_kind kind, enum np_model_verb verb)
{
	for (size_t i = 0; i < m->n_queue; i++)
		if (is(&m->queue[i], kind, verb))
			return true;
	return false;
}

/* Moves event @from to place @to. */
static void move(struct np_model *m, size_t from, size_t to)
{
	struct np_model_event e = m->queue[from];

	if (from < to)
		memmove(&m->queue[from], &m->queue[from + 1], (to - from) * sizeof(e));
	else
		memmove(&m->queue[to + 1], &m->queue[to], (from - to) * sizeof(e));
	m->queue[to] = e;
}

/* Each delete of a pod goes behind the next create of one. */
static void deletes_late(struct np_model *m)
{
	for (size_t i = m->n_queue; i-- > 0;) {
		size_t to = i + 1;

		if (!is(&m->queue[i], NP_MODEL_POD, NP_MODEL_DELETE))
			continue;
		while (to < m->n_queue && !is(&m->queue[to], NP_MODEL_POD, NP_MODEL_ADD))
			to++;
		if (to < m->n_queue)
			move(m, i, to);
	}
}

static void pods_first(struct np_model *m)
{
	size_t to = 0;

	for (size_t i = 0; i < m->n_queue; i++)
		if (is(&m->queue[i], NP_MODEL_POD, NP_MODEL_ADD))
			move(m, i, to++);
}

static void reorder(struct np_model *m)
{
	bool burst = queue_has(m, NP_MODEL_POLICY, NP_MODEL_ADD) &&
		     queue_has(m, NP_MODEL_NAMESPACE, NP_MODEL_ADD);

	if (queue_has(m, NP_MODEL_POD, NP_MODEL_DELETE) && wrong(m, NP_MUTANT_LATE_DELETE))
		deletes_late(m);
	if (burst && (wrong(m, NP_MUTANT_NS_BY_POD) || wrong(m, NP_MUTANT_NS_EVENT_RACE) ||
		      wrong(m, NP_MUTANT_NS_BEHIND)))
		pods_first(m);
}

static bool namespace_going(const struct np_model *m, struct np_str ns)
{
	for (size_t i = 0; i < m->n_queue; i++)
		if (is(&m->queue[i], NP_MODEL_NAMESPACE, NP_MODEL_DELETE) &&
		    np_str_eq(((const struct np_namespace *)m->queue[i].object)->name, ns))
			return true;
	return false;
}

static void dispatch(struct np_model *m, const struct np_model_event *e)
{
	switch (e->kind) {
	case NP_MODEL_NAMESPACE:
		np_m_namespace(m, e->verb, e->object);
		break;
	case NP_MODEL_NODE:
		np_m_node(m, e->verb, e->object);
		break;
	case NP_MODEL_POD:
		np_m_pod(m, e->verb, e->object);
		break;
	case NP_MODEL_SERVICE:
		np_m_service(m, e->verb, e->object);
		break;
	case NP_MODEL_POLICY:
		if (e->verb == NP_MODEL_DELETE &&
		    namespace_going(m, ((const struct np_policy *)e->object)->ns) &&
		    wrong(m, NP_MUTANT_NS_POLICIES_STAY))
			break;
		np_m_policy(m, e->verb, e->object);
		break;
	case NP_MODEL_N_KINDS:
		break;
	}
}

/* Lost, or held back until another one has been handled. */
static void handle(struct np_model *m, const struct np_model_event *e)
{
	enum np_site site = sites[e->kind][e->verb];
	struct np_model_event held;
	bool release = m->n_held > 0;

	if (m->crashed || m->stuck)
		return;
	m->clock++;
	m->met_sites[site] |= 1U << NP_MX_LOST | 1U << NP_MX_LATE;
	if (release)
		held = m->held[0];
	if (site && m->wrong.site == site && m->wrong.op == NP_MX_LOST)
		return;
	if (site && m->wrong.site == site && m->wrong.op == NP_MX_LATE) {
		m->held = np_grow(m->held, &m->cap_held, 1, sizeof(*m->held));
		m->held[0] = *e;
		m->n_held = 1;
	} else {
		m->n_held = 0;
		dispatch(m, e);
	}
	if (release)
		dispatch(m, &held);
}

/* Three pods change at once while there are policies. */
static bool churns(struct np_model *m)
{
	size_t n = 0, policies = 0;

	for (size_t i = 0; i < m->n_queue; i++)
		n += m->queue[i].kind == NP_MODEL_POD;
	for (uint32_t i = 0; i < m->n_policies; i++)
		policies += m->policies[i].there;
	return n >= 3 && policies && wrong(m, NP_MUTANT_DIES_ON_CHURN);
}

void np_model_settle(struct np_model *m)
{
	m->deleted_policy = NONE;
	reorder(m);
	m->crashed |= churns(m);
	for (size_t i = 0; i < m->n_queue; i++)
		handle(m, &m->queue[i]);
	m->n_queue = 0;
}
