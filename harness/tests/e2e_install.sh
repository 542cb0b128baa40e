#!/bin/sh
# make install into a folder: the program there finds its suites and its agent.
set -eu
. harness/tests/lib.sh
make --no-print-directory BUILD="$BUILD" DESTDIR="$scratch/root" PREFIX=/usr install >"$scratch/out" 2>&1 || {
	cat "$scratch/out" >&2
	die "make install"
}
unset NETPOLCHECK_SUITES
cd "$scratch"
expect_status 0 root/usr/bin/netpolcheck cases list
test "$(wc -l <out)" -ge 120 || die "the installed program finds $(wc -l <out) cases"
ok "the installed program finds its suites"
ls root/usr/share/man/man1/netpolcheck.1 >/dev/null || die "no manual page"
ok "manual pages"
