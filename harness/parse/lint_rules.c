/* lint_rules.c - one policy's rules held against each other, and against a world. */
#include "lint.h"

/* ---- address blocks ---- */

static bool block_holds(const struct np_cidr *a, const struct np_cidr *b)
{
	struct np_addr masked;

	if (a->addr.width != b->addr.width || a->prefix_bits > b->prefix_bits)
		return false;
	masked = np_addr_mask(&b->addr, a->prefix_bits);
	return np_addr_eq(&masked, &a->addr);
}

static struct np_cidr half(const struct np_cidr *c, int upper)
{
	struct np_cidr h = *c;

	h.addr.bytes[c->prefix_bits / 8] |= (uint8_t)(upper << (7 - c->prefix_bits % 8));
	h.prefix_bits++;
	return h;
}

/* As deep as a prefix is long. */
static bool is_covered(const struct np_cidr *block, const struct np_cidr *excepts, size_t n)
{
	struct np_cidr lower, upper;
	bool inside = false;

	for (size_t i = 0; i < n; i++) {
		if (block_holds(&excepts[i], block))
			return true;
		inside |= block_holds(block, &excepts[i]);
	}
	if (!inside || block->prefix_bits >= block->addr.width * 8)
		return false;
	lower = half(block, 0);
	upper = half(block, 1);
	return is_covered(&lower, excepts, n) && is_covered(&upper, excepts, n);
}

static void check_excepts(struct np_lint *l, const struct lint_policy *p, const struct np_peer *peer)
{
	const struct np_ipblock *b = peer->ip_block;

	if (!b || !b->n_excepts || b->n_excepts > NP_LINT_MAX_EXCEPTS)
		return;
	if (is_covered(&b->cidr, b->excepts, b->n_excepts))
		lint_note(l, NP_LINT_EXCEPT_COVERS, p->document, &peer->place,
			  "the excepts leave nothing of " NP_STR_FMT, NP_STR_ARG(b->cidr_text));
}

/* ---- shadowed rules ---- */

static bool same_requirement(const struct np_requirement *a, const struct np_requirement *b)
{
	if (a->op != b->op || !np_str_eq(a->key, b->key) || a->n_values != b->n_values)
		return false;
	for (size_t i = 0; i < a->n_values; i++)
		if (!np_str_eq(a->values[i], b->values[i]))
			return false;
	return true;
}

static bool has_label(const struct np_labels *labels, const struct np_label *want)
{
	const struct np_str *value = np_labels_get(labels, want->key);

	return value && np_str_eq(*value, want->value);
}

/* Whether everything that @b takes @a takes: each condition of @a is one of @b. */
static bool selector_holds(const struct np_selector *a, const struct np_selector *b)
{
	for (size_t i = 0; i < a->match_labels.n; i++)
		if (!has_label(&b->match_labels, &a->match_labels.items[i]))
			return false;
	for (size_t i = 0; i < a->n_exprs; i++) {
		size_t k = 0;

		while (k < b->n_exprs && !same_requirement(&a->exprs[i], &b->exprs[k]))
			k++;
		if (k == b->n_exprs)
			return false;
	}
	return true;
}

static bool block_peer_holds(const struct np_ipblock *a, const struct np_ipblock *b)
{
	if (!block_holds(&a->cidr, &b->cidr))
		return false;
	for (size_t i = 0; i < a->n_excepts; i++) {
		bool overlaps = block_holds(&a->excepts[i], &b->cidr) ||
				block_holds(&b->cidr, &a->excepts[i]);

		if (overlaps && !is_covered(&a->excepts[i], b->excepts, b->n_excepts))
			return false;
	}
	return true;
}

static bool peer_holds(const struct np_peer *a, const struct np_peer *b)
{
	if (a->ip_block || b->ip_block)
		return a->ip_block && b->ip_block && block_peer_holds(a->ip_block, b->ip_block);
	/* Without a namespaceSelector a peer is of the policy's own namespace. */
	if (!a->ns_selector != !b->ns_selector)
		return false;
	if (a->ns_selector && !selector_holds(a->ns_selector, b->ns_selector))
		return false;
	return !a->pod_selector ||
	       (b->pod_selector ? selector_holds(a->pod_selector, b->pod_selector)
				: !a->pod_selector->match_labels.n && !a->pod_selector->n_exprs);
}

static bool port_holds(const struct np_port *a, const struct np_port *b)
{
	unsigned a_end = a->kind == NP_PORT_RANGE ? a->end_port : a->port,
		 b_end = b->kind == NP_PORT_RANGE ? b->end_port : b->port;

	if (a->proto != b->proto)
		return false;
	if (a->kind == NP_PORT_ANY)
		return true;
	if (a->kind == NP_PORT_NAME || b->kind == NP_PORT_NAME || b->kind == NP_PORT_ANY)
		return a->kind == b->kind && np_str_eq(a->name, b->name);
	return a->port <= b->port && b_end <= a_end;
}

