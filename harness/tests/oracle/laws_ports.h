/* laws_ports.h - private to test_laws.c: laws of ports and protocols. */
#ifndef NP_TESTS_ORACLE_LAWS_PORTS_H
#define NP_TESTS_ORACLE_LAWS_PORTS_H

#include "laws.h"

/* ---- ports ---- */

static bool wants_number(const struct np_port *p)
{
	return p->kind == NP_PORT_NUMBER;
}

static bool wants_range(const struct np_port *p)
{
	return p->kind == NP_PORT_RANGE && p->end_port > p->port;
}

static bool wants_any(const struct np_port *p)
{
	return p->kind == NP_PORT_ANY;
}

static bool t32_range_of_one(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_number, &r);

	if (!p)
		return false;
	p->kind = NP_PORT_RANGE;
	p->end_port = p->port;
	return true;
}

static bool t33_split_range(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_range, &r), *rest;
	uint16_t middle;

	if (!p)
		return false;
	middle = (uint16_t)(p->port + lw_below(l, (size_t)(p->end_port - p->port)));
	rest = &r->ports[r->n_ports++];
	*rest = *p;
	rest->port = (uint16_t)(middle + 1);
	p->end_port = middle;
	return true;
}

static bool t34_protocol_as_range(struct laws *l)
{
	struct np_rule *r;
	struct np_port *p = lw_find_port(l, wants_any, &r);

	if (!p)
		return false;
	p->kind = NP_PORT_RANGE;
	p->port = 1;
	p->end_port = 65535;
	return true;
}

static bool t35_three_protocols(struct laws *l)
{
	struct np_policy *p;
	enum np_dir dir;
	size_t at;
	struct np_rule *r;

	if (!lw_pick_rule(l, &p, &dir, &at) || p->rules[dir][at].n_ports)
		return false;
	r = &p->rules[dir][at];
	r->ports = np_arena_array(&l->b.arena, NP_N_PROTOS, sizeof(*r->ports));
	for (; r->n_ports < NP_N_PROTOS; r->n_ports++)
		r->ports[r->n_ports] = (struct np_port){ .proto = (enum np_proto)r->n_ports, .kind = NP_PORT_ANY };
	return true;
}

/* ---- protocols ---- */

/* A name that nothing asks for with SCTP. */
static bool t47_other_protocol(struct laws *l)
{
	struct np_rule *r;
	struct np_str name = NP_STR("web");

	for (size_t i = 0; i < l->b.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t k = 0; k < l->b.policies[i].n_rules[d]; k++) {
				r = &l->b.policies[i].rules[d][k];
				for (size_t q = 0; q < r->n_ports; q++) {
					if (r->ports[q].kind == NP_PORT_NAME && r->ports[q].proto == NP_SCTP)
						return false;
					if (r->ports[q].kind == NP_PORT_NAME)
						name = r->ports[q].name;
				}
			}
	for (size_t i = 0; i < l->b.n_services; i++)
		for (size_t k = 0; k < l->b.services[i].n_ports; k++)
			if (l->b.services[i].ports[k].proto == NP_SCTP && l->b.services[i].ports[k].target_name.n)
				return false;
	for (size_t i = 0; i < l->b.n_pods; i++) {
		struct np_pod *pod = &l->b.pods[i];

		pod->ports = lw_copy(&l->b, pod->ports, pod->n_ports, 1, sizeof(*pod->ports));
		pod->ports[pod->n_ports++] = (struct np_container_port){ .name = name, .proto = NP_SCTP,
									 .port = 80 };
	}
	return true;
}

static enum np_proto next_proto(enum np_proto p)
{
	return (enum np_proto)((p + 1) % NP_N_PROTOS);
}

static bool t48_permute_protocols(struct laws *l)
{
	struct np_world *w = &l->b;

	for (size_t i = 0; i < w->n_pods; i++) {
		w->pods[i].ports = lw_copy(w, w->pods[i].ports, w->pods[i].n_ports, 0, sizeof(*w->pods[i].ports));
		for (size_t k = 0; k < w->pods[i].n_ports; k++)
			w->pods[i].ports[k].proto = next_proto(w->pods[i].ports[k].proto);
	}
	for (size_t i = 0; i < w->n_services; i++) {
		w->services[i].ports = lw_copy(w, w->services[i].ports, w->services[i].n_ports, 0,
					       sizeof(*w->services[i].ports));
		for (size_t k = 0; k < w->services[i].n_ports; k++)
			w->services[i].ports[k].proto = next_proto(w->services[i].ports[k].proto);
	}
	for (size_t i = 0; i < w->n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < w->policies[i].n_rules[d]; r++)
				for (size_t k = 0; k < w->policies[i].rules[d][r].n_ports; k++) {
					struct np_port *p = &w->policies[i].rules[d][r].ports[k];

					p->proto = next_proto(p->proto);
				}
	return true;
}

static void permute_flow(const struct laws *l, struct np_flow *f)
{
	(void)l;
	f->proto = next_proto(f->proto);
}

#endif
