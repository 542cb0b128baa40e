/* test_lists.c - more rules over all classes than are copied, and more stretches of ports than bits: the same verdicts. */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/base/rng.h"
#include "np/oracle/brute.h"

enum { N_PODS = 1600, N_POLICIES = 1500, N_FLOWS = 40 };

static void add_pods(struct np_world *w)
{
	for (unsigned i = 0; i < N_PODS; i++) {
		struct np_pod *p = np_world_add_pod(w);

		p->ns = NP_STR("x");
		p->name = np_arena_printf(&w->arena, "p%u", i);
		p->labels.items = np_arena_alloc(&w->arena, sizeof(struct np_label));
		p->labels.items[0] = (struct np_label){ NP_STR("i"), np_arena_printf(&w->arena, "%u", i) };
		p->labels.n = 1;
		p->n_ips = 1;
		p->ips[0] = (struct np_addr){ 4, { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
	}
}

/* Every policy selects all pods but one, from one pod, on a port of its own. */
static void add_policies(struct np_world *w)
{
	for (unsigned i = 0; i < N_POLICIES; i++) {
		struct np_policy *p = np_world_add_policy(w);
		struct np_selector *from = np_arena_alloc(&w->arena, sizeof(*from));
		struct np_requirement *q = np_arena_alloc(&w->arena, sizeof(*q));
		struct np_rule *r = np_arena_alloc(&w->arena, sizeof(*r));

		p->ns = NP_STR("x");
		p->name = np_arena_printf(&w->arena, "np%u", i);
		*q = (struct np_requirement){ .key = NP_STR("i"), .op = NP_OP_NOT_IN, .n_values = 1 };
		q->values = np_arena_alloc(&w->arena, sizeof(*q->values));
		q->values[0] = np_arena_printf(&w->arena, "%u", i);
		p->pod_selector = (struct np_selector){ .exprs = q, .n_exprs = 1 };
		p->types[NP_INGRESS] = true;
		from->match_labels.items = w->pods[(i * 7) % N_PODS].labels.items;
		from->match_labels.n = 1;
		r->peers = np_arena_alloc(&w->arena, sizeof(*r->peers));
		r->peers[0].pod_selector = from;
		r->n_peers = 1;
		r->ports = np_arena_alloc(&w->arena, sizeof(*r->ports));
		r->ports[0] = (struct np_port){ .proto = NP_TCP, .kind = NP_PORT_NUMBER, .port = (uint16_t)(1 + i % 300) };
		r->n_ports = 1;
		p->rules[NP_INGRESS] = r;
		p->n_rules[NP_INGRESS] = 1;
	}
}

START_TEST(beyond_the_budget)
{
	struct np_readings rd = np_profile_readings(NP_PROFILE_UPSTREAM);
	struct np_world w;
	struct np_rng rng;
	struct np_oracle *o;
	struct np_err err;
	unsigned n_allow = 0, n_deny = 0;

	np_world_init(&w);
	add_pods(&w);
	add_policies(&w);
	ck_assert(np_world_link(&w, &err) == 0);
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		rd.set[r] = NP_SET_YES;
	o = np_oracle_new(&w, &rd);
	np_rng_seed(&rng, 1);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		unsigned policy = (unsigned)np_rng_below(&rng, N_POLICIES);
		struct np_str src = w.pods[(policy * 7) % N_PODS].name;
		struct np_flow f = { .src = { .kind = NP_END_POD, .idx = np_world_find_pod(&w, NP_STR("x"), src) },
				     .dst = { .kind = NP_END_POD, .idx = np_rng_below(&rng, N_PODS) },
				     .family = 4, .proto = NP_TCP,
				     .port = (uint16_t)(1 + np_rng_below(&rng, 300)) };
		enum np_verdict v;

		/* Half of them on the port of the policy that names the source. */
		for (size_t k = 0; i % 2 && k < w.n_policies; k++)
			if (np_str_eq(w.policies[k].rules[NP_INGRESS]->peers[0].pod_selector->match_labels.items[0].value,
				      w.pods[f.src.idx].labels.items[0].value))
				f.port = w.policies[k].rules[NP_INGRESS]->ports[0].port;
		v = np_oracle_eval(o, &f, NULL);
		ck_assert_int_eq(v, np_brute_eval(&w, &rd, &f, NULL));
		n_allow += v == NP_ALLOW;
		n_deny += v == NP_DENY;
	}
	ck_assert_uint_gt(n_allow, 5);
	ck_assert_uint_gt(n_deny, 5);
	np_oracle_free(o);
	np_world_release(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-lists");
	TCase *tc = tcase_create("lists");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, beyond_the_budget);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
