/* model.c - the model CNI as a whole: events in, connections judged. */
#include "model_parts.h"

#include <stdlib.h>

struct np_model *np_model_new(void)
{
	struct np_model *m = np_xcalloc(1, sizeof(*m));

	np_model_reset(m, NULL);
	return m;
}

void np_model_free(struct np_model *m)
{
	if (!m)
		return;
	np_arena_release(&m->arena);
	free(m->namespaces);
	free(m->nodes);
	free(m->pods);
	free(m->addrs);
	free(m->sets);
	free(m->policies);
	free(m->queue);
	free(m->held);
	free(m->services);
	free(m);
}

void np_model_reset(struct np_model *m, const struct np_model_wrong *wrong_way)
{
	np_arena_release(&m->arena);
	m->wrong = wrong_way ? *wrong_way : (struct np_model_wrong){ .mutant = NP_MUTANT_NONE };
	memset(m->met_mutants, 0, sizeof(m->met_mutants));
	memset(m->met_sites, 0, sizeof(m->met_sites));
	m->n_namespaces = m->n_nodes = m->n_pods = m->n_addrs = m->n_sets = m->n_policies =
		m->n_rule_ids = 0;
	m->ns_map = m->pod_map = m->policy_map = m->addr_map = (struct m_map){ .n = 0 };
	m->n_queue = m->n_held = m->n_services = 0;
	m->clock = 1;
	m->crashed = m->stuck = m->policies_stuck = m->deleting = false;
	m->turn = 0;
	m->last_pod = m->deleted_policy = NONE;
}

bool np_mx_bool_at(struct np_model *m, bool v)
{
	return m->wrong.op == NP_MX_NEGATE ? !v : m->wrong.op == NP_MX_TRUE;
}

struct m_span np_mx_list_at(struct np_model *m, size_t n)
{
	switch (m->wrong.op) {
	case NP_MX_NO_FIRST:
		return (struct m_span){ n ? 1 : 0, n };
	case NP_MX_NO_LAST:
		return (struct m_span){ 0, n ? n - 1 : 0 };
	case NP_MX_FIRST_ONLY:
		return (struct m_span){ 0, n ? 1 : 0 };
	default:
		return (struct m_span){ n ? n - 1 : 0, n };
	}
}

bool np_model_crashed(const struct np_model *m)
{
	return m->crashed;
}

unsigned np_model_turns(const struct np_model *m)
{
	return m->wrong.mutant == NP_MUTANT_RULES_RACE ? 2 : 1;
}

bool np_model_met_mutant(const struct np_model *m, enum np_mutant mutant)
{
	return m->met_mutants[mutant];
}

bool np_model_met_site(const struct np_model *m, enum np_site site, enum np_site_op op)
{
	return m->met_sites[site] >> op & 1;
}

/* ---- connections ---- */

static struct np_str node_with(struct np_model *m, const struct np_addr *ip)
{
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct np_node *node = m->nodes[i].obj;
		struct m_span span = mx_list(m, NP_SITE_NODE_IPS, node->n_ips);

		for (size_t k = span.from; m->nodes[i].there && k < span.to; k++) {
			struct np_addr wire = np_addr_wire(&node->ips[k]);

			if (np_addr_eq(&wire, ip))
				return node->name;
		}
	}
	return NP_STR_NONE;
}

void np_model_locate(struct np_model *m, const struct np_model_end *end, struct np_model_place *ret)
{
	*ret = (struct np_model_place){ .pod = NONE, .ip = end->addr, .host = end->host };
	ret->addr = np_m_find_addr(m, &end->addr);
	if (end->name.n)
		ret->pod = np_m_find_pod(m, end->ns, end->name);
	if (ret->pod != NONE && !m->pods[ret->pod].there)
		ret->pod = NONE;
	ret->node = node_with(m, &end->addr);
}

/* The pod that the model takes to have the address: where names are looked up. */
static uint32_t owner_of(const struct np_model *m, const struct np_model_place *p)
{
	return p->addr == NONE ? NONE : m->addrs[p->addr].owner;
}

static bool has_policies(struct np_model *m, enum np_site site, const struct np_model_place *p)
{
	if (p->pod == NONE)
		return false;
	return mx_bool(m, site, !p->host || wrong(m, NP_MUTANT_HOST_PODS_ISOLATED));
}

