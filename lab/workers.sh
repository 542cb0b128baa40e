#!/bin/bash
# workers.sh: what --workers is worth on the lab that is up: the same suites with 1, 2, 4, 8, 16 worlds at
# once, and whose CPU time it took. Usage: LAB=name lab/workers.sh [SUITE...] (default: peers isolation).
# One row of tab-separated values each: workers, seconds, passed, failed, skipped, errors, steps/s,
# probes/s while probing, median of a change's way into effect (ms), busy share of all CPUs, and the
# CPU seconds of the five that used most. WORKERS="1 2" are other numbers. Exit status: 0, or 1 if a run
# failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suites=()
for s in "${@:-peers isolation}"; do
	for word in $s; do
		suites+=(--suite "suites/$word")
	done
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
worst=0

# cpu_times: "COMM SECONDS" of everything on this machine; those that ended count with their parents.
cpu_times()
{
	local ticks
	ticks=$(getconf CLK_TCK)
	{ cat /proc/[0-9]*/stat 2>/dev/null || true; } | # some end while they are read
		sed -n 's/^[0-9]* (\(.*\)) [A-Z] \(.*\)$/\1\t\2/p' |
		awk -F '\t' -v ticks="$ticks" '{ split($2, f, " "); s[$1] += (f[11] + f[12] + f[13] + f[14]) / ticks }
			END { for (c in s) { n = c; gsub(" ", "-", n); print n, s[c] } }' | sort
}

# busy_idle: ticks of all CPUs, busy and idle; what runs at a lower priority (nice) gives way and is idle
busy_idle()
{
	awk '/^cpu / { print $2 + $4 + $7 + $8, $3 + $5 + $6 }' /proc/stat
}

printf 'workers\tseconds\tpassed\tfailed\tskipped\terrors\tsteps/s\tprobes/s\tmedian ms\tbusy\tCPU seconds\n'
for workers in ${WORKERS:-1 2 4 8 16}; do
	cpu_times >"$scratch/before"
	read -r busy0 idle0 < <(busy_idle)
	status=0
	lab/lab.sh suite "${suites[@]}" --profile all --workers "$workers" --out "$scratch/$workers" \
		>"$scratch/out" 2>&1 </dev/null || status=$?
	read -r busy1 idle1 < <(busy_idle)
	cpu_times >"$scratch/after"
	if [ "$status" -ne 0 ]; then
		worst=1
		tail -n 5 "$scratch/out" >&2
	fi
	share=$(awk -v b=$((busy1 - busy0)) -v i=$((idle1 - idle0)) 'BEGIN { printf("%.0f%%", 100 * b / (b + i)) }')
	users=$(join "$scratch/before" "$scratch/after" | awk '$3 - $2 > 0.5 { printf("%s %.0f\n", $1, $3 - $2) }' |
		sort -k2,2 -rn | head -n 5 | paste -sd, | sed 's/,/, /g')
	steps=$(jq -s 'map(select(.type == "step")) | length' "$scratch/$workers/run.jsonl")
	jq -r --arg w "$workers" --arg share "$share" --arg users "$users" --argjson steps "$steps" '
		select(.type == "end") | [$w, (.ms / 100 | round / 10), .passed, .failed, .skipped, .errors,
			($steps * 10000 / .ms | round / 10), (.probes_per_s | round), .convergence_ms.ingress.p50, $share, $users] |
			map(tostring) | join("\t")' "$scratch/$workers/run.jsonl"
done
exit "$worst"
