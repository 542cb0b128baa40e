#!/bin/sh
# Builds fuzz targets in one of their ways, into build/fuzz-FLAVOUR/fuzz/. Usage: fuzz-build.sh FLAVOUR [TARGET|--bench|--fixed ...]
#   deep      libFuzzer, ASan and UBSan, comparisons traced: for finding
#   fast      libFuzzer, counters only: for speed
#   afl       AFL++ persistent; afl-asan the same with sanitizers that print what is wrong; afl-cmplog its companion for -c
#   cover     lines counted, no engine
set -eu
flavour=${1:?usage: fuzz-build.sh FLAVOUR [TARGET ...]}
shift
build=build/fuzz-$flavour
clang=${NP_CLANG:-clang}
guard=-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION=1
sanitize='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
engine=-fsanitize=fuzzer
case $flavour in
deep)
	cc=$clang
	opt=-O1
	flags="$guard -fsanitize=fuzzer-no-link $sanitize"
	;;
fast)
	cc=$clang
	opt=-O2
	flags="$guard -fsanitize-coverage=inline-8bit-counters,pc-table"
	;;
afl)
	cc=afl-clang-fast
	opt=-O2
	flags=$guard
	;;
afl-asan)
	cc=afl-clang-fast
	opt=-O1
	flags="$guard $sanitize"
	;;
afl-cmplog)
	cc=afl-clang-fast
	opt=-O2
	flags=$guard
	AFL_LLVM_CMPLOG=1
	export AFL_LLVM_CMPLOG
	;;
cover)
	cc=$clang
	opt=-O1
	flags="$guard -fprofile-instr-generate -fcoverage-mapping"
	engine=
	;;
*)
	echo "no such way of building: $flavour" >&2
	exit 2
	;;
esac
command -v "$cc" >/dev/null || {
	echo "$cc is not installed" >&2
	exit 77
}
goals=
for t; do
	case $t in
	--bench | --fixed)
		goals="$goals fuzz-bench-$([ "$t" = --bench ] && echo programs || echo fixed)"
		continue
		;;
	esac
	goals="$goals $build/fuzz/fuzz_${t#fuzz_}"
done
export AFL_QUIET=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
# shellcheck disable=SC2086 # a list of words
exec make --no-print-directory -j"${JOBS:-2}" BUILD="$build" CC="$cc" OPT="$opt" CFLAGS="$flags" FUZZ_ENGINE="$engine" FUZZ_BENCH_LIBS="${FUZZ_BENCH_LIBS:-}" SAN= ${goals:-fuzz-targets}
