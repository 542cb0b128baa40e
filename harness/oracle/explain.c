/* explain.c - a verdict in words, and the clauses it rests on. */
#include "tell.h"

#include "blocks.h"

/* What each reading says when it is yes. */
static const char *const meanings[NP_N_READINGS] = {
	[NP_READ_IPBLOCK_PODS] = "ipBlock matches pod addresses",
	[NP_READ_NAT] = "addresses are seen after rewriting",
	[NP_READ_DIVERGENT] = "an egress port name with several numbers is resolved for each destination",
	[NP_READ_DUP_NAME] = "every port of a doubled name counts",
	[NP_READ_SIDECAR_NAME] = "port names in init containers count",
	[NP_READ_NAME_EXTERNAL] = "a port name towards an address outside matches any port",
	[NP_READ_HAIRPIN] = "a pod always reaches itself through a Service",
	[NP_READ_OWN_NODE] = "a pod always reaches its own node",
	[NP_READ_OTHER_NODE] = "other nodes reach a pod like its own",
	[NP_READ_HOST_PODS] = "hostNetwork pods are pods to policies",
	[NP_READ_CLUSTERIP] = "egress to a ClusterIP is judged at the pod behind it",
	[NP_READ_MAPPED] = "an IPv4-mapped block means the IPv4 block",
	[NP_READ_HOST_BITS] = "a block with host bits means the network",
};

void tell(struct teller *t, const char *fmt, ...)
{
	va_list ap;

	if (!t->out)
		return;
	va_start(ap, fmt);
	np_buf_vprintf(t->out, fmt, ap);
	va_end(ap);
}

void tell_note(struct teller *t, unsigned clause)
{
	np_clauses_add(&t->rests_on, clause);
}

void tell_clause(struct teller *t, unsigned clause)
{
	char name[8];

	tell_note(t, clause);
	tell(t, " (%s)", np_clause_name(clause, name));
}

void tell_str(struct teller *t, struct np_str s)
{
	if (t->out)
		np_buf_printable(t->out, s);
}

void tell_place(struct teller *t, const struct np_place *place)
{
	if (!place->file)
		return;
	tell(t, " (");
	tell_str(t, np_str_from(place->file));
	tell(t, ":%u)", place->line);
}

static void tell_wire(struct teller *t, const struct np_wire *w)
{
	struct np_addr a = wire_addr(w);
	char text[NP_ADDR_TEXT_MAX];

	tell(t, "%s", np_addr_text(&a, text));
}

static void tell_pod_name(struct teller *t, uint32_t pod)
{
	tell_str(t, t->e.o->world->pods[pod].ns);
	tell(t, "/");
	tell_str(t, t->e.o->world->pods[pod].name);
}

static void tell_external_name(struct teller *t, const struct np_wire *w)
{
	const struct np_world *world = t->e.o->world;

	for (size_t i = 0; i < world->n_externals; i++)
		for (size_t j = 0; j < world->externals[i].n_ips; j++) {
			struct np_wire ip = wire_of(&world->externals[i].ips[j]);

			if (!wire_eq(&ip, w))
				continue;
			tell_str(t, world->externals[i].name);
			tell(t, " ");
		}
}

/* Nothing for a node that the world has no object of. */
static void tell_node_name(struct teller *t, uint32_t node)
{
	const struct np_world *w = t->e.o->world;

	if (node >= w->n_nodes)
		return;
	tell_str(t, w->nodes[node].name);
	tell(t, " ");
}

static void tell_end(struct teller *t, const struct end *end)
{
	if (end->pod != NONE) {
		tell_pod_name(t, end->pod);
		tell(t, "%s ", end->host ? " (hostNetwork)" : "");
	} else if (end->node != NONE) {
		tell(t, "node ");
		tell_node_name(t, end->node);
	} else {
		tell_external_name(t, &end->addr);
	}
	tell_wire(t, &end->addr);
}

static void tell_other(struct teller *t, const struct np_side *side)
{
	struct end end = { .pod = side->other_pod, .node = side->other_node, .addr = side->other };

	tell_end(t, &end);
}

static void tell_exempt(struct teller *t, enum side_way way)
{
	if (way == SIDE_OWN_NODE) {
		tell(t, "the source is the pod's own node, always allowed");
		tell_clause(t, 40);
	} else if (way == SIDE_OWN_NODE_OPEN) {
		tell(t, "exempt, the destination is the pod's own node");
		tell_clause(t, 41);
	} else {
		tell(t, "exempt, the source is another node");
		tell_clause(t, 42);
	}
	tell(t, "\n");
}

static bool told_side(struct teller *t, enum side_way way, const struct np_side *side)
{
	bool judged = way != SIDE_OWN_NODE && side_allowed(&t->e, SIDE_JUDGED, side);
	bool allowed = side_allowed(&t->e, way, side);

	tell(t, "  %s %s ", np_dir_name(side->dir), side->dir == NP_EGRESS ? "of" : "at");
	tell_pod_name(t, side->subject);
	tell(t, side->dir == NP_EGRESS ? " to " : " from ");
	tell_other(t, side);
	tell(t, ", %s %u: %s; ", np_proto_name(side->proto), side->port, allowed ? "allowed" : "denied");
	if (allowed && !judged)
		tell_exempt(t, way);
	else
		tell_side(t, side);
	return allowed;
}

