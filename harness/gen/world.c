/* world.c - namespaces, nodes, pods, Services, addresses outside. */
#include "draw.h"

#include <stdio.h>
#include <stdlib.h>

#include "np/base/mem.h"

/* First address of each kind of end, by family; the i-th end adds i. */
static const char *const pod_ips[] = { "10.0.0.1", "fd00::1" };
static const char *const node_ips[] = { "192.0.2.1", "2001:db8::1" };
static const char *const service_ips[] = { "10.96.0.1", "fd96::1" };
static const char *const external_ips[] = { "203.0.113.9", "2001:db8:1::9" };

static struct np_addr nth_addr(const char *first, size_t i)
{
	struct np_addr a;

	if (!np_addr_parse(np_str_from(first), &a) || !np_addr_add(&a, (int64_t)i, &a))
		abort();
	return a;
}

static void add_ips(const char *const firsts[2], unsigned families, size_t i, struct np_addr *ips,
		    size_t *n)
{
	for (unsigned f = 0; f < 2; f++)
		if (families >> f & 1)
			ips[(*n)++] = nth_addr(firsts[f], i);
}

/*
 * Names whose joins are equal (ab + c, a + bc), names at the limits, and ordinary ones. All of one
 * world are different.
 */
static struct np_str draw_ns_name(struct gen *g, size_t i)
{
	static const char *const concat[] = { "a", "ab", "a-b", "abc", "b", "a-b-c" };
	struct np_arena *arena = &g->w->arena;

	switch (g->names) {
	case NAMES_CONCAT:
		return i < NP_ARRAY_SIZE(concat) ? np_str_from(concat[i]) :
						   np_arena_printf(arena, "ab-%zu", i);
	case NAMES_LONG:
		return np_arena_printf(arena, "a-very-long-common-beginning-of-a-name-that-goes-to-"
					      "the-end-%02zu", i);
	case NAMES_SHORT:
		return np_arena_printf(arena, "%c", (int)('w' - i));
	default:
		return i == 1 ? NP_STR("default") : np_arena_printf(arena, "ns-%zu", i);
	}
}

static struct np_str draw_pod_name(struct gen *g, size_t i)
{
	static const char *const concat[] = { "bc", "c", "b-c", "c-d", "b", "-c" };
	struct np_arena *arena = &g->w->arena;

	if (g->names == NAMES_CONCAT && i < NP_ARRAY_SIZE(concat) - 1)
		return np_str_from(concat[i]);
	if (g->names == NAMES_SHORT && i < 26)
		return np_arena_printf(arena, "%c", (int)('a' + i));
	return np_arena_printf(arena, "pod-%zu", i);
}

static void draw_namespaces(struct gen *g)
{
	size_t n = gen_count(g, NP_DIM_NAMESPACES);

	for (size_t i = 0; i < n; i++) {
		struct np_namespace *ns = np_world_add_namespace(g->w);
		unsigned level = gen_draw(g, NP_DIM_NS_LABELS);

		ns->name = draw_ns_name(g, i);
		/* Its name is a label that the API server writes: no other value is possible. */
		gen_labels(g, level == LABELS_ODD ? LABELS_SEVERAL : level,
			   i ? &g->w->namespaces[gen_below(g, i)].labels : NULL, &ns->labels);
	}
}

static void draw_nodes(struct gen *g)
{
	size_t n = gen_count(g, NP_DIM_NODES);

	for (size_t i = 0; i < n; i++) {
		struct np_node *node = np_world_add_node(g->w);

		node->name = np_arena_printf(&g->w->arena, "node-%zu", i);
		add_ips(node_ips, g->families, i, node->ips, &node->n_ips);
	}
}

static void draw_externals(struct gen *g)
{
	static const uint8_t offsets[] = { 0, 1, 40, 200 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(offsets); i++) {
		struct np_external *ext = np_world_add_external(g->w);

		ext->name = np_arena_printf(&g->w->arena, "ext/%c", (int)('a' + i));
		add_ips(external_ips, g->families, offsets[i], ext->ips, &ext->n_ips);
	}
}

/* The name again, in another container. */
static void double_name(struct gen *g, const struct np_container_port *first,
			struct np_container_port *ret)
{
	ret->name = first->name;
	ret->proto = first->proto;
	for (unsigned i = 0; i < 3 && ret->port == first->port; i++)
		ret->port = g->numbers[gen_below(g, VOCAB_NUMBERS)];
	if (ret->ctr == first->ctr) {
		ret->ctr = first->ctr == CONTAINER_SECOND ? CONTAINER_FIRST : CONTAINER_SECOND;
		ret->ctr_kind = NP_CTR_REGULAR;
	}
}