static enum m_result judge(struct np_model *m, const struct np_model_conn *conn, enum np_dir dir,
			   const struct np_model_place *own, const struct np_model_place *other,
			   uint16_t port)
{
	struct m_look l = { .m = m,
			    .conn = conn,
			    .dir = dir,
			    .subject = own->pod,
			    .own = own,
			    .other = other,
			    .proto = conn->proto,
			    .port = port };

	l.dst_pod = dir == NP_INGRESS ? own->pod : owner_of(m, other);
	if (mx_swap(m, NP_SITE_SIDES) && other->pod != NONE)
		l.dir = (enum np_dir) !dir;
	return np_m_side(&l);
}

static bool from_own_node(struct np_model *m, const struct np_model_place *src,
			  const struct np_model_place *dst)
{
	const struct np_pod *pod = m->pods[dst->pod].obj;
	bool own = src->node.n && pod->node.n && np_str_eq(src->node, pod->node);

	return mx_bool(m, NP_SITE_OWN_NODE, own) && !wrong(m, NP_MUTANT_OWN_NODE_DENIED);
}

/* Whether the two results let the connection through. */
static bool combine(struct np_model *m, enum m_result out, enum m_result in)
{
	if (out == M_ALLOW && wrong(m, NP_MUTANT_EGRESS_FINAL))
		return true;
	if (in == M_ALLOW && wrong(m, NP_MUTANT_INGRESS_FINAL))
		return true;
	if ((out == M_ALLOW || in == M_ALLOW) && wrong(m, NP_MUTANT_EITHER_END))
		return true;
	return mx_bool(m, NP_SITE_BOTH_SIDES, out != M_DENY && in != M_DENY);
}

static bool isolated_in(const struct np_model *m, const struct np_model_place *p, int want)
{
	const struct m_pod *pod = p->pod == NONE || p->host ? NULL : &m->pods[p->pod];

	return pod && (pod->isolated[NP_INGRESS] > 0) + (pod->isolated[NP_EGRESS] > 0) >= want;
}

/* The neighbour cannot be found. */
static bool unresolved(struct np_model *m, const struct np_model_place *src,
		       const struct np_model_place *dst)
{
	bool six = src->ip.width == 16;

	if (six && (isolated_in(m, src, 1) || isolated_in(m, dst, 1)) &&
	    wrong(m, NP_MUTANT_ND_DENIED))
		return true;
	return !six && (isolated_in(m, src, 2) || isolated_in(m, dst, 2)) &&
	       wrong(m, NP_MUTANT_ARP_DENIED);
}

#define EPHEMERAL_PORT 40000

static bool reply_passes(struct np_model *m, const struct np_model_conn *conn,
			 const struct np_model_place *src, const struct np_model_place *dst)
{
	if (!wrong(m, NP_MUTANT_REPLIES_DENIED))
		return true;
	if (dst->pod != NONE && !dst->host &&
	    judge(m, conn, NP_EGRESS, dst, src, EPHEMERAL_PORT) == M_DENY)
		return false;
	return src->pod == NONE || src->host ||
	       judge(m, conn, NP_INGRESS, src, dst, EPHEMERAL_PORT) != M_DENY;
}

bool np_model_passes_at(struct np_model *m, const struct np_model_conn *conn,
			const struct np_model_place *src, const struct np_model_place *dst)
{
	enum m_result out = M_NONE, in = M_NONE;

	m->turn++;
	if (mx_bool(m, NP_SITE_SAME_POD,
		    src->pod != NONE && src->pod == dst->pod && !conn->service))
		return true;
	if (has_policies(m, NP_SITE_SRC_IS_POD, src))
		out = judge(m, conn, NP_EGRESS, src, dst, conn->port);
	if (has_policies(m, NP_SITE_DST_IS_POD, dst) && !from_own_node(m, src, dst))
		in = judge(m, conn, NP_INGRESS, dst, src, conn->port);
	return combine(m, out, in) && !unresolved(m, src, dst) && reply_passes(m, conn, src, dst);
}

bool np_model_passes(struct np_model *m, const struct np_model_conn *conn)
{
	struct np_model_place src, dst;

	np_model_locate(m, &conn->src, &src);
	np_model_locate(m, &conn->dst, &dst);
	return np_model_passes_at(m, conn, &src, &dst);
}
