/*
 * brute_route.c - from a flow to the connections that it may be: the ends with their addresses, and
 * the pods behind a Service.
 */
#include "brute_parts.h"

/* ---- ends ---- */

static struct np_str node_with(const struct np_world *w, const struct np_addr *addr)
{
	for (size_t i = 0; i < w->n_nodes; i++)
		for (size_t k = 0; k < w->nodes[i].n_ips; k++) {
			struct np_addr ip = np_addr_wire(&w->nodes[i].ips[k]);

			if (np_addr_eq(&ip, addr))
				return w->nodes[i].name;
		}
	return NP_STR_NONE;
}

static bool is_of_family(const struct np_addr *a, int family)
{
	return a->width == (family == 4 ? 4 : 16);
}

/* The first address of the family. */
static bool pick_ip(const struct np_addr *ips, size_t n, int family, struct np_addr *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct np_addr a = np_addr_wire(&ips[i]);

		if (is_of_family(&a, family)) {
			*ret = a;
			return true;
		}
	}
	return false;
}

/* The node of a hostNetwork pod: the one it names, else the one that has its address. */
static struct np_str host_node(const struct np_world *w, const struct np_pod *pod)
{
	struct np_str node = pod->node;
	struct np_addr ip;

	if (!node.n && pick_ip(pod->ips, pod->n_ips, 4, &ip))
		node = node_with(w, &ip);
	if (!node.n && pick_ip(pod->ips, pod->n_ips, 6, &ip))
		node = node_with(w, &ip);
	return node;
}

/* false: it carries no traffic (S53, S60). */
static bool pod_entity(const struct np_world *w, const struct np_pod *pod, int family,
		       struct entity *ret)
{
	bool has_ip;

	*ret = (struct entity){ .pod = pod };
	has_ip = pick_ip(pod->ips, pod->n_ips, family, &ret->addr);
	if (pod->host_network)
		ret->node = host_node(w, pod);
	for (size_t i = 0; i < w->n_nodes && pod->host_network && !has_ip; i++)
		if (np_str_eq(w->nodes[i].name, ret->node))
			has_ip = pick_ip(w->nodes[i].ips, w->nodes[i].n_ips, family, &ret->addr);
	return has_ip && !finished(pod) && pod->phase != NP_PHASE_PENDING;
}

/* Unspecified, loopback, multicast and broadcast addresses are no ends (S38, S59). */
static bool is_unicast(const struct np_addr *a)
{
	bool rest_zero = true;

	for (unsigned i = 0; i + 1 < a->width; i++)
		if (a->bytes[i])
			rest_zero = false;
	if (a->width == 16)
		return a->bytes[0] != 0xFF && !(rest_zero && a->bytes[15] <= 1);
	if (rest_zero && a->bytes[3] == 0)
		return false;
	if (a->bytes[0] == 255 && a->bytes[1] == 255 && a->bytes[2] == 255 && a->bytes[3] == 255)
		return false;
	return a->bytes[0] != 127 && !(a->bytes[0] >= 224 && a->bytes[0] <= 239);
}

static bool find_entity(const struct np_world *w, const struct np_end *end, int family,
			struct entity *ret)
{
	if (end->kind == NP_END_POD)
		return pod_entity(w, &w->pods[end->idx], family, ret);
	*ret = (struct entity){ .addr = np_addr_wire(&end->addr) };
	ret->node = node_with(w, &ret->addr);
	return is_of_family(&ret->addr, family) && is_unicast(&ret->addr);
}

/* ---- Services ---- */

static bool target_port(const struct np_pod *pod, const struct np_service_port *sp, uint16_t *ret)
{
	if (!sp->target_name.n) {
		*ret = sp->target_port ? sp->target_port : sp->port;
		return true;
	}
	for (size_t i = 0; i < pod->n_ports; i++)
		if (pod->ports[i].ctr_kind == NP_CTR_REGULAR && pod->ports[i].proto == sp->proto &&
		    np_str_eq(pod->ports[i].name, sp->target_name)) {
			*ret = pod->ports[i].port;
			return true;
		}
	for (size_t i = 0; i < pod->n_ports; i++)
		if (pod->ports[i].ctr_kind == NP_CTR_SIDECAR && pod->ports[i].proto == sp->proto &&
		    np_str_eq(pod->ports[i].name, sp->target_name)) {
			*ret = pod->ports[i].port;
			return true;
		}
	return false;
}

static bool is_behind(const struct np_service *svc, const struct np_pod *pod)
{
	if (svc->selector.n == 0 || !np_str_eq(svc->ns, pod->ns))
		return false;
	for (size_t i = 0; i < svc->selector.n; i++) {
		const struct np_str *v = np_labels_get(&pod->labels, svc->selector.items[i].key);

		if (!v || !np_str_eq(*v, svc->selector.items[i].value))
			return false;
	}
	return true;
}

static void find_node_port(const struct np_world *w, const struct np_flow *f, struct route *ret)
{
	for (size_t i = 0; i < w->n_services; i++)
		for (size_t k = 0; k < w->services[i].n_ports; k++) {
			const struct np_service_port *sp = &w->services[i].ports[k];

			if (ret->svc || !sp->node_port || sp->node_port != f->port ||
			    sp->proto != f->proto)
				continue;
			ret->svc = &w->services[i];
			ret->svc_port = sp;
			ret->conn.via_node_port = true;
		}
}

static bool find_cluster_ip(const struct np_world *w, const struct np_flow *f, struct route *ret)
{
	const struct np_service *svc = &w->services[f->dst.idx];

	if (!pick_ip(svc->ips, svc->n_ips, f->family, &ret->conn.dialled.addr))
		return false;
	for (size_t i = 0; i < svc->n_ports; i++)
		if (!ret->svc_port && svc->ports[i].proto == f->proto &&
		    svc->ports[i].port == f->port)
			ret->svc_port = &svc->ports[i];
	ret->svc = svc;
	return ret->svc_port != NULL;
}

bool brute_find_route(const struct np_world *w, const struct np_flow *f, struct route *ret)
{
	struct conn *c = &ret->conn;

	*ret = (struct route){ .conn = { .proto = f->proto, .port = f->port } };
	c->dialled_port = f->port;
	if (f->src.kind == NP_END_SERVICE || !find_entity(w, &f->src, f->family, &c->src))
		return false;
	if (f->dst.kind == NP_END_SERVICE) {
		if (!find_cluster_ip(w, f, ret))
			return false;
	} else {
		if (!find_entity(w, &f->dst, f->family, &c->dst))
			return false;
		if (f->dst.kind == NP_END_ADDR && c->dst.node.n)
			find_node_port(w, f, ret);
		c->dialled = c->dst;
	}
	c->via_service = ret->svc != NULL;
	return true;
}

bool brute_next_way(const struct np_world *w, const struct np_flow *f, struct route *r, size_t *at)
{
	if (!r->svc)
		return (*at)++ == 0;
	for (; *at < w->n_pods; (*at)++) {
		const struct np_pod *pod = &w->pods[*at];

		if (is_behind(r->svc, pod) && pod_entity(w, pod, f->family, &r->conn.dst) &&
		    target_port(pod, r->svc_port, &r->conn.port)) {
			(*at)++;
			return true;
		}
	}
	return false;
}
