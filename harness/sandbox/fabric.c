/* The sandbox's network. The contract and a drawing are in fabric.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fabric.h"
#include "netns.h"
#include "np/base/clock.h"
#include "np/base/log.h"
#include "np/base/mem.h"

#define POD_INDEX 2			/* of eth0, in the pod's namespace */
#define FIRST_POD_INDEX 100		/* of the node's ends */
#define WIRE_TIMEOUT_US (5LL * 1000 * 1000)

#define IP4(a, b, c, d) { 4, { a, b, c, d } }
/* fd00:@b:@c:@d::@last */
#define IP6(b, c, d, last) \
	{ 16, { 0xfd, 0, (b) >> 8, (b) & 0xff, (c) >> 8, (c) & 0xff, 0, d, [15] = last } }

struct host_plan {
	const char *name;
	struct np_addr ip[2];
	struct np_addr pods[2];
	uint8_t pod_bits[2];
};

static const struct host_plan plans[NP_N_HOSTS] = {
	[NP_HOST_N1] = { "n1", { IP4(198, 18, 0, 11), IP6(0x198, 0x18, 0, 0x11) },
			 { IP4(10, 244, 0, 0), IP6(0x10, 0x244, 1, 0) }, { 18, 64 } },
	[NP_HOST_N2] = { "n2", { IP4(198, 18, 0, 12), IP6(0x198, 0x18, 0, 0x12) },
			 { IP4(10, 244, 64, 0), IP6(0x10, 0x244, 2, 0) }, { 18, 64 } },
	[NP_HOST_EXT] = { .name = "ext" },
};

static const uint8_t externals[NP_N_EXTERNALS][4] = {
	{ 203, 0, 113, 10 }, { 203, 0, 113, 11 }, { 203, 0, 113, 70 }, { 198, 51, 100, 9 },
};

/* A wire between two hosts. The indices differ: see np_nl_end. */
struct wire_plan {
	enum np_host_id a, b;
	const char *a_name, *b_name;
	int a_index, b_index;
};

static const struct wire_plan wires[] = {
	{ NP_HOST_N1, NP_HOST_N2, "to-n2", "to-n1", 10, 20 },
	{ NP_HOST_N1, NP_HOST_EXT, "to-ext", "to-n1", 11, 30 },
	{ NP_HOST_N2, NP_HOST_EXT, "to-ext", "to-n2", 21, 31 },
};

struct np_addr np_fabric_external(size_t i, unsigned family)
{
	struct np_addr ip = { .width = 4 };

	if (family == 0) {
		memcpy(ip.bytes, externals[i], 4);
		return ip;
	}
	ip = (struct np_addr){ 16, { 0x20, 0x01, 0x0d, 0xb8 } };
	memcpy(ip.bytes + 12, externals[i], 4);
	return ip;
}

/* The index of @from's end of the wire to @to. */
static int wire_index(enum np_host_id from, enum np_host_id to)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(wires); i++) {
		if (wires[i].a == from && wires[i].b == to)
			return wires[i].a_index;
		if (wires[i].b == from && wires[i].a == to)
			return wires[i].b_index;
	}
	return 0;
}

unsigned np_fabric_families(void)
{
	return access("/proc/sys/net/ipv6/conf", F_OK) == 0 ? 2 : 1;
}

static int make_host(struct np_host *h, enum np_host_id id, unsigned n_families, struct np_err *err)
{
	const struct host_plan *plan = &plans[id];
	bool is_node = id < NP_N_NODES;

	h->name = plan->name;
	h->next_index = FIRST_POD_INDEX;
	for (unsigned f = 0; f < n_families; f++) {
		h->ip[f] = is_node ? plan->ip[f] : np_fabric_external(0, f);
		h->pods[f] = (struct np_cidr){ plan->pods[f], plan->pods[f], plan->pod_bits[f], 0 };
	}
	if (np_netns_new(is_node ? NP_NETNS_ROUTER : NP_NETNS_POD, &h->netns_fd, err) < 0)
		return -1;
	h->nl = np_nl_new(err);
	if (!h->nl)
		return -1;
	if (is_node)
		h->conntrack = np_conntrack_new(NULL);
	np_nl_link_up(h->nl, NP_NL_LOOPBACK);
	for (unsigned f = 0; f < n_families && is_node; f++)
		np_nl_address(h->nl, NP_NL_LOOPBACK, &h->ip[f]);
	for (size_t i = 0; i < n_families * NP_N_EXTERNALS && !is_node; i++) {
		struct np_addr ip = np_fabric_external(i % NP_N_EXTERNALS, i / NP_N_EXTERNALS);

		np_nl_address(h->nl, NP_NL_LOOPBACK, &ip);
	}
	return np_nl_flush(h->nl, err);
}

