#!/bin/bash
# Builds an example of fuzz/examples/README.md, once: build.sh EXAMPLE [libfuzzer|afl]. What is fetched and built lies in
# ${XDG_CACHE_HOME:-~/.cache}/netpolcheck/fuzz. Exit status: 0 built, 1 it failed, 2 usage, 77 it cannot be had here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
# shellcheck source=fuzz/examples/lib/common.sh
. fuzz/examples/lib/common.sh
parse "$@"

# source_of NAME FILE SHA256: Debian's source of a package, unpacked into $CACHE/src/NAME.
source_of()
{
	local to=$CACHE/src/$1 file=$CACHE/src/${2##*/}

	[ ! -e "$to/.whole" ] || return 0
	mkdir -p "$to"
	if ! sha256sum --status -c <<<"$3  $file" 2>/dev/null; then
		need curl curl
		curl -fsSL --max-time 120 -o "$file" "${NP_DEBIAN_MIRROR:-http://deb.debian.org/debian}/$2" ||
			unavailable "the source of $1 cannot be fetched from Debian"
		sha256sum --status -c <<<"$3  $file" || {
			say "$file is not the file that was expected (its SHA-256 differs)"
			exit 1
		}
	fi
	tar -xzf "$file" -C "$to" --strip-components=1
	touch "$to/.whole"
}

# libyaml's own program that reads YAML on standard input and prints its events.
build_stdin()
{
	source_of libyaml pool/main/liby/libyaml/libyaml_0.2.5.orig.tar.gz fa240dbf262be053f3898006d502d514936c818e422afdcf33921c63bed9bf2e
	local s=$CACHE/src/libyaml

	AFL_QUIET=1 AFL_HARDEN=1 afl-clang-fast -O2 -g -DYAML_VERSION_STRING='"0.2.5"' -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 \
		-DYAML_VERSION_PATCH=5 -I"$s/include" -o "$target.new" "$s/tests/run-parser-test-suite.c" "$s"/src/*.c
}

# cJSON as a library, with sanitizers.
build_library()
{
	source_of cjson pool/main/c/cjson/cjson_1.7.15.orig.tar.gz 5308fd4bd90cef7aa060558514de6a1a4a0819974a26e6ed13973c5f624c24b2
	local s=$CACHE/src/cjson

	clang -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I"$s" -o "$target.new" \
		"$here/library/target.c" "$s/cJSON.c" "${with_mutator[@]}" -lm
}

# The packages whose lines guide the fuzzer; instrumenting all of them makes a target several times slower.
instrumented()
{
	local p

	case $example in
	kubernetes) set -- k8s.io/api k8s.io/apimachinery k8s.io/kubernetes/pkg/apis sigs.k8s.io ;;
	calico) set -- github.com/projectcalico k8s.io ;;
	weave) set -- github.com/weaveworks k8s.io/api k8s.io/apimachinery k8s.io/kubernetes ;;
	esac
	for p in netpolcheck.example "$@"; do
		echo "-gcflags=$p/...=-d=libfuzzer"
	done
}

have_go()
{
	local version

	command -v go >/dev/null || unavailable "$example is Go, and there is none; install Go 1.21 or newer"
	version=$(go env GOVERSION 2>/dev/null) || version=none
	[[ $version =~ ^go1\.(2[1-9]|[3-9][0-9]) ]] || unavailable "$example needs Go 1.21 or newer, this is $version"
}

# Go's archive, shared by both engines.
build_archive()
{
	local a=$CACHE/$example/target.a log=$CACHE/$example/go.log flags key
	mapfile -t flags < <(instrumented)

	key=$( (go version || :; cat "$here/$example"/{go.mod,go.sum,main.go} "$here"/shared/*/*.go; printf '%s\n' "${flags[@]}") | sha256sum)
	[ "$(cat "$a.key" 2>/dev/null)" != "$key" ] || return 0
	[ "${NP_EXAMPLE_OFFLINE:-}" != 1 ] || unavailable "$example has not been built as it is now"
	have_go
	say "building $example from the module proxy (once, some minutes; log: $log)"
	(
		cd "$here/$example"
		CGO_ENABLED=1 GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false go build -tags libfuzzer -trimpath -buildmode=c-archive "${flags[@]}" -o "$a" .
	) >"$log" 2>&1 || {
		! grep -qE '(: (403|404|410) |lookup disabled|dial tcp|no such host|connection refused|TLS handshake|i/o timeout)' "$log" ||
			unavailable "the module proxy does not serve what $example needs, see $log"
		say "building $example failed: $(grep -v '^go: downloading' "$log" | tail -n 1)"
		exit 1
	}
	echo "$key" >"$a.key"
}

build_go()
{
	local a=$CACHE/$example/target.a

	build_archive
	if [ "$engine" = libfuzzer ]; then
		clang -O1 -g -fsanitize=fuzzer -o "$target.new" "$here/lib/go_fuzz.c" "$a" "${with_mutator[@]}" -lpthread -lresolv
	else
		clang -O2 -g -c -o "$dir/bridge.o" "$here/lib/afl_bridge.c"
		clang -O2 -g -DLLVMFuzzerTestOneInput=np_target_one_input -c -o "$dir/go_fuzz.o" "$here/lib/go_fuzz.c"
		AFL_QUIET=1 afl-clang-fast -fsanitize=fuzzer -o "$target.new" "$dir/go_fuzz.o" "$dir/bridge.o" "$a" -lpthread -lresolv
	fi
}

need_engine
[ -e "$MUTATOR" ] || {
	say "$MUTATOR is not there; build it first: make mutator"
	exit 2
}
# libFuzzer takes the mutator that it is linked with; where that lies is asked again at every start (LD_LIBRARY_PATH).
with_mutator=(-Wl,--no-as-needed -L"$(dirname "$MUTATOR")" -l:"$(basename "$MUTATOR")" -Wl,--as-needed)
mkdir -p "$dir"
exec {lock}>"$dir/lock"
flock "$lock"
case $example in
stdin | library) "build_$example" ;;
*) build_go ;;
esac
mv "$target.new" "$target"
say "built: $target"
