#!/bin/bash
# live.sh: 'netpolcheck fuzz live' on the lab that is up, whose agents are plain processes: their pids and logs are
# kept for it, and they are started again when they died. Usage: LAB=name lab/live.sh [OPTION of fuzz live...]
# Exit status: the campaign's; 2 when the lab is not up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

LAB=${LAB:-lab}
export LAB
state=/run/netpolcheck-lab/$LAB
[ -s "$state/ready" ] || {
	echo "live.sh: the lab '$LAB' is not up; CNI=... lab/lab.sh up" >&2
	exit 2
}
scratch=$(mktemp -d)
keeper=
trap 'kill $keeper 2>/dev/null || true; rm -rf "$scratch"' EXIT

# host_pid NODE: the number that the node's agent has on this machine; a process keeps one for each PID namespace
# around it, the innermost last.
host_pid()
{
	local inner p

	inner=$(lab/lab.sh exec "$1" cat /run/lab/agent.pid 2>/dev/null) || return 0
	for p in $(grep -lE "^NSpid:.*[[:space:]]$inner\$" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3); do
		if grep -q "netpolcheck-lab\.$LAB\.$1\b" "/proc/$p/cgroup" 2>/dev/null; then
			echo "$p"
			return
		fi
	done
}

keep_pids()
{
	local node pid

	while :; do
		for node in "$@"; do
			pid=$(cat "$scratch/$node" 2>/dev/null || true)
			[ -z "$pid" ] || [ ! -d "/proc/$pid" ] || continue
			host_pid "$node" >"$scratch/$node.new"
			[ ! -s "$scratch/$node.new" ] || mv "$scratch/$node.new" "$scratch/$node"
		done
		sleep 0.3
	done
}

nodes=$(lab/lab.sh kubectl get nodes -o name | cut -d/ -f2)
agents=()
for node in $nodes; do
	host_pid "$node" >"$scratch/$node"
	agents+=(--agent-pid-file "$scratch/$node" --agent-log "$state/log/$node-agent.log")
done
# shellcheck disable=SC2086 # a list of words
keep_pids $nodes &
keeper=$!
status=0
"${BUILD:-build}/netpolcheck" fuzz live --kubeconfig "$state/admin.conf" --i-own-this-cluster lab "${agents[@]}" \
	--restart-cmd "LAB=$LAB $PWD/lab/lab.sh restart-agent" "$@" </dev/null || status=$?
exit "$status"
