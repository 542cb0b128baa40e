#!/bin/sh
# Runs every case's hand-written table through oracles with one deliberate mistake each (mutants.tsv), and says which mistakes no case notices.
#
#   run_mutants.sh BUILD [SUITES_DIR [PATTERN]]
#
# BUILD holds the libraries of `make lib`. Exit status: 0 every mutant was killed, 1 some survive, 2 a row does not fit the
# sources, does not compile, or the unchanged oracle fails already.
set -u
here=$(dirname "$0")
root=$(cd "$here/../../.." && pwd)
build=${1:?usage: run_mutants.sh BUILD [SUITES_DIR [PATTERN]]}
suites=${2:-$root/suites}
pattern=${3:-.}
CC=${CC:-gcc}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM
flags="-std=gnu11 -O1 -D_GNU_SOURCE -I$root/include -include $root/include/np/base/banned.h -pthread"
archives="$build/lib/libnp-target.a $build/lib/libnp-oracle.a $build/lib/libnp-parse.a $build/lib/libnp-model.a $build/lib/libnp-base.a"
libs="-lyaml -ljansson -lm"

link_checker() { # objects, output
	# shellcheck disable=SC2086
	$CC -pthread $1 "$work/check.o" -Wl,--start-group $archives -Wl,--end-group $libs -o "$2"
}

# Generated cases have no hand-written table.
cp -R "$suites" "$work/suites" && rm -rf "$work/suites/generated" || exit 2
suites=$work/suites

# shellcheck disable=SC2086
$CC $flags -c "$here/check_cases.c" -o "$work/check.o" && link_checker "" "$work/right" || exit 2
"$work/right" "$suites" > "$work/log" || { echo "the unchanged oracle does not agree with the suites:"; tail -n 5 "$work/log"; exit 2; }

killed=0 survived=0 broken=0
tab=$(printf '\t')
while IFS="$tab" read -r id file text new clause; do
	case $id in ''|'#'*) continue ;; esac
	echo "$id" | grep -q -e "$pattern" || continue
	rm -rf "$work/oracle" "$work/obj" && mkdir "$work/obj" && cp -R "$root/harness/oracle" "$work/oracle" || exit 2
	if ! sh "$root/harness/tools/replace-once.sh" "$work/oracle/$file" "$text" "$new"; then
		echo "broken    $id: its text is not in $file exactly once"
		broken=$((broken + 1))
		continue
	fi
	# A header changes every file that reads it.
	case $file in *.h) sources=$(ls "$work"/oracle/*.c) ;; *) sources=$work/oracle/$file ;; esac
	objects=
	for source in $sources; do
		object=$work/obj/$(basename "$source" .c).o
		# shellcheck disable=SC2086
		if ! $CC $flags -w -c "$source" -o "$object"; then
			objects=none
			break
		fi
		objects="$objects $object"
	done
	if [ "$objects" = none ] || ! link_checker "$objects" "$work/wrong"; then
		echo "broken    $id: does not compile"
		broken=$((broken + 1))
		continue
	fi
	timeout 60 "$work/wrong" -q "$suites" > "$work/log" 2>&1
	case $? in
	0) echo "survives  $id ($clause)"; survived=$((survived + 1)) ;;
	1) echo "killed    $id ($clause) by $(sed -n '1s/: .*//p' "$work/log")"; killed=$((killed + 1)) ;;
	*) echo "broken    $id: $(tail -n 1 "$work/log")"; broken=$((broken + 1)) ;;
	esac
done < "$here/mutants.tsv"

echo "$killed killed, $survived survive, $broken broken"
[ "$broken" -eq 0 ] || exit 2
[ "$survived" -eq 0 ]
