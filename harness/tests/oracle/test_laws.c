/*
 * test_laws.c - relations that hold between worlds (T01..T48): what must not change a verdict, or
 * only in one direction, does not, in either evaluator.
 */
#include "../suite.h"
#include "laws_blocks.h"
#include "laws_labels.h"
#include "laws_ports.h"
#include "laws_rules.h"
#include "laws_whole.h"

enum { N_SEEDS = 120, N_FLOWS = 60 };

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
