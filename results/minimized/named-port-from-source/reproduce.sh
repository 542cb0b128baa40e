#!/bin/sh
# minimized/named-ingress-not-from-source
# a port name in ingress is looked up on the destination, whatever number the source gives it, and if it has none
# Wrong: x/b -> x/a TCP:80, expected allow, seen dropped
#
# Shows it with kubectl alone, in namespaces of its own that it removes afterwards.
# Exit status: 0 the bug shows, 1 it does not, 2 usage, 3 the environment failed,
# 130 interrupted. These may be set: KUBECTL, the command; PREFIX of the namespaces;
# IMAGE with the agent; NODE_A and NODE_B to run pods on; WAIT, seconds in which a change
# must show; PAUSE, seconds between changes.
set -u
[ $# -eq 0 ] || { echo "usage: [KUBECTL=..] [WAIT=..] $0" >&2; exit 2; }
KUBECTL=${KUBECTL:-kubectl}
PREFIX=${PREFIX:-np-repro-$$}
PAUSE=${PAUSE:-2}
case $PREFIX in *[!a-z0-9-]*) echo "PREFIX is made of a-z, 0-9 and -" >&2; exit 2 ;; esac
[ -n "${IMAGE:-}" ] || IMAGE='netpolcheck/agent:latest'
WAIT=${WAIT:-5}
namespaces=
fail() {
	echo "$*" >&2
	exit 3
}
clean() {
	trap '' INT TERM HUP
	# shellcheck disable=SC2086 # a list of names
	[ -z "$namespaces" ] || $KUBECTL delete namespace $namespaces --ignore-not-found \
		--timeout=120s >/dev/null 2>&1
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

# Every container holds the agent, and nothing that it does not need.
any='"image":"'$IMAGE'","imagePullPolicy":"IfNotPresent"'
any=$any',"command":["/netpolcheck-agent"],"securityContext":{'
any=$any'"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,'
agent=$any'"capabilities":{"drop":["ALL"]}}'
# Only root keeps a capability: for ports of a node below 1024, and for SCTP where the
# kernels of the nodes have none.
root=$any'"runAsUser":0,"runAsNonRoot":false,"capabilities":{"drop":["ALL"],'
bind=$root'"add":["NET_BIND_SERVICE"]}}'
raw=$root'"add":["NET_RAW"]}}'
raw_bind=$root'"add":["NET_RAW","NET_BIND_SERVICE"]}}'
pod='"automountServiceAccountToken":false,"enableServiceLinks":false,'
pod=$pod'"terminationGracePeriodSeconds":1,"securityContext":{"runAsNonRoot":true,'
pod=$pod'"runAsUser":65532,"seccompProfile":{"type":"RuntimeDefault"}'
host_pod=$pod'},"hostNetwork":true'
# Ports below 1024 without a capability.
pod=$pod',"sysctls":[{"name":"net.ipv4.ip_unprivileged_port_start","value":"0"}]}'

# What only this script's run knows.
fill() {
	sed -e "s|@PREFIX@|$PREFIX|g; s|@NODE_A@|$NODE_A|g; s|@NODE_B@|$NODE_B|g" \
		-e "s|\"@AGENT@\":true|$agent|g; s|\"@POD@\":true|$pod|g" \
		-e "s|\"@HOST_POD@\":true|$host_pod|g" \
		-e "s|\"@RAW_BIND@\":true|$raw_bind|g" \
		-e "s|\"@BIND@\":true|$bind|g; s|\"@RAW@\":true|$raw|g" "$@"
}
put() {
	verb=$1
	shift
	fill "$@" | $KUBECTL "$verb" -f - >/dev/null || fail "cannot $verb an object"
}
ready() {
	$KUBECTL wait --for=condition=Ready pod --all -n "$1" --timeout=120s >/dev/null ||
		fail "the pods in $1 do not become ready"
}

# node NAME N: that node, or the N-th of a cluster that does not have it
node() {
	$KUBECTL get node "$1" -o name >/dev/null 2>&1 && { echo "$1"; return; }
	$KUBECTL get node -o jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}' |
		sed -n "${2}p"
}