static void draw_container_port(struct gen *g, struct np_pod *pod, size_t at)
{
	static const enum np_container_kind kinds[] = { [CONTAINER_FIRST] = NP_CTR_REGULAR,
							[CONTAINER_SECOND] = NP_CTR_REGULAR,
							[CONTAINER_SIDECAR] = NP_CTR_SIDECAR,
							[CONTAINER_INIT] = NP_CTR_INIT };
	struct np_container_port *p = &pod->ports[at];
	unsigned container = gen_draw(g, NP_DIM_CPORT_CONTAINER);
	unsigned name = gen_draw(g, NP_DIM_CPORT_NAME), word = gen_below(g, VOCAB_NAMES);
	bool other = gen_draw(g, NP_DIM_CPORT_NUMBER) == CPORT_NUMBER_OTHER;

	*p = (struct np_container_port){ .proto = gen_proto(g, NP_DIM_CPORT_PROTO),
					 .ctr_kind = kinds[container], .ctr = (uint16_t)container };
	p->port = g->numbers[other ? gen_below(g, VOCAB_NUMBERS) : word];
	if (name == CPORT_NAME_DOUBLE && at && pod->ports[at - 1].name.n) {
		double_name(g, &pod->ports[at - 1], p);
	} else if (name == CPORT_NAME_OWN) {
		p->name = NP_STR("own-0");
	} else if (name != CPORT_NAME_NONE) {
		p->name = g->port_names[word];
	}
}

/* A name may stand in a container only once; the rest lose theirs (S29 is about several containers). */
static void drop_doubled_names(struct np_pod *pod)
{
	for (size_t i = 0; i < pod->n_ports; i++)
		for (size_t k = 0; k < i; k++)
			if (pod->ports[i].ctr == pod->ports[k].ctr &&
			    np_str_eq(pod->ports[i].name, pod->ports[k].name))
				pod->ports[i].name = NP_STR_NONE;
}

/* Containers as a manifest lists them: regular ones, then init ones; the order of ports follows. */
static int cmp_containers(const void *a, const void *b)
{
	const struct np_container_port *x = a, *y = b;

	return (x->ctr > y->ctr) - (x->ctr < y->ctr);
}

static void draw_pod_ips(struct gen *g, struct np_pod *pod, size_t i)
{
	static const unsigned masks[] = { [POD_FAMILIES_ALL] = 3, [POD_FAMILIES_V4] = 1,
					  [POD_FAMILIES_V6] = 2, [POD_FAMILIES_NONE] = 0 };
	unsigned families = g->families & masks[gen_draw(g, NP_DIM_POD_FAMILIES)];
	unsigned ip = gen_draw(g, NP_DIM_POD_IP), network = gen_draw(g, NP_DIM_POD_NETWORK);
	size_t node = g->w->n_nodes ? gen_below(g, g->w->n_nodes) : 0;

	pod->host_network = network != NETWORK_POD;
	if (network == NETWORK_HOST_BARE)
		return;
	if (pod->host_network) {
		add_ips(node_ips, families, node, pod->ips, &pod->n_ips);
		return;
	}
	add_ips(pod_ips, families, ip == POD_IP_SHARED && i ? gen_below(g, i) : i, pod->ips, &pod->n_ips);
	if (ip == POD_IP_MAPPED && families == 1) {
		struct np_addr mapped = { .width = 16, .bytes = { [10] = 0xFF, [11] = 0xFF } };

		memcpy(mapped.bytes + 12, pod->ips[0].bytes, 4);
		pod->ips[0] = mapped;
	}
}

static struct np_str draw_node_name(struct gen *g)
{
	switch (gen_draw(g, NP_DIM_POD_NODE)) {
	case NODE_KNOWN:
		return g->w->n_nodes ? g->w->nodes[gen_below(g, g->w->n_nodes)].name : NP_STR_NONE;
	case NODE_NAMED:
		return NP_STR("elsewhere");
	default:
		return NP_STR_NONE;
	}
}

static void draw_pod(struct gen *g, size_t i)
{
	static const enum np_phase phases[] = { [PHASE_RUNNING] = NP_PHASE_RUNNING,
						[PHASE_PENDING] = NP_PHASE_PENDING,
						[PHASE_SUCCEEDED] = NP_PHASE_SUCCEEDED,
						[PHASE_FAILED] = NP_PHASE_FAILED,
						[PHASE_UNKNOWN] = NP_PHASE_UNKNOWN };
	struct np_pod *pod = np_world_add_pod(g->w);

	pod->ns = g->w->namespaces[gen_below(g, g->w->n_namespaces)].name;
	pod->name = draw_pod_name(g, i);
	gen_labels(g, gen_draw(g, NP_DIM_POD_LABELS), i ? &g->w->pods[gen_below(g, i)].labels : NULL,
		   &pod->labels);
	pod->phase = phases[gen_draw(g, NP_DIM_POD_PHASE)];
	draw_pod_ips(g, pod, i);
	pod->node = draw_node_name(g);
	pod->n_ports = gen_count(g, NP_DIM_POD_PORTS);
	pod->ports = np_arena_array(&g->w->arena, pod->n_ports, sizeof(*pod->ports));
	for (size_t k = 0; k < pod->n_ports; k++)
		draw_container_port(g, pod, k);
	if (pod->n_ports)
		qsort(pod->ports, pod->n_ports, sizeof(*pod->ports), cmp_containers);
	drop_doubled_names(pod);
}

