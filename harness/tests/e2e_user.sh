#!/bin/sh
# The same as an ordinary user, when the tests run as root.
set -eu
. harness/tests/lib.sh
[ "$(id -u)" -eq 0 ] || skip "already an ordinary user: every other test shows it"
command -v setpriv >/dev/null 2>&1 || skip "no setpriv to become an ordinary user"
setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --net true 2>/dev/null ||
	skip "an ordinary user may not make user namespaces here"

chmod 755 "$scratch"
mkdir "$scratch/home"
cp -R "$BUILD/netpolcheck" "$BUILD/netpolcheck-agent" suites "$scratch/home/"
chown -R 65534:65534 "$scratch/home"
expect_status 0 setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$scratch/home" XDG_RUNTIME_DIR= NETPOLCHECK_SUITES="$scratch/home/suites" \
	sh -c "cd '$scratch/home' && ./netpolcheck run --quiet --suite isolation --suite peers --out run"
tail -n 1 "$scratch/out" | grep -qE '^[0-9]+ passed, 0 failed' || die "last line: $(tail -n 1 "$scratch/out")"
ok "an ordinary user runs the sandbox"
