/*
 * test_beliefs.c - relations that people believe and that do not hold (F01..F20): for each one the
 * evaluators must show the counter-example.
 */
#include "../suite.h"
#include "laws.h"

enum { N_SEEDS = 200, N_FLOWS = 60 };

static bool f01_add_allow(struct laws *l)
{
	if (!l->b.n_policies)
		return false;
	l->at = lw_below(l, l->b.n_policies);
	for (size_t i = l->at; i + 1 < l->a.n_policies; i++)
		l->a.policies[i] = l->a.policies[i + 1];
	l->a.n_policies--;
	return l->b.policies[l->at].n_rules[NP_INGRESS] + l->b.policies[l->at].n_rules[NP_EGRESS] > 0;
}

static bool f02_remove(struct laws *l)
{
	if (!l->b.n_policies)
		return false;
	l->b.policies[0] = l->b.policies[--l->b.n_policies];
	return true;
}

static bool wants_both(const struct np_peer *p)
{
	return p->ns_selector && p->pod_selector;
}

static bool f03_two_peers(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_both, &r);

	if (!p)
		return false;
	r->peers[r->n_peers++] = (struct np_peer){ .pod_selector = p->pod_selector };
	p->pod_selector = NULL;
	return true;
}

/* All rules of a direction as one. */
static bool f04_one_rule(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;
	struct np_rule *a, *b, joined;

	if (!lw_pick_rule(l, &p, &dir, &at) || p->n_rules[dir] != 2)
		return false;
	a = &p->rules[dir][0];
	b = &p->rules[dir][1];
	joined = (struct np_rule){ .n_peers = a->n_peers + b->n_peers, .n_ports = a->n_ports + b->n_ports };
	joined.peers = lw_copy(&l->b, a->peers, a->n_peers, b->n_peers, sizeof(*a->peers));
	joined.ports = lw_copy(&l->b, a->ports, a->n_ports, b->n_ports, sizeof(*a->ports));
	for (size_t i = 0; i < b->n_peers; i++)
		joined.peers[a->n_peers + i] = b->peers[i];
	for (size_t i = 0; i < b->n_ports; i++)
		joined.ports[a->n_ports + i] = b->ports[i];
	p->rules[dir][0] = joined;
	p->n_rules[dir] = 1;
	return true;
}

static bool wants_except(const struct np_peer *p)
{
	return p->ip_block && p->ip_block->n_excepts && !(p->ip_block->cidr.flags & ~NP_CIDR_SPELLING);
}

static bool f05_except_denies(struct laws *l)
{
	struct np_rule *r;

	return lw_find_peer(l, wants_except, &r) != NULL;
}

/* From an address in an except of a block that the isolated destination's policy has. */
static bool from_except(const struct laws *l, const struct np_flow *f)
{
	if (!lw_plain(l, f) || f->src.kind != NP_END_ADDR || f->dst.kind != NP_END_POD)
		return false;
	for (size_t i = 0; i < l->b.n_policies; i++) {
		const struct np_policy *p = &l->b.policies[i];

		if (!p->types[NP_INGRESS] || !lw_selects(p, &l->b.pods[f->dst.idx]))
			continue;
		for (size_t r = 0; r < p->n_rules[NP_INGRESS]; r++)
			for (size_t k = 0; k < p->rules[NP_INGRESS][r].n_peers; k++) {
				const struct np_peer *peer = &p->rules[NP_INGRESS][r].peers[k];

				for (size_t e = 0; wants_except(peer) && e < peer->ip_block->n_excepts; e++) {
					const struct np_cidr *c = &peer->ip_block->excepts[e];
					struct np_addr net = np_addr_mask(&f->src.addr, c->prefix_bits);

					if (np_addr_eq(&net, &c->addr))
						return true;
				}
			}
	}
	return false;
}

/* A rule without peers gets one. */
static bool f06_all_namespaces(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;

	if (!lw_pick_rule(l, &p, &dir, &at) || p->rules[dir][at].n_peers)
		return false;
	p->rules[dir][at].n_peers = 1;
	p->rules[dir][at].peers[0] =
		(struct np_peer){ .ns_selector = np_arena_alloc(&l->b.arena, sizeof(struct np_selector)) };
	return true;
}

static bool wants_every_pod(const struct np_peer *p)
{
	return p->pod_selector && !p->ns_selector && !p->pod_selector->n_exprs && !p->pod_selector->match_labels.n;
}

static bool f07_every_pod(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_every_pod, &r);

	if (!p)
		return false;
	p->ns_selector = np_arena_alloc(&l->b.arena, sizeof(*p->ns_selector));
	return true;
}

static bool f08_first_egress_rule(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_policies; i++) {
		struct np_policy *p = &l->b.policies[i];

		if (p->types[NP_EGRESS] || !p->n_rules[NP_INGRESS])
			continue;
		p->types[NP_EGRESS] = true;
		p->rules[NP_EGRESS][0] = lw_copy_rule(&l->b, &p->rules[NP_INGRESS][0], 0);
		p->n_rules[NP_EGRESS] = 1;
		return true;
	}
	return false;
}

