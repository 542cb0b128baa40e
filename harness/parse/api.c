/* api.c - the tables behind api.h. */
#include "api.h"

#define F(type, json, member, kind_) \
	{ .name = json, .kind = kind_, .at = offsetof(struct type, member) }
#define PTR(type, json, member, kind_) \
	{ .name = json, .kind = kind_, .ptr = true, .at = offsetof(struct type, member) }
#define NAMED(type, json, member, ptr_, go_) \
	{ .name = json, .kind = API_STRING, .ptr = ptr_, .at = offsetof(struct type, member), \
	  .go = go_ }
#define SUB(type, json, member, kind_, sub_) \
	{ .name = json, .kind = kind_, .at = offsetof(struct type, member), .sub = sub_ }

static const struct api_field owner_fields[] = {
	F(api_owner, "apiVersion", api_version, API_STRING),
	F(api_owner, "kind", kind, API_STRING),
	F(api_owner, "name", name, API_STRING),
	NAMED(api_owner, "uid", uid, false, "types.UID"),
	PTR(api_owner, "controller", controller, API_BOOL),
	PTR(api_owner, "blockOwnerDeletion", block_deletion, API_BOOL),
};
static const struct api_type owner_type = API_TYPE(owner_fields, api_owner, "v1.OwnerReference", false);

static const struct api_field managed_fields[] = {
	F(api_managed, "manager", manager, API_STRING),
	NAMED(api_managed, "operation", operation, false, "v1.ManagedFieldsOperationType"),
	F(api_managed, "apiVersion", api_version, API_STRING),
	PTR(api_managed, "time", time, API_TIME),
	F(api_managed, "fieldsType", fields_type, API_STRING),
	F(api_managed, "fieldsV1", fields_v1, API_ANY),
	F(api_managed, "subresource", subresource, API_STRING),
};
static const struct api_type managed_type = API_TYPE(managed_fields, api_managed, "v1.ManagedFieldsEntry", false);

static const struct api_field meta_fields[] = {
	F(api_meta, "name", name, API_STRING),
	F(api_meta, "generateName", generate_name, API_STRING),
	F(api_meta, "namespace", ns, API_STRING),
	F(api_meta, "selfLink", self_link, API_STRING),
	NAMED(api_meta, "uid", uid, false, "types.UID"),
	F(api_meta, "resourceVersion", resource_version, API_STRING),
	F(api_meta, "generation", generation, API_INT64),
	PTR(api_meta, "creationTimestamp", creation, API_TIME),
	PTR(api_meta, "deletionTimestamp", deletion, API_TIME),
	PTR(api_meta, "deletionGracePeriodSeconds", grace_s, API_INT64),
	F(api_meta, "labels", labels, API_STRMAP),
	F(api_meta, "annotations", annotations, API_STRMAP),
	SUB(api_meta, "ownerReferences", owners, API_LIST, &owner_type),
	F(api_meta, "finalizers", finalizers, API_LIST),
	SUB(api_meta, "managedFields", managed, API_LIST, &managed_type),
};
static const struct api_type meta_type = API_TYPE(meta_fields, api_meta, "v1.ObjectMeta", false);

/* Of objects that are decoded in part. */
static const struct api_field short_meta_fields[] = {
	F(api_meta, "name", name, API_STRING),
	F(api_meta, "generateName", generate_name, API_STRING),
	F(api_meta, "namespace", ns, API_STRING),
	F(api_meta, "labels", labels, API_STRMAP),
};
static const struct api_type short_meta_type = API_TYPE(short_meta_fields, api_meta, NULL, true);

static const struct api_field requirement_fields[] = {
	F(api_requirement, "key", key, API_STRING),
	NAMED(api_requirement, "operator", op, false, "v1.LabelSelectorOperator"),
	F(api_requirement, "values", values, API_LIST),
};
static const struct api_type requirement_type =
	API_TYPE(requirement_fields, api_requirement, "v1.LabelSelectorRequirement", false);

