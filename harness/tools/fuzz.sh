#!/bin/sh
# Runs fuzz targets for a bounded time. Usage:
#   fuzz.sh run TARGET SECONDS    one target: libFuzzer with sanitizers, libFuzzer fast, AFL++ if it is installed
#   fuzz.sh all SECONDS           every target so, then the coverage of what was found
#   fuzz.sh smoke [SECONDS]       every target for a few seconds, libFuzzer with sanitizers
#   fuzz.sh min [TARGET]          what was found, reduced to what adds coverage, into fuzz/corpus
#   fuzz.sh hours                 processor time spent on each target so far
# The engines share build/fuzz-corpus/TARGET; what crashes lies in build/fuzz-found/TARGET. Every piece of work leaves a
# line in build/fuzz-hours.tsv; `all` begins with the targets that had the least, so that cut-off campaigns add up.
# Exit status: 0 nothing found, 1 something, 2 usage, 77 no clang.
set -eu
what=${1:-}
shift || :
dir=$(dirname "$0")
shared=build/fuzz-corpus
found=build/fuzz-found
ledger=build/fuzz-hours.tsv
status=0

targets() {
	for f in fuzz/targets/fuzz_*.c; do
		f=${f##*/fuzz_}
		printf '%s\n' "${f%.c}"
	done
}

# spent: sets spent_s, the processor seconds of the commands that this shell has waited for. `times` knows them only in
# the shell itself, so there is neither a pipe nor a substitution around it.
spent() {
	times >build/fuzz-times
	spent_s=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); s += t[1] * 60 + t[2] } printf "%.0f", s }' build/fuzz-times)
}

# charge TARGET ENGINE EXECUTIONS FOUND: the processor time since $before goes to the ledger.
charge() {
	spent
	[ -f "$ledger" ] || printf 'date\ttree\ttarget\tengine\texecutions\tcpu_s\tfound\n' >"$ledger"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%F)" "$(git rev-parse --short HEAD 2>/dev/null || echo -)" "$1" "$2" "${3:-0}" $((spent_s - before)) "$4" >>"$ledger"
}

# The targets, those with the least processor time first.
least_first() {
	for t in $(targets); do
		printf '%s %s\n' "$(awk -F '\t' -v t="$t" '$3 == t { s += $6 } END { print s + 0 }' "$ledger" 2>/dev/null || echo 0)" "$t"
	done | sort -n -s -k 1,1 | cut -d ' ' -f 2
}

hours() {
	[ -f "$ledger" ] || {
		echo "no campaign yet: $ledger is not there" >&2
		exit 2
	}
	awk -F '\t' 'NR > 1 { s[$3] += $6; n[$3] += $5; f[$3] += $7; S += $6; N += $5; F += $7 }
		END { for (t in s) printf "  %-11s %6.0f min %14.0f executions %3d found\n", t, s[t] / 60, n[t], f[t] | "sort"
			close("sort"); printf "  %-11s %6.2f h   %14.0f executions %3d found\n", "all", S / 3600, N, F }' "$ledger"
}

known() {
	[ -f "fuzz/targets/fuzz_$1.c" ] || {
		echo "no target '$1'; there are: $(targets | tr '\n' ' ')" >&2
		exit 2
	}
}

seconds() {
	case $1 in
	'' | *[!0-9]*)
		echo "TIME is a number of seconds, not '$1'" >&2
		exit 2
		;;
	esac
}

dict_of() {
	"$dir/fuzz-options.sh" "$1" dict
}

max_len() {
	"$dir/fuzz-options.sh" "$1" max_len
}

build() {
	log=build/fuzz-build.log
	mkdir -p build
	if "$dir/fuzz-build.sh" "$@" >"$log" 2>&1; then
		return 0
	else
		rc=$?
	fi
	[ "$rc" -eq 77 ] || tail -n 20 "$log"
	return "$rc"
}

seeds() {
	[ -d build/fuzz-seeds ] || "$dir/fuzz-seeds.sh" build/fuzz-seeds
	mkdir -p "$shared/$1" "$found/$1"
}

# libfuzzer FLAVOUR TARGET SECONDS: new inputs go into the shared corpus.
libfuzzer() {
	t=$2
	spent
	before=$spent_s
	ends=0
	flavour=$1
	dict=$(dict_of "$t")
	set -- "build/fuzz-$1/fuzz/fuzz_$t" -max_total_time="$3" -timeout=5 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
		-max_len="$(max_len "$t")" -use_value_profile=0 -print_final_stats=1 -artifact_prefix="$found/$t/" "$shared/$t"
	[ ! -f "$dict" ] || set -- "$@" -dict="$dict"
	[ ! -d "fuzz/corpus/$t" ] || set -- "$@" "fuzz/corpus/$t"
	[ ! -d "build/fuzz-seeds/$t" ] || set -- "$@" "build/fuzz-seeds/$t"
	[ ! -d "fuzz/regress/$t" ] || set -- "$@" "fuzz/regress/$t"
	if ! ASAN_OPTIONS=detect_leaks=1:malloc_context_size=8 "$@" >"build/fuzz-$t.log" 2>&1; then
		status=1
		ends=1
		echo "  found something; the input is in $found/$t, the report:"
		grep -m 12 -E 'not so:|ERROR:|SUMMARY:|runtime error:|artifact_prefix|Test unit written' "build/fuzz-$t.log" | sed 's/^/    /'
	fi
	charge "$t" "$flavour" "$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz-$t.log")" "$ends"
	awk -v t="$t" '/^stat::number_of_executed_units/ { n = $2 } /cov: / { for (i = 1; i <= NF; i++) { if ($i == "cov:") c = $(i + 1); if ($i == "corp:") k = $(i + 1) } } END { printf "  %-11s %10d executions, %s edges, corpus %s\n", t, n, c, k }' "build/fuzz-$t.log"
}

