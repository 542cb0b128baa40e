/* model_port.c - port entries of the model CNI: numbers, ranges and names. */
#include "model_parts.h"

static bool proto_is(struct np_model *m, const struct np_container_port *cp,
		     const struct np_port *q)
{
	if (cp->proto != q->proto && wrong(m, NP_MUTANT_NAMED_ANY_PROTO))
		return true;
	return mx_bool(m, NP_SITE_NAME_PROTO, cp->proto == q->proto);
}

/* Whether @pod's ports give @q's name the number @port. */
static bool pod_names(struct np_model *m, uint32_t pod, const struct np_port *q, uint16_t port)
{
	const struct np_pod *obj = m->pods[pod].obj;
	struct m_span span = mx_list(m, NP_SITE_NAME_PORTS, obj->n_ports);

	for (size_t i = span.from; i < span.to; i++) {
		const struct np_container_port *cp = &obj->ports[i];

		if (!mx_bool(m, NP_SITE_NAME_REGULAR, cp->ctr_kind == NP_CTR_REGULAR))
			continue;
		if (cp->ctr && wrong(m, NP_MUTANT_NAMED_FIRST_CONTAINER))
			continue;
		if (mx_bool(m, NP_SITE_NAME_SAME, np_str_eq(cp->name, q->name)) &&
		    proto_is(m, cp, q) && mx_num(m, NP_SITE_NAME_NUMBER, cp->port) == port)
			return true;
	}
	return false;
}

/* The number of @q's name on @pod; 0: it has none. */
static uint16_t number_on(const struct np_pod *pod, const struct np_port *q)
{
	for (size_t i = 0; i < pod->n_ports; i++)
		if (pod->ports[i].ctr_kind == NP_CTR_REGULAR && pod->ports[i].proto == q->proto &&
		    np_str_eq(pod->ports[i].name, q->name))
			return pod->ports[i].port;
	return 0;
}

/* The first number of the name on any pod, and whether there is another. */
static uint16_t number_anywhere(const struct np_model *m, const struct np_port *q,
				bool *ret_several)
{
	uint16_t first = 0;

	*ret_several = false;
	for (uint32_t i = 0; i < m->n_pods; i++) {
		uint16_t n = m->pods[i].live ? number_on(m->pods[i].obj, q) : 0;

		*ret_several |= n && first && n != first;
		first = first ? first : n;
	}
	return first;
}

static bool any_pod_names(const struct np_model *m, const struct np_port *q, uint16_t port)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		if (m->pods[i].live && number_on(m->pods[i].obj, q) == port)
			return true;
	return false;
}

static bool same_labels(const struct np_pod *a, const struct np_pod *b)
{
	if (a->labels.n != b->labels.n || !np_str_eq(a->ns, b->ns))
		return false;
	for (size_t i = 0; i < a->labels.n; i++)
		if (!np_str_eq(a->labels.items[i].key, b->labels.items[i].key) ||
		    !np_str_eq(a->labels.items[i].value, b->labels.items[i].value))
			return false;
	return true;
}

/* The first pod of equal labels stands for all. */
static uint32_t first_alike(const struct np_model *m, uint32_t pod)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		if (m->pods[i].live && same_labels(m->pods[i].obj, m->pods[pod].obj))
			return i;
	return pod;
}

static uint32_t last_subject(const struct m_look *l)
{
	for (uint32_t i = l->m->n_pods; i-- > 0;)
		if (l->m->pods[i].live && np_m_selects(l->m, l->policy, &l->m->pods[i]))
			return i;
	return NONE;
}

/* What a name that the destination does not have is taken for. */
static bool missing_name_matches(const struct m_look *l, const struct np_port *q)
{
	bool several;

	if (l->dst_pod != NONE && !number_on(l->m->pods[l->dst_pod].obj, q) &&
	    wrong(l->m, NP_MUTANT_MISSING_NAME_ALL))
		return true;
	return q->proto == l->proto && !number_anywhere(l->m, q, &several) &&
	       wrong(l->m, NP_MUTANT_MISSING_NAME_PROTO);
}

/* Egress names that are resolved once for all destinations. */
static bool named_for_all(const struct m_look *l, const struct np_port *q, bool *ret)
{
	bool several;
	uint16_t first;

	if (l->dir != NP_EGRESS)
		return false;
	first = number_anywhere(l->m, q, &several);
	if (several && wrong(l->m, NP_MUTANT_NAMED_DIVERGENT_NOTHING))
		*ret = false;
	else if (several && wrong(l->m, NP_MUTANT_NAMED_ONE_NUMBER))
		*ret = first == l->port && l->other->pod != NONE;
	else
		return false;
	return true;
}

