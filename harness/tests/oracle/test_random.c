/* test_random.c - random worlds: compiled verdicts and open sets against brute force, tables against verdicts. */
#include <stdlib.h>

#include "../suite.h"
#include "np/oracle/brute.h"

#include "random_world.h"

struct ends {
	struct np_end items[64];
	size_t n;
};

static void add_addr(struct ends *e, const char *text)
{
	e->items[e->n++] = (struct np_end){ .kind = NP_END_ADDR, .addr = rw_addr_of(text) };
}

static void all_ends(const struct np_world *w, bool services, struct ends *ret)
{
	static const char *const addrs[] = { "203.0.113.10", "203.0.113.200", "192.0.2.1", "192.0.2.2", "2001:db8::1",
					     "2001:db8::ffff", "::ffff:203.0.113.10", "10.0.0.3", "224.0.0.1",
					     "127.0.0.1" };

	ret->n = 0;
	for (size_t i = 0; i < w->n_pods; i++)
		ret->items[ret->n++] = (struct np_end){ .kind = NP_END_POD, .idx = i };
	for (size_t i = 0; i < NP_ARRAY_SIZE(addrs); i++)
		add_addr(ret, addrs[i]);
	for (size_t i = 0; services && i < w->n_services; i++)
		ret->items[ret->n++] = (struct np_end){ .kind = NP_END_SERVICE, .idx = i };
}

static struct np_readings random_readings(struct rw *r, unsigned max_open)
{
	struct np_readings rd;

	for (unsigned i = 0; i < NP_N_READINGS; i++)
		rd.set[i] = rw_chance(r, 50) ? NP_SET_YES : NP_SET_NO;
	for (unsigned i = 0; i < max_open; i++)
		rd.set[rw_below(r, NP_N_READINGS)] = NP_SET_OPEN;
	return rd;
}

static const char *flow_text(const struct np_flow *f, char *buf, size_t size)
{
	char a[NP_ADDR_TEXT_MAX], b[NP_ADDR_TEXT_MAX];

	snprintf(buf, size, "%d/%zu/%s -> %d/%zu/%s family %d %s %u", f->src.kind, f->src.idx,
		 f->src.kind == NP_END_ADDR ? np_addr_text(&f->src.addr, a) : "", f->dst.kind, f->dst.idx,
		 f->dst.kind == NP_END_ADDR ? np_addr_text(&f->dst.addr, b) : "", f->family, np_proto_name(f->proto), f->port);
	return buf;
}

static void check_flow(const struct np_oracle *o, const struct np_world *w, const struct np_readings *rd,
		       const struct np_flow *f, uint64_t seed)
{
	np_clauses open, brute_open;
	enum np_verdict v = np_oracle_eval(o, f, &open), quick = np_oracle_eval(o, f, NULL);
	enum np_verdict brute = np_brute_eval(w, rd, f, &brute_open);
	char a[512], b[512], c[512];

	ck_assert_msg(v == brute && quick == v && open.bits[0] == brute_open.bits[0] && open.bits[1] == brute_open.bits[1],
		      "seed %llu, %s: oracle %s (%s) quick %s, brute force %s (%s)", (unsigned long long)seed,
		      flow_text(f, c, sizeof(c)), np_verdict_name(v), np_clauses_text(&open, a, sizeof(a)),
		      np_verdict_name(quick), np_verdict_name(brute), np_clauses_text(&brute_open, b, sizeof(b)));
}

/* A port that means something at @dst, mostly. */
static void pick_port(struct rw *r, const struct np_end *dst, struct np_flow *f)
{
	struct np_end some_service = { .kind = NP_END_SERVICE };

	if (r->w.n_services)
		some_service.idx = rw_below(r, (unsigned)r->w.n_services);
	f->proto = rw_proto(r);
	f->port = rw_number(r);
	if (dst->kind == NP_END_POD && r->w.pods[dst->idx].n_ports && rw_chance(r, 60)) {
		const struct np_pod *pod = &r->w.pods[dst->idx];
		size_t k = rw_below(r, (unsigned)pod->n_ports);

		f->proto = pod->ports[k].proto;
		f->port = pod->ports[k].port;
	}
	if (dst->kind == NP_END_ADDR && r->w.n_services && rw_chance(r, 30))
		dst = &some_service;
	if (dst->kind == NP_END_SERVICE && rw_chance(r, 90)) {
		const struct np_service *svc = &r->w.services[dst->idx];
		size_t k = rw_below(r, (unsigned)svc->n_ports);

		f->proto = svc->ports[k].proto;
		f->port = f->dst.kind == NP_END_ADDR ? svc->ports[k].node_port : svc->ports[k].port;
	}
}

static struct np_flow random_flow(struct rw *r, const struct np_oracle *o, const struct ends *src, const struct ends *dst)
{
	struct np_flow f;

