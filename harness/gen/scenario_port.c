/* scenario_port.c - lists of ports whose bounds have listeners on both sides. */
#include "np/base/mem.h"
#include "scene.h"

enum { MANY_PORTS = 45 };

static struct np_port number(enum np_proto proto, uint16_t port)
{
	return (struct np_port){ .proto = proto, .kind = NP_PORT_NUMBER, .port = port };
}

static struct np_port any(enum np_proto proto)
{
	return (struct np_port){ .proto = proto, .kind = NP_PORT_ANY };
}

static struct np_port range(enum np_proto proto, uint16_t first, uint16_t last)
{
	return (struct np_port){
		.proto = proto, .kind = NP_PORT_RANGE, .port = first, .end_port = last
	};
}

static uint16_t some_number(struct scene *s)
{
	static const uint16_t numbers[] = { 80, 81, 8080 };

	return numbers[scene_below(s, NP_ARRAY_SIZE(numbers))];
}

/* A name that some pod has for the protocol in question, or for the other. */
static struct np_port some_name(struct scene *s)
{
	size_t at = scene_below(s, s->w.n_pods);

	for (size_t i = 0; i < s->w.n_pods; i++) {
		const struct np_pod *pod = &s->w.pods[(at + i) % s->w.n_pods];
		const struct np_container_port *p;

		if (!pod->n_ports)
			continue;
		p = &pod->ports[scene_below(s, pod->n_ports)];
		return (struct np_port){ .proto = scene_below(s, 5) ? p->proto : NP_TCP,
					 .kind = NP_PORT_NAME,
					 .name = np_arena_str(s->arena, p->name) };
	}
	return (struct np_port){ .kind = NP_PORT_NAME, .name = NP_STR("web") };
}

static struct np_port some_range(struct scene *s, enum np_proto proto)
{
	static const uint16_t bounds[][2] = { { 80, 82 },   { 80, 81 }, { 81, 81 },
					      { 81, 8080 }, { 1, 80 },	{ 82, 8079 } };
	static const uint16_t udp[][2] = { { 80, 81 }, { 81, 81 }, { 1, 80 } };
	size_t at = scene_below(s, NP_ARRAY_SIZE(bounds));

	if (proto == NP_UDP)
		return range(proto, udp[at % NP_ARRAY_SIZE(udp)][0],
			     udp[at % NP_ARRAY_SIZE(udp)][1]);
	return range(proto, bounds[at][0], bounds[at][1]);
}

/* So many that a list of fixed size is full before the last one, which counts. */
static void many(struct scene *s, struct np_rule *r)
{
	r->ports = np_arena_array(s->arena, MANY_PORTS, sizeof(*r->ports));
	for (r->n_ports = 0; r->n_ports + 2 < MANY_PORTS; r->n_ports++)
		r->ports[r->n_ports] = number(NP_TCP, (uint16_t)(9001 + 3 * r->n_ports));
	r->ports[r->n_ports++] = number(NP_UDP, 80);
	r->ports[r->n_ports++] = number(NP_TCP, some_number(s));
}

static void put(struct scene *s, struct np_rule *r, const struct np_port *ports, size_t n)
{
	size_t turn = scene_below(s, n);

	r->ports = np_arena_array(s->arena, n, sizeof(*ports));
	for (r->n_ports = 0; r->n_ports < n; r->n_ports++)
		r->ports[r->n_ports] = ports[(r->n_ports + turn) % n];
}

void scene_ports(struct scene *s, unsigned level, struct np_rule *r)
{
	const struct np_port sctp = scene_below(s, 2) ? number(NP_SCTP, 80) : any(NP_SCTP);
	const struct np_port one[] = {
		[PORTS_BARE] = any(NP_TCP),
		[PORTS_PROTOCOL] = any(scene_below(s, 3) ? NP_UDP : NP_TCP),
		[PORTS_NUMBER] = number(NP_TCP, some_number(s)),
		[PORTS_UDP] = number(NP_UDP, scene_below(s, 2) ? 80 : 81),
		[PORTS_RANGE] = some_range(s, scene_below(s, 4) ? NP_TCP : NP_UDP),
		[PORTS_TO_END] = range(NP_TCP, 8080, 65535),
		[PORTS_NAME] = some_name(s),
		[PORTS_NOWHERE] = { .kind = NP_PORT_NAME, .name = NP_STR("no-such-port") },
		[PORTS_SEVERAL] = number(NP_TCP, 80),
		[PORTS_ALL_TOO] = number(NP_TCP, some_number(s)),
		[PORTS_SCTP] = sctp,
	};
	const struct np_port several[] = { number(NP_TCP, 80), some_range(s, NP_TCP), some_name(s),
					   number(NP_UDP, 81) };
	const struct np_port all_too[] = { one[PORTS_ALL_TOO], any(NP_TCP), number(NP_UDP, 80) };

	if (level == PORTS_SEVERAL)
		put(s, r, several, NP_ARRAY_SIZE(several));
	else if (level == PORTS_ALL_TOO)
		put(s, r, all_too, NP_ARRAY_SIZE(all_too));
	else if (level == PORTS_MANY)
		many(s, r);
	else if (level > PORTS_EMPTY)
		put(s, r, &one[level], 1);
}

void scene_ports2(struct scene *s, unsigned level, struct np_rule *r)
{
	const struct np_port one[] = {
		[PORTS2_NUMBER] = number(NP_TCP, some_number(s)),
		[PORTS2_RANGE] = range(NP_TCP, 81, scene_below(s, 2) ? 82 : 8079),
		[PORTS2_NAME] = some_name(s),
		[PORTS2_UDP] = any(NP_UDP),
	};

	if (level > PORTS2_ABSENT)
		put(s, r, &one[level], 1);
}
