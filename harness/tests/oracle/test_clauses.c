/* test_clauses.c - every clause of the semantics on a small world, with verdicts and open sets worked out by hand. */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/oracle/oracle.h"
#include "yaml_world.h"

/*
 * Nodes n1 (192.0.2.1) and n2 (192.0.2.2), both with IPv6. Pods x/a y/a on n1, the rest on n2 but for the host pod y/h (n1).
 * x: team red. y: team blue, stage "". z: no labels.
 */
static const char base[] =
	"{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}, {type: InternalIP, address: '2001:db8::1'}]}}\n---\n"
	"{apiVersion: v1, kind: Node, metadata: {name: n2}, status: {addresses: [{type: InternalIP, address: 192.0.2.2}, {type: InternalIP, address: '2001:db8::2'}]}}\n---\n"
	"{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {team: red}}}\n---\n"
	"{apiVersion: v1, kind: Namespace, metadata: {name: 'y', labels: {team: blue, stage: ''}}}\n---\n"
	"{apiVersion: v1, kind: Namespace, metadata: {name: z}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: web, tier: front, void: ''}}, spec: {nodeName: n1, containers: [{name: c,"
	" ports: [{name: web, containerPort: 80}, {name: dns, containerPort: 53, protocol: UDP}]}, {name: d, ports: [{name: side, containerPort: 8080}]}]},"
	" status: {phase: Running, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x, labels: {app: db}}, spec: {nodeName: n2, containers: [{name: c, ports: [{name: web,"
	" containerPort: 8080}]}]}, status: {phase: Running, podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: x}, spec: {nodeName: n2, containers: [{name: c}]}, status: {phase: Running,"
	" podIPs: [{ip: 10.0.0.3}, {ip: 'fd00::3'}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: 'y', labels: {app: web, tier: front}}, spec: {nodeName: n1, containers: [{name: c, ports: [{name: web,"
	" containerPort: 80}]}]}, status: {phase: Running, podIPs: [{ip: 10.0.1.1}, {ip: 'fd00::1:1'}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: 'y', labels: {app: db}}, spec: {nodeName: n2, containers: [{name: c}]}, status: {phase: Running,"
	" podIPs: [{ip: 10.0.1.2}, {ip: 'fd00::1:2'}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: h, namespace: 'y', labels: {app: web}}, spec: {nodeName: n1, hostNetwork: true, containers: [{name: c}]},"
	" status: {phase: Running, podIPs: [{ip: 192.0.2.1}, {ip: '2001:db8::1'}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: z}, spec: {nodeName: n2, containers: [{name: c}]}, status: {phase: Running,"
	" podIPs: [{ip: 10.0.2.3}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: done, namespace: z, labels: {app: db}}, spec: {nodeName: n2, containers: [{name: c, ports: [{name: web,"
	" containerPort: 9999}]}]}, status: {phase: Succeeded, podIPs: [{ip: 10.0.2.9}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: wait, namespace: z}, spec: {nodeName: n2, containers: [{name: c}]}, status: {phase: Pending}}\n---\n"
	"{apiVersion: v1, kind: Service, metadata: {name: web, namespace: x}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], selector: {app: web},"
	" ports: [{port: 8000, targetPort: web}]}}\n---\n"
	"{apiVersion: v1, kind: Service, metadata: {name: all, namespace: 'y'}, spec: {clusterIP: 10.96.0.2, clusterIPs: [10.96.0.2], selector: {app: db},"
	" ports: [{port: 80, nodePort: 30080}]}}\n---\n";

#define POLICY(ns, name, spec) \
	"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " name ", namespace: '" ns "'}, spec: " spec "}\n---\n"
#define ALL_X(rest) POLICY("x", "all-x", "{podSelector: {}, " rest "}")

