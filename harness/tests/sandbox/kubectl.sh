#!/bin/sh
# An ordinary kubectl against the sandbox's API: kubectl.sh KUBECONFIG. Prints TAP; exit status 1 when a test failed.
# Commands in pods, which differ between the sandbox and its stand-in in unit tests:
#   EXEC_OK (exit 0, says something)  EXEC_FAIL (exit 3 unless EXEC_FAIL_CODE)  EXEC_CAT (copies stdin; empty: that test is skipped)
set -u
KUBECONFIG=${1:?usage: kubectl.sh KUBECONFIG}
export KUBECONFIG
EXEC_OK=${EXEC_OK:-/netpolcheck-agent version}
EXEC_FAIL=${EXEC_FAIL:-/netpolcheck-agent connect tcp 127.0.0.1 1 --timeout-ms 300}
EXEC_FAIL_CODE=${EXEC_FAIL_CODE:-1}
EXEC_CAT=${EXEC_CAT:-}

if ! command -v kubectl >/dev/null; then
	echo "1..0 # SKIP kubectl is not installed"
	exit 0
fi
minor=$(kubectl version --client 2>/dev/null | sed -n 's/^Client Version: v1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -lt 31 ]; then
	echo "1..0 # SKIP kubectl 1.${minor:-?} is older than 1.31"
	exit 0
fi

dir=$(mktemp -d)
NS=np-kubectl-$$
HOME=$dir # kubectl's cache
export HOME
n=0
failed=0
cleanup() {
	timeout 60 kubectl delete namespace "$NS" --ignore-not-found >/dev/null 2>&1
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

k() { timeout 60 kubectl -n "$NS" "$@"; }

# t NAME COMMAND ...: the command must succeed; its output stays in $dir/out.
t() {
	name=$1
	shift
	n=$((n + 1))
	if "$@" >"$dir/out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name (status $?)"
		sed 's/^/# /' "$dir/out"
		failed=$((failed + 1))
	fi
}
# fails CODE TEXT COMMAND ...: the command must end with the code (-: any but 0) and say the text.
fails() {
	code=$1 text=$2
	shift 2
	"$@" >"$dir/sub" 2>&1
	got=$?
	cat "$dir/sub"
	if [ "$code" = - ] && [ $got -eq 0 ] || [ "$code" != - ] && [ $got -ne "$code" ]; then
		echo "status $got, not $code"
		return 1
	fi
	grep -q -- "$text" "$dir/sub"
}
# says TEXT COMMAND ...: succeeds and says the text (a basic regular expression).
says() {
	text=$1
	shift
	"$@" >"$dir/sub" 2>&1 || { cat "$dir/sub"; return 1; }
	cat "$dir/sub"
	grep -q -- "$text" "$dir/sub"
}
silent() {
	text=$1
	shift
	"$@" >"$dir/sub" 2>&1 || { cat "$dir/sub"; return 1; }
	cat "$dir/sub"
	! grep -q -- "$text" "$dir/sub"
}

cat >"$dir/all.yaml" <<EOF
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, labels: {team: a}}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: client}}}]
    ports: [{protocol: TCP, port: 80}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - {name: c, image: "netpolcheck:1", ports: [{containerPort: 80, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
EOF
sed 's/port: 80}\]$/port: 8080}]/' "$dir/all.yaml" >"$dir/changed.yaml"
cat >"$dir/bad.yaml" <<EOF
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: bad}
spec: {podSelecter: {}, podSelector: {}}
EOF
cat >"$dir/invalid.yaml" <<EOF
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: bad}
spec: {podSelector: {}, ingress: [{ports: [{port: 70000}]}]}
EOF

# --- what the server says about itself
t "version" says "Server Version: v1\\." kubectl version
t "api-versions" says "^networking.k8s.io/v1$" kubectl api-versions
t "api-resources" says "^networkpolicies *netpol *networking.k8s.io/v1 *true *NetworkPolicy" kubectl api-resources
t "cluster-info" says "is running at" kubectl cluster-info
t "explain a policy" says "podSelector" kubectl explain networkpolicy.spec
t "explain a policy's ports" says "endPort" kubectl explain netpol.spec.ingress.ports
t "explain pods, recursively" says "containerPort" kubectl explain pods --recursive
t "auth can-i" says "^yes" kubectl auth can-i create networkpolicies
t "auth can-i --list" says "^[*][.][*]" kubectl auth can-i --list
t "get --raw" says "^ok" kubectl get --raw /readyz

# --- namespaces and nodes
t "create namespace" says "namespace/$NS created" kubectl create namespace "$NS"
t "create it again" fails 1 "AlreadyExists" kubectl create namespace "$NS"
t "get namespaces" says "^$NS *Active" kubectl get ns
t "get nodes -o wide" says "INTERNAL-IP" kubectl get nodes -o wide
t "describe namespace" says "kubernetes.io/metadata.name=$NS" kubectl describe ns "$NS"
node=$(kubectl get nodes -o name | head -n 1)
t "describe node" says "Ready" kubectl describe "$node"
t "label node" says "labeled" kubectl label "$node" np-test=1
t "unlabel node" says "unlabeled" kubectl label "$node" np-test-

# --- create, get, describe
t "create -f, three kinds" k create -f "$dir/all.yaml"
t "unknown field is refused" fails 1 'unknown field "spec.podSelecter"' k create -f "$dir/bad.yaml"
t "unknown field is a warning" says 'unknown field "spec.podSelecter"' k create -f "$dir/bad.yaml" --validate=warn --dry-run=server
t "invalid value is refused" fails 1 'spec.ingress\[0\].ports\[0\].port' k create -f "$dir/invalid.yaml"
t "missing namespace" fails 1 'namespaces "np-none" not found' kubectl -n np-none create -f "$dir/all.yaml"
t "wait for the pod" says "condition met" k wait --for=condition=Ready pod/web --timeout=60s
t "get pods" says "^web *1/1 *Running" k get pods
t "get pods -o wide" says "NOMINATED NODE" k get pods -o wide
t "get services" says "^web *ClusterIP *[0-9]" k get svc
t "get policies" says "^web *app=web" k get netpol
t "get all" says "^service/web" k get all
t "get --all-namespaces" says "^$NS *web" kubectl get pods -A
t "get -o yaml" says "policyTypes:" k get netpol web -o yaml
t "get -o jsonpath" says "^TCP$" k get netpol web -o 'jsonpath={.spec.ingress[0].ports[0].protocol}{"\n"}'
t "get -o custom-columns" says "^web" k get pods -o custom-columns=N:.metadata.name --no-headers
t "get --show-labels" says "app=web" k get pods --show-labels
t "get --sort-by" says "^web" k get pods --sort-by=.metadata.name
t "get -l set-based" says "pod/web" k get pods -l 'app in (web,x),!nope' -o name
t "get -l that matches nothing" silent "pod/web" k get pods -l app=none -o name
t "get --field-selector" says "pod/web" k get pods --field-selector status.phase=Running,metadata.name=web -o name
t "get --chunk-size" says "^web" k get pods --chunk-size=1
t "get what is not there" fails 1 'pods "none" not found' k get pod none
t "describe pod" says "^Labels: *app=web" k describe pod web
t "describe policy" says "Policy Types: Ingress" k describe netpol web
t "describe service" says "^Selector: *app=web" k describe svc web
t "events" k get events

# --- changes
t "label" says "labeled" k label pod web extra=1
t "label again needs --overwrite" fails 1 "overwrite" k label pod web extra=2
t "annotate" says "annotated" k annotate netpol web note=hello
t "patch, strategic" says "patched" k patch svc web -p '{"spec":{"ports":[{"port":80,"name":"x"}]}}'
t "patch, merge" says "patched" k patch netpol web --type=merge -p '{"spec":{"policyTypes":["Ingress","Egress"]}}'
t "patch, json" says "patched" k patch netpol web --type=json -p '[{"op":"replace","path":"/spec/policyTypes","value":["Ingress"]}]'
t "patch of nothing changed" says "no change" k patch netpol web --type=merge -p '{"spec":{"policyTypes":["Ingress"]}}'
t "an immutable field" fails 1 "pod updates may not change fields" k patch pod web -p '{"spec":{"nodeName":"elsewhere"}}'
t "set image" says "image updated" k set image pod/web c=netpolcheck:2
t "edit" env KUBE_EDITOR="sed -i s/client/customer/" timeout 60 kubectl -n "$NS" edit netpol web
t "edited" says "customer" k get netpol web -o yaml
t "replace" says "networkpolicy.networking.k8s.io/web replaced" k replace -f - <<EOF
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {}}
EOF
t "replaced" silent "ingress:" k get netpol web -o yaml
t "delete -f" says 'pod "web" deleted' k delete -f "$dir/all.yaml" --wait=true
t "deleted" silent "web" k get pods,svc,netpol

# --- apply
t "apply creates" says "networkpolicy.networking.k8s.io/web created" k apply -f "$dir/all.yaml"
t "apply again" says "pod/web unchanged" k apply -f "$dir/all.yaml"
t "service is unchanged too" says "service/web unchanged" k apply -f "$dir/all.yaml"
t "diff shows nothing" k diff -f "$dir/all.yaml"
t "diff shows a change" fails 1 "port: 8080" k diff -f "$dir/changed.yaml"
t "apply a change" says "networkpolicy.networking.k8s.io/web configured" k apply -f "$dir/changed.yaml"
t "applied" says "8080" k get netpol web -o yaml
t "apply --prune=false, dry run" says "server dry run" k apply -f "$dir/all.yaml" --dry-run=server
t "server-side apply takes over" says "serverside-applied" k apply --server-side --force-conflicts -f "$dir/all.yaml"
t "server-side apply again" says "serverside-applied" k apply --server-side -f "$dir/all.yaml"
t "server-side conflict" fails 1 "conflict" k apply --server-side --field-manager=other -f "$dir/changed.yaml"
t "server-side forced" says "serverside-applied" k apply --server-side --field-manager=other --force-conflicts -f "$dir/changed.yaml"
t "managed fields" says "manager: other" k get netpol web -o yaml --show-managed-fields
t "server-side diff" k diff --server-side --field-manager=other --force-conflicts -f "$dir/changed.yaml"

# --- pods: exec, logs, watch
t "wait again" k wait --for=condition=Ready pod/web --timeout=60s
t "wait for jsonpath" k wait --for=jsonpath='{.status.phase}'=Running pod/web --timeout=60s
# shellcheck disable=SC2086 # words are wanted
{
	t "exec" k exec web -- $EXEC_OK
	t "exec, exit status" fails "$EXEC_FAIL_CODE" "" k exec web -- $EXEC_FAIL
	t "exec in a container" k exec web -c c -- $EXEC_OK
}
t "exec in a container that is not there" fails 1 "container none is not valid" k exec web -c none -- x
t "exec in a pod that is not there" fails 1 "not found" k exec none -- x
if [ -n "$EXEC_CAT" ]; then
	head -c 1000000 /dev/urandom >"$dir/bytes"
	copied() { k exec -i web -- "$EXEC_CAT" <"$dir/bytes" >"$dir/copy" && cmp "$dir/copy" "$dir/bytes"; }
	t "exec with a megabyte of stdin" copied
else
	n=$((n + 1))
	echo "ok $n - exec with a megabyte of stdin # SKIP no program here copies its input"
fi
t "logs" k logs web
t "logs --tail" k logs web --tail=1

timeout 60 kubectl -n "$NS" get pods -w --output-watch-events >"$dir/watch" 2>&1 &
watcher=$!
seen() {
	i=0
	while ! grep -q -- "$1" "$dir/watch"; do
		i=$((i + 1))
		[ $i -gt 300 ] && { cat "$dir/watch"; return 1; }
		sleep 0.1
	done
}
t "watch: what is there" seen "^ADDED *web"
t "run" says "pod/second created" k run second --image=netpolcheck:1
t "watch: a new pod" seen "^ADDED *second"
t "delete pod" says 'pod "second" deleted' k delete pod second --now
t "watch: its end" seen "^DELETED *second"
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null

t "wait for a deletion" k wait --for=delete pod/second --timeout=60s
t "expose" says "exposed" k expose pod web --port=99 --name=other
t "create service" says "service/third created" k create service clusterip third --tcp=80:80
t "delete --all" says 'networkpolicy.networking.k8s.io "web" deleted' k delete netpol --all
t "delete by label" says 'pod "web" deleted' k delete pods -l app=web
t "delete what is not there" fails 1 "not found" k delete pod web
t "delete --ignore-not-found" k delete pod web --ignore-not-found

# --- the end of a namespace
t "delete namespace" says "deleted" timeout 60 kubectl delete namespace "$NS"
t "it is gone" fails 1 "not found" kubectl get ns "$NS"

echo "1..$n"
[ "$failed" -eq 0 ]
