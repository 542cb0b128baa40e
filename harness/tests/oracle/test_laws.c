/*
 * test_laws.c - relations that hold between worlds (T01..T48): what must not change a verdict, or
 * only in one direction, does not, in either evaluator.
 */
#include "../suite.h"
#include "laws.h"

#include "np/gen/manifests.h"
#include "np/parse/manifests.h"

enum { N_SEEDS = 120, N_FLOWS = 60 };

/* ---- order and repetition ---- */

static void swap_bytes(void *items, size_t bytes, size_t i, size_t k)
{
	char tmp[256], *p = items;

	ck_assert_uint_le(bytes, sizeof(tmp));
	memcpy(tmp, p + i * bytes, bytes);
	memmove(p + i * bytes, p + k * bytes, bytes);
	memcpy(p + k * bytes, tmp, bytes);
}

static void shuffle(struct laws *l, void *items, size_t n, size_t bytes)
{
	for (size_t i = n; i > 1; i--)
		swap_bytes(items, bytes, i - 1, lw_below(l, i));
}

/* The order of policies is that of their names. */
static bool t01_permute_policies(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_policies; i++)
		l->b.policies[i].name = np_arena_printf(&l->b.arena, "q%u-%zu", lw_below(l, 1000), i);
	return l->b.n_policies > 1;
}

static bool t02_permute_rules(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			shuffle(l, l->b.policies[i].rules[d], l->b.policies[i].n_rules[d], sizeof(struct np_rule));
	return l->b.n_policies > 0;
}

static void permute_block(struct laws *l, struct np_peer *p)
{
	struct np_ipblock *b = np_arena_alloc(&l->b.arena, sizeof(*b));

	*b = *p->ip_block;
	b->excepts = lw_copy(&l->b, b->excepts, b->n_excepts, 0, sizeof(*b->excepts));
	shuffle(l, b->excepts, b->n_excepts, sizeof(*b->excepts));
	p->ip_block = b;
}

static void permute_values(struct laws *l, struct np_selector *s)
{
	s->exprs = lw_copy(&l->b, s->exprs, s->n_exprs, 0, sizeof(*s->exprs));
	for (size_t i = 0; i < s->n_exprs; i++) {
		s->exprs[i].values = lw_copy(&l->b, s->exprs[i].values, s->exprs[i].n_values, 0,
					     sizeof(struct np_str));
		shuffle(l, s->exprs[i].values, s->exprs[i].n_values, sizeof(struct np_str));
	}
	shuffle(l, s->exprs, s->n_exprs, sizeof(*s->exprs));
}

static bool t03_permute_lists(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_policies; i++) {
		struct np_policy *p = &l->b.policies[i];

		permute_values(l, &p->pod_selector);
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < p->n_rules[d]; r++) {
				struct np_rule *rule = &p->rules[d][r];

				shuffle(l, rule->peers, rule->n_peers, sizeof(*rule->peers));
				shuffle(l, rule->ports, rule->n_ports, sizeof(*rule->ports));
				for (size_t k = 0; k < rule->n_peers; k++)
					if (rule->peers[k].ip_block)
						permute_block(l, &rule->peers[k]);
			}
	}
	return l->b.n_policies > 0;
}

static bool t04_copy_policy(struct laws *l)
{
	if (l->b.n_policies)
		lw_copy_of(l, lw_below(l, l->b.n_policies), "-copy");
	return l->b.n_policies > 0;
}

static bool t05_duplicate(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;
	struct np_rule *r;

	if (!lw_pick_rule(l, &p, &dir, &at))
		return false;
	r = &p->rules[dir][at];
	if (r->n_peers)
		r->peers[r->n_peers] = r->peers[lw_below(l, r->n_peers)];
	r->n_peers += r->n_peers > 0;
	if (r->n_ports)
		r->ports[r->n_ports] = r->ports[lw_below(l, r->n_ports)];
	r->n_ports += r->n_ports > 0;
	p->rules[dir][p->n_rules[dir]++] = lw_copy_rule(&l->b, r, 0);
	return true;
}

/* ---- splitting and joining ---- */

static bool t06_rule_per_policy(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at, n;

	if (!lw_pick_rule(l, &p, &dir, &at) || p->n_rules[dir] < 2)
		return false;
	n = p->n_rules[dir];
	for (size_t i = 1; i < n; i++) {
		struct np_policy *one = lw_copy_of(l, l->at, i == 1 ? "-r1" : i == 2 ? "-r2" : i == 3 ? "-r3" : "-r");

		one->name = np_arena_printf(&l->b.arena, NP_STR_FMT "%zu", NP_STR_ARG(one->name), i);
		one->rules[dir][0] = one->rules[dir][i];
		one->n_rules[dir] = 1;
		one->n_rules[!dir] = 0;
	}
	l->b.policies[l->at].n_rules[dir] = 1;
	return true;
}

/* An empty list stays empty in every part. */
static bool t07_cross_product(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at, n = 0;
	struct np_rule r, *list;

	if (!lw_pick_rule(l, &p, &dir, &at))
		return false;
	r = p->rules[dir][at];
	if (r.n_peers + r.n_ports < 2)
		return false;
	list = np_arena_array(&l->b.arena, p->n_rules[dir] + (r.n_peers + 1) * (r.n_ports + 1), sizeof(*list));
	for (size_t i = 0; i < p->n_rules[dir]; i++)
		if (i != at)
			list[n++] = p->rules[dir][i];
	for (size_t i = 0; i < (r.n_peers ? r.n_peers : 1); i++)
		for (size_t k = 0; k < (r.n_ports ? r.n_ports : 1); k++)
			list[n++] = (struct np_rule){ .peers = r.n_peers ? &r.peers[i] : NULL,
						      .n_peers = r.n_peers > 0,
						      .ports = r.n_ports ? &r.ports[k] : NULL,
						      .n_ports = r.n_ports > 0 };
	p->rules[dir] = list;
	p->n_rules[dir] = n;
	return true;
}

