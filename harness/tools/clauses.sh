#!/bin/sh
# Fills the last column of suites/clauses.tsv from the headers of the cases that are written by hand. Usage: clauses.sh [--check]
# --check changes nothing and fails when the file is stale, a header names a clause that the file does not have, or an asserted clause (profile
# core or extended) has fewer than two cases of these profiles, or suites/README.md does not list just those without a case.
set -eu
cd "$(dirname "$0")/../.."
table=suites/clauses.tsv
check=
case ${1:-} in
'') ;;
--check) check=yes ;;
*)
	echo "usage: clauses.sh [--check]" >&2
	exit 2
	;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# One line a case and clause: clause, profile, id. Only the header counts, the lines before the first separator.
# shellcheck disable=SC2016 # awk's fields
find suites -name '*.yaml' ! -path 'suites/worlds/*' ! -path 'suites/profiles/*' ! -path 'suites/generated/*' -print0 | xargs -0 awk '
function flush(	i, n, list) {
	n = split(covers, list, /[ ,]+/)
	for (i = 1; i <= n; i++)
		if (list[i] != "") print list[i] "\t" profile "\t" id
	covers = ""
}
FNR == 1 { flush(); header = 1; id = ""; profile = "core" }
header && /^---/ { header = 0 }
!header { next }
/^case:/ { id = $2 }
/^profile:/ { profile = $2 }
/^covers:/ { covers = $0; sub(/^covers:[ ]*\[/, "", covers); sub(/\].*/, "", covers) }
END { flush() }
' | LC_ALL=C sort -t "$(printf '\t')" -k3,3 >"$scratch/pairs"

awk -F '\t' -v OFS='\t' '
NR == FNR {
	cases[$1] = cases[$1] (cases[$1] == "" ? "" : ",") $3
	if ($2 == "core" || $2 == "extended") asserted[$1]++
	next
}
FNR == 1 { print; next }
{
	known[$1] = 1
	print $1, $2, $3, cases[$1]
	if (($2 == "core" || $2 == "extended") && asserted[$1] < 2)
		print "clause " $1 " has " asserted[$1] + 0 " cases of the profiles core and extended; it needs two" >"/dev/stderr"
}
END {
	for (c in cases)
		if (!known[c]) print "clause " c " is not in the table; it is in the header of " cases[c] >"/dev/stderr"
}
' "$scratch/pairs" "$table" >"$scratch/table" 2>"$scratch/complaints"

if [ -z "$check" ]; then
	cat "$scratch/complaints" >&2
	cat "$scratch/table" >"$table"
	exit 0
fi
bad=0
if [ -s "$scratch/complaints" ]; then
	cat "$scratch/complaints" >&2
	bad=1
fi
if ! cmp -s "$table" "$scratch/table"; then
	echo "$table is stale; harness/tools/clauses.sh makes it anew" >&2
	bad=1
fi
# The others are listed with the reason, each once.
awk -F '\t' 'NR > 1 && $4 == "" { print $1 }' "$scratch/table" >"$scratch/bare"
sed -n '/^## Clauses without a case/,/^## Real bugs/s/^| \(S[0-9][0-9b]*\) |.*/\1/p' suites/README.md >"$scratch/told"
if ! diff "$scratch/bare" "$scratch/told" >&2; then
	echo "suites/README.md, Clauses without a case: < is missing there, > has cases or stands in another order" >&2
	bad=1
fi
exit $bad