static bool wants_tcp(const struct np_port *p)
{
	return p->proto == NP_TCP;
}

static bool f09_any_protocol(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_tcp, &r);

	if (!p)
		return false;
	r->ports[r->n_ports] = *p;
	r->ports[r->n_ports++].proto = NP_UDP;
	r->ports[r->n_ports] = *p;
	r->ports[r->n_ports++].proto = NP_SCTP;
	return true;
}

static bool wants_name(const struct np_port *p)
{
	return p->kind == NP_PORT_NAME;
}

static bool f10_name_is_number(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_name, &r);

	for (size_t i = 0; p && i < l->b.n_pods; i++)
		for (size_t k = 0; k < l->b.pods[i].n_ports; k++)
			if (np_str_eq(l->b.pods[i].ports[k].name, p->name)) {
				p->kind = NP_PORT_NUMBER;
				p->port = l->b.pods[i].ports[k].port;
				return true;
			}
	return false;
}

static bool wants_not_in(const struct np_peer *p)
{
	return p->pod_selector && p->pod_selector->n_exprs && p->pod_selector->exprs[0].op == NP_OP_NOT_IN;
}

static bool f11_not_in_has_key(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_not_in, &r);
	struct np_selector *s;

	if (!p)
		return false;
	s = np_arena_alloc(&l->b.arena, sizeof(*s));
	*s = *p->pod_selector;
	s->exprs = lw_copy(&l->b, s->exprs, s->n_exprs, 1, sizeof(*s->exprs));
	s->exprs[s->n_exprs++] = (struct np_requirement){ .key = s->exprs[0].key, .op = NP_OP_EXISTS };
	p->pod_selector = s;
	return true;
}

/* a: no rules; b: no policy. */
static bool f12_no_rules_no_policy(struct laws *l)
{
	if (!l->a.n_policies)
		return false;
	l->a.policies[0].n_rules[NP_INGRESS] = l->a.policies[0].n_rules[NP_EGRESS] = 0;
	l->b.policies[0] = l->b.policies[--l->b.n_policies];
	return true;
}

static bool f13_zero_block(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;
	struct np_ipblock *b;

	if (!lw_pick_rule(l, &p, &dir, &at) || p->rules[dir][at].n_peers)
		return false;
	b = np_arena_alloc(&l->b.arena, sizeof(*b));
	b->cidr.addr.width = b->cidr.host.width = 4;
	p->rules[dir][at].n_peers = 1;
	p->rules[dir][at].peers[0] = (struct np_peer){ .ip_block = b };
	return true;
}

/* A label that some other pod has. */
static bool f14_add_label(struct laws *l)
{
	struct np_labels *labels;
	const struct np_labels *other;

	if (l->b.n_pods < 2)
		return false;
	labels = &l->b.pods[0].labels;
	other = &l->b.pods[1].labels;
	if (!other->n || lw_label_of(labels, other->items[0].key))
		return false;
	labels->items = lw_copy(&l->b, labels->items, labels->n, 1, sizeof(*labels->items));
	labels->items[labels->n++] = other->items[0];
	np_labels_sort(labels);
	return true;
}

