#!/bin/sh
# A run that is killed in the middle loses nothing: it resumes, and in a real cluster clean removes what it left.
set -eu
. harness/tests/lib.sh
need_sandbox
use_copy

cases_done() {
	grep -c '"type":"case"' "$scratch/run/run.jsonl" 2>/dev/null || true
}

some_done() {
	[ "$(cases_done)" -ge 5 ]
}

start_sandbox
"$np" run --quiet --kubeconfig "$scratch/kubeconfig" --suite isolation --suite peers --timeout 5s --workers 2 --out "$scratch/run" \
	>"$scratch/out" 2>&1 </dev/null &
pid=$!
wait_for 30 some_done || die "the run does not get anywhere: $(cat "$scratch/out")"
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
left=$(cases_done)
ok "killed after $left cases"

expect_status 0 "$np" clean --kubeconfig "$scratch/kubeconfig"
n=$(sed 's/ .*//' "$scratch/out")
[ "$n" -gt 0 ] || die "a killed run left no namespaces? $(cat "$scratch/out")"
expect_status 0 "$np" clean --kubeconfig "$scratch/kubeconfig"
contains "$scratch/out" "0 namespaces removed"
ok "clean removed $n namespaces, and then none"

expect_status 0 "$np" run --quiet --kubeconfig "$scratch/kubeconfig" --suite isolation --suite peers --timeout 5s --resume "$scratch/run"
jq -es '[.[] | select(.type == "case") | .case] | length == (unique | length)' "$scratch/run/run.jsonl" >/dev/null ||
	die "some case was judged twice"
want=$("$np" cases list --suite isolation --suite peers --format json |
	jq '[.[] | select(.profile == "core" or .profile == "extended")] | length')
[ "$(cases_done)" -eq "$want" ] || die "$(cases_done) of $want cases have a result"
ok "resumed to $want cases, none judged twice"

expect_status 0 "$np" clean --kubeconfig "$scratch/kubeconfig"
contains "$scratch/out" "0 namespaces removed"
ok "a run that ends by itself leaves nothing in the cluster"

# The record stays when the sandbox itself goes with a killed run, and nothing survives it.
stop_sandbox
rm -rf "$scratch/run"
"$np" run --quiet --suite isolation --suite peers --out "$scratch/run" >"$scratch/out" 2>&1 </dev/null &
pid=$!
wait_for 30 some_done || die "the run does not get anywhere: $(cat "$scratch/out")"
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
tries=50
while [ -n "$(leftovers)" ] && [ "$tries" -gt 0 ]; do
	tries=$((tries - 1))
	sleep 0.1
done
[ -z "$(leftovers)" ] || die "outlived its parent: $(leftovers)"
ok "a killed run takes its sandbox with it"
expect_status 0 "$np" run --quiet --suite isolation --suite peers --resume "$scratch/run"
[ "$(cases_done)" -eq "$want" ] || die "$(cases_done) of $want cases have a result"
ok "and resumes in a new one"

# Ctrl-C: status 130, the record ends properly, nothing stays. (A shell's background job ignores SIGINT, hence SIGTERM.)
rm -rf "$scratch/run"
"$np" run --quiet --suite isolation --suite peers --out "$scratch/run" >"$scratch/out" 2>&1 </dev/null &
pid=$!
wait_for 30 some_done || die "the run does not get anywhere: $(cat "$scratch/out")"
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ] || die "interrupted, but status $status: $(cat "$scratch/out")"
jq -es '.[-1] | .type == "end" and .interrupted' "$scratch/run/run.jsonl" >/dev/null || die "no proper end: $(tail -n 1 "$scratch/run/run.jsonl")"
[ -z "$(leftovers)" ] || die "still running: $(leftovers)"
ok "interrupted: status 130, the record has its end"

# The same with generated cases, which are made anew from the record's seed; their folder goes with each part.
scratch_folders() {
	find "$scratch/tmp" -mindepth 1 | head -n 3
}
mkdir "$scratch/tmp"
rm -rf "$scratch/run"
TMPDIR="$scratch/tmp"
export TMPDIR
"$np" run --quiet --generated 24 --seed 7 --out "$scratch/run" >"$scratch/out" 2>&1 </dev/null &
pid=$!
wait_for 30 some_done || die "the run does not get anywhere: $(cat "$scratch/out")"
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ] || die "interrupted, but status $status: $(cat "$scratch/out")"
[ -z "$(leftovers)$(scratch_folders)" ] || die "stays: $(leftovers) $(scratch_folders)"
expect_status 2 "$np" run --quiet --suite isolation --resume "$scratch/run"
contains "$scratch/err" "are not of this selection"
expect_status 0 "$np" run --quiet --generated 24 --resume "$scratch/run"
[ "$(cases_done)" -eq 24 ] || die "$(cases_done) of 24 generated cases have a result"
jq -es '[.[] | select(.type == "run") | .seed] | unique == [7]' "$scratch/run/run.jsonl" >/dev/null || die "another seed"
[ -z "$(scratch_folders)" ] || die "stays: $(scratch_folders)"
ok "generated cases are interrupted and resumed alike"
