#!/bin/sh
# How small a failing case becomes with each fault of the sandbox, and how fast. Usage: minimize-faults.sh TABLE [FAULT...]
# Runs 'netpolcheck minimize' with each fault named, or with every one at evaluator level, on the first case of suites/ that says it catches
# the fault and fails with it: cases of the fault's own clause first, those that a run asserts by default before others. A line of TABLE for
# each; lines of other faults stay. Status 1: with a fault at evaluator level more is left than the limits allow, it took longer, or no case fails.
# LEVEL=evaluator|controller|dataplane|all is what is run when no fault is named; WRAP stands before each run ("nice -n 10"); KEEP is a folder in
# which the reproducers stay.
set -eu
cd "$(dirname "$0")/../.."
pods_max=3
policies_max=2
seconds_max=60
cases_max=4 # that are tried until one fails
np=${BUILD:-build}/netpolcheck
NETPOLCHECK_SUITES=$PWD/suites
export NETPOLCHECK_SUITES

# What knows policies, and the objects they select, from events is the controller; what cuts a path whatever the policies say is the dataplane; the
# rest is in what a policy is taken to mean. As suites/bugs.tsv has it, limits and keys are the controller's.
level_of() {
	case $1 in
	names-truncated | keys-joined | delete-drops-others | deleted-pods-remembered | namespace-limit | port-entry-limit | slow-new-pods | slow-changes | \
		label-update-ignored | namespace-label-ignored | label-removal-ignored | namespace-label-removal-ignored | policy-update-ignored | \
		delete-ignored | recreated-policy-stale | new-pod-ignored | terminating-pods-open) echo controller ;;
	no-enforcement | same-node-unfiltered | cross-node-ingress-unfiltered | ipv6-ignored | udp-ignored | sctp-unfiltered | replies-blocked | \
		host-node-blocked | any-node-allowed | service-unfiltered | dns-exempt) echo dataplane ;;
	*) echo evaluator ;;
	esac
}

[ $# -ge 1 ] || {
	echo "usage: minimize-faults.sh TABLE [FAULT...]" >&2
	exit 2
}
table=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
keep=${KEEP:-$scratch/kept}
mkdir -p "$keep"
"$np" cases list --format json >"$scratch/cases.json"
"$np" sandbox --list-faults --format json >"$scratch/faults.json"
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046 # names
	set -- $(for fault in $(jq -r '.[].name' "$scratch/faults.json"); do
		[ "${LEVEL:-evaluator}" != all ] && [ "$(level_of "$fault")" != "${LEVEL:-evaluator}" ] || echo "$fault"
	done)
fi

cases_for() {
	jq -r --arg f "$1" --arg c "$2" --argjson n "$cases_max" '[.[] | select(.catches | index($f))] |
		sort_by(.profile != "core" and .profile != "extended", (.covers | index($c)) == null) | .[:$n][] | .case' "$scratch/cases.json"
}

# write_row LINE: in place of the fault's old one
write_row() {
	[ -s "$table" ] || printf 'fault\tclause\tlevel\tcase\tconnection\tpolicies\tpolicies left\tpods\tpods left\tseconds\tcandidates\ttries\tminimal\n' >"$table"
	awk -F '\t' -v row="$1" 'BEGIN { split(row, f, "\t") } $1 == f[1] { next } { print } END { print row }' "$table" >"$scratch/table"
	{
		head -n 1 "$scratch/table"
		tail -n +2 "$scratch/table" | LC_ALL=C sort
	} >"$table"
}

# minimize FAULT CASE: its status; the result in $scratch/result.json
minimize() {
	status=0
	# shellcheck disable=SC2016,SC2086 # WRAP is a list of words; its waiting does not count
	${WRAP:-} sh -c 'date +%s%N >"$1"; shift; exec "$@"' - "$scratch/begin" timeout 600 "$np" minimize --fault "$1" --case "$2" --quiet --format json --out "$scratch/try" \
		>"$scratch/result.json" 2>"$scratch/err" </dev/null || status=$?
	tenths=$((($(date +%s%N) - $(cat "$scratch/begin")) / 100000000))
	return "$status"
}

over=0
for fault; do
	clause=$(jq -r --arg f "$fault" '.[] | select(.name == $f) | .clause' "$scratch/faults.json")
	[ -n "$clause" ] || {
		echo "no fault '$fault'" >&2
		exit 2
	}
	level=$(level_of "$fault")
	found=
	for case in $(cases_for "$fault" "$clause"); do
		if minimize "$fault" "$case"; then
			found=$case
			break
		fi
		[ "$status" -ne 130 ] || exit 130
		echo "$fault: $case: status $status $(tail -n 1 "$scratch/err")" >&2
	done
	if [ -z "$found" ]; then
		echo "$fault ($level): no case fails" >&2
		write_row "$(printf '%s\t%s\t%s\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-' "$fault" "$clause" "$level")"
		[ "$level" != evaluator ] || over=$((over + 1))
		continue
	fi
	rm -rf "${keep:?}/$fault"
	mv "$scratch/try" "$keep/$fault"
	row=$(jq -r --arg f "$fault" --arg c "$clause" --arg l "$level" --arg case "$found" --arg t "$((tenths / 10)).$((tenths % 10))" \
		'[$f, $c, $l, $case, .cell, .before.policies, .after.policies, .before.pods, .after.pods, $t, .candidates, .tries,
			(if .minimal then "yes" else "no" end)] | @tsv' "$scratch/result.json")
	write_row "$row"
	echo "$row"
	if [ "$level" = evaluator ] && ! jq -e --argjson pods "$pods_max" --argjson policies "$policies_max" '.minimal and .after.pods <= $pods and
			.after.policies <= $policies' "$scratch/result.json" >/dev/null || { [ "$level" = evaluator ] && [ "$tenths" -ge $((seconds_max * 10)) ]; }; then
		echo "$fault: over the limit" >&2
		over=$((over + 1))
	fi
done
[ "$over" -eq 0 ]
