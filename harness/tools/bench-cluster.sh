#!/bin/bash
# In a real cluster, the same two cases twice: by netpolcheck run, and as suites do that start one exec per probe (kubectl exec, 15 at a time,
# time-outs of 10 s, a blind pause of 5 s after each change). JSON lines on standard output; bounded; removes what it makes.
# Usage: bench-cluster.sh BUILD KUBECONFIG [ARGUMENTS OF run...]
set -euo pipefail
build=$1
export KUBECONFIG=$2
shift 2
kubectl=${KUBECTL:-kubectl}
image=${IMAGE:-netpolcheck/agent:latest}
parallel=15 timeout_ms=10000 pause_s=5
cases=(isolation/default-deny-ingress isolation/default-deny-egress)
here=$(cd "$(dirname "$0")/../.." && pwd)
NETPOLCHECK_SUITES=${NETPOLCHECK_SUITES:-$here/suites}
export NETPOLCHECK_SUITES
prefix=np-bench-$$

scratch=$(mktemp -d)
cleanup() {
	rm -rf "$scratch"
	"$kubectl" delete namespace -l netpolcheck-bench=$$ --wait=false >/dev/null 2>&1 || true
}
trap cleanup EXIT

command -v jq >/dev/null || {
	echo '{"bench":"cluster","skipped":"jq is missing"}'
	exit 0
}

now_ms() {
	date +%s%3N
}

# What our own run needs for the sample; the way back to the world as it was is left out, as the loop does without it.
"$build/netpolcheck" run --quiet --kubeconfig "$KUBECONFIG" --workers 1 --case "${cases[0]}" --case "${cases[1]}" \
	--out "$scratch/run" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || true
record=$scratch/run/run.jsonl
if ! tail -n 1 "$record" 2>/dev/null | jq -e '.type == "end"' >/dev/null; then
	cat "$scratch/err" >&2
	echo "bench-cluster.sh: the run has no end line" >&2
	exit 1
fi

# The same world: pods of the run's record, on the same nodes, with the same ports.
objects() {
	jq -c --arg kind "$1" 'select(.type == "world") | .objects | to_entries[] | select(.key | startswith($kind + " ")) | .value' "$record"
}
listens=$(jq -r 'select(.type == "world") | "--tcp " + .listens.tcp + " --udp " + .listens.udp' "$record" | head -n 1)
{
	objects Namespace | jq --arg p "$prefix-" --arg id "$$" '
		.apiVersion = "v1" | .kind = "Namespace" | .metadata.name = $p + .metadata.name | .metadata.labels["netpolcheck-bench"] = $id'
	objects Pod | jq --arg p "$prefix-" --arg image "$image" --arg listens "$listens" '
		.apiVersion = "v1" | .kind = "Pod" | .metadata.namespace = $p + .metadata.namespace |
		.metadata.namespace as $ns | .metadata.name as $name |
		.spec.terminationGracePeriodSeconds = 1 |
		.spec.securityContext = {sysctls: [{name: "net.ipv4.ip_unprivileged_port_start", value: "0"}]} |
		.spec.containers[0] += {image: $image, imagePullPolicy: "IfNotPresent", command: ["/netpolcheck-agent"],
			args: (["serve", "--identity", ($ns + "/" + $name)] + ($listens | split(" ")))}'
} | "$kubectl" apply -f - >/dev/null
for ns in $("$kubectl" get namespaces -l netpolcheck-bench=$$ -o name); do
	"$kubectl" wait --for=condition=Ready pod --all -n "${ns#*/}" --timeout=60s >/dev/null
done

"$kubectl" get pods -A -o json | jq -r --arg p "$prefix-" '
	.items[] | select(.metadata.namespace | startswith($p)) | [.metadata.namespace, .metadata.name, .status.podIP] | @tsv' >"$scratch/pods"
jq -r 'select(.type == "world") | .listens | to_entries[] | select(.key != "sctp") | .key as $k | .value | split(",")[] | select(. != "") | [$k, .] | @tsv' \
	"$record" | sort -u >"$scratch/ports"

# One line per probe: namespace, pod, protocol, address, port.
while read -r sns spod saddr; do
	while read -r _ _ daddr; do
		[ "$saddr" = "$daddr" ] && continue
		while read -r proto port; do
			echo "$sns $spod $proto $daddr $port"
		done <"$scratch/ports"
	done <"$scratch/pods"
done <"$scratch/pods" >"$scratch/probes"
n_probes=$(wc -l <"$scratch/probes")

# The change of a case, without its header and its expectations.
policy_of() {
	awk 'BEGIN { RS = "---\n" } /^apiVersion:/ { print "---"; printf "%s", $0 }' "$NETPOLCHECK_SUITES/$1.yaml" |
		sed "s/namespace: x/namespace: $prefix-x/"
}

export kubectl timeout_ms
one_probe() {
	"$kubectl" exec -n "$1" "$2" -- /netpolcheck-agent connect "$3" "$4" "$5" --timeout-ms "$timeout_ms" >/dev/null 2>&1 && echo allowed || echo denied
}
export -f one_probe

start=$(now_ms)
for c in "${cases[@]}"; do
	policy_of "$c" | "$kubectl" apply -f - >/dev/null
	sleep "$pause_s"
	# shellcheck disable=SC2016 # expanded by the inner shell
	xargs -P "$parallel" -L 1 bash -c 'one_probe "$@"' _ <"$scratch/probes" >>"$scratch/verdicts"
	policy_of "$c" | "$kubectl" delete -f - >/dev/null
done
loop_ms=$(($(now_ms) - start))

jq -sc --argjson loop_ms "$loop_ms" --argjson probes "$n_probes" --argjson cases "${#cases[@]}" \
	--argjson denied "$(grep -c denied "$scratch/verdicts" || true)" '
	(map(select(.type == "step" and .what == "expect")) | map(.observations[-1] | .at_ms + .took_ms) | add) as $ours_ms |
	(map(select(.type == "end"))[-1]) as $last |
	{bench: "cluster.exec_loop", value: $loop_ms, unit: "ms", cases: $cases, probes: ($probes * $cases), denied: $denied,
		probes_per_s: ($probes * $cases * 1000 / $loop_ms)},
	{bench: "cluster.ours", value: $ours_ms, unit: "ms", cases: $cases, probes: $last.probes, probes_per_s: $last.probes_per_s, passed: $last.passed},
	{bench: "cluster.exec_loop_vs_ours", value: ($loop_ms / $ours_ms), unit: "x",
		compared: "the same changes in the same cluster, from the change to the last verdict about it; the world stands already"}' "$record"