/* The pod whose ports count; NONE: no pod's. */
static uint32_t name_pod(const struct m_look *l, const struct np_port *q)
{
	struct np_model *m = l->m;
	uint32_t source = l->dir == NP_INGRESS ? l->other->pod : l->subject;

	if (l->dir == NP_INGRESS && wrong(m, NP_MUTANT_NAMED_FROM_SOURCE))
		return source;
	if (l->dir == NP_INGRESS && wrong(m, NP_MUTANT_NAMED_LAST_SUBJECT))
		return last_subject(l);
	if (l->dir == NP_INGRESS && wrong(m, NP_MUTANT_NAMED_NEEDS_SOURCE) &&
	    (source == NONE || !number_on(m->pods[source].obj, q)))
		return NONE;
	if (mx_swap(m, NP_SITE_NAME_POD))
		return source;
	if (l->dst_pod != NONE && wrong(m, NP_MUTANT_NAMED_PER_LABELS))
		return first_alike(m, l->dst_pod);
	return l->dst_pod;
}

static bool named(const struct m_look *l, const struct np_port *q)
{
	struct np_model *m = l->m;
	uint32_t pod;
	bool answer;

	if (wrong(m, NP_MUTANT_NAMED_NEVER) ||
	    wrong_if(m, NP_MUTANT_NAMED_SCTP_NOTHING, q->proto == NP_SCTP))
		return false;
	if (wrong(m, NP_MUTANT_NAMED_ANY_PORT) || missing_name_matches(l, q))
		return true;
	if (named_for_all(l, q, &answer))
		return answer;
	if (wrong(m, NP_MUTANT_NAMED_UNION))
		return l->dst_pod != NONE && any_pod_names(m, q, l->port);
	pod = name_pod(l, q);
	return pod != NONE && pod_names(m, pod, q, l->port);
}

static bool in_range(const struct m_look *l, const struct np_port *q)
{
	struct np_model *m = l->m;
	long first = mx_num(m, NP_SITE_RANGE_FIRST, q->port),
	     last = mx_num(m, NP_SITE_RANGE_LAST, q->end_port);

	if (wrong(m, NP_MUTANT_ENDPORT_IGNORED))
		return l->port == first;
	if (wrong(m, NP_MUTANT_ENDPORT_EXCLUSIVE))
		last--;
	if (mx_swap(m, NP_SITE_RANGE_ENDS))
		return last <= l->port && l->port <= first;
	return first <= l->port && l->port <= last;
}

/* A number of the same protocol beside an entry for all its ports. */
static bool has_number_beside(const struct m_look *l, const struct np_port *q)
{
	const struct np_rule *r = l->rule->spec;

	for (size_t i = 0; i < r->n_ports; i++)
		if (r->ports[i].kind == NP_PORT_NUMBER && r->ports[i].proto == q->proto)
			return true;
	return false;
}

static bool any_port(const struct m_look *l, const struct np_port *q)
{
	struct np_model *m = l->m;

	if (wrong(m, NP_MUTANT_PORTLESS_ZERO))
		return false;
	return !(has_number_beside(l, q) && wrong(m, NP_MUTANT_PORT_REPLACES_ALL));
}

static bool port_matches(const struct m_look *l, const struct np_port *q)
{
	struct np_model *m = l->m;

	/* Some of these come before the protocol is looked at. */
	if (q->kind == NP_PORT_NAME && l->dst_pod != NONE && wrong(m, NP_MUTANT_MISSING_NAME_ALL) &&
	    missing_name_matches(l, q))
		return true;
	if (!mx_bool(m, NP_SITE_PROTO, q->proto == l->proto))
		return false;
	switch (q->kind) {
	case NP_PORT_ANY:
		return any_port(l, q) && !mx_skip(m, NP_SITE_PORT_ANY);
	case NP_PORT_NUMBER:
		return mx_num(m, NP_SITE_PORT_NUMBER, q->port) == l->port;
	case NP_PORT_RANGE:
		return in_range(l, q);
	case NP_PORT_NAME:
		return named(l, q);
	}
	return false;
}

static size_t port_limit(struct np_model *m, size_t n)
{
	if (n > 24 && wrong(m, NP_MUTANT_PORTS_24))
		return 24;
	return n > 40 && wrong(m, NP_MUTANT_PORTS_40) ? 40 : n;
}

bool np_m_ports_match(const struct m_look *l)
{
	const struct np_rule *r = l->rule->spec;
	struct np_model *m = l->m;
	struct m_span span = mx_list(m, NP_SITE_PORTS, port_limit(m, r->n_ports));

	if (mx_bool(m, NP_SITE_NO_PORTS, r->n_ports == 0))
		return true;
	for (size_t i = span.from; i < span.to; i++)
		if (port_matches(l, &r->ports[i]))
			return true;
	return false;
}
