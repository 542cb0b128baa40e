# shellcheck shell=bash
# boot.sh - from empty namespaces to a cluster that is ready. Runs inside the lab.

boot_nodes_prepare()
{
	local node

	images_make
	for node in $LAB_NODES; do
		node_prepare "$node" &
	done
	pki_others
	wait_all
}

boot_objects()
{
	local node

	{
		addon_rights
		addon_dns
		for node in $LAB_NODES; do
			node_object "$node"
		done
	} | kubectl apply -f - >/dev/null
}

boot_ready()
{
	local node

	for node in $LAB_NODES; do
		wait_for "$LAB_PATIENCE" "node $node" node_ready "$node"
	done
	for node in $LAB_NODES; do
		node_wait_agent "$node"
	done
	wait_for "$LAB_PATIENCE" "the default ServiceAccount" api /api/v1/namespaces/default/serviceaccounts/default
	wait_for "$LAB_PATIENCE" "cluster DNS" dns_ready
}

# boot PORT: all of it; PORT is where the machine's shell will find the API server.
boot()
{
	local node prepared

	mkdir -p "$LAB_STATE/log" "$LAB_STATE/agent"
	network_control
	control_start
	(
		boot_nodes_prepare
	) &
	prepared=$!
	(
		addon_external
	) &
	control_wait_api
	lab_say "the API server is ready"
	boot_objects
	agent_cluster_setup
	wait "$prepared"
	start_controllers
	for node in $LAB_NODES; do
		node_join "$node" &
	done
	pki_users "$1"
	wait_all
	lab_say "waiting for the nodes"
	boot_ready
}
