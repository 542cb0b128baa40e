#!/bin/sh
# What an engine is told about a target. Usage: fuzz-options.sh TARGET dict|max_len
set -eu
t=${1:?usage: fuzz-options.sh TARGET dict|max_len}
case ${2:-} in
dict)
	case $t in
	roundtrip | alloc) d=yaml ;;
	api | exec | watch) d=http ;;
	pod) d=agent ;;
	report) d=record ;;
	*) d=$t ;;
	esac
	[ ! -f "fuzz/dict/$d.dict" ] && [ ! -f "$(dirname "$0")/../../fuzz/dict/$d.dict" ] || echo "fuzz/dict/$d.dict"
	;;
max_len)
	# Sizes at which a target still runs thousands of times a second.
	case $t in
	cidr | port) echo 64 ;;
	selector) echo 128 ;;
	oracle) echo 256 ;;
	report | case | manifests | watch | crash) echo 16384 ;;
	*) echo 8192 ;;
	esac
	;;
*)
	echo "usage: fuzz-options.sh TARGET dict|max_len" >&2
	exit 2
	;;
esac
