/* random_world.h - test helper: small, dense random worlds in which every rule of the semantics has something to bite on. */
#ifndef NP_TESTS_ORACLE_RANDOM_WORLD_H
#define NP_TESTS_ORACLE_RANDOM_WORLD_H

#include <check.h>

#include "np/base/mem.h"
#include "np/base/rng.h"
#include "np/model/world.h"

struct rw {
	struct np_world w;
	struct np_rng rng;
	unsigned odd_percent;	/* how often something unusual: odd blocks, host pods, finished pods, doubled names */
};

static inline unsigned rw_below(struct rw *r, unsigned n)
{
	return (unsigned)np_rng_below(&r->rng, n);
}

static inline bool rw_chance(struct rw *r, unsigned percent)
{
	return rw_below(r, 100) < percent;
}

static inline bool rw_odd(struct rw *r)
{
	return rw_chance(r, r->odd_percent);
}

static inline struct np_str rw_pick(struct rw *r, const char *const *words, unsigned n)
{
	return np_str_from(words[rw_below(r, n)]);
}

static const char *const rw_keys[] = { "a", "b", "c/d", "kubernetes.io/metadata.name" };
static const char *const rw_values[] = { "", "x", "y", "z" };
static const char *const rw_ns[] = { "w", "x", "y", "z" };
static const char *const rw_names[] = { "web", "dns", "w", "none" };
static const uint16_t rw_numbers[] = { 80, 81, 53, 8080, 65535, 1 };

static inline uint16_t rw_number(struct rw *r)
{
	return rw_numbers[rw_below(r, NP_ARRAY_SIZE(rw_numbers))];
}

static inline enum np_proto rw_proto(struct rw *r)
{
	return (enum np_proto)(rw_chance(r, 75) ? NP_TCP : rw_below(r, NP_N_PROTOS));
}

static inline struct np_labels rw_labels(struct rw *r, unsigned max, unsigned n_keys)
{
	struct np_labels l = { .n = rw_below(r, max + 1) };

	l.items = np_arena_array(&r->w.arena, max + 1, sizeof(*l.items));
	for (size_t i = 0; i < l.n; i++)
		l.items[i] = (struct np_label){ rw_pick(r, rw_keys, n_keys), rw_pick(r, rw_values, 4) };
	np_labels_sort(&l);
	return l;
}

static inline struct np_addr rw_addr_of(const char *text)
{
	struct np_addr a;

	ck_assert_msg(np_addr_parse(np_str_from(text), &a), "%s", text);
	return a;
}

static inline void rw_ips(struct rw *r, const char *v4, const char *v6, unsigned at, struct np_addr *ips, size_t *n)
{
	struct np_addr a;
	unsigned families = 1 + rw_below(r, 3);

	if (rw_chance(r, 80))
		families = 3;
	if (families & 1) {
		a = rw_addr_of(v4);
		np_addr_add(&a, at, &ips[(*n)++]);
	}
	if (families & 2) {
		a = rw_addr_of(v6);
		np_addr_add(&a, at, &ips[(*n)++]);
	}
}

static inline void rw_add_pods(struct rw *r, unsigned n, unsigned n_ns, unsigned n_nodes)
{
	for (unsigned i = 0; i < n; i++) {
		struct np_pod *p = np_world_add_pod(&r->w);
		unsigned node = rw_below(r, n_nodes);

		p->ns = np_str_from(rw_ns[rw_below(r, n_ns)]);
		p->name = np_arena_printf(&r->w.arena, "p%u", i);
		p->labels = rw_labels(r, 3, 3);
		p->host_network = rw_odd(r);
		if (rw_chance(r, 90))
			p->node = np_arena_printf(&r->w.arena, "n%u", node);
		if (!p->host_network)
			rw_ips(r, "10.0.0.1", "fd00::1", i, p->ips, &p->n_ips);
		else if (rw_chance(r, 50))
			rw_ips(r, "192.0.2.1", "2001:db8::1", node, p->ips, &p->n_ips);
		if (rw_odd(r))
			p->phase = (enum np_phase)rw_below(r, 5);
		p->n_ports = rw_below(r, 6);
		p->ports = np_arena_array(&r->w.arena, 6, sizeof(*p->ports));
		for (size_t k = 0; k < p->n_ports; k++)
			p->ports[k] = (struct np_container_port){
				.name = rw_chance(r, 10) ? NP_STR_NONE : rw_pick(r, rw_names, 3),
				.proto = rw_proto(r), .port = rw_number(r),
				.ctr_kind = rw_odd(r) ? (enum np_container_kind)rw_below(r, 3) : NP_CTR_REGULAR,
				.ctr = (uint16_t)k,
			};
	}
}

