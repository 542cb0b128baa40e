/*
 * The ports of a rule: numbers, ranges, and names looked up on the destination pod (section 2.6).
 */
#include <inttypes.h>

#include "enforcer_compile.h"
#include "np/base/mem.h"

#define PORT_MAX 65535

/* Address and destination port as one key. */
#define PAIR(ip, field, l4) \
	"{\"concat\":[" NP_NFT_PAYLOAD(ip, field) "," NP_NFT_PAYLOAD(l4, "dport") "]}"

enum weight { W_PAIR_MATCH = 320, W_PAIR = 96, W_PROTO = 160 };

static enum np_fault_id fault_of(const struct np_way *way)
{
	return way->c->in->match.fault;
}

static const char *l4_name(enum np_proto proto)
{
	static const char *const names[NP_N_PROTOS] = {
		[NP_TCP] = "tcp", [NP_UDP] = "udp", [NP_SCTP] = "sctp"
	};

	return names[proto];
}

static size_t n_ports_of(const struct np_way *way, const struct np_rule *rule)
{
	switch (fault_of(way)) {
	case NP_FAULT_FIRST_PORT_ONLY:
		return rule->n_ports > 1 ? 1 : rule->n_ports;
	case NP_FAULT_PORT_LIMIT:
		return rule->n_ports > 24 ? 24 : rule->n_ports;
	default:
		return rule->n_ports;
	}
}

/* S22: a port allows its own protocol only. */
static bool proto_counts(const struct np_way *way, const struct np_port *q, enum np_proto proto)
{
	switch (fault_of(way)) {
	case NP_FAULT_PROTOCOL_IGNORED:
		return true;
	case NP_FAULT_UDP_RULES_DROPPED:
		return q->proto == proto && proto != NP_UDP;
	case NP_FAULT_SCTP_RULES_DROPPED:
		return q->proto == proto && proto != NP_SCTP;
	case NP_FAULT_SCTP_ADMITS_TCP:
		return q->proto == proto || (q->proto == NP_SCTP && proto == NP_TCP);
	default:
		return q->proto == proto;
	}
}

static bool has_numbered(const struct np_rule *rule, enum np_proto proto)
{
	for (size_t i = 0; i < rule->n_ports; i++)
		if (rule->ports[i].proto == proto && rule->ports[i].kind != NP_PORT_ANY)
			return true;
	return false;
}

/* S21, S23, S32. */
static void add_port(const struct np_way *way, const struct np_rule *rule, const struct np_port *q,
		     struct np_ranges *ret)
{
	enum np_fault_id fault = fault_of(way);
	uint16_t last = q->end_port;

	switch (q->kind) {
	case NP_PORT_ANY:
		if (fault != NP_FAULT_PROTOCOL_ONLY_NOTHING &&
		    !(fault == NP_FAULT_PORT_MERGE && has_numbered(rule, q->proto)))
			np_ranges_add(ret, 0, PORT_MAX);
		break;
	case NP_PORT_NUMBER:
		if (fault == NP_FAULT_PORT_IGNORED)
			np_ranges_add(ret, 0, PORT_MAX);
		else
			np_ranges_add(ret, q->port, q->port);
		break;
	case NP_PORT_RANGE:
		if (fault == NP_FAULT_ENDPORT_IGNORED)
			last = q->port;
		if (fault == NP_FAULT_ENDPORT_EXCLUSIVE && last > q->port)
			last--;
		if (last >= q->port)
			np_ranges_add(ret, q->port, last);
		break;
	case NP_PORT_NAME:
		break;
	}
}

static void numbered_ports(const struct np_way *way, const struct np_rule *rule,
			   enum np_proto proto, struct np_ranges *ret)
{
	for (size_t i = 0; i < n_ports_of(way, rule); i++)
		if (proto_counts(way, &rule->ports[i], proto))
			add_port(way, rule, &rule->ports[i], ret);
}

/* --- pairs of address and port --- */

/* Sorted pairs for one family. */
struct pairs {
	struct pair {
		np_u128 addr;
		uint16_t port;
	} *v;
	size_t n, cap;
};

static int pair_cmp(const void *pa, const void *pb)
{
	const struct pair *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->port > b->port) - (a->port < b->port);
}

static void pairs_add(struct pairs *p, np_u128 addr, uint16_t port)
{
	p->v = np_grow(p->v, &p->cap, p->n, sizeof(*p->v));
	p->v[p->n++] = (struct pair){ addr, port };
}

