#!/bin/sh
# Live campaigns whose ground goes in the middle: the disk that holds journal and findings fills up, the API server is gone.
# Each ends by itself, with one sentence, and what was found until then is whole. Exit status 77: no sandbox, or no tmpfs.
set -eu
. harness/tests/lib.sh
need_sandbox
agent=$BUILD/tests/campaign/check_agent
[ -x "$agent" ] || skip "tests/campaign/check_agent is not built"
command -v unshare >/dev/null || skip "unshare is not installed"
agent_pid=
campaign=

stop() {
	for p in $campaign $agent_pid; do
		kill "$p" 2>/dev/null || true
		wait "$p" 2>/dev/null || true
	done
	campaign=
	agent_pid=
}
trap 'stop; finish' EXIT

start_agent() {
	rm -f "$scratch/pid" "$scratch/log"
	"$agent" --kubeconfig "$scratch/kubeconfig" --pid-file "$scratch/pid" --log "$scratch/log" --supervise --bug nil-port \
		>"$scratch/agent.out" 2>&1 </dev/null &
	agent_pid=$!
	wait_for 20 test -s "$scratch/log" || die "the agent did not start: $(cat "$scratch/agent.out")"
}

# campaign DIR: in the background, beyond its first finding
campaign() {
	set -- "$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster "$context" --agent-pid-file "$scratch/pid" \
		--agent-log "$scratch/log" --findings "$1/crashes" --out "$1/journal" --patience 3s --quiet 1s --settle 300ms --seed 1 \
		--for 240s --max-tests 12
	timeout 280 "$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
	campaign=$!
}

# found DIR: one finding is on disk
found() {
	jq -se 'length > 0' "$1"/crashes/*/report.json
}

# ended SECONDS WANT DIR: by itself, with that status, and its findings are whole
ended() {
	wait_for "$1" sh -c "! kill -0 $campaign" || die "it did not end within $1 s"
	status=0
	wait "$campaign" || status=$?
	campaign=
	[ "$status" = "$2" ] || die "status $status, not $2: $(tail -n 3 "$scratch/err")"
	jq -se 'length > 0 and all(.[]; .key and .kind and (.operations | length) > 0)' "$3"/crashes/*/report.json >/dev/null ||
		die "a finding is lost"
	[ "$(find "$3/crashes" -name '*.tmp*' | wc -l)" = 0 ] || die "half a file is left: $(find "$3/crashes")"
	expect_status 0 "$np" fuzz report --dir "$3/crashes"
	! grep -q '^0 findings' "$scratch/out" || die "no finding is told of"
}

# Everything below runs in a mount namespace, whose tmpfs goes with it.
if [ -z "${NP_ENDS_INSIDE:-}" ]; then
	who=
	[ "$(id -u)" = 0 ] || who=-r
	# shellcheck disable=SC2086 # none or one word
	unshare $who -m true 2>/dev/null || skip "mount namespaces cannot be made here"
	rc=0
	# shellcheck disable=SC2086
	NP_ENDS_INSIDE=1 unshare $who -m sh "$0" || rc=$?
	exit "$rc"
fi
mkdir "$scratch/small"
mount -t tmpfs -o size=8m tmpfs "$scratch/small" || skip "no tmpfs can be mounted here"
trap 'stop; umount "$scratch/small"; finish' EXIT

start_sandbox
context=$(sed -n 's/^current-context: *//p' "$scratch/kubeconfig" | tr -d '"')

# ---- the disk ----
start_agent
campaign "$scratch/small"
wait_for 200 found "$scratch/small" || die "nothing was found: $(tail -n 3 "$scratch/err")"
dd if=/dev/zero of="$scratch/small/rest" bs=64k 2>/dev/null || true
dd if=/dev/zero of="$scratch/small/rest2" bs=512 2>/dev/null || true
ended 120 3 "$scratch/small"
"$np" clean --kubeconfig "$scratch/kubeconfig" >"$scratch/left"
contains "$scratch/left" "0 namespaces"
ok "a disk that fills up in the middle: it ends, nothing is left in the cluster, the findings are whole"
stop

# ---- the API server ----
start_agent
mkdir "$scratch/api"
campaign "$scratch/api"
wait_for 200 found "$scratch/api" || die "nothing was found: $(tail -n 3 "$scratch/err")"
stop_sandbox
ended 200 3 "$scratch/api"
jq -se '[.[] | select(.type == "epoch")] | length > 0' "$scratch/api/journal/journal.ndjson" >/dev/null || die "the journal is not whole"
ok "an API server that goes in the middle: it ends, the findings and the journal are whole"
