#!/bin/sh
# Every test, plain and with sanitizers, and one closing line: N passed, N failed, N skipped. Usage: check.sh [all|unit|asan]
set -u
what=${1:-all}
jobs=$(nproc 2>/dev/null || echo 2)
passed=0
failed=0
skipped=0
failures=
log=$(mktemp -d)
ahead=
trap 'end_ahead; rm -rf "$log"' EXIT
make="make --no-print-directory"

# took NAME SECONDS: for the list of the slowest at the end.
took() {
	echo "$2 $1" >>"$log/took"
}

# count NAME STATUS: a test that is a whole program or script; 77 is a skip.
count() {
	case $2 in
	0) passed=$((passed + 1)) ;;
	77)
		skipped=$((skipped + 1))
		echo "skipped: $1: $(grep -i -m 1 skip "$log/out" || echo 'no reason given')"
		;;
	*)
		failed=$((failed + 1))
		failures="$failures $1"
		echo "FAILED: $1 (status $2)"
		tail -n 40 "$log/out" | sed 's/^/    /'
		;;
	esac
}

# run NAME SECONDS COMMAND...
run() {
	name=$1
	seconds=$2
	shift 2
	start=$(date +%s)
	timeout --kill-after=10 "$seconds" "$@" >"$log/out" 2>&1 </dev/null
	count "$name" $?
	took "$name" $(($(date +%s) - start))
}

# count_unit NAME OUTPUT STATUS: libcheck programs say how many checks they hold, "100%: Checks: 12, Failures: 0, Errors: 0"
count_unit() {
	name=$1
	out=$2
	status=$3
	line=$(grep -E '^[0-9]+%: Checks: ' "$out" | tail -n 1)
	if [ -z "$line" ] || [ "$status" = 77 ]; then
		[ -n "$line" ] || [ "$status" -ne 0 ] || status=99	# a test that ran nothing has not passed
		cp "$out" "$log/out"
		count "$name" "$status"
		return
	fi
	checks=$(echo "$line" | sed 's/.*Checks: \([0-9]*\).*/\1/')
	wrong=$(echo "$line" | awk -F'[:,]' '{ print $5 + $7 }')
	[ "$status" -eq 0 ] || [ "$wrong" -gt 0 ] || wrong=1	# a leak report after the last check
	passed=$((passed + checks - wrong))
	failed=$((failed + wrong))
	skips=$(grep -c '^skip: ' "$out")
	if [ "$skips" -gt 0 ]; then
		skipped=$((skipped + skips))
		passed=$((passed - skips))
		grep '^skip: ' "$out" | sed "s|^|skipped: $name: |"
	fi
	if [ "$wrong" -gt 0 ]; then
		failures="$failures $name"
		echo "FAILED: $name"
		grep -vE '^[0-9]+%: Checks' "$out" | grep -v ':P:' | tail -n 40 | sed 's/^/    /'
	fi
}

build() {
	if ! $make -j"$jobs" "$@" >"$log/build" 2>&1; then
		tail -n 40 "$log/build"
		echo "the build failed: make $*"
		echo "$passed passed, $((failed + 1)) failed, $skipped skipped"
		exit 1
	fi
}

clang_build="BUILD=build/clang CC=clang lib build/clang/netpolcheck"
asan_build="BUILD=build/asan SAN=1 all tests fuzz-targets build/asan/netpolcheck-agent-san"

# The later builds, begun in what processor time the tests leave; the sections that need them end them and build the rest.
build_ahead() {
	idle='nice -n 19'
	! chrt --idle 0 true 2>/dev/null || idle='chrt --idle 0'
	for goals in "$clang_build" "$asan_build"; do
		# shellcheck disable=SC2086 # lists of words
		$idle $make -j"$jobs" $goals >/dev/null 2>&1 </dev/null &
		ahead="$ahead $!"
	done
}

end_ahead() {
	for pid in $ahead; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	ahead=
}

# at_once BUILD SECONDS FOLDER: the programs and scripts that FOLDER/list names, as many at once as there are processors; the
# output of each and its "status seconds" stay in FOLDER.
at_once() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	BUILD=$1 NP_BUILD=$1 xargs -P "$jobs" -n 1 sh -c '
		out=$0/$(echo "$2" | tr / _)
		case $2 in *.sh) sh=sh ;; *) sh= ;; esac
		start=$(date +%s)
		timeout --kill-after=10 "$1" $sh "$2" >"$out" 2>&1 </dev/null
		echo "$? $(($(date +%s) - start))" >"$out.status"' "$3" "$2" <"$3/list"
}

