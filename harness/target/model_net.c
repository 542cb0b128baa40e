/* model_net.c - what the network makes of a connection before any policy: addresses, Services. */
#include "np/target/model.h"

static bool carries_traffic(const struct np_pod *pod)
{
	return pod->phase != NP_PHASE_SUCCEEDED && pod->phase != NP_PHASE_FAILED &&
	       pod->phase != NP_PHASE_PENDING;
}

static bool wire_ip(const struct np_addr *ips, size_t n, int family, struct np_addr *ret)
{
	for (size_t i = 0; i < n; i++) {
		*ret = np_addr_wire(&ips[i]);
		if (ret->width == (family == 4 ? 4 : 16))
			return true;
	}
	return false;
}

static const struct np_node *node_with(const struct np_world *w, const struct np_addr *a)
{
	for (size_t i = 0; i < w->n_nodes; i++)
		for (size_t k = 0; k < w->nodes[i].n_ips; k++) {
			struct np_addr ip = np_addr_wire(&w->nodes[i].ips[k]);

			if (np_addr_eq(&ip, a))
				return &w->nodes[i];
		}
	return NULL;
}

/* The node of a pod on the host's network: the one it names, else the one with its address. */
static struct np_str host_node(const struct np_world *w, const struct np_pod *pod)
{
	const struct np_node *node = NULL;

	for (size_t i = 0; i < pod->n_ips && !pod->node.n && !node; i++) {
		struct np_addr ip = np_addr_wire(&pod->ips[i]);

		node = node_with(w, &ip);
	}
	return node ? node->name : pod->node;
}

static bool pod_end(const struct np_world *w, const struct np_pod *pod, int family,
		    struct np_model_end *ret)
{
	size_t node;

	*ret = (struct np_model_end){ .ns = pod->ns, .name = pod->name, .host = pod->host_network };
	if (!carries_traffic(pod))
		return false;
	if (wire_ip(pod->ips, pod->n_ips, family, &ret->addr))
		return true;
	node = pod->host_network ? np_world_find_node(w, host_node(w, pod)) : SIZE_MAX;
	return node != SIZE_MAX &&
	       wire_ip(w->nodes[node].ips, w->nodes[node].n_ips, family, &ret->addr);
}

static bool is_unicast(const struct np_addr *a)
{
	static const uint8_t zeros[16];

	if (a->width == 4)
		return a->bytes[0] != 127 && (a->bytes[0] & 0xF0) != 0xE0 &&
		       memcmp(a->bytes, zeros, 4) != 0 &&
		       memcmp(a->bytes, "\377\377\377\377", 4) != 0;
	return a->bytes[0] != 0xFF && !(memcmp(a->bytes, zeros, 15) == 0 && a->bytes[15] <= 1);
}

static bool addr_end(const struct np_addr *addr, int family, struct np_model_end *ret)
{
	*ret = (struct np_model_end){ .addr = np_addr_wire(addr) };
	return ret->addr.width == (family == 4 ? 4 : 16) && is_unicast(&ret->addr);
}

static bool end_of(const struct np_world *w, const struct np_end *end, int family,
		   struct np_model_end *ret)
{
	if (end->kind == NP_END_POD)
		return pod_end(w, &w->pods[end->idx], family, ret);
	return end->kind == NP_END_ADDR && addr_end(&end->addr, family, ret);
}

static uint16_t named_target(const struct np_service_port *sp, const struct np_pod *pod)
{
	uint16_t sidecar = 0;

	for (size_t i = 0; i < pod->n_ports; i++) {
		const struct np_container_port *cp = &pod->ports[i];

		if (cp->proto != sp->proto || !np_str_eq(cp->name, sp->target_name))
			continue;
		if (cp->ctr_kind == NP_CTR_REGULAR)
			return cp->port;
		if (cp->ctr_kind == NP_CTR_SIDECAR && !sidecar)
			sidecar = cp->port;
	}
	return sidecar;
}

static bool selects(const struct np_service *s, const struct np_pod *pod)
{
	for (size_t i = 0; i < s->selector.n; i++) {
		const struct np_str *v = np_labels_get(&pod->labels, s->selector.items[i].key);

		if (!v || !np_str_eq(*v, s->selector.items[i].value))
			return false;
	}
	return s->selector.n && np_str_eq(s->ns, pod->ns);
}

/* The first pod behind the port of the Service. */
static bool arrive(const struct np_world *w, const struct np_service *s, size_t port, int family,
		   struct np_model_conn *ret)
{
	const struct np_service_port *sp = &s->ports[port];

	ret->service = s;
	ret->service_port = port;
	for (size_t i = 0; i < w->n_pods; i++) {
		const struct np_pod *pod = &w->pods[i];

		if (!selects(s, pod) || !pod_end(w, pod, family, &ret->dst))
			continue;
		ret->port = sp->target_name.n ? named_target(sp, pod)
			    : sp->target_port ? sp->target_port
					      : sp->port;
		if (ret->port)
			return true;
	}
	return false;
}

static bool through_service(const struct np_world *w, const struct np_flow *f,
			    struct np_model_conn *ret)
{
	const struct np_service *s = &w->services[f->dst.idx];

	if (!wire_ip(s->ips, s->n_ips, f->family, &ret->dialled))
		return false;
	for (size_t i = 0; i < s->n_ports; i++)
		if (s->ports[i].proto == f->proto && s->ports[i].port == f->port)
			return arrive(w, s, i, f->family, ret);
	return false;
}

static bool find_node_port(const struct np_world *w, const struct np_flow *f,
			   const struct np_service **ret_service, size_t *ret_port)
{
	for (size_t i = 0; i < w->n_services; i++)
		for (size_t k = 0; k < w->services[i].n_ports; k++)
			if (w->services[i].ports[k].node_port == f->port && f->port &&
			    w->services[i].ports[k].proto == f->proto) {
				*ret_service = &w->services[i];
				*ret_port = k;
				return true;
			}
	return false;
}

bool np_model_conn_of(const struct np_world *w, const struct np_flow *flow,
		      struct np_model_conn *ret)
{
	const struct np_service *service;
	size_t port;

	*ret = (struct np_model_conn){ .proto = flow->proto, .port = flow->port };
	if (!end_of(w, &flow->src, flow->family, &ret->src))
		return false;
	if (flow->dst.kind == NP_END_SERVICE)
		return through_service(w, flow, ret);
	if (!end_of(w, &flow->dst, flow->family, &ret->dst))
		return false;
	if (flow->dst.kind == NP_END_ADDR && node_with(w, &ret->dst.addr) &&
	    find_node_port(w, flow, &service, &port)) {
		ret->dialled = ret->dst.addr;
		ret->node_port = true;
		return arrive(w, service, port, flow->family, ret);
	}
	return true;
}
