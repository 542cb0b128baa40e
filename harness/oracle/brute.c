/*
 * brute.c - semantics 2.2 word for word. Functions are named and ordered as there. Nothing here is
 * to be made faster: it is the text that the compiled oracle is held against. Only the settings of
 * open readings are not all tried one by one (judge_way).
 */
#include "np/oracle/brute.h"

#include <stdlib.h>

#include "np/base/mem.h"

#define MAPPED_BITS 96

/* One end of a packet: a pod, or an address that is no pod's. */
struct entity {
	const struct np_pod *pod;	/* NULL: an address. A hostNetwork pod stands here too */
	struct np_addr addr;
	struct np_str node;		/* name of the node whose address it is, n == 0: of none */
};

/* A connection attempt on one of its ways. Without a Service out_to == dst and in_from == src. */
struct conn {
	enum np_proto proto;
	struct entity src, dst;		/* dst: the pod (or address) where it arrives */
	bool via_service, via_node_port;
	struct entity dialled;		/* the ClusterIP or node address; via a Service only */
	uint16_t dialled_port;
	uint16_t port;			/* at dst */
};

struct brute {
	const struct np_world *w;
	const struct np_brute_setting *set;
	unsigned *asked;		/* bit r: reading r was asked for */
};

static const unsigned clause_of[NP_N_READINGS] = {
	[NP_READ_IPBLOCK_PODS] = 19, [NP_READ_NAT] = 20,	   [NP_READ_DIVERGENT] = 25,
	[NP_READ_DUP_NAME] = 29,     [NP_READ_SIDECAR_NAME] = 30,  [NP_READ_NAME_EXTERNAL] = 31,
	[NP_READ_HAIRPIN] = 39,	     [NP_READ_OWN_NODE] = 41,	   [NP_READ_OTHER_NODE] = 42,
	[NP_READ_HOST_PODS] = 43,    [NP_READ_CLUSTERIP] = 45,	   [NP_READ_MAPPED] = 56,
	[NP_READ_HOST_BITS] = 57,
};

const char *np_form_name(enum np_form form)
{
	static const char *const names[NP_N_FORMS] = {
		[NP_FORM_MATCH_LABELS] = "matchLabels",
		[NP_FORM_IN] = "In",
		[NP_FORM_NOT_IN] = "NotIn",
		[NP_FORM_EXISTS] = "Exists",
		[NP_FORM_NOT_EXISTS] = "DoesNotExist",
		[NP_FORM_NO_PORTS] = "ports: none",
		[NP_FORM_PORT_ANY] = "ports: protocol only",
		[NP_FORM_PORT_NUMBER] = "ports: number",
		[NP_FORM_PORT_RANGE] = "ports: endPort",
		[NP_FORM_PORT_NAME] = "ports: name",
		[NP_FORM_NO_PEERS] = "peers: none",
		[NP_FORM_PEER_POD] = "peers: podSelector",
		[NP_FORM_PEER_NS] = "peers: namespaceSelector",
		[NP_FORM_PEER_BOTH] = "peers: both selectors",
		[NP_FORM_PEER_BLOCK] = "peers: ipBlock",
		[NP_FORM_EXCEPT] = "except",
	};

	return names[form];
}

static bool reads(const struct brute *b, enum np_reading r)
{
	*b->asked |= 1U << r;
	return b->set->yes[r];
}

static bool left_out(const struct brute *b, enum np_form form)
{
	return b->set->without >> form & 1;
}

/* ---- selectors (2.4) ---- */

static bool requirement_holds(const struct brute *b, const struct np_requirement *q,
			      const struct np_labels *labels)
{
	const struct np_str *value = NULL;
	bool among = false;

	for (size_t i = 0; i < labels->n; i++)
		if (np_str_eq(labels->items[i].key, q->key))
			value = &labels->items[i].value;
	for (size_t i = 0; value && i < q->n_values; i++)
		if (np_str_eq(q->values[i], *value))
			among = true;
	switch (q->op) {
	case NP_OP_IN:
		return !left_out(b, NP_FORM_IN) && value && among;
	case NP_OP_NOT_IN:
		return !left_out(b, NP_FORM_NOT_IN) && !(value && among);
	case NP_OP_EXISTS:
		return !left_out(b, NP_FORM_EXISTS) && value;
	case NP_OP_NOT_EXISTS:
		return !left_out(b, NP_FORM_NOT_EXISTS) && !value;
	}
	return false;
}

