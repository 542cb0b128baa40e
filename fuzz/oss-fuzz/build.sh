#!/bin/bash -eu
# build.sh - the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them: compiled with $CC $CFLAGS, linked with $CXX $CXXFLAGS
# $LIB_FUZZING_ENGINE, statically, with libyaml, jansson and wslay built here so that they are instrumented too. Into $OUT go
# the programs, and beside each its seeds, dictionary and options.
#
# Reads $SRC (default: the folder above the checkout), $WORK, $OUT, $SANITIZER. NP_SYSTEM_LIBS=1 links the system's libraries
# instead of building them, for a try outside of the container.

set -eu
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SRC=${SRC:-$(dirname "$checkout")}
: "${WORK:?}" "${OUT:?}" "${CC:?}" "${CXX:?}" "${LIB_FUZZING_ENGINE:?}"
CFLAGS=${CFLAGS:-}
CXXFLAGS=${CXXFLAGS:-}
SANITIZER=${SANITIZER:-address}
deps=$WORK/deps
build=$WORK/build
mkdir -p "$OUT" "$deps"

# cmake_lib FOLDER OPTION...
cmake_lib() {
	local name=$1
	shift
	cmake -S "$SRC/$name" -B "$WORK/$name" -DCMAKE_BUILD_TYPE= -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="$CFLAGS" \
		-DCMAKE_POLICY_VERSION_MINIMUM=3.5 -DCMAKE_INSTALL_PREFIX="$deps" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF "$@" >"$WORK/$name.log"
	cmake --build "$WORK/$name" --target install -j"$(nproc)" >>"$WORK/$name.log"
}

libs='-Wl,-Bstatic'
if [ -n "${NP_SYSTEM_LIBS:-}" ]; then
	libs="$libs -lyaml -ljansson"
else
	cmake_lib libyaml -DBUILD_TESTING=OFF
	cmake_lib jansson -DJANSSON_BUILD_DOCS=OFF -DJANSSON_EXAMPLES=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_BUILD_SHARED_LIBS=OFF
	libs="$libs $deps/lib/libyaml.a $deps/lib/libjansson.a"
fi
if [ -d "$SRC/wslay/lib" ] && [ -z "${NP_SYSTEM_LIBS:-}" ]; then
	cmake_lib wslay -DWSLAY_STATIC=ON -DWSLAY_SHARED=OFF -DWSLAY_TESTS=OFF -DWSLAY_EXAMPLES=OFF
	libs="$libs $deps/lib/libwslay.a -lcrypto -Wl,-Bdynamic"
elif [ -n "${NP_SYSTEM_LIBS:-}" ] || [ -n "${NP_SYSTEM_WSLAY:-}" ]; then
	libs="$libs -lcrypto -Wl,-Bdynamic -lwslay"	# Debian has no static one
else
	echo "no wslay in $SRC; its source belongs there" >&2
	exit 1
fi

# fuzz_url is libcurl's URL parser more than ours, and would bring all of libcurl.
targets=$(cd "$checkout/fuzz/targets" && printf '%s\n' fuzz_*.c | sed 's/\.c$//' | grep -vx fuzz_url)
# OpenSSL is not built here: to MSan whatever it writes is not written.
[ "$SANITIZER" != memory ] || targets=$(printf '%s\n' "$targets" | grep -vE '^fuzz_(api|exec|watch|kubeconfig)$')

goals=
for t in $targets; do
	goals="$goals $build/fuzz/$t"
done
# Warnings of a newer compiler are not errors here; the project's own builds see to them.
# shellcheck disable=SC2086 # a list of words
make -C "$checkout" -j"$(nproc)" BUILD="$build" CC="$CC" OPT= WARN= CFLAGS="$CFLAGS -I$deps/include" LDFLAGS= \
	FUZZ_ENGINE="$LIB_FUZZING_ENGINE" FUZZ_LD="$CXX" FUZZ_LDFLAGS="$CXXFLAGS" FUZZ_LIBS="$libs -lpthread -ldl -lm" $goals

seeds=$WORK/seeds
rm -rf "$seeds"
(cd "$checkout" && sh harness/tools/fuzz-seeds.sh "$seeds")
for t in $targets; do
	name=${t#fuzz_}
	cp "$build/fuzz/$t" "$OUT/$t"
	mkdir -p "$seeds/$name"
	for d in corpus regress; do
		[ ! -d "$checkout/fuzz/$d/$name" ] || cp "$checkout/fuzz/$d/$name"/* "$seeds/$name/"
	done
	rm -f "$OUT/${t}_seed_corpus.zip"
	(cd "$seeds/$name" && find . -type f | zip -q -@ "$OUT/${t}_seed_corpus.zip")
	dict=$("$checkout/harness/tools/fuzz-options.sh" "$name" dict)
	[ -z "$dict" ] || cp "$checkout/$dict" "$OUT/$t.dict"
	printf '[libfuzzer]\nmax_len = %s\ntimeout = 10\nrss_limit_mb = 2048\n' "$("$checkout/harness/tools/fuzz-options.sh" "$name" max_len)" >"$OUT/$t.options"
done
