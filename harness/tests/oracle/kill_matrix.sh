#!/bin/sh
# Who notices which mistake of the oracle: each row of mutants.tsv and mutants_of_laws.tsv is put into the compiled oracle
# (or the parser), then held against brute force (check_cross) and against the laws (test_laws). Prints a table:
# mistake, clause, first world that differs from brute force, laws broken.
#
#   kill_matrix.sh BUILD [PATTERN]
#
# BUILD holds the libraries of `make lib`. Exit status: 0 every mistake differs from brute force or breaks a law, and every law is broken
# by some mistake; 1 not so; 2 a row does not fit the sources or does not compile, or the unchanged oracle fails.
set -u
here=$(dirname "$0")
root=$(cd "$here/../../.." && pwd)
build=${1:?usage: kill_matrix.sh BUILD [PATTERN]}
pattern=${2:-.}
CC=${CC:-gcc}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM
flags="-std=gnu11 -O1 -D_GNU_SOURCE -I$root/include -include $root/include/np/base/banned.h -pthread"
archives="$build/lib/libnp-oracle.a $build/lib/libnp-gen.a $build/lib/libnp-parse.a $build/lib/libnp-model.a $build/lib/libnp-base.a"
libs="-lcheck -lsubunit -lrt -lyaml -ljansson -lm"

link_test() { # objects, test, output
	# shellcheck disable=SC2086
	$CC -pthread $1 "$work/$2.o" -Wl,--start-group $archives -Wl,--end-group $libs -o "$3"
}

# The laws that a program finds broken, "T01 T05": a failing check names its place in the array of laws.
sed -n 's/.*{ "\(T[0-9]*\).*/\1/p' "$here/test_laws.c" > "$work/law_names"
broken_laws() {
	timeout 120 "$1" 2>&1 | sed -n 's/.*:[FE]:laws:holds:\([0-9]*\):.*/\1/p; s/.*:[FE]:laws:t39_.*/T39/p' |
		awk -v names="$work/law_names" 'BEGIN { while ((getline n < names) > 0) name[i++ + 0] = n } { print /^T/ ? $0 : name[$0 + 0] }' |
		sort -u | tr '\n' ' '
}

# The first world that differs from brute force; at most some 40,000 cells are looked at.
first_world() {
	timeout 120 "$1" --cells 40000 --stop-at 1 2>&1 | sed -n 's/^differs: check_cross --world //p' | head -n 1
}

for t in check_cross test_laws; do
	# shellcheck disable=SC2086
	$CC $flags -c "$here/$t.c" -o "$work/$t.o" && link_test "" $t "$work/right_$t" || exit 2
done
if [ -n "$(broken_laws "$work/right_test_laws")" ] || [ -n "$(first_world "$work/right_check_cross")" ]; then
	echo "the unchanged oracle differs"
	exit 2
fi

cat "$here/mutants.tsv" "$here/mutants_of_laws.tsv" > "$work/mistakes"
n=0 unnoticed=0 by_brute=0 by_laws=0
: > "$work/laws"
tab=$(printf '\t')
echo "mistake${tab}clause${tab}brute force${tab}laws"
while IFS="$tab" read -r id file text new clause; do
	case $id in ''|'#'*) continue ;; esac
	echo "$id" | grep -q -e "$pattern" || continue
	case $file in */*) layer=${file%/*} file=${file#*/} ;; *) layer=oracle ;; esac
	rm -rf "$work/layer" "$work/obj" && mkdir "$work/obj" && cp -R "$root/harness/$layer" "$work/layer" || exit 2
	sh "$root/harness/tools/replace-once.sh" "$work/layer/$file" "$text" "$new" || { echo "$id: its text is not in $file exactly once" >&2; exit 2; }
	case $file in *.h) sources=$(ls "$work"/layer/*.c) ;; *) sources=$work/layer/$file ;; esac
	objects=
	for source in $sources; do
		object=$work/obj/$(basename "$source" .c).o
		# shellcheck disable=SC2086
		$CC $flags -w -c "$source" -o "$object" || { echo "$id: does not compile" >&2; exit 2; }
		objects="$objects $object"
	done
	link_test "$objects" check_cross "$work/cross" && link_test "$objects" test_laws "$work/law" || exit 2
	world=$(first_world "$work/cross")
	laws=$(broken_laws "$work/law")
	echo "$laws" | tr ' ' '\n' >> "$work/laws"
	n=$((n + 1))
	[ -z "$world" ] || by_brute=$((by_brute + 1))
	[ -z "$laws" ] || by_laws=$((by_laws + 1))
	[ -n "$world$laws" ] || unnoticed=$((unnoticed + 1))
	echo "$id${tab}$clause${tab}${world:+world $world}${tab}$laws"
done < "$work/mistakes"

dead=$(sort -u "$work/law_names" | grep -v -x -F -f "$work/laws" | tr '\n' ' ')
echo "# $n mistakes: $by_brute differ from brute force, $by_laws break a law, $unnoticed do neither; laws that no mistake breaks: ${dead:-none}"
[ "$unnoticed" -eq 0 ] && { [ -z "$dead" ] || [ "$pattern" != . ]; }
