#!/bin/sh
# How long each case takes, for shards of equal length. Usage: durations.sh RUN/run.jsonl >suites/durations.tsv
set -eu
echo '# Milliseconds of each case in a recorded run, for `netpolcheck run --shard`; harness/tools/durations.sh makes this file of a record.'
jq -r 'select(.type == "case" and (.result == "pass" or .result == "fail" or .result == "known")) | [.case, .ms] | @tsv' "$1" | LC_ALL=C sort -u -k 1,1
