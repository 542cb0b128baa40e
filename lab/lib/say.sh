# shellcheck shell=bash
# say.sh - what the lab tells its user, and how it ends.

# A line of progress.
lab_say()
{
	echo "lab: $*" >&2
}

# It does not work: one sentence, status 1.
lab_fail()
{
	echo "lab: $*" >&2
	exit 1
}

# It cannot be had on this machine: one sentence, status 77, which tests count as a skip.
lab_unavailable()
{
	echo "lab: cannot be had here: $*" >&2
	exit 77
}

# wait_for SECONDS WHAT CMD...: until CMD succeeds.
wait_for()
{
	local until=$((SECONDS + $1)) what=$2

	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$until" ] || lab_fail "$what did not come in time; see $LAB_STATE/log"
		sleep 0.05
	done
}

# wait_for_daemon WHAT LOG DEAD READY ARG...: until READY ARG... succeeds; given up at once when DEAD ARG... does.
wait_for_daemon()
{
	local what=$1 log=$2 dead=$3 until=$((SECONDS + LAB_PATIENCE))

	shift 3
	until "$@" >/dev/null 2>&1; do
		! "$dead" "${@:2}" >/dev/null 2>&1 || lab_fail "$what has ended: $(tail -n 1 "$log")"
		[ "$SECONDS" -lt "$until" ] || lab_fail "$what did not get ready in time; see $log"
		sleep 0.05
	done
}

# Milliseconds of a clock that only goes forward.
now_ms()
{
	local up

	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}
