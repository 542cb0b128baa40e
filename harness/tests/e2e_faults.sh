#!/bin/sh
# Every seeded fault of the enforcer makes a run fail, and the failing cases name the clause that the fault breaks.
set -eu
. harness/tests/lib.sh
need_sandbox

"$np" cases list --format json >"$scratch/cases.json"
"$np" sandbox --list-faults --format json | jq -r '.[] | .name + " " + .clause' >"$scratch/faults"

# Cases of asserted profiles that say they catch fault $1, those about its clause $2 first; three are enough to see that it is
# noticed and named.
cases_for() {
	jq -r --arg f "$1" --arg c "$2" '[.[] | select(.profile == "core" or .profile == "extended") | select(.catches | index($f))] |
		sort_by(.covers | index($c) == null) | .[:3][] | .file' "$scratch/cases.json"
}

# one_fault NAME CLAUSE: its verdict goes to $scratch/NAME.verdict
one_fault() {
	# shellcheck disable=SC2046 # a list of words
	set -- "$1" "$2" $(cases_for "$1" "$2" | sed "s/^/--suite /")
	fault=$1
	clause=$2
	shift 2
	status=0
	"$np" run --quiet --timeout 1s --fault "$fault" --out "$scratch/$fault" "$@" >"$scratch/$fault.out" 2>&1 </dev/null || status=$?
	if [ "$status" -ne 1 ]; then
		echo "status $status, not 1: $(tail -n 1 "$scratch/$fault.out")"
	elif jq -es --arg c "$clause" '(map(select(.type == "case" and .result == "fail") | .clauses[]) | index($c) != null) or
			(.[-1].reason | contains("does not enforce"))' "$scratch/$fault/run.jsonl" >/dev/null; then
		echo ok
	else
		echo "clause $clause is not named: $(jq -sc 'map(select(.type == "case") | [.case, .result, .clauses])' "$scratch/$fault/run.jsonl")"
	fi >"$scratch/$fault.verdict"
}

# lane K: every third fault, one after the other
lane() {
	awk -v k="$1" 'NR % 3 == k' "$scratch/faults" | while read -r fault clause; do
		if [ -n "$(cases_for "$fault" "$clause")" ]; then
			one_fault "$fault" "$clause"
		else
			echo "not asserted by default: $fault ($clause)"
			echo "$fault" >>"$scratch/unasserted"
		fi
	done
}

for k in 0 1 2; do
	lane "$k" &
done
wait
bad=0
for verdict in "$scratch"/*.verdict; do
	fault=$(basename "$verdict" .verdict)
	if [ "$(cat "$verdict")" = ok ]; then
		ok "$fault is noticed and named"
	else
		echo "FAILED: $fault: $(cat "$verdict")"
		bad=1
	fi
done
# What cannot be asserted is known by name: S19 S42 S45 are open by default, S48 S49 S54 are matters of time.
for fault in $(cat "$scratch/unasserted" 2>/dev/null); do
	case $fault in
	ipblock-not-pods | any-node-allowed | service-unfiltered | slow-new-pods | slow-changes | terminating-pods-open) ;;
	*)
		echo "FAILED: no case of core or extended catches $fault"
		bad=1
		;;
	esac
done
exit "$bad"
