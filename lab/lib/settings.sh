# shellcheck shell=bash disable=SC2034
# settings.sh - the lab's names, addresses and folders. LAB_SRC is set by whoever sources this.

LAB=${LAB:-lab}
LAB_CNI=${CNI:-kube-router}
LAB_FAMILY=${FAMILY:-ipv4}
LAB_COUNT=${NODES:-2}

LAB_CACHE=${NETPOLCHECK_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/netpolcheck/lab}
LAB_BIN=$LAB_CACHE/bin
# Seconds until something that does not come is given up; much on a busy machine.
LAB_PATIENCE=${LAB_PATIENCE:-180}
LAB_STATES=/run/netpolcheck-lab
LAB_STATE=$LAB_STATES/$LAB
LAB_CA=$LAB_STATE/pki/ca.crt
LAB_ROOT=$(dirname "$LAB_SRC")
case ${BUILD:-build} in
/*) LAB_BUILD=$BUILD ;;
*) LAB_BUILD=$LAB_ROOT/${BUILD:-build} ;;
esac

LAB_SWITCH=198.18.0.1
LAB_SWITCH6=fd00:198:18::1
LAB_API=https://$LAB_SWITCH:6443
LAB_DNS_IP=10.96.0.10
LAB_EXT=198.18.0.100
LAB_EXT6=fd00:198:18::100
# ext/a and ext/b share a /28 that ext/c is not in, all three a /24; ext/d is apart. The IPv6 ones hold the same 32 bits.
LAB_EXTERNALS="203.0.113.10 203.0.113.11 203.0.113.70 198.51.100.9"
LAB_EXTERNALS6="2001:db8::cb00:710a 2001:db8::cb00:710b 2001:db8::cb00:7146 2001:db8::c633:6409"
# The ports of the sandbox's external host: those of all worlds.
LAB_EXT_PORTS=53,79,80,81,82,83,443,5978,8079,8080,8081,9090,65535
LAB_EXT_SCTP=80,81,9090

# Words that become parts of paths and of command lines.
settings_check()
{
	[[ $LAB =~ ^[a-z0-9][a-z0-9-]{0,19}$ ]] || lab_fail "LAB=$LAB: a name has 1 to 20 of a-z, 0-9 and -"
	[[ $LAB_CNI =~ ^[a-z0-9-]+$ ]] || lab_fail "CNI=$LAB_CNI: there is no such agent"
	[[ $LAB_COUNT =~ ^[1-4]$ ]] || lab_fail "NODES=$LAB_COUNT: 1 to 4 nodes"
	case $LAB_FAMILY in
	ipv4 | dual) ;;
	*) lab_fail "FAMILY=$LAB_FAMILY: ipv4 or dual" ;;
	esac
}

# What follows from the family and the number of nodes.
settings_derive()
{
	local all=(node-a node-b node-c node-d)

	LAB_NODES=${all[*]:0:$LAB_COUNT}
	LAB_POD_CIDR=10.244.0.0/16
	LAB_SERVICE_CIDR=10.96.0.0/16
	LAB_POD_CIDR6=
	LAB_SERVICE_CIDR6=
	if [ "$LAB_FAMILY" = dual ]; then
		LAB_POD_CIDR6=fd00:10:244::/48
		LAB_SERVICE_CIDR6=fd00:10:96::/112
	fi
	LAB_POD_CIDRS=$LAB_POD_CIDR${LAB_POD_CIDR6:+,$LAB_POD_CIDR6}
	LAB_SERVICE_CIDRS=$LAB_SERVICE_CIDR${LAB_SERVICE_CIDR6:+,$LAB_SERVICE_CIDR6}
}

# The settings of the lab that is up, in place of the environment's.
settings_keep()
{
	printf '%s\n' "LAB_CNI=$LAB_CNI" "LAB_FAMILY=$LAB_FAMILY" "LAB_COUNT=$LAB_COUNT" >"$LAB_STATE/settings"
}

settings_recall()
{
	# shellcheck disable=SC1091 # written by settings_keep
	. "$LAB_STATE/settings"
	settings_derive
}

node_number()
{
	case $1 in
	node-a) echo 1 ;;
	node-b) echo 2 ;;
	node-c) echo 3 ;;
	node-d) echo 4 ;;
	*) lab_fail "there is no node '$1'; this lab has $LAB_NODES" ;;
	esac
}

node_ip()
{
	echo "198.18.0.1$(node_number "$1")"
}

node_ip6()
{
	echo "fd00:198:18::1$(node_number "$1")"
}

node_pod_cidr()
{
	echo "10.244.$(node_number "$1").0/24"
}

node_pod_cidr6()
{
	echo "fd00:10:244:$(node_number "$1")::/64"
}

node_dir()
{
	echo "$LAB_STATE/nodes/$1"
}

dual()
{
	[ "$LAB_FAMILY" = dual ]
}
