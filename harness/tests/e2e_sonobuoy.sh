#!/bin/sh
# The Sonobuoy plugin's image: its own command, out of the image's files alone, as nobody, with the environment that Sonobuoy gives; then
# what the sidecar would hand over. In a real cluster: lab_sonobuoy.sh.
set -eu
. harness/tests/lib.sh
# shellcheck source=harness/tests/sonobuoy.sh
. harness/tests/sonobuoy.sh
case $BUILD in *asan*) skip "shell, and runs as other scripts have them" ;; esac
need_sandbox
command -v busybox >/dev/null || skip "busybox is not installed (package busybox-static)"
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) skip "no image for $(uname -m)" ;; esac

mkdir "$scratch/copy" "$scratch/image"
cp "$BUILD/netpolcheck" "$BUILD/netpolcheck-agent" "$scratch/copy/"
expect_status 0 harness/tools/image-runner.sh "$scratch/copy" sonobuoy
tar=$scratch/copy/netpolcheck-sonobuoy-$arch.oci.tar
cp "$tar" "$scratch/first.tar"
expect_status 0 harness/tools/image-runner.sh "$scratch/copy" sonobuoy
cmp -s "$tar" "$scratch/first.tar" || die "two images of one program differ"
expect_status 1 harness/tools/image-runner.sh "$scratch/copy" other
tar -xOf "$tar" manifest.json | jq -e --arg n "$(plugin_value image)" '.[0].RepoTags | index($n)' >/dev/null || die "the image is not called as the plugin wants it"
image=$scratch/image
tar -xOf "$tar" "$(tar -xOf "$tar" manifest.json | jq -r '.[0].Layers[0]')" | tar -xz -C "$image"
[ -x "$image$(plugin_value command)" ] || die "no $(plugin_value command) in the image"
[ -s "$image/usr/share/doc/busybox-static/copyright" ] || die "the shell's licence is missing"
ok "the image, the same bytes twice, has what the plugin's definition names"

results=$(plugin_value mountPath)
[ "$results" = "$(plugin_value value)" ] || die "SONOBUOY_RESULTS_DIR is not the mount"
mkdir -p "$scratch/results" "$image/proc" "$image/dev" "$image/kube" "$image$results" "$scratch/kube"
chmod 777 "$scratch" "$scratch/results"
user=--userspec=65532:65532 map=
[ "$(id -u)" -eq 0 ] || user='' map=--map-root-user
# plugin ARGUMENTS...: as a kubelet starts it; the results' volume is $scratch/results, the cluster's kubeconfig is in /kube
plugin() {
	# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; words that may be none
	unshare $map --mount sh -euc 'image=$1 results=$2 to=$3 kube=$4 user=$5; shift 5
		mount --bind "$image" "$image"
		mount --bind "$results" "$image$to"
		mount --bind "$kube" "$image/kube"
		for d in proc dev; do mount --rbind /$d "$image/$d"; done
		mount -o remount,bind,ro "$image"
		exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SONOBUOY=true SONOBUOY_RESULTS_DIR="$to" \
			chroot $user "$image" "$@"' sh "$image" "$scratch/results" "$results" "$scratch/kube" "$user" "$(plugin_value command)" "$@"
}
# delivered: what the file 'done' names, as seen from outside
delivered() {
	[ -z "$(find "$scratch/results" -name 'done*' ! -name 'done')" ] || die "a half-written 'done'"
	path=$(cat "$scratch/results/done")
	case $path in "$results"/*) ;; *) die "'done' names $path" ;; esac
	echo "$scratch/results${path#"$results"}"
}

start_sandbox --fault and-as-or
cp "$scratch/kubeconfig" "$scratch/kube/config"
chmod 644 "$scratch/kube/config"
status=0
plugin --kubeconfig /kube/config --timeout 3s --case peers/and-in-one-peer --case peers/or-of-two-peers >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
if [ "$status" -ne 1 ] && grep -q ermi "$scratch/err"; then skip "mounts are refused here: $(tail -n 1 "$scratch/err")"; fi
[ "$status" -eq 1 ] || die "status $status: $(tail -n 3 "$scratch/err")"
stop_sandbox
take_results "$(delivered)" "$scratch/red"
[ "$(counts "$scratch/red")" = "2 1 0" ] || die "counted: $(counts "$scratch/red")"
[ -x "$scratch/red/run-1/failures/peers-and-in-one-peer/reproduce.sh" ] || die "no reproducer is handed over"
ok "a failing case: one archive, of which one junit file counts"

# No verdict: two tries, and a result that is no pass.
rm -rf "$scratch/results"
mkdir "$scratch/results"
chmod 777 "$scratch/results"
status=0
plugin --in-cluster >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
[ "$status" -eq 3 ] || die "status $status: $(tail -n 3 "$scratch/err")"
mkdir "$scratch/none"
tar -xzf "$(delivered)" -C "$scratch/none"
[ "$(counts "$scratch/none")" = "1 0 1" ] || die "counted: $(counts "$scratch/none")"
xmllint --noout --nonet --schema results/schema/junit.xsd "$scratch/none/junit_netpolcheck.xml" 2>/dev/null || die "junit"
ok "outside of a pod there is no verdict, and that is counted as an error"