/* Two policies of one namespace, selector and types, as one with all rules. */
static bool t08_join(struct laws *l)
{
	struct np_policy *p, *q;
	struct np_rule *list;

	if (l->a.n_policies < 2)
		return false;
	l->a.policies[1].ns = l->a.policies[0].ns;
	l->a.policies[1].name = NP_STR("joined");
	l->a.policies[1].pod_selector = l->a.policies[0].pod_selector;
	memcpy(l->a.policies[1].types, l->a.policies[0].types, sizeof(l->a.policies[0].types));
	p = &l->b.policies[0];
	q = &l->b.policies[1];
	for (int d = 0; d < NP_N_DIRS; d++) {
		list = lw_copy(&l->b, p->rules[d], p->n_rules[d], q->n_rules[d], sizeof(*list));
		for (size_t i = 0; i < q->n_rules[d]; i++)
			list[p->n_rules[d] + i] = q->rules[d][i];
		p->rules[d] = list;
		p->n_rules[d] += q->n_rules[d];
	}
	*q = l->b.policies[--l->b.n_policies];
	return true;
}

/* ---- adding and removing ---- */

/* Rules out of another world's policy: any rule. */
static bool t09_append_rule(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir, from;
	size_t at;
	const struct np_policy *other;

	if (!lw_pick_rule(l, &p, &dir, &at))
		return false;
	other = &l->b.policies[lw_below(l, l->b.n_policies)];
	from = other->n_rules[NP_INGRESS] ? NP_INGRESS : NP_EGRESS;
	if (!other->n_rules[from])
		return false;
	p->rules[dir][p->n_rules[dir]++] = lw_copy_rule(&l->b, &other->rules[from][0], 0);
	return true;
}

/* Takes a policy out of a; b has it. */
static bool take_out_of_a(struct laws *l)
{
	if (!l->a.n_policies)
		return false;
	l->at = lw_below(l, l->a.n_policies);
	l->ns = l->a.policies[l->at].ns;
	for (size_t i = l->at; i + 1 < l->a.n_policies; i++)
		l->a.policies[i] = l->a.policies[i + 1];
	l->a.n_policies--;
	return true;
}

static bool t10_add_to_isolated(struct laws *l)
{
	const struct np_policy *p;

	if (!take_out_of_a(l))
		return false;
	p = &l->b.policies[l->at];
	for (size_t i = 0; i < l->b.n_pods; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			if (p->types[d] && lw_selects(p, &l->b.pods[i]) &&
			    !lw_isolated(&l->b, &l->b.pods[i], (enum np_dir)d, l->at))
				return false;
	return true;
}

static bool end_selected(const struct laws *l, const struct np_end *e, enum np_dir dir)
{
	const struct np_policy *p = &l->b.policies[l->at];

	return e->kind == NP_END_POD && p->types[dir] && lw_selects(p, &l->b.pods[e->idx]);
}

static bool untouched(const struct laws *l, const struct np_flow *f)
{
	return lw_plain(l, f) && !end_selected(l, &f->src, NP_EGRESS) && !end_selected(l, &f->dst, NP_INGRESS);
}

static bool t12_remove_rule(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;

	if (!lw_pick_rule(l, &p, &dir, &at))
		return false;
	p->rules[dir][at] = p->rules[dir][--p->n_rules[dir]];
	return true;
}

static void add_deny(struct laws *l, bool ingress, bool egress)
{
	struct np_policy *p;

	l->ns = l->b.namespaces[lw_below(l, l->b.n_namespaces)].name;
	p = np_world_add_policy(&l->b);
	*p = (struct np_policy){ .ns = l->ns, .name = NP_STR("default-deny"),
				 .types = { [NP_INGRESS] = ingress, [NP_EGRESS] = egress } };
}

static bool t13_default_deny(struct laws *l)
{
	unsigned dirs = 1 + lw_below(l, 3);

	add_deny(l, dirs & 1, dirs & 2);
	return true;
}

static bool isolated_already(const struct laws *l, const struct np_flow *f)
{
	return lw_plain(l, f) &&
	       (f->src.kind != NP_END_POD || lw_isolated(&l->a, &l->a.pods[f->src.idx], NP_EGRESS, SIZE_MAX)) &&
	       (f->dst.kind != NP_END_POD || lw_isolated(&l->a, &l->a.pods[f->dst.idx], NP_INGRESS, SIZE_MAX));
}

static bool t15_deny_alone(struct laws *l)
{
	l->b.n_policies = 0;
	add_deny(l, true, true);
	return true;
}

static bool touches_ns(const struct laws *l, const struct np_flow *f)
{
	return lw_plain(l, f) &&
	       ((f->src.kind == NP_END_POD && np_str_eq(l->a.pods[f->src.idx].ns, l->ns)) ||
		(f->dst.kind == NP_END_POD && np_str_eq(l->a.pods[f->dst.idx].ns, l->ns)));
}

static bool outside_ns(const struct laws *l, const struct np_flow *f)
{
	return lw_plain(l, f) && !touches_ns(l, f);
}

/* ---- blocks ---- */

static bool is_clean(const struct np_cidr *c)
{
	return !(c->flags & (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS | NP_CIDR_MAPPED));
}

static bool wants_clean_block(const struct np_peer *p)
{
	if (!p->ip_block || !is_clean(&p->ip_block->cidr))
		return false;
	for (size_t i = 0; i < p->ip_block->n_excepts; i++)
		if (!is_clean(&p->ip_block->excepts[i]))
			return false;
	return true;
}

static bool wants_wide_block(const struct np_peer *p)
{
	return wants_clean_block(p) && p->ip_block->cidr.prefix_bits < 8U * p->ip_block->cidr.addr.width;
}

static bool wants_except(const struct np_peer *p)
{
	return wants_clean_block(p) && p->ip_block->n_excepts;
}

static bool wants_narrow_block(const struct np_peer *p)
{
	return wants_clean_block(p) && p->ip_block->cidr.prefix_bits > 0;
}

static struct np_ipblock *own_block(struct laws *l, struct np_peer *p)
{
	struct np_ipblock *b = np_arena_alloc(&l->b.arena, sizeof(*b));

	*b = *p->ip_block;
	b->excepts = lw_copy(&l->b, b->excepts, b->n_excepts, 2, sizeof(*b->excepts));
	p->ip_block = b;
	return b;
}

static bool contains(const struct np_cidr *outer, const struct np_cidr *inner)
{
	struct np_addr net = np_addr_mask(&inner->addr, outer->prefix_bits);

	return inner->prefix_bits >= outer->prefix_bits && np_addr_eq(&net, &outer->addr);
}

static struct np_cidr half_of(const struct np_cidr *c, unsigned which)
{
	struct np_cidr h = *c;

	if (which)
		h.addr.bytes[c->prefix_bits / 8] |= (uint8_t)(0x80 >> c->prefix_bits % 8);
	h.host = h.addr;
	h.prefix_bits++;
	return h;
}

/* Each except goes to its half; a half inside an except is dropped. */
static bool t16_halves(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_wide_block, &r);
	struct np_ipblock whole;
	size_t n = 0;

	if (!p)
		return false;
	whole = *p->ip_block;
	*p = r->peers[--r->n_peers];
	for (unsigned h = 0; h < 2; h++) {
		struct np_ipblock *b = np_arena_alloc(&l->b.arena, sizeof(*b));
		bool gone = false;

		b->cidr = half_of(&whole.cidr, h);
		b->excepts = np_arena_array(&l->b.arena, whole.n_excepts + 1, sizeof(*b->excepts));
		for (size_t i = 0; i < whole.n_excepts; i++) {
			gone |= contains(&whole.excepts[i], &b->cidr);
			if (contains(&b->cidr, &whole.excepts[i]))
				b->excepts[b->n_excepts++] = whole.excepts[i];
		}
		if (!gone)
			r->peers[r->n_peers + n++] = (struct np_peer){ .ip_block = b };
	}
	r->n_peers += n;
	return r->n_peers > 0;	/* an empty list would mean anybody */
}

