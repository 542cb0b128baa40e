/*
 * brute.c - semantics 2.2 word for word: the verdict of one connection under one setting. Functions
 * are named and ordered as there. Nothing here is to be made faster: it is the text that the
 * compiled oracle is held against.
 */
#include "brute_parts.h"

#define MAPPED_BITS 96

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

bool brute_verdict(const struct brute *b, const struct conn *c)
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
