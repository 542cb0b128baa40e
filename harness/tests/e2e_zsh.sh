#!/bin/sh
# Completion for zsh, read by zsh and asked for what it would pass to _arguments.
set -eu
. harness/tests/lib.sh
command -v zsh >/dev/null 2>&1 || skip "no zsh"
expect_status 0 "$np" completion zsh
cp "$scratch/out" "$scratch/_netpolcheck"
[ "$(head -n 1 "$scratch/_netpolcheck")" = "#compdef netpolcheck" ] || die "its first line"
zsh -n "$scratch/_netpolcheck" || die "zsh does not read it"
cat >"$scratch/ask.zsh" <<'END'
_arguments() { print -l -- "$@" }
_describe() { local list=$argv[-1]; print -l -- "${(@P)list}" }
words=("${(@)argv[2,-1]}")
CURRENT=$#words
source "$1"
END
zsh -f "$scratch/ask.zsh" "$scratch/_netpolcheck" netpolcheck "" >"$scratch/commands"
for c in $("$np" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	grep -q "^$c:" "$scratch/commands" || die "command $c is not offered"
	zsh -f "$scratch/ask.zsh" "$scratch/_netpolcheck" netpolcheck "$c" -- >"$scratch/options"
	for o in $("$np" "$c" --help | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p'); do
		grep -qF -e "*${o}[" "$scratch/options" || die "$c $o is not offered"
	done
done
zsh -f "$scratch/ask.zsh" "$scratch/_netpolcheck" netpolcheck report "" >"$scratch/options"
grep -qFx -e '1:what:(show merge waive diff matrix badge)' "$scratch/options" || die "report: $(cat "$scratch/options")"
ok "every command and option of the help"
