# shellcheck shell=bash disable=SC2034
# weave.sh - Weave Net's policy controller, weave-npc, on a plain bridge with Weave's name.
#
# The pods' network is not Weave's: same-node traffic crosses the bridge as it does there, what comes from other nodes is routed. weave-npc needs
# of Weave itself only the rules that steer the bridge's traffic into its chains; those are its own (net/bridge.go), in its order.
#
# On a busy machine its pod watcher can panic and hang while the process lives (npc/namespace.go, a pod's event after its namespace's end); new pods are then
# denied everything. Nothing restarts it here, as nothing would in a cluster. A run is worth nothing if the agents' logs say "Observed a panic".

agent_modules=weave
agent_packages="ipset"

weave_bridge=weave

agent_check()
{
	[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ||
		lab_unavailable "weave needs br_netfilter in the kernel (modprobe br_netfilter)"
}

agent_cni_conf()
{
	cni_bridge "$1" "$weave_bridge"
}

agent_cluster_setup()
{
	local path

	kubectl apply -f "$LAB_SRC/agents/weave/rbac.yaml" >/dev/null
	path=$(kubeconfig_token weave-net kube-system weave-net)
	mkdir -p "$LAB_STATE/agent"
	cp "$path.token" "$LAB_STATE/agent/token"
}

agent_node_setup()
{
	node_exec "$1" sh -c 'echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables'
}

# The rules of FORWARD, first to last.
weave_forward()
{
	local b=$weave_bridge

	echo "-i $b -j WEAVE-NPC-EGRESS"
	echo "-o $b -j WEAVE-NPC"
	echo "-o $b -m state --state NEW -j NFLOG --nflog-group 86"
	echo "-o $b -j DROP"
	echo "-i $b ! -o $b -j ACCEPT"
	echo "-o $b -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
}

# They have to come before kube-proxy's, which accept established and marked traffic and are put on top when it starts.
weave_steered()
{
	local rules

	rules=$(node_exec "$1" iptables -w -S FORWARD)
	[[ $rules == *KUBE-FORWARD* ]] || return 1
	sed -n 2p <<<"$rules" | grep -q -- "-i $weave_bridge -j WEAVE-NPC-EGRESS" || weave_steer "$1"
}

weave_steer()
{
	local chain

	for chain in WEAVE-NPC WEAVE-NPC-EGRESS; do
		node_exec "$1" iptables -w -N "$chain" 2>/dev/null || true
	done
	node_exec "$1" iptables -w -C INPUT -i "$weave_bridge" -j WEAVE-NPC-EGRESS 2>/dev/null ||
		node_exec "$1" iptables -w -A INPUT -i "$weave_bridge" -j WEAVE-NPC-EGRESS
	# shellcheck disable=SC2016
	weave_forward | tac | node_exec "$1" sh -c 'while read -r rule; do
		iptables -w -D FORWARD $rule 2>/dev/null
		iptables -w -I FORWARD $rule || exit
	done'
}

agent_start()
{
	local secrets=/var/run/secrets/kubernetes.io/serviceaccount host=${LAB_API#https://}

	weave_steer "$1"
	node_write "$1" "$secrets/token" <"$LAB_STATE/agent/token"
	node_write "$1" "$secrets/ca.crt" <"$LAB_CA"
	node_spawn "$1" agent unshare --mount \
		env "KUBERNETES_SERVICE_HOST=${host%:*}" "KUBERNETES_SERVICE_PORT=${host##*:}" \
		"$LAB_SRC/agents/weave/start" --node-name "$1" --metrics-addr 127.0.0.1:6781
}

# It has seen the namespaces, and its chains are reached.
agent_ready()
{
	weave_steered "$1" && node_alive "$1" agent &&
		node_exec "$1" iptables -w -S WEAVE-NPC-DEFAULT | grep -q 'namespace: kube-system'
}