static inline const struct np_selector *rw_selector(struct rw *r)
{
	struct np_selector *s = np_arena_alloc(&r->w.arena, sizeof(*s));

	if (rw_chance(r, 35))
		return s;
	s->match_labels = rw_labels(r, 2, 4);
	s->n_exprs = rw_below(r, 3);
	s->exprs = np_arena_array(&r->w.arena, 3, sizeof(*s->exprs));
	for (size_t i = 0; i < s->n_exprs; i++) {
		struct np_requirement *q = &s->exprs[i];

		q->key = rw_pick(r, rw_keys, 4);
		q->op = (enum np_op)rw_below(r, 4);
		q->values = np_arena_array(&r->w.arena, 3, sizeof(*q->values));
		if (q->op == NP_OP_IN || q->op == NP_OP_NOT_IN)
			q->n_values = 1 + rw_below(r, 3);
		for (size_t k = 0; k < q->n_values; k++)
			q->values[k] = rw_chance(r, 30) ? rw_pick(r, rw_ns, 4) : rw_pick(r, rw_values, 4);
	}
	return s;
}

static inline struct np_str rw_cidr_text(struct rw *r, bool except)
{
	static const char *const plain[] = {
		"0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.0/29", "10.0.0.4/30", "10.0.0.2/32", "192.0.2.0/24",
		"192.0.2.1/32", "192.0.2.2/31", "203.0.113.0/28", "203.0.113.0/24", "203.0.113.10/32", "fd00::/64",
		"fd00::4/126", "2001:db8::/32", "2001:db8::1/128", "10.96.0.0/16", "10.96.0.1/32",
	};
	static const char *const odd[] = {
		"10.0.0.3/8", "10.0.0.3/29", "203.0.113.10/24", "010.0.0.0/8", "::ffff:10.0.0.0/104",
		"::ffff:203.0.113.10/120", "::ffff:0:0/96", "::ffff:203.0.113.10/64", "fd00::3/64", "1.2.3.4/0",
		"192.0.2.2/28",
	};

	(void)except;
	return rw_odd(r) ? rw_pick(r, odd, NP_ARRAY_SIZE(odd)) : rw_pick(r, plain, NP_ARRAY_SIZE(plain));
}

static inline struct np_peer rw_peer(struct rw *r)
{
	struct np_peer p = { 0 };
	struct np_ipblock *b;

	if (rw_chance(r, 60)) {
		if (rw_chance(r, 60))
			p.pod_selector = rw_selector(r);
		if (!p.pod_selector || rw_chance(r, 40))
			p.ns_selector = rw_selector(r);
		return p;
	}
	b = np_arena_alloc(&r->w.arena, sizeof(*b));
	b->cidr_text = rw_cidr_text(r, false);
	ck_assert(np_cidr_parse(b->cidr_text, &b->cidr));
	b->n_excepts = rw_chance(r, 50) ? rw_below(r, 3) : 0;
	b->excepts = np_arena_array(&r->w.arena, 3, sizeof(*b->excepts));
	b->except_texts = np_arena_array(&r->w.arena, 3, sizeof(*b->except_texts));
	for (size_t i = 0; i < b->n_excepts; i++) {
		b->except_texts[i] = rw_cidr_text(r, true);
		ck_assert(np_cidr_parse(b->except_texts[i], &b->excepts[i]));
	}
	p.ip_block = b;
	return p;
}

static inline struct np_port rw_port(struct rw *r)
{
	struct np_port p = { .proto = rw_proto(r), .kind = (enum np_port_kind)rw_below(r, 4) };

	if (rw_chance(r, 25))
		p.kind = NP_PORT_NAME;
	if (p.kind == NP_PORT_NUMBER || p.kind == NP_PORT_RANGE)
		p.port = rw_number(r);
	if (p.kind == NP_PORT_RANGE)
		p.end_port = (uint16_t)(p.port + rw_below(r, 65536U - p.port));
	if (p.kind == NP_PORT_NAME)
		p.name = rw_pick(r, rw_names, 4);
	return p;
}