/* A name in two regular containers and a restartable init one; names in init containers of both kinds. */
#define DUP_POD \
	"{apiVersion: v1, kind: Pod, metadata: {name: dup, namespace: z}, spec: {nodeName: n2, containers: [{name: c, ports: [{name: twin, containerPort: 81}]}, {name: d," \
	" ports: [{name: twin, containerPort: 82}]}], initContainers: [{name: e, restartPolicy: Always, ports: [{name: twin, containerPort: 83}, {name: sidecar, containerPort: 84}]}, {name: f," \
	" ports: [{name: early, containerPort: 85}]}]}, status: {phase: Running, podIPs: [{ip: 10.0.2.7}]}}\n---\n"
#define SECOND_DB \
	"{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: 'y', labels: {app: db, second: 'yes'}}, spec: {nodeName: n1, containers: [{name: c}]}, status: {phase:" \
	" Running, podIPs: [{ip: 10.0.1.4}]}}\n---\n"

/* Cells: "FROM TO PORT VERDICT [open clauses] [; S19=yes ..]". */
struct row {
	const char *clause, *policies, *cells;
};

static const struct row rows[] = {
	{ "S01", "",
	  "y/a x/a TCP:80 allow\n x/a 203.0.113.1 UDP:9 allow\n 203.0.113.1 x/a SCTP:1 allow\n 203.0.113.1 192.0.2.1 TCP:22 allow" },
	{ "S01 other direction", ALL_X("policyTypes: [Ingress]"), "x/a y/a TCP:80 allow\n y/a y/b TCP:80 allow\n y/a x/a TCP:80 deny" },
	{ "S02 egress only", ALL_X("policyTypes: [Egress]"), "y/a x/a TCP:80 allow\n x/a y/a TCP:80 deny" },
	{ "S02 rules of a direction not listed", ALL_X("policyTypes: [Ingress], egress: [{}]"), "x/a y/a TCP:80 allow\n y/a x/a TCP:80 deny" },
	{ "S02 default types", ALL_X("egress: [{}]"), "x/a y/a TCP:80 allow\n y/a x/a TCP:80 deny" },
	{ "S02 both types by default", ALL_X("egress: [{ports: [{port: 81}]}]"),
	  "x/a y/a TCP:81 allow\n x/a y/a TCP:80 deny\n y/a x/a TCP:80 deny" },
	{ "S03 union", ALL_X("ingress: [{ports: [{port: 80}]}]") POLICY("x", "more", "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 81}]}]}")
	  POLICY("x", "none", "{podSelector: {}}"),
	  "y/a x/a TCP:80 allow\n y/a x/a TCP:81 allow\n y/a x/b TCP:81 deny\n y/a x/b TCP:80 allow\n y/a x/a TCP:82 deny" },
	{ "S04 both ends", ALL_X("policyTypes: [Egress], egress: [{ports: [{port: 80}]}]") POLICY("y", "in", "{podSelector: {}, ingress: [{ports: [{port: 81}]}]}"),
	  "x/a y/a TCP:80 deny\n x/a y/a TCP:81 deny\n x/a z/c TCP:80 allow\n z/c y/a TCP:81 allow" },
	{ "S05 peers and ports", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}]"),
	  "x/b x/a TCP:80 allow\n x/b x/a TCP:81 deny\n x/c x/a TCP:80 deny" },
	{ "S05 rules do not mix", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}, {from: [{podSelector: {matchLabels: {app: web}}}],"
	  " ports: [{port: 81}]}]"),
	  "x/b x/c TCP:80 allow\n x/b x/c TCP:81 deny\n x/a x/c TCP:81 allow\n x/a x/c TCP:80 deny" },
	{ "S06 items are ored", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: db}}}, {podSelector: {matchLabels: {tier: front}}}],"
	  " ports: [{port: 80}, {port: 81, protocol: UDP}]}]"),
	  "x/b x/c TCP:80 allow\n x/a x/c UDP:81 allow\n x/a x/c TCP:81 deny\n x/c x/a TCP:80 deny" },
	{ "S07 empty lists", ALL_X("ingress: [{from: [], ports: []}]"), "y/a x/a TCP:1 allow\n 203.0.113.1 x/a SCTP:7 allow" },
	{ "S07 no from", ALL_X("ingress: [{ports: [{port: 80}]}]"), "203.0.113.1 x/a TCP:80 allow\n 203.0.113.1 x/a TCP:81 deny" },
	{ "S07 no ports", ALL_X("ingress: [{from: [{namespaceSelector: {}}]}]"), "z/c x/a SCTP:5 allow\n 203.0.113.1 x/a TCP:80 deny" },
	{ "S08", ALL_X("policyTypes: [Ingress, Egress]"), "x/a x/b TCP:80 deny\n x/a 203.0.113.1 UDP:1 deny\n y/a x/a SCTP:1 deny" },
	{ "S08 only a rule without effect", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {no: one}}}]}]"), "x/b x/a TCP:80 deny" },
	{ "S09", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"), "x/a x/b TCP:80 allow\n y/a x/b TCP:80 deny\n x/c x/b TCP:80 deny" },
	{ "S10", ALL_X("ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]"), "y/a x/b TCP:80 allow\n y/b x/b TCP:80 allow\n x/a x/b TCP:80 deny" },
	{ "S11 and", ALL_X("ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: web}}}]}]"),
	  "y/a x/b TCP:80 allow\n y/b x/b TCP:80 deny\n x/a x/b TCP:80 deny" },
	{ "S11 or", ALL_X("ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: web}}}]}]"),
	  "y/b x/b TCP:80 allow\n x/a x/b TCP:80 allow\n x/c x/b TCP:80 deny\n z/c x/b TCP:80 deny" },
	{ "S12 pods", ALL_X("ingress: [{from: [{podSelector: {}}]}]"), "x/c x/a TCP:80 allow\n y/a x/a TCP:80 deny" },
	{ "S12 namespaces", ALL_X("ingress: [{from: [{namespaceSelector: {}}]}]"), "z/c x/a TCP:80 allow\n x/c x/a TCP:80 allow\n 203.0.113.1 x/a TCP:80 deny" },
	{ "S12 both", ALL_X("ingress: [{from: [{namespaceSelector: {}, podSelector: {}}]}]"), "z/c x/a TCP:80 allow" },
	{ "S12 subject", POLICY("x", "p", "{podSelector: {}}"), "y/a x/c TCP:80 deny\n y/a x/a TCP:80 deny" },
	{ "S13 In", ALL_X("ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [db, cache]}]}}]}]"),
	  "x/b x/a TCP:80 allow\n x/a x/b TCP:80 deny\n x/c x/a TCP:80 deny" },
	{ "S13 NotIn takes pods without the key", ALL_X("ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db, cache]}]}}]}]"),
	  "x/b x/a TCP:80 deny\n x/a x/b TCP:80 allow\n x/c x/a TCP:80 allow" },
	{ "S13 Exists", ALL_X("ingress: [{from: [{podSelector: {matchExpressions: [{key: void, operator: Exists}]}}]}]"), "x/a x/b TCP:80 allow\n x/b x/a TCP:80 deny" },
	{ "S13 DoesNotExist", ALL_X("ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}]}]"),
	  "x/c x/b TCP:80 allow\n x/a x/b TCP:80 deny" },
	{ "S13 empty value is no missing key", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {void: ''}}}]}]"), "x/a x/b TCP:80 allow\n x/c x/b TCP:80 deny" },
	{ "S13 namespaces", ALL_X("ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: stage, operator: NotIn, values: [prod]}]}}]}]"),
	  "y/a x/a TCP:80 allow\n z/c x/a TCP:80 allow\n x/b x/a TCP:80 allow" },
	{ "S13 case", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: DB}}}]}]"), "x/b x/a TCP:80 deny" },
	{ "S14", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: web, tier: front}, matchExpressions: [{key: void, operator: Exists}]},"
	  " namespaceSelector: {}}]}]"), "x/a x/b TCP:80 allow\n y/a x/b TCP:80 deny" },
	{ "S14 subject", POLICY("x", "p", "{podSelector: {matchLabels: {app: web, tier: back}}}"), "y/a x/a TCP:80 allow" },
	{ "S15", ALL_X("ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}]}]"), "z/c x/a TCP:80 allow\n y/a x/a TCP:80 deny" },
	{ "S16", ALL_X(""), "x/b y/a TCP:80 allow\n y/b y/a TCP:80 allow" },
	{ "S17", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.16/28, 203.0.113.99/32]}}]}]"),
	  "203.0.113.0 x/a TCP:80 allow\n 203.0.113.15 x/a TCP:80 allow\n 203.0.113.16 x/a TCP:80 deny\n 203.0.113.31 x/a TCP:80 deny\n 203.0.113.32 x/a TCP:80 allow\n"
	  "203.0.113.99 x/a TCP:80 deny\n 203.0.113.255 x/a TCP:80 allow\n 203.0.114.0 x/a TCP:80 deny\n 203.0.112.255 x/a TCP:80 deny" },
	{ "S17 egress", ALL_X("policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.8/31}}]}]"),
	  "x/a 203.0.113.8 TCP:80 allow\n x/a 203.0.113.9 TCP:80 allow\n x/a 203.0.113.10 TCP:80 deny" },
	{ "S17 widths", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.0.113.7/32}}, {ipBlock: {cidr: 128.0.0.0/1, except: [192.0.0.0/2]}}, {ipBlock: {cidr: 2001:db8:0:8000::/49}}]}]"),
	  "203.0.113.7 x/a TCP:80 allow\n 203.0.113.6 x/a TCP:80 deny\n 191.255.255.255 x/a TCP:80 allow\n 127.255.255.254 x/a TCP:80 none\n 126.1.1.1 x/a TCP:80 deny\n"
	  "2001:db8:0:8000::1 x/a TCP:80 allow\n 2001:db8:0:ffff:ffff:: x/a TCP:80 allow\n 2001:db8:0:7fff:: x/a TCP:80 deny\n 2001:db8:1:: x/a TCP:80 deny" },
	{ "S18 another peer", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.16/28]}}, {ipBlock: {cidr: 203.0.113.20/32}}]}]"),
	  "203.0.113.20 x/a TCP:80 allow\n 203.0.113.21 x/a TCP:80 deny" },
	{ "S18 another policy", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.16/28]}}]}]")
	  POLICY("x", "q", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}], ports: [{port: 80}]}]}"),
	  "203.0.113.20 x/a TCP:80 allow\n 203.0.113.20 x/a TCP:81 deny\n 203.0.113.200 x/a TCP:81 allow" },
	{ "S18 a pod by selector", ALL_X("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.3/32]}}, {podSelector: {}}]}]"), "x/c x/a TCP:80 allow" },
	{ "S19", ALL_X("ingress: [{from: [{ipBlock: {cidr: 10.0.1.0/24, except: [10.0.1.2/32]}}]}]"),
	  "y/a x/a TCP:80 undef S19\n y/b x/a TCP:80 deny\n y/a x/a TCP:80 allow ; S19=yes\n y/a x/a TCP:80 deny ; S19=no\n z/c x/a TCP:80 deny" },
	{ "S19 egress", ALL_X("policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"),
	  "x/a y/a TCP:80 undef S19\n x/a 203.0.113.1 TCP:80 allow\n x/a y/a TCP:80v6 deny" },
	{ "S19 settled by another rule", ALL_X("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}, {from: [{namespaceSelector: {}}]}]"), "y/a x/a TCP:80 allow" },
	{ "S19 settled by the other end", ALL_X("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]") POLICY("y", "e", "{podSelector: {}, policyTypes: [Egress]}"),
	  "y/a x/a TCP:80 deny\n z/c x/a TCP:80 undef S19" },
	{ "S21", ALL_X("ingress: [{ports: [{port: 9090}]}]"), "y/a x/a TCP:9090 allow\n y/a x/a TCP:9091 deny\n y/a x/a TCP:9089 deny" },
	{ "S22", ALL_X("ingress: [{ports: [{port: 80, protocol: UDP}, {port: 81}]}]"), "y/a x/a UDP:80 allow\n y/a x/a TCP:80 deny\n y/a x/a TCP:81 allow\n y/a x/a UDP:81 deny" },
	{ "S23", ALL_X("ingress: [{ports: [{protocol: UDP}]}]"), "y/a x/a UDP:1 allow\n y/a x/a UDP:65535 allow\n y/a x/a TCP:1 deny\n y/a x/a SCTP:1 deny" },
	{ "S23 an empty item is TCP", ALL_X("ingress: [{ports: [{}]}]"), "y/a x/a TCP:1 allow\n y/a x/a UDP:1 deny" },
	{ "S24", ALL_X("ingress: [{ports: [{port: web}]}]"), "y/a x/a TCP:80 allow\n y/a x/a TCP:8080 deny\n y/a x/b TCP:8080 allow\n y/a x/b TCP:80 deny\n y/a x/c TCP:80 deny" },
	{ "S25 one number", ALL_X("policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: web}}, namespaceSelector: {}}], ports: [{port: web}]}]"),
	  "x/b y/a TCP:80 allow\n x/b y/a TCP:8080 deny\n x/b x/a TCP:80 allow" },
	{ "S25 several numbers", ALL_X("policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: web}]}]"),
	  "x/c x/a TCP:80 undef S25\n x/c x/b TCP:8080 undef S25\n x/c x/b TCP:80 deny\n x/c x/b TCP:8080 allow ; S25=yes\n x/c x/b TCP:8080 deny ; S25=no\n x/c y/a TCP:80 deny" },
	{ "S25 no to: every pod", ALL_X("policyTypes: [Egress], egress: [{ports: [{port: web}]}]"), "x/c y/a TCP:80 undef S25\n x/c y/a TCP:80 allow ; S25=yes" },
	{ "S25 a name of one pod", ALL_X("policyTypes: [Egress], egress: [{ports: [{port: side}]}]"), "x/c x/a TCP:8080 allow\n x/c x/b TCP:8080 deny" },
	{ "S26", ALL_X("ingress: [{ports: [{port: dns}]}]"), "y/a x/a UDP:53 deny\n y/a x/a TCP:53 deny" },
	{ "S26 with the protocol", ALL_X("ingress: [{ports: [{port: dns, protocol: UDP}]}]"), "y/a x/a UDP:53 allow\n y/a x/a TCP:53 deny" },
	{ "S27", ALL_X("ingress: [{ports: [{port: nowhere}]}]"), "y/a x/a TCP:80 deny\n y/a x/c TCP:80 deny" },
	{ "S28", ALL_X("ingress: [{ports: [{port: side}]}]"), "y/a x/a TCP:8080 allow\n y/a x/a TCP:80 deny" },
	{ "S29", DUP_POD POLICY("z", "p", "{podSelector: {}, ingress: [{ports: [{port: twin}]}]}"),
	  "z/c z/dup TCP:81 allow\n z/c z/dup TCP:82 undef S29\n z/c z/dup TCP:82 allow ; S29=yes\n z/c z/dup TCP:82 deny ; S29=no\n z/c z/dup TCP:83 undef S29 S30\n"
	  "z/c z/dup TCP:83 undef S30 ; S29=yes\n z/c z/dup UDP:81 deny" },
	{ "S30", DUP_POD POLICY("z", "p", "{podSelector: {}, ingress: [{ports: [{port: sidecar}, {port: early}]}]}"),
	  "z/c z/dup TCP:84 undef S30\n z/c z/dup TCP:84 allow ; S30=yes\n z/c z/dup TCP:84 deny ; S30=no\n z/c z/dup TCP:85 undef S30" },
	{ "S30 with another number in a regular container", DUP_POD POLICY("z", "p", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: twin}]}]}"),
	  "z/c z/dup TCP:81 undef S25\n z/c z/dup TCP:82 undef S25 S29" },
	{ "S31", ALL_X("policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: side}]}]"),
	  "x/a 203.0.113.1 TCP:80 undef S31\n x/a 203.0.113.1 UDP:80 deny\n x/a 203.0.114.1 TCP:80 deny\n x/a 203.0.113.1 TCP:80 allow ; S31=yes\n"
	  "x/a 203.0.113.1 TCP:80 deny ; S31=no" },
	{ "S32", ALL_X("ingress: [{ports: [{port: 80, endPort: 82}]}]"), "y/a x/a TCP:79 deny\n y/a x/a TCP:80 allow\n y/a x/a TCP:81 allow\n y/a x/a TCP:82 allow\n y/a x/a TCP:83 deny\n"
	  "y/a x/a UDP:81 deny" },
	{ "S33", ALL_X("ingress: [{ports: [{port: 80, protocol: SCTP}]}]"), "y/a x/a SCTP:80 allow\n y/a x/a SCTP:81 deny" },
	{ "S33b", ALL_X("ingress: [{ports: [{protocol: SCTP}]}]"), "y/a x/a TCP:80 deny\n y/a x/a UDP:80 deny" },
	{ "S34", ALL_X("policyTypes: [Ingress, Egress]"), "y/a x/a TCP:80 deny\n y/a x/a UDP:80 deny\n y/a x/a SCTP:80 deny\n x/a y/a SCTP:80 deny" },
	{ "S38", ALL_X("policyTypes: [Ingress, Egress]"), "x/a x/a TCP:80 allow\n x/a x/a UDP:1v6 allow" },
	{ "S39", ALL_X("policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}], egress: [{}]"),
	  "x/a svc:x/web TCP:8000 undef S39\n x/a svc:x/web TCP:8000 allow ; S39=yes\n x/a svc:x/web TCP:8000 deny ; S39=no" },
	{ "S40", ALL_X(""), "192.0.2.1 x/a TCP:80 allow\n y/h x/a TCP:80 allow\n 2001:db8::1 x/a UDP:5 allow" },
	{ "S41", ALL_X("policyTypes: [Egress]"), "x/a 192.0.2.1 TCP:80 undef S41\n x/a 192.0.2.2 TCP:80 deny\n x/a 192.0.2.1 TCP:80 allow ; S41=yes\n x/a 192.0.2.1 TCP:80 deny ; S41=no" },
	{ "S41 with S43", ALL_X("policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}]"),
	  "x/a y/h TCP:80 undef S41 S43\n x/b y/h TCP:80 undef S43\n x/b y/h TCP:80 allow ; S43=yes\n x/b y/h TCP:80 deny ; S43=no\n x/a y/h TCP:80 undef S41 ; S43=no" },
	{ "S42", ALL_X(""), "192.0.2.2 x/a TCP:80 undef S42\n 192.0.2.2 x/a TCP:80 allow ; S42=yes\n 192.0.2.2 x/a TCP:80 deny ; S42=no\n y/h x/b TCP:80 undef S42" },
	{ "S20 with S42", ALL_X("ingress: [{from: [{ipBlock: {cidr: 192.0.2.2/32}}]}]"),
	  "192.0.2.2 x/a TCP:80 undef S20 S42\n 192.0.2.2 x/a TCP:80 deny ; S20=yes S42=no\n 192.0.2.2 x/a TCP:80 allow ; S20=no" },
	{ "S20 whatever is seen", ALL_X("ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"), "192.0.2.2 x/a TCP:80 allow" },
	{ "S20 nodePort", POLICY("y", "p", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"),
	  "x/a 192.0.2.1 TCP:30080 undef S20 S42\n x/a 192.0.2.1 TCP:30080 allow ; S20=no\n x/a 192.0.2.1 TCP:30080 deny ; S20=yes S42=no\n x/a 192.0.2.2 TCP:30080 allow\n"
	  "203.0.113.1 192.0.2.2 TCP:30080 undef S20\n x/a 192.0.2.1 TCP:30081 allow" },
	{ "S43 subject", POLICY("y", "p", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}"),
	  "y/h x/b TCP:80 undef S43\n x/b y/h TCP:80 undef S43\n x/b y/h TCP:80 deny ; S43=yes\n x/b y/h TCP:80 allow ; S43=no\n x/b y/a TCP:80 deny" },
	{ "S43 its own node reaches it", POLICY("y", "p", "{podSelector: {matchLabels: {app: web}}}"), "192.0.2.1 y/h TCP:80 allow\n 192.0.2.2 y/h TCP:80 undef S42 S43" },
	{ "S44", ALL_X("policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.2/32}}]}]"), "x/a 192.0.2.2 TCP:80 allow\n x/a 192.0.2.1 TCP:80 undef S41" },
	{ "S45 egress by selector", ALL_X("policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]"),
	  "x/b svc:x/web TCP:8000 undef S45\n x/b svc:x/web TCP:8000 allow ; S45=yes\n x/b svc:x/web TCP:8000 deny ; S45=no\n x/b x/a TCP:80 allow\n x/b svc:x/web TCP:8001 none" },
	{ "S45 egress by address", ALL_X("policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.96.0.1/32}}], ports: [{port: 8000}]}]"),
	  "x/b svc:x/web TCP:8000 undef S45\n x/b svc:x/web TCP:8000 deny ; S45=yes\n x/b svc:x/web TCP:8000 allow ; S45=no" },
	{ "S45 ingress is the pod's", ALL_X("ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}], ports: [{port: 80}]}]"),
	  "y/a svc:x/web TCP:8000 allow\n z/c svc:x/web TCP:8000 deny" },
	{ "S45 several pods behind it", SECOND_DB POLICY("y", "p", "{podSelector: {matchLabels: {second: 'yes'}}}"),
	  "x/a svc:y/all TCP:80 undef S45\n x/a svc:y/all TCP:80 undef S45 ; S45=yes\n x/a svc:y/all TCP:80 undef S45 ; S45=no\n x/a 192.0.2.1 TCP:30080 undef S20" },
	{ "S45 several pods that agree", SECOND_DB POLICY("y", "p", "{podSelector: {matchLabels: {app: db}}}"), "x/a svc:y/all TCP:80 deny\n y/a svc:y/all TCP:80 deny" },
	{ "S51 S65 as the world is now", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: gone}}}]}]"), "x/b x/a TCP:80 deny" },
	{ "S53", ALL_X("ingress: [{from: [{namespaceSelector: {}}]}]"), "z/done x/a TCP:80 none\n x/a z/done TCP:80 none\n 10.0.2.9 x/a TCP:80 deny" },
	{ "S53 names of finished pods", ALL_X("policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}, {podSelector: {matchLabels:"
	  " {app: web}}}], ports: [{port: web}]}]"), "x/b x/a TCP:80 allow" },
	{ "S55", ALL_X("ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"), "203.0.113.1 x/a TCP:80 allow\n 2001:db8::99 x/a TCP:80 deny" },
	{ "S55 IPv6", ALL_X("ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]"), "203.0.113.1 x/a TCP:80 deny\n 2001:db8::99 x/a TCP:80 allow" },
	{ "S55 selectors and isolation take both", ALL_X("ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]"), "x/b x/a TCP:80v6 allow\n x/c x/a TCP:80v6 deny" },
	{ "S56", ALL_X("ingress: [{from: [{ipBlock: {cidr: '::ffff:203.0.113.0/120'}}]}]"),
	  "203.0.113.1 x/a TCP:80 undef S56\n 203.0.114.1 x/a TCP:80 deny\n 203.0.113.1 x/a TCP:80 allow ; S56=yes\n 203.0.113.1 x/a TCP:80 deny ; S56=no\n ::ffff:203.0.113.1 x/a TCP:80 undef S56" },
	{ "S56 an end", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]"), "::ffff:203.0.113.1 x/a TCP:80 allow" },
	{ "S57", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.0.113.9/24}}]}]"),
	  "203.0.113.9 x/a TCP:80 allow\n 203.0.113.10 x/a TCP:80 undef S57\n 203.0.114.9 x/a TCP:80 deny\n 203.0.113.10 x/a TCP:80 allow ; S57=yes\n 203.0.113.10 x/a TCP:80 deny ; S57=no" },
	{ "S57 except", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.0.0.0/16, except: [203.0.113.9/24]}}]}]"),
	  "203.0.113.9 x/a TCP:80 deny\n 203.0.113.10 x/a TCP:80 undef S57\n 203.0.114.1 x/a TCP:80 allow" },
	{ "S57 zeros", ALL_X("ingress: [{from: [{ipBlock: {cidr: 203.000.113.0/24}}]}]"), "203.0.113.0 x/a TCP:80 allow\n 203.0.113.1 x/a TCP:80 undef S57" },
	{ "S58", ALL_X("policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]"), "x/a y/b UDP:53 deny\n x/a y/b TCP:53 deny" },
	{ "S59", ALL_X("policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 169.254.0.0/16}}]}]"),
	  "x/a 169.254.169.254 TCP:80 allow\n x/a 224.0.0.1 UDP:80 none\n x/a 255.255.255.255 UDP:80 none\n x/a ff02::1 UDP:80 none" },
	{ "S60", "", "z/wait x/a TCP:80 none\n x/a z/wait TCP:80 none\n z/c x/a TCP:80v6 none\n x/a 2001:db8::9 TCP:80v6 allow" },
};