static bool t17_add_except(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_wide_block, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->excepts[b->n_excepts++] = half_of(&b->cidr, lw_below(l, 2));
	return true;
}

static bool t18_remove_except(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_except, &r);

	if (!p)
		return false;
	own_block(l, p)->n_excepts--;
	return true;
}

static bool t19_except_in_except(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_except, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->excepts[b->n_excepts] = b->excepts[0];
	if (b->excepts[0].prefix_bits < 8U * b->excepts[0].addr.width)
		b->excepts[b->n_excepts] = half_of(&b->excepts[0], lw_below(l, 2));
	b->n_excepts++;
	return true;
}

static bool t20_widen(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_narrow_block, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->cidr.prefix_bits--;
	b->cidr.addr = b->cidr.host = np_addr_mask(&b->cidr.addr, b->cidr.prefix_bits);
	return true;
}

/* Under S57 = yes, which is fixed here. */
static bool t21_host_bits(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_wide_block, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->cidr.host.bytes[b->cidr.host.width - 1] |= 1;
	b->cidr.flags |= NP_CIDR_HOST_BITS;
	return true;
}

/* ---- labels ---- */

static struct np_str rename_word(struct laws *l, struct np_str s, const char *prefix)
{
	if (np_str_is(s, "kubernetes.io/metadata.name"))
		return s;
	return np_arena_printf(&l->b.arena, "%s" NP_STR_FMT, prefix, NP_STR_ARG(s));
}

static void rename_labels(struct laws *l, struct np_labels *labels)
{
	labels->items = lw_copy(&l->b, labels->items, labels->n, 0, sizeof(*labels->items));
	for (size_t i = 0; i < labels->n; i++) {
		struct np_label *one = &labels->items[i];

		if (!np_str_is(one->key, "kubernetes.io/metadata.name"))
			one->value = rename_word(l, one->value, "v-");
		one->key = rename_word(l, one->key, "k-");
	}
	np_labels_sort(labels);
}

static struct np_selector renamed(struct laws *l, const struct np_selector *s)
{
	struct np_selector r = *s;

	rename_labels(l, &r.match_labels);
	r.exprs = lw_copy(&l->b, r.exprs, r.n_exprs, 0, sizeof(*r.exprs));
	for (size_t i = 0; i < r.n_exprs; i++) {
		struct np_requirement *q = &r.exprs[i];

		q->values = lw_copy(&l->b, q->values, q->n_values, 0, sizeof(*q->values));
		for (size_t k = 0; k < q->n_values && !np_str_is(q->key, "kubernetes.io/metadata.name"); k++)
			q->values[k] = rename_word(l, q->values[k], "v-");
		q->key = rename_word(l, q->key, "k-");
	}
	return r;
}

/* Does @fn to each selector of each policy of b; the result replaces it. */
static void each_selector(struct laws *l, struct np_selector (*fn)(struct laws *, const struct np_selector *))
{
	for (size_t i = 0; i < l->b.n_policies; i++) {
		struct np_policy *p = &l->b.policies[i];

		p->pod_selector = fn(l, &p->pod_selector);
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < p->n_rules[d]; r++)
				for (size_t k = 0; k < p->rules[d][r].n_peers; k++) {
					struct np_peer *peer = &p->rules[d][r].peers[k];
					struct np_selector *s = np_arena_array(&l->b.arena, 2, sizeof(*s));

					if (peer->pod_selector) {
						s[0] = fn(l, peer->pod_selector);
						peer->pod_selector = &s[0];
					}
					if (peer->ns_selector) {
						s[1] = fn(l, peer->ns_selector);
						peer->ns_selector = &s[1];
					}
				}
	}
}

