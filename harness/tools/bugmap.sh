#!/bin/sh
# Writes the table of real bugs in suites/README.md, between its markers, from suites/bugs.tsv and a mutation score. Usage: bugmap.sh [--check]
# --check changes nothing and fails when the table is stale: a bug has no mutant and no reason for that, a case that is named no longer kills
# the bug's mutant, or suites/bugs.tsv and 'netpolcheck score --list' differ. Cases that still kill stay named, so a new case makes nothing stale.
set -eu
cd "$(dirname "$0")/../.."
np=${BUILD:-build}/netpolcheck
readme=suites/README.md
begin='<!-- bugs: harness/tools/bugmap.sh writes what follows -->'
end='<!-- bugs: end -->'
check=
case ${1:-} in
'') ;;
--check) check=yes ;;
*)
	echo "usage: bugmap.sh [--check]" >&2
	exit 2
	;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
NETPOLCHECK_SUITES=$PWD/suites
export NETPOLCHECK_SUITES

# The score's status says whether mutants survive; here only its table counts.
"$np" score --format json --profile core --profile extended >"$scratch/score.json" || [ $? -eq 1 ]
"$np" score --list --format json >"$scratch/list.json"
jq -Rn '[inputs | split("\t") | {bug: .[0], kind: .[1], project: .[2], mutants: (.[5] | split(" ") - ["-"])}][1:]' suites/bugs.tsv >"$scratch/bugs.json"
# The cases that the table names: {bug: [case..]}.
awk -v begin="$begin" -v end="$end" '$0 == begin { on = 1 } $0 == end { on = 0 } on && /^\| [a-z0-9-]+ \|/' "$readme" >"$scratch/rows"
jq -Rn '[inputs | split(" | ") | {(.[0] | ltrimstr("| ")): (.[3] | rtrimstr(" |") | split(", ") | map(ltrimstr("`") | rtrimstr("`")))}] | add // {}' \
	"$scratch/rows" >"$scratch/named.json"

jq -rn --slurpfile bugs "$scratch/bugs.json" --slurpfile score "$scratch/score.json" --slurpfile list "$scratch/list.json" \
	--slurpfile named "$scratch/named.json" -f harness/tools/bugmap.jq >"$scratch/table" 2>"$scratch/complaints" || {
	sed 's/^jq: error.*): //' "$scratch/complaints" | cut -c 1-1000 >&2
	exit 1
}
if ! grep -qxF -- "$begin" "$readme" || ! grep -qxF -- "$end" "$readme"; then
	echo "$readme lacks the markers of the table" >&2
	exit 1
fi
awk -v begin="$begin" -v end="$end" -v table="$scratch/table" '
$0 == begin {
	print
	while ((getline line < table) > 0) print line
	skip = 1
}
$0 == end { skip = 0 }
!skip && $0 != begin
' "$readme" >"$scratch/readme"
if [ -z "$check" ]; then
	cat "$scratch/readme" >"$readme"
elif ! cmp -s "$readme" "$scratch/readme"; then
	diff "$readme" "$scratch/readme" | head -n 20 >&2
	echo "the table of bugs in $readme is stale; harness/tools/bugmap.sh makes it anew" >&2
	exit 1
fi
