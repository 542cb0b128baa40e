# lib.sh - what the end-to-end scripts share. Source it with BUILD set; it makes $scratch and removes it at the end.
# shellcheck shell=sh
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
np=$BUILD/netpolcheck
export NETPOLCHECK_SUITES="$PWD/suites"
scratch=$(mktemp -d)
sandbox_pid=
n_ok=0

finish() {
	[ -z "$sandbox_pid" ] || stop_sandbox
	rm -rf "$scratch"
}
trap finish EXIT

die() {
	echo "FAILED: $*" >&2
	exit 1
}

ok() {
	n_ok=$((n_ok + 1))
	echo "ok $n_ok - $*"
}

skip() {
	echo "skip: $*"
	exit 77
}

# expect_status N COMMAND...: output goes to $scratch/out and $scratch/err
expect_status() {
	_want=$1
	shift
	got=0
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null || got=$?
	if [ "$got" -ne "$_want" ]; then
		tail -n 30 "$scratch/out" "$scratch/err" >&2
		die "status $got, not $_want: $*"
	fi
}

# contains FILE TEXT
contains() {
	grep -qF -- "$2" "$1" || {
		tail -n 30 "$1" >&2
		die "'$2' is not in the output"
	}
}

# wait_for SECONDS COMMAND...: polls until the command succeeds
wait_for() {
	tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# start_sandbox [OPTIONS]: the embedded cluster with a kubeconfig in $scratch/kubeconfig
start_sandbox() {
	rm -f "$scratch/kubeconfig"
	"$np" sandbox --kubeconfig-out "$scratch/kubeconfig" "$@" >"$scratch/sandbox.out" 2>&1 </dev/null &
	sandbox_pid=$!
	wait_for 20 test -s "$scratch/kubeconfig" || {
		cat "$scratch/sandbox.out" >&2
		die "the sandbox did not start"
	}
}

stop_sandbox() {
	kill "$sandbox_pid" 2>/dev/null || true
	wait "$sandbox_pid" 2>/dev/null || true
	sandbox_pid=
}

# The reason why this user and kernel cannot run a sandbox is the skip's.
need_sandbox() {
	[ "$(id -u)" -eq 0 ] || unshare --user --map-root-user --net true 2>/dev/null || skip "user namespaces are refused here"
}

# use_copy: programs of this script's own, so that what they leave running is not taken for another script's
use_copy() {
	mkdir "$scratch/bin"
	cp "$np" "$scratch/bin/netpolcheck"
	cp "${NP_AGENT:-$BUILD/netpolcheck-agent}" "$scratch/bin/netpolcheck-agent"
	np=$scratch/bin/netpolcheck
	export NP_AGENT="$scratch/bin/netpolcheck-agent"
}

# processes that came from that copy and are still there
leftovers() {
	for p in /proc/[0-9]*; do
		exe=$(readlink "$p/exe" 2>/dev/null) || continue
		case $exe in
		"$scratch"/bin/*) echo "${p#/proc/} $exe" ;;
		esac
	done
}
