# shellcheck shell=bash disable=SC2154 # variables of the agent: agent.sh
# node.sh - nodes: their namespaces, containerd, kubelet, kube-proxy. Runs inside the lab.

# Enters all of a node's namespaces.
node_enter()
{
	local init

	init=$(cat "$(node_dir "$1")/init" 2>/dev/null) || lab_fail "node $1 is not up"
	shift
	nsenter -t "$init" -m -u -i -p -n env PATH="$LAB_BIN:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$@"
}

node_exec()
{
	node_enter "$@"
}

node_spawn()
{
	local node=$1 name=$2

	shift 2
	# shellcheck disable=SC2016 # expanded by the shell started
	node_enter "$node" setsid -f sh -c 'echo $$ >"$0"; echo 0 >"$1"; shift; exec "$@"' "/run/lab/$name.pid" \
		"$(cgroup_joint "$node")" "$@" >>"$LAB_STATE/log/$node-$name.log" 2>&1 </dev/null
}

node_alive()
{
	# shellcheck disable=SC2016
	node_enter "$1" sh -c 'p=$(cat "$0" 2>/dev/null) && kill -0 "$p" 2>/dev/null' "/run/lab/$2.pid"
}

# Whether it was started and has ended.
node_agent_dead()
{
	node_enter "$1" test -s /run/lab/agent.pid && node_gone "$1" agent
}

node_wait_agent()
{
	wait_for_daemon "the agent on $1" "$LAB_STATE/log/$1-agent.log" node_agent_dead agent_ready "$1"
}

node_gone()
{
	! node_alive "$@"
}

node_stop()
{
	local until=$((SECONDS + 5))

	node_alive "$@" || return 0
	# shellcheck disable=SC2016
	node_enter "$1" sh -c 'kill -TERM "$(cat "$0")"' "/run/lab/$2.pid" || true
	while node_alive "$@" && [ "$SECONDS" -lt "$until" ]; do
		sleep 0.05
	done
	# shellcheck disable=SC2016
	! node_alive "$@" || node_enter "$1" sh -c 'kill -KILL "$(cat "$0")"' "/run/lab/$2.pid"
	wait_for 10 "the end of $2 on $1" node_gone "$@"
}

node_write()
{
	# shellcheck disable=SC2016
	node_enter "$1" sh -c 'mkdir -p "$(dirname "$0")" && cat >"$0"' "$2"
}

# The plugin's part of a configuration list: addresses from the node's pod CIDRs.
cni_ipam()
{
	local ranges routes='{"dst": "0.0.0.0/0"}'

	ranges="[{\"subnet\": \"$(node_pod_cidr "$1")\"}]"
	if dual; then
		ranges+=", [{\"subnet\": \"$(node_pod_cidr6 "$1")\"}]"
		routes+=', {"dst": "::/0"}'
	fi
	echo "\"ipam\": {\"type\": \"host-local\", \"dataDir\": \"/run/cni/networks\", \"ranges\": [$ranges], \"routes\": [$routes]}"
}

# Every pod has a wire to the node and is routed there.
cni_ptp()
{
	echo "{\"cniVersion\": \"0.4.0\", \"name\": \"lab\", \"plugins\": [{\"type\": \"ptp\", \"ipMasq\": false, $(cni_ipam "$1")}]}"
}

# Pods of a node share a bridge, and packets between them pass the node's filters only with br_netfilter.
cni_bridge()
{
	echo "{\"cniVersion\": \"0.4.0\", \"name\": \"lab\", \"plugins\": [{\"type\": \"bridge\", \"bridge\": \"$2\"," \
		"\"isGateway\": true, \"ipMasq\": false, \"hairpinMode\": true, $(cni_ipam "$1")}]}"
}

