/*
 * literal.h - test helper: the evaluation of semantics 2.2 written down line by line, with every reading as a plain flag. Slow and obvious;
 * shares nothing with the compiled oracle but the model.
 */
#ifndef NP_TESTS_ORACLE_LITERAL_H
#define NP_TESTS_ORACLE_LITERAL_H

#include "np/oracle/oracle.h"

struct lit {			/* one setting */
	const struct np_world *w;
	bool yes[NP_N_READINGS];
	int family;
};

struct lit_end {
	const struct np_pod *pod;	/* NULL: address */
	size_t pod_idx;
	struct np_addr addr;
	struct np_str node;		/* name of the node whose address it is; empty: none */
};

static inline struct np_str lit_node_of(const struct np_world *w, const struct np_addr *a)
{
	for (size_t i = 0; i < w->n_nodes; i++)
		for (size_t j = 0; j < w->nodes[i].n_ips; j++)
			if (np_addr_eq(&w->nodes[i].ips[j], a))
				return w->nodes[i].name;
	return NP_STR_NONE;
}

static inline bool lit_first_ip(const struct np_addr *ips, size_t n, int family, struct np_addr *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct np_addr a = np_addr_wire(&ips[i]);

		if ((a.width == 4) == (family == 4)) {
			*ret = a;
			return true;
		}
	}
	return false;
}

static inline bool lit_runs(const struct np_pod *p)
{
	return p->phase == NP_PHASE_RUNNING || p->phase == NP_PHASE_UNKNOWN;
}

static inline bool lit_pod_end(const struct np_world *w, size_t idx, int family, struct lit_end *ret)
{
	const struct np_pod *p = &w->pods[idx];
	bool has_ip = lit_first_ip(p->ips, p->n_ips, family, &ret->addr);

	ret->pod = p;
	ret->pod_idx = idx;
	ret->node = NP_STR_NONE;
	if (p->host_network) {
		struct np_addr a;

		ret->node = p->node;
		for (int f = 4; f <= 6 && !ret->node.n; f += 2)
			if (lit_first_ip(p->ips, p->n_ips, f, &a))
				ret->node = lit_node_of(w, &a);
		for (size_t i = 0; i < w->n_nodes && !has_ip; i++)
			if (np_str_eq(w->nodes[i].name, ret->node))
				has_ip = lit_first_ip(w->nodes[i].ips, w->nodes[i].n_ips, family, &ret->addr);
	}
	return lit_runs(p) && has_ip;
}

static inline bool lit_unicast(const struct np_addr *a)
{
	static const uint8_t zero[16];

	if (a->width == 4)
		return memcmp(a->bytes, zero, 4) && a->bytes[0] != 127 && (a->bytes[0] < 224 || a->bytes[0] > 239) &&
		       !(a->bytes[0] == 255 && a->bytes[1] == 255 && a->bytes[2] == 255 && a->bytes[3] == 255);
	return a->bytes[0] != 0xFF && !(memcmp(a->bytes, zero, 15) == 0 && a->bytes[15] <= 1);
}

static inline bool lit_end(const struct np_world *w, const struct np_end *e, int family, struct lit_end *ret)
{
	if (e->kind == NP_END_POD)
		return lit_pod_end(w, e->idx, family, ret);
	*ret = (struct lit_end){ .addr = np_addr_wire(&e->addr) };
	ret->node = lit_node_of(w, &ret->addr);
	return (ret->addr.width == 4) == (family == 4) && lit_unicast(&ret->addr);
}

static inline bool lit_is_pod(const struct lit *l, const struct lit_end *e)
{
	return e->pod && (!e->pod->host_network || l->yes[NP_READ_HOST_PODS]);
}

static inline bool lit_requirement(const struct np_requirement *q, const struct np_labels *labels)
{
	const struct np_str *v = np_labels_get(labels, q->key);
	bool in = false;

	for (size_t i = 0; v && i < q->n_values; i++)
		in |= np_str_eq(*v, q->values[i]);
	switch (q->op) {
	case NP_OP_IN:
		return v && in;
	case NP_OP_NOT_IN:
		return !v || !in;
	case NP_OP_EXISTS:
		return v;
	case NP_OP_NOT_EXISTS:
		return !v;
	}
	return false;
}

static inline bool lit_selects(const struct np_selector *s, const struct np_labels *labels)
{
	for (size_t i = 0; i < s->match_labels.n; i++) {
		const struct np_str *v = np_labels_get(labels, s->match_labels.items[i].key);

		if (!v || !np_str_eq(*v, s->match_labels.items[i].value))
			return false;
	}
	for (size_t i = 0; i < s->n_exprs; i++)
		if (!lit_requirement(&s->exprs[i], labels))
			return false;
	return true;
}

