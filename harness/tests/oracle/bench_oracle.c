/*
 * bench_oracle.c - how fast the oracle compiles, answers and fills tables. Worlds come from a fixed seed: namespaces of a hundred pods, a third of the
 * pods with a label set of their own, policies with selectors, a fifth of the peers ipBlocks (also over pod addresses), named
 * ports. One JSON object a line: {"bench":..,"value":..,"unit":..}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "np/base/clock.h"
#include "np/base/mem.h"
#include "np/base/rng.h"
#include "np/oracle/oracle.h"

struct bench {
	struct np_world w;
	struct np_rng rng;
	unsigned n_ns, n_pods, n_policies;
};

static unsigned below(struct bench *b, unsigned n)
{
	return (unsigned)np_rng_below(&b->rng, n);
}

static struct np_label label(struct bench *b, const char *key, const char *value, unsigned n)
{
	return (struct np_label){ np_arena_str(&b->w.arena, np_str_from(key)),
				  np_arena_printf(&b->w.arena, "%s%u", value, n) };
}

static void add_namespaces(struct bench *b)
{
	for (unsigned i = 0; i < b->n_ns; i++) {
		struct np_namespace *ns = np_world_add_namespace(&b->w);

		ns->name = np_arena_printf(&b->w.arena, "ns%03u", i);
		ns->labels.items = np_arena_array(&b->w.arena, 2, sizeof(struct np_label));
		ns->labels.items[ns->labels.n++] = label(b, "team", "t", i % 10);
		ns->labels.items[ns->labels.n++] = label(b, "env", "e", i % 3);
		np_labels_sort(&ns->labels);
	}
}

static void add_pod(struct bench *b, unsigned i)
{
	static const uint16_t numbers[] = { 80, 8080, 8443 };
	struct np_pod *p = np_world_add_pod(&b->w);
	char text[64];

	p->ns = np_arena_printf(&b->w.arena, "ns%03u", i % b->n_ns);
	p->name = np_arena_printf(&b->w.arena, "pod%05u", i);
	p->node = np_arena_printf(&b->w.arena, "node%02u", i % 50);
	p->labels.items = np_arena_array(&b->w.arena, 4, sizeof(struct np_label));
	p->labels.items[p->labels.n++] = label(b, "app", "a", below(b, 10));
	p->labels.items[p->labels.n++] = label(b, "tier", "r", below(b, 3));
	if (below(b, 3) == 0)
		p->labels.items[p->labels.n++] = label(b, "instance", "i", i);
	if (below(b, 5) == 0)
		p->labels.items[p->labels.n++] = label(b, "track", "k", below(b, 2));
	np_labels_sort(&p->labels);
	snprintf(text, sizeof(text), "10.%u.%u.%u", 200 + i / 62500, i / 250 % 250, 1 + i % 250);
	if (!np_addr_parse(np_str_from(text), &p->ips[p->n_ips++]))
		abort();
	p->ports = np_arena_array(&b->w.arena, 2, sizeof(*p->ports));
	p->ports[p->n_ports++] = (struct np_container_port){ NP_STR("http"), NP_TCP, numbers[below(b, 3)], NP_CTR_REGULAR, 0 };
	p->ports[p->n_ports++] = (struct np_container_port){ NP_STR("dns"), NP_UDP, 53, NP_CTR_REGULAR, 0 };
}

static const struct np_selector *selector(struct bench *b, bool of_namespace)
{
	struct np_selector *s = np_arena_alloc(&b->w.arena, sizeof(*s));
	struct np_requirement *q;

	s->match_labels.items = np_arena_array(&b->w.arena, 1, sizeof(struct np_label));
	s->match_labels.n = 1;
	s->match_labels.items[0] = of_namespace ? label(b, "team", "t", below(b, 10)) : label(b, "app", "a", below(b, 10));
	if (below(b, 3))
		return s;
	q = s->exprs = np_arena_array(&b->w.arena, 1, sizeof(*s->exprs));
	s->n_exprs = 1;
	q->key = of_namespace ? NP_STR("env") : NP_STR("tier");
	q->op = below(b, 2) ? NP_OP_IN : NP_OP_NOT_IN;
	q->values = np_arena_array(&b->w.arena, 2, sizeof(*q->values));
	q->n_values = 1 + below(b, 2);
	for (size_t i = 0; i < q->n_values; i++)
		q->values[i] = np_arena_printf(&b->w.arena, "%s%u", of_namespace ? "e" : "r", below(b, 3));
	return s;
}

static void fill_peer(struct bench *b, struct np_peer *p)
{
	struct np_ipblock *block;
	char text[64];

	if (below(b, 5)) {
		p->pod_selector = below(b, 4) ? selector(b, false) : NULL;
		p->ns_selector = !p->pod_selector || below(b, 2) ? selector(b, true) : NULL;
		return;
	}
	block = np_arena_alloc(&b->w.arena, sizeof(*block));
	if (below(b, 2))
		snprintf(text, sizeof(text), "10.200.%u.0/%u", below(b, 64), 20 + below(b, 9));
	else
		snprintf(text, sizeof(text), "203.%u.0.0/16", below(b, 200));
	if (!np_cidr_parse(np_str_from(text), &block->cidr))
		abort();
	block->cidr.flags = 0;
	block->cidr.host = block->cidr.addr;
	block->excepts = np_arena_array(&b->w.arena, 1, sizeof(*block->excepts));
	if (below(b, 3) == 0 && block->cidr.prefix_bits < 28) {
		block->n_excepts = 1;
		block->excepts[0] = block->cidr;
		block->excepts[0].prefix_bits = (uint8_t)(block->cidr.prefix_bits + 2);
	}
	p->ip_block = block;
}

static void fill_port(struct bench *b, struct np_port *p)
{
	static const uint16_t numbers[] = { 80, 81, 443, 8080, 8443, 53, 5432, 9090 };

	*p = (struct np_port){ .proto = NP_TCP, .kind = NP_PORT_NUMBER, .port = numbers[below(b, 8)] };
	switch (below(b, 5)) {
	case 0:
		p->kind = NP_PORT_NAME;
		p->name = NP_STR("http");
		break;
	case 1:
		p->kind = NP_PORT_RANGE;
		p->port = 8000;
		p->end_port = 9000;
		break;
	case 2:
		*p = (struct np_port){ .proto = NP_UDP, .kind = NP_PORT_NAME, .name = NP_STR("dns") };
		break;
	default:
		break;
	}
}

static void add_policy(struct bench *b, unsigned i)
{
	struct np_policy *p = np_world_add_policy(&b->w);
	unsigned dirs = 1 + below(b, 3);

	p->ns = np_arena_printf(&b->w.arena, "ns%03u", i % b->n_ns);
	p->name = np_arena_printf(&b->w.arena, "policy%05u", i);
	p->pod_selector = *selector(b, false);
	for (int d = 0; d < NP_N_DIRS; d++) {
		p->types[d] = dirs >> d & 1;
		p->n_rules[d] = p->types[d] ? 1 + below(b, 2) : 0;
		p->rules[d] = np_arena_array(&b->w.arena, 2, sizeof(struct np_rule));
		for (size_t r = 0; r < p->n_rules[d]; r++) {
			struct np_rule *rule = &p->rules[d][r];

			rule->n_peers = 1 + below(b, 2);
			rule->peers = np_arena_array(&b->w.arena, 2, sizeof(*rule->peers));
			rule->n_ports = below(b, 3);
			rule->ports = np_arena_array(&b->w.arena, 2, sizeof(*rule->ports));
			for (size_t k = 0; k < rule->n_peers; k++)
				fill_peer(b, &rule->peers[k]);
			for (size_t k = 0; k < rule->n_ports; k++)
				fill_port(b, &rule->ports[k]);
		}
	}
}

static void make_world(struct bench *b, unsigned n_pods, unsigned n_policies)
{
	struct np_err err;

	np_world_init(&b->w);
	np_rng_seed(&b->rng, 7);
	b->n_ns = n_pods >= 100 ? n_pods / 100 : 1;
	b->n_pods = n_pods;
	b->n_policies = n_policies;
	add_namespaces(b);
	for (unsigned i = 0; i < 50; i++)
		np_world_add_node(&b->w)->name = np_arena_printf(&b->w.arena, "node%02u", i);
	for (unsigned i = 0; i < n_pods; i++)
		add_pod(b, i);
	for (unsigned i = 0; i < n_policies; i++)
		add_policy(b, i);
	if (np_world_link(&b->w, &err))
		abort();
}

static void print(const char *bench, double value, const char *unit)
{
	printf("{\"bench\":\"%s\",\"value\":%.3f,\"unit\":\"%s\"}\n", bench, value, unit);
	fflush(stdout);
}

static const struct np_probe_port ports[] = {
	{ NP_TCP, 80 }, { NP_TCP, 443 }, { NP_UDP, 53 }, { NP_TCP, 8080 }, { NP_TCP, 8443 }, { NP_SCTP, 80 },
	{ NP_TCP, 5432 }, { NP_UDP, 80 }, { NP_TCP, 81 }, { NP_TCP, 9090 }, { NP_TCP, 22 }, { NP_TCP, 8500 },
	{ NP_UDP, 123 }, { NP_TCP, 3306 }, { NP_TCP, 6379 }, { NP_SCTP, 7777 },
};

static struct np_end *pod_ends(const struct bench *b)
{
	struct np_end *ends = np_xcalloc(b->n_pods, sizeof(*ends));

	for (unsigned i = 0; i < b->n_pods; i++)
		ends[i] = (struct np_end){ .kind = NP_END_POD, .idx = i };
	return ends;
}

static void bench_single(const struct np_oracle *o, const struct bench *b, const char *name)
{
	struct np_rng rng;
	const unsigned n = 300000;
	size_t allowed = 0;
	int64_t t;

	np_rng_seed(&rng, 3);
	t = np_now_us();
	for (unsigned i = 0; i < n; i++) {
		const struct np_probe_port *port = &ports[np_rng_below(&rng, NP_ARRAY_SIZE(ports))];
		struct np_flow f = { .src = { .kind = NP_END_POD, .idx = np_rng_below(&rng, b->n_pods) },
				     .dst = { .kind = NP_END_POD, .idx = np_rng_below(&rng, b->n_pods) },
				     .family = 4, .proto = port->proto, .port = port->port };
		np_clauses open;

		allowed += np_oracle_eval(o, &f, &open) == NP_ALLOW;
	}
	t = np_now_us() - t;
	print(name, (double)n * 1e6 / (double)(t + 1), "verdicts/s");
	if (allowed == n)
		abort();	/* nothing was denied: the world measures nothing */
}

