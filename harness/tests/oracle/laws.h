/*
 * laws.h - test helper: relations between the verdicts in two worlds, held by both evaluators.
 *
 * A law changes a world and says how verdicts may change by that. Worlds are generated; readings
 * are fixed, at random but where a law needs one: S20 no, S25, S56, S57 yes.
 */
#ifndef NP_TESTS_ORACLE_LAWS_H
#define NP_TESTS_ORACLE_LAWS_H

#include <check.h>
#include <stdlib.h>

#include "np/base/mem.h"
#include "np/gen/flows.h"
#include "np/gen/world.h"
#include "np/oracle/brute.h"

enum relation { SAME, GROWS, SHRINKS, DENIED };	/* DENIED: absolute, of the changed world */

struct laws {
	struct np_world a, b;		/* before, after; b borrows from a */
	struct np_rng rng;
	struct np_brute_setting set;
	size_t at;			/* the policy that a law is about */
	struct np_str ns;		/* a namespace that a law is about */
};

struct law {
	const char *id;
	enum relation relation;
	/* Makes b, a copy of a, into the changed world (a may be changed first); false: no case. */
	bool (*change)(struct laws *l);
	/* Flows that the law is about; NULL: all. */
	bool (*about)(const struct laws *l, const struct np_flow *f);
	/* The flow as the changed world has it; NULL: the same. */
	void (*translate)(const struct laws *l, struct np_flow *f);
	const struct np_gen_pins *pins;
};

static inline unsigned lw_below(struct laws *l, size_t n)
{
	return (unsigned)np_rng_below(&l->rng, n);
}

static inline void *lw_copy(struct np_world *w, const void *items, size_t n, size_t extra, size_t bytes)
{
	char *copy = np_arena_array(&w->arena, n + extra + 1, bytes);

	if (n)
		memcpy(copy, items, n * bytes);
	return copy;
}

/* Lists of its own for each rule, with room for @extra more peers and ports. */
static inline struct np_rule lw_copy_rule(struct np_world *w, const struct np_rule *r, size_t extra)
{
	return (struct np_rule){ .peers = lw_copy(w, r->peers, r->n_peers, extra, sizeof(*r->peers)),
				 .n_peers = r->n_peers,
				 .ports = lw_copy(w, r->ports, r->n_ports, extra, sizeof(*r->ports)),
				 .n_ports = r->n_ports };
}

/* With room for @extra more rules. */
static inline struct np_policy lw_copy_policy(struct np_world *w, const struct np_policy *p, size_t extra)
{
	struct np_policy copy = *p;

	for (int d = 0; d < NP_N_DIRS; d++) {
		copy.rules[d] = lw_copy(w, p->rules[d], p->n_rules[d], extra, sizeof(struct np_rule));
		for (size_t i = 0; i < p->n_rules[d]; i++)
			copy.rules[d][i] = lw_copy_rule(w, &p->rules[d][i], 2);
	}
	return copy;
}

/* A copy that may be changed down to its rules; strings, labels, selectors stay those of @a. */
static inline void lw_clone(const struct np_world *a, struct np_world *b)
{
	np_world_init(b);
	for (size_t i = 0; i < a->n_namespaces; i++)
		*np_world_add_namespace(b) = a->namespaces[i];
	for (size_t i = 0; i < a->n_nodes; i++)
		*np_world_add_node(b) = a->nodes[i];
	for (size_t i = 0; i < a->n_pods; i++)
		*np_world_add_pod(b) = a->pods[i];
	for (size_t i = 0; i < a->n_services; i++)
		*np_world_add_service(b) = a->services[i];
	for (size_t i = 0; i < a->n_externals; i++)
		*np_world_add_external(b) = a->externals[i];
	for (size_t i = 0; i < a->n_policies; i++)
		*np_world_add_policy(b) = lw_copy_policy(b, &a->policies[i], 4);
}

/* A copy of policy @at of b under another name, appended. Earlier pointers to policies end. */
static inline struct np_policy *lw_copy_of(struct laws *l, size_t at, const char *suffix)
{
	struct np_policy copy = lw_copy_policy(&l->b, &l->b.policies[at], 4);

	copy.name = np_arena_printf(&l->b.arena, NP_STR_FMT "%s", NP_STR_ARG(copy.name), suffix);
	*np_world_add_policy(&l->b) = copy;
	return &l->b.policies[l->b.n_policies - 1];
}

/* One rule with @dir in its policy's types; false when there is none. */
static inline bool lw_pick_rule(struct laws *l, struct np_policy **ret_p, enum np_dir *ret_dir, size_t *ret_rule)
{
	for (unsigned i = 0; l->b.n_policies && i < 12; i++) {
		l->at = lw_below(l, l->b.n_policies);
		*ret_p = &l->b.policies[l->at];
		*ret_dir = lw_below(l, 2) ? NP_EGRESS : NP_INGRESS;
		if (!(*ret_p)->types[*ret_dir] || !(*ret_p)->n_rules[*ret_dir])
			continue;
		*ret_rule = lw_below(l, (*ret_p)->n_rules[*ret_dir]);
		return true;
	}
	return false;
}

