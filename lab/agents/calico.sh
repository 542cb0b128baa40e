# shellcheck shell=bash disable=SC2034,SC2153
# calico.sh - Calico's policy agent, Felix, on veth pairs with Calico's names.
#
# The pods' network is not Calico's (no IPAM, no BGP, no overlay): pods hang on ptp links and nodes route to each other. Felix finds a pod by the name
# of the host's end of its link, which calico/cni-link gives it, and by the addresses in the pod's status.
#
# CNI=calico programs iptables and ipsets, CNI=calico-nft nftables.

agent_modes=nft
agent_families="ipv4 dual"
agent_modules=calico
agent_packages=ipset

[ "$LAB_MODE" != nft ] || agent_kube_proxy_mode=nftables

calico_crds=$LAB_CACHE/calico-crds

# The definitions of the very version that is built.
calico_copy_crds()
{
	local dir

	cd "$LAB_SRC/modules/calico" &&
		go_env go mod download github.com/projectcalico/calico &&
		dir=$(go_env go list -m -f '{{.Dir}}' github.com/projectcalico/calico) &&
		rm -rf "$calico_crds" && mkdir -p "$calico_crds" &&
		cp --no-preserve=mode "$dir"/libcalico-go/config/crd/*.yaml "$calico_crds/"
}

agent_build()
{
	build_cached calico-crds "$(sha256sum <"$LAB_SRC/modules/calico/go.sum")" calico_copy_crds
}

calico_pool()
{
	cat <<-EOT
		apiVersion: crd.projectcalico.org/v1
		kind: IPPool
		metadata: {name: $1}
		spec: {cidr: "$2", ipipMode: Never, vxlanMode: Never, natOutgoing: false}
		---
	EOT
}

agent_cluster_setup()
{
	{
		kubectl apply --server-side -f "$calico_crds"
		kubectl wait --for condition=Established --timeout=60s -f "$calico_crds" 2>&1
		kubectl apply -f "$LAB_SRC/agents/calico/cluster.yaml"
		calico_pool pods "$LAB_POD_CIDR" | kubectl apply -f -
		! dual || calico_pool pods6 "$LAB_POD_CIDR6" | kubectl apply -f -
		kubeconfig_for calico calico-node
	} >>"$LAB_STATE/log/calico-cluster.log"
}

agent_cni_conf()
{
	cni_ptp "$1" | sed 's/"type": *"ptp"/"type": "cni-link"/'
}

agent_cni_plugins()
{
	cp "$LAB_SRC/agents/calico/cni-link" "$(node_dir "$1")/cni-bin/"
}

calico_backend()
{
	if node_exec "$1" iptables --version | grep -q nf_tables; then
		echo NFT
	else
		echo Legacy
	fi
}

# Felix's settings; those that have one value for every node.
calico_settings()
{
	echo "DATASTORE_TYPE=kubernetes"
	echo "USE_POD_CIDR=true"
	echo "CALICO_NETWORKING_BACKEND=none"
	echo "FELIX_DEFAULTENDPOINTTOHOSTACTION=ACCEPT"
	echo "FELIX_NFTABLESMODE=$(if [ "$LAB_MODE" = nft ]; then echo Enabled; else echo Disabled; fi)"
	echo "FELIX_IPV6SUPPORT=$(if dual; then echo true; else echo false; fi)"
	echo "FELIX_HEALTHENABLED=true"
	echo "FELIX_HEALTHHOST=127.0.0.1"
	echo "FELIX_USAGEREPORTINGENABLED=false"
	echo "FELIX_LOGFILEPATH=none"
	echo "FELIX_LOGSEVERITYSYS=none"
	echo "FELIX_LOGSEVERITYSCREEN=${CALICO_LOG:-INFO}"
	echo "FELIX_BPFENABLED=false"
	echo "FELIX_XDPENABLED=false"
	echo "FELIX_IPINIPENABLED=false"
	echo "FELIX_VXLANENABLED=false"
	echo "FELIX_WIREGUARDENABLED=false"
	# Its clean-up after a BPF data plane that never ran here would mount a file system for all.
	echo "FELIX_DebugSkipCTLBCleanup=true"
}

agent_start()
{
	local settings

	mapfile -t settings < <(calico_settings)
	node_spawn "$1" agent env "${settings[@]}" "KUBECONFIG=$(kubeconfig_for calico calico-node)" \
		"FELIX_FELIXHOSTNAME=$1" "FELIX_IPTABLESBACKEND=$(calico_backend "$1")" \
		unshare --mount "$LAB_SRC/agents/calico/start" "$LAB_BIN/calico-felix"
}

agent_ready()
{
	node_alive "$1" agent && node_exec "$1" curl -sf -o /dev/null http://127.0.0.1:9099/readiness
}
