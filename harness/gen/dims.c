/* dims.c - the table of dimensions. Orders of levels are those of levels.h. */
#include "np/gen/dims.h"

#define PROTOS { "TCP", 70 }, { "UDP", 20 }, { "SCTP", 10 }

static const struct np_gen_dim_row rows[NP_GEN_N_DIMS] = {
	[NP_DIM_FAMILIES] = { "world.families", NP_SCOPE_WORLD, "IPv6 forgotten, families mixed up",
		{ { "ipv4", 50 }, { "ipv6", 15 }, { "dual", 35 } } },
	[NP_DIM_NAMESPACES] = { "world.namespaces", NP_SCOPE_WORLD, "sets of namespaces that are cut",
		{ { "none", 0 }, { "1", 20 }, { "2", 40 }, { "3", 26 }, { "4-6", 12 }, { "9-12", 2 } } },
	[NP_DIM_NODES] = { "world.nodes", NP_SCOPE_WORLD, "own node, other node",
		{ { "none", 5 }, { "1", 25 }, { "2", 50 }, { "3", 20 } } },
	[NP_DIM_PODS] = { "world.pods", NP_SCOPE_WORLD, "",
		{ { "none", 0 }, { "1", 2 }, { "2", 8 }, { "3-4", 35 }, { "5-8", 40 }, { "9-16", 15 } } },
	[NP_DIM_SERVICES] = { "world.services", NP_SCOPE_WORLD, "before and after translation",
		{ { "none", 25 }, { "1", 40 }, { "2", 25 }, { "3-4", 10 } } },
	[NP_DIM_POLICIES] = { "world.policies", NP_SCOPE_WORLD, "union, order, policies that are lost",
		{ { "none", 1 }, { "1", 14 }, { "2", 25 }, { "3-4", 35 }, { "5-8", 22 }, { "9-20", 3 } } },
	[NP_DIM_NAMES] = { "world.names", NP_SCOPE_WORLD, "keys made by joining names, cut names",
		{ { "plain", 55 }, { "concat", 25 }, { "long", 10 }, { "short", 10 } } },
	[NP_DIM_NS_LABELS] = { "namespace.labels", NP_SCOPE_NAMESPACE, "labels of namespaces and pods mixed up",
		{ { "none", 15 }, { "1", 35 }, { "several", 30 }, { "as another's", 15 }, { "odd", 5 } } },
	[NP_DIM_POD_LABELS] = { "pod.labels", NP_SCOPE_POD, "pods without labels, odd keys and values",
		{ { "none", 12 }, { "1", 30 }, { "several", 38 }, { "as another's", 12 }, { "odd", 8 } } },
	[NP_DIM_POD_NETWORK] = { "pod.network", NP_SCOPE_POD, "pods on the host's network",
		{ { "pod", 88 }, { "host", 8 }, { "host, no address yet", 4 } } },
	[NP_DIM_POD_PHASE] = { "pod.phase", NP_SCOPE_POD, "finished pods that still count",
		{ { "Running", 88 }, { "Pending", 3 }, { "Succeeded", 3 }, { "Failed", 3 }, { "Unknown", 3 } } },
	[NP_DIM_POD_NODE] = { "pod.node", NP_SCOPE_POD, "placement",
		{ { "known", 86 }, { "named by pods alone", 7 }, { "none", 7 } } },
	[NP_DIM_POD_FAMILIES] = { "pod.families", NP_SCOPE_POD, "one family of a dual-stack pod",
		{ { "all", 86 }, { "ipv4", 6 }, { "ipv6", 6 }, { "none", 2 } } },
	[NP_DIM_POD_IP] = { "pod.ip", NP_SCOPE_POD, "an address that was another's",
		{ { "own", 94 }, { "shared", 4 }, { "mapped", 2 } } },
	[NP_DIM_POD_PORTS] = { "pod.ports", NP_SCOPE_POD, "",
		{ { "none", 12 }, { "1", 20 }, { "2", 28 }, { "3-4", 30 }, { "5-8", 10 } } },
	[NP_DIM_CPORT_NAME] = { "container-port.name", NP_SCOPE_CONTAINER_PORT, "names resolved on the wrong pod",
		{ { "none", 6 }, { "usual", 44 }, { "of an earlier port", 46 }, { "its own", 4 } } },
	[NP_DIM_CPORT_NUMBER] = { "container-port.number", NP_SCOPE_CONTAINER_PORT, "one name, several numbers",
		{ { "usual of the name", 50 }, { "other", 50 } } },
	[NP_DIM_CPORT_PROTO] = { "container-port.protocol", NP_SCOPE_CONTAINER_PORT, "a name of another protocol",
		{ PROTOS } },
	[NP_DIM_CPORT_CONTAINER] = { "container-port.container", NP_SCOPE_CONTAINER_PORT, "names of init containers",
		{ { "first", 46 }, { "second", 24 }, { "sidecar", 18 }, { "init", 12 } } },
	[NP_DIM_SVC_SELECTOR] = { "service.selector", NP_SCOPE_SERVICE, "",
		{ { "of a pod", 75 }, { "drawn", 18 }, { "none", 7 } } },
	[NP_DIM_SVC_IP] = { "service.ip", NP_SCOPE_SERVICE, "", { { "cluster", 93 }, { "headless", 7 } } },
	[NP_DIM_SVC_PORTS] = { "service.ports", NP_SCOPE_SERVICE, "",
		{ { "none", 0 }, { "1", 60 }, { "2", 30 }, { "3-4", 10 } } },
	[NP_DIM_SPORT_TARGET] = { "service-port.target", NP_SCOPE_SERVICE_PORT, "the Service's number for the pod's",
		{ { "same", 25 }, { "other", 40 }, { "name", 35 } } },
	[NP_DIM_SPORT_NODE_PORT] = { "service-port.node-port", NP_SCOPE_SERVICE_PORT, "",
		{ { "none", 50 }, { "set", 50 } } },
	[NP_DIM_POLICY_NS] = { "policy.namespace", NP_SCOPE_POLICY, "policies that reach over namespaces",
		{ { "of a pod", 80 }, { "any", 20 } } },
	[NP_DIM_POLICY_TYPES] = { "policy.types", NP_SCOPE_POLICY, "directions mixed up",
		{ { "Ingress", 34 }, { "Egress", 32 }, { "both", 34 } } },
	[NP_DIM_POLICY_RULES] = { "policy.rules", NP_SCOPE_POLICY, "no rule, an empty rule among others",
		{ { "none", 14 }, { "1", 45 }, { "2", 28 }, { "3-4", 12 }, { "5-8", 1 } } },
	[NP_DIM_RULE_PEERS] = { "rule.peers", NP_SCOPE_RULE, "no list, cross products",
		{ { "none", 14 }, { "1", 42 }, { "2", 28 }, { "3-4", 14 }, { "5-8", 1 }, { "25-40", 1 } } },
	[NP_DIM_RULE_PORTS] = { "rule.ports", NP_SCOPE_RULE, "no list, lists that are cut",
		{ { "none", 32 }, { "1", 36 }, { "2", 20 }, { "3-4", 10 }, { "5-8", 1 }, { "41-60", 1 } } },
	[NP_DIM_PEER_FORM] = { "peer.form", NP_SCOPE_PEER, "and read as or, or as and",
		{ { "podSelector", 24 }, { "namespaceSelector", 20 }, { "both", 20 }, { "ipBlock", 36 } } },
	[NP_DIM_SELECTOR_FORM] = { "selector.form", NP_SCOPE_SELECTOR, "empty, absent, nothing matched",
		{ { "{}", 28 }, { "1 label", 22 }, { "labels", 6 }, { "1 expression", 24 }, { "expressions", 10 },
		  { "both", 8 }, { "matches nothing", 2 } } },
	[NP_DIM_REQ_OP] = { "requirement.operator", NP_SCOPE_REQUIREMENT, "absent keys",
		{ { "In", 28 }, { "NotIn", 28 }, { "Exists", 22 }, { "DoesNotExist", 22 } } },
	[NP_DIM_REQ_KEY] = { "requirement.key", NP_SCOPE_REQUIREMENT, "absent keys, keys of namespaces",
		{ { "of an object", 62 }, { "drawn", 24 }, { "nowhere", 6 }, { "metadata.name", 8 } } },
	[NP_DIM_REQ_VALUES] = { "requirement.values", NP_SCOPE_REQUIREMENT, "only the first value",
		{ { "hit", 40 }, { "miss", 20 }, { "hit behind a miss", 25 }, { "many", 15 } } },
	[NP_DIM_BLOCK_ANCHOR] = { "block.anchor", NP_SCOPE_BLOCK, "blocks over pods, nodes, Services",
		{ { "pod", 30 }, { "node", 17 }, { "external", 36 }, { "service", 9 }, { "nowhere", 8 } } },
	[NP_DIM_BLOCK_WIDTH] = { "block.width", NP_SCOPE_BLOCK, "/0 and /32, /128",
		{ { "host", 18 }, { "few", 26 }, { "mid", 24 }, { "wide", 16 }, { "all", 16 } } },
	[NP_DIM_BLOCK_RELATION] = { "block.relation", NP_SCOPE_BLOCK, "two blocks: equal, nested, adjacent",
		{ { "none", 60 }, { "equal", 10 }, { "inside", 10 }, { "around", 10 }, { "beside", 10 } } },
	[NP_DIM_BLOCK_SPELLING] = { "block.spelling", NP_SCOPE_BLOCK, "host bits, leading zeros, mapped",
		{ { "plain", 72 }, { "host bits", 14 }, { "leading zeros", 3 }, { "mapped", 11 } } },
	[NP_DIM_BLOCK_EXCEPTS] = { "block.excepts", NP_SCOPE_BLOCK, "except ignored, first only",
		{ { "none", 45 }, { "1", 35 }, { "2", 14 }, { "3-4", 6 } } },
	[NP_DIM_EXCEPT_WIDTH] = { "except.width", NP_SCOPE_EXCEPT, "",
		{ { "host", 40 }, { "half", 30 }, { "between", 30 } } },
	[NP_DIM_EXCEPT_RELATION] = { "except.relation", NP_SCOPE_EXCEPT, "excepts inside excepts",
		{ { "anywhere", 25 }, { "on an end", 55 }, { "in the last", 10 }, { "equal to the last", 10 } } },
	[NP_DIM_EXCEPT_SPELLING] = { "except.spelling", NP_SCOPE_EXCEPT, "host bits",
		{ { "plain", 85 }, { "host bits", 15 } } },
	[NP_DIM_PORT_FORM] = { "port.form", NP_SCOPE_PORT, "protocol only, names, ranges",
		{ { "protocol only", 12 }, { "number", 26 }, { "endPort", 20 }, { "name", 42 } } },
	[NP_DIM_PORT_PROTO] = { "port.protocol", NP_SCOPE_PORT, "protocols mixed up", { PROTOS } },
	[NP_DIM_PORT_NUMBER] = { "port.number", NP_SCOPE_PORT, "off by one",
		{ { "used", 78 }, { "next to one used", 14 }, { "1", 4 }, { "65535", 4 } } },
	[NP_DIM_PORT_RANGE] = { "port.range", NP_SCOPE_PORT, "ends excluded, endPort ignored",
		{ { "one", 15 }, { "short", 30 }, { "from below", 30 }, { "to 65535", 15 }, { "1-65535", 10 } } },
	[NP_DIM_PORT_NAME] = { "port.name", NP_SCOPE_PORT, "a name that is nowhere",
		{ { "usual", 85 }, { "of one pod", 8 }, { "nowhere", 7 } } },
};

