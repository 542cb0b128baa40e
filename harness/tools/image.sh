#!/bin/sh
# image.sh BUILD [ARCH...] - the in-pod agent as a container image, without a container engine:
# BUILD/netpolcheck-agent-ARCH.oci.tar for amd64 and arm64, or those named, called netpolcheck/agent.
# What kind of archive that is: image-lib.sh. The same bytes for the same sources and tools.
#
# This machine's own architecture takes BUILD/netpolcheck-agent (make agent); the other one is
# compiled here by Debian's cross compiler, and left out with a sentence where that is missing,
# unless it was asked for by name (exit 1).
set -eu
build=${1:?usage: image.sh BUILD [amd64|arm64]...}
shift
# shellcheck source=harness/tools/image-lib.sh
. "$(dirname "$0")/image-lib.sh"
name=docker.io/netpolcheck/agent
title=netpolcheck-agent
entrypoint=/netpolcheck-agent
cmd="sleep"
workdir=/

# compile TRIPLET OUT
compile() {
	"$1-gcc" -std=gnu11 -Os -Wall -Wextra -Werror -D_GNU_SOURCE -DNP_VERSION="\"$version\"" -Iinclude \
		-include include/np/base/banned.h -static -o "$2" harness/agent/pod/*.c
}

# can_build ARCH: says why not
can_build() {
	case $1 in
	amd64) triplet=x86_64-linux-gnu ;;
	arm64) triplet=aarch64-linux-gnu ;;
	*) say "no image for '$1': amd64 or arm64" && return 1 ;;
	esac
	if [ "$1" = "$native" ]; then
		[ -x "$build/netpolcheck-agent" ] || { say "$build/netpolcheck-agent is not there; make agent" && return 1; }
		return 0
	fi
	echo 'int main(void) { return 0; }' >"$scratch/try.c"
	"$triplet-gcc" -static -o "$scratch/try" "$scratch/try.c" 2>/dev/null || {
		say "no $1 image: it needs the packages gcc-$(echo "$triplet" | tr _ -) and libc6-dev-$1-cross"
		return 1
	}
}

# get_agent ARCH OUT: the static agent, stripped of what differs between build folders
get_agent() {
	if [ "$1" = "$native" ]; then
		cp "$build/netpolcheck-agent" "$2"
		strip -s -R .comment -R .note.gnu.build-id "$2"
	else
		compile "$triplet" "$2"
		"$triplet-strip" -s -R .comment -R .note.gnu.build-id "$2"
	fi
}

# shellcheck disable=SC2048 # a list of words
for arch in ${*:-amd64 arm64}; do
	if can_build "$arch"; then
		mkdir "$scratch/$arch-root"
		get_agent "$arch" "$scratch/$arch-root/netpolcheck-agent"
		chmod 755 "$scratch/$arch-root/netpolcheck-agent"
		make_image "$scratch/$arch-root" "$build/netpolcheck-agent-$arch.oci.tar"
	elif [ $# -gt 0 ] || [ "$arch" = "$native" ]; then
		exit 1
	fi
done
