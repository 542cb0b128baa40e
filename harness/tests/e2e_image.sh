#!/bin/sh
# The images: the same bytes from another build folder, taken by skopeo as an OCI and as
# a docker archive, by umoci, and by a containerd of its own where root and one are there.
# That of the whole program runs out of its own files alone, as nobody, on a root that cannot be written.
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

# ---- the whole program ----

mkdir "$scratch/copy"
cp "$BUILD/netpolcheck" "$BUILD/netpolcheck-agent" "$scratch/copy/"
expect_status 0 harness/tools/image-runner.sh "$scratch/copy"
runner=$scratch/copy/netpolcheck-$arch.oci.tar
cp "$runner" "$scratch/runner.tar"
strip -g "$scratch/copy/netpolcheck" # a build without -g
expect_status 0 harness/tools/image-runner.sh "$scratch/copy"
cmp -s "$runner" "$scratch/runner.tar" || die "two images of one program differ"
expect_status 1 harness/tools/image-runner.sh "$scratch"
contains "$scratch/err" "is not there; make"
ok "the whole program: the same bytes twice"

for r in "oci-archive:$runner" "docker-archive:$runner:netpolcheck/netpolcheck:latest" "docker-archive:$runner:netpolcheck/netpolcheck:$version"; do
	expect_status 0 skopeo inspect --config "$r"
	jq -e --arg v "$version" '.config | .User == "65532:65532" and .Entrypoint == ["/usr/bin/netpolcheck"] and
		.Labels["org.opencontainers.image.version"] == $v' "$scratch/out" >/dev/null || die "$(cat "$scratch/out")"
done
ok "skopeo reads it, by every name"

image=$scratch/image
mkdir "$image"
tar -xOf "$runner" "$(tar -xOf "$runner" manifest.json | jq -r '.[0].Layers[0]')" | tar -xz -C "$image"
[ -z "$(find "$image" -name '*sh' -path '*bin/*')" ] && [ "$(ls "$image/usr/bin")" = netpolcheck ] || die "more programs than ours"
[ -s "$image/usr/share/doc/netpolcheck/copyright" ] && [ -s "$image/usr/share/netpolcheck/known/kube-router.yaml" ] || die "files are missing"
# in_image COMMAND...: nothing of this machine is there but the kernel; /tmp is $scratch/tmp
mkdir "$scratch/tmp" "$image/proc"
chmod 777 "$scratch" "$scratch/tmp"
user=--userspec=65532:65532 map=
[ "$(id -u)" -eq 0 ] || user='' map=--map-root-user
in_image() {
	# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; words that may be none
	unshare $map --mount sh -euc 'image=$1 tmp=$2 user=$3; shift 3
		mount --bind "$image" "$image"
		mount --bind "$tmp" "$image/tmp"
		mount --rbind /proc "$image/proc"
		mount -o remount,bind,ro "$image"
		exec env -i PATH="$PATH" chroot $user "$image" "$@"' sh "$image" "$scratch/tmp" "$user" "$@"
}
if in_image /usr/bin/netpolcheck version >"$scratch/out" 2>"$scratch/err"; then
	contains "$scratch/out" "netpolcheck $version"
	expect_status 0 in_image /usr/bin/netpolcheck run --model --tier smoke --format record --quiet --out /tmp/run
	cmp -s "$scratch/out" "$scratch/tmp/run/run.jsonl" || die "the output is not the record"
	expect_status 3 in_image /usr/bin/netpolcheck run --in-cluster --out /tmp/away
	contains "$scratch/err" "not in a pod"
	start_sandbox
	cp "$scratch/kubeconfig" "$scratch/tmp/kubeconfig"
	chmod 644 "$scratch/tmp/kubeconfig"
	expect_status 0 in_image /usr/bin/netpolcheck run --kubeconfig /tmp/kubeconfig --case peers/and-in-one-peer --quiet --out /tmp/packets
	contains "$scratch/out" "1 passed, 0 failed, 0 skipped"
	stop_sandbox
	ok "it runs out of its own files alone, without the right to write them"
else
	contains "$scratch/err" "ermi" # permission, permitted
	echo "left out: mounts are refused here: $(tail -n 1 "$scratch/err")"
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
	expect_status 0 ctr -a "$scratch/containerd.sock" -n k8s.io images import --no-unpack "$runner"
	expect_status 0 ctr -a "$scratch/containerd.sock" -n k8s.io images list -q
	contains "$scratch/out" docker.io/netpolcheck/agent:latest
	contains "$scratch/out" docker.io/netpolcheck/netpolcheck:latest
	expect_status 0 ctr -a "$scratch/containerd.sock" -n k8s.io images check
	contains "$scratch/out" complete
	stop_containerd
	ok "containerd imports both, by their names"
fi
echo "$n_ok checks of the image"