static size_t count_bits(const struct np_bitmatrix *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_rows * m->words_per_row; i++)
		n += (size_t)__builtin_popcountll(m->words[i]);
	return n;
}

static void bench_size(unsigned n_pods, unsigned n_policies, size_t n_ports, enum np_profile profile, const char *tag)
{
	struct bench b;
	struct np_readings rd = np_profile_readings(profile);
	struct np_oracle *o;
	struct np_table t;
	char name[128];
	int64_t start;
	size_t allow = 0, undef = 0;

	make_world(&b, n_pods, n_policies);
	np_auto_free struct np_end *ends = pod_ends(&b);

	start = np_now_us();
	o = np_oracle_new(&b.w, &rd);
	snprintf(name, sizeof(name), "oracle.compile.%s", tag);
	print(name, (double)(np_now_us() - start) / 1e3, "ms");
	start = np_now_us();
	np_oracle_table(o, ends, n_pods, ends, n_pods, ports, n_ports, 4, &t);
	snprintf(name, sizeof(name), "oracle.table.%s", tag);
	print(name, (double)(np_now_us() - start) / 1e3, "ms");
	for (size_t p = 0; p < n_ports; p++) {
		allow += count_bits(&t.allow[p]);
		undef += t.undef ? count_bits(&t.undef[p]) : 0;
	}
	snprintf(name, sizeof(name), "oracle.table.%s.allowed", tag);
	print(name, (double)allow, "cells");
	snprintf(name, sizeof(name), "oracle.table.%s.undef", tag);
	print(name, (double)undef, "cells");
	np_table_release(&t);
	snprintf(name, sizeof(name), "oracle.eval.%s", tag);
	bench_single(o, &b, name);
	np_oracle_free(o);
	np_world_release(&b.w);
}

int main(int argc, char **argv)
{
	(void)argv;
	bench_size(9, 9, 6, NP_PROFILE_CORE, "9x9x6");
	bench_size(100, 100, 8, NP_PROFILE_CORE, "100x100x8");
	bench_size(1000, 1000, 8, NP_PROFILE_CORE, "1000x1000x8");
	bench_size(1000, 1000, 8, NP_PROFILE_UPSTREAM, "1000x1000x8.upstream");
	if (argc < 2)	/* any argument: the quick ones only */
		bench_size(10000, 10000, 16, NP_PROFILE_CORE, "10000x10000x16");
	return 0;
}