# result_of FOLDER TEST: its output, status and seconds into $out, $status, $seconds.
result_of() {
	out=$1/$(echo "$2" | tr / _)
	status=99
	seconds=0
	read -r status seconds <"$out.status"
}

fresh() {
	rm -rf "$1"
	mkdir "$1"
}

# unit_tests BUILD SUFFIX: counted in the order of their names.
unit_tests() {
	fresh "$log/unit"
	for t in "$1"/tests/*/test_*; do
		case $t in *.*) continue ;; esac
		[ ! -x "$t" ] || echo "$t"
	done >"$log/unit/list"
	at_once "$1" 400 "$log/unit"
	while read -r t; do
		result_of "$log/unit" "$t"
		name=${t#"$1/tests/"}$2
		count_unit "$name" "$out" "$status"
		took "$name" "$seconds"
	done <"$log/unit/list"
}

# Scripts that only repeat, sanitized, what another sanitized run shows.
plain_only='faults user install install_deb image ci shards waivers zsh markdown stranger sonobuoy'

# Scripts end to end; they wait more than they compute.
scripts() {
	fresh "$log/scripts"
	for s in harness/tests/e2e_*.sh; do
		name=$(basename "$s" .sh)
		case $2:" $plain_only " in *san*" ${name#e2e_} "*) continue ;; esac
		echo "$s"
	done >"$log/scripts/list"
	at_once "$1" 900 "$log/scripts"
	while read -r s; do
		result_of "$log/scripts" "$s"
		name=$(basename "$s" .sh)$2
		cp "$out" "$log/out"
		count "$name" "$status"
		took "$name" "$seconds"
	done <"$log/scripts/list"
}

if [ "$what" = all ] || [ "$what" = unit ]; then
	echo "== gcc"
	build all tests fuzz-targets
	[ "$what" != all ] || build_ahead
	run layers 120 $make check-layers
	run style 120 $make check-style
	run 'clauses covered' 60 sh harness/tools/clauses.sh --check
	run 'bugs mapped to cases' 60 env BUILD=build sh harness/tests/bugmap.sh
	run 'cases through the oracle' 120 build/tests/oracle/check_cases suites
	run 'oracle mistakes die' 600 sh harness/tests/oracle/run_mutants.sh build suites
	run 'oracle against brute force' 120 build/tests/oracle/check_cross --worlds harness/tests/oracle/worlds.tsv --cells 300000
	run 'small scope' 60 build/tests/oracle/check_small 1/81
	run 'inputs of the fuzz targets' 120 sh harness/tools/fuzz-regress.sh build
	unit_tests build ''
	scripts build ''
fi
if [ "$what" = all ]; then
	echo "== a real Kubernetes with a real agent"
	run 'lab with kube-router' 2400 env CNI=kube-router bash harness/tests/lab_suite.sh
fi
if [ "$what" = all ]; then
	echo "== clang compiles without a warning"
	end_ahead
	# shellcheck disable=SC2086 # a list of words
	$make -j"$jobs" $clang_build >"$log/out" 2>&1
	count 'clang build' $?
fi
if [ "$what" = all ] || [ "$what" = asan ]; then
	echo "== ASan and UBSan"
	# shellcheck disable=SC2086 # a list of words
	build $asan_build
	export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
	NP_AGENT=$PWD/build/asan/netpolcheck-agent-san
	export NP_AGENT
	run 'inputs of the fuzz targets (sanitized)' 300 sh harness/tools/fuzz-regress.sh build/asan
	run 'cases through the oracle (sanitized)' 300 build/asan/tests/oracle/check_cases suites
	unit_tests build/asan ' (sanitized)'
	scripts build/asan ' (sanitized)'
fi

echo "slowest: $(sort -rn "$log/took" | head -n 8 | awk '{ n = $1; $1 = ""; printf("%s%s %ds", NR > 1 ? "," : "", $0, n) }')"
[ -z "$failures" ] || echo "failed:$failures"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
