/* mutant_list.h - layer target: the list behind mutants.h. X(id, class, name, bugs, what) */
#ifndef NP_TARGET_MUTANT_LIST_H
#define NP_TARGET_MUTANT_LIST_H

#define NP_MUTANTS_OF_BLOCKS(X) \
	X(EXCEPT_IGNORED, "E01", "except-ignored", "antrea-except-ignored kr-except-ignored", \
	  "except is ignored") \
	X(CIDR_LOST, "E01", "cidr-lost", "npm-lite-cidr-lost", \
	  "an ipBlock matches every address, except or not") \
	X(FIRST_EXCEPT_ONLY, "E01", "first-except-only", "", \
	  "only the first except of a block counts") \
	X(EXCEPT_ZERO_IGNORED, "E02", "zero-cidr-except-ignored", "aws-catchall-except", \
	  "except is ignored if the cidr has prefix length 0") \
	X(EXCEPT_DENIES, "E03", "except-denies", "npm-except-as-deny ovnk-except-deny", \
	  "an except is a deny that beats the allows of other rules and policies") \
	X(EXCEPT_HIDES, "E03", "except-hides-from-blocks", "antrea-cidr-except-overlap", \
	  "an address in some block's except is not matched by the block of any other rule") \
	X(EXCEPT_ALL_PEERS, "E05", "except-of-all-peers", \
	  "ko-except-all-peers ko-except-all-peers-user ko-except-outside", \
	  "an except of one peer applies to every peer of its rule") \
	X(EQUAL_CIDR_EXCEPTS, "E06", "equal-cidr-shares-excepts", "awsc-merge-excepts", \
	  "rules with the same cidr share the union of their excepts") \
	X(EQUAL_CIDR_PORTS, "E06", "equal-cidr-shares-ports", "awsc-merge-excepts", \
	  "rules with the same cidr share the union of their ports") \
	X(EXCEPT_INVERTED_IN, "E08", "except-inverted-ingress", "ko-except-inverted", \
	  "in ingress a block with excepts allows the excepts and nothing else") \
	X(EXCEPT_INVERTED_OUT, "E08", "except-inverted-egress", "ko-except-inverted", \
	  "in egress a block with excepts allows the excepts and nothing else") \
	X(CIDR_TEXT_COLLIDES, "E10", "equal-network-collides", "aws-cidr-canonical", \
	  "of two rules with one network written differently only the last one's ports survive") \
	X(EXCEPT_AS_WRITTEN, "E10", "except-as-written", "aws-except-canonical", \
	  "an except that is not in its usual spelling, or has host bits set, is compared as " \
	  "written, so it matches nothing") \
	X(HOST_BITS_VOID, "E10", "host-bits-void-policy", "npm-noncanonical-zero", \
	  "a policy whose cidr is not in its usual spelling, or has host bits set, is dropped as a " \
	  "whole") \
	X(FAMILY_BY_TEXT, "E10", "ipv6-by-double-colon", "aws-family-by-text", \
	  "an IPv6 cidr without '::' is ignored") \
	X(ZERO_CIDR_NOTHING, "E11", "zero-cidr-nothing", "npm-zero-cidr", \
	  "a cidr with prefix length 0 matches nothing") \
	X(OVERLAP_STOPS, "E11", "overlap-stops-updates", "calico-nft-overlap-fails", \
	  "once a rule has overlapping blocks no more changes are applied") \
	X(BLOCK_NOT_PODS, "E12", "block-not-pods", "cilium-ipblock-pod", \
	  "an ipBlock never matches the address of a pod") \
	X(BLOCK_ALL_PODS, "E13", "block-matches-pods", "cilium-ipblock-wildcard", \
	  "an ipBlock also matches all pods") \
	X(BLOCK_ANY, "E13", "block-matches-all", "weave-unknown-peer-any", \
	  "a peer that is only an ipBlock matches every ingress source") \
	X(BLOCK_ANY_WITH_PORTS, "E13", "block-with-ports-matches-all", "weave-ipblock-and-port", \
	  "in an ingress rule with ports an ipBlock matches every source") \
	X(FIRST_BLOCK_ONLY, "E14", "first-block-only", "ovnk-multi-ipblock-one-from", \
	  "only the first ipBlock of a rule counts") \
	X(LAST_BLOCK_ONLY, "E14", "last-block-only", "npm-two-ipblocks-one-rule", \
	  "only the last ipBlock of a rule counts") \
	X(BLOCKS_WITHOUT_SUBJECT, "E14", "later-blocks-for-all-pods", \
	  "ko-ipblocks-unparenthesised", \
	  "all ipBlocks of a rule but the first hold for pods that the policy does not select")

