#!/bin/sh
# The Debian package: what it says of itself, and its program out of a root of its own.
set -eu
. harness/tests/lib.sh
command -v dpkg-deb >/dev/null 2>&1 || skip "no dpkg-deb"
deb=$(sh harness/tools/deb.sh "${BUILD#"$PWD"/}" 2>"$scratch/err") || die "deb.sh: $(cat "$scratch/err")"
[ "$(dpkg-deb --field "$deb" Package)" = netpolcheck ] || die "its name"
[ "$(dpkg-deb --field "$deb" Version)" = "$(cat VERSION)" ] || die "its version"
for p in nftables iproute2 libcurl4 libjansson4; do
	dpkg-deb --field "$deb" Depends | tr -d ' ' | tr ',' '\n' | grep -qx "$p" || die "it does not depend on $p: $(dpkg-deb --field "$deb" Depends)"
done
dpkg-deb --contents "$deb" | awk '{ print $2 }' | sort -u | grep -qvx root/root && die "files of other owners"
ok "fields and owners"

# Where dpkg itself can be had, in a root that knows no other package; else by hand.
mkdir -p "$scratch/root/var/lib/dpkg/info" "$scratch/root/var/lib/dpkg/updates"
: >"$scratch/root/var/lib/dpkg/status"
if [ "$(id -u)" -eq 0 ]; then
	dpkg --root="$scratch/root" --log=/dev/null --force-depends --install "$deb" >"$scratch/out" 2>&1 || die "dpkg: $(tail -n 3 "$scratch/out")"
	dpkg --root="$scratch/root" --status netpolcheck | grep -qx 'Status: install ok installed' || die "not installed"
else
	dpkg-deb --extract "$deb" "$scratch/root"
fi
unset NETPOLCHECK_SUITES
here=$PWD
cd "$scratch"
expect_status 0 root/usr/bin/netpolcheck run --model --quiet --suite peers --out run
contains out " passed, 0 failed, "
gzip -dc root/usr/share/man/man1/netpolcheck-run.1.gz | grep -q 'run suites' || die "manual page"
[ -s root/usr/share/zsh/vendor-completions/_netpolcheck ] || die "completion for zsh"
cd "$here"
ok "installed, and its program finds its suites"
if [ "$(id -u)" -eq 0 ]; then
	dpkg --root="$scratch/root" --log=/dev/null --purge netpolcheck >"$scratch/out" 2>&1 || die "purge: $(tail -n 3 "$scratch/out")"
	[ -z "$(find "$scratch/root/usr" -type f 2>/dev/null)" ] || die "purged, and files stay"
	ok "purged"
fi