static bool t22_rename(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_pods; i++)
		rename_labels(l, &l->b.pods[i].labels);
	for (size_t i = 0; i < l->b.n_namespaces; i++)
		rename_labels(l, &l->b.namespaces[i].labels);
	for (size_t i = 0; i < l->b.n_services; i++)
		rename_labels(l, &l->b.services[i].selector);
	each_selector(l, renamed);
	return true;
}

static bool t23_unused_label(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_pods; i++) {
		struct np_labels *labels = &l->b.pods[i].labels;

		labels->items = lw_copy(&l->b, labels->items, labels->n, 1, sizeof(*labels->items));
		labels->items[labels->n++] = (struct np_label){ NP_STR("unused-key"), NP_STR("u") };
		np_labels_sort(labels);
	}
	return true;
}

static struct np_selector as_expressions(struct laws *l, const struct np_selector *s)
{
	struct np_selector r = { .exprs = lw_copy(&l->b, s->exprs, s->n_exprs, s->match_labels.n,
						  sizeof(*s->exprs)),
				 .n_exprs = s->n_exprs };

	for (size_t i = 0; i < s->match_labels.n; i++)
		r.exprs[r.n_exprs++] = (struct np_requirement){ .key = s->match_labels.items[i].key,
								.op = NP_OP_IN,
								.values = &s->match_labels.items[i].value,
								.n_values = 1 };
	return r;
}

static bool t24_in_for_labels(struct laws *l)
{
	each_selector(l, as_expressions);
	return l->b.n_policies > 0;
}

/* Which selector of a peer a law changes: the pods' if it has one. */
static const struct np_selector *main_selector(const struct np_peer *p)
{
	return p->pod_selector ? p->pod_selector : p->ns_selector;
}

static bool wants_op(const struct np_peer *p, enum np_op op, size_t n_min)
{
	const struct np_selector *s = main_selector(p);

	return s && s->n_exprs && s->exprs[0].op == op && s->exprs[0].n_values >= n_min;
}

static bool wants_in_two(const struct np_peer *p)
{
	return wants_op(p, NP_OP_IN, 2);
}

static bool wants_not_in(const struct np_peer *p)
{
	return wants_op(p, NP_OP_NOT_IN, 1);
}

static bool wants_selector(const struct np_peer *p)
{
	return main_selector(p) != NULL;
}

/* The same peer with a selector of its own, expressions copied with room for two more. */
static struct np_peer with_own_selector(struct laws *l, const struct np_peer *p, struct np_selector **ret)
{
	struct np_peer r = *p;
	struct np_selector *s = np_arena_alloc(&l->b.arena, sizeof(*s));

	*s = *main_selector(p);
	s->exprs = lw_copy(&l->b, s->exprs, s->n_exprs, 2, sizeof(*s->exprs));
	if (p->pod_selector)
		r.pod_selector = s;
	else
		r.ns_selector = s;
	*ret = s;
	return r;
}

static bool t25_split_in(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_in_two, &r), whole;
	struct np_selector *s;
	size_t n;

	if (!p)
		return false;
	whole = *p;
	n = main_selector(&whole)->exprs[0].n_values;
	*p = with_own_selector(l, &whole, &s);
	s->exprs[0].n_values = 1;
	r->peers[r->n_peers++] = with_own_selector(l, &whole, &s);
	s->exprs[0].values++;
	s->exprs[0].n_values = n - 1;
	return true;
}

static bool t26_split_not_in(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_not_in, &r), whole;
	struct np_selector *s;

	if (!p)
		return false;
	whole = *p;
	*p = with_own_selector(l, &whole, &s);
	s->exprs[0] = (struct np_requirement){ .key = s->exprs[0].key, .op = NP_OP_NOT_EXISTS };
	r->peers[r->n_peers++] = with_own_selector(l, &whole, &s);
	s->exprs[s->n_exprs++] = (struct np_requirement){ .key = s->exprs[0].key, .op = NP_OP_EXISTS };
	return true;
}

static bool t27_split_by_key(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_selector, &r), whole;
	struct np_str key = l->b.n_pods && l->b.pods[0].labels.n ? l->b.pods[0].labels.items[0].key : NP_STR("app");
	struct np_selector *s;

	if (!p)
		return false;
	whole = *p;
	*p = with_own_selector(l, &whole, &s);
	s->exprs[s->n_exprs++] = (struct np_requirement){ .key = key, .op = NP_OP_EXISTS };
	r->peers[r->n_peers++] = with_own_selector(l, &whole, &s);
	s->exprs[s->n_exprs++] = (struct np_requirement){ .key = key, .op = NP_OP_NOT_EXISTS };
	return true;
}

static bool t28_split_subject(struct laws *l)
{
	static const enum np_op ops[] = { NP_OP_EXISTS, NP_OP_NOT_EXISTS };
	struct np_str key = l->b.n_pods && l->b.pods[0].labels.n ? l->b.pods[0].labels.items[0].key : NP_STR("app");
	struct np_selector whole;
	size_t at;

	if (!l->b.n_policies)
		return false;
	at = lw_below(l, l->b.n_policies);
	whole = l->b.policies[at].pod_selector;
	lw_copy_of(l, at, "-rest");
	for (unsigned i = 0; i < 2; i++) {
		struct np_selector *s = &l->b.policies[i ? l->b.n_policies - 1 : at].pod_selector;

		s->exprs = lw_copy(&l->b, whole.exprs, whole.n_exprs, 1, sizeof(*s->exprs));
		s->exprs[s->n_exprs++] = (struct np_requirement){ .key = key, .op = ops[i] };
	}
	return true;
}

static bool wants_pods_only(const struct np_peer *p)
{
	return p->pod_selector && !p->ns_selector;
}

static bool wants_ns_only(const struct np_peer *p)
{
	return p->ns_selector && !p->pod_selector;
}

