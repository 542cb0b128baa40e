#!/bin/sh
# image-runner.sh BUILD [sonobuoy] - the whole program as a container image, for runs inside a cluster:
# BUILD/netpolcheck-ARCH.oci.tar of this machine's architecture, called netpolcheck/netpolcheck. What kind of archive that
# is: image-lib.sh. With sonobuoy it is BUILD/netpolcheck-sonobuoy-ARCH.oci.tar, netpolcheck/sonobuoy, which has a shell
# (busybox, Debian's static one) and deploy/ci/gate.sh as well, for deploy/ci/sonobuoy-plugin.yaml.
#
# In it are the program, the libraries that it is linked with and their loader where this machine has them, the suites, the
# waivers of results/known, the agent (for --inject), certificates, and the licences of the libraries. No shell but as
# above: nothing else runs there. The same bytes for the same sources, tools and libraries.
set -eu
build=${1:?usage: image-runner.sh BUILD [sonobuoy]}
kind=${2:-}
# shellcheck source=harness/tools/image-lib.sh
. "$(dirname "$0")/image-lib.sh"
arch=$native
name=docker.io/netpolcheck/netpolcheck
title=netpolcheck
entrypoint=/usr/bin/netpolcheck
cmd="--help"
workdir=/tmp
root=$scratch/root
certificates=/etc/ssl/certs/ca-certificates.crt

fail() {
	say "$*"
	exit 1
}
case $kind in '' | sonobuoy) ;; *) fail "'$kind' is no kind of image: sonobuoy, or nothing" ;; esac
[ "$arch" != none ] || fail "no image for $(uname -m): amd64 or arm64"
for p in netpolcheck netpolcheck-agent; do
	[ -x "$build/$p" ] || fail "$build/$p is not there; make"
done
[ -s "$certificates" ] || fail "$certificates is not there; install the package ca-certificates"

# put FILE FOLDER: stripped where it is a program of ours
put() {
	mkdir -p "$root$2"
	cp "$1" "$root$2/"
	chmod 755 "$root$2/$(basename "$1")"
}

# The files that the program is linked with, the loader among them, as ldd(1) finds them here.
libraries() {
	ldd "$build/netpolcheck" >"$scratch/ldd"
	! grep 'not found' "$scratch/ldd" >&2 || return 1
	awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' "$scratch/ldd"
}

# licence FILE: of the package that a library is of; dpkg knows it by the name before or after /usr became one
licence() {
	real=$(realpath "$1")
	package=$({ dpkg -S "$real" || dpkg -S "${real#/usr}" || dpkg -S "$1"; } 2>/dev/null | head -n 1 | cut -d : -f 1)
	[ -n "$package" ] && [ -e "/usr/share/doc/$package/copyright" ] || return 0
	mkdir -p "$root/usr/share/doc/$package"
	cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
}

put "$build/netpolcheck" /usr/bin
put "$build/netpolcheck-agent" /usr/libexec/netpolcheck
strip -s -R .comment -R .note.gnu.build-id "$root/usr/bin/netpolcheck" "$root/usr/libexec/netpolcheck/netpolcheck-agent"
libraries >"$scratch/libraries" || fail "a library of $build/netpolcheck is not there"
while read -r lib; do
	mkdir -p "$root$(dirname "$lib")"
	cp -L "$lib" "$root$lib"
	licence "$lib"
done <"$scratch/libraries"
mkdir -p "$root/usr/share/netpolcheck/known" "$root/usr/share/doc/netpolcheck" "$root$(dirname "$certificates")" "$root/tmp"
cp -R suites "$root/usr/share/netpolcheck/"
cp results/known/*.yaml "$root/usr/share/netpolcheck/known/"
cp LICENSE "$root/usr/share/doc/netpolcheck/copyright"
cp -L "$certificates" "$root$certificates"

# The gate, a shell for it, and what it calls.
put_gate() {
	busybox=$(command -v busybox) || fail "busybox is not there; install the package busybox-static"
	! ldd "$busybox" >/dev/null 2>&1 || fail "$busybox needs libraries; install the package busybox-static"
	put "$busybox" /bin
	licence "$busybox"
	for tool in sh base64 cat cut dirname gzip ls mkdir mv rm sleep tail tar tr; do
		ln -s busybox "$root/bin/$tool"
	done
	mkdir -p "$root/usr/share/netpolcheck/ci"
	cp deploy/ci/gate.sh "$root/usr/share/netpolcheck/ci/"
}

out=$build/netpolcheck-$arch.oci.tar
if [ "$kind" = sonobuoy ]; then
	name=docker.io/netpolcheck/sonobuoy
	entrypoint=/usr/share/netpolcheck/ci/gate.sh
	out=$build/netpolcheck-sonobuoy-$arch.oci.tar
	put_gate
fi
find "$root" -type f ! -path '*/bin/*' ! -path '*/libexec/*' ! -name '*.so*' -exec chmod 644 {} +
[ "$kind" != sonobuoy ] || chmod 755 "$root$entrypoint"
make_image "$root" "$out"
