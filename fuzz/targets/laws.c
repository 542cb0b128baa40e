/* laws.c - laws for the oracle's target: numbers as in the oracle's tests. */
#include "laws.h"

#define MORE 6

static void *copy_list(struct np_world *w, const void *items, size_t n, size_t bytes)
{
	char *copy = np_arena_array(&w->arena, n + MORE, bytes);

	if (n)
		memcpy(copy, items, n * bytes);
	return copy;
}

static struct np_rule copy_rule(struct np_world *w, const struct np_rule *r)
{
	return (struct np_rule){
		.peers = copy_list(w, r->peers, r->n_peers, sizeof(*r->peers)), .n_peers = r->n_peers,
		.ports = copy_list(w, r->ports, r->n_ports, sizeof(*r->ports)), .n_ports = r->n_ports,
	};
}

static struct np_policy copy_policy(struct np_world *w, const struct np_policy *p)
{
	struct np_policy copy = *p;

	for (int d = 0; d < NP_N_DIRS; d++) {
		copy.rules[d] = copy_list(w, p->rules[d], p->n_rules[d], sizeof(struct np_rule));
		for (size_t i = 0; i < p->n_rules[d]; i++)
			copy.rules[d][i] = copy_rule(w, &p->rules[d][i]);
	}
	return copy;
}

void laws_copy(const struct np_world *w, struct np_world *ret)
{
	np_world_init(ret);
	for (size_t i = 0; i < w->n_namespaces; i++)
		*np_world_add_namespace(ret) = w->namespaces[i];
	for (size_t i = 0; i < w->n_nodes; i++)
		*np_world_add_node(ret) = w->nodes[i];
	for (size_t i = 0; i < w->n_pods; i++)
		*np_world_add_pod(ret) = w->pods[i];
	for (size_t i = 0; i < w->n_services; i++)
		*np_world_add_service(ret) = w->services[i];
	for (size_t i = 0; i < w->n_policies; i++)
		*np_world_add_policy(ret) = copy_policy(ret, &w->policies[i]);
}

static struct np_policy *add_copy(struct np_world *w, unsigned at)
{
	struct np_policy copy = copy_policy(w, &w->policies[at]);

	copy.name = NP_STR("z");
	*np_world_add_policy(w) = copy;
	return &w->policies[w->n_policies - 1];
}

static struct np_policy *pick(struct np_world *w, unsigned arg)
{
	return &w->policies[arg % w->n_policies];
}

/* A rule in effect; NULL when the policy has none in the direction that @arg chooses. */
static struct np_rule *pick_rule(struct np_world *w, unsigned arg, struct np_policy **ret_p, int *ret_dir)
{
	*ret_p = pick(w, arg);
	*ret_dir = arg >> 1 & 1;
	if (!(*ret_p)->types[*ret_dir] || !(*ret_p)->n_rules[*ret_dir])
		return NULL;
	return &(*ret_p)->rules[*ret_dir][(arg >> 2) % (*ret_p)->n_rules[*ret_dir]];
}

static void reverse(void *items, size_t n, size_t bytes)
{
	char tmp[256], *p = items;

	for (size_t i = 0; i < n / 2; i++) {
		memcpy(tmp, p + i * bytes, bytes);
		memcpy(p + i * bytes, p + (n - 1 - i) * bytes, bytes);
		memcpy(p + (n - 1 - i) * bytes, tmp, bytes);
	}
}

static bool rename_policies(struct np_world *w, unsigned arg)
{
	(void)arg;
	w->policies[0].name = NP_STR("z");
	return true;
}

static bool reverse_lists(struct np_world *w, unsigned arg)
{
	struct np_policy *p = pick(w, arg);

	for (int d = 0; d < NP_N_DIRS; d++) {
		reverse(p->rules[d], p->n_rules[d], sizeof(struct np_rule));
		for (size_t i = 0; i < p->n_rules[d]; i++) {
			struct np_rule *r = &p->rules[d][i];

			reverse(r->peers, r->n_peers, sizeof(*r->peers));
			reverse(r->ports, r->n_ports, sizeof(*r->ports));
		}
	}
	return true;
}

static bool copy_of_policy(struct np_world *w, unsigned arg)
{
	add_copy(w, arg % (unsigned)w->n_policies);
	return true;
}

