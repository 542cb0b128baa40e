#!/bin/sh
# netpolcheck report on kept records: every format, two runs compared, what cannot be read.
set -eu
. harness/tests/lib.sh
data=harness/tests/report/data

expect_status 0 "$np" report show "$data/failing.jsonl"
[ "$(tail -n 1 "$scratch/out")" = "1 passed, 2 failed, 2 skipped" ] || die "last line: $(tail -n 1 "$scratch/out")"
if grep -q "$(printf '\033')" "$scratch/out"; then die "colours in a file"; fi
[ ! -s "$scratch/err" ] || die "something on standard error: $(cat "$scratch/err")"
ok "text, without colours in a file"

expect_status 0 "$np" report show --format json "$data/failing.jsonl"
jq -e '.passed == 1 and .failed == 2 and (.cases | length) == 7' "$scratch/out" >/dev/null || die "not the counts of the record"
ok "json"
expect_status 0 "$np" report show "$data/hostile.jsonl" --format junit
if command -v xmllint >/dev/null 2>&1; then xmllint --noout "$scratch/out"; fi
ok "junit of hostile names"
expect_status 0 "$np" report show "$data/failing.jsonl" --format=markdown
contains "$scratch/out" "# netpolcheck: 1 passed, 2 failed"
ok "markdown"

mkdir "$scratch/run"
cp "$data/good.jsonl" "$scratch/run/run.jsonl"
expect_status 0 "$np" report show "$scratch/run"
contains "$scratch/out" "report: $scratch/run/summary.md"
ok "a folder is as good as its record"

expect_status 0 "$np" report diff "$data/good.jsonl" "$scratch/run"
contains "$scratch/out" "0 cases differ"
expect_status 1 "$np" report diff "$data/good.jsonl" "$data/resumed.jsonl"
contains "$scratch/out" "newly failing        isolation/two (fail, was pass)"
expect_status 1 "$np" report diff --format json "$data/good.jsonl" "$data/resumed.jsonl"
jq -e 'length == 2' "$scratch/out" >/dev/null || die "not two changes"
expect_status 2 "$np" report diff --format junit "$data/good.jsonl" "$data/resumed.jsonl"
ok "two runs compared"

expect_status 2 "$np" report show "$data/damaged.jsonl"
contains "$scratch/err" "$data/damaged.jsonl:4:"
[ ! -s "$scratch/out" ] || die "a damaged record writes to standard output"
for args in "show" "show a b" "diff $data/good.jsonl" "merge a" "show /nonexistent" "show --format pdf $data/good.jsonl"; do
	# shellcheck disable=SC2086 # a list of words
	expect_status 2 "$np" report $args
done
ok "what cannot be read is status 2"

if [ -c /dev/full ]; then
	status=0
	"$np" report show "$data/failing.jsonl" >/dev/full 2>"$scratch/err" || status=$?
	[ "$status" -eq 3 ] || die "a full disk is status $status"
	ok "what cannot be written is status 3"
fi
