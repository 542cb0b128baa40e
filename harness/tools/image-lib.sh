# image-lib.sh - container images without a container engine, for image.sh and image-runner.sh: one tar that is an
# OCI layout and a docker archive at once, so that docker, podman, containerd, kind and skopeo take it. Its name is
# NAME:latest; who reads it as a docker archive sees NAME:VERSION too (a second name in the OCI index would make skopeo
# ask which one). The same bytes for the same files.
# shellcheck shell=sh disable=SC2034,SC2154 # variables of and for the scripts that source this
umask 022
export LC_ALL=C
version=$(cat VERSION)
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
	printf '"config":{"User":"65532:65532","Entrypoint":["%s"],"Cmd":["%s"],"WorkingDir":"%s",' "$entrypoint" "$cmd" "$workdir"
	printf '"Labels":{"org.opencontainers.image.title":"%s","org.opencontainers.image.version":"%s",' "$title" "$version"
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

# make_image ROOT OUT: the folder's files as an image for $arch called $name, with $title, $entrypoint, $cmd, $workdir.
# Says the archive and the digest of its manifest.
make_image() {
	layout=$scratch/$arch
	mkdir -p "$layout/blobs/sha256"
	pack "$scratch/layer.tar" "$1"
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
	# In one step: who reads it meanwhile has the old one or the new one.
	mv "$scratch/image.tar" "$(dirname "$2")/.$(basename "$2")"
	mv "$(dirname "$2")/.$(basename "$2")" "$2"
	echo "$2 $sum"
}
