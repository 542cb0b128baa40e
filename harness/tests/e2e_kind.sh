#!/bin/sh
# deploy/kind: kind itself cannot be run here. Its files are YAML of its configuration's fields, and up.sh goes through with stand-ins for
# kind, kubectl and helm, which refuse what these do not know.
set -eu
. harness/tests/lib.sh
case $BUILD in *asan*) skip "shell and YAML alone" ;; esac
agents="calico cilium kindnet weave"
for p in /usr/bin/python3 python3; do
	"$p" -c 'import yaml' 2>/dev/null || continue
	for a in $agents; do
		"$p" - "deploy/kind/$a.yaml" <<'END' || die "deploy/kind/$a.yaml"
import ipaddress, sys, yaml
c = yaml.safe_load(open(sys.argv[1]))
assert (c["kind"], c["apiVersion"]) == ("Cluster", "kind.x-k8s.io/v1alpha4")
assert set(c) <= {"kind", "apiVersion", "networking", "nodes"}
net = c.get("networking", {})
assert set(net) <= {"disableDefaultCNI", "podSubnet"} and net.get("disableDefaultCNI", False) == ("kindnet" not in sys.argv[1])
ipaddress.ip_network(net.get("podSubnet", "10.244.0.0/16"))
assert [n["role"] for n in c["nodes"]].count("worker") >= 2
END
	done
	ok "configurations of kind: two nodes that take pods, no other agent beside"
	break
done

mkdir "$scratch/bin"
cat >"$scratch/bin/kind" <<'END'
#!/bin/sh
echo "kind $*" >>"$LOG"
case "$1 $2" in
'version ') echo 'kind v0.30.0 go1.24.6 linux/amd64' ;;
'create cluster')
	[ "$3 $5 $7" = '--name --config --kubeconfig' ] && [ -s "$6" ] && cp "$AWAY" "$8" ;;
'load image-archive') [ -s "$3" ] && [ "$4" = --name ] ;;
*) exit 1 ;;
esac
END
cat >"$scratch/bin/kubectl" <<'END'
#!/bin/sh
echo "kubectl $*" >>"$LOG"
[ "$1" = --kubeconfig ] && [ -e "$2" ] || exit 1
shift 2
case $* in
'-n kube-system get daemonsets -o name') echo daemonset.apps/kube-proxy ;;
'apply '*'-f https://'*.yaml | 'wait --for=condition=Ready nodes --all '* | '-n kube-system rollout status '*) ;;
*) exit 1 ;;
esac
END
cat >"$scratch/bin/helm" <<'END'
#!/bin/sh
echo "helm $*" >>"$LOG"
[ "$1 $2 $3" = 'install cilium cilium' ]
END
chmod +x "$scratch"/bin/*
cat >"$scratch/away" <<'END'
apiVersion: v1
kind: Config
current-context: away
contexts: [{name: away, context: {cluster: away, user: away}}]
clusters: [{name: away, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: away, user: {token: t}}]
END
PATH=$scratch/bin:$PATH LOG=$scratch/log AWAY=$scratch/away
export PATH LOG AWAY
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=unknown ;; esac
expect_status 3 env BUILD="$scratch" deploy/kind/up.sh calico
contains "$scratch/err" "make image"
echo image >"$scratch/netpolcheck-agent-$arch.oci.tar"
for a in $agents; do
	: >"$LOG"
	expect_status 0 env BUILD="$scratch" deploy/kind/up.sh "$a"
	contains "$LOG" "kind create cluster --name netpolcheck-$a --config $PWD/deploy/kind/$a.yaml"
	contains "$LOG" "kind load image-archive $scratch/netpolcheck-agent-$arch.oci.tar --name netpolcheck-$a"
	line=$(tail -n 1 "$scratch/out")
	case $line in "netpolcheck run --kubeconfig $scratch/kind-$a.kubeconfig --agent $a --agent-version "*[0-9]*) ;; *) die "$line" ;; esac
	# The line that it says is one that this program takes.
	# shellcheck disable=SC2086 # words
	expect_status 3 "$np" ${line#netpolcheck } --quiet --api-wait 1s --out "$scratch/run-$a"
	contains "$scratch/err" "cannot reach the API server"
	installed=$(grep -cE '^helm install|apply .*-f https' "$LOG" || true)
	[ "$installed" -eq "$([ "$a" = kindnet ] && echo 0 || echo 1)" ] || die "$a: $(cat "$LOG")"
	# Nothing is loaded or told before the nodes and the agent are ready.
	[ "$(grep -n 'kind load' "$LOG" | cut -d : -f 1)" -gt "$(grep -n 'rollout status daemonset' "$LOG" | tail -n 1 | cut -d : -f 1)" ] || die "$a: the order"
done
expect_status 0 env BUILD="$scratch" VERSION=v9.9.9 CLUSTER=mine deploy/kind/up.sh calico
contains "$LOG" "calico/v9.9.9/manifests/calico.yaml"
contains "$LOG" "--name mine"
for a in "" flannel; do expect_status 2 deploy/kind/up.sh "$a"; done
ok "up.sh goes through for each agent, with stand-ins"
