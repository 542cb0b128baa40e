/*
 * enforcer_faults.h - the ways in which the enforcer can be told to be wrong, each modelled on a
 * mistake that a real implementation made. One list: the enum, the table of np_sandbox_faults() and
 * its names come from it. Clause 0 is S33b.
 */
#ifndef NP_SANDBOX_ENFORCER_FAULTS_H
#define NP_SANDBOX_ENFORCER_FAULTS_H

#include "np/sandbox/sandbox.h"

/* X(identifier, name, clause, what) */
#define NP_FAULTS_OF_ISOLATION(X) \
	X(NO_ENFORCEMENT, "no-enforcement", 8, "policies have no effect at all") \
	X(NO_RULES_OPEN, "no-rules-open", 8, \
	  "a policy without rules in a direction does not isolate in it") \
	X(UNMATCHED_UNISOLATES, "unmatched-peer-unisolates", 8, \
	  "a policy whose rules name peers, none of which is there, does not isolate") \
	X(SAME_NODE_UNFILTERED, "same-node-unfiltered", 8, \
	  "traffic between pods of one node is not filtered") \
	X(NAMESPACE_WIDE, "namespace-wide-isolation", 1, \
	  "a policy isolates every pod of its namespace, selected or not") \
	X(POLICYTYPES_IGNORED, "policytypes-ignored", 2, \
	  "every policy isolates in both directions, whatever its policyTypes") \
	X(RULES_BEYOND_TYPES, "rules-beyond-types", 2, \
	  "rules of a direction that policyTypes leaves out isolate and allow") \
	X(FIRST_POLICY_ONLY, "first-policy-only", 3, \
	  "of the policies that apply to a pod only the first by name counts") \
	X(LAST_POLICY_ONLY, "last-policy-only", 3, \
	  "of the policies that apply to a pod only the last by name counts") \
	X(POLICIES_ANDED, "policies-anded", 3, \
	  "a connection must be allowed by every policy that applies") \
	X(NAMES_TRUNCATED, "names-truncated", 3, \
	  "of policies whose names share the first 40 bytes only one is kept") \
	X(KEYS_JOINED, "keys-joined", 3, \
	  "policies whose namespace and name join to the same text overwrite each other") \
	X(DELETE_DROPS_OTHERS, "delete-drops-others", 3, \
	  "deleting a policy switches the others of its namespace off until they change") \
	X(EGRESS_IGNORED, "egress-ignored", 4, "the source's egress policies are never enforced") \
	X(INGRESS_IGNORED, "ingress-ignored", 4, \
	  "the destination's ingress policies are never enforced") \
	X(ONE_END_ONLY, "one-end-only", 4, \
	  "what an egress policy of the source allows is not shown to the destination's ingress policies") \
	X(REMOTE_INGRESS_OPEN, "cross-node-ingress-unfiltered", 4, \
	  "ingress policies are not enforced on traffic from pods of other nodes") \
	X(CROSS_NAMESPACE_SUBJECT, "cross-namespace-subject", 16, \
	  "a policy also selects the matching pods of other namespaces") \
	X(SIDECAR_PODS_OPEN, "sidecar-pods-open", 47, "pods with init or sidecar containers are not isolated")

