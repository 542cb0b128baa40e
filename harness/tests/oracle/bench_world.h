/*
 * bench_world.h - the world that is measured, from a fixed seed, at any size. Not uniform: a third
 * of the pods have a label set of their own (over 2,000 sets at 10,000 pods), namespaces of a
 * hundred pods, both families, one port name with three numbers, a fifth of the peers ipBlocks with
 * excepts, half of them over pod addresses, some IPv6.
 */
#ifndef NP_TESTS_ORACLE_BENCH_WORLD_H
#define NP_TESTS_ORACLE_BENCH_WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "np/base/rng.h"
#include "np/oracle/oracle.h"

#define BENCH_SEED 7

struct bench {
	struct np_world w;
	struct np_rng rng;
	unsigned n_ns, n_pods, n_policies;
};

static inline unsigned bw_below(struct bench *b, unsigned n)
{
	return (unsigned)np_rng_below(&b->rng, n);
}

static inline struct np_label bw_label(struct bench *b, const char *key, const char *value, unsigned n)
{
	return (struct np_label){ np_arena_str(&b->w.arena, np_str_from(key)),
				  np_arena_printf(&b->w.arena, "%s%u", value, n) };
}

static inline void bw_add_namespaces(struct bench *b)
{
	for (unsigned i = 0; i < b->n_ns; i++) {
		struct np_namespace *ns = np_world_add_namespace(&b->w);

		ns->name = np_arena_printf(&b->w.arena, "ns%03u", i);
		ns->labels.items = np_arena_array(&b->w.arena, 2, sizeof(struct np_label));
		ns->labels.items[ns->labels.n++] = bw_label(b, "team", "t", i % 10);
		ns->labels.items[ns->labels.n++] = bw_label(b, "env", "e", i % 3);
		np_labels_sort(&ns->labels);
	}
}

static inline void bw_parse_ip(const char *text, struct np_addr *ret)
{
	if (!np_addr_parse(np_str_from(text), ret))
		abort();
}

static inline void bw_add_pod(struct bench *b, unsigned i)
{
	static const uint16_t numbers[] = { 80, 8080, 8443 };
	struct np_pod *p = np_world_add_pod(&b->w);
	char text[64];

	p->ns = np_arena_printf(&b->w.arena, "ns%03u", i % b->n_ns);
	p->name = np_arena_printf(&b->w.arena, "pod%05u", i);
	p->node = np_arena_printf(&b->w.arena, "node%02u", i % 50);
	p->labels.items = np_arena_array(&b->w.arena, 4, sizeof(struct np_label));
	p->labels.items[p->labels.n++] = bw_label(b, "app", "a", bw_below(b, 10));
	p->labels.items[p->labels.n++] = bw_label(b, "tier", "r", bw_below(b, 3));
	if (bw_below(b, 3) == 0)
		p->labels.items[p->labels.n++] = bw_label(b, "instance", "i", i);
	if (bw_below(b, 5) == 0)
		p->labels.items[p->labels.n++] = bw_label(b, "track", "k", bw_below(b, 2));
	np_labels_sort(&p->labels);
	snprintf(text, sizeof(text), "10.%u.%u.%u", 200 + i / 62500, i / 250 % 250, 1 + i % 250);
	bw_parse_ip(text, &p->ips[p->n_ips++]);
	snprintf(text, sizeof(text), "fd00::%x:%x", i / 1000, 1 + i % 1000);
	bw_parse_ip(text, &p->ips[p->n_ips++]);
	p->ports = np_arena_array(&b->w.arena, 2, sizeof(*p->ports));
	p->ports[p->n_ports++] = (struct np_container_port){ NP_STR("http"), NP_TCP, numbers[bw_below(b, 3)],
							     NP_CTR_REGULAR, 0 };
	p->ports[p->n_ports++] = (struct np_container_port){ NP_STR("dns"), NP_UDP, 53, NP_CTR_REGULAR, 0 };
}

static inline const struct np_selector *bw_selector(struct bench *b, bool of_namespace)
{
	struct np_selector *s = np_arena_alloc(&b->w.arena, sizeof(*s));
	struct np_requirement *q;

	s->match_labels.items = np_arena_array(&b->w.arena, 1, sizeof(struct np_label));
	s->match_labels.n = 1;
	s->match_labels.items[0] = of_namespace ? bw_label(b, "team", "t", bw_below(b, 10)) :
						  bw_label(b, "app", "a", bw_below(b, 10));
	if (bw_below(b, 3))
		return s;
	q = s->exprs = np_arena_array(&b->w.arena, 1, sizeof(*s->exprs));
	s->n_exprs = 1;
	q->key = of_namespace ? NP_STR("env") : NP_STR("tier");
	q->op = bw_below(b, 2) ? NP_OP_IN : NP_OP_NOT_IN;
	q->values = np_arena_array(&b->w.arena, 2, sizeof(*q->values));
	q->n_values = 1 + bw_below(b, 2);
	for (size_t i = 0; i < q->n_values; i++)
		q->values[i] = np_arena_printf(&b->w.arena, "%s%u", of_namespace ? "e" : "r", bw_below(b, 3));
	return s;
}