# pick FAMILY ADDRESS...: the first of that family
pick() {
	family=$1
	shift
	for address; do
		case $family$address in
		4*:*) ;;
		4*.* | 6*:*)
			echo "$address"
			return 0
			;;
		esac
	done
	return 1
}
# shellcheck disable=SC2046 # lists of addresses
pod_ip() { pick "$1" $($KUBECTL get pod "$3" -n "$2" -o jsonpath='{.status.podIPs[*].ip}'); }
# shellcheck disable=SC2046
service_ip() { pick "$1" $($KUBECTL get service "$3" -n "$2" -o jsonpath='{.spec.clusterIPs[*]}'); }
# shellcheck disable=SC2046
dns_ip() {
	pick "$1" $($KUBECTL get pod -n kube-system -l k8s-app=kube-dns \
		-o jsonpath='{.items[0].status.podIPs[*].ip}')
}

# Sets status: 0 allowed, 1 denied, 2 answered by somebody else, 3 neither.
probe() {
	answer=$(ask 2>&1 | grep -v '^command terminated with exit code')
	status=3
	case $answer in
	*": denied"*) status=1 ;;
	*": allowed, answered by $who,"*) status=0 ;;
	*": allowed"*) [ -z "$who" ] && status=0 || status=2 ;;
	esac
}
# Nothing can be told from a cell that is not open before there is a policy.
control() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		probe
		[ "$status" -ne 0 ] || return 0
		sleep 1
	done
	fail "not even allowed before there is a policy (try $try): $answer"
}
# watch STATUS: a change takes a while to show; what counts is the answer that stays
watch() {
	begin=$(date +%s)
	same=0
	last=
	try=0
	while [ "$try" -lt "$((WAIT + 60))" ]; do
		try=$((try + 1))
		probe
		[ "$status" = "$last" ] || same=0
		same=$((same + 1))
		last=$status
		if [ "$same" -ge 3 ]; then
			[ "$(($(date +%s) - begin))" -lt "$WAIT" ] || break
			[ "$1$status" != 11 ] || break
		fi
		sleep 1
	done
	echo "$answer"
	[ "$same" -ge 3 ] || fail "the answers keep changing (try $try)"
	[ "$status" -ne 3 ] || fail 'the probe could not be made'
	if [ "$status" -eq "$1" ]; then
		echo 'the bug does not show'
		exit 1
	fi
	echo 'the bug shows'
	exit 0
}

[ -n "${NODE_A:-}" ] || NODE_A=$(node 'n1' '1')
[ -n "${NODE_B:-}" ] || NODE_B=$(node 'n2' '$')
[ -n "$NODE_A" ] && [ -n "$NODE_B" ] || fail 'the cluster cannot be reached, or has no nodes'

# The world, before any policy.
namespaces="$namespaces $PREFIX-"'x'
put create <<'END_OF_OBJECT'
---
apiVersion: v1
kind: Namespace
metadata:
  name: "@PREFIX@-x"
  labels:
    app.kubernetes.io/managed-by: netpolcheck
    pod-security.kubernetes.io/enforce: privileged
END_OF_OBJECT
put create <<'END_OF_OBJECTS'
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"@PREFIX@-x","annotations":{"netpolcheck/node":"a"}},"spec":{"nodeName":"@NODE_A@","containers":[{"name":"main","args":["serve","--identity","x/a","--tcp","80"],"@AGENT@":true,"ports":[{"name":"web","containerPort":80}]}],"@POD@":true}}
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b","namespace":"@PREFIX@-x","annotations":{"netpolcheck/node":"b"}},"spec":{"nodeName":"@NODE_B@","containers":[{"name":"main","args":["serve","--identity","x/b","--tcp","80"],"@AGENT@":true}],"@POD@":true}}
END_OF_OBJECTS
ready "$PREFIX"-'x'

# The wrong cell.
find() {
	ip=$(pod_ip 4 "$PREFIX"-'x' 'a') || fail 'the destination has no address'
}
who='x/a'
ask() {
	$KUBECTL exec -n "$PREFIX"-'x' 'b' -c 'main' -- /netpolcheck-agent connect tcp "$ip" 80 --timeout-ms 1000
}
find
control

# Expectation 1, after: apply NetworkPolicy x/web-port
put create <<'END_OF_OBJECT'
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web-port
  namespace: "@PREFIX@-x"
spec:
  podSelector: {}
  policyTypes:
  - Ingress
  ingress:
  - ports:
    - port: web
END_OF_OBJECT

find
watch 0
