#!/bin/sh
# run --model as the other targets: shards that merge to the run in one piece, waivers with cells, those without use, an agent's name;
# and each option that needs something deployed is refused by its name.
set -eu
. harness/tests/lib.sh
command -v jq >/dev/null || skip "jq is not installed"
what="--model --quiet --suite peers --suite isolation --suite cidr --fault combined-peer-drops-pods"
# run STATUS NAME OPTIONS...
run() {
	want=$1
	name=$2
	shift 2
	# shellcheck disable=SC2086 # a list of words
	expect_status "$want" "$np" run $what --out "$scratch/$name" "$@"
}
verdicts() { "$np" report show --format json "$scratch/$1" | jq -c '[.passed, .failed, .skipped, .known, .exit, (.cases | map([.case, .result]))]'; }

run 1 whole
n=$(jq -s 'map(select(.type == "case" and .result == "fail")) | length' "$scratch/whole/run.jsonl")
[ "$n" -gt 1 ] || die "$n cases notice combined-peer-drops-pods"
jq -es 'map(select(.type == "case")) | all((.result == "fail") == (.wrong > 0))' "$scratch/whole/run.jsonl" >/dev/null || die "wrong cells"
for i in 1 2 3; do
	"$np" run --model --quiet --suite peers --suite isolation --suite cidr --fault combined-peer-drops-pods --shard "$i/3" --out "$scratch/$i" >"$scratch/out" 2>&1 </dev/null ||
		[ $? -eq 1 ] || die "shard $i: $(tail -n 1 "$scratch/out")"
done
expect_status 1 "$np" report merge "$scratch/3" "$scratch/1" "$scratch/2" --out "$scratch/merged" --gate
[ "$(verdicts merged)" = "$(verdicts whole)" ] || die "merged: $(verdicts merged)"
expect_status 2 "$np" report merge "$scratch/3" "$scratch/1" --out "$scratch/no"
contains "$scratch/err" "of 3 shards there is no 2"
[ "$(jq -s 'map(select(.type == "run").seed) | unique | length' "$scratch"/[123]/run.jsonl)" = 1 ] || die "not one seed"
run 1 index --shard index=1/3
[ "$(verdicts index)" = "$(verdicts 2)" ] || die "index=1/3 is not 2/3"
ok "three shards, merged, are the run in one piece"

# Waivers of whole cases, then of single cells, too few of them, of another version.
expect_status 0 "$np" report waive "$scratch/whole" --reason "one selector counts" --agent mine --version 'v1.*' --out "$scratch/w.yaml"
run 0 known --waivers "$scratch/w.yaml" --agent mine --agent-version v1.2 --strict-waivers
jq -es --argjson n "$n" '.[-1] | .known == $n and .failed == 0 and .exit == 0' "$scratch/known/run.jsonl" >/dev/null || die "not known"
jq -es '.[0].agent == {"name": "mine", "version": "v1.2"}' "$scratch/known/run.jsonl" >/dev/null || die "the agent"
run 1 other --waivers "$scratch/w.yaml" --agent mine --agent-version v2.0
contains "$scratch/out" "of another agent, version or mode: not applied"
what="--model --quiet --case peers/and-in-one-peer --fault combined-peer-drops-pods"
run 1 one
jq -r 'select(.type == "case").reason' "$scratch/one/run.jsonl" >"$scratch/reason"
contains "$scratch/reason" "deny expected"
expect_status 0 "$np" report waive "$scratch/one" --reason known --out "$scratch/cells.yaml"
[ "$(grep -c -- '->' "$scratch/cells.yaml")" = "$(jq 'select(.type == "case").wrong' "$scratch/one/run.jsonl")" ] || die "cells: $(cat "$scratch/cells.yaml")"
run 0 cells --waivers "$scratch/cells.yaml"
sed '0,/->/{/->/d}' "$scratch/cells.yaml" >"$scratch/few.yaml"
run 1 few --waivers "$scratch/few.yaml"
ok "waivers of cases and of cells, of one agent and version"

what="--model --quiet --case peers/and-in-one-peer"
run 0 fixed --waivers "$scratch/cells.yaml"
contains "$scratch/out" "fixed: peers/and-in-one-peer"
run 1 strict --waivers "$scratch/cells.yaml" --strict-waivers
contains "$scratch/out" "1 waiver covers nothing"
sed 's/^  reason:/  expires: 2020-12-31\n&/' "$scratch/cells.yaml" >"$scratch/expired.yaml"
run 1 expired --fault combined-peer-drops-pods --waivers "$scratch/expired.yaml"
contains "$scratch/out" "its waiver has expired"
expect_status 2 "$np" run --model --waivers "$scratch/away.yaml" --out "$scratch/no"
ok "a waiver that is fixed, without use or expired"

# refused OPTION [VALUE]
refused() {
	expect_status 2 "$np" run --model "$@" --out "$scratch/no"
	contains "$scratch/err" "--model takes no $1:"
}
refused --kubeconfig x
refused --context x
refused --in-cluster
refused --image x
refused --inject
refused --external 127.0.0.1
refused --resume "$scratch/1"
[ ! -e "$scratch/no" ] || die "something was written"
ok "what needs something deployed is refused by its name"
