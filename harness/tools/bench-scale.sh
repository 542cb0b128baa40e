#!/bin/bash
# What a run costs against the number of its worlds (--workers 1, 2, 4, 8) and of the cluster's nodes: probes, execs, API requests and
# those that write, pods, memory. JSON lines on standard output, then the straight line through them. deploy/README.md explains them.
# Usage: bench-scale.sh BUILD [KUBECONFIG [OPTIONS OF run...]]    without a KUBECONFIG: the sandbox
#   WORKERS="1 2 4 8"   CASES="--tier smoke" what is run
#   NODES=1000          in a real cluster: also with so many nodes that are only objects (removed at the end), 1 worker
set -euo pipefail
build=$(cd "$1" && pwd)
config=${2:-}
shift $(($# < 2 ? $# : 2))
cases=${CASES:---tier smoke}
NETPOLCHECK_SUITES=${NETPOLCHECK_SUITES:-$(cd "$(dirname "$0")/../.." && pwd)/suites}
export NETPOLCHECK_SUITES
scratch=$(mktemp -d)
sandbox=
fakes=

finish() {
	[ -z "$sandbox" ] || { kill "$sandbox" && wait "$sandbox"; } 2>/dev/null || true
	[ -z "$fakes" ] || kubectl --kubeconfig "$config" delete nodes -l netpolcheck-bench=fake --wait=false >/dev/null
	rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM
command -v jq >/dev/null || { echo '{"bench":"scale","skipped":"jq is missing"}' && exit 0; }

start_sandbox() {
	local tries=200

	rm -f "$scratch/kubeconfig" "$scratch/log"
	"$build/netpolcheck" sandbox --kubeconfig-out "$scratch/kubeconfig" --log "$scratch/log" >"$scratch/sandbox" 2>&1 </dev/null &
	sandbox=$!
	while [ ! -s "$scratch/kubeconfig" ]; do
		[ $((tries -= 1)) -gt 0 ] || { cat "$scratch/sandbox" >&2 && exit 1; }
		sleep 0.1
	done
}

# KiB of the agents that run here, largest and sum (sandbox only: in a cluster they are elsewhere).
agents_kib() {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname "$build/netpolcheck-agent" 2>/dev/null | sed 's/exe$/status/' |
		xargs -r awk '/^VmRSS/ { s += $2; n++; if ($2 > m) m = $2 } END { print m + 0, n ? int(s / n) : 0 }' 2>/dev/null || true
}

# one WORKERS NODES LABEL OPTIONS...
one() {
	local workers=$1 nodes=$2 label=$3 pid status=0 peak=0 now writes=null agents="0 0" seen

	shift 3
	[ -n "$config" ] || start_sandbox
	rm -rf "$scratch/run"
	# shellcheck disable=SC2086 # a list of words
	"$build/netpolcheck" run --quiet --kubeconfig "${config:-$scratch/kubeconfig}" --workers "$workers" $cases --out "$scratch/run" "$@" \
		>"$scratch/out" 2>"$scratch/err" </dev/null &
	pid=$!
	while now=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
		peak=$now
		[ -n "$config" ] || { seen=$(agents_kib) && [ "${seen:-0 0}" != "0 0" ] && [ "${seen% *}" -gt "${agents% *}" ] && agents=$seen; } || true
		sleep 0.5
	done
	wait "$pid" || status=$?
	[ "$status" -le 1 ] || { tail -n 5 "$scratch/err" >&2 && exit 1; }
	if [ -z "$config" ]; then
		writes=$(grep -cE ' api: (create|update|patch|delete) ([a-z.0-9]*/)?(namespaces|pods|services|networkpolicies)$' "$scratch/log" || true)
		kill "$sandbox" && wait "$sandbox" || true
		sandbox=
	fi
	jq -sc --arg what "$label" --argjson workers "$workers" --argjson nodes "$nodes" --argjson peak "$peak" --argjson writes "$writes" \
		--argjson agent "${agents% *}" '
		(map(select(.type == "end"))[-1]) as $e | (map(select(.type == "preflight"))[-1]) as $p |
		{bench: $what, workers: $workers, nodes: $nodes, cases: ($e.passed + $e.failed + $e.known + $e.skipped), steps: $e.steps, agents: $e.agents,
			execs: $e.streams_opened, probes: $e.probes, api_requests: $e.api_requests, api_writes: $writes, s: ($e.ms / 100 | round / 10),
			before_cases_s: ($p.t_ms / 100 | round / 10), effect_p50_ms: $e.convergence_ms.ingress.p50, effect_p99_ms: $e.convergence_ms.ingress.p99,
			record_kib: (map(tojson | length + 1) | add / 1024 | round), runner_peak_kib: $peak, agent_kib: (if $agent > 0 then $agent else null end)}' \
		"$scratch/run/run.jsonl" | tee -a "$scratch/all"
}

n_nodes=2
[ -z "$config" ] || n_nodes=$(kubectl --kubeconfig "$config" get nodes -o name | wc -l)
for w in ${WORKERS-1 2 4 8}; do
	one "$w" "$n_nodes" scale "$@"
done
# Least squares: what a run has anyway, and what each world adds.
[ ! -s "$scratch/all" ] || jq -sc 'def line(f): (map(.workers) | add / length) as $x | (map(f) | add / length) as $y |
	(map((.workers - $x) * (f - $y)) | add) as $up | (map((.workers - $x) * (.workers - $x)) | add) as $across |
	($up / (if $across == 0 then 1 else $across end)) as $each | {anyway: ($y - $each * $x | round), each_world: ($each * 10 | round / 10)};
	{bench: "scale.line", agents: line(.agents), execs: line(.execs), api_requests: line(.api_requests), probes: line(.probes), runner_peak_kib: line(.runner_peak_kib)}' \
	"$scratch/all"

[ -n "${NODES:-}" ] && [ -n "$config" ] || exit 0
bytes() { kubectl --kubeconfig "$config" get --raw /api/v1/nodes | wc -c; }
one_node=$(($(bytes) / n_nodes))
fakes=yes
# As large as the real ones here, and of those that no pod can be put on; kubectl by itself makes five a second.
kubectl --kubeconfig "$config" get nodes -o json >"$scratch/nodes"
for part in 0 1 2 3 4 5 6 7; do
	jq -c --argjson n "$NODES" --argjson part "$part" '.items[0] as $real | range($part; $n; 8) |
		{apiVersion: "v1", kind: "Node", metadata: {name: ("zz-fake-" + tostring), labels: {"netpolcheck-bench": "fake"},
			annotations: {padding: ($real.status | tojson)}}, spec: {unschedulable: true}}' "$scratch/nodes" |
		kubectl --kubeconfig "$config" create -f - >/dev/null &
done
wait
n_nodes=$(kubectl --kubeconfig "$config" get nodes -o name | wc -l)
jq -nc --argjson each "$one_node" --argjson n "$n_nodes" --argjson all "$(bytes)" '{bench: "scale.nodes_list", nodes: $n, bytes: $all, bytes_each_real: $each}'
one 1 "$n_nodes" scale.nodes "$@"