	for (int attempt = 0; attempt < 20; attempt++) {
		f = (struct np_flow){ .src = src->items[rw_below(r, (unsigned)src->n)],
				      .dst = dst->items[rw_below(r, (unsigned)dst->n)],
				      .family = rw_chance(r, 75) ? 4 : 6 };
		pick_port(r, &f.dst, &f);
		if (np_oracle_eval(o, &f, NULL) != NP_NO_FLOW || rw_chance(r, 2))
			break;
	}
	return f;
}

static void run_world(uint64_t seed, unsigned odd, unsigned max_open, unsigned n_flows)
{
	struct rw r;
	struct np_readings rd;
	struct np_oracle *o;
	struct ends src, dst;

	rw_make(&r, seed, 2 + (unsigned)(seed % 9), (unsigned)(seed / 3 % 13), odd);
	rd = random_readings(&r, max_open);
	o = np_oracle_new(&r.w, &rd);
	all_ends(&r.w, false, &src);
	all_ends(&r.w, true, &dst);
	for (unsigned i = 0; i < n_flows; i++) {
		struct np_flow f = random_flow(&r, o, &src, &dst);

		check_flow(o, &r.w, &rd, &f, seed);
	}
	np_oracle_free(o);
	np_world_release(&r.w);
}

START_TEST(closed_readings)
{
	for (uint64_t seed = 1; seed <= 1500; seed++)
		run_world(seed, 10, 0, 60);
}
END_TEST

START_TEST(few_open_readings)
{
	for (uint64_t seed = 1; seed <= 2500; seed++)
		run_world(seed + 100000, 25, 7, 40);
}
END_TEST

START_TEST(all_open_readings)
{
	for (uint64_t seed = 1; seed <= 500; seed++)
		run_world(seed + 200000, 30, 60, 8);
}
END_TEST

static void compare_table(const struct np_oracle *o, const struct ends *src, const struct ends *dst, int family, uint64_t seed)
{
	static const struct np_probe_port ports[] = { { NP_TCP, 80 }, { NP_TCP, 81 }, { NP_UDP, 53 }, { NP_SCTP, 80 },
						      { NP_TCP, 8080 }, { NP_TCP, 1 } };
	struct np_table t;

	np_oracle_table(o, src->items, src->n, dst->items, dst->n, ports, NP_ARRAY_SIZE(ports), family, &t);
	for (size_t p = 0; p < t.n_ports; p++)
		for (size_t i = 0; i < t.n_sources; i++)
			for (size_t j = 0; j < t.n_dests; j++) {
				struct np_flow f = { .src = src->items[i], .dst = dst->items[j], .family = family,
						     .proto = ports[p].proto, .port = ports[p].port };
				enum np_verdict v = np_oracle_eval(o, &f, NULL), at = np_table_at(&t, p, i, j);
				char text[512];

				if (v == NP_NO_FLOW)
					v = NP_DENY;
				ck_assert_msg(v == at, "seed %llu, %s: eval %s, table %s", (unsigned long long)seed,
					      flow_text(&f, text, sizeof(text)), np_verdict_name(v), np_verdict_name(at));
				ck_assert(!(t.undef && (t.undef[p].words[i * t.undef[p].words_per_row + j / 64] &
							t.allow[p].words[i * t.allow[p].words_per_row + j / 64])));
			}
	np_table_release(&t);
}

static void run_table(uint64_t seed, unsigned odd, unsigned max_open, unsigned n_pods)
{
	struct rw r;
	struct np_readings rd;
	struct np_oracle *o;
	struct ends src, dst;

	rw_make(&r, seed, n_pods, 1 + (unsigned)(seed % 13), odd);
	rd = random_readings(&r, max_open);
	o = np_oracle_new(&r.w, &rd);
	all_ends(&r.w, true, &src);
	all_ends(&r.w, true, &dst);
	compare_table(o, &src, &dst, seed % 4 ? 4 : 6, seed);
	np_oracle_free(o);
	np_world_release(&r.w);
}

START_TEST(tables_equal_verdicts)
{
	for (uint64_t seed = 1; seed <= 150; seed++) {
		run_table(seed, 20, 0, 4 + seed % 8);
		run_table(seed + 1000, 20, 5, 4 + seed % 8);
		run_table(seed + 2000, 5, 60, 8);
		run_table(seed + 3000, 30, 60, 4);
	}
}
END_TEST

/* More than one word of ends. */
START_TEST(wide_tables)
{
	for (uint64_t seed = 1; seed <= 6; seed++)
		run_table(seed + 5000, seed % 2 ? 0 : 10, 3, 40);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-random");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, closed_readings);
	tcase_add_test(tc, few_open_readings);
	tcase_add_test(tc, all_open_readings);
	tcase_add_test(tc, tables_equal_verdicts);
	tcase_add_test(tc, wide_tables);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
