#!/bin/sh
# Three shards, one of them killed and resumed, merged: the same as the run in one piece.
set -eu
. harness/tests/lib.sh
need_sandbox
what="--quiet --fault and-as-or --case peers/a* --case peers/o* --case peers/b*"
# run NAME OPTIONS...: whatever it finds
run() {
	name=$1
	shift
	# shellcheck disable=SC2086 # a list of words
	"$np" run $what --out "$scratch/$name" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || [ $? -eq 1 ] || die "$name: $(cat "$scratch/err")"
}
# verdicts RUN: what a run says, without times
verdicts() {
	"$np" report show --format json "$scratch/$1" |
		jq -c '[.passed, .failed, .skipped, .exit, (.cases | map([.case, .result, .clauses, (.failures // [] | map([.cell, .expected]))]))]'
}

run whole
run one --shard 1/3
run three --shard 3/3

# The second is killed in the middle.
# shellcheck disable=SC2086 # a list of words
"$np" run $what --workers 1 --shard 2/3 --out "$scratch/two" >/dev/null 2>&1 </dev/null &
pid=$!
wait_for 60 grep -q '"type":"case"' "$scratch/two/run.jsonl" || die "the second shard does not run"
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
# Had it ended by then, its last lines go, and half of the one before.
if grep -q '"type":"end"' "$scratch/two/run.jsonl"; then
	head -n -3 "$scratch/two/run.jsonl" >"$scratch/cut"
	head -c -100 "$scratch/cut" >"$scratch/two/run.jsonl"
fi
expect_status 2 "$np" report merge "$scratch/one" "$scratch/two" "$scratch/three" --out "$scratch/merged"
contains "$scratch/err" "shard 2 has not ended"
[ ! -e "$scratch/merged" ] || die "something was written"
# shellcheck disable=SC2086 # a list of words
expect_status 2 "$np" run $what --shard 1/3 --resume "$scratch/two"
contains "$scratch/err" "that is not shard 1/3"
# shellcheck disable=SC2086 # a list of words
"$np" run $what --resume "$scratch/two" >"$scratch/out" 2>"$scratch/err" </dev/null || [ $? -eq 1 ] || die "resumed: $(cat "$scratch/err")"
ok "a killed shard is not merged, and goes on as the same one"

expect_status 1 "$np" report merge "$scratch/three" "$scratch/one" "$scratch/two" --out "$scratch/merged" --gate
[ "$(tail -n 1 "$scratch/out")" = "$("$np" report show "$scratch/whole" | tail -n 1)" ] || die "merged: $(tail -n 1 "$scratch/out")"
[ "$(verdicts merged)" = "$(verdicts whole)" ] || die "not the verdicts of the whole: $(verdicts merged)"
[ -s "$scratch/merged/junit.xml" ] && [ -x "$scratch/merged/failures/peers-and-in-one-peer/reproduce.sh" ] || die "reports"
n=$(jq -s '[.[] | select(.type == "case")] | length' "$scratch/merged/run.jsonl")
[ "$n" = "$(jq -s '.[0].cases' "$scratch/whole/run.jsonl")" ] || die "$n cases"
ok "merged it is the run in one piece"

expect_status 2 "$np" report merge "$scratch/one" "$scratch/three" --out "$scratch/no"
contains "$scratch/err" "of 3 shards there is no 2"
expect_status 2 "$np" report merge "$scratch/one" "$scratch/two" "$scratch/two" "$scratch/three" --out "$scratch/no"
contains "$scratch/err" "shard 2 is there twice"
what="--quiet --case ports/e* --case ports/s*"
run foreign --shard 2/3
expect_status 2 "$np" report merge "$scratch/one" "$scratch/foreign" "$scratch/three" --out "$scratch/no"
contains "$scratch/err" "is of another run"
expect_status 2 "$np" report merge "$scratch/whole" --out "$scratch/no"
contains "$scratch/err" "is no shard of a run"
[ ! -e "$scratch/no" ] || die "something was written"
for s in 0/3 4/3 2 x/3; do expect_status 2 "$np" run --shard "$s" --out "$scratch/no"; done
ok "a missing, doubled or foreign one is noticed"
