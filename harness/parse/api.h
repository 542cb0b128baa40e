/*
 * api.h - private to parse: API objects as the API server decodes them: presence kept, nothing
 * defaulted, nothing checked but JSON types. NetworkPolicy is described whole; of other kinds only
 * what the model needs.
 */
#ifndef NP_PARSE_API_H
#define NP_PARSE_API_H

#include "apply.h"

struct api_owner {
	struct cell at;
	struct api_str api_version, kind, name, uid;
	struct api_bool controller, block_deletion;
};

struct api_managed {
	struct cell at;
	struct api_str manager, operation, api_version, time, fields_type, subresource;
	struct cell fields_v1;
};

struct api_meta {
	struct cell at;
	struct api_str name, generate_name, ns, self_link, uid, resource_version, creation,
		deletion;
	struct api_int generation, grace_s;
	struct api_map labels, annotations;
	struct api_list owners;		/* api_owner */
	struct api_list finalizers;	/* api_str */
	struct api_list managed;	/* api_managed */
};

struct api_requirement {
	struct cell at;
	struct api_str key, op;
	struct api_list values;		/* api_str */
};

struct api_selector {
	struct cell at;
	struct api_map match_labels;
	struct api_list exprs;		/* api_requirement */
};

struct api_ipblock {
	struct cell at;
	struct api_str cidr;
	struct api_list excepts;	/* api_str */
};

struct api_peer {
	struct cell at;
	struct api_selector *pod_selector, *ns_selector;
	struct api_ipblock *ip_block;
};

struct api_port {
	struct cell at;
	struct api_str protocol;
	struct api_intstr port;
	struct api_int end_port;
};

struct api_rule {
	struct cell at;
	struct api_list ports;		/* api_port */
	struct api_list peers;		/* api_peer: "from" or "to" */
};

struct api_policy_spec {
	struct cell at;
	struct api_selector pod_selector;
	struct api_list ingress, egress;	/* api_rule */
	struct api_list policy_types;		/* api_str */
};

struct api_policy {
	struct cell at;
	struct api_str api_version, kind;
	struct api_meta meta;
	struct api_policy_spec spec;
};

struct api_namespace {
	struct cell at;
	struct api_meta meta;
};

struct api_node_addr {
	struct cell at;
	struct api_str type, addr;
};

struct api_node {
	struct cell at;
	struct api_meta meta;
	struct api_node_status {
		struct cell at;
		struct api_list addrs;	/* api_node_addr */
	} status;
};

struct api_container_port {
	struct cell at;
	struct api_str name, protocol;
	struct api_int port;
};

struct api_container {
	struct cell at;
	struct api_str restart;
	struct api_list ports;	/* api_container_port */
};

struct api_ip {
	struct cell at;
	struct api_str ip;
};

struct api_pod {
	struct cell at;
	struct api_meta meta;
	struct api_pod_spec {
		struct cell at;
		struct api_str node;
		struct api_bool host_network;
		struct api_list containers, inits;	/* api_container */
	} spec;
	struct api_pod_status {
		struct cell at;
		struct api_str phase, pod_ip, host_ip;
		struct api_list pod_ips, host_ips;	/* api_ip */
	} status;
};

struct api_service_port {
	struct cell at;
	struct api_str name, protocol;
	struct api_int port, node_port;
	struct api_intstr target;
};

struct api_service {
	struct cell at;
	struct api_meta meta;
	struct api_service_spec {
		struct cell at;
		struct api_str cluster_ip;
		struct api_list cluster_ips;	/* api_str */
		struct api_list ports;		/* api_service_port */
		struct api_map selector;
	} spec;
};

/* What kubectl looks at itself, of any kind: a struct api_policy without its spec. */
extern const struct api_type api_envelope_type;
extern const struct api_type api_policy_type, api_namespace_type, api_node_type, api_pod_type,
	api_service_type;

#endif
