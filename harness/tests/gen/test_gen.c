/* test_gen.c - generated worlds: the same from the same seed, over the whole table, readable back. */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/gen/flows.h"
#include "np/gen/manifests.h"
#include "np/gen/world.h"
#include "np/parse/manifests.h"

static char *yaml_of(uint64_t seed, const struct np_gen_pins *pins)
{
	struct np_buf b = { 0 };
	struct np_world w;

	np_gen_world(seed, pins, &w);
	np_gen_world_yaml(&w, &b);
	np_world_release(&w);
	return np_buf_steal(&b);
}

static void check_same(const char *a, const char *b, uint64_t seed)
{
	size_t at = 0;

	while (a[at] && a[at] == b[at])
		at++;
	ck_assert_msg(a[at] == b[at], "seed %llu: '%.60s' and '%.60s'", (unsigned long long)seed,
		      a + (at > 30 ? at - 30 : 0), b + (at > 30 ? at - 30 : 0));
}

START_TEST(same_seed_same_world)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		np_auto_free char *a = yaml_of(seed, NULL), *b = yaml_of(seed, NULL);
		np_auto_free char *c = yaml_of(seed + 1, NULL);

		check_same(a, b, seed);
		ck_assert(strcmp(a, c) != 0);
	}
}
END_TEST

/* Written, read by the parser, written again: the same text. */
START_TEST(manifests_read_back)
{
	for (uint64_t seed = 1; seed <= 400; seed++) {
		np_auto_free char *text = yaml_of(seed, NULL);
		struct np_buf again = { 0 };
		struct np_world w;
		struct np_err err = { 0 };
		char msg[NP_ERR_TEXT_MAX];

		np_world_init(&w);
		ck_assert_msg(np_manifests_add_text(&w, np_str_from(text), "gen", NP_FIELDS_STRICT, NULL,
						    &err) == 0 && np_world_link(&w, &err) == 0,
			      "seed %llu: %s", (unsigned long long)seed,
			      np_err_text(&err, msg, sizeof(msg)));
		np_gen_world_yaml(&w, &again);
		check_same(text, np_buf_text(&again), seed);
		np_buf_release(&again);
		np_world_release(&w);
	}
}
END_TEST

/* Every dimension has levels with weights that are not all zero, names that no other has. */
START_TEST(rows_are_whole)
{
	for (unsigned i = 0; i < NP_GEN_N_DIMS; i++) {
		const struct np_gen_dim_row *row = np_gen_dim_row((enum np_gen_dim)i);
		unsigned sum = 0;

		ck_assert_ptr_nonnull(row->name);
		ck_assert_ptr_nonnull(strchr(row->name, '.'));
		ck_assert_msg(np_str_starts(np_str_from(row->name), np_gen_scope_name(row->scope)),
			      "%s", row->name);
		ck_assert_uint_ge(np_gen_n_levels((enum np_gen_dim)i), 2);
		for (size_t k = 0; k < np_gen_n_levels((enum np_gen_dim)i); k++)
			sum += row->levels[k].weight;
		ck_assert_uint_gt(sum, 0);
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(row->name, np_gen_dim_row((enum np_gen_dim)k)->name);
	}
}
END_TEST

static const struct np_rule *first_rule(const struct np_world *w, const struct np_policy **ret)
{
	size_t at = np_world_find_policy(w, w->policies[0].ns, w->policies[0].name);

	for (size_t i = 0; i < w->n_policies; i++)
		if (np_str_is(w->policies[i].name, "np-0"))
			at = i;
	*ret = &w->policies[at];
	return (*ret)->n_rules[NP_INGRESS] ? &(*ret)->rules[NP_INGRESS][0] : NULL;
}

/* Pins reach the first object, whatever the seed. */
START_TEST(pins_hold)
{
	struct np_gen_pins pins = { .set = { [NP_DIM_POLICIES] = true, [NP_DIM_POLICY_TYPES] = true,
					     [NP_DIM_POLICY_RULES] = true, [NP_DIM_RULE_PEERS] = true,
					     [NP_DIM_RULE_PORTS] = true, [NP_DIM_PEER_FORM] = true,
					     [NP_DIM_PORT_FORM] = true } };

	pins.level[NP_DIM_POLICIES] = 1;	/* one */
	pins.level[NP_DIM_POLICY_TYPES] = 0;	/* Ingress */
	pins.level[NP_DIM_POLICY_RULES] = 1;
	pins.level[NP_DIM_RULE_PEERS] = 2;	/* two */
	pins.level[NP_DIM_RULE_PORTS] = 1;
	pins.level[NP_DIM_PEER_FORM] = 3;	/* ipBlock */
	pins.level[NP_DIM_PORT_FORM] = 2;	/* endPort */
	for (uint64_t seed = 1; seed <= 100; seed++) {
		const struct np_policy *p;
		const struct np_rule *r;
		struct np_world w;

		np_gen_world(seed, &pins, &w);
		ck_assert_uint_eq(w.n_policies, 1);
		r = first_rule(&w, &p);
		ck_assert(p->types[NP_INGRESS] && !p->types[NP_EGRESS]);
		ck_assert_ptr_nonnull(r);
		ck_assert_uint_eq(r->n_peers, 2);
		ck_assert_ptr_nonnull(r->peers[0].ip_block);
		ck_assert_uint_eq(r->n_ports, 1);
		ck_assert_int_eq(r->ports[0].kind, NP_PORT_RANGE);
		np_world_release(&w);
	}
}
END_TEST