#define NP_MUTANTS_OF_PEERS(X) \
	X(EMPTY_NS_ANY, "E16", "empty-namespaceselector-any", "calico-empty-ns-external", \
	  "an empty namespaceSelector matches every address") \
	X(EMPTY_NS_ANY_OUT, "E16", "empty-namespaceselector-any-egress", "cilium-empty-ns-world", \
	  "in egress an empty namespaceSelector matches every address") \
	X(NEGATIVE_NS_ANY, "E17", "negative-namespaceselector-any", "npm-notin-external", \
	  "a namespaceSelector of negative requirements also matches addresses that are no pods") \
	X(NEGATIVE_POD_ANY, "E17", "negative-podselector-any", "npm-notin-external", \
	  "a podSelector of negative requirements also matches addresses that are no pods") \
	X(EMPTY_RULE_BESIDE, "E19", "empty-rule-beside-others", "npm-allow-all-plus-ports", \
	  "an empty rule is ignored if the policy has another rule") \
	X(EMPTY_RULE_NOTHING, "E19", "empty-rule-nothing", "ko-allow-all-missing", \
	  "a rule without peers and ports allows nothing") \
	X(EMPTY_FROM_NOTHING, "E20", "empty-from-nothing", "npm-empty-from-with-ports", \
	  "a rule with ports and no peers allows nothing") \
	X(NO_PORTS_NOTHING, "E20", "no-ports-nothing", "mizar-ports-optional", \
	  "a rule with peers and no ports allows nothing") \
	X(NAMED_EGRESS_NO_PEERS, "E20", "named-egress-without-peers", "kr-named-egress-nodst", \
	  "an egress rule with a named port and no peers matches nothing") \
	X(UNMATCHED_OPENS, "E21", "unmatched-peer-opens", "kr-no-source-open", \
	  "a selector peer that matches no pod matches every address") \
	X(UNMATCHED_UNISOLATES_IN, "E21", "unmatched-peers-unisolate-ingress", \
	  "ko-no-source-open", "ingress is isolated only if some peer matches something") \
	X(UNMATCHED_UNISOLATES_OUT, "E21", "unmatched-peers-unisolate-egress", \
	  "ko-no-destination-open", "egress is isolated only if some peer matches something") \
	X(UNMATCHED_VOIDS, "E21", "unmatched-peer-voids-policy", "ovnk-empty-set-acl", \
	  "a selector peer that matches nothing makes its policy invalid") \
	X(SUBJECT_ALL_NS, "E25", "subject-all-namespaces", "npm-subject-ns-leak", \
	  "the subject's podSelector also selects pods of other namespaces") \
	X(PODSELECTOR_ALL_NS, "E25", "podselector-all-namespaces", "ko-podselector-all-ns", \
	  "a peer with only a podSelector matches in every namespace") \
	X(DEFAULT_NS_SKIPPED, "E25", "default-namespace-skipped", "sdn-default-namespace", \
	  "policies of the namespace default are never programmed") \
	X(COMBINED_NEVER, "E26", "combined-peer-never", "calico-ns-plus-pod-blocked", \
	  "a peer with both selectors never matches") \
	X(COMBINED_NEGATIVE, "E26", "combined-negative-drops-pods", "npm-multi-peer-selectors", \
	  "in a peer with both selectors the pod's is dropped when the namespace's is negative") \
	X(COMBINED_DROPS_POD, "E26", "combined-peer-drops-pods", "npm-multi-peer-selectors", \
	  "in a peer with both selectors the pod's is ignored") \
	X(COMBINED_DROPS_NS, "E26", "combined-peer-drops-namespaces", "npm-multi-peer-selectors", \
	  "in a peer with both selectors the namespace's is ignored") \
	X(COMBINED_ONE_POD, "E26", "combined-one-pod", "sdn-one-pod-per-ns", \
	  "a peer with both selectors matches one pod of each namespace") \
	X(PEERS_ANDED, "E27", "peers-anded", "ovnk-multi-podselector", \
	  "the other end must match every peer of a rule") \
	X(NS_PEER_DROPPED, "E27", "namespace-peer-dropped", "kr-nsselector-dropped", \
	  "a peer with only a namespaceSelector is ignored beside one with a podSelector") \
	X(NS_PEER_NEVER, "E27", "namespace-peer-never", "mnp-ns-only-peer", \
	  "a peer needs a podSelector to match") \
	X(EMPTY_NS_LOSES, "E45", "empty-namespaceselector-not-own", "ovnk-hostnet-ns", \
	  "an empty namespaceSelector leaves out the policy's own namespace") \
	X(HOST_PODS_PEERS, "E45", "host-pods-are-peers", \
	  "npm-hostnetwork-members aws-hostnetwork", \
	  "pods on the host's network count as peers by their node's address") \
	X(HOST_PODS_ISOLATED, "E45", "host-pods-isolated", \
	  "knp-hostnetwork-local npm-hostnetwork-members", \
	  "pods on the host's network are isolated like any other")