/* "S19=yes" over the readings of @profile. */
static void fix_reading(struct np_readings *rd, const char *text)
{
	unsigned clause;

	ck_assert_msg(np_clause_parse((struct np_str){ text, 3 }, &clause), "%s", text);
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		if (np_reading_clause((enum np_reading)r) == clause) {
			rd->set[r] = strcmp(text + 3, "=yes") == 0 ? NP_SET_YES : NP_SET_NO;
			return;
		}
	ck_abort_msg("no reading %s", text);
}

static void check_cell(const struct np_world *w, const struct row *row, char *line)
{
	struct np_readings rd = np_profile_readings(NP_PROFILE_CORE);
	np_clauses open, want = { 0 };
	char *settings = strchr(line, ';'), *save = NULL, src[80], dst[80], port[40], verdict[16];
	char a[512], b[512];
	int used = 0;
	unsigned clause;
	struct np_oracle *o;
	struct np_flow f;
	enum np_verdict v;

	if (settings)
		*settings++ = '\0';
	ck_assert_msg(sscanf(line, "%79s %79s %39s %15s%n", src, dst, port, verdict, &used) == 4, "%s", line);
	for (char *p = strtok_r(line + used, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		ck_assert_msg(np_clause_parse(np_str_from(p), &clause), "%s", p);
		np_clauses_add(&want, clause);
	}
	for (char *p = settings ? strtok_r(settings, " ", &save) : NULL; p; p = strtok_r(NULL, " ", &save))
		fix_reading(&rd, p);
	o = np_oracle_new(w, &rd);
	f = yw_flow(w, src, dst, port);
	v = np_oracle_eval(o, &f, &open);
	ck_assert_msg(strcmp(np_verdict_name(v), verdict) == 0 && open.bits[0] == want.bits[0] && open.bits[1] == want.bits[1],
		      "%s: %s %s %s: expected %s (%s), got %s (%s)", row->clause, src, dst, port, verdict,
		      np_clauses_text(&want, a, sizeof(a)), np_verdict_name(v), np_clauses_text(&open, b, sizeof(b)));
	np_oracle_free(o);
}

START_TEST(clause_row)
{
	const struct row *row = &rows[_i];
	np_auto_free char *cells = np_xstrdup(row->cells);
	struct np_world w;
	char *save = NULL;

	np_world_init(&w);
	yw_add(&w, base);
	if (*row->policies)
		yw_add(&w, row->policies);
	yw_link(&w);
	for (char *line = strtok_r(cells, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		check_cell(&w, row, line);
	np_world_release(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle-clauses");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, clause_row, 0, (int)NP_ARRAY_SIZE(rows));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
