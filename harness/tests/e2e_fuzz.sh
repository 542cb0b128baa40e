#!/bin/sh
# Live campaigns against agents with a bug, in the sandbox: a panic, one that is survived, a crash loop on what is stored, a
# wedged data plane; interrupted, resumed, a full disk; reports, replay, the reproducer; nothing is left.
set -eu
. harness/tests/lib.sh
need_sandbox
agent=$BUILD/tests/campaign/check_agent
[ -x "$agent" ] || skip "tests/campaign/check_agent is not built"
agent_pid=

stop_agent() {
	[ -z "$agent_pid" ] || kill "$agent_pid" 2>/dev/null || true
	[ -z "$agent_pid" ] || wait "$agent_pid" 2>/dev/null || true
	agent_pid=
}
trap 'stop_agent; finish' EXIT

# start_agent BUG...: supervised, as a kubelet would
start_agent() {
	stop_agent
	rm -f "$scratch/pid" "$scratch/log"
	# shellcheck disable=SC2046 # a list of words
	"$agent" --kubeconfig "$scratch/kubeconfig" --pid-file "$scratch/pid" --log "$scratch/log" --supervise \
		$(printf -- ' --bug %s' "$@") >"$scratch/agent.out" 2>&1 </dev/null &
	agent_pid=$!
	wait_for 20 test -s "$scratch/log" || die "the agent did not start: $(cat "$scratch/agent.out")"
}

# live STATUS OPTIONS...
live() {
	want=$1
	shift
	expect_status "$want" timeout 280 "$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster "$context" \
		--agent-pid-file "$scratch/pid" --agent-log "$scratch/log" --findings "$scratch/crashes" --patience 3s --quiet 1s \
		--settle 300ms --format json "$@"
}

namespaces() {
	"$np" clean --kubeconfig "$scratch/kubeconfig"
}

start_sandbox
context=$(sed -n 's/^current-context: *//p' "$scratch/kubeconfig" | tr -d '"')

# ---- only one's own cluster ----
start_agent nil-port
expect_status 2 "$np" fuzz live --kubeconfig "$scratch/kubeconfig" --agent-pid-file "$scratch/pid" --agent-log "$scratch/log"
contains "$scratch/err" "--i-own-this-cluster $context"
expect_status 2 "$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster other --agent-pid-file "$scratch/pid" \
	--agent-log "$scratch/log"
expect_status 2 "$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster "$context"
expect_status 3 "$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster "$context" --agent-selector app=nobody
ok "a campaign wants to know whose cluster it is, and which agents"

# ---- a crash loop on what is stored ----
live 1 --seed 1 --for 200s --stop-after 1 --max-tests 60 --out "$scratch/one"
key=$(jq -r '.keys[0]' "$scratch/out")
dir=$scratch/crashes/$key
jq -e '.kind == "crash" and .type == "nil-deref" and .minimised and .reliability.ok >= 3 and (.operations | length) == 1 and
	.while_down == "kept"' "$dir/report.json" >/dev/null || die "$(jq -c 'del(.raw, .original)' "$dir/report.json")"
jq -e '.operations[0].object.spec == {"ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{}]}]}' "$dir/report.json" >/dev/null ||
	die "$(jq -c '.operations' "$dir/report.json")"
[ "$(stat -c %a "$dir")" = 700 ] || die "the folder is not private"
contains "$(namespaces >"$scratch/left" && echo "$scratch/left")" "0 namespaces"
ok "a crash is found, put down to one policy of two conditions, and confirmed; nothing is left"

expect_status 0 "$np" fuzz report --dir "$scratch/crashes"
contains "$scratch/out" "$key"
! grep -q nil-deref "$scratch/out" || die "an embargoed report tells the stack"
expect_status 0 "$np" fuzz report --dir "$scratch/crashes" --disclose --format sarif
contains "$scratch/out" NPF-CRASH
ok "reports keep the embargo"

replay() {
	expect_status "$1" timeout 120 "$np" fuzz replay "$key" --findings "$scratch/crashes" --kubeconfig "$scratch/kubeconfig" \
		--i-own-this-cluster "$context" --patience 3s --quiet 1s --settle 300ms
}
replay 0
if command -v kubectl >/dev/null; then
	expect_status 0 env KUBECONFIG="$scratch/kubeconfig" WAIT=10 sh "$dir/run.sh"
	ok "the reproducer shows it with kubectl alone"
fi
start_agent no-from
replay 1
if command -v kubectl >/dev/null; then
	expect_status 1 env KUBECONFIG="$scratch/kubeconfig" WAIT=3 sh "$dir/run.sh"
fi
ok "replay and reproducer say when it has been mended"

# ---- interrupted, and taken up again ----
start_agent absent-key
"$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster "$context" --agent-pid-file "$scratch/pid" --agent-log \
	"$scratch/log" --findings "$scratch/crashes" --patience 3s --quiet 1s --settle 300ms --seed 4 --for 200s --out "$scratch/two" \
	>"$scratch/out" 2>"$scratch/err" </dev/null &
campaign=$!
wait_for 60 grep -q '"answers"' "$scratch/two/journal.ndjson" || die "no epoch ended"
kill -TERM "$campaign"
status=0
wait "$campaign" || status=$?
[ "$status" = 130 ] || die "status $status after a signal"
namespaces >"$scratch/left"
contains "$scratch/left" "0 namespaces"
epochs=$(grep -c '"answers"' "$scratch/two/journal.ndjson")
# Whether the first part or the second one came upon it is a matter of time.
status=0
timeout 280 "$np" fuzz live --kubeconfig "$scratch/kubeconfig" --i-own-this-cluster "$context" --agent-pid-file "$scratch/pid" \
	--agent-log "$scratch/log" --findings "$scratch/crashes" --patience 3s --quiet 1s --settle 300ms --resume "$scratch/two" --for 150s \
	--epochs 5 --stop-after 1 --max-tests 40 >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
[ "$status" -le 1 ] || die "status $status when it went on: $(tail -n 3 "$scratch/err")"
[ "$(grep -c '"answers"' "$scratch/two/journal.ndjson")" -gt "$epochs" ] || die "nothing was added to the journal"
[ "$(grep -c '"type":"campaign"' "$scratch/two/journal.ndjson")" = 1 ] || die "it began anew"
jq -se 'any(.kind == "panic-survived" and .minimised)' "$scratch"/crashes/*/report.json >/dev/null || die "no survived panic was found"
ok "a campaign ends at a signal, leaves nothing, and goes on; a panic that is survived is found"

# ---- wedged ----
start_agent stuck-set
live 1 --seed 9 --for 200s --stop-after 1 --max-tests 12 --out "$scratch/three"
jq -se 'any(.kind == "stuck")' "$scratch"/crashes/*/report.json >/dev/null || die "no agent was stuck"
ok "an agent that says again and again that it cannot is found"

# ---- the disk is full; what goes in the middle of a campaign: e2e_fuzz_ends.sh ----
start_agent wide-hang
if [ -w /dev/full ]; then
	mkdir -p "$scratch/full"
	ln -sf /dev/full "$scratch/full/journal.ndjson"
	live 3 --seed 2 --epochs 2 --out "$scratch/full"
	contains "$scratch/err" "No space left"
	namespaces >"$scratch/left"
	contains "$scratch/left" "0 namespaces"
	ok "a full disk: nothing is sent, nothing is left"
fi