#define NP_MUTANTS_OF_SELECTORS(X) \
	X(MATCHLABELS_OR, "E28", "matchlabels-or", "npm-matchlabels-or", \
	  "one of the matchLabels is enough") \
	X(MATCHLABELS_OR_SUBJECT, "E28", "matchlabels-or-subject", "npm-matchlabels-or", \
	  "one of the subject's matchLabels is enough") \
	X(NOTIN_OR, "E30", "notin-or", "npm-notin-multi", \
	  "NotIn with several values matches when any one value differs") \
	X(NOTIN_IGNORED, "E30", "notin-ignored", "cilium-notin-ns", "NotIn is ignored") \
	X(NOTIN_IGNORED_NS, "E30", "notin-ignored-namespaces", "cilium-notin-ns", \
	  "NotIn is ignored in namespaceSelectors") \
	X(EXPRESSIONS_IGNORED, "E31", "matchexpressions-ignored", "kr-matchexpressions", \
	  "matchExpressions are ignored") \
	X(UNLABELLED_NEVER, "E32", "unlabelled-never", "contiv-doesnotexist", \
	  "pods without labels match no selector but the empty one") \
	X(LABELS_LEAK, "E32", "labels-leak", "assistant-foreign-labels", \
	  "a label that a pod does not have is taken from the pod handled before") \
	X(LABEL_SLASH, "E33", "label-slash-never", "calico-label-slash", \
	  "label keys with '/' never match") \
	X(LABEL_RESERVED, "E33", "label-reserved", "cilium-label-host", \
	  "a pod with the label key host or world is never isolated") \
	X(LABEL_NUMERIC, "E33", "label-numeric", "ncp-numeric-label", \
	  "label values that are numbers are compared as numbers") \
	X(EMPTY_VALUE_STOPS, "E33", "empty-value-stops-others", "npm-invalid-matchexpr", \
	  "while a policy has an expression with an empty value no other policy is processed") \
	X(EMPTY_SUBJECT_NONE, "E34", "empty-subject-none", "kr-empty-subject", \
	  "an empty subject selector selects nothing") \
	X(EMPTY_POD_PEER_OUT, "E34", "empty-podselector-none-egress", "sdn-egress-own-ns", \
	  "in egress an empty podSelector without namespaceSelector matches nothing")

#define NP_MUTANTS_OF_PORTS(X) \
	X(PORTLESS_ZERO, "E37", "portless-is-zero", \
	  "cilium-proto-no-port ovnk-proto-no-port mnp-proto-only aci-proto-only", \
	  "a port entry without port matches port 0 only") \
	X(PORTLESS_VOIDS, "E37", "portless-voids-policy", "sdn-nil-port", \
	  "a policy with a port entry without port is rejected") \
	X(NO_PORTS_DIRECTION, "E37", "egress-no-ports-direction", "npm-egress-noports-direction", \
	  "in egress rules without ports subject and peer are exchanged") \
	X(PORT_REPLACES_ALL, "E39", "port-replaces-all-ports", "calico-port-merge", \
	  "a numbered port replaces the entry for all ports of its protocol in the same rule") \
	X(ENDPORT_IGNORED, "E40", "endport-ignored", "cilium-endport-ignored", \
	  "endPort is ignored") \
	X(ENDPORT_EXCLUSIVE, "E40", "endport-exclusive", "", \
	  "the last port of a range is not allowed") \
	X(NAMED_FROM_SOURCE, "E41", "named-from-source", "awsc-named-from-source", \
	  "an ingress port name is resolved on the source pod") \
	X(NAMED_NEEDS_SOURCE, "E41", "named-needs-source", "awsc-named-needs-source", \
	  "an ingress port name matches only if the source pod has the name too") \
	X(NAMED_DIVERGENT_NOTHING, "E42", "named-divergent-nothing", "cilium-dup-named-port", \
	  "an egress port name with more than one number in the cluster matches nothing") \
	X(NAMED_ONE_NUMBER, "E42", "named-one-number", "cilium-named-port-any-one", \
	  "an egress port name is one pod's number for all destinations") \
	X(NAMED_PER_LABELS, "E42", "named-per-labels", "cilium-named-port-same-identity", \
	  "a port name is resolved once for pods of equal labels") \
	X(NAMED_UNION, "E42", "named-union", "aci-named-cross", \
	  "a port name is every number that it has on any pod") \
	X(NAMED_LAST_SUBJECT, "E42", "named-last-subject", "k3s-named-port-one-replica", \
	  "an ingress port name is resolved for the last selected pod only") \
	X(NAMED_FIRST_CONTAINER, "E42", "named-first-container", "awsc-same-name-containers", \
	  "only the first container's port names count") \
	X(NAMED_SCTP_NOTHING, "E42", "named-sctp-nothing", "calico-sctp-named", \
	  "port names of protocol SCTP match nothing") \
	X(NAMED_NEVER, "E42", "named-never", "calico-alp-named-port", \
	  "a rule with a port name never matches") \
	X(NAMED_ANY_PROTO, "E42", "named-any-protocol", "", \
	  "a port name also counts where the pod has it for another protocol") \
	X(MISSING_NAME_ALL, "E43", "missing-name-all-ports", "antrea-named-port-all", \
	  "a port name that the pod does not have matches every port") \
	X(MISSING_NAME_PROTO, "E43", "missing-name-is-zero", "ko-named-missing-zero", \
	  "a port name that no pod has becomes port 0, which is every port of its protocol") \
	X(NAMED_ANY_PORT, "E43", "named-any-port", "ovnk-named-port-any", \
	  "a port name matches all ports of its protocol") \
	X(NAMED_SKIPS, "E43", "named-skips-policy", "kr-named-port-skip", \
	  "a policy that uses a port name is not processed")