/* The peer or port item that @wants likes, of any rule in effect; NULL when there is none. */
static inline struct np_peer *lw_find_peer(struct laws *l, bool (*wants)(const struct np_peer *),
					   struct np_rule **ret_rule)
{
	for (size_t i = 0; i < l->b.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < l->b.policies[i].n_rules[d]; r++) {
				struct np_rule *rule = &l->b.policies[i].rules[d][r];

				for (size_t k = 0; k < rule->n_peers; k++)
					if (l->b.policies[i].types[d] && wants(&rule->peers[k])) {
						l->at = i;
						*ret_rule = rule;
						return &rule->peers[k];
					}
			}
	return NULL;
}

static inline struct np_port *lw_find_port(struct laws *l, bool (*wants)(const struct np_port *),
					   struct np_rule **ret_rule)
{
	for (size_t i = 0; i < l->b.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < l->b.policies[i].n_rules[d]; r++) {
				struct np_rule *rule = &l->b.policies[i].rules[d][r];

				for (size_t k = 0; k < rule->n_ports; k++)
					if (l->b.policies[i].types[d] && wants(&rule->ports[k])) {
						*ret_rule = rule;
						return &rule->ports[k];
					}
			}
	return NULL;
}

static inline const struct np_label *lw_label_of(const struct np_labels *labels, struct np_str key)
{
	for (size_t i = 0; i < labels->n; i++)
		if (np_str_eq(labels->items[i].key, key))
			return &labels->items[i];
	return NULL;
}

static inline bool lw_requirement(const struct np_requirement *q, const struct np_labels *labels)
{
	const struct np_label *label = lw_label_of(labels, q->key);
	bool among = false;

	for (size_t i = 0; label && i < q->n_values; i++)
		among |= np_str_eq(q->values[i], label->value);
	return q->op == NP_OP_IN     ? among :
	       q->op == NP_OP_NOT_IN ? !among :
	       q->op == NP_OP_EXISTS ? label != NULL :
				       label == NULL;
}

static inline bool lw_selects(const struct np_policy *p, const struct np_pod *pod)
{
	const struct np_selector *s = &p->pod_selector;

	if (!np_str_eq(p->ns, pod->ns))
		return false;
	for (size_t i = 0; i < s->match_labels.n; i++) {
		const struct np_label *l = lw_label_of(&pod->labels, s->match_labels.items[i].key);

		if (!l || !np_str_eq(l->value, s->match_labels.items[i].value))
			return false;
	}
	for (size_t i = 0; i < s->n_exprs; i++)
		if (!lw_requirement(&s->exprs[i], &pod->labels))
			return false;
	return true;
}

/* By policies other than number @but (SIZE_MAX: none). */
static inline bool lw_isolated(const struct np_world *w, const struct np_pod *pod, enum np_dir dir, size_t but)
{
	for (size_t i = 0; i < w->n_policies; i++)
		if (i != but && w->policies[i].types[dir] && lw_selects(&w->policies[i], pod))
			return true;
	return false;
}

/* ---- which flows ---- */

/* Two different ends, each an ordinary pod or an address that is no node's. */
static inline bool lw_is_plain(const struct np_world *w, const struct np_end *e)
{
	if (e->kind == NP_END_SERVICE)
		return false;
	if (e->kind == NP_END_POD)
		return !w->pods[e->idx].host_network;
	for (size_t i = 0; i < w->n_nodes; i++)
		for (size_t k = 0; k < w->nodes[i].n_ips; k++) {
			struct np_addr ip = np_addr_wire(&w->nodes[i].ips[k]), at = np_addr_wire(&e->addr);

			if (np_addr_eq(&ip, &at))
				return false;
		}
	return true;
}

static inline bool lw_plain(const struct laws *l, const struct np_flow *f)
{
	return lw_is_plain(&l->a, &f->src) && lw_is_plain(&l->a, &f->dst) &&
	       (f->src.kind != f->dst.kind || f->src.kind == NP_END_ADDR || f->src.idx != f->dst.idx);
}

/* ---- the runner ---- */

static inline void lw_fix_readings(struct laws *l, struct np_readings *ret)
{
	uint64_t bits = np_rng_next(&l->rng);

	for (unsigned r = 0; r < NP_N_READINGS; r++)
		l->set.yes[r] = bits >> r & 1;
	l->set.yes[NP_READ_NAT] = false;
	l->set.yes[NP_READ_DIVERGENT] = l->set.yes[NP_READ_MAPPED] = l->set.yes[NP_READ_HOST_BITS] = true;
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		ret->set[r] = l->set.yes[r] ? NP_SET_YES : NP_SET_NO;
}

/* deny, undef (pods behind a Service differ), allow: in this order verdicts grow. */
static inline int lw_rank(enum np_verdict v)
{
	return v == NP_ALLOW ? 2 : v == NP_UNDEF ? 1 : 0;
}

