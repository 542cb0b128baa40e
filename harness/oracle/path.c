/* path.c - from a flow to the sides that are to be judged (semantics 2.2 "verdict"). */
#include "eval.h"

#include "blocks.h"
#include "classes.h"

static struct end end_of_pod(const struct np_oracle *o, uint32_t pod, unsigned family)
{
	const struct pod *p = &o->pods[pod];

	return (struct end){ .pod = pod, .node = p->host ? p->node : NONE, .host = p->host,
			     .addr = p->ip[family] };
}

bool end_find(const struct np_oracle *o, const struct np_end *src, unsigned family, struct end *ret)
{
	if (src->kind == NP_END_POD) {
		*ret = end_of_pod(o, (uint32_t)src->idx, family);
		return o->pods[src->idx].runs && ret->addr.width;	/* S53, S60 */
	}
	*ret = (struct end){ .pod = NONE, .addr = wire_of(&src->addr) };
	ret->node = node_of_wire(o, &ret->addr);
	return wire_family(&ret->addr) == family && wire_is_unicast(&ret->addr);
}

/* S20. */
bool path_find_node_port(const struct np_oracle *o, struct path *path)
{
	const struct np_service *service;

	for (size_t i = 0; i < o->n_node_ports && path->dst.node != NONE; i++) {
		const struct node_port *np = &o->node_ports[i];

		if (np->proto != path->proto || np->port != path->port)
			continue;
		service = &o->world->services[np->service];
		path->way = WAY_NODEPORT;
		path->service = &o->services[np->service];
		path->service_port = &service->ports[np->service_port];
		return true;
	}
	return false;
}

static bool find_service(const struct np_oracle *o, size_t at, struct path *path)
{
	const struct np_service *service = &o->world->services[at];

	path->way = WAY_CLUSTERIP;
	path->service = &o->services[at];
	path->dst = (struct end){ .pod = NONE, .node = NONE };
	for (size_t i = 0; i < service->n_ips && !path->dst.addr.width; i++) {
		struct np_wire ip = wire_of(&service->ips[i]);

		if (wire_family(&ip) == path->family)
			path->dst.addr = ip;
	}
	for (size_t i = 0; i < service->n_ports && !path->service_port; i++)
		if (service->ports[i].proto == path->proto && service->ports[i].port == path->port)
			path->service_port = &service->ports[i];
	return path->dst.addr.width && path->service_port;
}

bool path_find(const struct np_oracle *o, const struct np_flow *flow, struct path *ret)
{
	struct backend backend;
	size_t at = 0;

	*ret = (struct path){ .proto = flow->proto, .port = flow->port,
			      .family = family_index(flow->family) };
	if (flow->src.kind == NP_END_SERVICE || !end_find(o, &flow->src, ret->family, &ret->src))
		return false;
	if (flow->dst.kind == NP_END_SERVICE)
		return find_service(o, flow->dst.idx, ret) && path_backend(o, ret, &at, &backend);
	if (!end_find(o, &flow->dst, ret->family, &ret->dst))
		return false;
	if (flow->dst.kind == NP_END_ADDR)
		path_find_node_port(o, ret);
	return path_backend(o, ret, &at, &backend);
}

/* A named targetPort: regular containers first, then restartable init ones. */
static bool target_by_name(const struct np_pod *pod, struct np_str name, enum np_proto proto, uint16_t *ret)
{
	static const enum np_container_kind order[] = { NP_CTR_REGULAR, NP_CTR_SIDECAR };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < pod->n_ports; i++) {
			const struct np_container_port *p = &pod->ports[i];

			if (p->ctr_kind == order[k] && p->proto == proto && np_str_eq(p->name, name)) {
				*ret = p->port;
				return true;
			}
		}
	return false;
}

static bool takes_part(const struct np_oracle *o, const struct path *path, uint32_t pod, uint16_t *ret_port)
{
	const struct np_service_port *sp = path->service_port;

	if (!o->pods[pod].ip[path->family].width)
		return false;
	if (sp->target_name.n)
		return target_by_name(&o->world->pods[pod], sp->target_name, sp->proto, ret_port);
	*ret_port = sp->target_port ? sp->target_port : sp->port;
	return true;
}