#define NP_MUTANTS_OF_ISOLATION(X) \
	X(NO_RULES_OPEN_OUT, "E22", "no-rules-open-egress", "antrea-deny-egress-noop", \
	  "a policy without egress rules does not isolate for egress") \
	X(NO_RULES_OPEN, "E22", "no-rules-open", "assistant-deny-all", \
	  "a policy without rules does not isolate") \
	X(ISOLATES_BOTH, "E23", "isolates-both", \
	  "calico-egress-only-blocks-ingress npm-default-drop-types", \
	  "every policy isolates in both directions") \
	X(EGRESS_ISOLATES_IN, "E23", "egress-isolates-ingress", "sdn-egress-only-isolates", \
	  "policyTypes [Egress] also isolates for ingress") \
	X(EGRESS_ONLY_NAMESPACE, "E23", "egress-only-isolates-namespace", "sdn-empty-egress", \
	  "a policy with only Egress isolates all pods of its namespace for ingress") \
	X(TYPES_FROM_RULES, "E23", "types-from-rules", "kr-policytypes-inferred", \
	  "a policy isolates in the directions that it has rules for, whatever its policyTypes") \
	X(RULES_BEYOND_TYPES, "E23", "rules-beyond-types", "ovnk-policytype-assumed", \
	  "egress rules isolate and allow even if policyTypes lacks Egress") \
	X(ALL_PODS_BOTH, "E23", "all-pods-both-directions", "sdn-all-pods-direction", \
	  "a policy with an empty subject isolates in both directions") \
	X(FIRST_POLICY_TYPES, "E23", "first-policy-types", "sdn-half-isolated", \
	  "of several policies of a pod only the first one isolates it") \
	X(EGRESS_AS_INGRESS, "E23", "egress-isolation-as-ingress", "ovnk-deny-direction", \
	  "isolation for egress is applied to ingress") \
	X(EGRESS_FINAL, "E24", "egress-accept-final", "kr-egress-accept-final", \
	  "what an egress policy of the source allows is not shown to the destination's " \
	  "policies") \
	X(INGRESS_FINAL, "E24", "ingress-accept-final", "knp-verdict-combination", \
	  "what an ingress policy of the destination allows is not shown to the source's " \
	  "policies") \
	X(EITHER_END, "E24", "either-end-allows", "ovnk-one-pipeline knp-verdict-combination", \
	  "what a policy of either end allows is allowed") \
	X(RULES_CROSSED, "E36", "rules-crossed", "npm-rules-cross-product", \
	  "peers and ports of all rules of a policy are combined") \
	X(FIRST_RULE_ONLY, "E36", "first-rule-only", "ko-multiple-rules", \
	  "only the first rule of a policy counts") \
	X(LAST_RULE_ONLY, "E36", "last-rule-only", "ovnk-loop-pointer", \
	  "every rule of a policy is like its last") \
	X(RULES_RACE, "E36", "rules-race", "antrea-two-egress-rules", \
	  "of an egress rule without peers and one with peers now the one, now the other counts") \
	X(POLICIES_ANDED, "E36", "policies-anded", "", \
	  "a connection must be allowed by every policy of the pod") \
	X(SERVICE_ANY_BACKEND, "E50", "service-any-backend", "awsc-clusterip-bypass", \
	  "a Service's address is allowed if the port of any pod behind it is") \
	X(SERVICE_ALL_PORTS, "E50", "service-all-ports", "awsc-multi-listener", \
	  "a Service can be used only if all its ports are allowed") \
	X(SERVICE_IPS_PEERS, "E50", "service-addresses-are-peers", "ko-clusterip-allowed", \
	  "addresses of Services are allowed to every source that has egress rules")

