#!/bin/sh
# image.sh BUILD [ARCH...] - the in-pod agent as a container image, without a container engine:
# BUILD/netpolcheck-agent-ARCH.oci.tar for amd64 and arm64, or those named. One tar that is an OCI
# layout and a docker archive at once, so that docker, podman, containerd, kind and skopeo take it.
# Its name is netpolcheck/agent:latest; who reads it as a docker archive sees :VERSION too (a second
# name in the OCI index would make skopeo ask which one). The same bytes for the same sources and
# tools.
#
# This machine's own architecture takes BUILD/netpolcheck-agent (make agent); the other one is
# compiled here by Debian's cross compiler, and left out with a sentence where that is missing,
# unless it was asked for by name (exit 1).
set -eu
umask 022
export LC_ALL=C
build=${1:?usage: image.sh BUILD [amd64|arm64]...}
shift
version=$(cat VERSION)
name=docker.io/netpolcheck/agent
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

case $(uname -m) in
x86_64) native=amd64 ;;
aarch64) native=arm64 ;;
*) native=none ;;
esac

say() {
	echo "image: $*" >&2
}

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

# pack OUT FOLDER: every file of it, in one order, without owners and times
pack() {
	# shellcheck disable=SC2046 # names of our own making
	tar --create --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
		--mode='u=rwX,go=rX' --file="$1" --directory="$2" $(ls -A "$2")
}

digest() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# add_blob FILE: moves it to its place, sets $sum and $size
add_blob() {
	sum=$(digest "$1")
	size=$(($(wc -c <"$1")))
	mv "$1" "$layout/blobs/sha256/$sum"
}

# The manifest by its name; $sum and $size are the manifest's.
descriptor() {
	printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d,' "$sum" "$size"
	printf '"annotations":{"io.containerd.image.name":"%s:latest","org.opencontainers.image.ref.name":"latest"},' \
		"$name"
	printf '"platform":{"architecture":"%s","os":"linux"}}' "$arch"
}

write_config() {
	printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z",' "$arch"
	printf '"config":{"User":"65532:65532","Entrypoint":["/netpolcheck-agent"],"Cmd":["sleep"],"WorkingDir":"/",'
	printf '"Labels":{"org.opencontainers.image.title":"netpolcheck-agent","org.opencontainers.image.version":"%s",' \
		"$version"
	printf '"org.opencontainers.image.licenses":"Apache-2.0"}},'
	printf '"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},' "$1"
	printf '"history":[{"created":"1970-01-01T00:00:00Z","created_by":"netpolcheck image.sh"}]}'
}

write_manifest() {
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
	printf '"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%d},' \
		"$config" "$config_size"
	printf '"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%d}]}' \
		"$layer" "$layer_size"
}

# make_image: of $arch
make_image() {
	layout=$scratch/$arch
	mkdir -p "$layout/blobs/sha256" "$scratch/$arch-root"
	get_agent "$arch" "$scratch/$arch-root/netpolcheck-agent"
	chmod 755 "$scratch/$arch-root/netpolcheck-agent"
	pack "$scratch/layer.tar" "$scratch/$arch-root"
	diff_id=$(digest "$scratch/layer.tar")
	gzip -9 -n "$scratch/layer.tar"
	add_blob "$scratch/layer.tar.gz"
	layer=$sum layer_size=$size
	write_config "$diff_id" >"$scratch/config"
	add_blob "$scratch/config"
	config=$sum config_size=$size
	write_manifest >"$scratch/manifest"
	add_blob "$scratch/manifest"
	printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' \
		"$(descriptor)" >"$layout/index.json"
	printf '[{"Config":"blobs/sha256/%s","RepoTags":["%s:latest","%s:%s"],"Layers":["blobs/sha256/%s"]}]' \
		"$config" "${name#docker.io/}" "${name#docker.io/}" "$version" "$layer" >"$layout/manifest.json"
	pack "$scratch/image.tar" "$layout"
	mv "$scratch/image.tar" "$build/.netpolcheck-agent-$arch.oci.tar"
	mv "$build/.netpolcheck-agent-$arch.oci.tar" "$build/netpolcheck-agent-$arch.oci.tar"
	echo "$build/netpolcheck-agent-$arch.oci.tar $sum"
}

# shellcheck disable=SC2048 # a list of words
for arch in ${*:-amd64 arm64}; do
	if can_build "$arch"; then
		make_image
	elif [ $# -gt 0 ] || [ "$arch" = "$native" ]; then
		exit 1
	fi
done
