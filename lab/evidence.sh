#!/bin/bash
# evidence.sh: the smallest reproducer of one bug, on the lab that is up: the policy, what was seen, and
# the agent's own rules and sets on the node that is wrong. Usage: LAB=name lab/evidence.sh BUG...
# Exit status: 0 all as the API says, 1 something WRONG, 2 usage.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lab=lab/lab.sh
state=/run/netpolcheck-lab/${LAB:-lab}
# shellcheck disable=SC1091 # written by the lab
cni=$(sed -n 's/^LAB_CNI=//p' "$state/settings" | tr -d "'\"")
pod_cidr=10.244.0.0/16
settle_s=4
wrong=0
wrong_before=0

kubectl()
{
	"$lab" kubectl "$@"
}

# pod NAMESPACE NAME NODE NUMBER-OF-WEB
pod()
{
	kubectl apply -f - >/dev/null <<-EOP
		apiVersion: v1
		kind: Pod
		metadata:
		  name: $2
		  namespace: $1
		  labels: {app: $2}
		spec:
		  nodeName: $3
		  terminationGracePeriodSeconds: 0
		  containers:
		  - name: main
		    image: netpolcheck/agent:latest
		    imagePullPolicy: IfNotPresent
		    args: [serve, --identity, $1/$2, --tcp, "8080,8081,8082"]
		    ports: [{name: web, containerPort: $4}]
	EOP
}

ip_of()
{
	kubectl get pod -n "$1" "$2" -o "jsonpath={.status.podIP}"
}

# ip6_of NAMESPACE POD: empty in a lab without IPv6
ip6_of()
{
	kubectl get pod -n "$1" "$2" -o "jsonpath={.status.podIPs[*].ip}" | tr ' ' '\n' | grep : || true
}

# space NAME LABEL: a namespace. New names every time: what an agent kept of an earlier one is another matter.
space()
{
	kubectl create namespace "$1" >/dev/null
	kubectl label namespace "$1" netpolcheck-evidence=yes "$2" >/dev/null
}

# Two namespaces: x (team=red) with server on node-a and client on node-b; y (team=blue) with server on
# node-b and client on node-a. The port name web is 8080, but 8081 on the server of y.
world_up()
{
	prefix=np-evidence-$(date +%s)
	x=$prefix-x
	y=$prefix-y
	space $x team=red
	space $y team=blue
	pod $x server node-a 8080
	pod $x client node-b 8080
	pod $y server node-b 8081
	pod $y client node-a 8080
	kubectl wait --for=condition=Ready pod --all -n $x --timeout=90s >/dev/null
	kubectl wait --for=condition=Ready pod --all -n $y --timeout=90s >/dev/null
	xs=$(ip_of $x server)
	xc=$(ip_of $x client)
	ys=$(ip_of $y server)
	yc=$(ip_of $y client)
	sleep "$settle_s"
	echo "x/server $xs (node-a), x/client $xc (node-b), y/server $ys (node-b, its web is 8081), y/client $yc (node-a)"
	echo "before any policy:"
	probe $x client "$xs" 8080 allowed
	probe $y client "$xs" 8081 allowed
	probe $x server "$ys" 8080 allowed
}

world_down()
{
	kubectl delete namespace -l netpolcheck-evidence --wait=true >/dev/null 2>&1 || true
}

# probe NAMESPACE POD ADDRESS PORT allowed|denied
probe()
{
	local out seen

	out=$(kubectl exec -n "$1" "$2" -- /netpolcheck-agent connect tcp "$3" "$4" --timeout-ms 1000 2>&1 || true)
	case $out in
	*": allowed"*) seen=allowed ;;
	*": denied"*) seen=denied ;;
	*) seen="? $out" ;;
	esac
	if [ "$seen" = "$5" ]; then
		echo "  ${1#"$prefix"-}/$2 -> $3:$4  $seen"
	else
		echo "  ${1#"$prefix"-}/$2 -> $3:$4  $seen   WRONG, the API says $5"
		wrong=$((wrong + 1))
	fi
}

# policies: standard input is shown and applied; what follows is probed after they settled.
policies()
{
	local text

	text=$(cat)
	echo "applied:"
	printf '%s\n' "$text" | sed 's/^/  /'
	printf '%s\n' "$text" | kubectl apply -f - >/dev/null
	sleep "$settle_s"
}

# policy NAME NAMESPACE PODSELECTOR TYPES, the rest of the spec from standard input
policy()
{
	printf 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: %s, namespace: %s}\n' "$1" "$2"
	printf 'spec:\n  podSelector: %s\n  policyTypes: %s\n' "$3" "$4"
	sed 's/^/  /'
}