static const struct api_field selector_fields[] = {
	F(api_selector, "matchLabels", match_labels, API_STRMAP),
	SUB(api_selector, "matchExpressions", exprs, API_LIST, &requirement_type),
};
static const struct api_type selector_type = API_TYPE(selector_fields, api_selector, "v1.LabelSelector", false);

static const struct api_field ipblock_fields[] = {
	F(api_ipblock, "cidr", cidr, API_STRING),
	F(api_ipblock, "except", excepts, API_LIST),
};
static const struct api_type ipblock_type = API_TYPE(ipblock_fields, api_ipblock, "v1.IPBlock", false);

static const struct api_field peer_fields[] = {
	SUB(api_peer, "podSelector", pod_selector, API_OBJECT_PTR, &selector_type),
	SUB(api_peer, "namespaceSelector", ns_selector, API_OBJECT_PTR, &selector_type),
	SUB(api_peer, "ipBlock", ip_block, API_OBJECT_PTR, &ipblock_type),
};
static const struct api_type peer_type = API_TYPE(peer_fields, api_peer, "v1.NetworkPolicyPeer", false);

static const struct api_field port_fields[] = {
	NAMED(api_port, "protocol", protocol, true, "v1.Protocol"),
	PTR(api_port, "port", port, API_INTSTR),
	PTR(api_port, "endPort", end_port, API_INT32),
};
static const struct api_type port_type = API_TYPE(port_fields, api_port, "v1.NetworkPolicyPort", false);

static const struct api_field ingress_fields[] = {
	SUB(api_rule, "ports", ports, API_LIST, &port_type),
	SUB(api_rule, "from", peers, API_LIST, &peer_type),
};
static const struct api_type ingress_type = API_TYPE(ingress_fields, api_rule, "v1.NetworkPolicyIngressRule", false);

static const struct api_field egress_fields[] = {
	SUB(api_rule, "ports", ports, API_LIST, &port_type),
	SUB(api_rule, "to", peers, API_LIST, &peer_type),
};
static const struct api_type egress_type = API_TYPE(egress_fields, api_rule, "v1.NetworkPolicyEgressRule", false);

static const struct api_field policy_spec_fields[] = {
	SUB(api_policy_spec, "podSelector", pod_selector, API_OBJECT, &selector_type),
	SUB(api_policy_spec, "ingress", ingress, API_LIST, &ingress_type),
	SUB(api_policy_spec, "egress", egress, API_LIST, &egress_type),
	{ .name = "policyTypes",
	  .kind = API_LIST,
	  .at = offsetof(struct api_policy_spec, policy_types),
	  .go = "v1.PolicyType" },
};
static const struct api_type policy_spec_type =
	API_TYPE(policy_spec_fields, api_policy_spec, "v1.NetworkPolicySpec", false);

static const struct api_field policy_fields[] = {
	F(api_policy, "apiVersion", api_version, API_STRING),
	F(api_policy, "kind", kind, API_STRING),
	SUB(api_policy, "metadata", meta, API_OBJECT, &meta_type),
	SUB(api_policy, "spec", spec, API_OBJECT, &policy_spec_type),
};
const struct api_type api_policy_type = API_TYPE(policy_fields, api_policy, "v1.NetworkPolicy", false);

static const struct api_field envelope_fields[] = {
	F(api_policy, "apiVersion", api_version, API_STRING),
	F(api_policy, "kind", kind, API_STRING),
	SUB(api_policy, "metadata", meta, API_OBJECT, &meta_type),
};
const struct api_type api_envelope_type =
	API_TYPE(envelope_fields, api_policy, "v1.ObjectMeta", true);

static const struct api_field namespace_fields[] = {
	SUB(api_namespace, "metadata", meta, API_OBJECT, &short_meta_type),
};
const struct api_type api_namespace_type = API_TYPE(namespace_fields, api_namespace, NULL, true);

static const struct api_field node_addr_fields[] = {
	F(api_node_addr, "type", type, API_STRING),
	F(api_node_addr, "address", addr, API_STRING),
};
static const struct api_type node_addr_type = API_TYPE(node_addr_fields, api_node_addr, NULL, true);