static inline bool lw_holds(enum relation r, enum np_verdict before, enum np_verdict after)
{
	switch (r) {
	case SAME:
		return before == after;
	case GROWS:
		return lw_rank(after) >= lw_rank(before);
	case SHRINKS:
		return lw_rank(after) <= lw_rank(before);
	case DENIED:
		return after == NP_DENY;
	}
	return false;
}

struct lw_count {
	unsigned n_applied, n_flows, n_changed, n_broken;
	uint64_t broken_seed;
	char witness[512];
};

/* The connection that shows a belief wrong, for whoever reads the output. */
static inline void lw_note_witness(const struct laws *l, const struct np_flow *f, enum np_verdict before,
				   enum np_verdict after, struct lw_count *c)
{
	char src[160] = "", dst[160] = "";
	const struct np_world *w = &l->a;

	if (f->src.kind == NP_END_POD)
		snprintf(src, sizeof(src), NP_STR_FMT "/" NP_STR_FMT, NP_STR_ARG(w->pods[f->src.idx].ns),
			 NP_STR_ARG(w->pods[f->src.idx].name));
	else
		np_addr_text(&f->src.addr, src);
	if (f->dst.kind == NP_END_POD)
		snprintf(dst, sizeof(dst), NP_STR_FMT "/" NP_STR_FMT, NP_STR_ARG(w->pods[f->dst.idx].ns),
			 NP_STR_ARG(w->pods[f->dst.idx].name));
	else if (f->dst.kind == NP_END_SERVICE)
		snprintf(dst, sizeof(dst), "svc:" NP_STR_FMT, NP_STR_ARG(w->services[f->dst.idx].name));
	else
		np_addr_text(&f->dst.addr, dst);
	snprintf(c->witness, sizeof(c->witness), "%s -> %s %s %u, %s before and %s after", src, dst,
		 np_proto_name(f->proto), f->port, np_verdict_name(before), np_verdict_name(after));
}

static inline void lw_judge(struct laws *l, const struct law *law, const struct np_oracle *oa,
			    const struct np_oracle *ob, const struct np_flow *f, uint64_t seed,
			    struct lw_count *c)
{
	struct np_flow after = *f;
	enum np_verdict va, vb, ba, bb;

	if (law->translate)
		law->translate(l, &after);
	va = np_oracle_eval(oa, f, NULL);
	vb = np_oracle_eval(ob, &after, NULL);
	if (va == NP_NO_FLOW || vb == NP_NO_FLOW || (law->about && !law->about(l, f)))
		return;
	ba = np_brute_once(&l->a, &l->set, f);
	bb = np_brute_once(&l->b, &l->set, &after);
	c->n_flows++;
	c->n_changed += va != vb;
	if (lw_holds(law->relation, va, vb) && lw_holds(law->relation, ba, bb))
		return;
	c->n_broken++;
	if (!c->broken_seed) {
		c->broken_seed = seed;
		lw_note_witness(l, f, ba, bb, c);
	}
}

static inline void lw_run_seed(const struct law *law, uint64_t seed, unsigned n_flows, struct lw_count *c)
{
	struct laws l = { .at = 0 };
	struct np_readings rd;
	struct np_cuts cuts[2];
	struct np_oracle *oa, *ob;
	struct np_err err;
	bool applies;

	np_gen_world(seed, law->pins, &l.a);
	np_rng_seed(&l.rng, seed * 7919);
	lw_fix_readings(&l, &rd);
	lw_clone(&l.a, &l.b);
	applies = law->change(&l);
	if (applies) {
		c->n_applied++;
		ck_assert(np_world_link(&l.a, &err) == 0);
		ck_assert_msg(np_world_link(&l.b, &err) == 0, "%s, seed %llu: %s", law->id,
			      (unsigned long long)seed, err.msg);
		np_cuts_of(&l.a, &cuts[0]);
		np_cuts_of(&l.b, &cuts[1]);
		oa = np_oracle_new(&l.a, &rd);
		ob = np_oracle_new(&l.b, &rd);
		for (unsigned i = 0; i < n_flows; i++) {
			struct np_flow f;

			np_gen_flow(&l.rng, !law->translate && i % 2 ? &l.b : &l.a,
				    &cuts[law->translate ? 0 : i % 2], &f);
			lw_judge(&l, law, oa, ob, &f, seed, c);
		}
		np_oracle_free(oa);
		np_oracle_free(ob);
		np_cuts_release(&cuts[0]);
		np_cuts_release(&cuts[1]);
	}
	np_world_release(&l.b);
	np_world_release(&l.a);
}

static inline struct lw_count lw_run(const struct law *law, unsigned n_seeds, unsigned n_flows)
{
	struct lw_count c = { 0 };

	for (uint64_t seed = 1; seed <= n_seeds; seed++)
		lw_run_seed(law, seed, n_flows, &c);
	return c;
}

#endif
