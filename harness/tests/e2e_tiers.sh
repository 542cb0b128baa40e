#!/bin/sh
# Tiers: what they hold and in which order, what is refused, that choices and generated files repeat, and that kept cases run.
set -eu
. harness/tests/lib.sh

# ---- what they hold

expect_status 0 "$np" cases list --tier smoke --format json
jq -r '.[].case' "$scratch/out" >"$scratch/smoke"
expect_status 0 "$np" cases list --tier default --format json
jq -r '.[].case' "$scratch/out" >"$scratch/default"
n_smoke=$(wc -l <"$scratch/smoke")
[ "$n_smoke" -ge 10 ] || die "smoke has $n_smoke cases"
head -n "$n_smoke" "$scratch/default" | cmp -s - "$scratch/smoke" || die "default does not begin with smoke"
grep -v '^#' suites/tiers.tsv | cut -f 2 | cmp -s - "$scratch/default" || die "default is not in the order of tiers.tsv"
ok "smoke comes first, and both are as tiers.tsv says"

expect_status 0 "$np" run --model --quiet --tier smoke --out "$scratch/model"
jq -r 'select(.type == "case") | .case' "$scratch/model/run.jsonl" | cmp -s - "$scratch/smoke" || die "not run in the order of the tier"
jq -es '.[0].tier == "smoke"' "$scratch/model/run.jsonl" >/dev/null || die "the record does not name the tier"
ok "run takes them in their order"

# ---- what is refused

expect_status 2 "$np" run --model --tier tiny
expect_status 2 "$np" run --model --tier full --suite peers
contains "$scratch/err" "exclude each other"
expect_status 2 "$np" run --model --tier smoke --generated 3
contains "$scratch/err" "exclude each other"
cp -R suites "$scratch/suites"
printf '1\tpeers/and-in-one-peer\ttiny\t1\t1\n' >"$scratch/suites/tiers.tsv"
expect_status 2 env NETPOLCHECK_SUITES="$scratch/suites" "$np" run --model
contains "$scratch/err" "suites/tiers.tsv:1: tier 'tiny' is not one of smoke, default"
rm "$scratch/suites/tiers.tsv"
expect_status 2 env NETPOLCHECK_SUITES="$scratch/suites" "$np" run --model --tier smoke
contains "$scratch/err" "no tiers.tsv"
expect_status 0 env NETPOLCHECK_SUITES="$scratch/suites" "$np" run --model --quiet --suite peers --out "$scratch/bare"
ok "bad lines, suites without the file, and tiers that would be none are refused with their place"

# ---- the same again

mkdir "$scratch/small"
cp -R suites/worlds suites/peers suites/updates "$scratch/small/"
for n in 1 2; do
	expect_status 0 "$np" cases generate --strength 2 --count 30 --seed 5 --out "$scratch/made$n"
	expect_status 0 "$np" cases generate --preset uniform --count 40 --out "$scratch/uniform$n"
	mkdir "$scratch/choice$n"
	expect_status 0 env NETPOLCHECK_SUITES="$scratch/small" "$np" cases select --strength 0 --count 25 --out "$scratch/choice$n"
done
diff -r "$scratch/made1" "$scratch/made2" || die "the same seed gives other files"
diff -r "$scratch/uniform1" "$scratch/uniform2" || die "uniform cases differ"
diff -r "$scratch/choice1" "$scratch/choice2" || die "the same choice gives other tiers"
[ -s "$scratch/choice1/tiers.tsv" ] && [ -n "$(ls "$scratch/choice1/generated")" ] || die "nothing was chosen"
expect_status 0 "$np" cases generate --strength 0 --count 30 --seed 6 --out "$scratch/other"
diff -r "$scratch/made1/generated" "$scratch/other/generated" >/dev/null && die "another seed gives the same files"
ok "the same seed gives the same files, and another others; the same cases give the same tiers"

# A choice made again in place replaces the one before.
expect_status 0 env NETPOLCHECK_SUITES="$scratch/small" "$np" cases select --strength 0 --count 25 --out "$scratch/small"
diff -r "$scratch/choice1/generated" "$scratch/small/generated" || die "in place it is another choice"
expect_status 0 env NETPOLCHECK_SUITES="$scratch/small" "$np" cases select --strength 0 --count 25 --out "$scratch/small"
diff "$scratch/choice1/tiers.tsv" "$scratch/small/tiers.tsv" || die "a choice depends on the one before"
ok "a choice does not depend on the one before"

# ---- the score

"$np" score --tier smoke --curve --format json --svg "$scratch/curve.svg" >"$scratch/out" || [ $? -eq 1 ] || die "no curve"
jq -e '.points[-1].named >= .mutants.named * 0.85 and .points[-1].uniform_named < .points[-1].named and .tiers.smoke == .points[-1].cases' \
	"$scratch/out" >/dev/null || die "smoke kills less than 85 % of the mutants that can be asserted"
xmllint --noout "$scratch/curve.svg"
ok "smoke kills 85 % of the mutants, and more than as many uniform cases; the picture is XML"

expect_status 0 "$np" score --format json
jq -e '.survivors == [] and .disagreements == 0' "$scratch/out" >/dev/null || die "survivors: $(jq -c .survivors "$scratch/out")"
expect_status 0 "$np" score --mechanical --format json
jq -e '.killed >= (.mutants - (.open | length)) * 0.95 and .disagreements == 0' "$scratch/out" >/dev/null || die "mechanical survivors: $(jq -c .survivors "$scratch/out")"
ok "default kills every mutant that can be asserted, and 95 % of the mechanical ones"

# ---- kept cases are files like any other

kept=$(find suites/generated -name '*.yaml' | sort | head -n 1)
[ -n "$kept" ] || die "no generated case is kept"
expect_status 0 "$np" run --model --quiet --suite "$kept" --out "$scratch/kept-model"
tail -n 1 "$scratch/out" | grep -q '^1 passed, 0 failed' || die "kept case on the model: $(tail -n 1 "$scratch/out")"
need_sandbox
expect_status 0 "$np" run --quiet --suite "$kept" --out "$scratch/kept"
tail -n 1 "$scratch/out" | grep -qE '^1 passed, 0 failed|^0 passed, 0 failed, 1 skipped' || die "kept case in the sandbox: $(tail -n 1 "$scratch/out")"
ok "a generated case that an earlier build made runs in this one"

expect_status 0 "$np" run --quiet --tier smoke --out "$scratch/sandbox"
tail -n 1 "$scratch/out" | grep -qE "^$n_smoke passed, 0 failed" || die "smoke in the sandbox: $(tail -n 1 "$scratch/out")"
ok "smoke passes in the sandbox"
expect_status 1 "$np" run --quiet --fail-fast --fault and-as-or --out "$scratch/fault"
n_done=$(jq -s '[.[] | select(.type == "case")] | length' "$scratch/fault/run.jsonl")
[ "$n_done" -le "$n_smoke" ] || die "fail-fast took $n_done cases"
ok "a fault ends a fail-fast run in its first cases ($n_done)"