#define NP_MUTANTS_OF_NAMES(X) \
	X(KEY_IN_NS, "E46", "key-in-ns", "npm-name-delimiter-collision", \
	  "policies whose name, '-in-ns-' and namespace join to one text share the last one's " \
	  "rules") \
	X(KEY_JOINED, "E46", "key-joined", "npm-name-delimiter-collision", \
	  "policies whose namespace, '-' and name join to one text overwrite each other") \
	X(KEY_HASH, "E46", "key-hash", "npm-chain-hash32", \
	  "policies whose names have the same sum of bytes overwrite each other") \
	X(KEY_KIND, "E46", "key-shared-by-kinds", "npm-set-name-clash", \
	  "a selector on a label key that is also a port name in some policy matches nothing") \
	X(POD_KEY_PREFIX, "E46", "pod-key-prefix", "aws-pod-id-collision", \
	  "pods whose name up to the last '-', '-' and namespace join to one text share the first " \
	  "one's policies") \
	X(POD_KEY_JOINED, "E46", "pod-key-joined", "aws-key-concat", \
	  "the second of two pods whose namespace and name join to one text, with or without '-', " \
	  "is never isolated") \
	X(BLOCK_SHARED, "E46", "equal-block-dies", "weave-ipblock-set-per-ns", \
	  "equal ipBlocks of different policies share an entry that dies with the first") \
	X(RULE_ID_COLLIDES, "E46", "rule-id-collides", "antrea-rule-id-rune", \
	  "rules beyond the sixteenth of all policies share one place: the last counts") \
	X(NAME_CUT, "E46", "name-cut", "ovnk-name-63", \
	  "policies whose namespace and name share the first 63 bytes overwrite each other") \
	X(NAME_LONG, "E47", "name-too-long", "kr-nft-comment-length ko-log-name-length", \
	  "a policy whose namespace and name are longer than 100 bytes is not enforced") \
	X(NAME_DIGIT, "E47", "name-with-digit-first", "ko-numeric-name", \
	  "a policy whose name begins with a digit is ignored") \
	X(POD_DOT, "E47", "pod-name-with-dot", "aws-dot-in-name", \
	  "a pod with a dot in its name is not isolated") \
	X(POD_LONG, "E47", "pod-name-too-long", "", \
	  "a pod whose name is longer than 63 bytes is not isolated") \
	X(PORTS_40, "E48", "forty-ports", "cilium-forty-ports", \
	  "only the first 40 ports of a rule count") \
	X(PORTS_24, "E48", "few-ports", "aws-few-ports", \
	  "only the first 24 ports of a rule count") \
	X(NAMESPACES_8, "E48", "eight-namespaces", "weave-nine-namespaces", \
	  "a selector reaches only the first 8 namespaces that it matches") \
	X(SPLIT_OPENS, "E48", "split-opens-direction", "aws-split-empty-direction", \
	  "a policy of more than 24 entries opens the direction without rules") \
	X(SHRINK_UNISOLATES, "E48", "shrink-unisolates", "aws-slice-cleanup", \
	  "a policy that shrinks to 24 entries or less no longer isolates")