# What the agent made of it: rules that name the policy's namespace, the sets they use, and the agent's complaints.
rules_of()
{
	local node=$1 dump sets set

	[ "$wrong" -ne "$wrong_before" ] || return 0
	echo "$cni on $node:"
	case $cni in
	kube-router-nft | calico-nft)
		"$lab" exec "$node" nft list ruleset 2>/dev/null | grep 'np-evidence' | grep -v 'goto KUBE-POD-FW\|jump KUBE-POD-FW' |
			head -n 40 | sed 's/^[[:space:]]*/  /' || true
		return
		;;
	esac
	dump=$({ "$lab" exec "$node" iptables-save; "$lab" exec "$node" ip6tables-save; } 2>/dev/null | grep -E 'np-evidence' || true)
	printf '%s\n' "$dump" | grep -vE -e '-m mark|-j KUBE-POD-FW|^$' | cut -c1-400 | sed 's/^/  /' || true
	sets=$(printf '%s\n' "$dump" | grep -o 'match-set [^ ]*' | cut -d' ' -f2 | sort -u || true)
	for set in $sets; do
		"$lab" exec "$node" ipset list "$set" 2>/dev/null | sed -n '/^Name/p; /^Type/p; /^Members/,$p' | paste -sd' ' | cut -c1-300 | sed 's/^/  /'
	done
	tail -n "+$log_from" "$state/log/$node-agent.log" 2>/dev/null | grep -E '^(ERRO|E[0-9]{4}|.*rror:)' | cut -c1-300 | head -n 8 | sed 's/^/  log: /' || true
}

# ---- the bugs: kube-router ----

bug_egress_opens_ingress()
{
	policy p $x '{}' '[Ingress, Egress]' <<<'egress: [{}]' | policies
	probe $y client "$xs" 8080 denied
	probe $x client "$xs" 8080 denied
	rules_of node-a
}

bug_ingress_opens_egress()
{
	policy p $x '{}' '[Ingress, Egress]' <<<'ingress: [{}]' | policies
	probe $x server "$ys" 8080 denied
	probe $x client "$xs" 8080 denied
	rules_of node-a
}

bug_egress_port_name()
{
	policy p $x '{matchLabels: {app: client}}' '[Egress]' <<<'egress: [{ports: [{port: web}]}]' | policies
	probe $x client "$xs" 8080 allowed
	probe $x client "$xs" 8081 denied
	probe $x client "$ys" 8081 allowed
	probe $x client "$ys" 8080 denied
	rules_of node-b
}

bug_port_name_of_nobody()
{
	policy p $x '{matchLabels: {app: client}}' '[Egress]' <<<'egress: [{to: [{namespaceSelector: {}}], ports: [{port: nowhere}]}]' | policies
	probe $x client "$ys" 8080 denied
	probe $x client "$xs" 8080 denied
	rules_of node-b
}

bug_excepts_of_blocks()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<-EOP | policies
		ingress:
		- from:
		  - ipBlock: {cidr: $pod_cidr, except: [$xc/32]}
		  - ipBlock: {cidr: $pod_cidr, except: [$yc/32]}
	EOP
	probe $x client "$xs" 8080 allowed
	probe $y client "$xs" 8080 allowed
	rules_of node-a
}

# Which of the two policies wins changes from sync to sync, so it is looked at after each of several.
bug_joined_names()
{
	local try

	space ${x}x team=red
	pod ${x}x server node-b 8080
	kubectl wait --for=condition=Ready pod --all -n ${x}x --timeout=90s >/dev/null
	{
		policy xx-p $x '{matchLabels: {app: server}}' '[Ingress]' <<<'ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]'
		echo ---
		policy x-p ${x}x '{matchLabels: {app: server}}' '[Ingress]' <<<'ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]'
	} | policies
	for try in 1 2 3 4 5 6 7 8; do
		echo "label pod y/client try=$try"
		kubectl label pod -n $y client "try=$try" --overwrite >/dev/null
		sleep 1
		probe $x client "$xs" 8080 allowed
		probe $y client "$(ip_of ${x}x server)" 8080 allowed
		[ "$wrong" -eq "$wrong_before" ] || break
	done
	rules_of node-a
	rules_of node-b
}

bug_joined_pod_names()
{
	space ${x}a team=red
	pod ${x}a b node-b 8080
	pod $x ab node-b 8080
	kubectl wait --for=condition=Ready pod --all -n ${x}a --timeout=90s >/dev/null
	kubectl wait --for=condition=Ready pod --all -n $x --timeout=90s >/dev/null
	policy closed ${x}a '{}' '[Ingress, Egress]' </dev/null | policies
	probe $y client "$(ip_of ${x}a b)" 8080 denied
	probe $y client "$(ip_of $x ab)" 8080 allowed
	probe $x ab "$ys" 8080 allowed
	echo "chains of the two pods on node-b:"
	"$lab" exec node-b iptables-save 2>/dev/null | grep -E 'POD name: ?(ab|b) ' | grep -o 'POD name.*' | sort -u | head -n 8 | sed 's/^/  /' || true
}

