/*
 * check_small.c - the small scope, enumerated whole: two namespaces, three pods, one key with two
 * values, one policy with at most one rule, one peer, one port; compiled against brute force.
 *
 *	check_small [I/N]	the I-th of N shares (from 1); default the whole
 *
 * Pods a and b are of namespace x, as the policy, c is of y. Every pod and namespace has the key
 * not at all, with the first or with the second value; selectors are {}, both values as a label,
 * and every operator with every set of values; peers are none, each selector, each pair of
 * selectors, and blocks; cells are the three pods and an address outside, each to each, on three
 * ports. Exit status: 0 no difference, 1 some, 2 usage.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../small_scope.h"
#include "np/oracle/brute.h"

enum { N_LABELS = 3, N_PODS = 3, N_ENDS = 4, MAX_SHOWN = 10 };

static const char *const blocks[N_BLOCKS][2] = {	/* cidr, except */
	{ "10.0.0.2/32", NULL }, { "203.0.113.0/24", NULL }, { "0.0.0.0/0", NULL },
	{ "0.0.0.0/0", "10.0.0.2/32" }, { "10.0.0.0/30", "10.0.0.3/32" },
};

static const struct np_probe_port probes[] = { { NP_TCP, 80 }, { NP_TCP, 81 }, { NP_UDP, 80 } };

struct small {
	struct np_world w;
	struct small_scope scope;
	struct np_readings rd;
	struct np_end ends[N_ENDS];
	uint64_t n_policies, n_cells, n_differ, share, n_shares;
	uint64_t n_verdicts[NP_NO_FLOW + 1];
};

/* What a block says of pods is open here (S19), all else is decided. */
static void make_readings(struct np_readings *ret)
{
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		ret->set[r] = NP_SET_YES;
	ret->set[NP_READ_IPBLOCK_PODS] = NP_SET_OPEN;
}

static void make_world(struct small *s)
{
	static struct np_container_port web[] = { { NP_STR("web"), NP_TCP, 80, NP_CTR_REGULAR, 0 } };
	static const char *const names[N_PODS] = { "a", "b", "c" };
	struct np_err err;

	np_world_init(&s->w);
	np_world_add_namespace(&s->w)->name = NP_STR("x");
	np_world_add_namespace(&s->w)->name = NP_STR("y");
	for (unsigned i = 0; i < N_PODS; i++) {
		struct np_pod *p = np_world_add_pod(&s->w);

		p->ns = i < 2 ? NP_STR("x") : NP_STR("y");
		p->name = np_str_from(names[i]);
		p->n_ips = 1;
		p->ips[0] = (struct np_addr){ 4, { 10, 0, 0, (uint8_t)(1 + i) } };
		p->ports = web;
		p->n_ports = i == 1 ? 0 : 1;	/* b lacks the name */
		s->ends[i] = (struct np_end){ .kind = NP_END_POD, .idx = i };
	}
	s->ends[N_PODS] = (struct np_end){ .kind = NP_END_ADDR, .addr = { 4, { 203, 0, 113, 9 } } };
	small_scope_policy(&s->scope, 0, np_world_add_policy(&s->w));
	if (np_world_link(&s->w, &err) < 0)
		abort();
}

/* Level 0: the key is absent. */
static void set_label(struct np_labels *l, unsigned level)
{
	*l = (struct np_labels){ level ? &scope_labels[level - 1] : NULL, level ? 1 : 0 };
}

static void show(struct small *s, const struct np_flow *f, enum np_verdict v, enum np_verdict brute)
{
	const struct np_policy *p = &s->w.policies[0];

	if (++s->n_differ > MAX_SHOWN)
		return;
	printf("policy %" PRIu64 " (types %d%d, rules %zu/%zu), end %u/%zu -> %u/%zu %s %u: compiled %s,"
	       " brute force %s\n", s->n_policies, p->types[0], p->types[1], p->n_rules[0],
	       p->n_rules[1], f->src.kind, f->src.idx, f->dst.kind, f->dst.idx,
	       np_proto_name(f->proto), f->port, np_verdict_name(v), np_verdict_name(brute));
}

static void check_policy(struct small *s)
{
	struct np_oracle *o = np_oracle_new(&s->w, &s->rd);

	s->n_policies++;
	for (unsigned i = 0; i < N_ENDS; i++)
		for (unsigned j = 0; j < N_ENDS; j++)
			for (unsigned p = 0; p < NP_ARRAY_SIZE(probes); p++) {
				struct np_flow f = { s->ends[i], s->ends[j], 4, probes[p].proto,
						     probes[p].port };
				np_clauses open, brute_open;
				enum np_verdict v = np_oracle_eval(o, &f, &open);
				enum np_verdict brute = np_brute_eval(&s->w, &s->rd, &f, &brute_open);

				s->n_cells++;
				s->n_verdicts[brute]++;
				if (v != brute || open.bits[0] != brute_open.bits[0])
					show(s, &f, v, brute);
			}
	np_oracle_free(o);
}

/* The i-th assignment of labels to pods and namespaces. */
static void check_labels(struct small *s, unsigned i)
{
	struct np_labels names[2];

	for (unsigned p = 0; p < N_PODS; p++, i /= N_LABELS)
		set_label(&s->w.pods[p].labels, i % N_LABELS);
	for (unsigned n = 0; n < 2; n++, i /= N_LABELS) {
		names[n] = s->w.namespaces[n].labels;
		set_label(&s->w.namespaces[n].labels, i % N_LABELS);
	}
	for (unsigned p = 0; p < N_POLICIES; p++) {
		small_scope_policy(&s->scope, p, &s->w.policies[0]);
		check_policy(s);
	}
	for (unsigned n = 0; n < 2; n++)
		s->w.namespaces[n].labels = names[n];
}

static bool parse_share(const char *text, struct small *s)
{
	unsigned long long at, n;
	const char *slash = strchr(text, '/');

	if (!slash || !np_str_u64((struct np_str){ text, (size_t)(slash - text) }, 243, &at) ||
	    !np_str_u64(np_str_from(slash + 1), 243, &n) || at < 1 || at > n)
		return false;
	s->share = at - 1;
	s->n_shares = n;
	return true;
}

int main(int argc, char **argv)
{
	static struct small s = { .n_shares = 1 };
	unsigned n_labels = N_LABELS * N_LABELS * N_LABELS * N_LABELS * N_LABELS;

	if (argc > 2 || (argc == 2 && !parse_share(argv[1], &s))) {
		fprintf(stderr, "usage: check_small [I/N], at most 243 shares\n");
		return 2;
	}
	small_scope_init(&s.scope, blocks);
	make_readings(&s.rd);
	make_world(&s);
	for (unsigned i = 0; i < n_labels; i++)
		if (i % s.n_shares == s.share)
			check_labels(&s, i);
	np_world_release(&s.w);
	small_scope_release(&s.scope);
	printf("%" PRIu64 " policies, %" PRIu64 " cells: %" PRIu64 " allow, %" PRIu64 " deny, %" PRIu64
	       " undef; %" PRIu64 " differences\n", s.n_policies, s.n_cells, s.n_verdicts[NP_ALLOW],
	       s.n_verdicts[NP_DENY], s.n_verdicts[NP_UNDEF], s.n_differ);
	return s.n_differ ? 1 : 0;
}
