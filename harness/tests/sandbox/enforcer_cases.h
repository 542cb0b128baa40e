/*
 * enforcer_cases.h - private to the enforcer's tests: for each fault a world and one connection
 * whose verdict it turns round.
 */
#ifndef NP_TESTS_ENFORCER_CASES_H
#define NP_TESTS_ENFORCER_CASES_H

#include "np/model/flow.h"

/* Pods by slot, the external host's addresses, nodes, a Service whose port 80 is pod x/b's 8081. */
enum end { XA, XB, XC, YA, YB, ZU, EA, EB, EC, ED, N1, N2, SVC, N_ENDS };

struct fault_case {
	const char *fault;
	const char *first, *then;	/* changes: see apply_op() */
	enum end src, dst;
	enum np_proto proto;
	uint16_t port;
	enum np_verdict right;		/* what the right enforcer does; the faulty one does the other */
	int family;
};

/* A policy; its parts. */
#define P(ns, name, spec) "['np','" ns "','" name "',{" spec "}]"
#define ALL "'podSelector':{}"
#define APP(x) "'podSelector':{'matchLabels':{'app':'" x "'}}"
#define IN(rules) ",'ingress':[" rules "]"
#define OUT(rules) ",'policyTypes':['Egress'],'egress':[" rules "]"
#define FROM(peers) "'from':[" peers "]"
#define TO(peers) "'to':[" peers "]"
#define PORTS(ports) "'ports':[" ports "]"
#define TCP(n) "{'port':" #n "}"
#define NAMED(n) "{'port':'" n "'}"
#define POD(sel) "{'podSelector':{" sel "}}"
#define NS(sel) "{'namespaceSelector':{" sel "}}"
#define BOTH(ns, pod) "{'namespaceSelector':{" ns "},'podSelector':{" pod "}}"
#define L(k, v) "'matchLabels':{'" k "':'" v "'}"
#define X(exprs) "'matchExpressions':[" exprs "]"
#define E(k, op, values) "{'key':'" k "','operator':'" op "','values':[" values "]}"
#define BLOCK(cidr) "{'ipBlock':{'cidr':'" cidr "'}}"
#define EXCEPT(cidr, excepts) "{'ipBlock':{'cidr':'" cidr "','except':[" excepts "]}}"
#define DENY_IN(ns, name) P(ns, name, ALL IN(""))
#define DENY_OUT(ns, name) P(ns, name, ALL OUT(""))
#define LONG40 "a123456789b123456789c123456789d123456789"
#define NINE_NAMESPACES \
	"['newpod',3,'k1','a',{'t':'1'}],['newpod',3,'k2','a',{'t':'1'}],['newpod',3,'k3','a',{'t':'1'}],['newpod',3,'k4','a',{'t':'1'}]," \
	"['newpod',3,'k5','a',{'t':'1'}],['newpod',3,'k6','a',{'t':'1'}],['newpod',3,'k7','a',{'t':'1'}],['newpod',3,'k8','a',{'t':'1'}]"
#define P5(a, b, c, d, e) TCP(a) "," TCP(b) "," TCP(c) "," TCP(d) "," TCP(e)