const struct np_gen_dim_row *np_gen_dim_row(enum np_gen_dim dim)
{
	return &rows[dim];
}

size_t np_gen_n_levels(enum np_gen_dim dim)
{
	size_t n = 0;

	while (n < NP_GEN_MAX_LEVELS && rows[dim].levels[n].name)
		n++;
	return n;
}

const char *np_gen_scope_name(enum np_gen_scope scope)
{
	static const char *const names[NP_N_SCOPES] = {
		[NP_SCOPE_WORLD] = "world",
		[NP_SCOPE_NAMESPACE] = "namespace",
		[NP_SCOPE_POD] = "pod",
		[NP_SCOPE_CONTAINER_PORT] = "container-port",
		[NP_SCOPE_SERVICE] = "service",
		[NP_SCOPE_SERVICE_PORT] = "service-port",
		[NP_SCOPE_POLICY] = "policy",
		[NP_SCOPE_RULE] = "rule",
		[NP_SCOPE_PEER] = "peer",
		[NP_SCOPE_SELECTOR] = "selector",
		[NP_SCOPE_REQUIREMENT] = "requirement",
		[NP_SCOPE_BLOCK] = "block",
		[NP_SCOPE_EXCEPT] = "except",
		[NP_SCOPE_PORT] = "port",
	};

	return names[scope];
}
