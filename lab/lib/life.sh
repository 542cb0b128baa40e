# shellcheck shell=bash
# life.sh - the lab as a whole, seen from the machine: up, down, status. Runs outside.
#
# lab-keeper (holds the lock LAB.alive) -> unshare -> lab-init -> everything. Each dies with the one before it, so that
# killing any of them ends the lab; the keeper also removes what processes cannot take along: cgroups and the state folder.

exec {LAB_LOCK}</dev/null # until life_lock takes one; what outlives the caller is started without

life_lock()
{
	[ "$(id -u)" -eq 0 ] || lab_unavailable "it needs root"
	while :; do
		mkdir -p "$LAB_STATES"
		exec {LAB_LOCK}>"$LAB_STATES/$LAB.lock"
		flock -w 120 "$LAB_LOCK" || lab_fail "another command is busy with the lab '$LAB'"
		# not one that lab-down has removed meanwhile
		[ ! "$LAB_STATES/$LAB.lock" -ef "/proc/self/fd/$LAB_LOCK" ] || break
		exec {LAB_LOCK}>&-
	done
}

# Whether its keeper lives: it holds the lock for as long.
life_alive()
{
	[ -e "$LAB_STATES/$LAB.alive" ] && ! flock -n "$LAB_STATES/$LAB.alive" true
}

life_need()
{
	{ life_alive && [ -s "$LAB_STATE/ready" ]; } || lab_fail "the lab '$LAB' is not up; make lab-up starts it"
	settings_recall
}

# What is left once all processes have ended.
life_clean()
{
	local tries

	for tries in 1 2 3 4 5 6 7 8; do
		! cgroup_remove || break
		sleep "0.$tries"
	done
	rm -rf --one-file-system "$LAB_STATE"
}

# life_inside FUNCTION ARG...: in the lab's namespaces, and no further here.
life_inside()
{
	exec nsenter -t "$(cat "$LAB_STATE/init")" -m -p -n -- "$LAB_SRC/lab.sh" --inside "$@" {LAB_LOCK}>&-
}

life_build()
{
	agent_load
	[ "$(id -u)" -eq 0 ] || lab_unavailable "it needs root"
	mkdir -p "$LAB_CACHE/log"
	packages_install
	# shellcheck disable=SC2086,SC2154 # a list of words, of agent.sh
	build_modules kubernetes coredns $agent_modules
	agent_build
	agent_check
}

# Starts the keeper, without the descriptors and the terminal of the caller.
life_keeper()
{
	setsid -f "$LAB_SRC/lib/lab-keeper" "$LAB_SRC" {LAB_LOCK}>&- >"$LAB_STATE/log/keeper.log" 2>&1 </dev/null
	wait_for 10 "the lab's first process" test -s "$LAB_STATE/init"
}

# What was up to a failed start, kept for whoever looks for the reason.
life_keep_logs()
{
	rm -rf "$LAB_CACHE/log/failed-$LAB"
	cp -r "$LAB_STATE/log" "$LAB_CACHE/log/failed-$LAB"
	lab_say "its logs are in $LAB_CACHE/log/failed-$LAB"
}

life_abort()
{
	trap - EXIT INT TERM
	if [ -n "${LAB_KEEP:-}" ]; then
		lab_say "left as it is, for looking at; make lab-down ends it"
		return
	fi
	life_keep_logs || true
	life_end
	life_forget
}

# What failed has said so itself, if it lived to.
life_why()
{
	[ "$1" -lt 128 ] || lab_fail "the lab's processes were killed while it started"
	exit "$1"
}

life_start()
{
	mkdir -p "$LAB_STATE/log" "$LAB_STATE/control"
	chmod 700 "$LAB_STATE"
	trap life_abort EXIT
	trap 'exit 130' INT TERM
	settings_keep
	forward_choose_ports
	# shellcheck disable=SC1091 # just written
	. "$LAB_STATE/ports"
	life_keeper
	life_inside boot "$LAB_API_PORT" & # so that a signal is heeded at once
	wait $! || life_why $?
	life_forward "$LAB_API_PORT" "$LAB_EXTERNAL_PORT"
	date -u +%FT%TZ >"$LAB_STATE/ready"
	trap - EXIT INT TERM
}

# The forwarder sees the lab's files and ends with it, but listens where the machine's shell can reach it.
life_forward()
{
	local init

	init=$(cat "$LAB_STATE/init")
	nsenter -t "$init" -m -p -- "$LAB_SRC/lab.sh" --inside forward_start "$@" {LAB_LOCK}>&-
}

