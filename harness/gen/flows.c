/* flows.c - cells of a truth table, drawn. */
#include "np/gen/flows.h"

#include "np/base/mem.h"

struct flows {
	struct np_rng *rng;
	const struct np_world *w;
	const struct np_cuts *cuts;
	int family;
};

static size_t below(struct flows *f, size_t n)
{
	return (size_t)np_rng_below(f->rng, n);
}

static bool has_family(const struct np_addr *ips, size_t n, int family)
{
	for (size_t i = 0; i < n; i++)
		if ((np_addr_wire(&ips[i]).width == 4) == (family == 4))
			return true;
	return false;
}

/* The family of some pod's address. */
static int draw_family(struct flows *f)
{
	const struct np_pod *pod;

	if (!f->w->n_pods)
		return 4;
	pod = &f->w->pods[below(f, f->w->n_pods)];
	if (!pod->n_ips)
		return below(f, 2) ? 4 : 6;
	return np_addr_wire(&pod->ips[below(f, pod->n_ips)]).width == 4 ? 4 : 6;
}

static bool draw_pod(struct flows *f, struct np_end *ret)
{
	for (unsigned i = 0; f->w->n_pods && i < 4; i++) {
		size_t at = below(f, f->w->n_pods);
		const struct np_pod *pod = &f->w->pods[at];

		*ret = (struct np_end){ .kind = NP_END_POD, .idx = at };
		if (has_family(pod->ips, pod->n_ips, f->family) || pod->host_network)
			return true;
	}
	return false;
}

static bool draw_node(struct flows *f, struct np_end *ret)
{
	const struct np_node *node;
	const struct np_addr *ip;

	if (!f->w->n_nodes)
		return false;
	node = &f->w->nodes[below(f, f->w->n_nodes)];
	ip = np_node_ip(node, f->family);
	if (!ip)
		return false;
	*ret = (struct np_end){ .kind = NP_END_ADDR, .addr = *ip };
	return true;
}

static bool draw_external(struct flows *f, struct np_end *ret)
{
	const struct np_external *ext;
	const struct np_addr *ip;

	if (!f->w->n_externals)
		return false;
	ext = &f->w->externals[below(f, f->w->n_externals)];
	ip = np_external_ip(ext, f->family);
	if (!ip)
		return false;
	*ret = (struct np_end){ .kind = NP_END_ADDR, .addr = *ip };
	return true;
}

static bool draw_cut(struct flows *f, struct np_end *ret)
{
	for (unsigned i = 0; f->cuts->n_addrs && i < 4; i++) {
		const struct np_addr *a = &f->cuts->addrs[below(f, f->cuts->n_addrs)];

		*ret = (struct np_end){ .kind = NP_END_ADDR, .addr = *a };
		if ((a->width == 4) == (f->family == 4))
			return true;
	}
	return false;
}

static bool draw_service(struct flows *f, struct np_end *ret)
{
	if (!f->w->n_services)
		return false;
	*ret = (struct np_end){ .kind = NP_END_SERVICE, .idx = below(f, f->w->n_services) };
	return has_family(f->w->services[ret->idx].ips, f->w->services[ret->idx].n_ips, f->family);
}

struct kind {
	bool (*draw)(struct flows *f, struct np_end *ret);
	unsigned weight;
};

/* By weight; a kind that the world has not is drawn again, a pod in the end. */
static void draw_end(struct flows *f, const struct kind *kinds, size_t n, struct np_end *ret)
{
	for (unsigned attempt = 0; attempt < 4; attempt++) {
		size_t at = below(f, 100), i = 0;

		while (i + 1 < n && at >= kinds[i].weight)
			at -= kinds[i++].weight;
		if (kinds[i].draw(f, ret))
			return;
	}
	if (!draw_pod(f, ret) && !draw_external(f, ret))
		*ret = (struct np_end){ .kind = NP_END_ADDR, .addr = { 4, { 203, 0, 113, 9 } } };
}

static enum np_proto draw_proto(struct flows *f)
{
	size_t at = below(f, 10);

	return at < 7 ? NP_TCP : at < 9 ? NP_UDP : NP_SCTP;
}

