/* test_stages.c - the list of stages: tiers of a first-match kind before and after NetworkPolicy, in single verdicts and tables alike. */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/oracle/stage.h"
#include "random_world.h"
#include "yaml_world.h"

/* A tier as ClusterNetworkPolicy has them: rules in order, the first that matches decides; Pass or no match: next stage. */
struct tier_rule {
	enum np_dir dir;
	uint16_t port;		/* 0: any */
	bool only_pods;
	enum np_stage_result action;
};

struct tier {
	const struct tier_rule *rules;
	size_t n;
};

static enum np_stage_result tier_eval(const struct np_stage *stage, struct np_eval *e, const struct np_side *side)
{
	const struct tier *tier = stage->data;

	(void)e;
	for (size_t i = 0; i < tier->n; i++) {
		const struct tier_rule *r = &tier->rules[i];

		if (r->dir == side->dir && (!r->port || r->port == side->port) && (!r->only_pods || side->other_pod != NP_SIDE_NONE))
			return r->action;
	}
	return NP_STAGE_NEXT;
}

static const struct tier_rule admin_rules[] = {
	{ NP_INGRESS, 22, false, NP_STAGE_DENY },
	{ NP_INGRESS, 80, false, NP_STAGE_NEXT },	/* Pass */
	{ NP_INGRESS, 81, true, NP_STAGE_ALLOW },
};

static const struct tier_rule baseline_rules[] = {
	{ NP_INGRESS, 80, false, NP_STAGE_DENY },
	{ NP_INGRESS, 22, false, NP_STAGE_ALLOW },
	{ NP_EGRESS, 443, false, NP_STAGE_DENY },
};

static const struct tier admin = { admin_rules, NP_ARRAY_SIZE(admin_rules) };
static const struct tier baseline = { baseline_rules, NP_ARRAY_SIZE(baseline_rules) };

static struct np_oracle *with_tiers(const struct np_world *w, const struct np_readings *rd)
{
	const struct np_stage before = { .name = "admin", .eval = tier_eval, .data = &admin };
	const struct np_stage behind = { .name = "baseline", .eval = tier_eval, .data = &baseline };
	struct np_oracle *o = np_oracle_new(w, rd);

	ck_assert(np_oracle_insert_stage(o, 0, &before));
	ck_assert(np_oracle_insert_stage(o, 2, &behind));
	return o;
}

static const char world[] =
	"{apiVersion: v1, kind: Pod, metadata: {name: open, namespace: x}, spec: {containers: [{name: c}]}, status: {podIP: 10.0.0.1}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: shut, namespace: x, labels: {shut: 'yes'}}, spec: {containers: [{name: c}]}, status: {podIP: 10.0.0.2}}\n---\n"
	"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {podSelector: {matchLabels: {shut: 'yes'}}}}\n";

START_TEST(list_of_stages)
{
	const struct np_readings rd = { { 0 } };
	const struct np_stage more = { .name = "more", .eval = tier_eval, .data = &admin };
	struct np_world w;
	struct np_oracle *o;

	np_world_init(&w);
	yw_add(&w, world);
	yw_link(&w);
	o = with_tiers(&w, &rd);
	ck_assert_uint_eq(np_oracle_n_stages(o), 4);
	ck_assert_str_eq(np_oracle_stage(o, 0)->name, "admin");
	ck_assert_str_eq(np_oracle_stage(o, 1)->name, "NetworkPolicy");
	ck_assert_str_eq(np_oracle_stage(o, 2)->name, "baseline");
	ck_assert_str_eq(np_oracle_stage(o, 3)->name, "default");
	ck_assert(!np_oracle_insert_stage(o, 4, &more));
	while (np_oracle_n_stages(o) < NP_MAX_STAGES)
		ck_assert(np_oracle_insert_stage(o, 0, &more));
	ck_assert(!np_oracle_insert_stage(o, 0, &more));
	np_oracle_free(o);
	np_world_release(&w);
}
END_TEST

START_TEST(order_decides)
{
	static const struct {
		const char *src, *dst, *port;
		enum np_verdict want;
	} cells[] = {
		{ "x/shut", "x/open", "TCP:22", NP_DENY },	/* admin denies before baseline could allow */
		{ "x/open", "x/shut", "TCP:81", NP_ALLOW },	/* admin accepts what NetworkPolicy would deny */
		{ "203.0.113.1", "x/shut", "TCP:81", NP_DENY },	/* .. of pods only: NetworkPolicy decides */
		{ "x/open", "x/shut", "TCP:80", NP_DENY },	/* admin passes, NetworkPolicy isolates: final */
		{ "x/shut", "x/open", "TCP:80", NP_DENY },	/* admin passes, nothing isolates: baseline denies */
		{ "x/shut", "x/open", "TCP:443", NP_DENY },	/* egress: baseline */
		{ "x/shut", "x/open", "TCP:9", NP_ALLOW },	/* default */
		{ "x/open", "x/open", "TCP:22", NP_ALLOW },	/* S38 before any stage */
	};
	const struct np_readings rd = { { 0 } };
	struct np_world w;
	struct np_oracle *o;

	np_world_init(&w);
	yw_add(&w, world);
	yw_link(&w);
	o = with_tiers(&w, &rd);
	for (size_t i = 0; i < NP_ARRAY_SIZE(cells); i++) {
		struct np_flow f = yw_flow(&w, cells[i].src, cells[i].dst, cells[i].port);

		ck_assert_msg(np_oracle_eval(o, &f, NULL) == cells[i].want, "%s %s %s", cells[i].src, cells[i].dst, cells[i].port);
	}
	np_oracle_free(o);
	np_world_release(&w);
}
END_TEST

START_TEST(tables_follow)
{
	static const struct np_probe_port ports[] = { { NP_TCP, 22 }, { NP_TCP, 80 }, { NP_TCP, 81 }, { NP_TCP, 443 }, { NP_UDP, 53 } };

	for (uint64_t seed = 1; seed <= 40; seed++) {
		const struct np_readings rd = { { 0 } };
		struct np_end ends[20];
		struct np_oracle *o;
		struct np_table t;
		struct rw r;
		size_t n = 0;

		rw_make(&r, seed, 10, 6, 15);
		for (; n < r.w.n_pods; n++)
			ends[n] = (struct np_end){ .kind = NP_END_POD, .idx = n };
		ends[n++] = (struct np_end){ .kind = NP_END_ADDR, .addr = rw_addr_of("203.0.113.10") };
		ends[n++] = (struct np_end){ .kind = NP_END_ADDR, .addr = rw_addr_of("192.0.2.1") };
		o = with_tiers(&r.w, &rd);
		np_oracle_table(o, ends, n, ends, n, ports, NP_ARRAY_SIZE(ports), 4, &t);
		for (size_t p = 0; p < t.n_ports; p++)
			for (size_t i = 0; i < n; i++)
				for (size_t j = 0; j < n; j++) {
					struct np_flow f = { ends[i], ends[j], 4, ports[p].proto, ports[p].port };
					enum np_verdict v = np_oracle_eval(o, &f, NULL);

					ck_assert_int_eq(np_table_at(&t, p, i, j), v == NP_NO_FLOW ? NP_DENY : v);
				}
		np_table_release(&t);
		np_oracle_free(o);
		np_world_release(&r.w);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-stages");
	TCase *tc = tcase_create("stages");

	tcase_add_test(tc, list_of_stages);
	tcase_add_test(tc, order_decides);
	tcase_add_test(tc, tables_follow);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
