# shellcheck shell=bash
# network.sh - the wires: the control plane's namespace has a bridge, lab0, that nodes and external host are plugged into.
#
#                 lab0 198.18.0.1 (control plane)
#          ________________|_________________
#         |                |                 |
#      node-a .11       node-b .12      external .100
#      10.244.1.0/24    10.244.2.0/24   203.0.113.10 .11 .70, 198.51.100.9
#
# All is routed, nothing translates source addresses, and packets to addresses that nobody has vanish in the control
# plane's namespace, which does not forward.

network_control()
{
	ip netns attach control $$ # by which the forwarder finds it
	{
		echo "link add lab0 type bridge"
		echo "link set lab0 up"
		echo "addr add $LAB_SWITCH/24 dev lab0"
	} | ip -batch -
	if dual; then
		ip addr add "$LAB_SWITCH6/64" dev lab0 nodad
	fi
	network_pod_routes "" | ip -batch -
}

# Routes to the pods of every node but $1.
network_pod_routes()
{
	local node

	for node in $LAB_NODES; do
		[ "$node" != "$1" ] || continue
		echo "route replace $(node_pod_cidr "$node") via $(node_ip "$node")"
		! dual || echo "route replace $(node_pod_cidr6 "$node") via $(node_ip6 "$node")"
	done
}

network_external_routes()
{
	echo "route replace 203.0.113.0/24 via $LAB_EXT"
	echo "route replace 198.51.100.0/24 via $LAB_EXT"
	! dual || echo "route replace 2001:db8::/96 via $LAB_EXT6"
}

network_default_routes()
{
	echo "route replace default via $LAB_SWITCH"
	! dual || echo "route replace default via $LAB_SWITCH6"
}

# network_wire NAME PID IP IP6: plugs the network namespace of PID into the bridge, as its eth0.
network_wire()
{
	ip link add "$1" type veth peer name eth0 netns "$2"
	ip link set "$1" master lab0 up
	{
		echo "link set lo up"
		echo "link set eth0 up"
		echo "addr add $3/24 dev eth0"
	} | network_batch "$2"
	if dual; then
		network_batch "$2" <<<"addr add $4/64 dev eth0 nodad"
	fi
}

# Commands of ip(8) on standard input, in the network namespace of PID.
network_batch()
{
	nsenter --net="/proc/$1/ns/net" ip -batch -
}

network_node()
{
	local pid

	pid=$(cat "$(node_dir "$1")/init")
	network_wire "$1" "$pid" "$(node_ip "$1")" "$(node_ip6 "$1")"
	{
		network_pod_routes "$1"
		network_external_routes
		network_default_routes
	} | network_batch "$pid"
}

network_external()
{
	local ip

	network_wire external "$1" "$LAB_EXT" "$LAB_EXT6"
	{
		for ip in $LAB_EXTERNALS; do
			echo "addr add $ip/32 dev lo"
		done
		for ip in $LAB_EXTERNALS6; do
			! dual || echo "addr add $ip/128 dev lo"
		done
		network_pod_routes ""
		network_default_routes
	} | network_batch "$1"
}