static bool matches(const struct brute *b, const struct np_selector *sel,
		    const struct np_labels *labels)
{
	for (size_t i = 0; i < sel->match_labels.n; i++) {
		const struct np_label *want = &sel->match_labels.items[i];
		bool has = false;

		for (size_t k = 0; k < labels->n; k++)
			if (np_str_eq(labels->items[k].key, want->key) &&
			    np_str_eq(labels->items[k].value, want->value))
				has = true;
		if (!has || left_out(b, NP_FORM_MATCH_LABELS))
			return false;
	}
	for (size_t i = 0; i < sel->n_exprs; i++)
		if (!requirement_holds(b, &sel->exprs[i], labels))
			return false;
	return true;
}

/* ---- ends ---- */

/* S43: no = a hostNetwork pod is nothing but its node's address. */
static bool is_pod(const struct brute *b, const struct entity *e)
{
	return e->pod && (!e->pod->host_network || reads(b, NP_READ_HOST_PODS));
}

static bool finished(const struct np_pod *pod)
{
	return pod->phase == NP_PHASE_SUCCEEDED || pod->phase == NP_PHASE_FAILED;
}

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

/* ---- peers(r, ns, other) ---- */

/*
 * "lies in cidr", in the readings of S56 and S57. *@ret_all: every address of the family does.
 */