static int make_wire(struct np_fabric *f, const struct wire_plan *w, struct np_err *err)
{
	struct np_host *a = &f->hosts[w->a], *b = &f->hosts[w->b];
	const struct np_nl_end end_a = { w->a_name, w->a_index, -1 };
	const struct np_nl_end end_b = { w->b_name, w->b_index, b->netns_fd };

	np_nl_wire(a->nl, &end_a, &end_b);
	if (np_nl_flush(a->nl, err) < 0)
		return np_err_prefix(err, "the kernel refuses a trial link (module veth must "
				     "be there; where only this user is refused, root is not)");
	np_nl_link_up(b->nl, w->b_index);
	np_nl_gateways(a->nl, w->a_index, false);
	np_nl_gateways(b->nl, w->b_index, true);
	return np_nl_flush(a->nl, err) < 0 || np_nl_flush(b->nl, err) < 0 ? -1 : 0;
}

static int add_host_routes(struct np_fabric *f, enum np_host_id from, struct np_err *err)
{
	static const struct np_addr everything[2] = { { .width = 4 }, { .width = 16 } };
	struct np_host *h = &f->hosts[from];

	for (unsigned family = 0; family < f->n_families; family++) {
		const struct np_addr *src = &h->ip[family];

		for (enum np_host_id to = 0; to < NP_N_NODES; to++) {
			const struct np_host *n = &f->hosts[to];
			int index = wire_index(from, to);

			if (to == from)
				continue;
			np_nl_route(h->nl, &n->ip[family], 8 * n->ip[family].width, index, src);
			np_nl_route(h->nl, &n->pods[family].addr, n->pods[family].prefix_bits,
				    index, src);
		}
		if (from != NP_HOST_EXT)
			np_nl_route(h->nl, &everything[family], 0, wire_index(from, NP_HOST_EXT),
				    src);
	}
	return np_nl_flush(h->nl, err);
}

static int wait_for_link(struct np_nl *nl, int index, struct np_err *err)
{
	struct np_backoff wait;

	np_backoff_init(&wait, 50, 2000, WIRE_TIMEOUT_US);
	while (!np_nl_link_ready(nl, index)) {
		if (!np_backoff_wait(&wait))
			return np_err_set(err, NP_EENV, "link %d does not come up", index);
	}
	return 0;
}

