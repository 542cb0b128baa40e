/* v1 Namespace, Node, Service, Event. */
#include "schema.h"

#define CORE "io.k8s.api.core.v1"

#define OBJECT_FIELDS(spec_type, status_type)                                                      \
	{ "apiVersion", &np_type_string,                                                           \
	  .doc = "APIVersion defines the versioned schema of this representation of an object." }, \
		{ "kind", &np_type_string,                                                         \
		  .doc = "Kind is a string value representing the REST resource this object "      \
			 "represents." },                                                          \
		{ "metadata", &np_type_object_meta, .doc = "Standard object's metadata." },        \
		{ "spec", spec_type, .doc = "The desired state." },                                \
	{                                                                                          \
		"status", status_type, .doc = "The observed state."                                \
	}

static const struct np_field namespace_spec[] = {
	{ "finalizers", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Must be empty to permanently remove the namespace from storage." },
};
static NP_STRUCT(type_namespace_spec, CORE, "NamespaceSpec", namespace_spec,
		 "The attributes on a Namespace.");

static const struct np_field namespace_condition[] = {
	{ "lastTransitionTime", &np_type_time, .doc = "Last time the condition transitioned." },
	{ "message", &np_type_string, .doc = "Details about last transition." },
	{ "reason", &np_type_string, .doc = "Unique, one-word reason for the last transition." },
	{ "status", &np_type_string, .flags = NP_F_REQUIRED, .doc = "True, False, Unknown." },
	{ "type", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Type of namespace controller condition." },
};
static NP_STRUCT(type_namespace_condition, CORE, "NamespaceCondition", namespace_condition,
		 "Details about the state of a namespace.");

static const struct np_field namespace_status[] = {
	{ "conditions", &type_namespace_condition, NP_LIST, .keys = "type", .merge = "type",
	  .doc = "A namespace's current state." },
	{ "phase", &np_type_string, .doc = "Active or Terminating." },
};
static NP_STRUCT(type_namespace_status, CORE, "NamespaceStatus", namespace_status,
		 "The current status of a Namespace.");

static const struct np_field namespace[] = { OBJECT_FIELDS(&type_namespace_spec,
							   &type_namespace_status) };
NP_STRUCT(np_type_namespace, CORE, "Namespace", namespace, "Namespace provides a scope for Names.");

static const struct np_field taint[] = {
	{ "effect", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "NoSchedule, PreferNoSchedule or NoExecute." },
	{ "key", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The taint key to be applied to a node." },
	{ "timeAdded", &np_type_time, .doc = "The time at which the taint was added." },
	{ "value", &np_type_string, .doc = "The taint value corresponding to the taint key." },
};
static NP_STRUCT(type_taint, CORE, "Taint", taint,
		 "The node has the \"effect\" on any pod that does not tolerate the Taint.");

static const struct np_field node_spec[] = {
	{ "configSource", &np_type_any, .doc = "Deprecated." },
	{ "externalID", &np_type_string, .doc = "Deprecated." },
	{ "podCIDR", &np_type_string, .doc = "The pod IP range assigned to the node." },
	{ "podCIDRs", &np_type_string, NP_LIST, NP_F_SET, .merge = "",
	  .doc = "The IP ranges assigned to the node for usage by Pods." },
	{ "providerID", &np_type_string, .doc = "ID of the node assigned by the cloud provider." },
	{ "taints", &type_taint, NP_LIST, NP_F_ATOMIC, .doc = "The node's taints." },
	{ "unschedulable", &np_type_bool, .doc = "Whether the node is closed to new pods." },
};
static NP_STRUCT(type_node_spec, CORE, "NodeSpec", node_spec,
		 "The attributes that a node is created with.");

static const struct np_field node_condition[] = {
	{ "lastHeartbeatTime", &np_type_time,
	  .doc = "Last time we got an update on a given condition." },
	{ "lastTransitionTime", &np_type_time, .doc = "Last time the condition transitioned." },
	{ "message", &np_type_string, .doc = "Details about last transition." },
	{ "reason", &np_type_string, .doc = "(brief) reason for the condition's last transition." },
	{ "status", &np_type_string, .flags = NP_F_REQUIRED, .doc = "True, False, Unknown." },
	{ "type", &np_type_string, .flags = NP_F_REQUIRED, .doc = "Type of node condition." },
};
static NP_STRUCT(type_node_condition, CORE, "NodeCondition", node_condition,
		 "Condition information for a node.");

static const struct np_field node_address[] = {
	{ "address", &np_type_string, .flags = NP_F_REQUIRED, .doc = "The node address." },
	{ "type", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Hostname, ExternalIP or InternalIP." },
};
static NP_STRUCT(type_node_address, CORE, "NodeAddress", node_address,
		 "Information for the node's address.");

#define INFO(name_)                                                                                \
	{                                                                                          \
		name_, &np_type_string, .flags = NP_F_REQUIRED, .doc = "Reported by the node."     \
	}
static const struct np_field node_info[] = {
	INFO("architecture"),
	INFO("bootID"),
	INFO("containerRuntimeVersion"),
	INFO("kernelVersion"),
	INFO("kubeProxyVersion"),
	INFO("kubeletVersion"),
	INFO("machineID"),
	INFO("operatingSystem"),
	INFO("osImage"),
	INFO("systemUUID"),
	{ "swap", &np_type_any, .doc = "Swap info reported by the node." },
};
static NP_STRUCT(type_node_info, CORE, "NodeSystemInfo", node_info,
		 "A set of ids/uuids to uniquely identify the node.");

static const struct np_field node_status[] = {
	{ "addresses", &type_node_address, NP_LIST, .keys = "type", .merge = "type",
	  .doc = "List of addresses reachable to the node." },
	{ "allocatable", &np_type_quantity, NP_MAP,
	  .doc = "The resources of a node that are available for scheduling." },
	{ "capacity", &np_type_quantity, NP_MAP, .doc = "The total resources of a node." },
	{ "conditions", &type_node_condition, NP_LIST, .keys = "type", .merge = "type",
	  .doc = "Current observed node conditions." },
	{ "config", &np_type_any, .doc = "Status of the config assigned to the node." },
	{ "daemonEndpoints", &np_type_any, .doc = "Endpoints of daemons running on the Node." },
	{ "declaredFeatures", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Features that the node declares." },
	{ "features", &np_type_any, .doc = "Features implemented by the CRI." },
	{ "images", &np_type_any, .doc = "List of container images on this node" },
	{ "nodeInfo", &type_node_info, .doc = "Set of ids/uuids to uniquely identify the node." },
	{ "phase", &np_type_string, .doc = "Deprecated." },
	{ "runtimeHandlers", &np_type_any, .doc = "The available runtime handlers." },
	{ "volumesAttached", &np_type_any,
	  .doc = "List of volumes that are attached to the node." },
	{ "volumesInUse", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "List of attachable volumes in use by the node." },
};
static NP_STRUCT(type_node_status, CORE, "NodeStatus", node_status,
		 "Information about the current status of a node.");

static const struct np_field node[] = { OBJECT_FIELDS(&type_node_spec, &type_node_status) };
NP_STRUCT(np_type_node, CORE, "Node", node, "Node is a worker node in Kubernetes.");

static const struct np_field service_port[] = {
	{ "appProtocol", &np_type_string, .flags = NP_F_PTR,
	  .doc = "The application protocol for this port." },
	{ "name", &np_type_string,
	  .doc = "The name of this port within the service. Must be a DNS_LABEL and unique within "
		 "the service." },
	{ "nodePort", &np_type_int32,
	  .doc = "The port on each node on which this service is exposed." },
	{ "port", &np_type_int32, .flags = NP_F_REQUIRED,
	  .doc = "The port that will be exposed by this service." },
	{ "protocol", &np_type_string,
	  .doc = "The IP protocol for this port. Supports \"TCP\", \"UDP\", and \"SCTP\". Default "
		 "is TCP." },
	{ "targetPort", &np_type_int_or_string, .flags = NP_F_PTR,
	  .doc = "Number or name of the port to access on the pods targeted by the service. A name "
		 "is looked up in the target Pod's container ports." },
};
static NP_STRUCT(type_service_port, CORE, "ServicePort", service_port,
		 "Information on service's port.");

static const struct np_field service_spec[] = {
	{ "allocateLoadBalancerNodePorts", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether NodePorts are allocated for type LoadBalancer." },
	{ "clusterIP", &np_type_string,
	  .doc = "The IP address of the service; \"None\" makes it headless." },
	{ "clusterIPs", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "The list of IP addresses assigned to this service." },
	{ "externalIPs", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "IP addresses for which nodes will also accept traffic." },
	{ "externalName", &np_type_string,
	  .doc = "The external reference returned as a CNAME for type ExternalName." },
	{ "externalTrafficPolicy", &np_type_string,
	  .doc = "How nodes distribute external traffic: Cluster or Local." },
	{ "healthCheckNodePort", &np_type_int32,
	  .doc = "The healthcheck nodePort for the service." },
	{ "internalTrafficPolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "How nodes distribute traffic on the ClusterIP." },
	{ "ipFamilies", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "IP families (IPv4, IPv6) assigned to this service." },
	{ "ipFamilyPolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "SingleStack, PreferDualStack or RequireDualStack." },
	{ "loadBalancerClass", &np_type_string, .flags = NP_F_PTR,
	  .doc = "The class of the load balancer implementation." },
	{ "loadBalancerIP", &np_type_string, .doc = "Deprecated." },
	{ "loadBalancerSourceRanges", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Client IPs of the load balancer." },
	{ "ports", &type_service_port, NP_LIST, .keys = "port,protocol", .merge = "port",
	  .doc = "The list of ports that are exposed by this service." },
	{ "publishNotReadyAddresses", &np_type_bool, .doc = "Disregard ready/not-ready." },
	{ "selector", &np_type_string, NP_MAP, NP_F_ATOMIC,
	  .doc = "Route service traffic to pods with label keys and values matching this "
		 "selector." },
	{ "sessionAffinity", &np_type_string, .doc = "ClientIP or None. Defaults to None." },
	{ "sessionAffinityConfig", &np_type_any, .flags = NP_F_PTR,
	  .doc = "The configurations of session affinity." },
	{ "trafficDistribution", &np_type_string, .flags = NP_F_PTR,
	  .doc = "A way to express preferences for how traffic is distributed." },
	{ "type", &np_type_string,
	  .doc = "ExternalName, ClusterIP, NodePort, or LoadBalancer. Defaults to ClusterIP." },
};
static NP_STRUCT(type_service_spec, CORE, "ServiceSpec", service_spec,
		 "The attributes that a user creates on a service.");

static const struct np_field service_status[] = {
	{ "conditions", &np_type_any, .doc = "Current service state" },
	{ "loadBalancer", &np_type_any,
	  .doc = "The current status of the load-balancer, if one is present." },
};
static NP_STRUCT(type_service_status, CORE, "ServiceStatus", service_status,
		 "The current status of a service.");

static const struct np_field service[] = { OBJECT_FIELDS(&type_service_spec,
							 &type_service_status) };
NP_STRUCT(np_type_service, CORE, "Service", service,
	  "Service is a named abstraction of software service consisting of a local port that the "
	  "proxy listens on, and the selector that "
	  "determines which pods will answer requests sent through the proxy.");

static const struct np_field event_source[] = {
	{ "component", &np_type_string, .doc = "Component from which the event is generated." },
	{ "host", &np_type_string, .doc = "Node name on which the event is generated." },
};
static NP_STRUCT(type_event_source, CORE, "EventSource", event_source, "Information for an event.");

static const struct np_field event_series[] = {
	{ "count", &np_type_int32, .doc = "Number of occurrences in this series." },
	{ "lastObservedTime", &np_type_time, .doc = "Time of the last occurrence observed" },
};
static NP_STRUCT(type_event_series, CORE, "EventSeries", event_series,
		 "Information on series of events.");

static const struct np_field event[] = {
	{ "action", &np_type_string,
	  .doc = "What action was taken/failed regarding to the Regarding object." },
	{ "apiVersion", &np_type_string,
	  .doc = "APIVersion defines the versioned schema of this representation of an object." },
	{ "count", &np_type_int32, .doc = "The number of times this event has occurred." },
	{ "eventTime", &np_type_time, .doc = "Time when this Event was first observed." },
	{ "firstTimestamp", &np_type_time,
	  .doc = "The time at which the event was first recorded." },
	{ "involvedObject", &np_type_object_reference, .flags = NP_F_REQUIRED,
	  .doc = "The object that this event is about." },
	{ "kind", &np_type_string,
	  .doc = "Kind is a string value representing the REST resource this object represents." },
	{ "lastTimestamp", &np_type_time,
	  .doc = "The time at which the most recent occurrence of this event was recorded." },
	{ "message", &np_type_string,
	  .doc = "A human-readable description of the status of this operation." },
	{ "metadata", &np_type_object_meta, .flags = NP_F_REQUIRED,
	  .doc = "Standard object's metadata." },
	{ "reason", &np_type_string,
	  .doc = "A short, machine understandable string that gives the reason." },
	{ "related", &np_type_object_reference, .flags = NP_F_PTR,
	  .doc = "Optional secondary object for more complex actions." },
	{ "reportingComponent", &np_type_string,
	  .doc = "Name of the controller that emitted this Event." },
	{ "reportingInstance", &np_type_string, .doc = "ID of the controller instance." },
	{ "series", &type_event_series, .flags = NP_F_PTR,
	  .doc = "Data about the Event series this event represents." },
	{ "source", &type_event_source, .doc = "The component reporting this event." },
	{ "type", &np_type_string, .doc = "Type of this event (Normal, Warning)." },
};
NP_STRUCT(np_type_event, CORE, "Event", event,
	  "Event is a report of an event somewhere in the cluster.");