static void draw_cut_port(struct flows *f, struct np_flow *ret)
{
	ret->proto = draw_proto(f);
	ret->port = 80;
	if (f->cuts->n_ports && below(f, 20))
		ret->port = f->cuts->ports[below(f, f->cuts->n_ports)];
	else if (below(f, 2))
		ret->port = (uint16_t)(1 + below(f, 65535));
}

static void draw_service_port(struct flows *f, const struct np_service *svc, bool node_port,
			      struct np_flow *ret)
{
	const struct np_service_port *p;

	if (!svc->n_ports)
		return;
	p = &svc->ports[below(f, svc->n_ports)];
	if (node_port && !p->node_port)
		return;
	ret->proto = p->proto;
	ret->port = node_port ? p->node_port : p->port;
}

/* One that means something at the destination, mostly. */
static void draw_port(struct flows *f, struct np_flow *ret)
{
	const struct np_world *w = f->w;

	draw_cut_port(f, ret);
	if (ret->dst.kind == NP_END_SERVICE && below(f, 25)) {
		draw_service_port(f, &w->services[ret->dst.idx], false, ret);
	} else if (ret->dst.kind == NP_END_ADDR && w->n_services && below(f, 2)) {
		draw_service_port(f, &w->services[below(f, w->n_services)], true, ret);
	} else if (ret->dst.kind == NP_END_POD && w->pods[ret->dst.idx].n_ports && below(f, 2)) {
		const struct np_pod *pod = &w->pods[ret->dst.idx];
		const struct np_container_port *p = &pod->ports[below(f, pod->n_ports)];

		ret->proto = p->proto;
		ret->port = p->port;
	}
}

/* ---- cells that a rule speaks of ---- */

static bool draw_pod_of(struct flows *f, struct np_str ns, struct np_end *ret)
{
	for (unsigned i = 0; f->w->n_pods && i < 6; i++) {
		size_t at = below(f, f->w->n_pods);

		*ret = (struct np_end){ .kind = NP_END_POD, .idx = at };
		if (np_str_eq(f->w->pods[at].ns, ns))
			return true;
	}
	return false;
}

/* At an edge of the block or of an except, or just outside. */
static bool draw_edge(struct flows *f, const struct np_ipblock *b, struct np_end *ret)
{
	size_t at = below(f, b->n_excepts + 1);
	const struct np_cidr *c = at ? &b->excepts[at - 1] : &b->cidr;
	struct np_addr a = c->addr;
	bool last = below(f, 2);

	if (below(f, 3) == 0)
		a = c->host;
	for (unsigned i = c->prefix_bits; last && i < 8U * a.width; i++)
		a.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	if (below(f, 4) == 0)
		np_addr_add(&a, last ? 1 : -1, &a);
	*ret = (struct np_end){ .kind = NP_END_ADDR, .addr = np_addr_wire(&a) };
	f->family = ret->addr.width == 4 ? 4 : 6;
	return true;
}

static void draw_other(struct flows *f, const struct np_rule *r, bool is_dest, struct np_end *ret)
{
	const struct np_peer *p = r->n_peers ? &r->peers[below(f, r->n_peers)] : NULL;

	if (is_dest && below(f, 8) == 0 && draw_service(f, ret))
		return;
	if (p && p->ip_block && below(f, 3) && draw_edge(f, p->ip_block, ret))
		return;
	if (below(f, 6) == 0 && draw_node(f, ret))
		return;
	if (!draw_pod(f, ret))
		draw_external(f, ret);
}

/* What the name stands for on the pod, if it has it; of several the last is taken sometimes. */
static bool port_of_name(struct flows *f, const struct np_port *q, const struct np_end *dst,
			 uint16_t *ret)
{
	const struct np_pod *pod;
	bool found = false;

	if (dst->kind != NP_END_POD)
		return false;
	pod = &f->w->pods[dst->idx];
	for (size_t i = 0; i < pod->n_ports; i++)
		if (pod->ports[i].proto == q->proto && np_str_eq(pod->ports[i].name, q->name) &&
		    (!found || below(f, 2))) {
			*ret = pod->ports[i].port;
			found = true;
		}
	return found;
}

