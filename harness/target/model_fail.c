/* model_fail.c - policies that the model CNI cannot digest (mutants only). */
#include "model_parts.h"

static bool has_named_sctp(const struct np_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_ports; k++)
				if (p->rules[d][r].ports[k].kind == NP_PORT_NAME &&
				    p->rules[d][r].ports[k].proto == NP_SCTP)
					return true;
	return false;
}

static bool has_named_egress(const struct np_policy *p)
{
	for (size_t r = 0; r < p->n_rules[NP_EGRESS]; r++)
		for (size_t k = 0; k < p->rules[NP_EGRESS][r].n_ports; k++)
			if (p->rules[NP_EGRESS][r].ports[k].kind == NP_PORT_NAME)
				return true;
	return false;
}

static bool has_peerless_rule(const struct np_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			if (!p->rules[d][r].n_peers)
				return true;
	return false;
}

static bool has_block(const struct np_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_peers; k++)
				if (p->rules[d][r].peers[k].ip_block)
					return true;
	return false;
}

static bool dies_on(struct np_model *m, const struct np_policy *p)
{
	return (np_m_has_port_kind(p, NP_PORT_ANY) && wrong(m, NP_MUTANT_DIES_ON_PORTLESS)) ||
	       (np_m_has_port_kind(p, NP_PORT_NAME) && wrong(m, NP_MUTANT_DIES_ON_NAMED)) ||
	       (has_named_egress(p) && wrong(m, NP_MUTANT_DIES_ON_NAMED_OUT)) ||
	       (has_named_sctp(p) && wrong(m, NP_MUTANT_DIES_ON_NAMED_SCTP)) ||
	       (has_peerless_rule(p) && wrong(m, NP_MUTANT_DIES_ON_NO_FROM)) ||
	       (has_block(p) && wrong(m, NP_MUTANT_DIES_ON_BLOCK));
}

void np_m_trouble_before(struct np_model *m, const struct np_policy *p)
{
	if (dies_on(m, p))
		m->crashed = true;
	if (np_m_has_port_kind(p, NP_PORT_NAME) && wrong(m, NP_MUTANT_NAMED_ABORTS))
		m->stuck = true;
}

static bool overlap(const struct np_cidr *a, const struct np_cidr *b)
{
	uint8_t bits = a->prefix_bits < b->prefix_bits ? a->prefix_bits : b->prefix_bits;
	struct np_addr x = np_addr_mask(&a->addr, bits), y = np_addr_mask(&b->addr, bits);

	return np_addr_eq(&x, &y);
}

static bool same_selector(const struct np_selector *a, const struct np_selector *b)
{
	if (!a || !b)
		return a == b;
	if (a->match_labels.n != b->match_labels.n || a->n_exprs || b->n_exprs)
		return false;
	for (size_t i = 0; i < a->match_labels.n; i++)
		if (!np_str_eq(a->match_labels.items[i].key, b->match_labels.items[i].key) ||
		    !np_str_eq(a->match_labels.items[i].value, b->match_labels.items[i].value))
			return false;
	return true;
}

static bool same_peer(const struct np_peer *a, const struct np_peer *b)
{
	if (a->ip_block || b->ip_block)
		return a->ip_block && b->ip_block &&
		       a->ip_block->cidr.prefix_bits == b->ip_block->cidr.prefix_bits &&
		       np_addr_eq(&a->ip_block->cidr.addr, &b->ip_block->cidr.addr);
	return same_selector(a->pod_selector, b->pod_selector) &&
	       same_selector(a->ns_selector, b->ns_selector);
}

typedef bool pair_fn(const struct np_peer *a, const struct np_peer *b);

static bool blocks_overlap(const struct np_peer *a, const struct np_peer *b)
{
	return a->ip_block && b->ip_block && overlap(&a->ip_block->cidr, &b->ip_block->cidr);
}

/* Some two peers of one rule are @f. */
static bool any_pair(const struct np_policy *p, pair_fn *f)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t i = 0; i < p->rules[d][r].n_peers; i++)
				for (size_t k = 0; k < i; k++)
					if (f(&p->rules[d][r].peers[i], &p->rules[d][r].peers[k]))
						return true;
	return false;
}

void np_m_trouble_after(struct np_model *m, const struct np_policy *p)
{
	if (any_pair(p, blocks_overlap) && wrong(m, NP_MUTANT_OVERLAP_STOPS))
		m->stuck = true;
	if (any_pair(p, same_peer) && wrong(m, NP_MUTANT_DUPLICATE_STOPS))
		m->stuck = true;
}

static bool selector_has_empty_value(const struct np_selector *s)
{
	for (size_t i = 0; s && i < s->n_exprs; i++)
		for (size_t k = 0; k < s->exprs[i].n_values; k++)
			if (!s->exprs[i].values[k].n)
				return true;
	return false;
}

static bool has_empty_value(const struct np_policy *p)
{
	if (selector_has_empty_value(&p->pod_selector))
		return true;
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_peers; k++)
				if (selector_has_empty_value(
					    p->rules[d][r].peers[k].pod_selector) ||
				    selector_has_empty_value(p->rules[d][r].peers[k].ns_selector))
					return true;
	return false;
}

static bool comes_after(const struct m_policy *a, const struct m_policy *b)
{
	int c = np_str_cmp(a->ns, b->ns);

	return c > 0 || (c == 0 && np_str_cmp(a->name, b->name) > 0);
}

/* Another policy that is there spoils this one. */
static bool spoilt(struct np_model *m, uint32_t policy)
{
	const struct m_policy *p = &m->policies[policy];
	bool poison = wrong(m, NP_MUTANT_POISON_LATER),
	     empty = wrong(m, NP_MUTANT_EMPTY_VALUE_STOPS);

	for (uint32_t i = 0; i < m->n_policies && (poison || empty); i++) {
		const struct m_policy *q = &m->policies[i];

		if (i == policy || !q->there)
			continue;
		if (poison && comes_after(p, q) && np_m_has_port_kind(q->obj, NP_PORT_ANY))
			return true;
		if (empty && has_empty_value(q->obj))
			return true;
	}
	return false;
}

static bool has_empty_set(const struct np_model *m, const struct m_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (uint32_t r = 0; r < p->n_rules[d]; r++)
			for (uint32_t k = 0; k < p->rules[d][r].n_peers; k++)
				if (p->rules[d][r].peers[k].set != NONE &&
				    np_m_set_empty(&m->sets[p->rules[d][r].peers[k].set]))
					return true;
	return false;
}

static bool selects_without_address(struct np_model *m, const struct m_policy *p)
{
	for (uint32_t i = 0; i < m->n_pods; i++)
		if (m->pods[i].there && !m->pods[i].n_addrs && np_m_selects(m, p, &m->pods[i]))
			return true;
	return false;
}

static bool failed_in_namespace(const struct np_model *m, struct np_str ns)
{
	for (uint32_t i = 0; i < m->n_policies; i++)
		if (m->policies[i].there && m->policies[i].failed &&
		    np_str_eq(m->policies[i].ns, ns))
			return true;
	return false;
}

bool np_m_out_of_force(struct np_model *m, uint32_t policy)
{
	const struct m_policy *p = &m->policies[policy];

	return (wrong(m, NP_MUTANT_UNMATCHED_VOIDS) && has_empty_set(m, p)) ||
	       (wrong(m, NP_MUTANT_NO_IP_VOIDS) && selects_without_address(m, p)) ||
	       (wrong(m, NP_MUTANT_FAILED_ADD_OPENS) && failed_in_namespace(m, p->ns)) ||
	       spoilt(m, policy);
}