int np_fabric_init(struct np_fabric *f, unsigned n_families, struct np_err *err)
{
	*f = (struct np_fabric){ .n_families = n_families };
	for (size_t i = 0; i < NP_N_HOSTS; i++)
		f->hosts[i].netns_fd = -1;
	for (enum np_host_id i = 0; i < NP_N_HOSTS; i++) {
		if (make_host(&f->hosts[i], i, n_families, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(wires); i++) {
		if (make_wire(f, &wires[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(wires); i++) {
		if (wait_for_link(f->hosts[wires[i].a].nl, wires[i].a_index, err) < 0 ||
		    wait_for_link(f->hosts[wires[i].b].nl, wires[i].b_index, err) < 0)
			return -1;
	}
	for (enum np_host_id i = 0; i < NP_N_HOSTS; i++) {
		if (add_host_routes(f, i, err) < 0)
			return -1;
	}
	return 0;
}

void np_fabric_release(struct np_fabric *f)
{
	for (size_t i = 0; i < NP_N_HOSTS; i++) {
		np_nl_free(f->hosts[i].nl);
		np_conntrack_free(f->hosts[i].conntrack);
		np_cleanup_fd(&f->hosts[i].netns_fd);
		f->hosts[i] = (struct np_host){ .netns_fd = -1 };
	}
}

/* The pod's end; the wire itself carries packets only later. */
static int configure_pod(struct np_attachment *a, struct np_err *err)
{
	static const struct np_addr everything[2] = { { .width = 4 }, { .width = 16 } };
	struct np_nl *nl = a->pod_nl;

	np_nl_link_up(nl, NP_NL_LOOPBACK);
	np_nl_link_up(nl, POD_INDEX);
	np_nl_gateways(nl, POD_INDEX, true);
	for (unsigned f = 0; f < 2; f++) {
		if (!a->ip[f].width)
			continue;
		np_nl_address(nl, POD_INDEX, &a->ip[f]);
		np_nl_route(nl, &everything[f], 0, POD_INDEX, &a->ip[f]);
	}
	return np_nl_flush(nl, err);
}

int np_fabric_attach(struct np_fabric *f, struct np_attachment *a, struct np_err *err)
{
	struct np_host *node = &f->hosts[a->node];
	char name[16];
	struct np_nl_end node_end = { name, node->next_index++, -1 };
	struct np_nl_end pod_end = { "eth0", POD_INDEX, -1 };

	a->netns_fd = -1;
	a->index = 0;
	a->pod_nl = NULL;
	if (np_netns_new(NP_NETNS_POD, &a->netns_fd, err) < 0)
		return -1;
	a->pod_nl = np_nl_new(err);
	if (!a->pod_nl)
		return -1;
	snprintf(name, sizeof(name), "p%d", node_end.index);
	pod_end.netns_fd = a->netns_fd;
	np_nl_wire(node->nl, &node_end, &pod_end);
	np_nl_gateways(node->nl, node_end.index, false);
	if (np_nl_flush(node->nl, err) < 0)
		return -1;
	a->index = node_end.index;
	return configure_pod(a, err);
}

int np_fabric_attach_wait(struct np_fabric *f, struct np_attachment *a, struct np_err *err)
{
	int rc = wait_for_link(a->pod_nl, POD_INDEX, err);

	if (rc == 0)
		rc = wait_for_link(f->hosts[a->node].nl, a->index, err);
	np_nl_free(a->pod_nl);
	a->pod_nl = NULL;
	return rc;
}

static bool in_range(const struct np_cidr *range, const struct np_addr *ip)
{
	struct np_addr net = np_addr_mask(ip, range->prefix_bits);

	return np_addr_eq(&net, &range->addr);
}

/*
 * An address from outside the node's range (pinned by an annotation) needs routes on the other
 * hosts, too.
 */
static void queue_foreign_routes(struct np_fabric *f, const struct np_attachment *a,
				 unsigned family, bool add)
{
	const struct np_addr *ip = &a->ip[family];

	if (in_range(&f->hosts[a->node].pods[family], ip))
		return;
	for (enum np_host_id h = 0; h < NP_N_HOSTS; h++) {
		struct np_host *host = &f->hosts[h];

		if (h == a->node)
			continue;
		if (add)
			np_nl_route(host->nl, ip, 8 * ip->width, wire_index(h, a->node),
				    &host->ip[family]);
		else
			np_nl_route_del(host->nl, ip, 8 * ip->width, wire_index(h, a->node));
	}
}

static int change_routes(struct np_fabric *f, const struct np_attachment *a, bool add,
			 struct np_err *err)
{
	struct np_host *node = &f->hosts[a->node];
	int rc = 0;

	for (unsigned family = 0; family < 2; family++) {
		const struct np_addr *ip = &a->ip[family];

		if (!ip->width)
			continue;
		if (add)
			np_nl_route(node->nl, ip, 8 * ip->width, a->index, &node->ip[family]);
		else
			np_nl_route_del(node->nl, ip, 8 * ip->width, a->index);
		queue_foreign_routes(f, a, family, add);
	}
	for (size_t i = 0; i < NP_N_HOSTS; i++)
		rc |= np_nl_flush(f->hosts[i].nl, err);
	return rc;
}

int np_fabric_announce(struct np_fabric *f, const struct np_attachment *a, struct np_err *err)
{
	return change_routes(f, a, true, err);
}

void np_fabric_detach(struct np_fabric *f, struct np_attachment *a)
{
	if (a->index)
		change_routes(f, a, false, NULL);
	np_nl_free(a->pod_nl);
	np_cleanup_fd(&a->netns_fd);
	a->pod_nl = NULL;
	a->netns_fd = -1;
	a->index = 0;
}

void np_fabric_forget(struct np_fabric *f, const struct np_addr *ips, size_t n)
{
	char text[NP_ERR_TEXT_MAX];
	struct np_err err;

	for (size_t i = 0; i < NP_N_NODES && n > 0; i++) {
		struct np_host *h = &f->hosts[i];

		if (!h->conntrack || np_conntrack_forget(h->conntrack, ips, n, &err) >= 0)
			continue;
		np_log_info("%s", np_err_text(&err, text, sizeof(text)));
		np_conntrack_free(h->conntrack);
		h->conntrack = NULL;
	}
}