static const struct fault_case fault_cases[] = {
	/* isolation */
	{ "no-enforcement", DENY_IN("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "no-rules-open", DENY_IN("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "unmatched-peer-unisolates", P("x", "p", ALL IN("{" FROM(POD(L("app", "none"))) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "same-node-unfiltered", DENY_IN("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "namespace-wide-isolation", P("x", "p", APP("a") IN("")), NULL, YA, XB, NP_TCP, 80, NP_ALLOW, 4 },
	{ "policytypes-ignored", DENY_IN("x", "d"), NULL, XA, YA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "rules-beyond-types", P("x", "p", ALL ",'policyTypes':['Egress'],'ingress':[{" FROM(POD(L("app", "b"))) "}],'egress':[{}]"), NULL,
	  YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "first-policy-only", DENY_IN("x", "a") "," P("x", "b", ALL IN("{}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "last-policy-only", P("x", "a", ALL IN("{}")) "," DENY_IN("x", "b"), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "policies-anded", DENY_IN("x", "a") "," P("x", "b", ALL IN("{}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "names-truncated", P("x", LONG40 "x", ALL IN("{}")) "," DENY_IN("x", LONG40 "y"), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "keys-joined", DENY_IN("x", "ya") "," P("xy", "a", ALL IN("")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "delete-drops-others", DENY_IN("x", "a") "," DENY_IN("x", "b"), "['del','np','x','a']", YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "egress-ignored", DENY_OUT("x", "d"), NULL, XA, YA, NP_TCP, 80, NP_DENY, 4 },
	{ "ingress-ignored", DENY_IN("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "one-end-only", P("x", "out", ALL OUT("{}")) "," DENY_IN("y", "in"), NULL, XA, YB, NP_TCP, 80, NP_DENY, 4 },
	{ "cross-node-ingress-unfiltered", DENY_IN("x", "d"), NULL, YB, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "cross-namespace-subject", P("x", "d", APP("a") IN("")), NULL, XB, YA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "sidecar-pods-open", "['patch','pod','x','a',{'spec':{'initContainers':[{'name':'i','restartPolicy':'Always'}]}}]," DENY_IN("x", "d"),
	  NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	/* rules */
	{ "peers-or-ports", P("x", "p", ALL IN("{" FROM(POD(L("app", "b"))) "," PORTS(TCP(80)) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "ports-beside-peers-ignored", P("x", "p", ALL IN("{" FROM(POD(L("app", "b"))) "," PORTS(TCP(80)) "}")), NULL,
	  XB, XA, NP_TCP, 81, NP_DENY, 4 },
	{ "peers-anded", P("x", "p", ALL IN("{" FROM(POD(L("app", "b")) "," NS(L("team", "blue"))) "}")), NULL, XB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "first-peer-only", P("x", "p", ALL IN("{" FROM(POD(L("app", "b")) "," NS(L("team", "blue"))) "}")), NULL,
	  YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "first-port-only", P("x", "p", ALL IN("{" PORTS(TCP(80) "," TCP(81)) "}")), NULL, YA, XA, NP_TCP, 81, NP_ALLOW, 4 },
	{ "first-rule-only", P("x", "p", ALL IN("{" PORTS(TCP(80)) "},{" PORTS(TCP(81)) "}")), NULL, YA, XA, NP_TCP, 81, NP_ALLOW, 4 },
	{ "last-rule-only", P("x", "p", ALL IN("{" PORTS(TCP(80)) "},{" PORTS(TCP(81)) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "rules-crossed", P("x", "p", ALL IN("{" FROM(POD(L("app", "b"))) "," PORTS(TCP(80)) "},{" FROM(NS(L("team", "blue"))) "," PORTS(TCP(81)) "}")),
	  NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "first-ipblock-only", P("x", "p", ALL IN("{" FROM(BLOCK("198.51.100.0/24") "," BLOCK("203.0.113.0/24")) "}")), NULL,
	  EA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "ipblock-beside-selector-ignored", P("x", "p", ALL IN("{" FROM(POD("") "," BLOCK("203.0.113.0/24")) "}")), NULL,
	  EA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "port-entry-limit", P("x", "p", ALL IN("{" PORTS(P5(1, 3, 5, 7, 9) "," P5(11, 13, 15, 17, 19) "," P5(21, 23, 25, 27, 29) ","
						    P5(31, 33, 35, 37, 39) "," P5(41, 43, 45, 47, 80)) "}")), NULL,
	  YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "empty-rule-ignored", P("x", "p", ALL IN("{}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "empty-from-blocks", P("x", "p", ALL IN("{" PORTS(TCP(80)) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "empty-ports-blocks", P("x", "p", ALL IN("{" FROM(NS("")) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "empty-ports-tcp-only", P("x", "p", ALL IN("{" FROM(NS("")) "}")), NULL, YA, XA, NP_UDP, 80, NP_ALLOW, 4 },
	{ "unmatched-peer-opens", P("x", "p", ALL IN("{" FROM(POD(L("app", "none"))) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	/* selectors */
	{ "podselector-all-namespaces", P("x", "p", ALL IN("{" FROM(POD(L("app", "a"))) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "namespaceselector-own-only", P("x", "p", ALL IN("{" FROM(NS("")) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "external-matches-namespaceselector", P("x", "p", ALL IN("{" FROM(NS("")) "}")), NULL, EA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "namespace-limit", NINE_NAMESPACES ",['labels','pod','y','a',{'t':'1'}],['labels','pod','y','b',{'t':'1'}],"
	  P("x", "p", ALL IN("{" FROM(BOTH("", L("t", "1"))) "}")), NULL, YB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "and-as-or", P("x", "p", ALL IN("{" FROM(BOTH(L("team", "blue"), L("app", "b"))) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "combined-peer-drops-pods", P("x", "p", ALL IN("{" FROM(BOTH(L("team", "blue"), L("app", "b"))) "}")), NULL,
	  YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "combined-peer-drops-namespaces", P("x", "p", ALL IN("{" FROM(BOTH(L("team", "blue"), L("app", "b"))) "}")), NULL,
	  XB, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "combined-peer-never", P("x", "p", ALL IN("{" FROM(BOTH(L("team", "blue"), L("app", "b"))) "}")), NULL, YB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "empty-selector-matches-none", P("x", "p", ALL IN("{" FROM(POD("")) "}")), NULL, XB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "empty-subject-matches-none", DENY_IN("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "empty-namespaceselector-not-own", P("x", "p", ALL IN("{" FROM(NS("")) "}")), NULL, XB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "in-first-value-only", P("x", "p", ALL IN("{" FROM(POD(X(E("app", "In", "'c','b'")))) "}")), NULL, XB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "notin-absent-key", P("x", "p", ALL IN("{" FROM(POD(X(E("role", "NotIn", "'web'")))) "}")), NULL, XB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "notin-values-ored", P("x", "p", ALL IN("{" FROM(POD(X(E("app", "NotIn", "'b','c'")))) "}")), NULL, XB, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "exists-always-true", P("x", "p", ALL IN("{" FROM(POD(X(E("role", "Exists", "")))) "}")), NULL, XB, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "empty-value-absent", P("x", "p", ALL IN("{" FROM(BOTH("", X(E("empty", "Exists", "")))) "}")), NULL, YB, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "unlabelled-never", P("x", "p", ALL IN("{" FROM(BOTH("", X(E("app", "DoesNotExist", "")))) "}")), NULL, ZU, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "negative-selector-matches-external", P("x", "p", ALL IN("{" FROM(POD(X(E("app", "NotIn", "'b'")))) "}")), NULL,
	  EA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "label-case-ignored", P("x", "p", ALL IN("{" FROM(POD(L("app", "B"))) "}")), NULL, XB, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "label-value-prefix", P("x", "p", APP("a") IN("{" FROM(BOTH("", L("role", "d"))) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "matchlabels-or", P("x", "p", ALL IN("{" FROM(BOTH("", "'matchLabels':{'app':'a','role':'web'}")) "}")), NULL,
	  YA, XB, NP_TCP, 80, NP_DENY, 4 },
	{ "matchexpressions-ignored", P("x", "p", ALL IN("{" FROM(BOTH("", L("app", "a") "," X(E("role", "In", "'web'")))) "}")), NULL,
	  YA, XB, NP_TCP, 80, NP_DENY, 4 },
	{ "matchexpressions-or", P("x", "p", ALL IN("{" FROM(BOTH("", X(E("app", "In", "'a'") "," E("role", "In", "'web'")))) "}")), NULL,
	  YA, XB, NP_TCP, 80, NP_DENY, 4 },
	{ "metadata-name-missing", P("x", "p", ALL IN("{" FROM(NS(L("kubernetes.io/metadata.name", "y"))) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "namespace-label-leak", P("x", "p", ALL IN("{" FROM(BOTH("", L("team", "blue"))) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "deleted-pods-remembered", P("x", "p", ALL IN("{" FROM(BOTH("", L("role", "db"))) "}")),
	  "['del','pod','y','a'],['newpod',3,'y','other',{}]", YA, XA, NP_TCP, 80, NP_DENY, 4 },
	/* blocks */
	{ "except-ignored", P("x", "p", ALL IN("{" FROM(EXCEPT("203.0.113.0/24", "'203.0.113.0/28'")) "}")), NULL, EA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "zero-cidr-except-ignored", P("x", "p", ALL IN("{" FROM(EXCEPT("0.0.0.0/0", "'203.0.113.0/28'")) "}")), NULL,
	  EA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "first-except-only", P("x", "p", ALL IN("{" FROM(EXCEPT("203.0.113.0/24", "'203.0.113.64/28','203.0.113.0/28'")) "}")), NULL,
	  EA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "except-inverted", P("x", "p", ALL IN("{" FROM(EXCEPT("203.0.113.0/24", "'203.0.113.0/28'")) "}")), NULL, EC, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "ipblock-matches-all", P("x", "p", ALL IN("{" FROM(BLOCK("203.0.113.0/24")) "}")), NULL, ED, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "zero-cidr-nothing", P("x", "p", ALL IN("{" FROM(BLOCK("0.0.0.0/0")) "}")), NULL, ED, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "except-global", P("x", "p", ALL IN("{" FROM(EXCEPT("203.0.113.0/24", "'203.0.113.0/28'") "," BLOCK("203.0.113.10/32")) "}")), NULL,
	  EA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "except-denies", P("x", "p", ALL IN("{" FROM(EXCEPT("203.0.113.0/24", "'203.0.113.0/28'")) "}")) "," P("x", "q", ALL IN("{" PORTS(TCP(80)) "}")),
	  NULL, EA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "ipblock-not-pods", P("x", "p", ALL IN("{" FROM(BLOCK("10.244.0.0/16")) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "ipblock-not-nodes", P("x", "p", ALL IN("{" FROM(BLOCK("198.18.0.0/24")) "}")), NULL, N2, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "ipv6-ignored", DENY_IN("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_DENY, 6 },
	{ "ipv6-peers-dropped", P("x", "p", ALL IN("{" FROM(NS("")) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 6 },
	{ "ipv4-all-opens-ipv6", P("x", "p", ALL IN("{" FROM(BLOCK("0.0.0.0/0")) "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 6 },
	/* ports */
	{ "port-ignored", P("x", "p", ALL IN("{" PORTS(TCP(80)) "}")), NULL, YA, XA, NP_TCP, 81, NP_DENY, 4 },
	{ "undeclared-port-denied", P("x", "p", ALL IN("{" PORTS(TCP(81)) "}")), NULL, YA, XA, NP_TCP, 81, NP_ALLOW, 4 },
	{ "protocol-ignored", P("x", "p", ALL IN("{" PORTS(TCP(80)) "}")), NULL, YA, XA, NP_UDP, 80, NP_DENY, 4 },
	{ "udp-rules-dropped", P("x", "p", ALL IN("{" PORTS("{'protocol':'UDP','port':80}") "}")), NULL, YA, XA, NP_UDP, 80, NP_ALLOW, 4 },
	{ "protocol-only-ignored", P("x", "p", ALL IN("{" PORTS("{'protocol':'UDP'}") "}")), NULL, YA, XA, NP_UDP, 80, NP_ALLOW, 4 },
	{ "port-merge", P("x", "p", ALL IN("{" PORTS("{'protocol':'TCP'}," TCP(81)) "}")), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "named-port-from-source", P("x", "p", ALL IN("{" PORTS(NAMED("http")) "}")), NULL, YA, XB, NP_TCP, 8081, NP_ALLOW, 4 },
	{ "named-port-any-number", P("x", "p", ALL IN("{" PORTS(NAMED("http")) "}")), NULL, YA, XB, NP_TCP, 8080, NP_DENY, 4 },
	{ "named-egress-subject", P("x", "p", ALL OUT("{" PORTS(NAMED("http")) "}")), NULL, XA, YA, NP_TCP, 8082, NP_ALLOW, 4 },
	{ "named-egress-without-peers", P("x", "p", ALL OUT("{" PORTS(NAMED("http")) "}")), NULL, XA, YA, NP_TCP, 8082, NP_ALLOW, 4 },
	{ "named-egress-own-namespace", P("x", "p", ALL OUT("{" PORTS(NAMED("http")) "}")), NULL, XA, YA, NP_TCP, 8082, NP_ALLOW, 4 },
	{ "named-port-one-number", P("x", "p", ALL OUT("{" TO(NS("")) "," PORTS(NAMED("http")) "}")), NULL, XA, YB, NP_TCP, 8083, NP_ALLOW, 4 },
	{ "port-name-ignores-protocol", P("x", "p", ALL IN("{" PORTS(NAMED("dns")) "}")), NULL, YA, XA, NP_TCP, 53, NP_DENY, 4 },
	{ "missing-name-matches-all", P("x", "p", ALL IN("{" PORTS(NAMED("tel")) "}")), NULL, YA, XB, NP_TCP, 80, NP_DENY, 4 },
	{ "first-container-ports-only", P("x", "p", ALL IN("{" PORTS(NAMED("http")) "}")), NULL, YA, XA, NP_TCP, 8080, NP_ALLOW, 4 },
	{ "endport-ignored", P("x", "p", ALL IN("{" PORTS("{'port':80,'endPort':82}") "}")), NULL, YA, XA, NP_TCP, 82, NP_ALLOW, 4 },
	{ "endport-exclusive", P("x", "p", ALL IN("{" PORTS("{'port':80,'endPort':82}") "}")), NULL, YA, XA, NP_TCP, 82, NP_ALLOW, 4 },
	{ "sctp-rules-dropped", P("x", "p", ALL IN("{" PORTS("{'protocol':'SCTP','port':80}") "}")), NULL, YA, XA, NP_SCTP, 80, NP_ALLOW, 4 },
	{ "sctp-admits-tcp", P("x", "p", ALL IN("{" PORTS("{'protocol':'SCTP','port':80}") "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "sctp-policy-skipped", P("x", "p", ALL IN("{" PORTS("{'protocol':'SCTP','port':80}") "}")), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "udp-ignored", DENY_IN("x", "d"), NULL, YA, XA, NP_UDP, 80, NP_DENY, 4 },
	{ "sctp-unfiltered", DENY_IN("x", "d"), NULL, YA, XA, NP_SCTP, 80, NP_DENY, 4 },
	/* paths */
	{ "replies-blocked", DENY_OUT("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "host-node-blocked", DENY_IN("x", "d"), NULL, N1, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "any-node-allowed", DENY_IN("x", "d"), NULL, N2, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "service-unfiltered", DENY_IN("x", "d"), NULL, YA, SVC, NP_TCP, 80, NP_DENY, 4 },
	{ "dns-exempt", DENY_OUT("x", "d"), NULL, XA, YA, NP_UDP, 53, NP_DENY, 4 },
	/* changes */
	{ "slow-new-pods", DENY_IN("x", "d"), "['del','pod','x','a'],['newpod',0,'x','young',{}]", YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "slow-changes", DENY_IN("x", "d"), NULL, YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "label-update-ignored", P("x", "d", APP("a") IN("")), "['labels','pod','x','a',{'app':'z'}]", YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "namespace-label-ignored", P("x", "p", ALL IN("{" FROM(NS(L("team", "blue"))) "}")), "['labels','ns','','y',{'team':'green'}]",
	  YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "label-removal-ignored", P("x", "d", APP("a") IN("")), "['labels','pod','x','a',{}]", YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "namespace-label-removal-ignored", P("x", "p", ALL IN("{" FROM(NS(L("team", "blue"))) "}")), "['labels','ns','','y',{}]",
	  YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "policy-update-ignored", DENY_IN("x", "d"), P("x", "d", ALL IN("{}")), YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "delete-ignored", DENY_IN("x", "d"), "['del','np','x','d']", YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "recreated-policy-stale", DENY_IN("x", "d"), "['del','np','x','d']," P("x", "d", ALL IN("{}")), YA, XA, NP_TCP, 80, NP_ALLOW, 4 },
	{ "new-pod-ignored", DENY_IN("x", "d"), "['del','pod','x','a'],['newpod',0,'x','young',{}]", YA, XA, NP_TCP, 80, NP_DENY, 4 },
	{ "terminating-pods-open", DENY_IN("x", "d"), "['patch','pod','x','a',{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'}}]",
	  YA, XA, NP_TCP, 80, NP_DENY, 4 },
};

#endif
