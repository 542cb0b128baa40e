/* networking.k8s.io/v1 NetworkPolicy. */
#include "schema.h"

#define NET "io.k8s.api.networking.v1"

static const struct np_field ip_block[] = {
	{ "cidr", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "cidr is a string representing the IPBlock. Valid examples are \"192.168.1.0/24\" "
		 "or \"2001:db8::/64\"." },
	{ "except", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "except is a slice of CIDRs that should not be included within an IPBlock. Except "
		 "values will be rejected if they are outside the "
		 "cidr range." },
};
static NP_STRUCT(type_ip_block, NET, "IPBlock", ip_block,
		 "IPBlock describes a particular CIDR (Ex. \"192.168.1.0/24\",\"2001:db8::/64\") "
		 "that is allowed to the pods matched by a "
		 "NetworkPolicySpec's podSelector. The except entry describes CIDRs that should "
		 "not be included within this rule.");

static const struct np_field policy_peer[] = {
	{ "ipBlock", &type_ip_block, .flags = NP_F_PTR,
	  .doc = "ipBlock defines policy on a particular IPBlock. If this field is set then "
		 "neither of the other fields can be." },
	{ "namespaceSelector", &np_type_label_selector, .flags = NP_F_PTR,
	  .doc = "namespaceSelector selects namespaces using cluster-scoped labels. This field "
		 "follows standard label selector semantics; if present "
		 "but empty, it selects all namespaces. If podSelector is also set, then the "
		 "NetworkPolicyPeer as a whole selects the pods matching "
		 "podSelector in the namespaces selected by namespaceSelector. Otherwise it "
		 "selects all pods in the namespaces selected by "
		 "namespaceSelector." },
	{ "podSelector", &np_type_label_selector, .flags = NP_F_PTR,
	  .doc = "podSelector is a label selector which selects pods. This field follows standard "
		 "label selector semantics; if present but empty, it "
		 "selects all pods. If namespaceSelector is also set, then the NetworkPolicyPeer "
		 "as a whole selects the pods matching podSelector in "
		 "the Namespaces selected by NamespaceSelector. Otherwise it selects the pods "
		 "matching podSelector in the policy's own namespace." },
};
static NP_STRUCT(type_policy_peer, NET, "NetworkPolicyPeer", policy_peer,
		 "NetworkPolicyPeer describes a peer to allow traffic to/from. Only certain "
		 "combinations of fields are allowed");

static const struct np_field policy_port[] = {
	{ "endPort", &np_type_int32, .flags = NP_F_PTR,
	  .doc = "endPort indicates that the range of ports from port to endPort if set, "
		 "inclusive, should be allowed by the policy. This field cannot "
		 "be defined if the port field is not defined or if the port field is defined as a "
		 "named (string) port. The endPort must be equal or "
		 "greater than port." },
	{ "port", &np_type_int_or_string, .flags = NP_F_PTR,
	  .doc = "port represents the port on the given protocol. This can either be a numerical "
		 "or named port on a pod. If this field is not "
		 "provided, this matches all port names and numbers. If present, only traffic on "
		 "the specified protocol AND port will be matched." },
	{ "protocol", &np_type_string, .flags = NP_F_PTR,
	  .doc = "protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match. "
		 "If not specified, this field defaults to TCP." },
};
static NP_STRUCT(type_policy_port, NET, "NetworkPolicyPort", policy_port,
		 "NetworkPolicyPort describes a port to allow traffic on");

static const struct np_field ingress_rule[] = {
	{ "from", &type_policy_peer, NP_LIST, NP_F_ATOMIC,
	  .doc = "from is a list of sources which should be able to access the pods selected for "
		 "this rule. Items in this list are combined using a "
		 "logical OR operation. If this field is empty or missing, this rule matches all "
		 "sources (traffic not restricted by source). If this "
		 "field is present and contains at least one item, this rule allows traffic only "
		 "if the traffic matches at least one item in the from "
		 "list." },
	{ "ports", &type_policy_port, NP_LIST, NP_F_ATOMIC,
	  .doc = "ports is a list of ports which should be made accessible on the pods selected "
		 "for this rule. Each item in this list is combined using "
		 "a logical OR. If this field is empty or missing, this rule matches all ports "
		 "(traffic not restricted by port). If this field is "
		 "present and contains at least one item, then this rule allows traffic only if "
		 "the traffic matches at least one port in the list." },
};
static NP_STRUCT(type_ingress_rule, NET, "NetworkPolicyIngressRule", ingress_rule,
		 "NetworkPolicyIngressRule describes a particular set of traffic that is allowed "
		 "to the pods matched by a NetworkPolicySpec's "
		 "podSelector. The traffic must match both ports and from.");