# afl TARGET SECONDS: starts from the shared corpus, and gives back what it queued.
afl() {
	t=$1
	spent
	before=$spent_s
	ends=0
	out=build/fuzz-afl/$t
	rm -rf "$out"
	mkdir -p "$out/in"
	cp "$shared/$t"/* "$out/in/" 2>/dev/null || :
	cp "fuzz/corpus/$t"/* "$out/in/" 2>/dev/null || :
	find "$out/in" -type f -size +8 -delete
	dict=$(dict_of "$t")
	export AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FAST_CAL=1 AFL_CMPLOG_ONLY_NEW=1
	set -- afl-fuzz -i "$out/in" -o "$out/out" -V "$2" -G "$(max_len "$t")" -t 5000
	[ ! -f "$dict" ] || set -- "$@" -x "$dict"
	"$@" -- "build/fuzz-afl/fuzz/fuzz_$t" >"build/fuzz-afl-$t.log" 2>&1 || {
		echo "  afl-fuzz did not run:"
		tail -n 5 "build/fuzz-afl-$t.log" | sed 's/^/    /'
		status=1
		return 0
	}
	stats=$out/out/default/fuzzer_stats
	printf '  %-11s %10s executions with AFL++, stability %s\n' "$t" "$(sed -n 's/^execs_done *: //p' "$stats")" "$(sed -n 's/^stability *: //p' "$stats")"
	for f in "$out"/out/default/queue/id*; do
		[ ! -f "$f" ] || cp "$f" "$shared/$t/$(sha1sum "$f" | cut -c 1-40)"
	done
	for f in "$out"/out/default/crashes/id* "$out"/out/default/hangs/id*; do
		[ -f "$f" ] || continue
		status=1
		ends=$((ends + 1))
		cp "$f" "$found/$t/"
		echo "  found something: $found/$t/${f##*/}"
	done
	charge "$t" afl "$(sed -n 's/^execs_done *: //p' "$stats")" "$ends"
}

has_afl() {
	command -v afl-fuzz >/dev/null && command -v afl-clang-fast >/dev/null
}

# one TARGET SECONDS: the time is divided.
one() {
	parts=2
	! has_afl || parts=3
	part=$(($2 / parts))
	[ "$part" -gt 0 ] || part=1
	seeds "$1"
	libfuzzer deep "$1" "$part"
	libfuzzer fast "$1" "$part"
	! has_afl || afl "$1" "$part"
}

prepare() {
	build deep "$@" || exit $?
	build fast "$@" || exit $?
	if has_afl; then
		build afl "$@" || exit $?
	else
		echo "AFL++ is not installed (package afl++): libFuzzer alone"
	fi
}

minimise() {
	for t; do
		[ -d "$shared/$t" ] || continue
		new=build/fuzz-min/$t
		rm -rf "$new"
		mkdir -p "$new" "fuzz/corpus/$t"
		set -- "build/fuzz-fast/fuzz/fuzz_$t" -set_cover_merge=1 -use_counters=0 -timeout=5 -max_len="$(max_len "$t")" "$new" "fuzz/corpus/$t" "$shared/$t"
		[ ! -d "build/fuzz-seeds/$t" ] || set -- "$@" "build/fuzz-seeds/$t"
		"$@" >"build/fuzz-min-$t.log" 2>&1
		find "fuzz/corpus/$t" -type f ! -name 'seed-*' -delete
		for f in "$new"/*; do
			[ -f "$f" ] || continue
			name=$(sha1sum "$f" | cut -c 1-16)
			cmp -s "$f" "fuzz/corpus/$t/seed-$name" || cp "$f" "fuzz/corpus/$t/$name"
		done
		printf '  %-11s %s files, %s KiB\n' "$t" "$(find "fuzz/corpus/$t" -type f | wc -l)" "$(du -sk --apparent-size "fuzz/corpus/$t" | cut -f 1)"
	done
}

case $what in
run)
	[ -n "${1:-}" ] || {
		echo "usage: make fuzz TARGET=NAME TIME=SECONDS; targets: $(targets | tr '\n' ' ')" >&2
		exit 2
	}
	known "$1"
	seconds "${2:-60}"
	prepare "$1"
	one "$1" "${2:-60}"
	;;
all)
	seconds "${1:-60}"
	prepare
	for t in $(least_first); do
		one "$t" "${1:-60}"
	done
	hours
	"$dir/fuzz-cover.sh" "$shared"
	;;
smoke)
	build deep || exit $?
	for t in $(targets); do
		seeds "$t"
		libfuzzer deep "$t" "${1:-3}"
	done
	;;
hours)
	hours
	;;
min)
	build fast || exit $?
	# shellcheck disable=SC2046 # a list of words
	minimise ${1:-$(targets)}
	;;
*)
	echo "usage: fuzz.sh run TARGET SECONDS | all SECONDS | smoke [SECONDS] | hours | min [TARGET]" >&2
	exit 2
	;;
esac
exit $status