#define NP_FAULTS_OF_RULES(X) \
	X(PEERS_OR_PORTS, "peers-or-ports", 5, \
	  "a rule allows what matches its peers or its ports instead of both") \
	X(PORTS_BESIDE_PEERS, "ports-beside-peers-ignored", 5, \
	  "the ports of a rule that also has peers are ignored") \
	X(PEERS_ANDED, "peers-anded", 6, "the other end must match every peer of a rule") \
	X(FIRST_PEER_ONLY, "first-peer-only", 6, "only the first peer of a rule counts") \
	X(FIRST_PORT_ONLY, "first-port-only", 6, "only the first port of a rule counts") \
	X(FIRST_RULE_ONLY, "first-rule-only", 6, "only the first rule of a policy counts") \
	X(LAST_RULE_ONLY, "last-rule-only", 6, "only the last rule of a policy counts") \
	X(RULES_CROSSED, "rules-crossed", 6, \
	  "peers of one rule are combined with the ports of all") \
	X(FIRST_BLOCK_ONLY, "first-ipblock-only", 6, "only the first ipBlock of a rule counts") \
	X(BLOCK_BESIDE_SELECTOR, "ipblock-beside-selector-ignored", 6, \
	  "an ipBlock is ignored when its rule also has a selector peer") \
	X(PORT_LIMIT, "port-entry-limit", 6, "only the first 24 ports of a rule count") \
	X(EMPTY_RULE_IGNORED, "empty-rule-ignored", 7, \
	  "a rule without peers and ports allows nothing") \
	X(EMPTY_FROM_BLOCKS, "empty-from-blocks", 7, \
	  "a rule with ports but without peers allows nothing") \
	X(EMPTY_PORTS_BLOCKS, "empty-ports-blocks", 7, \
	  "a rule with peers but without ports allows nothing") \
	X(EMPTY_PORTS_TCP, "empty-ports-tcp-only", 7, "a rule without ports allows only TCP") \
	X(UNMATCHED_OPENS, "unmatched-peer-opens", 9, "a rule whose selectors match no pod allows everyone")

#define NP_FAULTS_OF_SELECTORS(X) \
	X(PODSELECTOR_ALL_NS, "podselector-all-namespaces", 9, \
	  "a peer with only a podSelector reaches into every namespace") \
	X(NSSELECTOR_OWN_ONLY, "namespaceselector-own-only", 10, \
	  "a peer with only a namespaceSelector never matches other namespaces") \
	X(NSSELECTOR_EXTERNAL, "external-matches-namespaceselector", 10, \
	  "an empty namespaceSelector also matches addresses that are no pods") \
	X(NAMESPACE_LIMIT, "namespace-limit", 10, \
	  "a peer reaches only the first eight namespaces that it matches") \
	X(AND_AS_OR, "and-as-or", 11, \
	  "podSelector and namespaceSelector of one peer are taken as two peers") \
	X(COMBINED_DROPS_PODS, "combined-peer-drops-pods", 11, \
	  "the podSelector of a peer with both selectors is ignored") \
	X(COMBINED_DROPS_NS, "combined-peer-drops-namespaces", 11, \
	  "the namespaceSelector of a peer with both selectors is ignored") \
	X(COMBINED_NEVER, "combined-peer-never", 11, "a peer with both selectors matches nothing") \
	X(EMPTY_MATCHES_NONE, "empty-selector-matches-none", 12, \
	  "an empty selector in a peer matches nothing") \
	X(EMPTY_SUBJECT_NONE, "empty-subject-matches-none", 12, \
	  "an empty spec.podSelector selects no pod") \
	X(EMPTY_NS_NOT_OWN, "empty-namespaceselector-not-own", 12, \
	  "an empty namespaceSelector leaves out the policy's own namespace") \
	X(IN_FIRST_VALUE, "in-first-value-only", 13, "In looks at its first value only") \
	X(NOTIN_ABSENT_KEY, "notin-absent-key", 13, "NotIn does not match when the key is absent") \
	X(NOTIN_OR, "notin-values-ored", 13, \
	  "NotIn with several values matches when one of them differs") \
	X(EXISTS_ALWAYS, "exists-always-true", 13, "Exists also matches when the key is absent") \
	X(EMPTY_VALUE_ABSENT, "empty-value-absent", 13, \
	  "a label with an empty value counts as absent") \
	X(UNLABELLED_NEVER, "unlabelled-never", 13, \
	  "pods without labels match no selector that has requirements") \
	X(NEGATIVE_EXTERNAL, "negative-selector-matches-external", 13, \
	  "a selector of negative requirements only also matches addresses that are no pods") \
	X(LABEL_CASE, "label-case-ignored", 13, \
	  "label values are compared without regard to case") \
	X(LABEL_PREFIX, "label-value-prefix", 13, \
	  "a label value that only begins with the wanted one matches") \
	X(MATCHLABELS_OR, "matchlabels-or", 14, "one of the matchLabels is enough") \
	X(EXPRESSIONS_IGNORED, "matchexpressions-ignored", 14, "matchExpressions are ignored") \
	X(EXPRESSIONS_OR, "matchexpressions-or", 14, "one of the matchExpressions is enough") \
	X(NO_METADATA_NAME, "metadata-name-missing", 15, \
	  "namespaces do not carry the label kubernetes.io/metadata.name") \
	X(NAMESPACE_LABEL_LEAK, "namespace-label-leak", 65, \
	  "pod selectors also see the labels of the pod's namespace") \
	X(DELETED_PODS_KEPT, "deleted-pods-remembered", 65, "the address of a deleted pod keeps the labels of that pod")

