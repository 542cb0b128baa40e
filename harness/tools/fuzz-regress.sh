#!/bin/sh
# Runs every fuzz target once over its kept inputs and over what ever failed, without an engine. Usage: fuzz-regress.sh BUILD
set -u
build=${1:?usage: fuzz-regress.sh BUILD}
bad=0
n_targets=0
n_inputs=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for source in fuzz/targets/fuzz_*.c; do
	t=${source##*/fuzz_}
	t=${t%.c}
	set --
	for d in "fuzz/regress/$t" "fuzz/corpus/$t"; do
		[ ! -d "$d" ] || set -- "$@" "$d"
	done
	if [ $# -eq 0 ]; then
		echo "fuzz_$t has no inputs"
		bad=1
		continue
	fi
	if timeout 60 "$build/fuzz/fuzz_$t" "$@" >"$out" 2>&1; then
		n_targets=$((n_targets + 1))
		n_inputs=$((n_inputs + $(sed -n 's/^\([0-9]*\) inputs$/\1/p' "$out")))
	else
		echo "fuzz_$t failed (status $?); NP_FUZZ_VERBOSE=1 $build/fuzz/fuzz_$t $* names the input"
		tail -n 20 "$out"
		bad=1
	fi
done
echo "$n_targets targets, $n_inputs inputs"
exit $bad