/* A set of the pairs, each once; its name goes to @name. */
static void pairs_set(const struct np_way *way, struct pairs *p, char *name, size_t size)
{
	struct np_compiler *c = way->c;
	char **texts = np_xcalloc(p->n + 1, sizeof(*texts));
	char addr[NP_ADDR_TEXT_MAX];
	size_t n = 0;

	qsort(p->v, p->n, sizeof(*p->v), pair_cmp);
	for (size_t i = 0; i < p->n; i++)
		if (i == 0 || pair_cmp(&p->v[i], &p->v[i - 1]))
			texts[n++] = np_xasprintf("{\"concat\":[\"%s\",%" PRIu16 "]}",
						  np_number_text(p->v[i].addr, way->family, addr),
						  p->v[i].port);
	snprintf(name, size, "p%u~", c->n_sets++);
	np_ruleset_keyed(c->rs, name,
			 way->family == 4 ? "[\"ipv4_addr\",\"inet_service\"]"
					  : "[\"ipv6_addr\",\"inet_service\"]",
			 false);
	np_ruleset_elements(c->rs, name, (const char *const *)texts, n, W_PAIR);
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

/* Lets pass what comes from or goes to the scope and is of one of the pairs (@field . port). */
static void allow_pairs(const struct np_way *way, const struct np_scope *s, struct pairs *p,
			const char *field, enum np_proto proto)
{
	struct np_expr e = { 0 };
	const char *ip = way->family == 4 ? "ip" : "ip6", *l4 = l4_name(proto);
	char name[24];

	if (p->n == 0)
		return;
	pairs_set(way, p, name, sizeof(name));
	np_scope_expr(way, &e, s);
	np_expr_add(&e, W_PAIR_MATCH, NP_NFT_MATCH(PAIR("%s", "%s", "%s"), "\"@%s\""), ip, field,
		    l4, name);
	np_expr_finish(way->c, &e, way->chain, NP_NFT_RETURN);
}

/* Adds a pair for each address of the pod that is of the family. */
static void pairs_pod(const struct np_way *way, struct pairs *p, const struct np_pod *pod,
		      uint16_t port)
{
	for (size_t i = 0; i < pod->n_ips; i++) {
		int family;
		np_u128 addr = np_addr_number(&pod->ips[i], &family);

		if (family == way->family)
			pairs_add(p, addr, port);
	}
}

/* --- named ports --- */

static uint16_t first_container(const struct np_pod *pod)
{
	uint16_t first = UINT16_MAX;

	for (size_t i = 0; i < pod->n_ports; i++)
		if (pod->ports[i].ctr_kind == NP_CTR_REGULAR && pod->ports[i].ctr < first)
			first = pod->ports[i].ctr;
	return first;
}

/*
 * S26, S28; the names of sidecars count as well (S30 leaves it open), those of other init
 * containers do not.
 */
static bool is_named(const struct np_way *way, const struct np_pod *pod,
		     const struct np_container_port *have, const struct np_port *q)
{
	if (!np_str_eq(have->name, q->name) || have->ctr_kind == NP_CTR_INIT)
		return false;
	if (fault_of(way) == NP_FAULT_FIRST_CONTAINER && have->ctr != first_container(pod))
		return false;
	return have->proto == q->proto || fault_of(way) == NP_FAULT_NAME_ANY_PROTOCOL;
}

static bool has_name(const struct np_way *way, const struct np_pod *pod, const struct np_port *q)
{
	for (size_t i = 0; i < pod->n_ports; i++)
		if (is_named(way, pod, &pod->ports[i], q))
			return true;
	return false;
}

/* Pairs of @dst with the numbers that @named gives the name. */
static void pairs_named(const struct np_way *way, struct pairs *p, const struct np_pod *dst,
			const struct np_pod *named, const struct np_port *q)
{
	for (size_t i = 0; i < named->n_ports; i++)
		if (is_named(way, named, &named->ports[i], q))
			pairs_pod(way, p, dst, named->ports[i].port);
}

/* The name looked up where it belongs (S24, S25): on the destination pod @dst. */
static void pairs_resolve(const struct np_way *way, struct pairs *p, const struct np_pod *dst,
			  const struct np_port *q)
{
	const struct np_world *w = way->c->in->match.world;
	enum np_fault_id fault = fault_of(way);

	if (fault != NP_FAULT_NAMED_ANY_NUMBER &&
	    (fault != NP_FAULT_NAMED_ONE_NUMBER || !has_name(way, dst, q))) {
		pairs_named(way, p, dst, dst, q);
		return;
	}
	for (size_t i = 0; i < w->n_pods; i++) {
		if (!np_match_endpoint(&w->pods[i]) || !has_name(way, &w->pods[i], q))
			continue;
		pairs_named(way, p, dst, &w->pods[i], q);
		if (fault == NP_FAULT_NAMED_ONE_NUMBER)
			return;
	}
}

/*
 * An egress rule reaches this pod by a selector, or by having no peers (S25); the pods inside an
 * ipBlock are not looked at (S31).
 */
static bool names_reach(const struct np_way *way, const struct np_policy *policy,
			const struct np_rule *rule, const struct np_pod *pod)
{
	enum np_fault_id fault = fault_of(way);

	if (fault == NP_FAULT_NAMED_OWN_NAMESPACE && !np_str_eq(pod->ns, policy->ns))
		return false;
	if (rule->n_peers == 0)
		return fault != NP_FAULT_NAMED_EGRESS_NO_PEERS;
	for (size_t i = 0; i < rule->n_peers; i++)
		if (np_match_peer(&way->c->in->match, policy, &rule->peers[i], pod))
			return true;
	return false;
}

/* The pods on which the names of a rule are looked up. *@ret_n of them, heap. */
static const struct np_pod **named_pods(const struct np_way *way, const struct np_policy *policy,
					const struct np_rule *rule, size_t *ret_n)
{
	const struct np_world *w = way->c->in->match.world;
	enum np_fault_id fault = fault_of(way);
	bool on_subjects = way->dir == NP_INGRESS ? fault != NP_FAULT_NAMED_FROM_SOURCE
						  : fault == NP_FAULT_NAMED_EGRESS_SUBJECT;
	const struct np_pod **pods = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; on_subjects && i < way->group->n_subjects; i++) {
		pods = np_grow(pods, &cap, n, sizeof(*pods));
		pods[n++] = way->group->subjects[i].pod;
	}
	for (size_t i = 0; !on_subjects && i < w->n_pods; i++) {
		if (!np_match_endpoint(&w->pods[i]) || !names_reach(way, policy, rule, &w->pods[i]))
			continue;
		pods = np_grow(pods, &cap, n, sizeof(*pods));
		pods[n++] = &w->pods[i];
	}
	*ret_n = n;
	return pods;
}

