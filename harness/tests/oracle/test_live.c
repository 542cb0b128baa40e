/*
 * test_live.c - a live oracle after every change against one made anew: each cell of the table, and
 * verdicts with their open sets.
 */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/gen/flows.h"
#include "np/gen/world.h"
#include "np/oracle/live.h"

enum { MAX_ENDS = 40, N_PORTS = 7, N_FLOWS = 25 };

struct live_test {
	struct np_world w, donor; /* what changes is taken from the donor, or from elsewhere in w */
	struct np_rng rng;
	struct np_readings rd;
	struct np_cuts cuts;
	struct np_end src[MAX_ENDS], dst[MAX_ENDS];
	size_t n_src, n_dst;
	struct np_probe_port ports[N_PORTS];
	struct np_live *live;
	uint64_t seed;
	unsigned n_changed; /* cells that a change changed */
};

static unsigned below(struct live_test *t, size_t n)
{
	return (unsigned)np_rng_below(&t->rng, n);
}

static void add_ends(struct live_test *t)
{
	for (size_t i = 0; i < t->w.n_pods && i < 20; i++) {
		t->src[t->n_src++] = (struct np_end){ .kind = NP_END_POD, .idx = i };
		t->dst[t->n_dst++] = t->src[i];
	}
	for (size_t i = 0; i < 10; i++) {
		struct np_flow f = { .family = 4 };

		np_gen_flow(&t->rng, &t->w, &t->cuts, &f);
		if (f.src.kind == NP_END_ADDR)
			t->src[t->n_src++] = f.src;
		if (f.dst.kind != NP_END_POD)
			t->dst[t->n_dst++] = f.dst;
		if (i < N_PORTS)
			t->ports[i] = (struct np_probe_port){ f.proto, f.port };
	}
}

/* Half of the ports are such that names mean. */
static void add_named_ports(struct live_test *t)
{
	for (unsigned n = 0, tries = 0; n < N_PORTS / 2 + 1 && tries < 100; tries++) {
		const struct np_pod *pod = &t->w.pods[below(t, t->w.n_pods)];
		const struct np_container_port *p =
			pod->n_ports ? &pod->ports[below(t, pod->n_ports)] : NULL;

		if (p && p->name.n)
			t->ports[n++] = (struct np_probe_port){ p->proto, p->port };
	}
}

/* Pods that are alike share a class, and leave numbers for classes to come. */
static void make_alike(struct live_test *t)
{
	for (size_t i = 0; i < t->w.n_pods; i++) {
		const struct np_pod *like = &t->w.pods[below(t, t->w.n_pods)];

		if (below(t, 3) == 0)
			continue;
		t->w.pods[i].labels = like->labels;
		t->w.pods[i].ports = like->ports;
		t->w.pods[i].n_ports = like->n_ports;
	}
}

/* Names in egress rules, of ports that pods have. */
static void make_named(struct live_test *t, struct np_rule *rule)
{
	for (size_t i = 0; i < rule->n_ports; i++) {
		const struct np_pod *pod = &t->w.pods[below(t, t->w.n_pods)];
		const struct np_container_port *p = pod->n_ports ? &pod->ports[below(t, pod->n_ports)] : NULL;

		if (p && p->name.n)
			rule->ports[i] = (struct np_port){ .proto = p->proto, .kind = NP_PORT_NAME, .name = p->name };
	}
}

static void make_all_named(struct live_test *t)
{
	for (size_t i = 0; i < t->w.n_policies; i++)
		for (size_t r = 0; r < t->w.policies[i].n_rules[NP_EGRESS]; r++)
			make_named(t, &t->w.policies[i].rules[NP_EGRESS][r]);
}

static void draw_readings(struct live_test *t)
{
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		t->rd.set[r] = below(t, 2) ? NP_SET_OPEN : below(t, 2) ? NP_SET_YES : NP_SET_NO;
}

static void setup(struct live_test *t, uint64_t seed)
{
	*t = (struct live_test){ .seed = seed };
	np_rng_seed(&t->rng, seed);
	np_gen_world(seed, NULL, &t->w);
	np_gen_world(seed + 5000, NULL, &t->donor);
	if (seed % 2)
		make_alike(t);
	if (seed % 4 < 2)
		make_all_named(t);
	np_cuts_of(&t->w, &t->cuts);
	draw_readings(t);
	add_ends(t);
	add_named_ports(t);
	t->live = np_live_new(&t->w, &t->rd, t->src, t->n_src, t->dst, t->n_dst, t->ports, N_PORTS,
			      seed % 3 ? 4 : 6);
	ck_assert_ptr_nonnull(t->live);
}

static void teardown(struct live_test *t)
{
	np_live_free(t->live);
	np_cuts_release(&t->cuts);
	np_world_release(&t->w);
	np_world_release(&t->donor);
}