static void draw_service_port(struct gen *g, struct np_service_port *p, size_t i)
{
	unsigned target = gen_draw(g, NP_DIM_SPORT_TARGET);

	p->proto = gen_proto(g, NP_DIM_CPORT_PROTO);
	p->port = g->numbers[gen_below(g, VOCAB_NUMBERS)];
	p->target_port = target == TARGET_SAME ? p->port : g->numbers[gen_below(g, VOCAB_NUMBERS)];
	if (target == TARGET_NAME)
		p->target_name = g->port_names[gen_below(g, VOCAB_NAMES)];
	if (gen_draw(g, NP_DIM_SPORT_NODE_PORT) == NODE_PORT_SET)
		p->node_port = (uint16_t)(30000 + i);
}

static void draw_service(struct gen *g, size_t i)
{
	struct np_service *s = np_world_add_service(g->w);
	unsigned selector = gen_draw(g, NP_DIM_SVC_SELECTOR);
	const struct np_pod *pod = &g->w->pods[gen_below(g, g->w->n_pods)];

	s->ns = pod->ns;
	s->name = np_arena_printf(&g->w->arena, "svc-%zu", i);
	if (selector == SVC_SELECTOR_POD && pod->labels.n)
		s->selector = (struct np_labels){ &pod->labels.items[gen_below(g, pod->labels.n)], 1 };
	else if (selector != SVC_SELECTOR_NONE)
		gen_labels(g, LABELS_ONE, NULL, &s->selector);
	if (gen_draw(g, NP_DIM_SVC_IP) == SVC_IP_CLUSTER)
		add_ips(service_ips, g->families, i, s->ips, &s->n_ips);
	s->n_ports = gen_count(g, NP_DIM_SVC_PORTS);
	s->ports = np_arena_array(&g->w->arena, s->n_ports, sizeof(*s->ports));
	for (size_t k = 0; k < s->n_ports; k++)
		draw_service_port(g, &s->ports[k], i * 8 + k);
}

static void link_world(struct gen *g)
{
	struct np_err err;

	if (np_world_link(g->w, &err) < 0)
		abort();	/* names of one world are different */
}

void np_gen_world(uint64_t seed, const struct np_gen_pins *pins, struct np_world *ret)
{
	static const unsigned families[] = { [FAMILIES_V4] = 1, [FAMILIES_V6] = 2, [FAMILIES_DUAL] = 3 };
	struct gen g;
	size_t n;

	np_world_init(ret);
	gen_init(&g, seed, pins, ret);
	g.families = families[gen_draw(&g, NP_DIM_FAMILIES)];
	g.names = gen_draw(&g, NP_DIM_NAMES);
	draw_namespaces(&g);
	draw_nodes(&g);
	draw_externals(&g);
	n = gen_count(&g, NP_DIM_PODS);
	for (size_t i = 0; i < n; i++)
		draw_pod(&g, i);
	n = gen_count(&g, NP_DIM_SERVICES);
	for (size_t i = 0; i < n; i++)
		draw_service(&g, i);
	link_world(&g);	/* namespaces get their name as a label, for selectors to find */
	gen_policies(&g);
	link_world(&g);
}

/* The families of the addresses that there are. */
static unsigned families_of(const struct np_world *w)
{
	unsigned families = 0;

	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; k < w->pods[i].n_ips; k++)
			families |= w->pods[i].ips[k].width == 4 ? 1U : 2U;
	return families ? families : 1;
}

/* Policies speak of what the world has. */
static void learn_words(struct gen *g)
{
	size_t n_names = 0, n_numbers = 0;

	for (size_t i = 0; i < g->w->n_pods; i++)
		for (size_t k = 0; k < g->w->pods[i].n_ports; k++) {
			const struct np_container_port *p = &g->w->pods[i].ports[k];

			if (p->name.n && gen_chance(g, 50))
				g->port_names[n_names++ % VOCAB_NAMES] = p->name;
			if (gen_chance(g, 50))
				g->numbers[n_numbers++ % VOCAB_NUMBERS] = p->port;
		}
}

void np_gen_policies(uint64_t seed, const struct np_gen_pins *pins, struct np_world *w)
{
	struct gen g;

	gen_init(&g, seed, pins, w);
	g.families = families_of(w);
	learn_words(&g);
	gen_policies(&g);
	link_world(&g);
}