#define NP_MUTANTS_OF_FAILURES(X) \
	X(POISON_LATER, "E49", "poison-later-policies", "kr-nft-proto-only-poison", \
	  "policies that follow, by name, one with a port entry without port are not enforced") \
	X(NO_IP_VOIDS, "E49", "pod-without-address-voids", "sdn-no-ip-pods", \
	  "a policy that selects a pod without address is not enforced") \
	X(FAILED_ADD_OPENS, "E49", "failed-add-opens-namespace", "ovnk-last-policy", \
	  "a policy added with a peer that matches nothing ends the isolation of its namespace") \
	X(NAMED_ABORTS, "E49", "named-aborts-sync", "kr-named-port-crash", \
	  "while a policy with a port name exists no change is applied") \
	X(EMPTY_BLOCK_ADDED, "E49", "rule-without-block", "kr-ipblock-family-len", \
	  "a rule whose peers have no ipBlock also matches addresses that are no pods") \
	X(RETRY_LOSES_BLOCKS, "C17", "retry-loses-blocks", "antrea-retry-loses-ipblock", \
	  "a rule installed while a selector matched nothing is retried without its ipBlocks") \
	X(WRITE_IGNORED, "C17", "write-ignored", "aws-map-write-ignored", \
	  "of a policy only the first 16 peers are written and the rest reported as applied") \
	X(EMPTY_AFTER_RETRY, "C17", "empty-after-retry", "cilium-empty-map-after-retry", \
	  "a policy installed while a selector matched nothing allows nothing ever after") \
	X(DUPLICATE_STOPS, "C18", "duplicate-stops-updates", "kr-ipset-restore-abort", \
	  "after a rule with two equal peers no change is applied any more") \
	X(DUAL_NO_UPDATE, "C18", "both-families-no-update", "ko-dualstack-duplicate-drop", \
	  "a policy with blocks of both families cannot be updated") \
	X(LAST_LABEL_STOPS, "C18", "last-label-removed-stops", "npm-last-label-removed", \
	  "after the last pod with some label loses it no policy change is applied") \
	X(DIES_ON_PORTLESS, "C20", "dies-on-portless", \
	  "npm-nil-port-panic kr-proto-only-crash antrea-no-port-crash", \
	  "the controller dies on a port entry without port") \
	X(DIES_ON_NAMED, "C20", "dies-on-named", \
	  "weave-named-port-fatal kr-named-port-crash calico-named-port-traceback", \
	  "the controller dies on a port name") \
	X(DIES_ON_NAMED_OUT, "C20", "dies-on-named-egress", "calico-named-port-panic", \
	  "the controller dies on a port name in egress") \
	X(DIES_ON_NAMED_SCTP, "C20", "dies-on-named-sctp", "calico-bpf-sctp-named-panic", \
	  "the controller dies on a port name of protocol SCTP") \
	X(DIES_ON_NO_FROM, "C20", "dies-on-no-peers", "weave-no-from", \
	  "the controller dies on a rule without peers") \
	X(DIES_ON_BLOCK, "C20", "dies-on-block", "sdn-ipblock-nil", \
	  "the controller dies on an ipBlock peer") \
	X(DIES_ON_CHURN, "C20", "dies-on-churn", "sdn-map-race", \
	  "the controller dies when three pods change at once while there are policies") \
	X(DIES_ON_DELETE, "C20", "dies-on-delete", "ovnk-delete-panic", \
	  "the controller dies on the deletion of a policy") \
	X(DIES_ON_FOREIGN, "C20", "dies-on-foreign-address", "knp-nil-pod", \
	  "the controller dies on traffic of an isolated pod with an address that is no pod")

#define NP_MUTANTS_OF_PODS(X) \
	X(FINISHED_PEERS, "C01", "finished-pods-are-peers", \
	  "npm-succeeded-ip antrea-terminated-members awsc-terminal-pods awsc-phase-stripped", \
	  "finished pods still are peers by their address") \
	X(FINISHED_OWNS, "C01", "finished-pods-own-address", \
	  "calico-completed-pods kr-completed-pod", \
	  "a pod that gets the address of a finished one is taken for that one") \
	X(FINISHED_DELETE, "C01", "finished-delete-drops-address", "ovnk-completed-delete", \
	  "deleting a finished pod's object takes its address out of all sets") \
	X(FINISHED_SIBLING, "C01", "finished-delete-drops-subject", "ko-vm-sibling", \
	  "deleting a finished pod ends the isolation of the pod that has its address now") \
	X(SHARED_IP_DIES, "C01", "dies-on-shared-address", "weave-finished-pod", \
	  "the controller dies when two pod objects have one address") \
	X(LATE_DELETE, "C02", "late-delete-drops-address", \
	  "npm-late-delete-event weave-pod-events-out-of-order cilium-ip-reuse-events " \
	  "cilium-node-restart-swap", \
	  "a pod's delete is handled after the next create and takes its address out of all " \
	  "sets") \
	X(OWNER_CACHE, "C02", "owner-cache", "npm-win-ip-reuse", \
	  "policies of a pod are looked up by address in a cache that keeps its first owner") \
	X(FIRST_OWNER, "C02", "first-owner-keeps", \
	  "npm-win-endpoint-reassign cilium-ip-reuse-compare", \
	  "the first pod to have an address keeps it in the sets for ever") \
	X(NO_REFCOUNT, "C02", "address-not-counted", "antrea-duplicate-ip", \
	  "an address leaves a set when any of the pods that had it leaves") \
	X(POD_LABELS_IGNORED, "C04", "pod-labels-ignored", \
	  "kr-pod-label-change ko-label-updates", "changes of a pod's labels are not seen") \
	X(POD_LABELS_PEERS, "C04", "pod-labels-ignored-for-peers", "kr-pod-label-change", \
	  "changes of a pod's labels are not seen in peer sets") \
	X(POD_LABELS_SUBJECT, "C04", "pod-labels-ignored-for-subjects", "kr-pod-label-change", \
	  "changes of a pod's labels do not change its policies") \
	X(SETS_GROW, "C04", "sets-only-grow", "kr-ipset-not-flushed", "peer sets only ever grow") \
	X(LABEL_REMOVAL, "C04", "pod-label-removal-ignored", "npm-last-label-removed", \
	  "a label taken from a pod stays in effect") \
	X(NEW_POD_OPEN, "C11", "new-pod-not-subject", "ko-before-port-exists", \
	  "a policy does not select pods that are created after it") \
	X(NEW_POD_RULELESS, "C11", "new-pod-not-subject-of-ruleless", "sdn-deny-some-pods", \
	  "a policy without rules and with a subject selector does not select later pods") \
	X(FIRST_POLICY_UPDATED, "C11", "first-policy-updated", "sdn-break-after-first", \
	  "when a pod comes only the first matching policy is updated") \
	X(NEW_POD_NO_PEER, "C11", "new-pod-not-peer", "kr-ipset-drift", \
	  "pods created after a policy are not added to its peers") \
	X(COMMON_OWNER, "C11", "common-owner-open", "aws-no-map", \
	  "of several pods whose names share the part before the last '-' one is isolated") \
	X(NODE_SPAN, "C11", "node-span-at-creation", "antrea-span-race", \
	  "a policy does not reach pods of nodes that had no pod of it when it was created") \
	X(SET_NOT_REFILLED, "C12", "emptied-set-not-refilled", "antrea-pod-recreated", \
	  "a peer set that lost its last member is not filled again") \
	X(RECREATED_OPEN, "C12", "recreated-pod-open", "ovnk-stale-port", \
	  "a pod created again under its name is not isolated") \
	X(RECREATED_STALE, "C12", "recreated-pod-stale", "ovnk-cache-readd", \
	  "a pod created again under its name keeps its old address and labels in all sets") \
	X(RECREATED_BLOCKED, "C12", "recreated-pod-blocked", "aws-identifier-sharing", \
	  "a pod created again under its name is blocked if a policy selects it")

