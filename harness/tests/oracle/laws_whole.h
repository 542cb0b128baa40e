/* laws_whole.h - private to test_laws.c: laws of policies as they are written: what is absent, and directions. */
#ifndef NP_TESTS_ORACLE_LAWS_WHOLE_H
#define NP_TESTS_ORACLE_LAWS_WHOLE_H

#include "laws.h"
#include "np/gen/manifests.h"
#include "np/parse/manifests.h"

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

#endif