bool path_backend(const struct np_oracle *o, const struct path *path, size_t *at, struct backend *ret)
{
	if (path->way == WAY_DIRECT)
		return (*at)++ == 0;
	for (; *at < path->service->n_pods; (*at)++) {
		uint32_t pod = path->service->pods[*at];
		uint16_t port;

		if (takes_part(o, path, pod, &port)) {
			*ret = (struct backend){ pod, port };
			(*at)++;
			return true;
		}
	}
	return false;
}

/* S43. */
static bool counts_as_pod(struct np_eval *e, const struct end *end)
{
	return end->pod != NONE && (!end->host || np_eval_read(e, NP_READ_HOST_PODS));
}

/* Which exemption there is for an end with a node's address (S40, S41, S42). */
static enum side_way find_way(const struct np_oracle *o, enum np_dir dir, uint32_t subject,
			      const struct end *other)
{
	if (other->node == NONE)
		return SIDE_JUDGED;
	if (other->node == o->pods[subject].node)
		return dir == NP_INGRESS ? SIDE_OWN_NODE : SIDE_OWN_NODE_OPEN;
	return dir == NP_INGRESS ? SIDE_OTHER_NODE_OPEN : SIDE_JUDGED;
}

static void plan_side(struct np_eval *e, struct plan *plan, enum np_dir dir, const struct end *subject,
		      const struct end *other, enum np_proto proto, uint16_t port)
{
	plan->ways[dir] = SIDE_NONE;
	if (!counts_as_pod(e, subject))
		return;
	plan->ways[dir] = find_way(e->o, dir, subject->pod, other);
	plan->sides[dir] = (struct np_side){
		.dir = dir, .proto = proto, .port = port, .subject = subject->pod,
		.other_pod = counts_as_pod(e, other) ? other->pod : NONE,
		.other_node = other->node, .other = other->addr,
	};
}

static void plan_direct(struct np_eval *e, const struct path *path, struct plan *plan)
{
	plan_side(e, plan, NP_EGRESS, &path->src, &path->dst, path->proto, path->port);
	plan_side(e, plan, NP_INGRESS, &path->dst, &path->src, path->proto, path->port);
}

/* S45: who the source sees as its peer. */
static void plan_clusterip(struct np_eval *e, const struct path *path, const struct backend *b,
			   struct plan *plan)
{
	struct end pod = end_of_pod(e->o, b->pod, path->family);

	plan->ways[NP_EGRESS] = SIDE_NONE;
	if (counts_as_pod(e, &path->src)) {
		if (np_eval_read(e, NP_READ_CLUSTERIP))
			plan_side(e, plan, NP_EGRESS, &path->src, &pod, path->proto, b->port);
		else
			plan_side(e, plan, NP_EGRESS, &path->src, &path->dst, path->proto, path->port);
	}
	plan_side(e, plan, NP_INGRESS, &pod, &path->src, path->proto, b->port);
}

/* S20: both sides see addresses before or after rewriting. */
static void plan_nodeport(struct np_eval *e, const struct path *path, const struct backend *b,
			  struct plan *plan)
{
	struct end pod = end_of_pod(e->o, b->pod, path->family);

	if (np_eval_read(e, NP_READ_NAT)) {
		plan_side(e, plan, NP_EGRESS, &path->src, &pod, path->proto, b->port);
		plan_side(e, plan, NP_INGRESS, &pod, &path->dst, path->proto, b->port);
	} else {
		plan_side(e, plan, NP_EGRESS, &path->src, &path->dst, path->proto, path->port);
		plan_side(e, plan, NP_INGRESS, &pod, &path->src, path->proto, b->port);
	}
}

void path_plan(struct np_eval *e, const struct path *path, const struct backend *backend, struct plan *ret)
{
	ret->same_pod = false;
	if (path->way == WAY_DIRECT) {
		ret->same_pod = path->src.pod != NONE && path->src.pod == path->dst.pod;	/* S38 */
		if (!ret->same_pod)
			plan_direct(e, path, ret);
		return;
	}
	if (path->src.pod == backend->pod && np_eval_read(e, NP_READ_HAIRPIN)) {
		ret->same_pod = true;
		return;
	}
	if (path->way == WAY_CLUSTERIP)
		plan_clusterip(e, path, backend, ret);
	else
		plan_nodeport(e, path, backend, ret);
}
