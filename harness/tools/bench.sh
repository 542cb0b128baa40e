#!/bin/sh
# Measurements as JSON lines on standard output: {"bench", "value", "unit", ...}. Usage: bench.sh BUILD
set -eu
build=$1
for b in "$build"/tests/*/bench_*; do
	case $b in *.*) continue ;; esac
	[ -x "$b" ] && "$b"
done
sh harness/tools/bench-run.sh "$build"
# Fuzz targets, a few seconds each; ROUNDS=3 and the other parts of fuzz-bench.sh for figures to keep.
if command -v clang >/dev/null; then
	ROUNDS=${ROUNDS:-1} harness/tools/fuzz-bench.sh libfuzzer campaign
else
	echo '{"bench":"fuzz","skipped":"clang is not installed"}'
fi
# A cluster of the caller's, named by NP_BENCH_KUBECONFIG (make lab-up gives one).
if [ -n "${NP_BENCH_KUBECONFIG:-}" ]; then
	harness/tools/bench-cluster.sh "$build" "$NP_BENCH_KUBECONFIG"
else
	echo '{"bench":"cluster","skipped":"NP_BENCH_KUBECONFIG names no cluster"}'
fi
