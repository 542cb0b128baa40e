/*
 * place.c - where to probe: ports in every region that the policies of a case cut, out of those
 * that its world listens on. Every pod, node and outside address is an end anyway; which regions of
 * addresses there are is decided where blocks are made (scenario_block.c).
 */
#include "np/base/mem.h"
#include "scene.h"

struct wanted {
	const struct scene *s;
	bool take[64]; /* of scene_listens */
	bool sctp;
};

static void want(struct wanted *w, enum np_proto proto, unsigned port)
{
	for (size_t i = 0; i < scene_n_listens(); i++)
		if (scene_listens[i].proto == proto && scene_listens[i].port == port)
			w->take[i] = true;
}

/* The number itself under the other protocols: they are not to be mixed up. */
static void want_everywhere(struct wanted *w, unsigned port)
{
	for (int proto = 0; proto < NP_N_PROTOS; proto++)
		if (proto != NP_SCTP || w->sctp)
			want(w, (enum np_proto)proto, port);
}

/* Every number that the name has anywhere, under the protocols that it has there and in the policy.
 */
static void want_name(struct wanted *w, const struct np_port *p, const struct np_container_port *of,
		      size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (np_str_eq(of[i].name, p->name)) {
			want(w, of[i].proto, of[i].port);
			want(w, p->proto, of[i].port);
		}
}

static void want_port(struct wanted *w, const struct np_port *p)
{
	unsigned last = p->kind == NP_PORT_RANGE ? p->end_port : p->port;

	switch (p->kind) {
	case NP_PORT_ANY:
		want_everywhere(w, 81);
		break;
	case NP_PORT_NAME:
		for (size_t i = 0; i < w->s->w.n_pods; i++)
			want_name(w, p, w->s->w.pods[i].ports, w->s->w.pods[i].n_ports);
		want_name(w, p, w->s->made, w->s->n_made);
		break;
	default:
		want(w, p->proto, p->port - 1U);
		want_everywhere(w, p->port);
		want(w, p->proto, last);
		want(w, p->proto, last + 1);
		if (p->kind == NP_PORT_RANGE)
			want(w, p->proto,
			     p->port < 81 && last > 81 ? 81
			     : p->port + 1U <= last    ? p->port + 1U
						       : last);
		break;
	}
}

static void each_port(struct wanted *w, void (*fn)(struct wanted *, const struct np_port *))
{
	for (size_t i = 0; i < w->s->n_policies; i++) {
		const struct np_policy *p = &w->s->policies[i].p;

		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < p->n_rules[d]; r++)
				for (size_t k = 0; k < p->rules[d][r].n_ports; k++)
					fn(w, &p->rules[d][r].ports[k]);
	}
}

/* SCTP is a capability: asked for where a policy speaks of it. */
static void note_needs(struct wanted *w, const struct np_port *p)
{
	w->sctp |= p->proto == NP_SCTP;
	if (p->kind == NP_PORT_RANGE)
		w->s->c->needs |= NP_NEED_ENDPORT;
}

void scene_place_ports(struct scene *s)
{
	struct wanted w = { .s = s };
	struct np_case *c = s->c;

	each_port(&w, note_needs);
	if (w.sctp)
		c->needs |= NP_NEED_SCTP;
	want_everywhere(&w, 80);
	each_port(&w, want_port);
	c->ports = np_arena_array(s->arena, scene_n_listens(), sizeof(*c->ports));
	for (size_t i = 0; i < scene_n_listens(); i++)
		if (w.take[i])
			c->ports[c->n_ports++] =
				(struct np_expect_port){ .proto = scene_listens[i].proto,
							 .first = scene_listens[i].port,
							 .last = scene_listens[i].port };
}
