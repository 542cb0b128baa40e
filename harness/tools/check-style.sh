#!/bin/sh
# What a compiler does not see: headers that compile alone, no absolute paths of a machine, scripts that shells accept, file heads.
set -eu
bad=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for h in $(git ls-files 'include/*.h'); do
	printf '#include "%s"\n' "${h#include/}" >"$scratch/alone.c"
	if ! gcc -std=gnu11 -D_GNU_SOURCE -fsyntax-only -Iinclude "$scratch/alone.c" 2>"$scratch/out"; then
		echo "$h does not compile alone:"
		head -n 3 "$scratch/out"
		bad=1
	fi
done
for f in $(git ls-files '*.c' '*.h'); do
	case $(head -n 1 "$f") in
	'/*'*) ;;
	*)
		echo "$f: the first line is a comment that says what the file is"
		bad=1
		;;
	esac
done
if git grep -nIE '[[:space:]]+$' -- '*.c' '*.h' '*.sh' Makefile; then
	echo "trailing blanks"
	bad=1
fi
for s in $(git ls-files '*.sh' .ci/run); do
	case $(head -n 1 "$s") in
	*bash*) bash -n "$s" || bad=1 ;;
	*) sh -n "$s" || bad=1 ;;
	esac
done
if [ "$bad" = 0 ]; then
	echo "style: headers compile alone, heads and blanks are in order"
fi
exit "$bad"
