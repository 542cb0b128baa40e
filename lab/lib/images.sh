# shellcheck shell=bash
# images.sh - container images made by hand, and their way onto the nodes.

LAB_PAUSE_IMAGE=netpolcheck.example/lab/pause:1
LAB_DNS_IMAGE=netpolcheck.example/lab/coredns:1
LAB_AGENT_IMAGE=docker.io/netpolcheck/agent:latest

image_arch()
{
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) lab_unavailable "there are no images for $(uname -m)" ;;
	esac
}

image_blob()
{
	local sum

	sum=$(sha256sum "$1" | cut -d' ' -f1)
	mv "$1" "$2/blobs/sha256/$sum"
	echo "$sum"
}

# image_make TAR NAME PROGRAM ARG...: an OCI archive with one static program in its root folder, which ARG follow
# unless the pod has arguments of its own.
image_make()
{
	local tar=$1 name=$2 program=$3 dir layer config manifest size args

	shift 3
	dir=$(mktemp -d)
	mkdir -p "$dir/blobs/sha256" "$dir/root"
	install -m 755 "$program" "$dir/root/"
	tar -C "$dir/root" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$dir/layer" .
	rm -r "$dir/root"
	size=$(stat -c %s "$dir/layer")
	layer=$(image_blob "$dir/layer" "$dir")
	args=$(jq -cn '$ARGS.positional' --args "$@")
	printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/%s"],"Cmd":%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(image_arch)" "$(basename "$program")" "$args" "$layer" >"$dir/config"
	config=$(stat -c %s "$dir/config")
	config="{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"size\":$config,\"digest\":\"sha256:$(image_blob "$dir/config" "$dir")\"}"
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[{"mediaType":"%s","size":%s,"digest":"sha256:%s"}]}' \
		"$config" application/vnd.oci.image.layer.v1.tar "$size" "$layer" >"$dir/manifest"
	size=$(stat -c %s "$dir/manifest")
	manifest=$(image_blob "$dir/manifest" "$dir")
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s","size":%s,"digest":"sha256:%s","annotations":{"io.containerd.image.name":"%s"}}]}' \
		application/vnd.oci.image.manifest.v1+json "$size" "$manifest" "$name" >"$dir/index.json"
	printf '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
	tar -C "$dir" -cf "$tar" oci-layout index.json blobs
	rm -r "$dir"
}

# Into the lab's state folder, once per lab.
images_make()
{
	local dir=$LAB_STATE/images archive runner

	archive=$LAB_BUILD/netpolcheck-agent-$(image_arch).oci.tar
	runner=$LAB_BUILD/netpolcheck-$(image_arch).oci.tar
	mkdir -p "$dir"
	image_make "$dir/pause.tar" "$LAB_PAUSE_IMAGE" "$LAB_BUILD/netpolcheck-agent" sleep
	image_make "$dir/coredns.tar" "$LAB_DNS_IMAGE" "$LAB_BIN/coredns"
	if [ "$archive" -nt "$LAB_BUILD/netpolcheck-agent" ]; then
		cp "$archive" "$dir/agent.tar"
	else
		image_make "$dir/agent.tar" "$LAB_AGENT_IMAGE" "$LAB_BUILD/netpolcheck-agent" sleep
	fi
	# for runs inside the cluster, where somebody has made it (make image-runner)
	[ ! "$runner" -nt "$LAB_BUILD/netpolcheck" ] || cp "$runner" "$dir/runner.tar"
}

images_import()
{
	local image name

	for image in "$LAB_STATE"/images/*.tar; do
		node_enter "$1" ctr -n k8s.io images import "$image" >/dev/null
	done
	# however the archive names it
	for name in $(node_enter "$1" ctr -n k8s.io images ls -q | grep -E '(^|/)netpolcheck[/-]agent:'); do
		[ "$name" = "$LAB_AGENT_IMAGE" ] ||
			node_enter "$1" ctr -n k8s.io images tag --force "$name" "$LAB_AGENT_IMAGE" >/dev/null
	done
}
