/*
 * model_sites.h - layer target: places in the rules of the model CNI at which it can be made wrong
 * mechanically: a condition negated or fixed, a number off by one, a list short of an element, two
 * things exchanged, a step left out, an event lost or late. Each site takes the operators of its kind.
 */
#ifndef NP_TARGET_MODEL_SITES_H
#define NP_TARGET_MODEL_SITES_H

#include <stdbool.h>
#include <stddef.h>

/* X(id, kind, what) */
#define NP_SITES_OF_RULES(X) \
	X(SAME_POD, BOOL, "a pod to itself") \
	X(SRC_IS_POD, BOOL, "the source has policies") \
	X(DST_IS_POD, BOOL, "the destination has policies") \
	X(BOTH_SIDES, BOOL, "both sides allow") \
	X(SIDES, SWAP, "source and destination of a side") \
	X(OWN_NODE, BOOL, "the source is the destination's node") \
	X(ISOLATED, BOOL, "the pod is isolated") \
	X(ISOLATED_DIR, SWAP, "the direction of isolation") \
	X(POLICIES, LIST, "the policies of a pod") \
	X(TYPES, BOOL, "the policy is for the direction") \
	X(RULES, LIST, "the rules of a policy") \
	X(RULES_DIR, SWAP, "the direction of rules") \
	X(PEERS_AND_PORTS, BOOL, "peers and ports both match") \
	X(NO_PEERS, BOOL, "a rule has no peers") \
	X(PEERS, LIST, "the peers of a rule") \
	X(NO_PORTS, BOOL, "a rule has no ports") \
	X(PORTS, LIST, "the ports of a rule") \
	X(PEER_IS_BLOCK, BOOL, "a peer is an ipBlock") \
	X(IN_SET, BOOL, "an address is in a peer set") \
	X(IN_CIDR, BOOL, "an address is in a cidr") \
	X(CIDR_BITS, NUM, "the prefix length") \
	X(CIDR_WIDTH, BOOL, "address and cidr are of one family") \
	X(EXCEPTS, LIST, "the excepts of a block") \
	X(IN_EXCEPT, BOOL, "an address is in an except") \
	X(PROTO, BOOL, "the protocol is that of the port entry") \
	X(PORT_ANY, STEP, "an entry without port") \
	X(PORT_NUMBER, NUM, "the number of a port entry") \
	X(RANGE_FIRST, NUM, "the first port of a range") \
	X(RANGE_LAST, NUM, "the last port of a range") \
	X(RANGE_ENDS, SWAP, "the ends of a range") \
	X(NAME_POD, SWAP, "the pod that a port name is looked up on") \
	X(NAME_PORTS, LIST, "the ports of a pod when a name is looked up") \
	X(NAME_SAME, BOOL, "a container port has the name") \
	X(NAME_PROTO, BOOL, "a container port has the protocol") \
	X(NAME_NUMBER, NUM, "the number that a name stands for") \
	X(NAME_REGULAR, BOOL, "a regular container's port")

#define NP_SITES_OF_SELECTORS(X) \
	X(SUBJECT_NS, BOOL, "a subject is of the policy's namespace") \
	X(SUBJECT_MATCHES, BOOL, "the subject selector matches") \
	X(PEER_HAS_NS, BOOL, "a peer has a namespaceSelector") \
	X(PEER_NS_MATCHES, BOOL, "a namespaceSelector matches") \
	X(PEER_OWN_NS, BOOL, "a pod is of the policy's namespace") \
	X(PEER_HAS_POD, BOOL, "a peer has a podSelector") \
	X(PEER_POD_MATCHES, BOOL, "a podSelector matches") \
	X(PEER_BOTH, BOOL, "both selectors of a peer match") \
	X(PEER_LABELS, SWAP, "labels of pod and namespace") \
	X(MATCH_LABELS, LIST, "the matchLabels") \
	X(EXPRESSIONS, LIST, "the matchExpressions") \
	X(LABEL_EQUAL, BOOL, "a label has the value") \
	X(KEY_FOUND, STEP, "a label key is found") \
	X(VALUES, LIST, "the values of an expression") \
	X(VALUE_EQUAL, BOOL, "a value is among those of an expression") \
	X(IN_RESULT, BOOL, "In") \
	X(NOTIN_RESULT, BOOL, "NotIn") \
	X(IN_NOTIN, SWAP, "In and NotIn") \
	X(EXISTS_RESULT, BOOL, "Exists") \
	X(NOT_EXISTS_RESULT, BOOL, "DoesNotExist") \
	X(EXISTS_NOT_EXISTS, SWAP, "Exists and DoesNotExist")