/* For a fault: every port of the protocol on the pods that do not have the name. */
static void allow_nameless(const struct np_way *way, const struct np_scope *s,
			   const struct np_pod **pods, size_t n, const struct np_port *q)
{
	struct np_ranges addrs = { 0 };
	struct np_expr e = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!has_name(way, pods[i], q))
			np_match_addresses(pods[i], way->family, &addrs);
	if (addrs.n > 0) {
		np_scope_expr(way, &e, s);
		np_expr_addr(way->c, &e, way->family, "daddr", &addrs);
		np_expr_add(&e, W_PROTO, NP_NFT_L4("%s"), l4_name(q->proto));
		np_expr_finish(way->c, &e, way->chain, NP_NFT_RETURN);
	}
	np_ranges_release(&addrs);
}

static void allow_names(const struct np_way *way, const struct np_policy *policy,
			const struct np_rule *peers, const struct np_rule *rule,
			const struct np_scope *s, enum np_proto proto)
{
	enum np_fault_id fault = fault_of(way);
	bool by_source = way->dir == NP_INGRESS ? fault == NP_FAULT_NAMED_FROM_SOURCE
						: fault == NP_FAULT_NAMED_EGRESS_SUBJECT;
	size_t n_pods = 0;
	const struct np_pod **pods = NULL;
	struct pairs p = { 0 };

	for (size_t i = 0; i < n_ports_of(way, rule); i++) {
		const struct np_port *q = &rule->ports[i];

		if (q->kind != NP_PORT_NAME || !proto_counts(way, q, proto))
			continue;
		if (!pods)
			pods = named_pods(way, policy, peers, &n_pods);
		for (size_t k = 0; k < n_pods; k++)
			pairs_resolve(way, &p, pods[k], q);
		if (fault == NP_FAULT_MISSING_NAME_ALL)
			allow_nameless(way, s, pods, n_pods, q);
	}
	allow_pairs(way, s, &p, by_source ? "saddr" : "daddr", proto);
	free(pods);
	free(p.v);
}

/* For a fault: of the numbers only those that the subject pods declare. */
static void allow_declared(const struct np_way *way, const struct np_scope *s,
			   const struct np_ranges *numbers, enum np_proto proto)
{
	struct pairs p = { 0 };

	for (size_t i = 0; i < way->group->n_subjects; i++) {
		const struct np_pod *pod = way->group->subjects[i].pod;

		for (size_t k = 0; k < pod->n_ports; k++)
			if (pod->ports[k].proto == proto &&
			    np_ranges_has(numbers, pod->ports[k].port))
				pairs_pod(way, &p, pod, pod->ports[k].port);
	}
	allow_pairs(way, s, &p, "daddr", proto);
	free(p.v);
}

void np_ports_allow(const struct np_way *way, const struct np_policy *policy,
		    const struct np_rule *peers, const struct np_rule *rule,
		    const struct np_scope *s)
{
	for (int proto = 0; proto < NP_N_PROTOS; proto++) {
		struct np_ranges numbers = { 0 };

		numbered_ports(way, rule, (enum np_proto)proto, &numbers);
		if (numbers.n > 0 && way->dir == NP_INGRESS &&
		    fault_of(way) == NP_FAULT_UNDECLARED_DENIED) {
			allow_declared(way, s, &numbers, (enum np_proto)proto);
		} else if (numbers.n > 0) {
			struct np_expr e = { 0 };

			np_scope_expr(way, &e, s);
			np_expr_ports(&e, (enum np_proto)proto, &numbers);
			np_expr_finish(way->c, &e, way->chain, NP_NFT_RETURN);
		}
		np_ranges_release(&numbers);
		allow_names(way, policy, peers, rule, s, (enum np_proto)proto);
	}
}
