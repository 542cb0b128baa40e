# shellcheck shell=bash disable=SC2034,SC2120
# agent.sh - finding an agent's file, and what it need not say.

LAB_MODE=
agent_modes=
agent_families=ipv4
agent_modules=
agent_packages=
agent_kube_proxy_mode=iptables

agent_build() { :; }
agent_check() { :; }
agent_cluster_setup() { :; }
agent_cni_conf() { cni_ptp "$1"; }
agent_cni_plugins() { :; }
agent_node_setup() { :; }
agent_ready() { :; }
agent_restart()
{
	node_stop "$1" agent
	agent_start "$1"
}

# Every value that CNI may have.
agent_names()
{
	local file name

	for file in "$LAB_SRC"/agents/*.sh; do
		name=$(basename "$file" .sh)
		# shellcheck disable=SC1090,SC2086 # one file per agent; a list of words
		(
			. "$file"
			printf '%s ' "$name" ${agent_modes:+$(printf "$name-%s " $agent_modes)}
		)
	done
}

agent_load()
{
	local name=$LAB_CNI file

	until file=$LAB_SRC/agents/$name.sh; [ -f "$file" ]; do
		[ "${name%-*}" != "$name" ] || lab_fail "CNI=$LAB_CNI: there is no such agent; there are: $(agent_names)"
		name=${name%-*}
	done
	LAB_MODE=${LAB_CNI#"$name"}
	LAB_MODE=${LAB_MODE#-}
	# shellcheck disable=SC1090
	. "$file"
	case " $agent_modes " in
	*" $LAB_MODE "*) ;;
	*) [ -z "$LAB_MODE" ] || lab_fail "CNI=$LAB_CNI: there is no such agent; there are: $(agent_names)" ;;
	esac
	case " $agent_families " in
	*" $LAB_FAMILY "*) ;;
	*) lab_fail "CNI=$LAB_CNI does not do FAMILY=$LAB_FAMILY, only $agent_families" ;;
	esac
}
