/*
 * fuzz_oracle.c - the compiled oracle beside brute force, cell by cell: 4 pods and an address, 2
 * policies, 3 ports; and as the byte of the law says, for half of the inputs its truth table beside its
 * single verdicts, and one thing more: a law, a live table, an explanation, the policies written and
 * read. The input is a genome (genome.h).
 */
#include "genome.h"
#include "laws.h"
#include "np/oracle/brute.h"
#include "np/oracle/live.h"
#include "written.h"

enum { N_SOURCES = GENOME_PODS + 1, N_DESTS = GENOME_PODS + 2 };

struct cells {
	struct np_end sources[N_SOURCES], dests[N_DESTS];
	size_t n_dests;
};

typedef uint8_t verdicts_of_cells[N_SOURCES][N_DESTS][GENOME_PROBES];

static struct np_end outside(int family, bool node)
{
	struct np_end e = { .kind = NP_END_ADDR };

	if (family == 4)
		e.addr = node ? (struct np_addr){ 4, { 192, 0, 2, 1 } } : (struct np_addr){ 4, { 203, 0, 113, 9 } };
	else
		e.addr = node ? (struct np_addr){ 16, { 0x20, 1, [15] = 1 } } :
				(struct np_addr){ 16, { 0x20, 1, 0xd, 0xb8, [15] = 9 } };
	return e;
}

static void list_ends(const struct genome *g, struct cells *ret)
{
	for (unsigned i = 0; i < GENOME_PODS; i++)
		ret->sources[i] = ret->dests[i] = (struct np_end){ .kind = NP_END_POD, .idx = i };
	ret->sources[GENOME_PODS] = outside(g->family, g->law_arg & 1);
	ret->dests[GENOME_PODS] = outside(g->family, g->law_arg & 2);
	ret->n_dests = GENOME_PODS + 1;
	if (g->w.n_services)
		ret->dests[ret->n_dests++] = (struct np_end){ .kind = NP_END_SERVICE };
}

static struct np_flow flow_of(const struct genome *g, const struct cells *c, size_t s, size_t d, size_t p)
{
	return (struct np_flow){ .src = c->sources[s], .dst = c->dests[d], .family = g->family,
				 .proto = g->probes[p].proto, .port = g->probes[p].port };
}

static _Noreturn void differ(const struct genome *g, const char *what, size_t s, size_t d, size_t p,
			     const char *one, const char *other)
{
	struct np_buf b = { NULL, 0, 0 };

	genome_print(g, &b);
	fuzz_fail(__FILE__, __LINE__, what, "source %zu, destination %zu, port %zu: %s and %s\n%s", s, d,
		  p, one, other, b.data);
}

static void beside_brute(const struct genome *g, const struct cells *c, const struct np_oracle *o,
			 verdicts_of_cells ret_verdicts)
{
	char texts[2][512];

	for (size_t s = 0; s < N_SOURCES; s++)
		for (size_t d = 0; d < c->n_dests; d++)
			for (size_t p = 0; p < GENOME_PROBES; p++) {
				struct np_flow f = flow_of(g, c, s, d, p);
				np_clauses open, brute_open;
				enum np_verdict v = np_oracle_eval(o, &f, &open),
						b = np_brute_eval(&g->w, &g->readings, &f, &brute_open);

				ret_verdicts[s][d][p] = (uint8_t)v;
				if (v != b)
					differ(g, "compiled = brute force", s, d, p, np_verdict_name(v),
					       np_verdict_name(b));
				if (memcmp(&open, &brute_open, sizeof(open)) != 0)
					differ(g, "open clauses", s, d, p,
					       np_clauses_text(&open, texts[0], sizeof(texts[0])),
					       np_clauses_text(&brute_open, texts[1], sizeof(texts[1])));
			}
}

