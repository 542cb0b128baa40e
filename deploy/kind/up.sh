#!/bin/sh
# A kind cluster with an agent in it, as its users get it, and the image of the probe pods on its nodes; then the line that runs the
# suite against it. Usage: up.sh calico|cilium|kindnet|weave
#
# VERSION  of the agent, where not the one that stands below. kindnet has that of kind.
# CLUSTER  the cluster's name; default netpolcheck-AGENT. `kind delete cluster --name` removes it.
# BUILD    where the image is; default build beside deploy/
# KIND, KUBECTL, HELM  the programs; Cilium alone needs helm
#
# These are the projects' documented ways, and no more. This script was never run in the project's own tests, which have no Docker: they
# parse its files and follow its commands with stand-ins.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
kind=${KIND:-kind}
helm=${HELM:-helm}
agent=${1:-}
case $agent in
calico) version=${VERSION:-v3.30.3} needs=$kind ;;
cilium) version=${VERSION:-1.18.1} needs="$kind $helm" ;;
kindnet) version=$("$kind" version 2>/dev/null | awk '{ print $2 }') needs=$kind ;;
weave) version=${VERSION:-v2.8.1} needs=$kind ;;
*)
	echo "usage: up.sh calico|cilium|kindnet|weave" >&2
	exit 2
	;;
esac
cluster=${CLUSTER:-netpolcheck-$agent}
kubeconfig=${KUBECONFIG_OUT:-$build/kind-$agent.kubeconfig}
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=unknown ;; esac
image=$build/netpolcheck-agent-$arch.oci.tar
for p in $needs "${KUBECTL:-kubectl}"; do
	command -v "$p" >/dev/null || { echo "up.sh: $p is not installed" >&2 && exit 3; }
done
[ -s "$image" ] || { echo "up.sh: $image is not there; make image" >&2 && exit 3; }

k() { "${KUBECTL:-kubectl}" --kubeconfig "$kubeconfig" "$@"; }

# Without an agent no node gets Ready: that is waited for below.
"$kind" create cluster --name "$cluster" --config "$here/$agent.yaml" --kubeconfig "$kubeconfig"
case $agent in
calico) k apply --server-side -f "https://raw.githubusercontent.com/projectcalico/calico/$version/manifests/calico.yaml" ;;
cilium)
	"$helm" install cilium cilium --repo https://helm.cilium.io --version "$version" --kubeconfig "$kubeconfig" \
		--namespace kube-system --set ipam.mode=kubernetes
	;;
weave) k apply -f "https://github.com/weaveworks/weave/releases/download/$version/weave-daemonset-k8s.yaml" ;;
esac
k wait --for=condition=Ready nodes --all --timeout=300s
k -n kube-system rollout status deployment/coredns --timeout=300s
for set in $(k -n kube-system get daemonsets -o name); do
	k -n kube-system rollout status "$set" --timeout=300s
done
"$kind" load image-archive "$image" --name "$cluster"
cat <<END
netpolcheck run --kubeconfig $kubeconfig --agent $agent --agent-version $version
END
