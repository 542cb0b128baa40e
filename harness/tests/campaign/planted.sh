#!/bin/sh
# Every bug of check_agent in one agent, and one campaign in the sandbox: which are found, after how long, with what input.
# Takes a quarter of an hour, so it is no part of `make check`. Usage: BUILD=build harness/tests/campaign/planted.sh [SECONDS [SEED]]
set -eu
. harness/tests/lib.sh
need_sandbox
seconds=${1:-900}
seed=${2:-5}
agent=$BUILD/tests/campaign/check_agent
[ -x "$agent" ] || skip "tests/campaign/check_agent is not built"

start_sandbox
context=$(sed -n 's/^current-context: *//p' "$scratch/kubeconfig" | tr -d '"')
"$agent" --kubeconfig "$scratch/kubeconfig" --pid-file "$scratch/pid" --log "$scratch/log" --supervise --bug all \
	>"$scratch/agent.out" 2>&1 </dev/null &
agent_pid=$!
trap 'kill "$agent_pid" 2>/dev/null || true; finish' EXIT
wait_for 20 test -s "$scratch/log" || die "the agent did not start"
status=0
"$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster "$context" --agent-pid-file "$scratch/pid" --agent-log "$scratch/log" \
	--findings "$scratch/crashes" --out "$scratch/journal" --patience 3s --quiet 1s --settle 300ms --max-tests 60 --seed "$seed" \
	--for "${seconds}s" </dev/null || status=$?
[ "$status" -le 1 ] || die "status $status"

jq -r '[.first_seen, .kind, .type[:40], .stack[0] // "-", (.reliability | "\(.ok)/\(.total)"), ([.operations[] | .object.spec // .op] | tostring)] |
	join("  ")' "$scratch"/crashes/*/report.json | sort
n=$(jq -s '[.[] | select(.minimised and .reliability.ok > 0)] | length' "$scratch"/crashes/*/report.json)
echo "$n found and made small; $("$agent" --list | wc -l) planted"
[ "$n" -ge 12 ]