static bool rule_twice(struct np_world *w, unsigned arg)
{
	struct np_policy *p;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);

	if (!r)
		return false;
	p->rules[d][p->n_rules[d]++] = copy_rule(w, r);
	if (r->n_peers)
		r->peers[r->n_peers++] = r->peers[0];
	if (r->n_ports)
		r->ports[r->n_ports++] = r->ports[0];
	return true;
}

/* One rule in a policy of its own, without the rules of the other direction. */
static bool rule_apart(struct np_world *w, unsigned arg)
{
	struct np_policy *p, *one;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);
	size_t at = r ? (size_t)(r - p->rules[d]) : 0, from = (size_t)(p - w->policies);

	if (!r)
		return false;
	one = add_copy(w, (unsigned)from);
	p = &w->policies[from];
	one->rules[d][0] = one->rules[d][at];
	one->n_rules[d] = 1;
	one->n_rules[!d] = 0;
	p->rules[d][at] = p->rules[d][--p->n_rules[d]];
	return true;
}

static bool append_rule(struct np_world *w, unsigned arg)
{
	struct np_policy *p = pick(w, arg), *other = pick(w, arg >> 1);
	int d = arg >> 2 & 1, from = arg >> 3 & 1;

	if (!p->types[d] || !other->n_rules[from])
		return false;
	p->rules[d][p->n_rules[d]++] = copy_rule(w, &other->rules[from][0]);
	return true;
}

static bool remove_rule(struct np_world *w, unsigned arg)
{
	struct np_policy *p;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);

	if (!r)
		return false;
	*r = p->rules[d][--p->n_rules[d]];
	return true;
}

static bool default_deny(struct np_world *w, unsigned arg)
{
	struct np_policy *p = np_world_add_policy(w);

	p->name = NP_STR("z");
	p->ns = arg & 1 ? NP_STR("x") : NP_STR("y");
	p->types[NP_INGRESS] = arg & 2;
	p->types[NP_EGRESS] = arg & 4;
	return true;
}

/* An except in front of the others. */
static bool more_excepts(struct np_world *w, unsigned arg)
{
	static const char *const texts[] = { "10.0.0.1/32", "10.0.0.2/31", "203.0.113.9/32", "fd00::1/128" };
	struct np_policy *p;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);
	struct np_ipblock *b = NULL;

	for (size_t i = 0; r && !b && i < r->n_peers; i++)
		if (r->peers[i].ip_block) {
			b = np_arena_alloc(&w->arena, sizeof(*b));
			*b = *r->peers[i].ip_block;
			b->excepts = copy_list(w, b->excepts, b->n_excepts, sizeof(*b->excepts));
			r->peers[i].ip_block = b;
		}
	if (!b || !np_cidr_parse(np_str_from(texts[arg >> 6]), &b->excepts[b->n_excepts]))
		return false;
	b->n_excepts++;
	return true;
}

/* k: v as a requirement k In [v], wherever a label is asked for. */
static void label_as_requirement(struct np_world *w, struct np_selector *s)
{
	struct np_requirement *q = copy_list(w, s->exprs, s->n_exprs, sizeof(*q));

	for (size_t i = 0; i < s->match_labels.n && i < MORE; i++) {
		struct np_str *v = np_arena_alloc(&w->arena, sizeof(*v));

		*v = s->match_labels.items[i].value;
		q[s->n_exprs++] = (struct np_requirement){ .key = s->match_labels.items[i].key,
							   .op = NP_OP_IN, .values = v, .n_values = 1 };
	}
	s->exprs = q;
	s->match_labels.n = 0;
}

static const struct np_selector *as_requirements(struct np_world *w, const struct np_selector *s)
{
	struct np_selector *copy;

	if (!s)
		return NULL;
	copy = np_arena_alloc(&w->arena, sizeof(*copy));
	*copy = *s;
	label_as_requirement(w, copy);
	return copy;
}

static bool labels_to_requirements(struct np_world *w, unsigned arg)
{
	struct np_policy *p = pick(w, arg);

	label_as_requirement(w, &p->pod_selector);
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t i = 0; i < p->n_rules[d]; i++)
			for (size_t k = 0; k < p->rules[d][i].n_peers; k++) {
				struct np_peer *peer = &p->rules[d][i].peers[k];

				peer->pod_selector = as_requirements(w, peer->pod_selector);
				peer->ns_selector = as_requirements(w, peer->ns_selector);
			}
	return true;
}

