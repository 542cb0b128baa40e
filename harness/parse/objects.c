/* objects.c - Namespace, Node, Pod and Service: what the model needs of them. */
#include "convert.h"

int convert_namespace(struct convert *c, const struct api_namespace *in, struct np_namespace *ret)
{
	struct np_namespace ns = { .place = convert_place(c, &in->at) };

	if (convert_names(c, &in->meta, &in->at, NULL, &ns.name) ||
	    convert_labels(c, &in->meta.labels, &ns.labels))
		return -1;
	*ret = ns;
	return 0;
}

/* Adds one address; a repeated one is taken once. */
static int add_ip(struct convert *c, const struct api_str *in, const char *field,
		  struct np_addr *ips, size_t *n)
{
	struct np_addr a;

	if (!np_addr_parse(in->s, &a))
		return convert_refuse(c, &in->at, field, "'" NP_STR_FMT "' is not an IP address",
				      NP_STR_ARG(in->s));
	for (size_t i = 0; i < *n; i++)
		if (np_addr_eq(&ips[i], &a))
			return 0;
	if (*n == NP_WORLD_MAX_IPS)
		return convert_refuse(c, &in->at, field, "more than %d addresses",
				      NP_WORLD_MAX_IPS);
	ips[(*n)++] = a;
	return 0;
}

/*
 * A list of {ip: ..}, or the single field beside it that old servers and hand-written files have. /
 */
static int add_ips(struct convert *c, const struct api_list *list, const char *list_name,
		   const struct api_str *single, const char *single_name, struct np_addr *ips,
		   size_t *n)
{
	const struct api_ip *items = list->items;
	char field[64];

	for (size_t i = 0; i < list->n; i++) {
		snprintf(field, sizeof(field), "%s[%zu].ip", list_name, i);
		if (add_ip(c,
			   items[i].ip.at.line ? &items[i].ip
					       : &(struct api_str){ .at = items[i].at },
			   field, ips, n))
			return -1;
	}
	return single->s.n ? add_ip(c, single, single_name, ips, n) : 0;
}

int convert_node(struct convert *c, const struct api_node *in, struct np_node *ret)
{
	const struct api_node_addr *addrs = in->status.addrs.items;
	struct np_node node = { .place = convert_place(c, &in->at) };
	char field[64];

	if (convert_names(c, &in->meta, &in->at, NULL, &node.name) ||
	    convert_labels(c, &in->meta.labels, &node.labels))
		return -1;
	for (size_t i = 0; i < in->status.addrs.n; i++) {
		snprintf(field, sizeof(field), "status.addresses[%zu].address", i);
		if (np_str_is(addrs[i].type.s, "InternalIP") &&
		    add_ip(c, &addrs[i].addr, field, node.ips, &node.n_ips))
			return -1;
	}
	*ret = node;
	return 0;
}

static int convert_phase(struct convert *c, const struct api_str *in, enum np_phase *ret)
{
	static const char *const names[] = {
		[NP_PHASE_PENDING] = "Pending",	    [NP_PHASE_RUNNING] = "Running",
		[NP_PHASE_SUCCEEDED] = "Succeeded", [NP_PHASE_FAILED] = "Failed",
		[NP_PHASE_UNKNOWN] = "Unknown",
	};

	*ret = NP_PHASE_RUNNING;
	if (!in->s.n)
		return 0;
	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++)
		if (np_str_is(in->s, names[i])) {
			*ret = (enum np_phase)i;
			return 0;
		}
	return convert_refuse(c, &in->at, "status.phase",
			      "phase '" NP_STR_FMT
			      "' is not one of Pending, Running, Succeeded, Failed, Unknown",
			      NP_STR_ARG(in->s));
}

static int convert_number(struct convert *c, const struct api_int *in, const struct cell *owner,
			  const char *field, uint16_t *ret)
{
	if (in->v < 1 || in->v > UINT16_MAX)
		return convert_refuse(c, in->at.line ? &in->at : owner, field,
				      "%s must be between 1 and 65535", field);
	*ret = (uint16_t)in->v;
	return 0;
}

/* An empty protocol is an absent one here: Go has no pointer for it. */
static int convert_plain_proto(struct convert *c, const struct api_str *in, enum np_proto *ret)
{
	*ret = NP_TCP;
	return in->s.n ? convert_proto(c, in, ret) : 0;
}

static int convert_container(struct convert *c, const struct api_container *in,
			     enum np_container_kind kind, uint16_t number, struct np_pod *pod)
{
	const struct api_container_port *ports = in->ports.items;

	for (size_t i = 0; i < in->ports.n; i++) {
		struct np_container_port p = { .ctr_kind = kind, .ctr = number };
		size_t old = convert_enter(c, ".ports[%zu]", i);

		if (convert_str(c, ports[i].name.s, &p.name) ||
		    convert_plain_proto(c, &ports[i].protocol, &p.proto) ||
		    convert_number(c, &ports[i].port, &ports[i].at, "containerPort", &p.port))
			return -1;
		convert_leave(c, old);
		pod->ports[pod->n_ports++] = p;
	}
	return 0;
}

