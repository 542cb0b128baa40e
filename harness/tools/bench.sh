#!/bin/sh
# Measurements as JSON lines on standard output: {"bench", "value", "unit", ...}. Usage: bench.sh BUILD
set -eu
build=$1
for b in "$build"/tests/*/bench_*; do
	case $b in *.*) continue ;; esac
	[ -x "$b" ] && "$b"
done
sh harness/tools/bench-run.sh "$build"
