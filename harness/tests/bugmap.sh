#!/bin/sh
# The table of real bugs in suites/README.md is what the mutation score says today; and the script that says so notices when it is not.
set -eu
. harness/tests/lib.sh

export BUILD
expect_status 0 sh harness/tools/bugmap.sh --check
ok "the table is fresh"

# A copy to spoil.
mkdir -p "$scratch/tree/harness/tools"
cp harness/tools/bugmap.sh harness/tools/bugmap.jq "$scratch/tree/harness/tools/"
cp -r suites "$scratch/tree/"
keep=$scratch/keep
cp -r suites "$keep"
tool=$scratch/tree/harness/tools/bugmap.sh

# spoilt TEXT: the copy is found out, with a complaint that says TEXT, and put right again.
spoilt() {
	got=0
	sh "$tool" --check >"$scratch/out" 2>&1 || got=$?
	[ "$got" -ne 0 ] || die "not noticed: $1"
	contains "$scratch/out" "$1"
	rm -rf "$scratch/tree/suites"
	cp -r "$keep" "$scratch/tree/suites"
}

expect_status 0 sh "$tool" --check
in_tree=$scratch/tree/suites
sed -i '/^| antrea-rule-id-rune |/s|`policies/many-rules`|`policies/equal-policies`|' "$in_tree/README.md"
spoilt 'is stale'
ok "a case that does not kill is not named"
sed -i '/^| antrea-rule-id-rune |/d' "$in_tree/README.md"
spoilt 'is stale'
ok "every bug has a line"
rm -r "$in_tree/policies/many-rules.yaml" "$in_tree/generated"
spoilt 'bug antrea-rule-id-rune: no case kills rule-id-collides'
ok "a bug whose last cases are gone is told"
printf 'made-up\tsemantic\tnobody\thttps://example.com/1\tnothing\t-\n' >>"$in_tree/bugs.tsv"
spoilt 'bug made-up: no mutant, and no reason for that'
ok "a bug without a mutant needs a reason"
sed -i '/^antrea-rule-id-rune\t/d' "$in_tree/bugs.tsv"
spoilt "differ"
ok "what is behind a mutant is in the file"
sed -i '/^<!-- bugs: end -->$/d' "$in_tree/README.md"
spoilt 'lacks the markers'
ok "the table has a place"