static void beside_table(const struct genome *g, const struct cells *c, const struct np_oracle *o,
			 verdicts_of_cells verdicts)
{
	struct np_table t;

	np_oracle_table(o, c->sources, N_SOURCES, c->dests, c->n_dests, g->probes, GENOME_PROBES, g->family, &t);
	for (size_t s = 0; s < N_SOURCES; s++)
		for (size_t d = 0; d < c->n_dests; d++)
			for (size_t p = 0; p < GENOME_PROBES; p++) {
				enum np_verdict v = (enum np_verdict)verdicts[s][d][p],
						cell = np_table_at(&t, p, s, d);

				if (cell != (v == NP_NO_FLOW ? NP_DENY : v))
					differ(g, "table = single verdict", s, d, p,
					       np_verdict_name(cell), np_verdict_name(v));
			}
	np_table_release(&t);
}

/* The settings that laws need: nothing open, S20 no, S25, S56 and S57 yes. */
static struct np_readings settled(const struct np_readings *r)
{
	struct np_readings s = *r;

	for (unsigned i = 0; i < NP_N_READINGS; i++)
		if (s.set[i] == NP_SET_OPEN)
			s.set[i] = NP_SET_NO;
	s.set[NP_READ_NAT] = NP_SET_NO;
	s.set[NP_READ_DIVERGENT] = s.set[NP_READ_MAPPED] = s.set[NP_READ_HOST_BITS] = NP_SET_YES;
	return s;
}

static int rank(enum np_verdict v)
{
	return v == NP_ALLOW ? 2 : v == NP_UNDEF ? 1 : 0;
}

static bool holds(enum law_relation r, enum np_verdict before, enum np_verdict after)
{
	return r == LAW_SAME ? before == after :
	       r == LAW_GROWS ? rank(after) >= rank(before) : rank(after) <= rank(before);
}

static void hold_law(const struct genome *g, const struct cells *c)
{
	const struct law *law = &laws[g->law % n_laws];
	struct np_readings rd = settled(&g->readings);
	struct np_oracle *oa, *ob;
	struct np_world b;
	struct np_err err = { .code = NP_OK };

	laws_copy(&g->w, &b);
	if (law->change(&b, g->law_arg)) {
		FUZZ_CHECK(np_world_link(&b, &err) == 0, "%s: %s", law->id, err.msg);
		oa = np_oracle_new(&g->w, &rd);
		ob = np_oracle_new(&b, &rd);
		for (size_t s = 0; s < N_SOURCES; s++)
			for (size_t d = 0; d < c->n_dests; d++)
				for (size_t p = 0; p < GENOME_PROBES; p++) {
					struct np_flow f = flow_of(g, c, s, d, p);
					enum np_verdict x = np_oracle_eval(oa, &f, NULL),
							y = np_oracle_eval(ob, &f, NULL);

					if ((x == NP_NO_FLOW) != (y == NP_NO_FLOW) ||
					    (x != NP_NO_FLOW && !holds(law->relation, x, y)))
						differ(g, law->id, s, d, p, np_verdict_name(x),
						       np_verdict_name(y));
				}
		np_oracle_free(oa);
		np_oracle_free(ob);
	}
	np_world_release(&b);
}

/* The explanation of one cell: lines of text. */
static void explain(const struct genome *g, const struct cells *c, const struct np_oracle *o)
{
	unsigned at = g->law_arg;
	struct np_flow f = flow_of(g, c, at % N_SOURCES, (at >> 2) % c->n_dests, (at >> 4) % GENOME_PROBES);
	struct np_buf b = { NULL, 0, 0 };

	np_oracle_explain(o, &f, &b);
	FUZZ_CHECK(b.len && b.data[b.len - 1] == '\n', "no line");
	FUZZ_CHECK(np_utf8_valid((struct np_str){ b.data, b.len }), "no text");
	np_oracle_clauses(o, &f);
	np_buf_release(&b);
}