static const struct np_field egress_rule[] = {
	{ "ports", &type_policy_port, NP_LIST, NP_F_ATOMIC,
	  .doc = "ports is a list of destination ports for outgoing traffic. Each item in this "
		 "list is combined using a logical OR. If this field is "
		 "empty or missing, this rule matches all ports (traffic not restricted by port). "
		 "If this field is present and contains at least one "
		 "item, then this rule allows traffic only if the traffic matches at least one "
		 "port in the list." },
	{ "to", &type_policy_peer, NP_LIST, NP_F_ATOMIC,
	  .doc = "to is a list of destinations for outgoing traffic of pods selected for this "
		 "rule. Items in this list are combined using a logical OR "
		 "operation. If this field is empty or missing, this rule matches all destinations "
		 "(traffic not restricted by destination). If this "
		 "field is present and contains at least one item, this rule allows traffic only "
		 "if the traffic matches at least one item in the to "
		 "list." },
};
static NP_STRUCT(type_egress_rule, NET, "NetworkPolicyEgressRule", egress_rule,
		 "NetworkPolicyEgressRule describes a particular set of traffic that is allowed "
		 "out of pods matched by a NetworkPolicySpec's podSelector. "
		 "The traffic must match both ports and to.");

static const struct np_field policy_spec[] = {
	{ "egress", &type_egress_rule, NP_LIST, NP_F_ATOMIC,
	  .doc = "egress is a list of egress rules to be applied to the selected pods. Outgoing "
		 "traffic is allowed if there are no NetworkPolicies "
		 "selecting the pod (and cluster policy otherwise allows the traffic), OR if the "
		 "traffic matches at least one egress rule across all of "
		 "the NetworkPolicy objects whose podSelector matches the pod. If this field is "
		 "empty then this NetworkPolicy limits all outgoing "
		 "traffic (and serves solely to ensure that the pods it selects are isolated by "
		 "default)." },
	{ "ingress", &type_ingress_rule, NP_LIST, NP_F_ATOMIC,
	  .doc = "ingress is a list of ingress rules to be applied to the selected pods. Traffic "
		 "is allowed to a pod if there are no NetworkPolicies "
		 "selecting the pod (and cluster policy otherwise allows the traffic), OR if the "
		 "traffic source is the pod's local node, OR if the "
		 "traffic matches at least one ingress rule across all of the NetworkPolicy "
		 "objects whose podSelector matches the pod. If this field "
		 "is empty then this NetworkPolicy does not allow any traffic (and serves solely "
		 "to ensure that the pods it selects are isolated by "
		 "default)" },
	{ "podSelector", &np_type_label_selector, .flags = NP_F_REQUIRED,
	  .doc = "podSelector selects the pods to which this NetworkPolicy object applies. The "
		 "array of rules is applied to any pods selected by this "
		 "field. An empty selector matches all pods in the policy's namespace." },
	{ "policyTypes", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "policyTypes is a list of rule types that the NetworkPolicy relates to. Valid "
		 "options are [\"Ingress\"], [\"Egress\"], or [\"Ingress\", "
		 "\"Egress\"]. If this field is not specified, it will default based on the "
		 "existence of ingress or egress rules; policies that contain "
		 "an egress section are assumed to affect egress, and all policies (whether or not "
		 "they contain an ingress section) are assumed to "
		 "affect ingress." },
};
static NP_STRUCT(type_policy_spec, NET, "NetworkPolicySpec", policy_spec,
		 "NetworkPolicySpec provides the specification of a NetworkPolicy");

static const struct np_field policy[] = {
	{ "apiVersion", &np_type_string,
	  .doc = "APIVersion defines the versioned schema of this representation of an object." },
	{ "kind", &np_type_string,
	  .doc = "Kind is a string value representing the REST resource this object represents." },
	{ "metadata", &np_type_object_meta, .doc = "Standard object's metadata." },
	{ "spec", &type_policy_spec, .flags = NP_F_REQUIRED,
	  .doc = "spec represents the specification of the desired behavior for this "
		 "NetworkPolicy." },
};
NP_STRUCT(np_type_network_policy, NET, "NetworkPolicy", policy,
	  "NetworkPolicy describes what network traffic is allowed for a set of Pods");