bug_except_of_everything()
{
	local server

	server=$(ip6_of $x server)
	[ -n "$server" ] || {
		echo "  not in this lab: it has no IPv6 (FAMILY=dual)"
		return 0
	}
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<-EOP | policies
		ingress:
		- from:
		  - ipBlock: {cidr: "::/0", except: ["fc00::/6"]}
	EOP
	probe $x client "$server" 8080 denied
	probe $y client "$server" 8080 denied
	rules_of node-a
}

# ---- the bugs: Weave ----

bug_port_name()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<<'ingress: [{ports: [{port: web}]}]' | policies
	probe $x client "$xs" 8080 allowed
	probe $x client "$xs" 8081 denied
	rules_of node-a
}

bug_port_name_then_number()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<<'ingress: [{ports: [{port: web}]}]' | policies
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<<'ingress: [{ports: [{port: 8081}]}]' | policies
	probe $x client "$xs" 8080 denied
	probe $x client "$xs" 8081 allowed
	rules_of node-a
}

bug_rules_of_other_direction()
{
	{
		policy in $x '{matchLabels: {app: client}}' '[Ingress]' <<<'egress: [{}]'
		echo ---
		policy out $x '{matchLabels: {app: client}}' '[Egress]' <<<''
	} | policies
	probe $x client "$xs" 8080 denied
	rules_of node-b
}

bug_policy_types_updated()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress, Egress]' <<<'' | policies
	probe $x client "$xs" 8080 denied
	probe $x server "$xc" 8080 denied
	policy p $x '{matchLabels: {app: server}}' '[Egress]' <<<'' | policies
	probe $x client "$xs" 8080 allowed
	probe $x server "$xc" 8080 denied
	rules_of node-a
}

bug_namespace_labels_combined()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<-EOP | policies
		ingress:
		- from:
		  - namespaceSelector: {matchLabels: {team: blue}}
		    podSelector: {matchLabels: {app: client}}
	EOP
	probe $y client "$xs" 8080 allowed
	probe $x client "$xs" 8080 denied
	echo "label namespace x team=blue, y team-"
	kubectl label namespace $x team=blue --overwrite >/dev/null
	kubectl label namespace $y team- >/dev/null
	sleep "$settle_s"
	probe $y client "$xs" 8080 denied
	probe $x client "$xs" 8080 allowed
	rules_of node-a
}

bug_end_port()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<<'ingress: [{ports: [{port: 8080, endPort: 8081}]}]' | policies
	probe $x client "$xs" 8080 allowed
	probe $x client "$xs" 8081 allowed
	probe $x client "$xs" 8082 denied
	rules_of node-a
}

bug_selectors_print_alike()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<-EOP | policies
		ingress:
		- from:
		  - {namespaceSelector: {}, podSelector: {matchLabels: {team: blue}}}
		  - {namespaceSelector: {matchLabels: {team: blue}}, podSelector: {}}
	EOP
	probe $y client "$xs" 8080 allowed
	probe $x client "$xs" 8080 denied
	rules_of node-a
}

bug_selectors_share_a_set()
{
	{
		policy one $x '{matchLabels: {app: client}}' '[Ingress]' <<<'ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]'
		echo ---
		policy two $x '{matchLabels: {app: client}}' '[Ingress]' <<<'ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {}}]}]'
		echo ---
		policy three $x '{matchLabels: {app: server}}' '[Ingress]' <<<'ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {}}]}]'
	} | policies
	probe $y client "$xc" 8080 allowed
	probe $y client "$xs" 8080 allowed
	rules_of node-a
}

bug_block_of_other_family()
{
	policy p $x '{matchLabels: {app: server}}' '[Ingress]' <<-EOP | policies
		ingress:
		- from:
		  - ipBlock: {cidr: "2001:db8::/32"}
		  - podSelector: {matchLabels: {app: client}}
		  - namespaceSelector: {matchLabels: {team: blue}}
	EOP
	probe $x client "$xs" 8080 allowed
	probe $y client "$xs" 8080 allowed
	rules_of node-a
	echo "the policy is deleted"
	kubectl delete networkpolicy -n $x p >/dev/null
	sleep "$settle_s"
	probe $x client "$xs" 8080 allowed
}

bugs()
{
	declare -F | sed -n 's/^declare -f bug_//p' | tr _ -
}

if [ $# -eq 0 ]; then
	printf 'usage: LAB=name lab/evidence.sh BUG...\nbugs:\n' >&2
	bugs | sed 's/^/  /' >&2
	exit 2
fi
trap world_down EXIT
for bug; do
	declare -F "bug_${bug//-/_}" >/dev/null || {
		echo "evidence.sh: no bug '$bug'; one of: $(bugs | paste -sd' ')" >&2
		exit 2
	}
	world_down
	wrong_before=$wrong
	log_from=$(($(wc -l <"$state/log/node-a-agent.log") + 1))
	echo "# $bug on $cni"
	world_up
	"bug_${bug//-/_}"
done
[ "$wrong" -eq 0 ]
