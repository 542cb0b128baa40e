#!/bin/sh
# Every seeded fault of the enforcer makes a run fail and is named by its clause, and the same cases pass without it.
set -eu
. harness/tests/lib.sh
need_sandbox

"$np" cases list --format json >"$scratch/cases.json"
"$np" sandbox --faults --format json >"$scratch/faults.json"

jq -r '.[] | .name + " " + .clause' "$scratch/faults.json" >"$scratch/faults"
while read -r fault clause; do
	# The cases that say they catch it; a handful is enough to see that it is noticed and named.
	jq -r --arg f "$fault" '[.[] | select(.profile == "core" or .profile == "extended") | select(.catches | index($f))] | .[:4][] | .file' \
		"$scratch/cases.json" >"$scratch/files"
	[ -s "$scratch/files" ] || die "no case catches $fault"
	set --
	while read -r file; do
		set -- "$@" --suite "$file"
	done <"$scratch/files"
	rm -rf "$scratch/run"
	expect_status 1 "$np" run --quiet --timeout 1s --fault "$fault" --out "$scratch/run" "$@"
	jq -es --arg c "$clause" '
		(map(select(.type == "case" and .result == "fail") | .clauses[]) | index($c) != null) or
		(.[-1].reason | contains("(" + $c + ")"))' "$scratch/run/run.jsonl" >/dev/null ||
		die "$fault: clause $clause is not named: $(jq -sc 'map(select(.type == "case") | [.case, .result, .clauses])' "$scratch/run/run.jsonl")"
	ok "$fault is noticed and named $clause"
done <"$scratch/faults"