static inline void rw_add_policies(struct rw *r, unsigned n, unsigned n_ns)
{
	for (unsigned i = 0; i < n; i++) {
		struct np_policy *p = np_world_add_policy(&r->w);

		p->ns = np_str_from(rw_ns[rw_below(r, n_ns)]);
		p->name = np_arena_printf(&r->w.arena, "np%u", i);
		p->pod_selector = *rw_selector(r);
		p->types[NP_INGRESS] = rw_chance(r, 70);
		p->types[NP_EGRESS] = rw_chance(r, 60);
		for (int d = 0; d < NP_N_DIRS; d++) {
			p->n_rules[d] = rw_below(r, 3);
			p->rules[d] = np_arena_array(&r->w.arena, 3, sizeof(struct np_rule));
			for (size_t k = 0; k < p->n_rules[d]; k++) {
				struct np_rule *rule = &p->rules[d][k];

				rule->n_peers = rw_chance(r, 15) ? 0 : 1 + rw_below(r, 3);
				rule->peers = np_arena_array(&r->w.arena, 4, sizeof(*rule->peers));
				rule->n_ports = rw_below(r, 3);
				rule->ports = np_arena_array(&r->w.arena, 4, sizeof(*rule->ports));
				for (size_t x = 0; x < rule->n_peers; x++)
					rule->peers[x] = rw_peer(r);
				for (size_t x = 0; x < rule->n_ports; x++)
					rule->ports[x] = rw_port(r);
			}
		}
	}
}

/* One label that some pod has. */
static inline struct np_labels rw_pod_labels(struct rw *r)
{
	for (size_t i = 0; i < r->w.n_pods; i++)
		if (r->w.pods[i].labels.n)
			return (struct np_labels){ r->w.pods[i].labels.items, 1 };
	return (struct np_labels){ 0 };
}

static inline void rw_add_services(struct rw *r, unsigned n, unsigned n_ns)
{
	for (unsigned i = 0; i < n; i++) {
		struct np_service *s = np_world_add_service(&r->w);

		s->ns = np_str_from(rw_ns[rw_below(r, n_ns)]);
		s->name = np_arena_printf(&r->w.arena, "s%u", i);
		s->selector = rw_labels(r, 1, 2);
		if (!s->selector.n && rw_chance(r, 80))
			s->selector = rw_pod_labels(r);
		if (rw_chance(r, 90))
			rw_ips(r, "10.96.0.1", "fd96::1", i, s->ips, &s->n_ips);
		s->n_ports = 1 + rw_below(r, 2);
		s->ports = np_arena_array(&r->w.arena, 2, sizeof(*s->ports));
		for (size_t k = 0; k < s->n_ports; k++) {
			s->ports[k] = (struct np_service_port){ .proto = rw_proto(r), .port = rw_number(r),
								.target_port = rw_number(r) };
			if (rw_chance(r, 30))
				s->ports[k].target_name = rw_pick(r, rw_names, 3);
			if (rw_chance(r, 40))
				s->ports[k].node_port = rw_number(r);
		}
	}
}

/* A linked world; release with np_world_release(&r->w). */
static inline void rw_make(struct rw *r, uint64_t seed, unsigned n_pods, unsigned n_policies, unsigned odd_percent)
{
	struct np_err err;
	unsigned n_ns, n_nodes;

	np_world_init(&r->w);
	np_rng_seed(&r->rng, seed);
	r->odd_percent = odd_percent;
	n_ns = 1 + rw_below(r, 4);
	n_nodes = 1 + rw_below(r, 3);
	for (unsigned i = 0; i < n_ns; i++) {
		struct np_namespace *ns = np_world_add_namespace(&r->w);

		ns->name = np_str_from(rw_ns[i]);
		ns->labels = rw_labels(r, 2, 3);
	}
	for (unsigned i = 0; i < n_nodes; i++) {
		struct np_node *node = np_world_add_node(&r->w);

		node->name = np_arena_printf(&r->w.arena, "n%u", i);
		rw_ips(r, "192.0.2.1", "2001:db8::1", i, node->ips, &node->n_ips);
	}
	rw_add_pods(r, n_pods, n_ns, n_nodes + 1);	/* one node that only pods name */
	rw_add_services(r, rw_below(r, 4), n_ns);
	rw_add_policies(r, n_policies, n_ns);
	ck_assert_msg(np_world_link(&r->w, &err) == 0, "%s", err.msg);
}

#endif
