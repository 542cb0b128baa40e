# shellcheck shell=bash disable=SC2034
# kube-router, its firewall alone: iptables and ipset. Pods are routed; in the mode bridge they share a bridge, as with
# kube-router's own network. The mode nft is its experimental nftables one, where the pinned version has it.
agent_modes="nft bridge"
agent_families="ipv4 dual"
agent_modules=kube-router
agent_packages="ipset conntrack"

agent_check()
{
	case $LAB_MODE in
	nft)
		"$LAB_BIN/kube-router" --help 2>&1 | grep -q -e --use-nftables-for-netpol ||
			lab_unavailable "the pinned kube-router has no nftables mode"
		;;
	bridge)
		[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ||
			lab_unavailable "filtering on a bridge needs br_netfilter in the kernel (modprobe br_netfilter)"
		;;
	esac
}

agent_cni_conf()
{
	if [ "$LAB_MODE" = bridge ]; then
		cni_bridge "$1" kube-bridge
	else
		cni_ptp "$1"
	fi
}

agent_node_setup()
{
	[ "$LAB_MODE" = bridge ] || return 0
	# shellcheck disable=SC2016 # expanded by the shell started
	node_exec "$1" sh -c 'for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do echo 1 >"$f"; done'
}

agent_cluster_setup()
{
	kubectl apply -f - >/dev/null <<-EOF2
		apiVersion: rbac.authorization.k8s.io/v1
		kind: ClusterRole
		metadata: {name: kube-router}
		rules:
		- {apiGroups: [""], resources: [namespaces, pods, services, nodes, endpoints], verbs: [list, get, watch]}
		- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [list, get, watch]}
		- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, get, watch]}
		---
		apiVersion: rbac.authorization.k8s.io/v1
		kind: ClusterRoleBinding
		metadata: {name: kube-router}
		roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kube-router}
		subjects:
		- {apiGroup: rbac.authorization.k8s.io, kind: User, name: kube-router}
	EOF2
}

agent_start()
{
	local options=()

	[ "$LAB_MODE" != nft ] || options+=(--use-nftables-for-netpol=true)
	node_spawn "$1" agent kube-router --kubeconfig="$(kubeconfig_for kube-router kube-router)" --hostname-override="$1" \
		--run-firewall=true --run-router=false --run-service-proxy=false --run-loadbalancer=false --enable-cni=false \
		--metrics-port=0 --health-port=20244 --service-cluster-ip-range="$LAB_SERVICE_CIDR" \
		${LAB_SERVICE_CIDR6:+--service-cluster-ip-range="$LAB_SERVICE_CIDR6" --enable-ipv6=true} \
		"${options[@]}"
}

agent_ready()
{
	node_exec "$1" curl -sf --max-time 2 http://127.0.0.1:20244/healthz &&
		node_exec "$1" sh -c 'iptables-save; nft list ruleset' | grep KUBE-ROUTER-FORWARD >/dev/null
}
