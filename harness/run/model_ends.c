/* model_ends.c - the ends of a case's table on made-up addresses. */
#include "model_ends.h"

#include "np/base/mem.h"
#include "np/target/caseobjects.h"

struct collect {
	const struct np_case *c;
	const struct np_worldfile *worldfile;
	const struct np_expect_port *shared;
	size_t n_shared;
	const struct np_world *w;
	struct np_arena *arena;
	struct np_me_ends *ends;
};

static struct np_me_end *add(struct collect *k, struct np_str name)
{
	struct np_me_ends *e = k->ends;

	e->items = np_grow(e->items, &e->cap, e->n, sizeof(*e->items));
	e->items[e->n] =
		(struct np_me_end){ .name = name, .ports = k->shared, .n_ports = k->n_shared };
	return &e->items[e->n++];
}

static void add_dns(struct collect *k, size_t pod)
{
	static const struct np_expect_port ports[] = {
		{ .proto = NP_UDP, .first = 53, .last = 53 },
		{ .proto = NP_TCP, .first = 53, .last = 53 }
	};
	struct np_me_end *e;

	if (!(k->c->needs & NP_NEED_DNS))
		return;
	e = add(k, NP_STR("dns"));
	e->end = (struct np_end){ .kind = NP_END_POD, .idx = pod };
	e->ports = ports;
	e->n_ports = NP_ARRAY_SIZE(ports);
}

static void add_pod(struct collect *k, size_t at)
{
	const struct np_pod *pod = &k->w->pods[at];
	bool fixture = np_str_is(pod->ns, NP_OBJECTS_HOST_NS);
	struct np_me_end *e;

	if (pod->phase != NP_PHASE_RUNNING)
		return;
	if (np_str_is(pod->ns, NP_OBJECTS_DNS_NS)) {
		add_dns(k, at);
		return;
	}
	e = add(k, fixture ? (np_str_is(pod->name, "node-a") ? NP_STR("node/a") : NP_STR("node/b"))
			   : np_arena_printf(k->arena, NP_STR_FMT "/" NP_STR_FMT,
					     NP_STR_ARG(pod->ns), NP_STR_ARG(pod->name)));
	e->end = (struct np_end){ .kind = NP_END_POD, .idx = at };
	e->source = true;
	e->is_pod = !pod->host_network;
	if (e->is_pod) {
		e->ports = k->worldfile->ports;
		e->n_ports = k->worldfile->n_ports;
	}
}

static void add_external(struct collect *k, const struct np_external *x)
{
	struct np_me_end *e = add(k, np_arena_str(k->arena, x->name));

	e->end.kind = NP_END_ADDR;
	e->source = true;
	for (int f = 0; f < 2; f++)
		if (np_external_ip(x, f ? 6 : 4))
			e->ips[f] = *np_external_ip(x, f ? 6 : 4);
}

static void add_service(struct collect *k, size_t at)
{
	const struct np_service *s = &k->w->services[at];
	bool dns = np_str_is(s->ns, NP_OBJECTS_DNS_NS);
	struct np_expect_port *ports;
	struct np_me_end *e;

	if (!(k->c->needs & NP_NEED_SERVICES) || !s->n_ips || (dns && !(k->c->needs & NP_NEED_DNS)))
		return;
	ports = np_arena_array(k->arena, s->n_ports + 1, sizeof(*ports));
	for (size_t i = 0; i < s->n_ports; i++)
		ports[i] = (struct np_expect_port){ .proto = s->ports[i].proto,
						    .first = s->ports[i].port };
	e = add(k, dns ? NP_STR("svc:dns")
		       : np_arena_printf(k->arena, "svc:" NP_STR_FMT "/" NP_STR_FMT,
					 NP_STR_ARG(s->ns), NP_STR_ARG(s->name)));
	e->end = (struct np_end){ .kind = NP_END_SERVICE, .idx = at };
	e->ports = ports;
	e->n_ports = s->n_ports;
}

void np_me_collect(const struct np_case *c, const struct np_worldfile *worldfile,
		   const struct np_expect_port *shared, size_t n_shared,
		   const struct np_world *world, struct np_arena *arena, struct np_me_ends *ret)
{
	struct collect k = { c, worldfile, shared, n_shared, world, arena, ret };

	ret->n = 0;
	for (size_t i = 0; i < world->n_pods; i++)
		add_pod(&k, i);
	for (size_t i = 0; i < world->n_externals; i++)
		add_external(&k, &world->externals[i]);
	for (size_t i = 0; i < world->n_services; i++)
		add_service(&k, i);
}

struct np_end np_me_flow_end(const struct np_me_end *end, int family)
{
	struct np_end e = end->end;

	if (e.kind == NP_END_ADDR)
		e.addr = end->ips[family == 6];
	return e;
}

bool np_me_listens(const struct np_me_end *end, enum np_proto proto, uint16_t port)
{
	for (size_t i = 0; i < end->n_ports; i++)
		if (end->ports[i].proto == proto && end->ports[i].first == port)
			return true;
	return false;
}