#define NP_FAULTS_OF_BLOCKS(X) \
	X(EXCEPT_IGNORED, "except-ignored", 17, "except is ignored") \
	X(ZERO_EXCEPT_IGNORED, "zero-cidr-except-ignored", 17, \
	  "except is ignored below a block of prefix length 0") \
	X(FIRST_EXCEPT_ONLY, "first-except-only", 17, "only the first except of a block counts") \
	X(EXCEPT_INVERTED, "except-inverted", 17, \
	  "a block with excepts allows the excepts and nothing else") \
	X(BLOCK_MATCHES_ALL, "ipblock-matches-all", 17, \
	  "a peer that is an ipBlock matches every address of its family") \
	X(ZERO_CIDR_NOTHING, "zero-cidr-nothing", 17, \
	  "a block of prefix length 0 matches nothing") \
	X(EXCEPT_RULE_WIDE, "except-global", 18, \
	  "an except also limits the other peers of its rule") \
	X(EXCEPT_DENIES, "except-denies", 18, \
	  "an except denies, whatever other rules and policies allow") \
	X(BLOCK_NOT_PODS, "ipblock-not-pods", 19, "an ipBlock never matches the address of a pod") \
	X(BLOCK_NOT_NODES, "ipblock-not-nodes", 44, \
	  "an ipBlock never matches the address of a node") \
	X(IPV6_IGNORED, "ipv6-ignored", 55, "IPv6 traffic is not filtered") \
	X(IPV6_PEERS_DROPPED, "ipv6-peers-dropped", 55, "peers have no IPv6 addresses") \
	X(V4_ALL_OPENS_V6, "ipv4-all-opens-ipv6", 55, "the block 0.0.0.0/0 also allows all of IPv6")

#define NP_FAULTS_OF_PORTS(X) \
	X(PORT_IGNORED, "port-ignored", 21, "a port number stands for every port of its protocol") \
	X(UNDECLARED_DENIED, "undeclared-port-denied", 21, \
	  "an ingress port works only where the pod declares it as a container port") \
	X(PROTOCOL_IGNORED, "protocol-ignored", 22, "a port is allowed in every protocol") \
	X(UDP_RULES_DROPPED, "udp-rules-dropped", 22, "ports of protocol UDP allow nothing") \
	X(PROTOCOL_ONLY_NOTHING, "protocol-only-ignored", 23, \
	  "an entry that names a protocol and no port allows nothing") \
	X(PORT_MERGE, "port-merge", 23, \
	  "a numbered port replaces the every-port entry of its protocol in the same rule") \
	X(NAMED_FROM_SOURCE, "named-port-from-source", 24, \
	  "a port name in ingress is looked up on the source pod") \
	X(NAMED_ANY_NUMBER, "named-port-any-number", 24, \
	  "every number that a name has on some pod is allowed on all pods") \
	X(NAMED_EGRESS_SUBJECT, "named-egress-subject", 25, \
	  "a port name in egress is looked up on the source pod") \
	X(NAMED_EGRESS_NO_PEERS, "named-egress-without-peers", 25, \
	  "a port name in an egress rule without peers matches nothing") \
	X(NAMED_OWN_NAMESPACE, "named-egress-own-namespace", 25, \
	  "a port name in egress is looked up in the policy's namespace only") \
	X(NAMED_ONE_NUMBER, "named-port-one-number", 25, \
	  "the first number found for a port name is used for all pods") \
	X(NAME_ANY_PROTOCOL, "port-name-ignores-protocol", 26, \
	  "a port name matches whatever protocol the pod declares it for") \
	X(MISSING_NAME_ALL, "missing-name-matches-all", 27, \
	  "a port name that the pod does not have matches every port") \
	X(FIRST_CONTAINER, "first-container-ports-only", 28, \
	  "port names of the first container only are known") \
	X(ENDPORT_IGNORED, "endport-ignored", 32, \
	  "endPort is ignored: only the first port is allowed") \
	X(ENDPORT_EXCLUSIVE, "endport-exclusive", 32, "the last port of a range is not allowed") \
	X(SCTP_RULES_DROPPED, "sctp-rules-dropped", 33, "ports of protocol SCTP allow nothing") \
	X(SCTP_ADMITS_TCP, "sctp-admits-tcp", 0, "a port of protocol SCTP also admits TCP") \
	X(SCTP_POLICY_SKIPPED, "sctp-policy-skipped", 0, \
	  "a policy that mentions SCTP is not enforced at all") \
	X(UDP_UNFILTERED, "udp-ignored", 34, "UDP is not filtered") \
	X(SCTP_UNFILTERED, "sctp-unfiltered", 34, "SCTP is not filtered")