static bool lies_in(const struct brute *b, const struct np_cidr *c, const struct np_addr *addr,
		    bool *ret_all)
{
	struct np_addr base = c->host;
	unsigned bits = c->prefix_bits;

	if (c->flags & (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS) && !reads(b, NP_READ_HOST_BITS))
		bits = 8U * base.width;
	if (c->flags & NP_CIDR_MAPPED) {
		if (!reads(b, NP_READ_MAPPED))
			return false;
		if (bits >= MAPPED_BITS) {
			base = np_addr_wire(&base);
			bits -= MAPPED_BITS;
		}
	}
	*ret_all = bits == 0;
	if (base.width != addr->width)
		return false;
	for (unsigned i = 0; i < bits; i++)
		if ((base.bytes[i / 8] ^ addr->bytes[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

/* "as seen by the enforcer": @hidden, another node's address, may have become any (S20). */
static bool block_matches_addr(const struct brute *b, const struct np_ipblock *block,
			       const struct entity *other, bool hidden)
{
	bool all, ignored;

	if (left_out(b, NP_FORM_PEER_BLOCK) || !lies_in(b, &block->cidr, &other->addr, &all))
		return false;
	for (size_t i = 0; i < block->n_excepts && !left_out(b, NP_FORM_EXCEPT); i++)
		if (lies_in(b, &block->excepts[i], &other->addr, &ignored))
			return false;
	if (is_pod(b, other) && !reads(b, NP_READ_IPBLOCK_PODS))
		return false;
	if (hidden && reads(b, NP_READ_NAT))
		return all && block->n_excepts == 0;
	return true;
}

static bool selectors_match_pod(const struct brute *b, const struct np_peer *p, struct np_str ns,
				const struct np_pod *pod)
{
	enum np_form form = !p->ns_selector   ? NP_FORM_PEER_POD :
			    !p->pod_selector ? NP_FORM_PEER_NS :
					       NP_FORM_PEER_BOTH;

	if (left_out(b, form))
		return false;
	if (p->ns_selector) {
		bool found = false;

		for (size_t i = 0; i < b->w->n_namespaces; i++)
			if (np_str_eq(b->w->namespaces[i].name, pod->ns))
				found = matches(b, p->ns_selector, &b->w->namespaces[i].labels);
		if (!found)
			return false;
	} else if (!np_str_eq(pod->ns, ns)) {
		return false;
	}
	return !p->pod_selector || matches(b, p->pod_selector, &pod->labels);
}

static bool peers(const struct brute *b, const struct np_rule *r, struct np_str ns,
		  const struct entity *other, bool hidden)
{
	if (r->n_peers == 0)
		return !left_out(b, NP_FORM_NO_PEERS);
	for (size_t i = 0; i < r->n_peers; i++) {
		const struct np_peer *p = &r->peers[i];

		if (p->ip_block && block_matches_addr(b, p->ip_block, other, hidden))
			return true;
		if (!p->ip_block && is_pod(b, other) && selectors_match_pod(b, p, ns, other->pod))
			return true;
	}
	return false;
}

/* ---- ports(r, conn) ---- */

/* S25: a name with several numbers over the unfinished pods that the rule's selectors match. */
static bool has_several_numbers(const struct brute *b, const struct np_rule *r, struct np_str ns,
				const struct np_port *q)
{
	bool seen = false;
	uint16_t number = 0;

	for (size_t i = 0; i < b->w->n_pods; i++) {
		const struct np_pod *pod = &b->w->pods[i];
		bool selected = r->n_peers == 0;

		for (size_t k = 0; k < r->n_peers; k++)
			if (!r->peers[k].ip_block && selectors_match_pod(b, &r->peers[k], ns, pod))
				selected = true;
		if (!selected || finished(pod))
			continue;
		for (size_t k = 0; k < pod->n_ports; k++) {
			const struct np_container_port *cp = &pod->ports[k];

			if (cp->proto != q->proto || !np_str_eq(cp->name, q->name))
				continue;
			if (seen && cp->port != number)
				return true;
			seen = true;
			number = cp->port;
		}
	}
	return false;
}

/* S29, S30: which of the pod's ports of that name and protocol count; one must be @port. */
static bool pod_has_name(const struct brute *b, const struct np_pod *pod, const struct np_port *q,
			 uint16_t port)
{
	bool first = true;

	for (int init = 0; init < 2; init++)
		for (size_t i = 0; i < pod->n_ports; i++) {
			const struct np_container_port *cp = &pod->ports[i];

			if ((cp->ctr_kind == NP_CTR_REGULAR) == (init == 1))
				continue;
			if (init && !reads(b, NP_READ_SIDECAR_NAME))
				continue;
			if (cp->proto != q->proto || !np_str_eq(cp->name, q->name))
				continue;
			if (cp->port == port && (first || reads(b, NP_READ_DUP_NAME)))
				return true;
			first = false;
		}
	return false;
}

static bool port_matches(const struct brute *b, enum np_dir dir, const struct np_rule *r,
			 struct np_str ns, const struct np_port *q, const struct entity *dst,
			 enum np_proto proto, uint16_t port)
{
	if (proto != q->proto)
		return false;
	switch (q->kind) {
	case NP_PORT_ANY:
		return !left_out(b, NP_FORM_PORT_ANY);
	case NP_PORT_NUMBER:
		return !left_out(b, NP_FORM_PORT_NUMBER) && port == q->port;
	case NP_PORT_RANGE:
		return !left_out(b, NP_FORM_PORT_RANGE) && q->port <= port && port <= q->end_port;
	case NP_PORT_NAME:
		if (left_out(b, NP_FORM_PORT_NAME))
			return false;
		if (!is_pod(b, dst))
			return reads(b, NP_READ_NAME_EXTERNAL);	/* S31 */
		if (dir == NP_EGRESS && has_several_numbers(b, r, ns, q) &&
		    !reads(b, NP_READ_DIVERGENT))
			return false;
		return pod_has_name(b, dst->pod, q, port);
	}
	return false;
}

static bool ports(const struct brute *b, enum np_dir dir, const struct np_rule *r,
		  struct np_str ns, const struct entity *dst, enum np_proto proto, uint16_t port)
{
	if (r->n_ports == 0)
		return !left_out(b, NP_FORM_NO_PORTS);
	for (size_t i = 0; i < r->n_ports; i++)
		if (port_matches(b, dir, r, ns, &r->ports[i], dst, proto, port))
			return true;
	return false;
}

/* ---- side(dir, subject, other) ---- */

static bool applies(const struct brute *b, const struct np_policy *p, const struct np_pod *pod,
		    enum np_dir dir)
{
	return np_str_eq(p->ns, pod->ns) && matches(b, &p->pod_selector, &pod->labels) &&
	       p->types[dir];
}

/* The address of the node that runs the subject. */
static bool is_own_node(const struct entity *subject, const struct entity *other)
{
	struct np_str node = subject->pod->host_network ? subject->node : subject->pod->node;

	return node.n && other->node.n && np_str_eq(node, other->node);
}

static bool side(const struct brute *b, enum np_dir dir, const struct entity *subject,
		 const struct entity *other, enum np_proto proto, uint16_t port)
{
	const struct entity *dst = dir == NP_INGRESS ? subject : other;
	bool hidden = dir == NP_INGRESS && other->node.n && !is_own_node(subject, other);
	bool isolated = false;

	for (size_t i = 0; i < b->w->n_policies; i++) {
		const struct np_policy *p = &b->w->policies[i];

		if (!applies(b, p, subject->pod, dir))
			continue;
		isolated = true;
		for (size_t k = 0; k < p->n_rules[dir]; k++) {
			const struct np_rule *r = &p->rules[dir][k];

			if (peers(b, r, p->ns, other, hidden) &&
			    ports(b, dir, r, p->ns, dst, proto, port))
				return true;
		}
	}
	return !isolated;
}

/* ---- verdict(conn) ---- */

static bool egress_allows(const struct brute *b, const struct entity *src, const struct entity *to,
			  enum np_proto proto, uint16_t port)
{
	if (!is_pod(b, src))
		return true;
	if (is_own_node(src, to) && reads(b, NP_READ_OWN_NODE))
		return true;	/* S41 */
	return side(b, NP_EGRESS, src, to, proto, port);
}

static bool ingress_allows(const struct brute *b, const struct entity *dst,
			   const struct entity *from, enum np_proto proto, uint16_t port)
{
	if (!is_pod(b, dst))
		return true;
	if (is_own_node(dst, from))
		return true;	/* S40 */
	if (from->node.n && reads(b, NP_READ_OTHER_NODE))
		return true;	/* S42 */
	return side(b, NP_INGRESS, dst, from, proto, port);
}

static bool verdict(const struct brute *b, const struct conn *c)
{
	bool same_pod = c->src.pod && c->src.pod == c->dst.pod;
	const struct entity *to = &c->dst, *from = &c->src;
	uint16_t to_port = c->port;

	if (same_pod && (!c->via_service || reads(b, NP_READ_HAIRPIN)))
		return true;	/* S38, S39 */
	if (c->via_service) {
		enum np_reading r = c->via_node_port ? NP_READ_NAT : NP_READ_CLUSTERIP;

		if (!reads(b, r)) {
			to = &c->dialled;	/* S20, S45: before translation */
			to_port = c->dialled_port;
		} else if (c->via_node_port) {
			from = &c->dialled;	/* S20: the node's address is seen */
		}
	}
	return egress_allows(b, &c->src, to, c->proto, to_port) &&
	       ingress_allows(b, &c->dst, from, c->proto, c->port);
}

/* ---- Services ---- */

/* What of the world a flow means: a Service's port, or none. */
struct route {
	struct conn conn;	/* dst and port are those of a pod behind it, if it is one */
	const struct np_service *svc;
	const struct np_service_port *svc_port;
};

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

/* false: NP_NO_FLOW, but for pods behind a Service. */
static bool find_route(const struct np_world *w, const struct np_flow *f, struct route *ret)
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

/* The connection to the next pod behind the Service from pod *@at on; a direct one has one way. */
static bool next_way(const struct np_world *w, const struct np_flow *f, struct route *r, size_t *at)
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

enum np_verdict np_brute_once(const struct np_world *world, const struct np_brute_setting *setting,
			      const struct np_flow *flow)
{
	unsigned asked = 0;
	struct brute b = { world, setting, &asked };
	struct route route;
	size_t at = 0;

	if (!find_route(world, flow, &route) || !next_way(world, flow, &route, &at))
		return NP_NO_FLOW;
	return verdict(&b, &route.conn) ? NP_ALLOW : NP_DENY;
}

/* ---- every setting of the open readings ---- */

struct settings {
	struct np_brute_setting set;	/* the fixed readings */
	enum np_reading open[NP_N_READINGS];
	unsigned n_open;
	size_t n;			/* 2^n_open */
};

static void list_settings(const struct np_readings *readings, struct settings *ret)
{
	*ret = (struct settings){ 0 };
	for (unsigned r = 0; r < NP_N_READINGS; r++) {
		ret->set.yes[r] = readings->set[r] == NP_SET_YES;
		if (readings->set[r] == NP_SET_OPEN)
			ret->open[ret->n_open++] = (enum np_reading)r;
	}
	ret->n = (size_t)1 << ret->n_open;
}

enum { SEEN_DENY = 1, SEEN_ALLOW = 2 };

/* Settings that agree with @i in the readings asked for: the verdict is theirs too. */
static void fill_alike(const struct settings *s, size_t i, unsigned asked, uint8_t seen, uint8_t *ret_seen)
{
	size_t fixed = 0;

	for (unsigned k = 0; k < s->n_open; k++)
		if (asked >> s->open[k] & 1)
			fixed |= (size_t)1 << k;
	for (size_t j = i; j < s->n; j++)
		if (((i ^ j) & fixed) == 0)
			ret_seen[j] = seen;
}

/* The verdict of one way under every setting; bit k of a setting's number is open[k]. */
static void judge_way(const struct np_world *w, struct settings *s, const struct conn *c,
		      uint8_t *ret_seen)
{
	unsigned asked;
	uint8_t seen;
	struct brute b = { w, &s->set, &asked };

	memset(ret_seen, 0, s->n);
	for (size_t i = 0; i < s->n; i++) {
		if (ret_seen[i])
			continue;
		for (unsigned k = 0; k < s->n_open; k++)
			s->set.yes[s->open[k]] = i >> k & 1;
		asked = 0;
		seen = verdict(&b, c) ? SEEN_ALLOW : SEEN_DENY;
		fill_alike(s, i, asked, seen, ret_seen);
	}
}

/* Clause c is open when under some setting of the other readings its own changes the verdict. */
static void add_open(const struct settings *s, const uint8_t *seen, np_clauses *open)
{
	for (unsigned k = 0; k < s->n_open; k++)
		for (size_t i = 0; i < s->n; i++)
			if (seen[i] != seen[i ^ (size_t)1 << k]) {
				np_clauses_add(open, clause_of[s->open[k]]);
				break;
			}
}

/* Which pod answers counts as part of S45 (S20 for a nodePort). */
static void add_open_of_choice(const struct settings *s, const uint8_t *any, const struct route *r,
			       np_clauses *open)
{
	enum np_reading choice = r->conn.via_node_port ? NP_READ_NAT : NP_READ_CLUSTERIP;
	size_t bit = 0;

	for (unsigned k = 0; k < s->n_open; k++)
		if (s->open[k] == choice)
			bit = (size_t)1 << k;
	for (size_t i = 0; i < s->n; i++)
		if ((any[i] | any[i ^ bit]) == (SEEN_DENY | SEEN_ALLOW)) {
			np_clauses_add(open, clause_of[choice]);
			return;
		}
}

enum np_verdict np_brute_eval(const struct np_world *world, const struct np_readings *readings,
			      const struct np_flow *flow, np_clauses *ret_open)
{
	struct settings s;
	struct route route;
	np_clauses open = { 0 };
	unsigned all = 0;
	size_t at = 0;
	uint8_t seen[1 << NP_N_READINGS], any[1 << NP_N_READINGS];

	if (ret_open)
		*ret_open = open;
	if (!find_route(world, flow, &route))
		return NP_NO_FLOW;
	list_settings(readings, &s);
	memset(any, 0, s.n);
	while (next_way(world, flow, &route, &at)) {
		judge_way(world, &s, &route.conn, seen);
		add_open(&s, seen, &open);
		for (size_t i = 0; i < s.n; i++)
			any[i] |= seen[i];
	}
	for (size_t i = 0; i < s.n; i++)
		all |= any[i];
	if (all == 0)
		return NP_NO_FLOW;
	if (route.svc)
		add_open_of_choice(&s, any, &route, &open);
	if (all != (SEEN_DENY | SEEN_ALLOW))
		return all == SEEN_ALLOW ? NP_ALLOW : NP_DENY;
	if (ret_open)
		*ret_open = open;
	return NP_UNDEF;
}
