#!/bin/sh
# Completion for bash: asked as bash asks, for every command and option that --help knows.
set -eu
. harness/tests/lib.sh
expect_status 0 "$np" completion bash
cp "$scratch/out" "$scratch/netpolcheck.bash"
bash -n "$scratch/netpolcheck.bash" || die "bash does not read it"

# complete WORDS...: what bash would offer for the last one
cat >"$scratch/ask.bash" <<'END'
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
compopt() { :; }
_netpolcheck
printf '%s\n' "${COMPREPLY[@]}"
END
offered() { bash "$scratch/ask.bash" "$scratch/netpolcheck.bash" netpolcheck "$@"; }
# offers EXPECTED WORDS...
offers() {
	want=$1
	shift
	offered "$@" | tr '\n' ' ' >"$scratch/offered"
	[ "$(cat "$scratch/offered")" = "$want " ] || die "for '$*': $(cat "$scratch/offered")"
}

commands=$("$np" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
for c in $commands; do
	offered "" | grep -qx "$c" || die "command $c is not offered"
	"$np" "$c" --help >"$scratch/help"
	for o in $(sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p' "$scratch/help"); do
		offered "$c" -- | grep -qx -e "$o" || die "$c $o is not offered"
	done
done
ok "every command and option of the help"

offers "report" rep
offers "show merge waive diff matrix badge" report ""
offers "merge matrix" report m
offers "sarif" report show --format s
offers "--strict-waivers" run --strict
(cd "$scratch" && touch waivers-of-mine && mkdir empty)
offers "$scratch/waivers-of-mine" run --waivers "$scratch/waivers"
offers "" run --seed ""
offers "report" fuzz repo
offers "--format" fuzz report --form
ok "commands, what they do, options, choices, files"

expect_status 2 "$np" completion
expect_status 2 "$np" completion fish
ok "another shell is refused"
