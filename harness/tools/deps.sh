#!/bin/sh
# Installs the Debian or Ubuntu packages that are missing. Usage: deps.sh [test]
# With "test" also those that only tests of single features use; where these cannot be had, their tests are skips.
set -eu

packages="gcc clang make libcurl4-openssl-dev libjansson-dev libyaml-dev libwslay-dev libssl-dev libmicrohttpd-dev
	libmnl-dev libgnutls28-dev check musl-tools nftables iproute2 scdoc libxml2-utils jq"
test_packages="skopeo umoci busybox-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3-jsonschema python3-yaml cmark-gfm zsh afl++ curl"

# missing_of PACKAGE...
missing_of() {
	for p; do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
		[ "$status" = installed ] || printf ' %s' "$p"
	done
}

# shellcheck disable=SC2086 # a list of words
missing=$(missing_of $packages)
missing_for_tests=
# shellcheck disable=SC2086 # a list of words
[ "${1:-}" != test ] || missing_for_tests=$(missing_of $test_packages)
[ -n "$missing$missing_for_tests" ] || exit 0
can_install() {
	command -v apt-get >/dev/null 2>&1 || return 1
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1
}
if [ -z "$missing" ] && ! can_install; then
	echo "not installed, and installing needs apt-get and root or sudo; their tests will be skipped:$missing_for_tests" >&2
	exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
	echo "these packages (Debian's names) are missing and there is no apt-get to install them:$missing" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "these packages are missing, and installing them needs root or sudo:$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
echo "installing:$missing$missing_for_tests"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
install() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
# shellcheck disable=SC2086 # a list of words
[ -z "$missing" ] || install $missing
for p in $missing_for_tests; do
	install "$p" || echo "$p cannot be installed; tests that use it will be skipped" >&2
done