life_up()
{
	local began

	life_lock
	trap life_forget EXIT
	if life_alive; then
		settings_recall
		[ -s "$LAB_STATE/ready" ] || lab_fail "the lab '$LAB' is half up, its start was cut off; make lab-down ends it"
		lab_fail "the lab '$LAB' is up already, with CNI=$LAB_CNI and $LAB_COUNT nodes; make lab-down ends it"
	fi
	[ -x "$LAB_BUILD/netpolcheck-agent" ] || lab_fail "$LAB_BUILD/netpolcheck-agent is not there; run make first"
	life_build
	life_clean
	began=$(now_ms)
	life_start
	lab_say "up in $((($(now_ms) - began) / 100))00 ms: CNI=$LAB_CNI, $LAB_COUNT nodes, $LAB_FAMILY; export KUBECONFIG=$LAB_STATE/admin.conf"
}

# Ends everything. The keeper cleans up behind it; where it is dead, we do.
life_end()
{
	local tries=0

	if life_alive; then
		kill -TERM "$(cat "$LAB_STATE/keeper")" 2>/dev/null || true
		while life_alive; do
			[ $((tries += 1)) -lt 300 ] || lab_fail "the lab '$LAB' does not end: $(cat "$LAB_STATE/keeper")"
			sleep 0.1
		done
	fi
	life_clean
}

# The lab's locks, if there is no such lab; the last one takes the folder of all labs with it.
life_forget()
{
	! life_alive && [ ! -d "$LAB_STATE" ] || return 0
	rm -f "$LAB_STATES/$LAB.alive" "$LAB_STATES/$LAB.lock"
	[ "$(ls "$LAB_STATES")" != ports.lock ] || rm -f "$LAB_STATES/ports.lock"
	rmdir "$LAB_STATES" 2>/dev/null || true
}

life_down()
{
	local there=

	life_lock
	trap life_forget EXIT
	! { life_alive || [ -d "$LAB_STATE" ]; } || there=yes
	life_end
	if [ -n "$there" ]; then
		lab_say "the lab '$LAB' has ended"
	else
		lab_say "there was no lab '$LAB'"
	fi
}

life_status()
{
	local dir

	for dir in "$LAB_STATES"/*/; do
		if [ "${dir%/}" = "$LAB_STATES/$LAB" ] || [ ! -s "${dir}ready" ]; then
			continue
		fi
		echo "another lab: $(basename "$dir"), $(tr '\n' ' ' <"${dir}settings")"
	done
	if ! life_alive; then
		echo "the lab '$LAB' is not up$([ ! -d "$LAB_STATE" ] || echo ', but has left things behind; make lab-down removes them')"
		exit 1
	fi
	settings_recall
	[ -s "$LAB_STATE/ready" ] || { echo "the lab '$LAB' is starting"; exit 1; }
	echo "the lab '$LAB' is up since $(cat "$LAB_STATE/ready"): CNI=$LAB_CNI FAMILY=$LAB_FAMILY"
	echo "KUBECONFIG=$LAB_STATE/admin.conf"
	echo "external host: $(life_external)"
	echo "external host for pods: $LAB_EXT:7777=$(life_external | cut -d = -f 2)"
	life_kubectl get nodes -o wide
	life_kubectl get pods -A -o wide
}

life_kubectl()
{
	life_need
	KUBECONFIG=$LAB_STATE/admin.conf "$LAB_BIN/kubectl" "$@"
}

# The value of --external: where the external host's agent is steered, and the addresses that it has.
life_external()
{
	local four six list='' i

	# shellcheck disable=SC1091
	. "$LAB_STATE/ports"
	read -r -a four <<<"$LAB_EXTERNALS"
	read -r -a six <<<"$LAB_EXTERNALS6"
	for i in "${!four[@]}"; do
		list+=${list:+,}${four[i]}
		! dual || list+=/${six[i]}
	done
	echo "127.0.0.1:$LAB_EXTERNAL_PORT=$list"
}

# The one place where the suite's command line stands.
life_suite()
{
	life_need
	exec "$LAB_BUILD/netpolcheck" run --kubeconfig "$LAB_STATE/admin.conf" --external "$(life_external)" "$@"
}

life_run()
{
	local suite status=0

	[ -x "$LAB_BUILD/netpolcheck" ] || lab_fail "$LAB_BUILD/netpolcheck is not there; run make first"
	"$LAB_SRC/lab.sh" up
	trap '"$LAB_SRC/lab.sh" down' EXIT
	"$LAB_SRC/lab.sh" suite "$@" &
	suite=$!
	trap 'kill -TERM "$suite"' INT TERM # it cleans up and then ends
	while kill -0 "$suite" 2>/dev/null; do
		wait "$suite" && status=0 || status=$?
	done
	exit "$status"
}

life_crash()
{
	life_need
	life_inside node_crash "${1:?crash NODE}"
}

life_node_start()
{
	life_lock
	life_need
	life_inside node_start_again "${1:?node-start NODE}"
}

life_restart_api()
{
	life_need
	life_inside control_restart_api
}

life_restart_agent()
{
	local node

	life_need
	for node in ${1:-$LAB_NODES}; do
		(life_inside agent_restart "$node")
	done
}

life_exec()
{
	[ $# -ge 2 ] || lab_fail "exec NODE CMD..."
	life_need
	life_inside node_exec "$@"
}