/* What an API server takes under the legacy rules: excepts are longer and begin inside. */
static void check_block(const struct np_ipblock *b, uint64_t seed)
{
	for (size_t i = 0; i < b->n_excepts; i++) {
		struct np_addr net = np_addr_mask(&b->excepts[i].addr, b->cidr.prefix_bits);

		ck_assert_msg(b->excepts[i].prefix_bits > b->cidr.prefix_bits &&
			      np_addr_eq(&net, &b->cidr.addr),
			      "seed %llu: %s except %s", (unsigned long long)seed, b->cidr_text.p,
			      b->except_texts[i].p);
	}
}

START_TEST(blocks_are_valid)
{
	unsigned n_odd = 0, n_mapped = 0, n_excepts = 0, n_blocks = 0;

	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct np_world w;

		np_gen_world(seed, NULL, &w);
		for (size_t i = 0; i < w.n_policies; i++)
			for (int d = 0; d < NP_N_DIRS; d++)
				for (size_t r = 0; r < w.policies[i].n_rules[d]; r++) {
					const struct np_rule *rule = &w.policies[i].rules[d][r];

					for (size_t k = 0; k < rule->n_peers; k++) {
						const struct np_ipblock *b = rule->peers[k].ip_block;

						if (!b)
							continue;
						check_block(b, seed);
						n_blocks++;
						n_excepts += b->n_excepts != 0;
						n_odd += (b->cidr.flags & NP_CIDR_HOST_BITS) != 0;
						n_mapped += (b->cidr.flags & NP_CIDR_MAPPED) != 0;
					}
				}
		np_world_release(&w);
	}
	ck_assert_uint_gt(n_odd, n_blocks / 40);
	ck_assert_uint_gt(n_mapped, n_blocks / 40);
	ck_assert_uint_gt(n_excepts, n_blocks / 4);
}
END_TEST

/* Flows are the same from the same seed, and name ends that there are. */
START_TEST(flows_are_of_the_world)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct np_cuts cuts;
		struct np_world w;
		struct np_rng a, b;

		np_gen_world(seed, NULL, &w);
		np_cuts_of(&w, &cuts);
		np_rng_seed(&a, seed);
		np_rng_seed(&b, seed);
		for (unsigned i = 0; i < 100; i++) {
			struct np_flow f, again;

			np_gen_flow(&a, &w, &cuts, &f);
			np_gen_flow(&b, &w, &cuts, &again);
			ck_assert(f.port == again.port && f.src.idx == again.src.idx &&
				  f.dst.idx == again.dst.idx && f.proto == again.proto);
			ck_assert(f.family == 4 || f.family == 6);
			ck_assert(f.src.kind != NP_END_SERVICE);
			ck_assert(f.src.kind != NP_END_POD || f.src.idx < w.n_pods);
			ck_assert(f.dst.kind != NP_END_POD || f.dst.idx < w.n_pods);
			ck_assert(f.dst.kind != NP_END_SERVICE || f.dst.idx < w.n_services);
			ck_assert_uint_gt(f.port, 0);
		}
		np_cuts_release(&cuts);
		np_world_release(&w);
	}
}
END_TEST

START_TEST(policies_alone)
{
	struct np_world w;

	np_gen_world(5, NULL, &w);
	w.n_policies = 0;
	np_gen_policies(7, NULL, &w);
	ck_assert_uint_gt(w.n_policies, 0);
	np_world_release(&w);
}
END_TEST

int main(void)
{
	const TTest *tests[] = { same_seed_same_world, manifests_read_back, rows_are_whole, pins_hold,
				 blocks_are_valid, flows_are_of_the_world, policies_alone };
	Suite *s = suite_create("gen");
	TCase *tc = tcase_create("gen");

	tcase_set_timeout(tc, 300);
	for (size_t i = 0; i < NP_ARRAY_SIZE(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