static int convert_containers(struct convert *c, const struct api_list *list, bool init,
			      size_t first, struct np_pod *pod)
{
	const struct api_container *ctrs = list->items;

	for (size_t i = 0; i < list->n; i++) {
		enum np_container_kind kind = !init ? NP_CTR_REGULAR
					      : np_str_is(ctrs[i].restart.s, "Always")
						      ? NP_CTR_SIDECAR
						      : NP_CTR_INIT;
		size_t old =
			convert_enter(c, "spec.%s[%zu]", init ? "initContainers" : "containers", i);

		if (first + i > UINT16_MAX)
			return convert_refuse(c, &ctrs[i].at, "", "more than 65536 containers");
		if (convert_container(c, &ctrs[i], kind, (uint16_t)(first + i), pod))
			return -1;
		convert_leave(c, old);
	}
	return 0;
}

static size_t count_ports(const struct api_list *list)
{
	const struct api_container *ctrs = list->items;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += ctrs[i].ports.n;
	return n;
}

int convert_pod(struct convert *c, const struct api_pod *in, struct np_pod *ret)
{
	struct np_pod pod = {
		.host_network = in->spec.host_network.v,
		.ns_idx = SIZE_MAX,
		.node_idx = SIZE_MAX,
		.place = convert_place(c, &in->at),
	};
	const struct api_list *ctrs = &in->spec.containers, *inits = &in->spec.inits;

	if (convert_names(c, &in->meta, &in->at, &pod.ns, &pod.name) ||
	    convert_str(c, in->spec.node.s, &pod.node) ||
	    convert_labels(c, &in->meta.labels, &pod.labels) ||
	    convert_phase(c, &in->status.phase, &pod.phase) ||
	    add_ips(c, &in->status.pod_ips, "status.podIPs", &in->status.pod_ip, "status.podIP",
		    pod.ips, &pod.n_ips))
		return -1;
	/* A host network pod has its node's addresses, whether the kubelet repeated them or not. */
	if (pod.host_network && !pod.n_ips &&
	    add_ips(c, &in->status.host_ips, "status.hostIPs", &in->status.host_ip, "status.hostIP",
		    pod.ips, &pod.n_ips))
		return -1;
	pod.ports = np_arena_array(c->arena, count_ports(ctrs) + count_ports(inits),
				   sizeof(*pod.ports));
	if (convert_containers(c, ctrs, false, 0, &pod) ||
	    convert_containers(c, inits, true, ctrs->n, &pod))
		return -1;
	*ret = pod;
	return 0;
}

static int convert_target(struct convert *c, const struct api_intstr *in,
			  struct np_service_port *ret)
{
	const struct api_int number = { in->at, in->v };

	if (in->at.set && in->is_str && in->s.n)
		return convert_str(c, in->s, &ret->target_name);
	if (!in->at.set || in->v == 0) {
		ret->target_port = ret->port; /* the API server's default */
		return 0;
	}
	return convert_number(c, &number, &in->at, "targetPort", &ret->target_port);
}

static int convert_service_port(struct convert *c, const struct api_service_port *in,
				struct np_service_port *ret)
{
	if (convert_str(c, in->name.s, &ret->name) ||
	    convert_plain_proto(c, &in->protocol, &ret->proto) ||
	    convert_number(c, &in->port, &in->at, "port", &ret->port) ||
	    convert_target(c, &in->target, ret))
		return -1;
	return in->node_port.v
		       ? convert_number(c, &in->node_port, &in->at, "nodePort", &ret->node_port)
		       : 0;
}

/* "None" makes a Service headless, "" is one that no server has seen yet. */
static bool is_address(const struct api_str *ip)
{
	return ip->s.n && !np_str_is(ip->s, "None");
}

static int convert_cluster_ips(struct convert *c, const struct api_service_spec *in,
			       struct np_service *ret)
{
	const struct api_str *ips = in->cluster_ips.items;
	char field[48];

	for (size_t i = 0; i < in->cluster_ips.n; i++) {
		snprintf(field, sizeof(field), "spec.clusterIPs[%zu]", i);
		if (is_address(&ips[i]) && add_ip(c, &ips[i], field, ret->ips, &ret->n_ips))
			return -1;
	}
	if (!is_address(&in->cluster_ip))
		return 0;
	return add_ip(c, &in->cluster_ip, "spec.clusterIP", ret->ips, &ret->n_ips);
}

int convert_service(struct convert *c, const struct api_service *in, struct np_service *ret)
{
	const struct api_service_port *ports = in->spec.ports.items;
	struct np_service s = { .place = convert_place(c, &in->at) };

	if (convert_names(c, &in->meta, &in->at, &s.ns, &s.name) ||
	    convert_cluster_ips(c, &in->spec, &s) ||
	    convert_labels(c, &in->spec.selector, &s.selector))
		return -1;
	s.n_ports = in->spec.ports.n;
	s.ports = np_arena_array(c->arena, s.n_ports, sizeof(*s.ports));
	for (size_t i = 0; i < s.n_ports; i++) {
		size_t old = convert_enter(c, "spec.ports[%zu]", i);

		if (convert_service_port(c, &ports[i], &s.ports[i]))
			return -1;
		convert_leave(c, old);
	}
	*ret = s;
	return 0;
}