#define NP_FAULTS_OF_PATHS(X) \
	X(REPLIES_BLOCKED, "replies-blocked", 36, \
	  "replies of an allowed connection need a rule of their own") \
	X(HOST_BLOCKED, "host-node-blocked", 40, \
	  "ingress policies also hit traffic from the node that runs the pod") \
	X(ANY_NODE_ALLOWED, "any-node-allowed", 42, \
	  "every node's address is let in, not only that of the pod's own") \
	X(SERVICE_UNFILTERED, "service-unfiltered", 45, \
	  "connections through a Service address are not filtered") \
	X(DNS_EXEMPT, "dns-exempt", 58, "egress to port 53 is always allowed")

#define NP_FAULTS_OF_CHANGES(X) \
	X(SLOW_NEW_PODS, "slow-new-pods", 48, "a new pod stays open for its first two seconds") \
	X(SLOW_CHANGES, "slow-changes", 49, "changes of policies take effect five seconds late") \
	X(LABEL_UPDATE_IGNORED, "label-update-ignored", 51, \
	  "changes of a pod's labels are not seen") \
	X(NS_LABEL_IGNORED, "namespace-label-ignored", 51, \
	  "changes of a namespace's labels are not seen") \
	X(LABEL_REMOVAL_IGNORED, "label-removal-ignored", 51, \
	  "a label taken from a pod stays in effect") \
	X(NS_LABEL_REMOVAL, "namespace-label-removal-ignored", 51, \
	  "a label taken from a namespace stays in effect") \
	X(POLICY_UPDATE_IGNORED, "policy-update-ignored", 51, "changes of a policy are not seen") \
	X(DELETE_IGNORED, "delete-ignored", 51, "a deleted policy stays in effect") \
	X(RECREATED_STALE, "recreated-policy-stale", 51, \
	  "a policy that is deleted and created again under its name keeps its old spec") \
	X(NEW_POD_IGNORED, "new-pod-ignored", 51, \
	  "a policy does not select pods that are created after it") \
	X(TERMINATING_OPEN, "terminating-pods-open", 54, "a pod is no longer isolated once its deletion has begun")

#define NP_FAULTS(X) \
	NP_FAULTS_OF_ISOLATION(X) NP_FAULTS_OF_RULES(X) NP_FAULTS_OF_SELECTORS(X) NP_FAULTS_OF_BLOCKS(X) NP_FAULTS_OF_PORTS(X) \
	NP_FAULTS_OF_PATHS(X) NP_FAULTS_OF_CHANGES(X)

#define NP_FAULT_ENUM(id, name, clause, what) NP_FAULT_##id,
enum np_fault_id { NP_FAULT_NONE, NP_FAULTS(NP_FAULT_ENUM) NP_N_FAULTS };
#undef NP_FAULT_ENUM

/* NP_FAULT_NONE for NULL and for a name that is not in the table. */
enum np_fault_id np_fault_find(const char *name);

#endif
