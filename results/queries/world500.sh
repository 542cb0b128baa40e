#!/bin/sh
# A world of 500 pods in five namespaces: world500.sh pods | policies | changed
set -eu
case ${1:-} in
pods)
	awk 'BEGIN {
		n = split("data ops pay search shop", ns, " ")
		apps["data"] = "pg kafka"; apps["ops"] = "prom log"; apps["pay"] = "api ledger"
		apps["search"] = "index query"; apps["shop"] = "web cart cache"
		for (s = 1; s <= n; s++) {
			printf "---\n{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {tier: %s}}}\n", ns[s], s <= 2 ? "back" : "front"
			a = split(apps[ns[s]], app, " ")
			for (i = 0; i < 100; i++) {
				k++
				printf "---\n{apiVersion: v1, kind: Pod, metadata: {name: %s-%02d, namespace: %s, labels: {app: %s, version: v%d}}, ", app[i % a + 1], i, ns[s], app[i % a + 1], i % 2
				printf "spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}, status: {phase: Running, podIP: 10.3.%d.%d}}\n", int(k / 250), k % 250 + 1
			}
		}
	}'
	;;
policies | changed)
	head='apiVersion: networking.k8s.io/v1, kind: NetworkPolicy'
	port=8080
	[ "$1" = policies ] || port=8443
	for ns in data ops pay search shop; do
		echo "{$head, metadata: {name: default-deny, namespace: $ns}, spec: {podSelector: {}, policyTypes: [Ingress]}}"
		echo ---
	done
	cat <<EOF
{$head, metadata: {name: web-from-anywhere, namespace: shop}, spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http}]}]}}
---
{$head, metadata: {name: api-from-cart, namespace: pay}, spec: {podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}, podSelector: {matchLabels: {app: cart}}}], ports: [{port: $port}]}]}}
---
{$head, metadata: {name: pg-from-front, namespace: data}, spec: {podSelector: {matchLabels: {app: pg}}, ingress: [{from: [{namespaceSelector: {matchLabels: {tier: front}}}], ports: [{port: 5432}]}]}}
---
{$head, metadata: {name: scrape, namespace: ops}, spec: {podSelector: {matchLabels: {app: prom}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 9090, endPort: 9100}]}]}}
EOF
	if [ "$1" = changed ]; then
		echo ---
		echo "{$head, metadata: {name: query-open, namespace: search}, spec: {podSelector: {matchLabels: {app: query}}, ingress: [{}]}}"
	fi
	;;
*)
	echo "usage: world500.sh pods | policies | changed" >&2
	exit 2
	;;
esac
