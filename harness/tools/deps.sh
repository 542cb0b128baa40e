#!/bin/sh
# Installs the Debian or Ubuntu packages that building, running and testing need, where they are missing.
set -eu

packages="gcc clang make libcurl4-openssl-dev libjansson-dev libyaml-dev libwslay-dev libssl-dev libmicrohttpd-dev
	libmnl-dev libgnutls28-dev check musl-tools nftables iproute2 scdoc libxml2-utils jq"

missing=
for p in $packages; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

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
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