static bool t29_own_namespace_by_name(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_pods_only, &r);
	struct np_selector *s;

	if (!p)
		return false;
	s = np_arena_alloc(&l->b.arena, sizeof(*s));
	s->match_labels.items = np_arena_alloc(&l->b.arena, sizeof(struct np_label));
	s->match_labels.n = 1;
	s->match_labels.items[0] = (struct np_label){ NP_STR("kubernetes.io/metadata.name"),
						      l->b.policies[l->at].ns };
	p->ns_selector = s;
	return true;
}

static bool t30_all_pods_of_namespaces(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_ns_only, &r);

	if (!p)
		return false;
	p->pod_selector = np_arena_alloc(&l->b.arena, sizeof(*p->pod_selector));
	return true;
}

/* ---- ports ---- */

static bool wants_number(const struct np_port *p)
{
	return p->kind == NP_PORT_NUMBER;
}

static bool wants_range(const struct np_port *p)
{
	return p->kind == NP_PORT_RANGE && p->end_port > p->port;
}

static bool wants_any(const struct np_port *p)
{
	return p->kind == NP_PORT_ANY;
}

static bool t32_range_of_one(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_number, &r);

	if (!p)
		return false;
	p->kind = NP_PORT_RANGE;
	p->end_port = p->port;
	return true;
}

static bool t33_split_range(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_range, &r), *rest;
	uint16_t middle;

	if (!p)
		return false;
	middle = (uint16_t)(p->port + lw_below(l, (size_t)(p->end_port - p->port)));
	rest = &r->ports[r->n_ports++];
	*rest = *p;
	rest->port = (uint16_t)(middle + 1);
	p->end_port = middle;
	return true;
}

static bool t34_protocol_as_range(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_any, &r);

	if (!p)
		return false;
	p->kind = NP_PORT_RANGE;
	p->port = 1;
	p->end_port = 65535;
	return true;
}

static bool t35_three_protocols(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;
	struct np_rule *r;

	if (!lw_pick_rule(l, &p, &dir, &at) || p->rules[dir][at].n_ports)
		return false;
	r = &p->rules[dir][at];
	r->ports = np_arena_array(&l->b.arena, NP_N_PROTOS, sizeof(*r->ports));
	for (; r->n_ports < NP_N_PROTOS; r->n_ports++)
		r->ports[r->n_ports] = (struct np_port){ .proto = (enum np_proto)r->n_ports, .kind = NP_PORT_ANY };
	return true;
}

/* ---- as text: what is absent ---- */

/* Replaces every @from by @to in each policy's manifest and reads it again; false when nothing was. */
static bool rewrite(struct laws *l, const char *from, const char *to)
{
	bool any = false;

	for (size_t i = 0; i < l->b.n_policies; i++) {
		struct np_buf in = { 0 }, out = { 0 };
		struct np_err err = { 0 };
		const char *p, *hit;

		np_gen_policy_json(&l->b.policies[i], &in);
		for (p = np_buf_text(&in); (hit = strstr(p, from)); p = hit + strlen(from)) {
			np_buf_add(&out, p, (size_t)(hit - p));
			np_buf_adds(&out, to);
			any = true;
		}
		np_buf_adds(&out, p);
		ck_assert_msg(np_manifests_add_text(&l->b, np_str_from(np_buf_text(&out)), "law",
						    NP_FIELDS_STRICT, NULL, &err) == 0,
			      "%s: %.300s", err.msg, np_buf_text(&out));
		l->b.policies[i] = l->b.policies[--l->b.n_policies];
		np_buf_release(&in);
		np_buf_release(&out);
	}
	return any;
}

static bool t31_no_protocol(struct laws *l)
{
	bool with_port = rewrite(l, "\"protocol\":\"TCP\",", "");
	bool alone = rewrite(l, "{\"protocol\":\"TCP\"}", "{}");

	return with_port || alone;
}

/* Types that are what the rules would give anyway. */
static bool t36_no_types(struct laws *l)
{
	bool one, both;

	for (size_t i = 0; i < l->a.n_policies; i++) {
		struct np_policy *p = &l->a.policies[i];

		p->types[NP_INGRESS] = true;
		p->types[NP_EGRESS] = p->n_rules[NP_EGRESS] > 0;
		l->b.policies[i].types[NP_INGRESS] = true;
		l->b.policies[i].types[NP_EGRESS] = p->n_rules[NP_EGRESS] > 0;
	}
	one = rewrite(l, ",\"policyTypes\":[\"Ingress\"]", "");
	both = rewrite(l, ",\"policyTypes\":[\"Ingress\",\"Egress\"]", ",\"policyTypes\":[]");
	return one || both;
}

static bool t41_absent_lists(struct laws *l)
{
	bool from = rewrite(l, "\"ingress\":[{\"ports\":", "\"ingress\":[{\"from\":[],\"ports\":");
	bool to = rewrite(l, "\"egress\":[{\"ports\":", "\"egress\":[{\"to\":null,\"ports\":");

	return from || to;
}

/* ---- directions ---- */

static bool t37_split_directions(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_policies; i++) {
		struct np_policy *egress;

		if (!l->b.policies[i].types[NP_INGRESS] || !l->b.policies[i].types[NP_EGRESS])
			continue;
		egress = lw_copy_of(l, i, "-egress");
		egress->types[NP_INGRESS] = false;
		egress->n_rules[NP_INGRESS] = 0;
		l->b.policies[i].types[NP_EGRESS] = false;
		l->b.policies[i].n_rules[NP_EGRESS] = 0;
		return true;
	}
	return false;
}