/* Whether rule @a allows all that @b does. */
static bool rule_holds(const struct np_rule *a, const struct np_rule *b)
{
	size_t k;

	if ((a->n_peers && !b->n_peers) || (a->n_ports && !b->n_ports))
		return false;
	for (size_t i = 0; a->n_peers && i < b->n_peers; i++) {
		for (k = 0; k < a->n_peers && !peer_holds(&a->peers[k], &b->peers[i]);)
			k++;
		if (k == a->n_peers)
			return false;
	}
	for (size_t i = 0; a->n_ports && i < b->n_ports; i++) {
		for (k = 0; k < a->n_ports && !port_holds(&a->ports[k], &b->ports[i]);)
			k++;
		if (k == a->n_ports)
			return false;
	}
	return true;
}

/* The first other rule that makes rule @i needless; of two equal ones the second is the needless. */
static size_t find_shadow(const struct np_rule *rules, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (k != i && rule_holds(&rules[k], &rules[i]) &&
		    (k < i || !rule_holds(&rules[i], &rules[k])))
			return k;
	return n;
}

static size_t count_parts(const struct np_rule *rules, size_t n)
{
	size_t parts = 0;

	for (size_t i = 0; i < n; i++)
		parts += rules[i].n_peers + rules[i].n_ports + 1;
	return parts;
}

void lint_rules(struct np_lint *l, const struct lint_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++) {
		const struct np_rule *rules = p->policy.rules[d];
		size_t n = p->policy.n_rules[d];

		if (n > NP_LINT_MAX_RULES || count_parts(rules, n) > 4 * NP_LINT_MAX_RULES)
			continue;
		for (size_t i = 0; i < n; i++) {
			size_t k = find_shadow(rules, n, i);

			if (k < n)
				lint_note(l, NP_LINT_SHADOWED, p->document, &rules[i].place,
					  "%s[%zu] adds nothing: %s[%zu] allows all of it",
					  np_dir_name((enum np_dir)d), i,
					  np_dir_name((enum np_dir)d), k);
			for (k = 0; k < rules[i].n_peers; k++)
				check_excepts(l, p, &rules[i].peers[k]);
		}
	}
}

/* ---- a world ---- */

static bool meets(const struct np_requirement *r, const struct np_labels *labels)
{
	const struct np_str *value = np_labels_get(labels, r->key);
	bool in = false;

	for (size_t i = 0; value && i < r->n_values; i++)
		in |= np_str_eq(*value, r->values[i]);
	switch (r->op) {
	case NP_OP_IN:
		return in;
	case NP_OP_NOT_IN:
		return !in;
	case NP_OP_EXISTS:
		return value;
	case NP_OP_NOT_EXISTS:
		return !value;
	}
	return false;
}

static bool selects(const struct np_selector *s, const struct np_labels *labels)
{
	for (size_t i = 0; i < s->match_labels.n; i++)
		if (!has_label(labels, &s->match_labels.items[i]))
			return false;
	for (size_t i = 0; i < s->n_exprs; i++)
		if (!meets(&s->exprs[i], labels))
			return false;
	return true;
}

static bool selects_some_pod(const struct np_lint *l, const struct np_policy *p,
			     const struct np_peer *peer)
{
	for (size_t i = 0; i < l->world->n_pods; i++) {
		const struct np_pod *pod = &l->world->pods[i];
		size_t ns = np_world_find_namespace(l->world, pod->ns);

		if (peer->pod_selector && !selects(peer->pod_selector, &pod->labels))
			continue;
		if (peer->ns_selector ? ns != SIZE_MAX &&
						selects(peer->ns_selector,
							&l->world->namespaces[ns].labels)
				      : np_str_eq(pod->ns, p->ns))
			return true;
	}
	return false;
}

void lint_world(struct np_lint *l, const struct lint_policy *p)
{
	const struct np_peer own = { .pod_selector = &p->policy.pod_selector };

	if (!selects_some_pod(l, &p->policy, &own))
		lint_note(l, NP_LINT_SELECTS_NOTHING, p->document, &p->policy.pod_selector.place,
			  "podSelector selects no pod of namespace '" NP_STR_FMT "' in this world",
			  NP_STR_ARG(p->policy.ns));
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t i = 0; i < p->policy.n_rules[d]; i++) {
			const struct np_rule *r = &p->policy.rules[d][i];

			for (size_t k = 0; k < r->n_peers; k++)
				if (!r->peers[k].ip_block &&
				    !selects_some_pod(l, &p->policy, &r->peers[k]))
					lint_note(l, NP_LINT_SELECTS_NOTHING, p->document,
						  &r->peers[k].place,
						  "%s[%zu]: peer %zu selects no pod in this world",
						  np_dir_name((enum np_dir)d), i, k);
		}
}