static inline void bw_parse_cidr(const char *text, struct np_cidr *ret)
{
	if (!np_cidr_parse(np_str_from(text), ret))
		abort();
	ret->flags = 0;		/* written without host bits */
	ret->host = ret->addr;
}

static inline const struct np_ipblock *bw_block(struct bench *b)
{
	struct np_ipblock *block = np_arena_alloc(&b->w.arena, sizeof(*block));
	unsigned kind = bw_below(b, 8);
	char text[64];

	if (kind < 4)
		snprintf(text, sizeof(text), "10.200.%u.0/%u", bw_below(b, 40), 20 + bw_below(b, 9));
	else if (kind < 7)
		snprintf(text, sizeof(text), "203.%u.0.0/16", bw_below(b, 200));
	else
		snprintf(text, sizeof(text), "fd00::%x:0/%u", bw_below(b, 10), 112 + bw_below(b, 8));
	bw_parse_cidr(text, &block->cidr);
	block->n_excepts = 1 + bw_below(b, 2);
	block->excepts = np_arena_array(&b->w.arena, 2, sizeof(*block->excepts));
	for (size_t i = 0; i < block->n_excepts; i++) {
		block->excepts[i] = block->cidr;
		block->excepts[i].prefix_bits = (uint8_t)(block->cidr.prefix_bits + 2 + i);
		block->excepts[i].addr.bytes[block->cidr.addr.width - 1] |= i ? 1 : 0;
		block->excepts[i].addr = np_addr_mask(&block->excepts[i].addr, block->excepts[i].prefix_bits);
		block->excepts[i].host = block->excepts[i].addr;
	}
	return block;
}

static inline void bw_fill_peer(struct bench *b, struct np_peer *p)
{
	if (bw_below(b, 5) == 0) {
		p->ip_block = bw_block(b);
		return;
	}
	p->pod_selector = bw_below(b, 4) ? bw_selector(b, false) : NULL;
	p->ns_selector = !p->pod_selector || bw_below(b, 2) ? bw_selector(b, true) : NULL;
}

static inline void bw_fill_port(struct bench *b, struct np_port *p)
{
	static const uint16_t numbers[] = { 80, 81, 443, 8080, 8443, 53, 5432, 9090 };

	*p = (struct np_port){ .proto = NP_TCP, .kind = NP_PORT_NUMBER, .port = numbers[bw_below(b, 8)] };
	switch (bw_below(b, 5)) {
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

static inline void bw_fill_policy(struct bench *b, struct np_policy *p, unsigned i)
{
	unsigned dirs = 1 + bw_below(b, 3);

	p->ns = np_arena_printf(&b->w.arena, "ns%03u", i % b->n_ns);
	p->name = np_arena_printf(&b->w.arena, "policy%05u", i);
	p->pod_selector = *bw_selector(b, false);
	for (int d = 0; d < NP_N_DIRS; d++) {
		p->types[d] = dirs >> d & 1;
		p->n_rules[d] = p->types[d] ? 1 + bw_below(b, 2) : 0;
		p->rules[d] = np_arena_array(&b->w.arena, 2, sizeof(struct np_rule));
		for (size_t r = 0; r < p->n_rules[d]; r++) {
			struct np_rule *rule = &p->rules[d][r];

			rule->n_peers = 1 + bw_below(b, 2);
			rule->peers = np_arena_array(&b->w.arena, 2, sizeof(*rule->peers));
			rule->n_ports = bw_below(b, 3);
			rule->ports = np_arena_array(&b->w.arena, 2, sizeof(*rule->ports));
			for (size_t k = 0; k < rule->n_peers; k++)
				bw_fill_peer(b, &rule->peers[k]);
			for (size_t k = 0; k < rule->n_ports; k++)
				bw_fill_port(b, &rule->ports[k]);
		}
	}
}

static inline void bw_make(struct bench *b, unsigned n_pods, unsigned n_policies)
{
	struct np_err err;

	np_world_init(&b->w);
	np_rng_seed(&b->rng, BENCH_SEED);
	b->n_ns = n_pods >= 100 ? n_pods / 100 : 1;
	b->n_pods = n_pods;
	b->n_policies = n_policies;
	bw_add_namespaces(b);
	for (unsigned i = 0; i < 50; i++)
		np_world_add_node(&b->w)->name = np_arena_printf(&b->w.arena, "node%02u", i);
	for (unsigned i = 0; i < n_pods; i++)
		bw_add_pod(b, i);
	for (unsigned i = 0; i < n_policies; i++)
		bw_fill_policy(b, np_world_add_policy(&b->w), i);
	if (np_world_link(&b->w, &err))
		abort();
}

#endif
