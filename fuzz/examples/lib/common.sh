# shellcheck shell=bash
# common.sh - what build.sh and run.sh share: names, places, sentences. Sourced from the repository's root.

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/netpolcheck/fuzz
MUTATOR=${NP_MUTATOR:-$PWD/build/libnpmutate.so}
EXAMPLES="stdin library kubernetes calico weave"

say()
{
	echo "$*" >&2
}

# Not to be had on this machine: one sentence and 77.
unavailable()
{
	say "skipped: $*"
	exit 77
}

usage()
{
	say "usage: $0 EXAMPLE [libfuzzer|afl]; examples: $EXAMPLES"
	exit 2
}

# parse ARG...: sets example and engine.
parse()
{
	example=${1:-}
	engine=${2:-}
	case " $EXAMPLES " in
	*" $example "*) ;;
	*) usage ;;
	esac
	[ -n "$example" ] && [ $# -le 2 ] || usage
	[ -n "$engine" ] || case $example in
	stdin) engine=afl ;;
	*) engine=libfuzzer ;;
	esac
	case $engine-$example in
	afl-stdin | afl-kubernetes | afl-calico | afl-weave | libfuzzer-library | libfuzzer-kubernetes | libfuzzer-calico | libfuzzer-weave) ;;
	libfuzzer-* | afl-*)
		say "'$example' has no way of running under $engine"
		exit 2
		;;
	*) usage ;;
	esac
	dir=$CACHE/$example/$engine
	target=$dir/target
}

need()
{
	command -v "$1" >/dev/null || unavailable "$1 is not installed (package $2)"
}

need_engine()
{
	if [ "$engine" = afl ]; then
		need afl-clang-fast afl++
		need afl-fuzz afl++
	else
		need clang clang
	fi
}
