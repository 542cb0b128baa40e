/* policy.c - policies over the whole grammar. */
#include "draw.h"

#include "np/base/mem.h"

static void draw_peer(struct gen *g, struct np_peer *p)
{
	unsigned level = gen_draw(g, NP_DIM_PEER_FORM);
	struct np_selector *s;

	*p = (struct np_peer){ 0 };
	if (level == PEER_BLOCK) {
		p->ip_block = gen_block(g);
		return;
	}
	if (level != PEER_POD) {
		s = np_arena_alloc(&g->w->arena, sizeof(*s));
		gen_selector(g, true, s);
		p->ns_selector = s;
	}
	if (level != PEER_NS) {
		s = np_arena_alloc(&g->w->arena, sizeof(*s));
		gen_selector(g, false, s);
		p->pod_selector = s;
	}
}

static uint16_t used_number(struct gen *g)
{
	const struct np_pod *pod;

	if (!g->w->n_pods || gen_chance(g, 40))
		return g->numbers[gen_below(g, VOCAB_NUMBERS)];
	pod = &g->w->pods[gen_below(g, g->w->n_pods)];
	return pod->n_ports ? pod->ports[gen_below(g, pod->n_ports)].port : g->numbers[0];
}

static uint16_t draw_number(struct gen *g)
{
	uint16_t n = used_number(g);

	switch (gen_draw(g, NP_DIM_PORT_NUMBER)) {
	case NUMBER_NEXT_TO_USED:
		return n > 1 && (n == 65535 || gen_chance(g, 50)) ? (uint16_t)(n - 1) : (uint16_t)(n + 1);
	case NUMBER_LOWEST:
		return 1;
	case NUMBER_HIGHEST:
		return 65535;
	default:
		return n;
	}
}

static void draw_range(struct gen *g, struct np_port *p)
{
	uint16_t n = draw_number(g);
	unsigned below = gen_below(g, n < 40 ? n : 40), left = 65535U - n;

	p->port = p->end_port = n;
	switch (gen_draw(g, NP_DIM_PORT_RANGE)) {
	case RANGE_SHORT:
		p->end_port = (uint16_t)(n + gen_below(g, left < 20 ? left + 1 : 20));
		break;
	case RANGE_FROM_BELOW:
		p->port = (uint16_t)(n - below);
		break;
	case RANGE_TO_END:
		p->end_port = 65535;
		break;
	case RANGE_EVERYTHING:
		p->port = 1;
		p->end_port = 65535;
		break;
	default:
		break;
	}
}

static struct np_str draw_name(struct gen *g)
{
	switch (gen_draw(g, NP_DIM_PORT_NAME)) {
	case PORT_NAME_OWN:
		return NP_STR("own-0");
	case PORT_NAME_NOWHERE:
		return NP_STR("no-such-port");
	default:
		return g->port_names[gen_below(g, VOCAB_NAMES)];
	}
}

static void draw_port(struct gen *g, struct np_port *p)
{
	static const enum np_port_kind kinds[] = { [PORT_ANY] = NP_PORT_ANY,
						   [PORT_NUMBER] = NP_PORT_NUMBER,
						   [PORT_RANGE] = NP_PORT_RANGE,
						   [PORT_NAME] = NP_PORT_NAME };

	*p = (struct np_port){ .kind = kinds[gen_draw(g, NP_DIM_PORT_FORM)],
			       .proto = gen_proto(g, NP_DIM_PORT_PROTO) };
	if (p->kind == NP_PORT_NUMBER)
		p->port = draw_number(g);
	else if (p->kind == NP_PORT_RANGE)
		draw_range(g, p);
	else if (p->kind == NP_PORT_NAME)
		p->name = draw_name(g);
}

static void draw_rule(struct gen *g, struct np_rule *r)
{
	r->n_peers = gen_count(g, NP_DIM_RULE_PEERS);
	r->n_ports = gen_count(g, NP_DIM_RULE_PORTS);
	r->peers = np_arena_array(&g->w->arena, r->n_peers, sizeof(*r->peers));
	r->ports = np_arena_array(&g->w->arena, r->n_ports, sizeof(*r->ports));
	for (size_t i = 0; i < r->n_peers; i++)
		draw_peer(g, &r->peers[i]);
	for (size_t i = 0; i < r->n_ports; i++)
		draw_port(g, &r->ports[i]);
}

static struct np_str draw_ns(struct gen *g)
{
	const struct np_world *w = g->w;

	if (gen_draw(g, NP_DIM_POLICY_NS) == POLICY_NS_OF_POD && w->n_pods)
		return w->pods[gen_below(g, w->n_pods)].ns;
	return w->namespaces[gen_below(g, w->n_namespaces)].name;
}

/* Rules stand in a direction that is not listed, too: then without effect. */
static void draw_policy(struct gen *g, size_t at)
{
	struct np_str ns = draw_ns(g);
	struct np_policy *p = np_world_add_policy(g->w);
	unsigned types = gen_draw(g, NP_DIM_POLICY_TYPES);

	p->ns = ns;
	p->name = np_arena_printf(&g->w->arena, "np-%zu", at);
	gen_selector(g, false, &p->pod_selector);
	p->types[NP_INGRESS] = types != TYPES_EGRESS;
	p->types[NP_EGRESS] = types != TYPES_INGRESS;
	for (int d = 0; d < NP_N_DIRS; d++) {
		if (!p->types[d] && gen_chance(g, 60))
			continue;
		p->n_rules[d] = gen_count(g, NP_DIM_POLICY_RULES);
		p->rules[d] = np_arena_array(&g->w->arena, p->n_rules[d], sizeof(struct np_rule));
		for (size_t i = 0; i < p->n_rules[d]; i++)
			draw_rule(g, &p->rules[d][i]);
	}
}

void gen_policies(struct gen *g)
{
	size_t n = gen_count(g, NP_DIM_POLICIES);

	for (size_t i = 0; i < n && g->w->n_namespaces; i++)
		draw_policy(g, i);
}