static void tell_plan(struct teller *t, const struct path *path, const struct plan *plan)
{
	bool out = true, in = true;

	if (plan->same_pod) {
		tell(t, "  the pod reaches itself");
		tell_clause(t, path->way == WAY_DIRECT ? 38 : 39);
		tell(t, "\n");
		return;
	}
	if (plan->ways[NP_EGRESS] == SIDE_NONE && plan->ways[NP_INGRESS] == SIDE_NONE)
		tell(t, "  neither end is a pod to policies\n");
	if (plan->ways[NP_EGRESS] != SIDE_NONE)
		out = told_side(t, plan->ways[NP_EGRESS], &plan->sides[NP_EGRESS]);
	if (plan->ways[NP_INGRESS] != SIDE_NONE)
		in = told_side(t, plan->ways[NP_INGRESS], &plan->sides[NP_INGRESS]);
	if (plan->ways[NP_EGRESS] != SIDE_NONE && plan->ways[NP_INGRESS] != SIDE_NONE) {
		tell_note(t, 4);
		if (out != in)
			tell(t, "  both sides must allow it (S04)\n");
	}
}

#define MAX_BACKENDS 8

static void tell_path(struct teller *t, const struct path *path)
{
	struct backend b = { 0 };
	size_t at = 0, n = 0;

	while (path_backend(t->e.o, path, &at, &b)) {
		struct plan plan;

		if (n++ == MAX_BACKENDS) {
			tell(t, "  .. and more pods behind the Service\n");
			return;
		}
		if (path->way != WAY_DIRECT) {
			tell(t, "  by way of the Service to ");
			tell_pod_name(t, b.pod);
			tell(t, " port %u", b.port);
			tell_clause(t, path->way == WAY_CLUSTERIP ? 45 : 20);
			tell(t, "\n");
		}
		path_plan(&t->e, path, &b, &plan);
		tell_plan(t, path, &plan);
	}
}

/* The verdict under one full setting; NP_UNDEF when pods behind a Service differ. */
static enum np_verdict verdict_under(const struct np_oracle *o, const struct path *path, uint32_t yes)
{
	struct np_eval e = { .o = o, .known = ALL_READINGS, .yes = yes };
	struct backend b = { 0 };
	bool seen[2] = { false, false };
	size_t at = 0;

	while (path_backend(o, path, &at, &b))
		seen[path_allowed(&e, path, &b)] = true;
	return seen[0] && seen[1] ? NP_UNDEF : seen[1] ? NP_ALLOW : NP_DENY;
}

static void tell_open(struct teller *t, const struct path *path, const np_clauses *open)
{
	const struct np_oracle *o = t->e.o;

	for (unsigned r = 0; r < NP_N_READINGS; r++) {
		unsigned clause = np_reading_clause((enum np_reading)r);
		char name[8];

		if (!np_clauses_has(open, clause))
			continue;
		tell(t, "  open: %s; if %s: %s\n", np_clause_name(clause, name), meanings[r],
		     np_verdict_name(verdict_under(o, path, t->e.yes | READING_BIT(r))));
	}
	tell(t, "  below: if nothing of that holds: %s\n",
	     np_verdict_name(verdict_under(o, path, t->e.yes)));
}

static void tell_flow(struct teller *t, const struct np_flow *flow, const struct path *path, enum np_verdict v)
{
	const struct np_oracle *o = t->e.o;

	tell(t, "%s: ", np_verdict_name(v));
	tell_end(t, &path->src);
	tell(t, " -> ");
	if (flow->dst.kind == NP_END_SERVICE) {
		tell(t, "svc:");
		tell_str(t, o->world->services[flow->dst.idx].ns);
		tell(t, "/");
		tell_str(t, o->world->services[flow->dst.idx].name);
	} else {
		tell_end(t, &path->dst);
	}
	tell(t, " %s %u\n", np_proto_name(flow->proto), flow->port);
}

static void note_open(struct teller *t, const np_clauses *open)
{
	for (size_t i = 0; i < 2; i++)
		t->rests_on.bits[i] |= open->bits[i];
}

static bool is_finished(const struct np_oracle *o, const struct np_end *end)
{
	return end->kind == NP_END_POD && (o->world->pods[end->idx].phase == NP_PHASE_SUCCEEDED ||
					   o->world->pods[end->idx].phase == NP_PHASE_FAILED);
}

static void tell_no_flow(struct teller *t, const struct np_flow *flow)
{
	bool finished = is_finished(t->e.o, &flow->src) || is_finished(t->e.o, &flow->dst);

	tell(t, "no connection: an end is not running, has no IPv%d address, or has no such port", flow->family);
	tell_clause(t, finished ? 53 : 60);
	tell(t, "\n");
}

static void tell_all(struct teller *t, const struct np_oracle *o, const struct np_flow *flow)
{
	np_clauses open;
	enum np_verdict v = np_oracle_eval(o, flow, &open);
	struct path path;

	t->e = (struct np_eval){ .o = o, .known = ALL_READINGS, .yes = o->fixed_yes };
	if (v == NP_NO_FLOW) {
		tell_no_flow(t, flow);
		return;
	}
	path_find(o, flow, &path);
	tell_flow(t, flow, &path, v);
	if (v == NP_UNDEF) {
		tell_open(t, &path, &open);
		note_open(t, &open);
	}
	tell_path(t, &path);
}

void np_oracle_explain(const struct np_oracle *o, const struct np_flow *flow, struct np_buf *ret)
{
	struct teller t = { .out = ret };

	tell_all(&t, o, flow);
}

np_clauses np_oracle_clauses(const struct np_oracle *o, const struct np_flow *flow)
{
	struct teller t = { .out = NULL };

	tell_all(&t, o, flow);
	return t.rests_on;
}
