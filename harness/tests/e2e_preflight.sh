#!/bin/sh
# The pre-flight in a cluster that has something to find: nodes that take no pods, policies before the DNS
# pods; what it comes to in the record, the report and the exit status.
set -eu
. harness/tests/lib.sh
need_sandbox
start_sandbox --format json
wait_for 10 jq -e .api_socket "$scratch/sandbox.out" || die "no socket: $(cat "$scratch/sandbox.out")"
socket=$(jq -r .api_socket "$scratch/sandbox.out")

# api METHOD PATH [JSON]
api() {
	curl --silent --show-error --fail --max-time 20 --unix-socket "$socket" -X "$1" \
		-H "Content-Type: ${4:-application/merge-patch+json}" ${3:+--data "$3"} "http://sandbox$2" >"$scratch/reply"
}

finding() {
	jq -es --arg about "$1" --arg level "$2" --arg what "$3" \
		'any(.[]; .type == "finding" and .about == $about and .level == $level and (.what | contains($what)))' \
		"$scratch/$4/run.jsonl" >/dev/null || die "no finding '$3': $(jq -c 'select(.type == "finding")' "$scratch/$4/run.jsonl")"
}

api PATCH /api/v1/nodes/n2 '{"spec":{"unschedulable":true}}'
api POST /apis/networking.k8s.io/v1/namespaces/kube-system/networkpolicies '{
	"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"before-dns"},
	"spec":{"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}},"ingress":[{}]}}' application/json
expect_status 0 "$np" run --kubeconfig "$scratch/kubeconfig" --out "$scratch/one" \
	--case 'isolation/default-deny-*' --case 'dns/*'
finding nodes warn "one node is used, 'n1': node 'n2' is cordoned" one
finding dns-policies warn "kube-system/before-dns" one
contains "$scratch/out" "connections between pods of two nodes (node 'n2' is cordoned)"
contains "$scratch/out" "policies of the cluster itself isolate its DNS pods"
jq -es 'map(select(.type == "preflight"))[0].nodes == ["n1"]' "$scratch/one/run.jsonl" >/dev/null || die "other nodes"
ok "a node that is cordoned and a policy before the DNS pods are found, and the rest is judged"

api PATCH /api/v1/nodes/n1 '{"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]}}'
expect_status 3 "$np" run --kubeconfig "$scratch/kubeconfig" --out "$scratch/none" --suite isolation
contains "$scratch/err" "no node that is Ready and takes pods: node 'n1' has a taint"
finding room fatal "node 'n1' has a taint that keeps pods away" none
api GET '/api/v1/namespaces?labelSelector=app.kubernetes.io/managed-by%3Dnetpolcheck'
[ "$(jq '.items | length' "$scratch/reply")" = 0 ] || die "it made namespaces"
jq -es '.[-1] | .type == "end" and .exit == 3' "$scratch/none/run.jsonl" >/dev/null || die "the record's end"
ok "a cluster without a node for the pods: exit 3, and nothing was made there"
