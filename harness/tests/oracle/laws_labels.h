/* laws_labels.h - private to test_laws.c: laws of labels and selectors. */
#ifndef NP_TESTS_ORACLE_LAWS_LABELS_H
#define NP_TESTS_ORACLE_LAWS_LABELS_H

#include "laws.h"

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

#endif