static bool t38_inert_rules(struct laws *l)
{
	bool any = false;

	for (size_t i = 0; i < l->b.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			if (!l->b.policies[i].types[d]) {
				any |= l->b.policies[i].n_rules[d] > 0;
				l->b.policies[i].n_rules[d] = 0;
			}
	return any;
}

/* Half of T39: without the other direction nothing is lost; the rest is in t39_conjunction. */
static bool drop_direction(struct laws *l, enum np_dir dir)
{
	for (size_t i = 0; i < l->b.n_policies; i++)
		l->b.policies[i].types[dir] = false;
	return l->b.n_policies > 0;
}

static bool t39_ingress_part(struct laws *l)
{
	return drop_direction(l, NP_EGRESS);
}

static bool t39_egress_part(struct laws *l)
{
	return drop_direction(l, NP_INGRESS);
}

static bool t42_empty_rule(struct laws *l)
{
	struct np_policy *p, *q;
	enum np_dir dir;
	size_t at;

	if (!lw_pick_rule(l, &p, &dir, &at))
		return false;
	q = &l->a.policies[l->at];
	q->rules[dir] = lw_copy(&l->a, q->rules[dir], q->n_rules[dir], 1, sizeof(struct np_rule));
	q->rules[dir][q->n_rules[dir]++] = (struct np_rule){ 0 };
	p->rules[dir][0] = (struct np_rule){ 0 };
	p->n_rules[dir] = 1;
	return true;
}

/* Pods that only this policy isolated in its directions (a has it, b not). */
static bool t43_delete_policy(struct laws *l)
{
	if (!l->b.n_policies)
		return false;
	l->at = lw_below(l, l->b.n_policies);
	l->b.policies[l->at].types[NP_INGRESS] = l->b.policies[l->at].types[NP_EGRESS] = false;
	return true;
}

static bool only_isolator(const struct laws *l, const struct np_end *e, enum np_dir dir)
{
	const struct np_policy *p = &l->a.policies[l->at];

	return e->kind != NP_END_POD || !p->types[dir] || !lw_selects(p, &l->a.pods[e->idx]) ||
	       !lw_isolated(&l->a, &l->a.pods[e->idx], dir, l->at);
}

static bool freed(const struct laws *l, const struct np_flow *f)
{
	return lw_plain(l, f) && only_isolator(l, &f->src, NP_EGRESS) && only_isolator(l, &f->dst, NP_INGRESS);
}

/* ---- blocks alone ---- */

/* Every policy of @w selects everything and keeps its block peers only. */
static void keep_blocks(struct np_world *w, bool keep_empty)
{
	for (size_t i = 0; i < w->n_policies; i++) {
		struct np_policy *p = &w->policies[i];

		p->pod_selector = (struct np_selector){ 0 };
		for (int d = 0; d < NP_N_DIRS; d++) {
			size_t n_rules = 0;

			for (size_t r = 0; r < p->n_rules[d]; r++) {
				struct np_rule rule = lw_copy_rule(w, &p->rules[d][r], 0);
				size_t n = 0;

				for (size_t k = 0; k < rule.n_peers; k++)
					if (rule.peers[k].ip_block)
						rule.peers[n++] = rule.peers[k];
				rule.n_peers = n;
				if (n || keep_empty)
					p->rules[d][n_rules++] = rule;
			}
			p->n_rules[d] = n_rules;
		}
	}
}

static bool t44_permute_labels(struct laws *l)
{
	keep_blocks(&l->a, true);
	keep_blocks(&l->b, true);
	l->a.n_services = l->b.n_services = 0;
	for (size_t i = l->b.n_pods; i > 1; i--) {
		size_t k = lw_below(l, i);
		struct np_labels tmp = l->b.pods[i - 1].labels;

		l->b.pods[i - 1].labels = l->b.pods[k].labels;
		l->b.pods[k].labels = tmp;
	}
	return l->b.n_policies > 0 && l->b.n_pods > 1;
}

/* In b only blocks allow, and none holds an address of pods. */
static bool t45_outside_every_block(struct laws *l)
{
	keep_blocks(&l->b, false);
	for (size_t i = 0; i < l->b.n_policies; i++)
		l->b.policies[i].types[NP_INGRESS] = true;
	return l->b.n_policies > 0;
}

static bool block_holds(const struct np_ipblock *b, const struct np_addr *a)
{
	struct np_cidr c = b->cidr;
	struct np_addr net;

	if (c.flags & NP_CIDR_MAPPED && c.prefix_bits >= 96) {
		c.addr = np_addr_wire(&c.addr);
		c.prefix_bits = (uint8_t)(c.prefix_bits - 96);
	}
	net = np_addr_mask(a, c.prefix_bits);
	return a->width == c.addr.width && np_addr_eq(&net, &c.addr);
}

/* The destination is isolated, and the source's address in no block of a policy on it. */
static bool outside_blocks(const struct laws *l, const struct np_flow *f)
{
	const struct np_world *w = &l->b;
	const struct np_addr *src = NULL;
	struct np_addr a;

	if (!lw_plain(l, f) || f->dst.kind != NP_END_POD ||
	    !lw_isolated(w, &w->pods[f->dst.idx], NP_INGRESS, SIZE_MAX))
		return false;
	src = f->src.kind == NP_END_POD ? np_pod_ip(&w->pods[f->src.idx], f->family) : &f->src.addr;
	if (!src)
		return false;
	a = np_addr_wire(src);
	for (size_t i = 0; i < w->n_policies; i++)
		for (size_t r = 0; r < w->policies[i].n_rules[NP_INGRESS]; r++)
			for (size_t k = 0; k < w->policies[i].rules[NP_INGRESS][r].n_peers; k++)
				if (block_holds(w->policies[i].rules[NP_INGRESS][r].peers[k].ip_block, &a))
					return false;
	return true;
}

/* ---- IPv4 inside IPv6 ---- */

static const struct np_gen_pins ipv4_only = { .set = { [NP_DIM_FAMILIES] = true } };

static struct np_addr embed(const struct np_addr *a)
{
	struct np_addr r = { 16, { 0x20, 0x01, 0x0d, 0xb8, 0, 0x64 } }, v4 = np_addr_wire(a);

	if (v4.width != 4)
		return v4;
	memcpy(r.bytes + 12, v4.bytes, 4);
	return r;
}

static void embed_cidr(struct np_cidr *c)
{
	unsigned bits = c->prefix_bits;

	if (c->addr.width == 4)
		bits += 96;
	else if (c->flags & NP_CIDR_MAPPED && bits >= 96)
		c->flags &= (uint8_t)~NP_CIDR_MAPPED;	/* means the IPv4 block, here */
	c->addr = embed(&c->addr);
	c->host = embed(&c->host);
	c->prefix_bits = (uint8_t)bits;
}

static void embed_ips(struct np_addr *ips, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ips[i] = embed(&ips[i]);
}

static bool t46_embed(struct laws *l)
{
	struct np_world *w = &l->b;

	for (size_t i = 0; i < w->n_pods; i++)
		embed_ips(w->pods[i].ips, w->pods[i].n_ips);
	for (size_t i = 0; i < w->n_nodes; i++)
		embed_ips(w->nodes[i].ips, w->nodes[i].n_ips);
	for (size_t i = 0; i < w->n_services; i++)
		embed_ips(w->services[i].ips, w->services[i].n_ips);
	for (size_t i = 0; i < w->n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < w->policies[i].n_rules[d]; r++)
				for (size_t k = 0; k < w->policies[i].rules[d][r].n_peers; k++) {
					struct np_peer *p = &w->policies[i].rules[d][r].peers[k];
					struct np_ipblock *b;

					if (!p->ip_block)
						continue;
					b = own_block(l, p);
					embed_cidr(&b->cidr);
					for (size_t e = 0; e < b->n_excepts; e++)
						embed_cidr(&b->excepts[e]);
				}
	return true;
}

static void embed_flow(const struct laws *l, struct np_flow *f)
{
	(void)l;
	f->family = 6;
	if (f->src.kind == NP_END_ADDR)
		f->src.addr = embed(&f->src.addr);
	if (f->dst.kind == NP_END_ADDR)
		f->dst.addr = embed(&f->dst.addr);
}

static bool is_ipv4(const struct laws *l, const struct np_flow *f)
{
	(void)l;
	return f->family == 4;
}

/* ---- protocols ---- */

/* A name that nothing asks for with SCTP. */
static bool t47_other_protocol(struct laws *l)
{
	struct np_rule *r;
	struct np_str name = NP_STR("web");

	for (size_t i = 0; i < l->b.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t k = 0; k < l->b.policies[i].n_rules[d]; k++) {
				r = &l->b.policies[i].rules[d][k];
				for (size_t q = 0; q < r->n_ports; q++) {
					if (r->ports[q].kind == NP_PORT_NAME && r->ports[q].proto == NP_SCTP)
						return false;
					if (r->ports[q].kind == NP_PORT_NAME)
						name = r->ports[q].name;
				}
			}
	for (size_t i = 0; i < l->b.n_services; i++)
		for (size_t k = 0; k < l->b.services[i].n_ports; k++)
			if (l->b.services[i].ports[k].proto == NP_SCTP && l->b.services[i].ports[k].target_name.n)
				return false;
	for (size_t i = 0; i < l->b.n_pods; i++) {
		struct np_pod *pod = &l->b.pods[i];

		pod->ports = lw_copy(&l->b, pod->ports, pod->n_ports, 1, sizeof(*pod->ports));
		pod->ports[pod->n_ports++] = (struct np_container_port){ .name = name, .proto = NP_SCTP,
									 .port = 80 };
	}
	return true;
}

static enum np_proto next_proto(enum np_proto p)
{
	return (enum np_proto)((p + 1) % NP_N_PROTOS);
}

static bool t48_permute_protocols(struct laws *l)
{
	struct np_world *w = &l->b;

	for (size_t i = 0; i < w->n_pods; i++) {
		w->pods[i].ports = lw_copy(w, w->pods[i].ports, w->pods[i].n_ports, 0, sizeof(*w->pods[i].ports));
		for (size_t k = 0; k < w->pods[i].n_ports; k++)
			w->pods[i].ports[k].proto = next_proto(w->pods[i].ports[k].proto);
	}
	for (size_t i = 0; i < w->n_services; i++) {
		w->services[i].ports = lw_copy(w, w->services[i].ports, w->services[i].n_ports, 0,
					       sizeof(*w->services[i].ports));
		for (size_t k = 0; k < w->services[i].n_ports; k++)
			w->services[i].ports[k].proto = next_proto(w->services[i].ports[k].proto);
	}
	for (size_t i = 0; i < w->n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < w->policies[i].n_rules[d]; r++)
				for (size_t k = 0; k < w->policies[i].rules[d][r].n_ports; k++) {
					struct np_port *p = &w->policies[i].rules[d][r].ports[k];

					p->proto = next_proto(p->proto);
				}
	return true;
}

static void permute_flow(const struct laws *l, struct np_flow *f)
{
	(void)l;
	f->proto = next_proto(f->proto);
}

static const struct law laws[] = {
	{ "T01", SAME, t01_permute_policies, NULL, NULL, NULL },
	{ "T02", SAME, t02_permute_rules, NULL, NULL, NULL },
	{ "T03", SAME, t03_permute_lists, NULL, NULL, NULL },
	{ "T04", SAME, t04_copy_policy, NULL, NULL, NULL },
	{ "T05", SAME, t05_duplicate, NULL, NULL, NULL },
	{ "T06", SAME, t06_rule_per_policy, NULL, NULL, NULL },
	{ "T07", SAME, t07_cross_product, NULL, NULL, NULL },
	{ "T08", SAME, t08_join, NULL, NULL, NULL },
	{ "T09", GROWS, t09_append_rule, NULL, NULL, NULL },
	{ "T10", GROWS, t10_add_to_isolated, lw_plain, NULL, NULL },
	{ "T11", SAME, take_out_of_a, untouched, NULL, NULL },
	{ "T12", SHRINKS, t12_remove_rule, NULL, NULL, NULL },
	{ "T13", SHRINKS, t13_default_deny, NULL, NULL, NULL },
	{ "T14", SAME, t13_default_deny, isolated_already, NULL, NULL },
	{ "T15", DENIED, t15_deny_alone, touches_ns, NULL, NULL },
	{ "T16", SAME, t16_halves, NULL, NULL, NULL },
	{ "T17", SHRINKS, t17_add_except, NULL, NULL, NULL },
	{ "T18", GROWS, t18_remove_except, NULL, NULL, NULL },
	{ "T19", SAME, t19_except_in_except, NULL, NULL, NULL },
	{ "T20", GROWS, t20_widen, NULL, NULL, NULL },
	{ "T21", SAME, t21_host_bits, NULL, NULL, NULL },
	{ "T22", SAME, t22_rename, NULL, NULL, NULL },
	{ "T23", SAME, t23_unused_label, NULL, NULL, NULL },
	{ "T24", SAME, t24_in_for_labels, NULL, NULL, NULL },
	{ "T25", SAME, t25_split_in, NULL, NULL, NULL },
	{ "T26", SAME, t26_split_not_in, NULL, NULL, NULL },
	{ "T27", SAME, t27_split_by_key, NULL, NULL, NULL },
	{ "T28", SAME, t28_split_subject, NULL, NULL, NULL },
	{ "T29", SAME, t29_own_namespace_by_name, NULL, NULL, NULL },
	{ "T30", SAME, t30_all_pods_of_namespaces, NULL, NULL, NULL },
	{ "T31", SAME, t31_no_protocol, NULL, NULL, NULL },
	{ "T32", SAME, t32_range_of_one, NULL, NULL, NULL },
	{ "T33", SAME, t33_split_range, NULL, NULL, NULL },
	{ "T34", SAME, t34_protocol_as_range, NULL, NULL, NULL },
	{ "T35", SAME, t35_three_protocols, NULL, NULL, NULL },
	{ "T36", SAME, t36_no_types, NULL, NULL, NULL },
	{ "T37", SAME, t37_split_directions, NULL, NULL, NULL },
	{ "T38", SAME, t38_inert_rules, NULL, NULL, NULL },
	{ "T39 ingress", GROWS, t39_ingress_part, NULL, NULL, NULL },
	{ "T39 egress", GROWS, t39_egress_part, NULL, NULL, NULL },
	{ "T40", SAME, take_out_of_a, outside_ns, NULL, NULL },
	{ "T41", SAME, t41_absent_lists, NULL, NULL, NULL },
	{ "T42", SAME, t42_empty_rule, NULL, NULL, NULL },
	{ "T43", GROWS, t43_delete_policy, freed, NULL, NULL },
	{ "T44", SAME, t44_permute_labels, NULL, NULL, NULL },
	{ "T45", DENIED, t45_outside_every_block, outside_blocks, NULL, NULL },
	{ "T46", SAME, t46_embed, is_ipv4, embed_flow, &ipv4_only },
	{ "T47", SAME, t47_other_protocol, NULL, NULL, NULL },
	{ "T48", SAME, t48_permute_protocols, NULL, permute_flow, NULL },
};

/* One-sided laws must also show the side that they leave free, else they say nothing. */
START_TEST(holds)
{
	const struct law *law = &laws[_i];
	struct lw_count c = lw_run(law, N_SEEDS, N_FLOWS);

	printf("%s: %u connections in %u worlds, %u broken, %u changed\n", law->id, c.n_flows, c.n_applied, c.n_broken,
	       c.n_changed);
	ck_assert_msg(c.n_broken == 0, "%s: %u of %u flows, first in seed %llu", law->id, c.n_broken, c.n_flows,
		      (unsigned long long)c.broken_seed);
	ck_assert_msg(c.n_applied >= N_SEEDS / 12 && c.n_flows >= 100, "%s: only %u worlds, %u flows", law->id,
		      c.n_applied, c.n_flows);
	if (law->relation == GROWS || law->relation == SHRINKS)
		ck_assert_msg(c.n_changed > 0, "%s: nothing ever changed", law->id);
}
END_TEST

/* T39: allowed exactly when both directions alone allow. */
START_TEST(t39_conjunction)
{
	unsigned n_flows = 0;

	for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
		struct laws l = { .at = 0 };
		struct np_readings rd;
		struct np_cuts cuts;
		struct np_world egress;

		np_gen_world(seed, NULL, &l.a);
		np_rng_seed(&l.rng, seed);
		lw_fix_readings(&l, &rd);
		lw_clone(&l.a, &l.b);
		drop_direction(&l, NP_EGRESS);
		egress = l.b;
		lw_clone(&l.a, &l.b);
		drop_direction(&l, NP_INGRESS);
		np_cuts_of(&l.a, &cuts);
		for (unsigned i = 0; i < N_FLOWS; i++) {
			struct np_flow f;
			enum np_verdict v, in, out;

			np_gen_flow(&l.rng, &l.a, &cuts, &f);
			v = np_brute_once(&l.a, &l.set, &f);
			in = np_brute_once(&egress, &l.set, &f);
			out = np_brute_once(&l.b, &l.set, &f);
			if (v == NP_NO_FLOW)
				continue;
			n_flows++;
			ck_assert_msg((v == NP_ALLOW) == (in == NP_ALLOW && out == NP_ALLOW), "seed %llu",
				      (unsigned long long)seed);
		}
		np_cuts_release(&cuts);
		np_world_release(&egress);
		np_world_release(&l.b);
		np_world_release(&l.a);
	}
	ck_assert_uint_gt(n_flows, 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-laws");
	TCase *tc = tcase_create("laws");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, holds, 0, (int)NP_ARRAY_SIZE(laws));
	tcase_add_test(tc, t39_conjunction);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