/* Another destination of its namespace, perhaps, that has the name. */
static void find_name(struct flows *f, const struct np_port *q, struct np_flow *ret)
{
	for (unsigned i = 0; i < 6 && !port_of_name(f, q, &ret->dst, &ret->port); i++) {
		struct np_end dst;

		if (ret->dst.kind != NP_END_POD || below(f, 8) == 0 ||
		    !draw_pod_of(f, f->w->pods[ret->dst.idx].ns, &dst))
			return;
		ret->dst = dst;
	}
}

/* A port item, a name rather than others; there is one. */
static const struct np_port *draw_item(struct flows *f, const struct np_rule *r)
{
	const struct np_port *q = &r->ports[below(f, r->n_ports)];

	for (unsigned i = 0; i < 3 && q->kind != NP_PORT_NAME; i++)
		q = &r->ports[below(f, r->n_ports)];
	return q;
}

static void draw_port_of(struct flows *f, const struct np_rule *r, struct np_flow *ret)
{
	const struct np_port *q;

	draw_port(f, ret);
	if (!r->n_ports || ret->dst.kind == NP_END_SERVICE || below(f, 8) == 0)
		return;
	q = draw_item(f, r);
	if (below(f, 6))
		ret->proto = q->proto;
	if (q->kind == NP_PORT_NAME)
		find_name(f, q, ret);
	else if (q->kind == NP_PORT_NUMBER || below(f, 2))
		ret->port = q->port ? q->port : ret->port;
	else if (q->kind == NP_PORT_RANGE)
		ret->port = q->end_port;
	if (q->kind != NP_PORT_ANY && below(f, 6) == 0 && ret->port > 1)
		ret->port = (uint16_t)(below(f, 2) && ret->port < 65535 ? ret->port + 1 : ret->port - 1);
}

static bool has_name(const struct np_rule *r)
{
	for (size_t i = 0; i < r->n_ports; i++)
		if (r->ports[i].kind == NP_PORT_NAME)
			return true;
	return false;
}

/* Some rule that has an effect; one with port names if that is wanted and soon found. */
static const struct np_rule *draw_rule(struct flows *f, bool names, const struct np_policy **ret_policy,
				       enum np_dir *ret_dir)
{
	const struct np_rule *found = NULL;

	for (unsigned i = 0; f->w->n_policies && i < 8; i++) {
		const struct np_policy *p = &f->w->policies[below(f, f->w->n_policies)];
		enum np_dir dir = below(f, 2) ? NP_EGRESS : NP_INGRESS;

		if (!p->types[dir] || !p->n_rules[dir])
			continue;
		found = &p->rules[dir][below(f, p->n_rules[dir])];
		*ret_policy = p;
		*ret_dir = dir;
		if (!names || has_name(found))
			break;
	}
	return found;
}

static bool draw_of_rule(struct flows *f, struct np_flow *ret)
{
	const struct np_policy *p = NULL;
	enum np_dir dir = NP_INGRESS;
	const struct np_rule *r = draw_rule(f, below(f, 3) == 0, &p, &dir);
	struct np_end subject, other = { .kind = NP_END_ADDR, .addr = { 4, { 203, 0, 113, 9 } } };

	if (!r || !draw_pod_of(f, p->ns, &subject))
		return false;
	draw_other(f, r, dir == NP_EGRESS, &other);
	ret->src = dir == NP_EGRESS ? subject : other;
	ret->dst = dir == NP_EGRESS ? other : subject;
	ret->family = f->family;
	draw_port_of(f, r, ret);
	return true;
}

void np_gen_flow(struct np_rng *rng, const struct np_world *w, const struct np_cuts *cuts,
		 struct np_flow *ret)
{
	static const struct kind sources[] = {
		{ draw_pod, 68 }, { draw_node, 12 }, { draw_external, 10 }, { draw_cut, 10 },
	};
	static const struct kind dests[] = {
		{ draw_pod, 60 }, { draw_service, 14 }, { draw_node, 10 }, { draw_external, 8 },
		{ draw_cut, 8 },
	};
	struct flows f = { .rng = rng, .w = w, .cuts = cuts };

	f.family = draw_family(&f);
	*ret = (struct np_flow){ .family = f.family };
	if (below(&f, 10) < 7 && draw_of_rule(&f, ret))
		return;
	draw_end(&f, sources, NP_ARRAY_SIZE(sources), &ret->src);
	draw_end(&f, dests, NP_ARRAY_SIZE(dests), &ret->dst);
	draw_port(&f, ret);
}
