/* laws_rules.h - private to test_laws.c: laws of policies and rules: their order, repetition, splitting, joining, adding, removing. */
#ifndef NP_TESTS_ORACLE_LAWS_RULES_H
#define NP_TESTS_ORACLE_LAWS_RULES_H

#include "laws.h"

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

#endif