#define NP_MUTANTS_OF_CHANGES(X) \
	X(NS_LABELS_IGNORED, "C05", "namespace-labels-ignored", \
	  "kr-ns-label-change ko-label-updates knp-ns-labels", \
	  "changes of a namespace's labels are not seen") \
	X(NS_LABEL_REMOVAL, "C05", "namespace-label-removal-ignored", "cilium-ns-label-removed", \
	  "a label taken from a namespace stays in effect") \
	X(NS_LABELS_COMBINED, "C05", "namespace-labels-ignored-combined", \
	  "ovnk-ns-label-combined", \
	  "changes of a namespace's labels are not seen in peers with both selectors") \
	X(LATE_NS, "C06", "late-namespace-not-added", "weave-policy-before-ns", \
	  "namespaces that come after a policy are not added to its peers") \
	X(NS_BY_POD, "C06", "namespace-by-pod", "npm-all-ns-set-order", \
	  "a namespace first heard of through a pod is not among all namespaces; pods of a " \
	  "burst come first") \
	X(NS_EVENT_RACE, "C06", "namespace-race-open", "sdn-ns-event-race", \
	  "pods that come before their namespace are never isolated; pods of a burst come first") \
	X(NS_BEHIND, "C06", "namespace-watch-behind", "sdn-ns-watch-behind", \
	  "a namespace first heard of through a pod has no labels; pods of a burst come first") \
	X(DELETED_RULES_STAY, "C07", "deleted-rules-stay", \
	  "cilium-policy-delete-open aws-stale-keys", \
	  "the rules of a deleted policy stay as long as others isolate the pod") \
	X(RECREATED_RULES_STAY, "C07", "recreated-policy-keeps-rules", "aws-stale-keys", \
	  "a policy created again under its name also keeps its old rules") \
	X(ISOLATION_STAYS, "C07", "isolation-stays", "ovnk-default-deny-ports", \
	  "a pod stays isolated after the last policy that selected it is gone") \
	X(BORN_ISOLATED, "C07", "born-during-delete-isolated", "ovnk-add-after-delete", \
	  "a pod created right after a policy was deleted gets the deleted one's isolation") \
	X(DELETE_IGNORED, "C07", "delete-ignored", "", "a deleted policy stays in effect") \
	X(DELETE_UNISOLATES, "C08", "delete-unisolates", \
	  "npm-shared-default-drop ovnk-delete-retry-refcount", \
	  "deleting one of several policies of a pod ends its isolation") \
	X(DELETE_ISOLATES, "C08", "delete-isolates-other-direction", "aws-ingress-only-delete", \
	  "deleting one of several policies of a pod isolates the other direction") \
	X(TYPES_STAY, "C10", "types-never-withdrawn", "kr-policytype-removed", \
	  "an update of a policy never withdraws isolation in a direction") \
	X(EXCEPTS_STAY, "C10", "excepts-stay", "npm-except-edit-race", \
	  "on an update the old excepts are never removed") \
	X(RULE_TAKES_PEERS, "C10", "removed-rule-takes-peers", "ko-address-set-deleted", \
	  "removing a rule also removes the peers of those that remain") \
	X(UPDATE_IGNORED, "C10", "update-ignored", "", "an update of a policy is ignored") \
	X(UPDATE_ADDS, "C10", "update-only-adds", "", \
	  "on an update the old rules stay beside the new ones") \
	X(NS_POLICIES_STAY, "C13", "namespace-policies-survive", "ovnk-orphaned-acls", \
	  "policies of a deleted namespace survive and hit the next one of that name") \
	X(NS_BACK_DIES, "C13", "dies-on-namespace-back", "weave-ns-recreated", \
	  "the controller dies when a namespace's name comes back") \
	X(NS_DELETE_DIES, "C13", "dies-on-namespace-delete", "weave-ns-delete-with-pods", \
	  "the controller dies when a namespace goes before its pods")

