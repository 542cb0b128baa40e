#!/bin/bash
# Executions a processor second of the fuzz targets, as JSON lines: decoding and judging a valid policy of 1 KiB at every input beside
# libyaml or jansson alone in the same engine and build; the small targets and the oracle over their kept inputs.
# Usage: fuzz-bench.sh [libfuzzer|afl|campaign ...]; NP_LIB_SOURCES names a folder with the unpacked sources libyaml-* and jansson-* (apt-get source libyaml
# jansson), so that the bare libraries are instrumented like ours; without it they are the system's, which are not. AFL++ where it is.
set -u
dir=$(dirname "$0")
work=build/fuzz-bench-work
rounds=${ROUNDS:-3}
mkdir -p "$work"
instrumented=false

# Options of fuzz-build.sh that a library must be compiled with too.
libs_for() {
	flavour=$1
	out=$work/$flavour
	cc=clang
	export AFL_QUIET=1
	case $flavour in
	deep) flags='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' ;;
	fast) flags='-O2 -g -fsanitize-coverage=inline-8bit-counters,pc-table' ;;
	afl) cc=afl-clang-fast flags='-O2 -g' ;;
	afl-asan) cc=afl-clang-fast flags='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' ;;
	esac
	[ -n "${NP_LIB_SOURCES:-}" ] || return 0
	instrumented=true
	mkdir -p "$out"
	yaml=$(echo "$NP_LIB_SOURCES"/libyaml-*)
	jansson=$(echo "$NP_LIB_SOURCES"/jansson-*)
	[ -d "$work/jansson/include" ] || cmake -S "$jansson" -B "$work/jansson" -DJANSSON_BUILD_DOCS=OFF -DJANSSON_EXAMPLES=OFF -DJANSSON_WITHOUT_TESTS=ON >"$work/cmake.log" 2>&1 || return 1
	for c in "$yaml"/src/*.c "$jansson"/src/*.c; do
		o=$out/$(basename "$(dirname "$(dirname "$c")")")-$(basename "$c" .c).o
		# shellcheck disable=SC2086 # a list of words
		[ -f "$o" ] || $cc $flags -w $(case $c in *jansson*) echo -DHAVE_CONFIG_H ;; esac) -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 -DYAML_VERSION_PATCH=5 -DYAML_VERSION_STRING='"0.2.5"' -DHAVE_STDINT_H \
			-I"$work/jansson/include" -I"$work/jansson/private_include" -I"$yaml/include" -c -o "$o" "$c" || return 1
	done
	echo "$out"/*.o
}

# per_cpu COUNT COMMAND...: COUNT divided by the processor seconds of the command and its children.
cpu_of() {
	local TIMEFORMAT='%U %S'
	{ time "$@" >"$work/out" 2>&1; } 2>&1 | tail -n 1 | awk '{ print $1 + $2 }'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

say() {
	printf '{"bench":"fuzz","what":"%s","engine":"%s","value":%s,"unit":"executions per CPU second"%s}\n' "$1" "$2" "$3" "${4:-}"
}

# libFuzzer: N runs behind the first 2,000, which read the inputs. Without the entropic schedule: until a feature was seen 65,535 times
# every run pays for looking for it in a list of rare ones, which no campaign does for long, and which costs more the more code a target has.
rate_libfuzzer() {
	program=$1
	n=$2
	shift 2
	for _ in $(seq "$rounds"); do
		base=$(cpu_of "$program" -entropic=0 -runs=2000 -seed=1 -reduce_inputs=0 "$@")
		all=$(cpu_of "$program" -entropic=0 -runs=$((2000 + n)) -seed=1 -reduce_inputs=0 "$@")
		awk -v n="$n" -v a="$all" -v b="$base" 'BEGIN { printf "%.0f\n", n / (a - b > 0.01 ? a - b : 0.01) }'
	done | median
}

rate_afl() {
	program=$1
	for _ in $(seq "$rounds"); do
		rm -rf "$work/afl-in" "$work/afl-out"
		mkdir -p "$work/afl-in"
		echo a >"$work/afl-in/a"
		cpu=$(AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FAST_CAL=1 \
			cpu_of afl-fuzz -i "$work/afl-in" -o "$work/afl-out" -V "${AFL_SECONDS:-6}" -G 16 -- "$program")
		n=$(sed -n 's/^execs_done *: //p' "$work/afl-out/default/fuzzer_stats")
		awk -v n="${n:-0}" -v c="$cpu" 'BEGIN { printf "%.0f\n", n / c }'
	done | median
}

beside_bare() {
	flavour=$1
	engine=$2
	objects=$(libs_for "$flavour") || return
	[ -z "$objects" ] || instrumented=true
	rm -rf "build/fuzz-$flavour/fuzz-bench"
	FUZZ_BENCH_LIBS=$objects "$dir/fuzz-build.sh" "$flavour" --bench >"$work/build.log" 2>&1 || {
		tail -n 5 "$work/build.log" >&2
		return
	}
	for syntax in yaml json; do
		for side in ours bare; do
			program=build/fuzz-$flavour/fuzz-bench/${side}_$syntax
			case $flavour in
			afl*) value=$(rate_afl "$program") ;;
			fast) value=$(rate_libfuzzer "$program" 100000 -max_len=16) ;;
			*) value=$(rate_libfuzzer "$program" 4000 -max_len=16) ;;
			esac
			say "$side $syntax, valid 1 KiB" "$engine" "$value" ",\"bare_is_instrumented\":$instrumented"
			eval "$side=\$value"
		done
		awk -v s="$syntax" -v e="$engine" -v o="${ours:-0}" -v b="${bare:-1}" 'BEGIN { printf "{\"bench\":\"fuzz\",\"what\":\"%s: decode and validate as a share of the bare library\",\"engine\":\"%s\",\"value\":%.3f,\"unit\":\"ratio\"}\n", s, e, o / b }'
	done
}

# fixed TARGET TEXT|FOLDER N: the target over one valid input, or over those of a folder, again and again.
fixed() {
	in=$work/fixed-$1	# never the kept inputs themselves: an engine writes into its first folder
	rm -rf "$in"
	mkdir -p "$in"
	if [ -d "$2" ]; then
		cp "$2"/* "$in/"
	else
		printf '%s' "$2" >"$in/a"
	fi
	say "$1, valid input" 'libFuzzer fast' "$(rate_libfuzzer "build/fuzz-fast/fuzz-bench/fixed_$1" "$3" -max_len=256 "$in")"
}

for part in ${*:-libfuzzer afl campaign}; do
	case $part in
	libfuzzer)
		beside_bare fast 'libFuzzer fast'
		beside_bare deep 'libFuzzer, ASan and UBSan'
		;;
	afl)
		if ! command -v afl-fuzz >/dev/null; then
			echo '{"bench":"fuzz","skipped":"afl++ is not installed"}'
			continue
		fi
		beside_bare afl 'AFL++ persistent'
		beside_bare afl-asan 'AFL++ persistent, ASan and UBSan'
		;;
	campaign)
		"$dir/fuzz-build.sh" fast --fixed >"$work/build.log" 2>&1 || tail -n 5 "$work/build.log" >&2
		fixed cidr 10.0.0.0/8 1000000
		fixed port 'TCP 80 90' 1000000
		fixed selector 'app In web,db' 1000000
		fixed oracle fuzz/corpus/oracle 30000
		;;
	esac
done