static void compare_flows(struct live_test *t, const struct np_oracle *fresh, unsigned step)
{
	for (unsigned i = 0; i < N_FLOWS; i++) {
		struct np_flow f;
		np_clauses a, b;

		np_gen_flow(&t->rng, &t->w, &t->cuts, &f);
		ck_assert_msg(np_oracle_eval(fresh, &f, &a) ==
					      np_oracle_eval(np_live_oracle(t->live), &f, &b) &&
				      a.bits[0] == b.bits[0] && a.bits[1] == b.bits[1],
			      "seed %llu step %u flow %u", (unsigned long long)t->seed, step, i);
	}
}

static void compare(struct live_test *t, unsigned step)
{
	struct np_oracle *fresh = np_oracle_new(&t->w, &t->rd);
	struct np_table table;

	np_oracle_table(fresh, t->src, t->n_src, t->dst, t->n_dst, t->ports, N_PORTS,
			t->seed % 3 ? 4 : 6, &table);
	for (size_t p = 0; p < N_PORTS; p++)
		for (size_t i = 0; i < t->n_src; i++)
			for (size_t j = 0; j < t->n_dst; j++) {
				enum np_verdict want = np_table_at(&table, p, i, j);
				enum np_verdict got = np_live_at(t->live, p, i, j);

				ck_assert_msg(
					got == want,
					"seed %llu step %u: port %zu, %zu -> %zu: live %s, anew %s",
					(unsigned long long)t->seed, step, p, i, j,
					np_verdict_name(got), np_verdict_name(want));
			}
	compare_flows(t, fresh, step);
	np_table_release(&table);
	np_oracle_free(fresh);
}

static void count_changes(struct live_test *t, const uint8_t *before)
{
	for (size_t p = 0, at = 0; p < N_PORTS; p++)
		for (size_t i = 0; i < t->n_src; i++)
			for (size_t j = 0; j < t->n_dst; j++)
				t->n_changed += before[at++] != np_live_at(t->live, p, i, j);
}

static void note_cells(const struct live_test *t, uint8_t *ret)
{
	for (size_t p = 0; p < N_PORTS; p++)
		for (size_t i = 0; i < t->n_src; i++)
			for (size_t j = 0; j < t->n_dst; j++)
				*ret++ = (uint8_t)np_live_at(t->live, p, i, j);
}

static void change_policy(struct live_test *t)
{
	struct np_world *from = below(t, 2) ? &t->w : &t->donor;
	size_t at = below(t, t->w.n_policies);
	struct np_policy *p = &t->w.policies[at], body = *p;

	if (below(t, 6) == 0)
		body.types[NP_INGRESS] = body.types[NP_EGRESS] = false;
	else if (from->n_policies)
		body = from->policies[below(t, from->n_policies)];
	body.ns = p->ns;
	body.name = p->name;
	*p = body;
	np_live_policy_changed(t->live, at);
}

static void change_pod(struct live_test *t)
{
	const struct np_world *from = below(t, 3) ? &t->w : &t->donor;
	size_t at = below(t, t->w.n_pods);
	struct np_pod *p = &t->w.pods[at];
	const struct np_pod *like = &from->pods[below(t, from->n_pods)];

	switch (below(t, 9)) {
	case 0:
	case 6:
		p->ports = like->ports;
		p->n_ports = like->n_ports;
		break;
	case 1:
		p->phase = like->phase;
		break;
	case 2:
		memcpy(p->ips, like->ips, sizeof(p->ips));
		p->n_ips = like->n_ips;
		break;
	case 3:
		p->node = like->node;
		break;
	case 4:
		p->host_network = like->host_network;
		break;
	case 5:
		p->ports = like->ports;
		p->n_ports = like->n_ports;
		/* fall through */
	default:
		p->labels = like->labels;
	}
	np_live_pod_changed(t->live, at);
}

static unsigned run_seed(uint64_t seed, unsigned n_steps)
{
	static uint8_t before[N_PORTS * MAX_ENDS * MAX_ENDS];
	struct live_test t;

	setup(&t, seed);
	compare(&t, 0);
	for (unsigned step = 1; step <= n_steps; step++) {
		note_cells(&t, before);
		if (t.w.n_policies && below(&t, 2))
			change_policy(&t);
		else
			change_pod(&t);
		count_changes(&t, before);
		compare(&t, step);
	}
	teardown(&t);
	return t.n_changed;
}

START_TEST(follows_changes)
{
	unsigned n_changed = 0;

	for (uint64_t seed = (uint64_t)_i * 40 + 1; seed <= (uint64_t)_i * 40 + 40; seed++)
		n_changed += run_seed(seed, 25);
	ck_assert_uint_gt(n_changed, 1000);
}
END_TEST

START_TEST(refuses_many_ports)
{
	struct np_probe_port ports[NP_LIVE_MAX_PORTS + 1] = { { 0 } };
	struct np_readings rd = np_profile_readings(NP_PROFILE_CORE);
	struct np_world w;

	np_world_init(&w);
	ck_assert_ptr_null(np_live_new(&w, &rd, NULL, 0, NULL, 0, ports, NP_LIVE_MAX_PORTS + 1, 4));
	np_world_release(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-live");
	TCase *tc = tcase_create("live");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, follows_changes, 0, 10);
	tcase_add_test(tc, refuses_many_ports);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