/* {podSelector} as {namespaceSelector: own name, podSelector}. */
static bool own_namespace_by_name(struct np_world *w, unsigned arg)
{
	struct np_policy *p;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);
	struct np_selector *s = np_arena_alloc(&w->arena, sizeof(*s));

	s->match_labels.items = np_arena_alloc(&w->arena, sizeof(struct np_label));
	s->match_labels.items[0] = (struct np_label){ NP_STR("kubernetes.io/metadata.name"), p->ns };
	s->match_labels.n = 1;
	for (size_t i = 0; r && i < r->n_peers; i++)
		if (!r->peers[i].ip_block && !r->peers[i].ns_selector)
			r->peers[i].ns_selector = s;
	return r != NULL;
}

/* {namespaceSelector} with podSelector: {}. */
static bool all_pods_said(struct np_world *w, unsigned arg)
{
	struct np_policy *p;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);

	for (size_t i = 0; r && i < r->n_peers; i++)
		if (!r->peers[i].ip_block && !r->peers[i].pod_selector)
			r->peers[i].pod_selector = np_arena_alloc(&w->arena, sizeof(struct np_selector));
	return r != NULL;
}

/* p as p..p, a..b as two halves, any as 1..65535. */
static bool ports_otherwise(struct np_world *w, unsigned arg)
{
	struct np_policy *p;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);

	for (size_t i = 0, n = r ? r->n_ports : 0; i < n; i++) {
		struct np_port *port = &r->ports[i];

		if (port->kind == NP_PORT_RANGE && port->end_port > port->port) {
			r->ports[r->n_ports] = *port;
			port->end_port = (uint16_t)(port->port + (port->end_port - port->port) / 2);
			r->ports[r->n_ports++].port = (uint16_t)(port->end_port + 1);
		} else if (port->kind == NP_PORT_NUMBER) {
			port->kind = NP_PORT_RANGE;
			port->end_port = port->port;
		} else if (port->kind == NP_PORT_ANY) {
			*port = (struct np_port){ .proto = port->proto, .kind = NP_PORT_RANGE, .port = 1,
						  .end_port = 65535 };
		}
	}
	return r != NULL;
}

static bool directions_apart(struct np_world *w, unsigned arg)
{
	struct np_policy *q;

	if (!pick(w, arg)->types[NP_INGRESS] || !pick(w, arg)->types[NP_EGRESS])
		return false;
	q = add_copy(w, arg % (unsigned)w->n_policies);
	w->policies[arg % (w->n_policies - 1)].types[NP_EGRESS] = false;
	q->types[NP_INGRESS] = false;
	return true;
}

static bool drop_inert(struct np_world *w, unsigned arg)
{
	struct np_policy *p = pick(w, arg);

	for (int d = 0; d < NP_N_DIRS; d++)
		if (!p->types[d])
			p->n_rules[d] = 0;
	return true;
}

/* With an empty rule the others of the direction say nothing more. */
static bool empty_rule_alone(struct np_world *w, unsigned arg)
{
	struct np_policy *p;
	int d;
	struct np_rule *r = pick_rule(w, arg, &p, &d);

	for (size_t i = 0; r && i < p->n_rules[d]; i++)
		if (!p->rules[d][i].n_peers && !p->rules[d][i].n_ports) {
			p->n_rules[d] = 1;
			p->rules[d][0] = (struct np_rule){ .n_peers = 0 };
			return true;
		}
	return false;
}

const struct law laws[] = {
	{ "T01", LAW_SAME, rename_policies },	 { "T02 T03", LAW_SAME, reverse_lists },
	{ "T04", LAW_SAME, copy_of_policy },	 { "T05", LAW_SAME, rule_twice },
	{ "T06", LAW_SAME, rule_apart },	 { "T09", LAW_GROWS, append_rule },
	{ "T12", LAW_SHRINKS, remove_rule },	 { "T13", LAW_SHRINKS, default_deny },
	{ "T17", LAW_SHRINKS, more_excepts },	 { "T24", LAW_SAME, labels_to_requirements },
	{ "T29", LAW_SAME, own_namespace_by_name }, { "T30", LAW_SAME, all_pods_said },
	{ "T32 T33 T34", LAW_SAME, ports_otherwise }, { "T37", LAW_SAME, directions_apart },
	{ "T38", LAW_SAME, drop_inert },	 { "T42", LAW_SAME, empty_rule_alone },
};
const size_t n_laws = NP_ARRAY_SIZE(laws);
