#!/bin/sh
# A whole run of the hand-written suite in the sandbox, measured from its record and held against one exec per probe, measured in a sandbox
# of the same minute. JSON lines on standard output; bounded. Usage: bench-run.sh BUILD
set -eu
build=$1
suites=$(cd "$(dirname "$0")/../.." && pwd)/suites
NETPOLCHECK_SUITES=${NETPOLCHECK_SUITES:-$suites}
export NETPOLCHECK_SUITES

if [ "$(id -u)" -ne 0 ] && ! unshare --user --map-root-user --net true 2>/dev/null; then
	echo '{"bench":"run","skipped":"user and network namespaces are refused here"}'
	exit 0
fi
command -v jq >/dev/null || {
	echo '{"bench":"run","skipped":"jq is missing"}'
	exit 0
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# How fast the other way of probing is here: {"open": probes/s, "half_blocked": probes/s}.
timeout 60 "$build/tests/run/bench_probe" exec-rate >"$scratch/exec.json"

status=0
timeout -k 5 90 "$build/netpolcheck" run --quiet --out "$scratch/run" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
record=$scratch/run/run.jsonl
if [ "$status" -eq 124 ] || ! tail -n 1 "$record" 2>/dev/null | grep -q '"type":"end"'; then
	cat "$scratch/err" >&2
	echo "bench-run.sh: the run ended with $status and without an end line" >&2
	exit 1
fi

# Cells that a step had to look at: those of its largest look at a part of the table, which leaves out most of a large table and all cells
# without a flow. The estimate below is therefore a lower bound.
jq -sc --slurpfile exec "$scratch/exec.json" '
	def bench(name; value; unit; more): {bench: name, value: value, unit: unit} + more;
	def cells: [.observations[].cells] | max as $all | map(select(. < $all)) | max // 0;
	$exec[0] as $exec |
	map(select(.type == "step")) as $steps | map(select(.type == "run"))[0] as $run | .[-1] as $last |
	($steps | map(cells) | add) as $cells |
	($last.ms / 1000) as $s |
	($cells / $exec.open) as $probe_s | ($steps | length * 5) as $sleep_s |

	bench("run.suite"; $last.ms; "ms"; {measured: "hand-written suite in the sandbox, from start to the end line", cases: $run.cases,
		steps: ($steps | length), passed: $last.passed, failed: $last.failed, skipped: $last.skipped, errors: $last.errors,
		workers: $run.workers}),
	bench("run.probes"; $last.probes; "probes"; {measured: "probes of all looks at all steps"}),
	bench("run.probes_per_s"; $last.probes_per_s; "probes/s"; {measured: "probes of all workers divided by the time in which any of them was probing",
		probing_ms: $last.probing_ms}),
	bench("run.probes_per_s.wall"; $last.probes / $s; "probes/s"; {measured: "probes divided by the duration of the run"}),
	bench("run.streams"; $last.streams_opened; "streams"; {measured: "exec streams opened in the whole run; as many as agents when none broke",
		agents: $last.agents}),
	bench("run.api_requests"; $last.api_requests; "requests"; {measured: "of all kinds, exec streams included"}),
	bench("run.convergence"; $last.convergence_ms.ingress.p50; "ms"; {measured: "from a policy change until all probes show it for good; median, ingress",
		p99: $last.convergence_ms.ingress.p99, n: $last.convergence_ms.ingress.n}),
	bench("run.rate_vs_exec.open"; $last.probes_per_s / $exec.open; "x"; {compared: "run.probes_per_s (all workers, allowed and blocked probes as they come) with one exec per probe, 15 at a time, none of its probes blocked",
		exec_probes_per_s: $exec.open}),
	bench("run.rate_vs_exec.half_blocked"; $last.probes_per_s / $exec.half_blocked; "x"; {compared: "the same, half of the execs blocked and waiting for their time-out of 1 s",
		exec_probes_per_s: $exec.half_blocked}),
	bench("run.duration_vs_exec.at_least"; ($probe_s + $sleep_s) / $s; "x"; {estimated: true, compared: "this run with a tool that waits 5 s blindly after each step and then probes with one exec per probe at the rate of run.rate_vs_exec.open, one table after the other, only the cells that each step looked at first (a part of its table), each once, none of them blocked: sleeping_s and probing_s are the two parts",
		cells: $cells, sleeping_s: $sleep_s, probing_s: ($probe_s | round), run_s: $s})
' "$record"
