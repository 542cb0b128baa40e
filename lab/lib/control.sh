# shellcheck shell=bash
# control.sh - the control plane's processes. Runs inside the lab.

# ctl_spawn NAME CMD...: a daemon of the control plane.
ctl_spawn()
{
	local name=$1

	shift
	# shellcheck disable=SC2016 # expanded by the shell started
	setsid -f sh -c 'echo $$ >"$0"; echo 0 >"$1"; shift; exec "$@"' "$LAB_STATE/control/$name.pid" \
		"$(cgroup_joint control)" "$@" >>"$LAB_STATE/log/$name.log" 2>&1 </dev/null
}

ctl_stop()
{
	local pid

	pid=$(cat "$LAB_STATE/control/$1.pid")
	kill -KILL "$pid"
	wait_for 10 "the end of $1" eval "! kill -0 $pid"
}

# All children that were started with &, failing if one failed.
wait_all()
{
	local job

	for job in $(jobs -p); do
		wait "$job"
	done
}

# api PATH: what the API server answers, as administrator.
api()
{
	curl -sSf --max-time 10 --cacert "$LAB_CA" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$LAB_API$1"
}

kubectl()
{
	KUBECONFIG=$PKI/inside.conf "$LAB_BIN/kubectl" "$@"
}

start_etcd()
{
	ctl_spawn etcd etcd --data-dir "$LAB_STATE/data/etcd" --log-level warn \
		--listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
		--listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
		--initial-cluster default=http://127.0.0.1:2380 --auto-compaction-retention 5m
}

start_apiserver()
{
	local any=0.0.0.0

	! dual || any=::
	ctl_spawn apiserver "$LAB_BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 \
		--bind-address=$any --advertise-address="$LAB_SWITCH" --service-cluster-ip-range="$LAB_SERVICE_CIDRS" \
		--tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
		--client-ca-file="$LAB_CA" --token-auth-file="$PKI/tokens.csv" \
		--kubelet-client-certificate="$PKI/apiserver-kubelet.crt" --kubelet-client-key="$PKI/apiserver-kubelet.key" \
		--kubelet-certificate-authority="$LAB_CA" --kubelet-preferred-address-types=InternalIP \
		--service-account-issuer=https://kubernetes.default.svc.cluster.local \
		--service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
		--authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
		--profiling=false
}

start_controllers()
{
	ctl_spawn controller-manager "$LAB_BIN/kube-controller-manager" --kubeconfig="$PKI/controller-manager.conf" \
		--leader-elect=false --allocate-node-cidrs=false --use-service-account-credentials=true \
		--service-account-private-key-file="$PKI/sa.key" --root-ca-file="$LAB_CA" --profiling=false \
		--flex-volume-plugin-dir="$LAB_STATE/data/volume-plugins"
	ctl_spawn scheduler "$LAB_BIN/kube-scheduler" --kubeconfig="$PKI/scheduler.conf" --leader-elect=false \
		--profiling=false
}

api_ready()
{
	api /readyz
}

api_dead()
{
	[ -s "$LAB_STATE/control/apiserver.pid" ] && ! kill -0 "$(cat "$LAB_STATE/control/apiserver.pid")"
}

control_wait_api()
{
	wait_for_daemon "the API server" "$LAB_STATE/log/apiserver.log" api_dead api_ready
}

control_start()
{
	mkdir -p "$LAB_STATE/control"
	cgroup_make control
	echo 0 >"$(cgroup_joint control)" # this shell and all that it starts
	start_etcd
	pki_ca
	pki_control_plane
	start_apiserver
	kubeconfig_cert "$PKI/inside.conf" "$LAB_API" "$PKI/admin"
}

# The API server anew, as after a crash.
control_restart_api()
{
	ctl_stop apiserver
	start_apiserver
	control_wait_api
}
