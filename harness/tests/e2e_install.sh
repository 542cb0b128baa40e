#!/bin/sh
# make install into a folder: the program there finds its suites and its agent; every command has its manual page.
set -eu
. harness/tests/lib.sh
install() { make --no-print-directory BUILD="$BUILD" DESTDIR="$scratch/root" PREFIX=/usr "$1" >"$scratch/out" 2>&1; }
install install || {
	cat "$scratch/out" >&2
	die "make install"
}
unset NETPOLCHECK_SUITES
here=$PWD
cd "$scratch"
expect_status 0 root/usr/bin/netpolcheck cases list
test "$(wc -l <out)" -ge 120 || die "the installed program finds $(wc -l <out) cases"
ok "the installed program finds its suites"

for c in "" $(root/usr/bin/netpolcheck --help | sed -n 's/^  \([a-z]*\) .*/-\1/p'); do
	page=root/usr/share/man/man1/netpolcheck$c.1
	[ -s "$page" ] || die "no manual page netpolcheck$c(1)"
	for o in $([ -z "$c" ] || root/usr/bin/netpolcheck "${c#-}" --help | sed -n 's/^  --\([a-z0-9-]*\).*/\1/p'); do
		sed 's/\\-/-/g' "$page" | grep -qF -e "--$o" || die "netpolcheck$c(1) says nothing of --$o"
	done
done
for f in record case waivers; do [ -s "root/usr/share/man/man5/netpolcheck-$f.5" ] || die "no manual page netpolcheck-$f(5)"; done
ok "manual pages of every command and option, and of the formats"

bash -n root/usr/share/bash-completion/completions/netpolcheck || die "completion for bash"
head -n 1 root/usr/share/zsh/site-functions/_netpolcheck | grep -qx '#compdef netpolcheck' || die "completion for zsh"
jq -e . root/usr/share/netpolcheck/schema/record.schema.json >/dev/null || die "no schema"
ok "completions and schemas"

cd "$here"
install uninstall || die "make uninstall"
[ -z "$(find "$scratch/root" -type f)" ] || die "make uninstall leaves $(find "$scratch/root" -type f | head -n 3)"
ok "uninstalled"