#define NP_SITES_OF_TRACKING(X) \
	X(POD_LIVE, BOOL, "a pod counts") \
	X(POD_FINISHED, BOOL, "a pod is finished") \
	X(POD_HOST, BOOL, "a pod is on the host's network") \
	X(POD_IPS, LIST, "the addresses of a pod") \
	X(SET_LEAVE, STEP, "a pod leaves a set") \
	X(SET_JOIN, BOOL, "a pod joins a set") \
	X(SET_COUNT, NUM, "how many pods of a set have an address") \
	X(ATTACH, STEP, "a policy is attached to a pod") \
	X(DETACH, STEP, "a policy is detached from a pod") \
	X(ISOLATE_COUNT, NUM, "how many policies isolate a pod") \
	X(FILL_PODS, LIST, "the pods that a new set is filled from") \
	X(ATTACH_PODS, LIST, "the pods that a new policy is attached to") \
	X(POD_POLICIES, LIST, "the policies that a changed pod is held against") \
	X(POD_SETS, LIST, "the sets that a changed pod is held against") \
	X(NS_PODS, LIST, "the pods of a namespace whose labels changed") \
	X(NODE_IPS, LIST, "the addresses of a node") \
	X(EV_NS_ADD, EVENT, "a namespace is there") \
	X(EV_NS_UPDATE, EVENT, "a namespace has changed") \
	X(EV_NS_DELETE, EVENT, "a namespace is gone") \
	X(EV_NODE_ADD, EVENT, "a node is there") \
	X(EV_POD_ADD, EVENT, "a pod is there") \
	X(EV_POD_UPDATE, EVENT, "a pod has changed") \
	X(EV_POD_DELETE, EVENT, "a pod is gone") \
	X(EV_POLICY_ADD, EVENT, "a policy is there") \
	X(EV_POLICY_UPDATE, EVENT, "a policy has changed") \
	X(EV_POLICY_DELETE, EVENT, "a policy is gone")

#define NP_SITES(X) NP_SITES_OF_RULES(X) NP_SITES_OF_SELECTORS(X) NP_SITES_OF_TRACKING(X)

#define NP_SITE_ENUM(id, kind, what) NP_SITE_##id,
enum np_site { NP_SITE_NONE, NP_SITES(NP_SITE_ENUM) NP_N_SITES };
#undef NP_SITE_ENUM

enum np_site_kind {
	NP_SITE_BOOL, NP_SITE_NUM, NP_SITE_LIST, NP_SITE_SWAP, NP_SITE_STEP, NP_SITE_EVENT,
	NP_N_SITE_KINDS
};

enum np_site_op {
	NP_MX_NEGATE, NP_MX_TRUE, NP_MX_FALSE,			/* BOOL */
	NP_MX_PLUS, NP_MX_MINUS,				/* NUM */
	NP_MX_NO_FIRST, NP_MX_NO_LAST, NP_MX_FIRST_ONLY, NP_MX_LAST_ONLY,	/* LIST */
	NP_MX_SWAP,						/* SWAP */
	NP_MX_SKIP,						/* STEP */
	NP_MX_LOST, NP_MX_LATE,					/* EVENT */
	NP_N_SITE_OPS
};

struct np_site_row {
	const char *id;		/* "IN_CIDR" */
	enum np_site_kind kind;
	const char *what;
};

/* NULL for NP_SITE_NONE. */
const struct np_site_row *np_site_row(enum np_site site);
/* "in-cidr:negated". @buf at least NP_SITE_TEXT_MAX. Returns @buf. */
const char *np_site_text(enum np_site site, enum np_site_op op, char *buf);
#define NP_SITE_TEXT_MAX 64
bool np_site_takes(enum np_site site, enum np_site_op op);

#endif