node_cni()
{
	local dir

	dir=$(node_dir "$1")
	mkdir -p "$dir/cni-bin"
	ln -sf "$(cni_plugins)"/* "$dir/cni-bin/"
	agent_cni_plugins "$1"
	agent_cni_conf "$1" | node_write "$1" /etc/cni/net.d/10-lab.conflist
}

# Without CAP_SYS_RESOURCE runc cannot lower the score of pods.
node_oom_restricted()
{
	local caps

	caps=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
	if ((0x$caps & 1 << 24)); then
		echo false
	else
		echo true
	fi
}

node_containerd_config()
{
	cat <<-EOF
		version = 2
		root = "$LAB_STATE/data/$1/containerd"
		state = "/run/containerd"
		[grpc]
		  address = "/run/containerd/containerd.sock"
		[debug]
		  level = "warn"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "$LAB_PAUSE_IMAGE"
		  restrict_oom_score_adj = $(node_oom_restricted)
		[plugins."io.containerd.grpc.v1.cri".cni]
		  bin_dir = "$(node_dir "$1")/cni-bin"
		  conf_dir = "/etc/cni/net.d"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		  runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		  SystemdCgroup = false
	EOF
}

node_kubelet_config()
{
	cat <<-EOF
		apiVersion: kubelet.config.k8s.io/v1beta1
		kind: KubeletConfiguration
		authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $LAB_CA}}
		authorization: {mode: Webhook}
		tlsCertFile: $PKI/$1-serving.crt
		tlsPrivateKeyFile: $PKI/$1-serving.key
		containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
		cgroupDriver: cgroupfs
		cgroupRoot: /$(cgroup_of "$1")
		failCgroupV1: false
		enforceNodeAllocatable: []
		localStorageCapacityIsolation: false
		failSwapOn: false
		makeIPTablesUtilChains: false
		healthzPort: 0
		readOnlyPort: 0
		evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}
		imageGCHighThresholdPercent: 100
		resolvConf: ""
		clusterDomain: cluster.local
		clusterDNS: [$LAB_DNS_IP]
		maxPods: 240
		volumePluginDir: $LAB_STATE/data/$1/volume-plugins
		logging: {verbosity: 1}
	EOF
}

# Namespaces, wires, containerd with the images. Needs no API server.
node_prepare()
{
	local dir

	dir=$(node_dir "$1")
	mkdir -p "$dir"
	rm -f "$dir/init"
	cgroup_make "$1"
	setsid -f unshare -m -u -i -p -n -f --kill-child "$LAB_SRC/lib/node-init" "$LAB_SRC" "$1" \
		>>"$LAB_STATE/log/$1.log" 2>&1 </dev/null
	wait_for "$LAB_PATIENCE" "node $1" test -s "$dir/init"
	network_node "$1"
	node_cni "$1"
	node_containerd_config "$1" >"$dir/containerd.toml"
	node_kubelet_config "$1" >"$dir/kubelet.yaml"
	node_spawn "$1" containerd containerd --config "$dir/containerd.toml"
	wait_for "$LAB_PATIENCE" "containerd on $1" node_enter "$1" ctr version
	images_import "$1"
}

node_start_kube_proxy()
{
	[ "$agent_kube_proxy_mode" != none ] || return 0
	node_spawn "$1" kube-proxy kube-proxy --kubeconfig="$PKI/kube-proxy.conf" --hostname-override="$1" \
		--proxy-mode="$agent_kube_proxy_mode" --cluster-cidr="$LAB_POD_CIDRS" --conntrack-max-per-core=0 \
		--conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
}

# Everything that needs the API server and the node's object.
node_join()
{
	local dir ips

	dir=$(node_dir "$1")
	ips=$(node_ip "$1")
	! dual || ips+=,$(node_ip6 "$1")
	agent_node_setup "$1"
	node_spawn "$1" kubelet kubelet --config="$dir/kubelet.yaml" --kubeconfig="$PKI/$1.conf" --node-ip="$ips" \
		--hostname-override="$1" --root-dir="$LAB_STATE/data/$1/kubelet"
	node_start_kube_proxy "$1"
	wait_for "$LAB_PATIENCE" "the address of $1" node_registered "$1" # agents look for it once, when they start
	agent_start "$1"
}

node_registered()
{
	api "/api/v1/nodes/$1" | jq -e '.status.addresses[]? | select(.type == "InternalIP")'
}

# The node's object, made before its kubelet so that the pod CIDR is the lab's choice.
node_object()
{
	local cidrs

	cidrs=\"$(node_pod_cidr "$1")\"
	! dual || cidrs+=", \"$(node_pod_cidr6 "$1")\""
	cat <<-EOF
		---
		apiVersion: v1
		kind: Node
		metadata: {name: $1, labels: {kubernetes.io/hostname: $1, kubernetes.io/os: linux}}
		spec: {podCIDR: $(node_pod_cidr "$1"), podCIDRs: [$cidrs]}
	EOF
}

node_ready()
{
	api "/api/v1/nodes/$1" | jq -e '.status.conditions[]? | select(.type == "Ready" and .status == "True")'
}

# As pulling the plug: all of the node's processes, mounts and wires are gone at once.
node_crash()
{
	local pid

	node_number "$1" >/dev/null
	pid=$(cat "$(node_dir "$1")/init" 2>/dev/null) || lab_fail "node $1 is not up"
	kill -KILL "$pid"
	rm -f "$(node_dir "$1")/init"
	wait_for "$LAB_PATIENCE" "the end of $1" eval "! kill -0 $pid"
}

node_start_again()
{
	node_number "$1" >/dev/null
	[ ! -s "$(node_dir "$1")/init" ] || lab_fail "node $1 is up already"
	# As a new machine of the old name: with dozens of dead containers on its disk containerd 1.6 does not get ready.
	rm -rf "$LAB_STATE/data/$1/containerd" "$LAB_STATE/data/$1/kubelet"
	node_prepare "$1"
	node_join "$1"
	wait_for "$LAB_PATIENCE" "node $1" node_ready "$1"
	node_wait_agent "$1"
}
