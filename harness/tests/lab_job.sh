#!/bin/bash
# The suite inside a real cluster of two nodes, by deploy/job.sh: one shard, then four, then four of which one is killed in the middle.
# All three say the same, and nothing stays. One JSON line per run says how long it took and what it cost.
# CNI (calico) is the agent, WORKERS (1) the worlds of each shard, ARGS (--tier=smoke) what is run, SHARDS (4) the number of them.
# RUNS (one many killed) are the runs; with KEEP=FOLDER their results stay there, and a later call without 'one' compares with that.
# In LAB=name, if that is up, else in one of its own.
set -euo pipefail
# shellcheck source=harness/tests/lib.sh
. harness/tests/lib.sh
[ "$(id -u)" -eq 0 ] || skip "a lab needs root"
CNI=${CNI:-calico}
WORKERS=${WORKERS:-1}
ARGS=${ARGS---tier=smoke}
SHARDS=${SHARDS:-4}
RUNS=${RUNS:-one many killed}
kept=${KEEP:-$scratch}
mkdir -p "$kept"
own=
[ -n "${LAB:-}" ] || own=yes
LAB=${LAB:-job$$}
export CNI LAB BUILD
job=

down() {
	[ -z "$job" ] || kill -TERM "$job" 2>/dev/null || true
	[ -z "$job" ] || wait "$job" || true
	[ -z "$own" ] || lab/lab.sh down >"$scratch/down" 2>&1 || cat "$scratch/down" >&2
	finish
}
trap down EXIT
trap 'exit 130' INT TERM

if [ -n "$own" ]; then
	status=0
	harness/tools/image-runner.sh "$BUILD" >/dev/null || skip "no image of the program"
	lab/lab.sh up >"$scratch/up" 2>&1 </dev/null || status=$?
	[ "$status" -ne 77 ] || skip "$(tail -n 1 "$scratch/up")"
	[ "$status" -eq 0 ] || die "lab up: $(tail -n 3 "$scratch/up")"
	ok "$(tail -n 1 "$scratch/up")"
fi
cat >"$scratch/kubectl" <<-END
	#!/bin/sh
	exec lab/lab.sh kubectl "\$@"
END
chmod +x "$scratch/kubectl"
export KUBECTL=$scratch/kubectl NETPOLCHECK=$np POLL=2 WAIT=1200
lab/lab.sh status >"$scratch/status"

options=("--workers=$WORKERS" "--external=$(sed -n 's/^external host for pods: //p' "$scratch/status")")
[ ! -e "results/known/$CNI.yaml" ] || options+=("--waivers=/usr/share/netpolcheck/known/$CNI.yaml")
for word in $ARGS; do
	options+=("$word")
done

verdicts() {
	"$np" report show --format json "$kept/$1/merged" | jq -c '[.passed, .failed, .skipped, .known, .exit, (.cases | map([.case, .result]))]'
}

# What the processors have done since the machine began: for others than the nice ones, for those, in all.
cpu_ticks() {
	awk '$1 == "cpu" { print "[" $2 + $4 + $7 + $8 "," $3 "," $2 + $3 + $4 + $5 + $6 + $7 + $8 "]" }' /proc/stat
}

# run NAME SHARDS: deploy/job.sh, whose status must be 0
run() {
	local began ticks

	began=$(date +%s%3N)
	ticks=$(cpu_ticks)
	SHARDS=$2 OUT=$kept/$1 deploy/job.sh "${options[@]}" >"$scratch/$1.out" 2>"$scratch/$1.err" </dev/null &
	job=$!
	[ -z "${3:-}" ] || "$3"
	wait "$job" || { tail -n 20 "$scratch/$1.out" "$scratch/$1.err" >&2; job=; die "$1: not all is well"; }
	job=
	for f in "$kept/$1"/shard-*.jsonl; do
		jq -sc '(map(select(.type == "preflight"))[-1].t_ms) as $begun | (map(select(.type == "case").t_ms) | max) as $judged |
			.[-1] + {begun: $begun, judging: ($judged - $begun), cleaning: (.[-1].t_ms - $judged)}' "$f"
	done | jq -sc --arg name "$1" --argjson wall "$(($(date +%s%3N) - began))" --argjson workers "$WORKERS" --argjson t0 "$ticks" --argjson t1 "$(cpu_ticks)" '
		def share($i): ($t1[$i] - $t0[$i]) * 100 / ($t1[2] - $t0[2]) | floor;
		{bench: "job", run: $name, shards: length, workers_each: $workers, job_s: ($wall / 1000 | floor), shards_s: map(.ms / 1000 | floor),
			beginning_s: map(.begun / 1000 | floor), judging_s: map(.judging / 1000 | floor), cleaning_s: map(.cleaning / 1000 | floor),
			cases: (map(.passed + .known + .skipped) | add), probes: (map(.probes) | add), api_requests: (map(.api_requests) | add),
			streams: (map(.streams_opened) | add), probing_s: (map(.probing_ms) | add / 1000 | floor),
			converging_s: (map(.converging_ms) | add / 1000 | floor), effect_ms: (map(.convergence_ms.ingress.p50) | max),
			cpu_busy_pct: share(0), cpu_nice_pct: share(1)}'
}

# One shard is killed with its pod once it has judged something: without a chance to clean up.
kill_one() {
	local pod

	wait_for 300 judged || die "no shard has judged a case"
	pod=$(head -n 1 "$scratch/pods")
	lab/lab.sh kubectl -n netpolcheck delete "$pod" --grace-period=0 --force >/dev/null 2>&1
	echo "$pod" >"$scratch/victim"
}
judged() {
	lab/lab.sh kubectl -n netpolcheck get pods -o name >"$scratch/pods" && [ -s "$scratch/pods" ] &&
		lab/lab.sh kubectl -n netpolcheck logs "$(head -n 1 "$scratch/pods")" | grep '^{"type":"case"' >"$scratch/judged"
}

for which in $RUNS; do
	case $which in
	one)
		run one 1
		ok "one shard: $(tail -n 1 "$scratch/one.out")"
		continue
		;;
	many) run many "$SHARDS" ;;
	killed) run killed "$SHARDS" kill_one ;;
	*) die "RUNS: '$which'" ;;
	esac
	[ "$(verdicts "$which")" = "$(verdicts one)" ] || die "$which: $SHARDS shards say something else than one"
	[ "$(jq -c 'select(.type == "run").merged | length' "$kept/$which/merged/run.jsonl")" = "$SHARDS" ] || die "$which: merged of others"
	ok "$SHARDS shards$([ "$which" = many ] || echo ", of which $(cat "$scratch/victim") was killed"): $(tail -n 1 "$scratch/$which.out")"
done

gone() {
	[ "$(lab/lab.sh kubectl get namespaces -o name | grep -c -e np- -e netpolcheck || true)" -eq 0 ]
}
wait_for 120 gone || die "it stays: $(lab/lab.sh kubectl get namespaces -o name | grep -e np- -e netpolcheck | tr '\n' ' ')"
ok "nothing is left in the cluster"
