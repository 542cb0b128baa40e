/* services.c - Services to pods. */
#include "services.h"

/* The first pod of namespace @ns or of a later one. */
static size_t first_pod_from(const struct np_world *w, size_t ns)
{
	size_t lo = 0, hi = w->n_pods;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (w->pods[mid].ns_idx < ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void pods_of_namespace(const struct np_world *w, size_t ns, size_t *ret_first, size_t *ret_end)
{
	*ret_first = first_pod_from(w, ns);
	*ret_end = first_pod_from(w, ns + 1);
}

static bool is_behind(const struct np_oracle *o, const struct np_service *s, size_t pod)
{
	if (!o->pods[pod].runs)
		return false;
	for (size_t i = 0; i < s->selector.n; i++) {
		const struct np_str *v =
			np_labels_get(&o->world->pods[pod].labels, s->selector.items[i].key);

		if (!v || !np_str_eq(*v, s->selector.items[i].value))
			return false;
	}
	return true;
}

void service_compile(struct np_oracle *o, struct np_arena *arena, size_t at)
{
	const struct np_service *src = &o->world->services[at];
	size_t ns = np_world_find_namespace(o->world, src->ns), first, end, n = 0;
	uint32_t *pods;

	o->services[at] = (struct service){ .n_pods = 0 };
	if (ns == SIZE_MAX || src->selector.n == 0)
		return;
	pods_of_namespace(o->world, ns, &first, &end);
	for (size_t p = first; p < end; p++)
		n += is_behind(o, src, p);
	pods = np_arena_array(arena, n, sizeof(*pods));
	o->services[at] = (struct service){ pods, n };
	for (size_t p = first; p < end; p++)
		if (is_behind(o, src, p))
			*pods++ = (uint32_t)p;
}

void node_ports_compile(struct np_oracle *o)
{
	const struct np_world *w = o->world;
	size_t n = 0;

	for (size_t i = 0; i < w->n_services; i++)
		n += w->services[i].n_ports;
	o->node_ports = np_arena_array(&o->arena, n, sizeof(*o->node_ports));
	for (size_t i = 0; i < w->n_services; i++)
		for (size_t j = 0; j < w->services[i].n_ports; j++) {
			const struct np_service_port *p = &w->services[i].ports[j];

			if (p->node_port)
				o->node_ports[o->n_node_ports++] =
					(struct node_port){ p->proto, p->node_port, (uint32_t)i,
							    (uint32_t)j };
		}
}
