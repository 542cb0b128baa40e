#!/bin/sh
# stock-image.sh OUT NAME - an image archive with busybox and no agent, as --inject wants one: for
# tests where no registry is. Needs Debian's busybox-static.
set -eu
out=${1:?usage: stock-image.sh OUT NAME}
name=${2:?usage: stock-image.sh OUT NAME}
busybox=$(command -v busybox) || {
	echo "busybox is not installed (package busybox-static)" >&2
	exit 77
}
case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) exit 77 ;;
esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/root/bin" "$dir/image/blobs/sha256"
cp "$busybox" "$dir/root/bin/busybox"
for tool in sh head wc chmod mv rm sleep cat; do
	ln -s busybox "$dir/root/bin/$tool"
done

# blob FILE: into the image under its digest; prints "digest size"
blob() {
	sum=$(sha256sum "$1" | cut -d ' ' -f 1)
	echo "sha256:$sum $(($(wc -c <"$1")))"
	mv "$1" "$dir/image/blobs/sha256/$sum"
}

part='{"mediaType":"application/vnd.oci.image.%s","digest":"%s","size":%d'
tar -C "$dir/root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$dir/layer" bin
layer=$(blob "$dir/layer")
printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
	"$arch" "${layer% *}" >"$dir/config"
config=$(blob "$dir/config")
# shellcheck disable=SC2059 # the format is above
{
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":'
	printf "$part}" config.v1+json "${config% *}" "${config#* }"
	printf ',"layers":['
	printf "$part}]}" layer.v1.tar "${layer% *}" "${layer#* }"
} >"$dir/manifest"
manifest=$(blob "$dir/manifest")
# shellcheck disable=SC2059
{
	printf '{"schemaVersion":2,"manifests":['
	printf "$part" manifest.v1+json "${manifest% *}" "${manifest#* }"
	printf ',"annotations":{"io.containerd.image.name":"%s"}}]}' "$name"
} >"$dir/image/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$dir/image/oci-layout"
tar -C "$dir/image" -cf "$out" blobs index.json oci-layout
