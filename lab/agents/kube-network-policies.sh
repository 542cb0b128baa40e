# shellcheck shell=bash disable=SC2034
# kube-network-policies.sh - sigs.k8s.io/kube-network-policies: packets judged in user space, behind the nftables expression "queue".
#
# A kernel without CONFIG_NFT_QUEUE refuses its table. The agent then says so in its log, stays alive and leaves everything open: the cluster looks
# well and enforces nothing. The lab brings it up all the same, for that is what it is good for there.

agent_modules=kube-network-policies

# The folder of its main package is called "standard", so the program is too.
knp_program=standard

agent_cluster_setup()
{
	kubectl apply -f "$LAB_SRC/agents/kube-network-policies/rbac.yaml" >/dev/null
	mkdir -p "$LAB_STATE/agent"
	kubeconfig_token kube-network-policies kube-system kube-network-policies >"$LAB_STATE/agent/kubeconfig"
}

agent_start()
{
	node_spawn "$1" agent "$knp_program" --kubeconfig "$(cat "$LAB_STATE/agent/kubeconfig")" \
		--hostname-override "$1" --disable-nri --nfqueue-id 98 --metrics-bind-address 127.0.0.1:9080 --v 2
}

agent_ready()
{
	node_alive "$1" agent && grep -q 'Policy engine is ready' "$LAB_STATE/log/$1-agent.log"
}
