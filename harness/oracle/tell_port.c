/* tell_port.c - port items in words. */
#include "tell.h"

#include "classes.h"

void tell_item(struct teller *t, enum np_dir dir, const struct np_port *port)
{
	const char *proto = np_proto_name(port->proto);

	switch (port->kind) {
	case NP_PORT_ANY:
		tell(t, "every %s port", proto);
		tell_clause(t, 23);
		break;
	case NP_PORT_NUMBER:
		tell(t, "%s %u", proto, port->port);
		tell_clause(t, 21);
		break;
	case NP_PORT_RANGE:
		tell(t, "%s %u-%u", proto, port->port, port->end_port);
		tell_clause(t, 32);
		break;
	case NP_PORT_NAME:
		tell(t, "%s '", proto);
		tell_str(t, port->name);
		tell(t, "'");
		tell_clause(t, dir == NP_INGRESS ? 24 : 25);
		break;
	}
	if (port->proto == NP_SCTP)
		tell_note(t, 33);
}

/* Which numbers a name has on a pod. */
static void tell_numbers(struct teller *t, const struct np_pod *pod, const struct np_port *port)
{
	unsigned n = 0;

	for (size_t i = 0; i < pod->n_ports; i++) {
		const struct np_container_port *p = &pod->ports[i];

		if (p->proto != port->proto || !np_str_eq(p->name, port->name))
			continue;
		tell(t, "%s%u%s", n++ ? ", " : "the name is ", p->port,
		     p->ctr_kind == NP_CTR_REGULAR ? "" : " (in an init container, S30)");
	}
	if (!n)
		tell(t, "the destination pod has no %s port of that name", np_proto_name(port->proto));
	tell_clause(t, n ? 28 : 27);
}

static bool has_name_of_other_proto(const struct np_pod *pod, const struct np_port *port)
{
	for (size_t i = 0; i < pod->n_ports; i++)
		if (pod->ports[i].proto != port->proto && np_str_eq(pod->ports[i].name, port->name))
			return true;
	return false;
}

static void tell_name_miss(struct teller *t, const struct port_item *item, const struct np_port *port,
			   const struct np_side *side)
{
	uint32_t dst = side->dir == NP_INGRESS ? side->subject : side->other_pod;
	const struct np_pod *pod;

	if (dst == NONE) {
		tell(t, "the destination is no pod, the name means nothing there");
		tell_clause(t, 31);
		return;
	}
	pod = &t->e.o->world->pods[dst];
	tell_numbers(t, pod, port);
	if (has_name_of_other_proto(pod, port))
		tell_note(t, 26);
	if (item->divergent) {
		tell(t, ", and several numbers over the destinations");
		tell_clause(t, 25);
	}
}

void tell_item_miss(struct teller *t, const struct port_item *item, const struct np_port *port,
		    const struct np_side *side)
{
	if (port->proto != side->proto) {
		tell(t, "it is %s", np_proto_name(side->proto));
		tell_clause(t, 22);
		if (port->proto == NP_SCTP)
			tell_note(t, NP_CLAUSE_33B);
		return;
	}
	if (port->kind == NP_PORT_NAME) {
		tell_name_miss(t, item, port, side);
		return;
	}
	tell(t, "the port is %u", side->port);
	tell_clause(t, port->kind == NP_PORT_RANGE ? 32 : 21);
}