/* A live table after changes says what one made anew would. */
static void change_live(struct genome *g, const struct cells *c)
{
	struct np_live *l = np_live_new(&g->w, &g->readings, c->sources, N_SOURCES, c->dests, c->n_dests,
					g->probes, GENOME_PROBES, g->family);
	size_t at = g->law_arg % g->w.n_policies, pod = g->law_arg % g->w.n_pods;
	struct np_policy *p = &g->w.policies[at], *other = &g->w.policies[!at];
	struct np_oracle *o;

	p->pod_selector = other->pod_selector;
	p->types[NP_INGRESS] = !p->types[NP_INGRESS];
	p->rules[NP_EGRESS] = other->rules[NP_EGRESS];
	p->n_rules[NP_EGRESS] = other->n_rules[NP_EGRESS];
	np_live_policy_changed(l, at);
	g->w.pods[pod].labels = g->w.pods[!pod].labels;
	g->w.pods[pod].ports = g->w.pods[!pod].ports;
	g->w.pods[pod].n_ports = g->w.pods[!pod].n_ports;
	if (g->law_arg & 64)
		g->w.pods[pod].phase = NP_PHASE_FAILED;
	np_live_pod_changed(l, pod);
	o = np_oracle_new(&g->w, &g->readings);
	for (size_t s = 0; s < N_SOURCES; s++)
		for (size_t d = 0; d < c->n_dests; d++)
			for (size_t k = 0; k < GENOME_PROBES; k++) {
				struct np_flow f = flow_of(g, c, s, d, k);
				enum np_verdict v = np_oracle_eval(o, &f, NULL), x = np_live_at(l, k, s, d);

				if (x != (v == NP_NO_FLOW ? NP_DENY : v))
					differ(g, "live = made anew", s, d, k, np_verdict_name(x),
					       np_verdict_name(v));
			}
	np_oracle_free(o);
	np_live_free(l);
}

/* What is written means what was meant; brute force sees the latter. */
static void beside_written(const struct genome *g, const struct cells *c)
{
	struct np_world meant, read;
	struct np_oracle *o;

	written_worlds(g, &meant, &read);
	o = np_oracle_new(&read, &g->readings);
	for (size_t s = 0; s < N_SOURCES; s++)
		for (size_t d = 0; d < c->n_dests; d++)
			for (size_t p = 0; p < GENOME_PROBES; p++) {
				struct np_flow f = flow_of(g, c, s, d, p);
				enum np_verdict v = np_oracle_eval(o, &f, NULL),
						b = np_brute_eval(&meant, &g->readings, &f, NULL);

				if (v != b)
					differ(g, "written = meant", s, d, p, np_verdict_name(v),
					       np_verdict_name(b));
			}
	np_oracle_free(o);
	np_world_release(&read);
	np_world_release(&meant);
}

static void one_more(struct genome *g, const struct cells *c, const struct np_oracle *o)
{
	/* Each costs as much as the comparison with brute force or, the last one, a few times that. */
	static const enum { NOTHING, LIVE, EXPLAIN, LAW, WRITTEN } more[8] = {
		[1] = LIVE, [2] = EXPLAIN, [4] = LAW, [5] = LAW, [6] = WRITTEN,
	};

	switch (more[g->law >> 5 & 7]) {
	case NOTHING:
		return;
	case LIVE:
		change_live(g, c);
		return;
	case EXPLAIN:
		explain(g, c, o);
		return;
	case LAW:
		hold_law(g, c);
		return;
	case WRITTEN:
		if (g->law % 4 == 0)
			beside_written(g, c);
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct genome g;
	struct cells c;
	struct np_oracle *o;
	verdicts_of_cells verdicts;

	genome_read(&in, &g);
	list_ends(&g, &c);
	o = np_oracle_new(&g.w, &g.readings);
	beside_brute(&g, &c, o, verdicts);
	if (g.law & 16)
		beside_table(&g, &c, o, verdicts);
	one_more(&g, &c, o);
	np_oracle_free(o);
	np_world_release(&g.w);
	return 0;
}
