#!/bin/sh
# The support matrix and the badges of the kept records, from these alone. Usage: matrix.sh PROGRAM [FOLDER]
# Writes FOLDER/matrix.md and FOLDER/<run>/badge.svg; FOLDER is results unless it is named.
set -eu
program=$1
out=${2:-results}
runs=
for r in results/*/run.jsonl; do
	case $r in results/run-*) continue ;; esac
	run=$(dirname "$r")
	runs="$runs $run"
	mkdir -p "$out/${run#results/}"
	"$program" report badge "$run" >"$out/${run#results/}/badge.svg"
done
{
	cat <<'END'
# Support matrix

What the agents of the lab do with the whole suite, all profiles: cases by profile and by clause (`suites/clauses.tsv`). Wrong are failing cases and known deviations alike; the waivers with reasons and
evidence are in `known/`. Made from the records in this folder by `harness/tools/matrix.sh build/netpolcheck`.

END
	for run in $runs; do printf '![%s](%s/badge.svg) %s\n\n' "${run#results/}" "${run#results/}" "${run#results/}"; done
	# shellcheck disable=SC2086 # a list of words
	"$program" report matrix $runs
} >"$out/matrix.md"
