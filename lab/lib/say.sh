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

# Milliseconds of a clock that only goes forward.
now_ms()
{
	local up

	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}