static bool f16_one_empty_rule(struct laws *l)
{
	for (size_t i = 0; i < l->b.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			if (l->b.policies[i].types[d] && !l->b.policies[i].n_rules[d]) {
				l->b.policies[i].rules[d] = np_arena_alloc(&l->b.arena, sizeof(struct np_rule));
				l->b.policies[i].n_rules[d] = 1;
				return true;
			}
	return false;
}

static bool f17_narrow_subject(struct laws *l)
{
	struct np_selector *s;

	if (!l->b.n_policies || !l->b.n_pods || !l->b.pods[0].labels.n)
		return false;
	s = &l->b.policies[0].pod_selector;
	s->exprs = lw_copy(&l->b, s->exprs, s->n_exprs, 1, sizeof(*s->exprs));
	s->exprs[s->n_exprs++] = (struct np_requirement){ .key = l->b.pods[0].labels.items[0].key,
							  .op = NP_OP_NOT_EXISTS };
	return true;
}

/* Peers times ports, read as a product: nothing when one list is empty. */
static bool f18_empty_product(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;

	if (!lw_pick_rule(l, &p, &dir, &at) || (p->rules[dir][at].n_peers && p->rules[dir][at].n_ports))
		return false;
	p->rules[dir][at] = p->rules[dir][--p->n_rules[dir]];
	return true;
}

/* A policy for each rule, types by the rules that are left. */
static bool f19_implicit_types(struct laws *l)
{
	struct np_policy *egress;

	for (size_t i = 0; i < l->b.n_policies; i++) {
		if (!l->b.policies[i].types[NP_EGRESS] || l->b.policies[i].n_rules[NP_EGRESS] < 1)
			continue;
		egress = lw_copy_of(l, i, "-egress");
		egress->n_rules[NP_INGRESS] = 0;
		egress->types[NP_INGRESS] = egress->types[NP_EGRESS] = true;
		l->b.policies[i].n_rules[NP_EGRESS] = 0;
		l->b.policies[i].types[NP_INGRESS] = true;
		l->b.policies[i].types[NP_EGRESS] = false;
		return true;
	}
	return false;
}

static bool f20_symmetric(struct laws *l)
{
	return l->b.n_pods > 1;
}

static void turn_round(const struct laws *l, struct np_flow *f)
{
	struct np_end src = f->src;

	(void)l;
	if (f->dst.kind == NP_END_SERVICE)
		return;
	f->src = f->dst;
	f->dst = src;
}

static const struct law beliefs[] = {
	{ "F01", GROWS, f01_add_allow, lw_plain, NULL, NULL },
	{ "F02", SHRINKS, f02_remove, lw_plain, NULL, NULL },
	{ "F03", SAME, f03_two_peers, lw_plain, NULL, NULL },
	{ "F04", SAME, f04_one_rule, lw_plain, NULL, NULL },
	{ "F05", DENIED, f05_except_denies, from_except, NULL, NULL },
	{ "F06", SAME, f06_all_namespaces, lw_plain, NULL, NULL },
	{ "F07", SAME, f07_every_pod, lw_plain, NULL, NULL },
	{ "F08", GROWS, f08_first_egress_rule, lw_plain, NULL, NULL },
	{ "F09", SAME, f09_any_protocol, lw_plain, NULL, NULL },
	{ "F10", SAME, f10_name_is_number, lw_plain, NULL, NULL },
	{ "F11", SAME, f11_not_in_has_key, lw_plain, NULL, NULL },
	{ "F12", SAME, f12_no_rules_no_policy, lw_plain, NULL, NULL },
	{ "F13", SAME, f13_zero_block, lw_plain, NULL, NULL },
	{ "F14", GROWS, f14_add_label, lw_plain, NULL, NULL },
	{ "F16", SAME, f16_one_empty_rule, lw_plain, NULL, NULL },
	{ "F17", SHRINKS, f17_narrow_subject, lw_plain, NULL, NULL },
	{ "F18", SAME, f18_empty_product, lw_plain, NULL, NULL },
	{ "F19", SAME, f19_implicit_types, lw_plain, NULL, NULL },
	{ "F20", SAME, f20_symmetric, lw_plain, turn_round, NULL },
};

START_TEST(is_refuted)
{
	const struct law *belief = &beliefs[_i];
	struct lw_count c = lw_run(belief, N_SEEDS, N_FLOWS);

	printf("%s: refuted by %u of %u connections in %u worlds; first in world %llu: %s\n", belief->id, c.n_broken,
	       c.n_flows, c.n_applied, (unsigned long long)c.broken_seed, c.witness);
	ck_assert_msg(c.n_applied > 0, "%s: no case", belief->id);
	ck_assert_msg(c.n_broken > 0, "%s: held in %u flows of %u worlds", belief->id, c.n_flows, c.n_applied);
}
END_TEST

/* F15: what P or Q alone allows is not what both together allow. */
START_TEST(f15_union_of_alone)
{
	unsigned n_more = 0, n_less = 0;

	for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
		struct laws l = { .at = 0 };
		struct np_readings rd;
		struct np_cuts cuts;
		size_t n;

		np_gen_world(seed, NULL, &l.a);
		np_rng_seed(&l.rng, seed);
		lw_fix_readings(&l, &rd);
		lw_clone(&l.a, &l.b);
		np_cuts_of(&l.a, &cuts);
		n = l.a.n_policies / 2;
		for (unsigned i = 0; n && i < N_FLOWS; i++) {
			struct np_world p = l.a, q = l.b;
			struct np_flow f;
			bool both, alone;

			np_gen_flow(&l.rng, &l.a, &cuts, &f);
			p.n_policies = n;
			q.policies += n;
			q.n_policies -= n;
			both = np_brute_once(&l.a, &l.set, &f) == NP_ALLOW;
			alone = np_brute_once(&p, &l.set, &f) == NP_ALLOW ||
				np_brute_once(&q, &l.set, &f) == NP_ALLOW;
			n_more += both && !alone;
			n_less += alone && !both;
		}
		np_cuts_release(&cuts);
		np_world_release(&l.b);
		np_world_release(&l.a);
	}
	printf("F15: refuted by %u connections that one of two parts allows and both together do not, and %u the other way\n",
	       n_less, n_more);
	ck_assert_uint_gt(n_less, 0);
	ck_assert_uint_gt(n_more, 0);	/* a pod's two directions, one by each */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-beliefs");
	TCase *tc = tcase_create("beliefs");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, is_refuted, 0, (int)NP_ARRAY_SIZE(beliefs));
	tcase_add_test(tc, f15_union_of_alone);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
