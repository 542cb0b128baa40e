#!/bin/sh
# The image of the agent: the same bytes from another build folder, taken by skopeo as an OCI and as
# a docker archive, by umoci, and by a containerd of its own where root and one are there.
set -eu
. harness/tests/lib.sh
command -v skopeo >/dev/null || skip "skopeo is not installed: nothing here reads image archives"
command -v jq >/dev/null || skip "jq is not installed"
case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) skip "no image for $(uname -m)" ;;
esac
version=$(cat VERSION)
containerd_pid=

stop_containerd() {
	[ -z "$containerd_pid" ] || kill "$containerd_pid" 2>/dev/null || true
	[ -z "$containerd_pid" ] || wait "$containerd_pid" 2>/dev/null || true
	containerd_pid=
}
trap 'stop_containerd; finish' EXIT

# build_image FOLDER
build_image() {
	make --no-print-directory BUILD="$1" agent >"$scratch/out" 2>&1 || {
		cat "$scratch/out" >&2
		die "make agent"
	}
	expect_status 0 harness/tools/image.sh "$1" "$arch"
}

build_image "$scratch/one"
build_image "$scratch/elsewhere/two"
tar=$scratch/one/netpolcheck-agent-$arch.oci.tar
cmp -s "$tar" "$scratch/elsewhere/two/netpolcheck-agent-$arch.oci.tar" || die "two builds differ"
ok "two build folders, the same bytes"

expect_status 1 harness/tools/image.sh "$scratch/one" s390x
contains "$scratch/err" "amd64 or arm64"
expect_status 1 harness/tools/image.sh "$scratch" "$arch"
contains "$scratch/err" "is not there; make agent"
ok "what cannot be built is said"

# check_config REFERENCE
check_config() {
	expect_status 0 skopeo inspect --config "$1"
	test "$(jq -rc '[.architecture, .os, .config.User, .config.Entrypoint[], .config.Cmd[]]' "$scratch/out")" = \
		"[\"$arch\",\"linux\",\"65532:65532\",\"/netpolcheck-agent\",\"sleep\"]" || die "$(cat "$scratch/out")"
}
check_config "oci-archive:$tar"
check_config "oci-archive:$tar:latest"
check_config "docker-archive:$tar"
check_config "docker-archive:$tar:netpolcheck/agent:latest"
check_config "docker-archive:$tar:netpolcheck/agent:$version"
ok "skopeo reads it as an OCI and as a docker archive, by every name"

expect_status 0 skopeo copy "oci-archive:$tar" "docker-archive:$scratch/docker.tar:netpolcheck/agent:latest"
expect_status 0 skopeo copy "docker-archive:$tar" "oci:$scratch/from-docker:latest"
expect_status 0 skopeo copy "oci-archive:$tar" "oci:$scratch/layout:latest"
ok "skopeo copies it"

# the_agent FILE: static, ours, and nothing else is in the image
the_agent() {
	test -x "$1" || die "no agent at $1"
	expect_status 0 "$1" version
	contains "$scratch/out" "netpolcheck-agent $version, protocol"
	test "$(ls -A "$(dirname "$1")")" = netpolcheck-agent || die "more in the image than the agent"
}
mkdir "$scratch/root"
layer=$(tar -xOf "$tar" manifest.json | jq -r '.[0].Layers[0]')
tar -xOf "$tar" "$layer" | tar -xz -C "$scratch/root"
the_agent "$scratch/root/netpolcheck-agent"
ok "the layer holds the agent alone"
if command -v umoci >/dev/null; then
	expect_status 0 umoci unpack --rootless --image "$scratch/layout:latest" "$scratch/bundle"
	the_agent "$scratch/bundle/rootfs/netpolcheck-agent"
	ok "umoci unpacks it"
fi

other=arm64
[ "$arch" = amd64 ] || other=amd64
if harness/tools/image.sh "$scratch/one" "$other" >"$scratch/out" 2>"$scratch/err"; then
	second=$scratch/one/netpolcheck-agent-$other.oci.tar
	cp "$second" "$scratch/again.tar"
	expect_status 0 harness/tools/image.sh "$scratch/one" "$other"
	cmp -s "$second" "$scratch/again.tar" || die "two $other builds differ"
	expect_status 0 skopeo inspect --config "oci-archive:$second"
	test "$(jq -r .architecture "$scratch/out")" = "$other" || die "$(cat "$scratch/out")"
	ok "$other: twice the same bytes"
else
	contains "$scratch/err" "it needs the packages"
	ok "$other: no cross compiler, and that is said"
fi

start_containerd() {
	cat >"$scratch/containerd.toml" <<-END
		version = 2
		root = "$scratch/containerd/root"
		state = "$scratch/containerd/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		  address = "$scratch/containerd.sock"
	END
	containerd --config "$scratch/containerd.toml" >"$scratch/containerd.log" 2>&1 </dev/null &
	containerd_pid=$!
	wait_for 20 ctr -a "$scratch/containerd.sock" version
}
if [ "$(id -u)" -eq 0 ] && command -v containerd >/dev/null && command -v ctr >/dev/null; then
	start_containerd || {
		tail -n 5 "$scratch/containerd.log" >&2
		die "containerd does not start"
	}
	expect_status 0 ctr -a "$scratch/containerd.sock" -n k8s.io images import --no-unpack "$tar"
	expect_status 0 ctr -a "$scratch/containerd.sock" -n k8s.io images list -q
	contains "$scratch/out" docker.io/netpolcheck/agent:latest
	expect_status 0 ctr -a "$scratch/containerd.sock" -n k8s.io images check
	contains "$scratch/out" complete
	stop_containerd
	ok "containerd imports it as docker.io/netpolcheck/agent:latest"
fi
echo "$n_ok checks of the image"