static const struct api_field node_status_fields[] = {
	SUB(api_node_status, "addresses", addrs, API_LIST, &node_addr_type),
};
static const struct api_type node_status_type = API_TYPE(node_status_fields, api_node_status, NULL, true);

static const struct api_field node_fields[] = {
	SUB(api_node, "metadata", meta, API_OBJECT, &short_meta_type),
	SUB(api_node, "status", status, API_OBJECT, &node_status_type),
};
const struct api_type api_node_type = API_TYPE(node_fields, api_node, NULL, true);

static const struct api_field container_port_fields[] = {
	F(api_container_port, "name", name, API_STRING),
	F(api_container_port, "protocol", protocol, API_STRING),
	F(api_container_port, "containerPort", port, API_INT32),
};
static const struct api_type container_port_type =
	API_TYPE(container_port_fields, api_container_port, NULL, true);

static const struct api_field container_fields[] = {
	PTR(api_container, "restartPolicy", restart, API_STRING),
	SUB(api_container, "ports", ports, API_LIST, &container_port_type),
};
static const struct api_type container_type = API_TYPE(container_fields, api_container, NULL, true);

static const struct api_field ip_fields[] = {
	F(api_ip, "ip", ip, API_STRING),
};
static const struct api_type ip_type = API_TYPE(ip_fields, api_ip, NULL, true);

static const struct api_field pod_spec_fields[] = {
	F(api_pod_spec, "nodeName", node, API_STRING),
	F(api_pod_spec, "hostNetwork", host_network, API_BOOL),
	SUB(api_pod_spec, "containers", containers, API_LIST, &container_type),
	SUB(api_pod_spec, "initContainers", inits, API_LIST, &container_type),
};
static const struct api_type pod_spec_type = API_TYPE(pod_spec_fields, api_pod_spec, NULL, true);

static const struct api_field pod_status_fields[] = {
	F(api_pod_status, "phase", phase, API_STRING),
	F(api_pod_status, "podIP", pod_ip, API_STRING),
	F(api_pod_status, "hostIP", host_ip, API_STRING),
	SUB(api_pod_status, "podIPs", pod_ips, API_LIST, &ip_type),
	SUB(api_pod_status, "hostIPs", host_ips, API_LIST, &ip_type),
};
static const struct api_type pod_status_type = API_TYPE(pod_status_fields, api_pod_status, NULL, true);

static const struct api_field pod_fields[] = {
	SUB(api_pod, "metadata", meta, API_OBJECT, &short_meta_type),
	SUB(api_pod, "spec", spec, API_OBJECT, &pod_spec_type),
	SUB(api_pod, "status", status, API_OBJECT, &pod_status_type),
};
const struct api_type api_pod_type = API_TYPE(pod_fields, api_pod, NULL, true);

static const struct api_field service_port_fields[] = {
	F(api_service_port, "name", name, API_STRING),
	F(api_service_port, "protocol", protocol, API_STRING),
	F(api_service_port, "port", port, API_INT32),
	F(api_service_port, "nodePort", node_port, API_INT32),
	F(api_service_port, "targetPort", target, API_INTSTR),
};
static const struct api_type service_port_type =
	API_TYPE(service_port_fields, api_service_port, NULL, true);

static const struct api_field service_spec_fields[] = {
	F(api_service_spec, "clusterIP", cluster_ip, API_STRING),
	F(api_service_spec, "clusterIPs", cluster_ips, API_LIST),
	SUB(api_service_spec, "ports", ports, API_LIST, &service_port_type),
	F(api_service_spec, "selector", selector, API_STRMAP),
};
static const struct api_type service_spec_type =
	API_TYPE(service_spec_fields, api_service_spec, NULL, true);

static const struct api_field service_fields[] = {
	SUB(api_service, "metadata", meta, API_OBJECT, &short_meta_type),
	SUB(api_service, "spec", spec, API_OBJECT, &service_spec_type),
};
const struct api_type api_service_type = API_TYPE(service_fields, api_service, NULL, true);
