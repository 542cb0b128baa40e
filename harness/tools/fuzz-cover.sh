#!/bin/sh
# Which lines of the parsers and evaluators the kept inputs reach. Usage: fuzz-cover.sh [MORE]; MORE is a folder of
# further inputs with a folder for each target. Prints a table; build/fuzz-cover/lines/ holds the sources with counts.
set -eu
more=${1:-}
dir=$(dirname "$0")
build=build/fuzz-cover
mkdir -p build
[ -d build/fuzz-seeds ] || "$dir/fuzz-seeds.sh" build/fuzz-seeds
"$dir/fuzz-build.sh" cover >build/fuzz-build.log 2>&1 || {
	rc=$?
	tail -n 20 build/fuzz-build.log
	exit "$rc"
}
profdata=$(command -v llvm-profdata || command -v llvm-profdata-14)
cov=$(command -v llvm-cov || command -v llvm-cov-14)
rm -rf "$build/profiles" "$build/lines"
mkdir -p "$build/profiles"
objects=
for source in fuzz/targets/fuzz_*.c; do
	t=${source##*/fuzz_}
	t=${t%.c}
	set --
	for d in "fuzz/regress/$t" "fuzz/corpus/$t" "build/fuzz-seeds/$t" ${more:+"$more/$t"}; do
		[ ! -d "$d" ] || set -- "$@" "$d"
	done
	[ $# -gt 0 ] || continue
	LLVM_PROFILE_FILE="$build/profiles/$t" "$build/fuzz/fuzz_$t" "$@" >/dev/null 2>&1 || echo "fuzz_$t fails"
	objects="$objects -object $build/fuzz/fuzz_$t"
done
"$profdata" merge -o "$build/all.profdata" "$build"/profiles/*
# shellcheck disable=SC2086 # a list of words
set -- $objects -instr-profile="$build/all.profdata"
shift
"$cov" report "$@" harness/parse harness/model harness/oracle harness/kube harness/report harness/agent harness/run/waivers.c harness/mutate 2>/dev/null |
	awk 'function add(d) { l[d] += $8; m[d] += $9 }
		/\.c / { f = $1; sub(/^harness\//, "", f); d = f; sub(/\/[^\/]*$/, "", d); if ($8 == 0) next; add(d)
			if (d ~ /parse|model|oracle/) { printf "  %-28s %5d lines, %5.1f %%\n", f, $8, 100 * ($8 - $9) / $8; add("parse, model and oracle together") } }
		END { for (d in l) printf "%-34s %6d lines, %5.1f %%\n", d, l[d], 100 * (l[d] - m[d]) / l[d] }'
"$cov" show "$@" -output-dir="$build/lines" -format=text harness/parse harness/model harness/oracle >/dev/null 2>&1
