#!/bin/bash
# Puts each mistake of fuzz/mistakes.tsv into the program, one at a time, and lets the oracle's target look for it, libFuzzer fast, one core,
# without any kept input. Prints a table: mistake, clause, found or not, seconds of processor time, executions, what the target said.
# Usage: fuzz-mistakes.sh [PATTERN] [SECONDS]; SEED=N for other random numbers. PATTERN is of grep -e, SECONDS (60) of processor time each.
# Exit status: 0 every mistake was found, 1 some not, 2 a row does not fit the sources or does not compile, 77 no clang.
set -u
pattern=${1:-.}
limit=${2:-60}
dir=$(dirname "$0")
build=build/fuzz-fast
CC=${NP_CLANG:-clang}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
flags="-std=gnu11 -O2 -g -w -D_GNU_SOURCE -Iinclude -include include/np/base/banned.h -pthread -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION=1 -fsanitize-coverage=inline-8bit-counters,pc-table"
archives="$build/lib/libnp-fuzz.a $build/lib/libnp-gen.a $build/lib/libnp-mutate.a $build/lib/libnp-oracle.a $build/lib/libnp-parse.a $build/lib/libnp-model.a $build/lib/libnp-base.a"

link_target() { # OBJECTS OUTPUT
	# shellcheck disable=SC2086 # lists of words
	$CC -pthread -fsanitize=fuzzer -Wl,--wrap=np_die $build/obj/fuzz/targets/fuzz_oracle.o $1 -Wl,--start-group $archives -Wl,--end-group -lyaml -ljansson -lm -o "$2"
}

# hunt PROGRAM: its report in $work/log, the input in $work/found, processor seconds on standard output.
hunt() {
	rm -f "$work/found"
	bash -c 'ulimit -t "$1"; ulimit -c 0; log=$2; shift 2; "$@" >"$log" 2>&1; times' hunt "$limit" "$work/log" \
		"$1" -entropic=0 -max_len=256 -len_control=0 -timeout=5 -rss_limit_mb=2048 -seed="${SEED:-1}" -print_final_stats=1 \
		-exact_artifact_path="$work/found" 2>"$work/shell" | tail -n 1 | tr 'ms' '  ' | awk '{ printf "%.1f\n", 60 * $1 + $2 + 60 * $3 + $4 }'
}

"$dir/fuzz-build.sh" fast oracle >"$work/build.log" 2>&1 || {
	rc=$?
	tail -n 5 "$work/build.log" >&2
	[ $rc -eq 77 ] && exit 77
	exit 2
}
link_target '' "$work/right" || exit 2

n=0 found=0
printf 'mistake\tclause\tfound\tcpu_s\texecutions\tsaid\n'
while IFS=$'\t' read -r id file text new clause; do
	case $id in '' | '#'*) continue ;; esac
	grep -q -e "$pattern" <<<"$id" || continue
	cp "harness/$file" "$work/wrong.c" || exit 2
	"$dir/replace-once.sh" "$work/wrong.c" "$text" "$new" || {
		echo "$id: its text is not in $file exactly once" >&2
		exit 2
	}
	# shellcheck disable=SC2086,SC2015 # a list of words; either failing is the same
	$CC $flags -iquote "harness/${file%/*}" -c "$work/wrong.c" -o "$work/wrong.o" && link_target "$work/wrong.o" "$work/wrong" || {
		echo "$id: does not compile" >&2
		exit 2
	}
	seconds=$(hunt "$work/wrong")
	said=$(sed -n 's/^[^ ]*: not so: \([^:]*\): .*/\1/p' "$work/log" | head -n 1)
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
	is=no
	# Found is what the target says of the mistake and not of the unchanged program.
	if [ -n "$said" ] && [ -f "$work/found" ] && "$work/right" "$work/found" >/dev/null 2>&1; then
		is=yes
		found=$((found + 1))
	fi
	n=$((n + 1))
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$id" "$clause" "$is" "$seconds" "${runs:--}" "${said:--}"
done <fuzz/mistakes.tsv
echo "# $found of $n found, at most $limit s of processor time each, no kept inputs, seed ${SEED:-1}"
[ "$n" -gt 0 ] && [ "$found" -eq "$n" ]