static inline bool lit_same_bits(const struct np_addr *a, const struct np_addr *b, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if ((a->bytes[i / 8] ^ b->bytes[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static inline bool lit_cidr(const struct lit *l, const struct np_cidr *c, const struct np_addr *a, unsigned *ret_bits)
{
	bool odd = c->flags & (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS), mapped = c->flags & NP_CIDR_MAPPED;
	unsigned bits = odd && !l->yes[NP_READ_HOST_BITS] ? c->host.width * 8U : c->prefix_bits;
	struct np_addr base = c->host;

	if (mapped && !l->yes[NP_READ_MAPPED])
		return false;
	if (mapped && bits >= 96) {
		base = np_addr_wire(&c->host);
		bits -= 96;
	}
	*ret_bits = bits;
	return base.width == a->width && lit_same_bits(&base, a, bits);
}

static inline bool lit_peer(const struct lit *l, const struct np_peer *p, struct np_str ns, const struct lit_end *other,
			    bool masked)
{
	const struct np_namespace *other_ns;

	if (p->ip_block) {
		unsigned bits, ignored;

		if (!lit_cidr(l, &p->ip_block->cidr, &other->addr, &bits))
			return false;
		for (size_t i = 0; i < p->ip_block->n_excepts; i++)
			if (lit_cidr(l, &p->ip_block->excepts[i], &other->addr, &ignored))
				return false;
		if (lit_is_pod(l, other) && !l->yes[NP_READ_IPBLOCK_PODS])
			return false;
		return !masked || !l->yes[NP_READ_NAT] || (bits == 0 && p->ip_block->n_excepts == 0);
	}
	if (!lit_is_pod(l, other))
		return false;
	other_ns = &l->w->namespaces[other->pod->ns_idx];
	if (p->ns_selector ? !lit_selects(p->ns_selector, &other_ns->labels) : !np_str_eq(other->pod->ns, ns))
		return false;
	return !p->pod_selector || lit_selects(p->pod_selector, &other->pod->labels);
}

static inline bool lit_divergent(const struct lit *l, const struct np_rule *r, const struct np_port *q, struct np_str ns)
{
	struct lit any = *l;
	int seen = -1;

	any.yes[NP_READ_HOST_PODS] = true;
	for (size_t d = 0; d < l->w->n_pods; d++) {
		const struct np_pod *pod = &l->w->pods[d];
		struct lit_end e = { .pod = pod, .pod_idx = d };
		bool match = r->n_peers == 0;

		if (pod->phase == NP_PHASE_SUCCEEDED || pod->phase == NP_PHASE_FAILED)
			continue;
		for (size_t i = 0; i < r->n_peers; i++)
			match |= !r->peers[i].ip_block && lit_peer(&any, &r->peers[i], ns, &e, false);
		for (size_t i = 0; match && i < pod->n_ports; i++) {
			if (!np_str_eq(pod->ports[i].name, q->name) || pod->ports[i].proto != q->proto)
				continue;
			if (seen >= 0 && seen != pod->ports[i].port)
				return true;
			seen = pod->ports[i].port;
		}
	}
	return false;
}

static inline bool lit_has_name(const struct lit *l, const struct np_pod *pod, const struct np_port *q, uint16_t port)
{
	bool earlier = false;

	for (int init = 0; init <= (l->yes[NP_READ_SIDECAR_NAME] ? 1 : 0); init++)
		for (size_t i = 0; i < pod->n_ports; i++) {
			const struct np_container_port *p = &pod->ports[i];

			if ((p->ctr_kind != NP_CTR_REGULAR) != init || p->proto != q->proto ||
			    !np_str_eq(p->name, q->name))
				continue;
			if (earlier && !l->yes[NP_READ_DUP_NAME])
				return false;
			if (p->port == port)
				return true;
			earlier = true;
		}
	return false;
}

static inline bool lit_port(const struct lit *l, enum np_dir dir, const struct np_rule *r, const struct np_port *q,
			    struct np_str ns, const struct lit_end *dst, enum np_proto proto, uint16_t port)
{
	if (proto != q->proto)
		return false;
	switch (q->kind) {
	case NP_PORT_ANY:
		return true;
	case NP_PORT_NUMBER:
		return port == q->port;
	case NP_PORT_RANGE:
		return q->port <= port && port <= q->end_port;
	case NP_PORT_NAME:
		if (!lit_is_pod(l, dst))
			return l->yes[NP_READ_NAME_EXTERNAL];
		if (dir == NP_EGRESS && !l->yes[NP_READ_DIVERGENT] && lit_divergent(l, r, q, ns))
			return false;
		return lit_has_name(l, dst->pod, q, port);
	}
	return false;
}

static inline bool lit_own_node(const struct lit_end *subject, const struct lit_end *other)
{
	struct np_str node = subject->node.n ? subject->node : subject->pod->node;

	return node.n && np_str_eq(node, other->node);
}

static inline bool lit_rule(const struct lit *l, enum np_dir dir, const struct np_policy *p, const struct np_rule *r,
			    const struct lit_end *subject, const struct lit_end *other, enum np_proto proto, uint16_t port)
{
	bool peers = r->n_peers == 0, ports = r->n_ports == 0;
	bool masked = dir == NP_INGRESS && other->node.n && !lit_own_node(subject, other);

	for (size_t i = 0; i < r->n_peers; i++)
		peers |= lit_peer(l, &r->peers[i], p->ns, other, masked);
	for (size_t i = 0; i < r->n_ports; i++)
		ports |= lit_port(l, dir, r, &r->ports[i], p->ns, dir == NP_INGRESS ? subject : other, proto, port);
	return peers && ports;
}

static inline bool lit_side(const struct lit *l, enum np_dir dir, const struct lit_end *subject,
			    const struct lit_end *other, enum np_proto proto, uint16_t port)
{
	bool isolated = false;
	bool own = lit_own_node(subject, other);

	if (dir == NP_INGRESS && other->node.n && (own || l->yes[NP_READ_OTHER_NODE]))
		return true;
	if (dir == NP_EGRESS && own && l->yes[NP_READ_OWN_NODE])
		return true;
	for (size_t i = 0; i < l->w->n_policies; i++) {
		const struct np_policy *p = &l->w->policies[i];

		if (!np_str_eq(p->ns, subject->pod->ns) || !lit_selects(&p->pod_selector, &subject->pod->labels) ||
		    !p->types[dir])
			continue;
		isolated = true;
		for (size_t r = 0; r < p->n_rules[dir]; r++)
			if (lit_rule(l, dir, p, &p->rules[dir][r], subject, other, proto, port))
				return true;
	}
	return !isolated;
}

static inline bool lit_sides(const struct lit *l, const struct lit_end *src, const struct lit_end *egress_peer,
			     uint16_t egress_port, const struct lit_end *dst, const struct lit_end *ingress_peer,
			     uint16_t port, enum np_proto proto)
{
	bool out = !lit_is_pod(l, src) || lit_side(l, NP_EGRESS, src, egress_peer, proto, egress_port);
	bool in = !lit_is_pod(l, dst) || lit_side(l, NP_INGRESS, dst, ingress_peer, proto, port);

	return out && in;
}

/* The ways of one flow: no service, or each pod behind it. */
struct lit_ways {
	struct lit_end src, dst;
	const struct np_service *svc;
	const struct np_service_port *sp;
	bool node_port;
	size_t n;
	struct lit_end back[256];
	uint16_t back_port[256];
};

static inline bool lit_target(const struct np_pod *pod, const struct np_service_port *sp, uint16_t *ret)
{
	if (!sp->target_name.n) {
		*ret = sp->target_port ? sp->target_port : sp->port;
		return true;
	}
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < pod->n_ports; i++)
			if (pod->ports[i].ctr_kind == (pass ? NP_CTR_SIDECAR : NP_CTR_REGULAR) &&
			    pod->ports[i].proto == sp->proto && np_str_eq(pod->ports[i].name, sp->target_name)) {
				*ret = pod->ports[i].port;
				return true;
			}
	return false;
}

static inline void lit_backends(const struct np_world *w, int family, struct lit_ways *ways)
{
	for (size_t i = 0; i < w->n_pods && ways->n < 256; i++) {
		const struct np_pod *pod = &w->pods[i];
		bool match = ways->svc->selector.n && np_str_eq(pod->ns, ways->svc->ns);

		for (size_t k = 0; match && k < ways->svc->selector.n; k++) {
			const struct np_str *v = np_labels_get(&pod->labels, ways->svc->selector.items[k].key);

			match = v && np_str_eq(*v, ways->svc->selector.items[k].value);
		}
		if (match && lit_pod_end(w, i, family, &ways->back[ways->n]) &&
		    lit_target(pod, ways->sp, &ways->back_port[ways->n]))
			ways->n++;
	}
}

static inline bool lit_find_ways(const struct np_world *w, const struct np_flow *f, struct lit_ways *ways)
{
	memset(ways, 0, sizeof(*ways));
	if (f->src.kind == NP_END_SERVICE || !lit_end(w, &f->src, f->family, &ways->src))
		return false;
	if (f->dst.kind == NP_END_SERVICE) {
		ways->svc = &w->services[f->dst.idx];
		if (!lit_first_ip(ways->svc->ips, ways->svc->n_ips, f->family, &ways->dst.addr))
			return false;
		for (size_t i = 0; i < ways->svc->n_ports && !ways->sp; i++)
			if (ways->svc->ports[i].proto == f->proto && ways->svc->ports[i].port == f->port)
				ways->sp = &ways->svc->ports[i];
		if (!ways->sp)
			return false;
		lit_backends(w, f->family, ways);
		return ways->n > 0;
	}
	if (!lit_end(w, &f->dst, f->family, &ways->dst))
		return false;
	for (size_t i = 0; i < w->n_services && f->dst.kind == NP_END_ADDR && ways->dst.node.n && !ways->sp; i++)
		for (size_t k = 0; k < w->services[i].n_ports && !ways->sp; k++)
			if (w->services[i].ports[k].node_port == f->port && f->port &&
			    w->services[i].ports[k].proto == f->proto) {
				ways->svc = &w->services[i];
				ways->sp = &w->services[i].ports[k];
				ways->node_port = true;
			}
	if (!ways->sp)
		return true;
	lit_backends(w, f->family, ways);
	return ways->n > 0;
}

static inline bool lit_allowed(const struct lit *l, const struct np_flow *f, const struct lit_ways *ways, size_t b)
{
	const struct lit_end *back = &ways->back[b];
	uint16_t port = ways->back_port[b];

	if (!ways->svc) {
		if (ways->src.pod && ways->src.pod == ways->dst.pod)
			return true;
		return lit_sides(l, &ways->src, &ways->dst, f->port, &ways->dst, &ways->src, f->port, f->proto);
	}
	if (ways->src.pod == back->pod && l->yes[NP_READ_HAIRPIN])
		return true;
	if (!ways->node_port && l->yes[NP_READ_CLUSTERIP])
		return lit_sides(l, &ways->src, back, port, back, &ways->src, port, f->proto);
	if (!ways->node_port)
		return lit_sides(l, &ways->src, &ways->dst, f->port, back, &ways->src, port, f->proto);
	if (l->yes[NP_READ_NAT])
		return lit_sides(l, &ways->src, back, port, back, &ways->dst, port, f->proto);
	return lit_sides(l, &ways->src, &ways->dst, f->port, back, &ways->src, port, f->proto);
}

/*
 * Every setting of every open reading, every pod behind a Service. The definition of the open set, word for word.
 */
static inline enum np_verdict lit_eval(const struct np_world *w, const struct np_readings *rd, const struct np_flow *f,
				       np_clauses *open)
{
	static struct lit_ways ways;
	static uint8_t seen[1 << NP_N_READINGS];	/* 1 some backend denied, 2 some allowed */
	struct lit l = { .w = w, .family = f->family };
	unsigned open_idx[NP_N_READINGS], n_open = 0;
	size_t n, group_bit = 0;
	uint8_t all = 0;
	enum np_reading group;

	*open = (np_clauses){ 0 };
	if (!lit_find_ways(w, f, &ways))
		return NP_NO_FLOW;
	group = ways.node_port ? NP_READ_NAT : NP_READ_CLUSTERIP;
	for (unsigned r = 0; r < NP_N_READINGS; r++) {
		l.yes[r] = rd->set[r] == NP_SET_YES;
		if (rd->set[r] == NP_SET_OPEN) {
			if (r == (unsigned)group)
				group_bit = (size_t)1 << n_open;
			open_idx[n_open++] = r;
		}
	}
	n = (size_t)1 << n_open;
	memset(seen, 0, n);
	for (size_t b = 0; b < (ways.svc ? ways.n : 1); b++) {
		static bool one[1 << NP_N_READINGS];

		for (size_t s = 0; s < n; s++) {
			for (unsigned k = 0; k < n_open; k++)
				l.yes[open_idx[k]] = s >> k & 1;
			one[s] = lit_allowed(&l, f, &ways, b);
			seen[s] |= one[s] ? 2 : 1;
		}
		for (size_t s = 0; s < n; s++)
			for (unsigned k = 0; k < n_open; k++)
				if (one[s] != one[s ^ (size_t)1 << k])
					np_clauses_add(open, np_reading_clause((enum np_reading)open_idx[k]));
	}
	for (size_t s = 0; s < n; s++) {
		all |= seen[s];
		if (ways.svc && (seen[s] | seen[s ^ group_bit]) == 3)
			np_clauses_add(open, np_reading_clause(group));
	}
	return all == 3 ? NP_UNDEF : all == 2 ? NP_ALLOW : NP_DENY;
}

#endif