#define NP_MUTANTS_OF_PATHS(X) \
	X(V6_NO_PEERS, "D01", "ipv6-no-peers", "kr-ip6-setname", \
	  "over IPv6 no peer ever matches") \
	X(V6_OPEN, "D01", "ipv6-not-isolated", "kr-dual-drop-early-return", \
	  "isolation is for IPv4 only") \
	X(V4_WITHOUT_PORTS, "D01", "ports-for-ipv6-only", "ovnk-dualstack-parens", \
	  "in a rule with peers the ports bind IPv6 only") \
	X(ONE_FAMILY_OPEN, "D01", "one-family-peers-open-other", "ko-drop-one-family", \
	  "a policy whose ipBlocks are all of one family does not isolate the other") \
	X(DUAL_OPEN, "D01", "dual-stack-pods-open", "ko-dualstack-create", \
	  "no policy is enforced for pods with two families") \
	X(V6_CLOSED, "D01", "unisolated-ipv6-denied", "aws-ipv6-catchall", \
	  "the direction in which a selected pod is not isolated is open for IPv4 only") \
	X(V4_ALL_V6, "D01", "ipv4-all-opens-ipv6", "", \
	  "the block 0.0.0.0/0 also allows all of IPv6") \
	X(ND_DENIED, "D02", "neighbour-discovery-denied", \
	  "kr-ipv6-nd cilium-nd-dropped ovnk-nd mnp-nd", \
	  "neighbour discovery of isolated pods is denied: nothing works over IPv6") \
	X(ARP_DENIED, "D02", "address-resolution-denied", "ovnk-arp", \
	  "address resolution of pods isolated in both directions is denied: nothing works " \
	  "over IPv4") \
	X(REPLIES_DENIED, "D03", "replies-denied", "calico-bpf-icmp-ct aws-ct-gc", \
	  "replies of an allowed connection need a rule") \
	X(OWN_NODE_OUT, "D05", "own-node-egress-open", \
	  "kr-egress-to-node weave-egress-except-own-node", \
	  "egress to the pod's own node is always allowed") \
	X(OWN_NODE_DENIED, "D05", "own-node-denied", "ko-node-to-pod knp-root-probes", \
	  "traffic from the pod's own node needs a rule") \
	X(SERVICE_UNFILTERED, "D06", "service-unfiltered", "knp-ipvs-hook", \
	  "traffic through a Service is not evaluated") \
	X(SERVICE_INGRESS_OPEN, "D06", "service-ingress-open", "npm-mark-clash", \
	  "ingress of traffic that came through a Service is not evaluated") \
	X(SERVICE_DROPPED, "D06", "service-dropped", "kr-mark-reset", \
	  "traffic through a Service is dropped where a policy allowed it") \
	X(HAIRPIN_JUDGED, "D08", "hairpin-foreign", \
	  "cilium-self-via-service antrea-hairpin ovnk-hairpin", \
	  "a pod that reaches itself through a Service matches no selector peer")

#define NP_MUTANTS(X) \
	NP_MUTANTS_OF_BLOCKS(X) NP_MUTANTS_OF_PEERS(X) NP_MUTANTS_OF_SELECTORS(X) \
	NP_MUTANTS_OF_PORTS(X) NP_MUTANTS_OF_ISOLATION(X) NP_MUTANTS_OF_NAMES(X) \
	NP_MUTANTS_OF_FAILURES(X) NP_MUTANTS_OF_PODS(X) NP_MUTANTS_OF_CHANGES(X) \
	NP_MUTANTS_OF_PATHS(X)

#endif
