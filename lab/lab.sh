#!/bin/bash
# lab.sh: a real Kubernetes on this machine, in namespaces. See README.md.
set -euo pipefail

LAB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in say settings agent packages build cgroup pki control node network images addons boot forward life; do
	# shellcheck disable=SC1090
	. "$LAB_SRC/lib/$part.sh"
done

usage()
{
	cat >&2 <<-EOF
		usage: lab.sh COMMAND        settings in the environment: LAB (name, default lab) and
		  up                         CNI NODES FAMILY: builds what is missing, starts the cluster
		  down                       ends it, or what a dead one left
		  status                     what is up; status 0 if this lab is
		  run [ARG...]               up, netpolcheck run ARG..., down; its exit status
		  suite [ARG...]             netpolcheck run ARG... against the lab that is up
		  build                      only builds
		  crash NODE                 ends a node's first process, and so all of it
		  node-start NODE            starts a crashed node again
		  restart-api                kills the API server and starts it again
		  restart-agent [NODE]       ends the NetworkPolicy agent and starts it again, by default on all nodes
		  exec NODE CMD...           a command on a node
		  kubectl ARG...
		agents: $(agent_names)
	EOF
	exit 2
}

command=${1:-}
[ $# -eq 0 ] || shift
settings_check
settings_derive
case $command:$# in
up:0 | down:0 | status:0 | build:0 | restart-api:0) ;;
up:* | down:* | status:* | build:* | restart-api:*)
	lab_fail "'$command' takes no arguments; settings stand before it: CNI=calico lab.sh $command, not '$1'"
	;;
esac
case $command in
up | down | status | run | suite | build | crash | exec | kubectl)
	"life_$command" "$@"
	;;
node-start | restart-api | restart-agent)
	"life_${command//-/_}" "$@"
	;;
--inside)
	inside=$1
	shift
	[ ! -f "$LAB_STATE/settings" ] || settings_recall
	agent_load
	"$inside" "$@"
	;;
*)
	usage
	;;
esac
