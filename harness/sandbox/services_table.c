/* Where service ports lead. The contract is in services_table.h. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "services.h"
#include "services_table.h"

/* An element of a list of addresses: plain text or an object with the key ip. */
static const char *list_text(const json_t *item)
{
	return json_is_string(item) ? json_string_value(item) : np_json_str(item, "ip", NULL);
}

bool np_svc_list_ip(const json_t *list, unsigned family, struct np_addr *ret)
{
	unsigned width = family == 0 ? 4 : 16;
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		const char *text = list_text(item);
		struct np_addr ip;

		if (text && np_addr_parse(np_str_from(text), &ip) && ip.width == width) {
			*ret = ip;
			return true;
		}
	}
	return false;
}

/* A service without selector has no backends here: nobody writes Endpoints. */
bool np_svc_selects(const json_t *service, const json_t *pod)
{
	const json_t *selector = np_json_at(service, "spec/selector");
	const json_t *labels = np_json_at(pod, "metadata/labels");
	const char *key;
	json_t *value;

	if (json_object_size(selector) == 0 ||
	    strcmp(np_json_str(pod, "status/phase", ""), "Running") != 0 ||
	    np_json_str(pod, "metadata/deletionTimestamp", NULL) ||
	    strcmp(np_json_str(service, "metadata/namespace", ""),
		   np_json_str(pod, "metadata/namespace", "")) != 0)
		return false;
	json_object_foreach((json_t *)selector, key, value) {
		if (!json_equal(json_object_get(labels, key), value))
			return false;
	}
	return true;
}

/* The number of a port name: in whichever container has it for this protocol. */
static bool named_port(const json_t *pod, const char *name, const char *proto, uint16_t *ret)
{
	size_t i, k;
	json_t *ctr, *port;

	json_array_foreach(np_json_at(pod, "spec/containers"), i, ctr) {
		json_array_foreach(json_object_get(ctr, "ports"), k, port) {
			if (strcmp(np_json_str(port, "name", ""), name) != 0 ||
			    strcmp(np_json_str(port, "protocol", "TCP"), proto) != 0)
				continue;
			*ret = (uint16_t)np_json_int(port, "containerPort", 0);
			return *ret != 0;
		}
	}
	return false;
}

static bool target_port(const json_t *svc_port, const json_t *pod, uint16_t *ret)
{
	const json_t *target = json_object_get(svc_port, "targetPort");

	if (json_is_string(target))
		return named_port(pod, json_string_value(target),
				  np_json_str(svc_port, "protocol", "TCP"), ret);
	*ret = (uint16_t)(json_is_integer(target) ? json_integer_value(target)
						  : np_json_int(svc_port, "port", 0));
	return *ret != 0;
}

static int backend_cmp(const void *a, const void *b)
{
	const struct np_svc_backend *x = a, *y = b;
	int c = np_addr_cmp(&x->ip, &y->ip);

	return c ? c : (int)x->port - (int)y->port;
}

static void add_backends(struct np_svc_port *p, const json_t *service, const json_t *svc_port,
			 const json_t *pods)
{
	unsigned family = p->ip.width == 16;
	size_t i;
	json_t *pod;

	json_array_foreach(pods, i, pod) {
		struct np_svc_backend b;

		if (p->n_backends == NP_SERVICES_MAX_BACKENDS || !np_svc_selects(service, pod) ||
		    !np_svc_list_ip(np_json_at(pod, "status/podIPs"), family, &b.ip) ||
		    !target_port(svc_port, pod, &b.port))
			continue;
		p->backends =
			np_grow(p->backends, &p->cap_backends, p->n_backends, sizeof(*p->backends));
		p->backends[p->n_backends++] = b;
	}
	if (p->n_backends > 1)
		qsort(p->backends, p->n_backends, sizeof(*p->backends), backend_cmp);
}

static void add_ports(struct np_svc_table *t, const json_t *service, const struct np_addr *ip,
		      const json_t *pods)
{
	size_t i;
	json_t *svc_port;

	json_array_foreach(np_json_at(service, "spec/ports"), i, svc_port) {
		struct np_svc_port p = { .ip = *ip,
					 .port = (uint16_t)np_json_int(svc_port, "port", 0) };

		if (i == NP_SERVICES_MAX_PORTS)
			break;
		if (!p.port ||
		    !np_proto_parse(np_str_from(np_json_str(svc_port, "protocol", "TCP")),
				    &p.proto))
			continue;
		add_backends(&p, service, svc_port, pods);
		t->ports = np_grow(t->ports, &t->cap, t->n, sizeof(*t->ports));
		t->ports[t->n++] = p;
	}
}

static int port_cmp(const void *a, const void *b)
{
	const struct np_svc_port *x = a, *y = b;
	int c = np_addr_cmp(&x->ip, &y->ip);

	if (c)
		return c;
	return x->proto != y->proto ? (int)x->proto - (int)y->proto : (int)x->port - (int)y->port;
}

/*
 * The API gives every service its own address, so doubles come from broken input only; still the
 * ruleset must load.
 */
static void drop_doubles(struct np_svc_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (n > 0 && port_cmp(&t->ports[n - 1], &t->ports[i]) == 0)
			free(t->ports[i].backends);
		else
			t->ports[n++] = t->ports[i];
	}
	t->n = n;
}

void np_svc_table_build(const json_t *services, const json_t *pods, struct np_svc_table *ret)
{
	size_t i;
	json_t *service;

	*ret = (struct np_svc_table){ 0 };
	json_array_foreach(services, i, service) {
		for (unsigned family = 0; family < 2; family++) {
			struct np_addr ip;

			if (np_svc_list_ip(np_json_at(service, "spec/clusterIPs"), family, &ip))
				add_ports(ret, service, &ip, pods);
		}
	}
	if (ret->n > 1)
		qsort(ret->ports, ret->n, sizeof(*ret->ports), port_cmp);
	drop_doubles(ret);
}

void np_svc_table_release(struct np_svc_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->ports[i].backends);
	free(t->ports);
	*t = (struct np_svc_table){ 0 };
}
