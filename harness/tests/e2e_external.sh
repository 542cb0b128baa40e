#!/bin/sh
# --external: the sandbox taken for anybody's cluster, by its kubeconfig; its outside host, reached
# by the socket of its agent, and an agent of our own that no pod reaches.
set -eu
. harness/tests/lib.sh
need_sandbox
agent_pid=
stop_agent() {
	[ -z "$agent_pid" ] || kill "$agent_pid" 2>/dev/null || true
	[ -z "$agent_pid" ] || wait "$agent_pid" 2>/dev/null || true
	agent_pid=
}
trap 'stop_agent; finish' EXIT

four=203.0.113.10,203.0.113.11,203.0.113.70,198.51.100.9
six=203.0.113.10/2001:db8::cb00:710a,203.0.113.11/2001:db8::cb00:710b
six=$six,203.0.113.70/2001:db8::cb00:7146,198.51.100.9/2001:db8::c633:6409
start_sandbox
socket=$(sed -n 's|.*--unix-socket \(.*\)/api.sock .*|\1|p' "$scratch/sandbox.out")/external.sock
test -S "$socket" || die "no socket of the outside host's agent at '$socket'"

# run_external STATUS EXTERNAL: one case that needs one address outside, one that needs four
run_external() {
	rm -rf "$scratch/record"
	expect_status "$1" "$np" run --quiet --kubeconfig "$scratch/kubeconfig" --suite cidr --suite dualstack \
		--case '*/egress-*' --workers 2 --out "$scratch/record" --external "$2"
}

# results_of JQ-CONDITION: how many cases had that result
results_of() {
	grep '"type":"case"' "$scratch/record/run.jsonl" | grep -c -- "$1" || true
}

run_external 0 "unix:$socket=$six"
test "$(results_of '"result":"pass"')" -ge 2 || die "$(cat "$scratch/out")"
test "$(results_of '"result":"skip"')" = 0 || die "skipped with four addresses of both families"
ok "four addresses of both families: nothing is skipped"

run_external 0 "unix:$socket=203.0.113.10"
test "$(results_of '"result":"pass"')" -ge 1 || die "no case ran with one address"
grep -q 'the agent outside the cluster has one address' "$scratch/record/run.jsonl" || die "no reason for the skips"
ok "one address: the cases for four are skipped, and why"

# An agent that pods do not reach: the control is there, and the controls fail.
port=17700
while [ "$port" -lt 17800 ]; do
	"$BUILD/netpolcheck-agent" serve --identity ext --control "tcp:127.0.0.1:$port" >"$scratch/agent.out" 2>&1 </dev/null &
	agent_pid=$!
	! wait_for 5 grep -q '^ready ext' "$scratch/agent.out" || break
	stop_agent
	port=$((port + 1))
done
[ -n "$agent_pid" ] || die "no free port for an agent"
run_external 0 "127.0.0.1:$port=$four"
test "$(results_of '"result":"pass"')" = 0 || die "a case passed with an agent that nobody reaches"
grep '"lacking"' "$scratch/record/run.jsonl" | grep -q '"external":"control probe to' || die "no reason"
ok "addresses that are not the agent's: skipped, naming the control probe that failed"

stop_agent
run_external 3 "127.0.0.1:$port=$four"
contains "$scratch/err" "agent of 'ext'"
contains "$scratch/err" "127.0.0.1:$port"
ok "no agent at the control address: status 3, naming it"

run_external 2 "127.0.0.1:$port=203.0.113.10,203.0.113.11,203.0.113.12,198.51.100.9"
contains "$scratch/err" "'203.0.113.12' ext/c must not be in the /28"
run_external 2 "127.0.0.1:$port"
contains "$scratch/err" "no address that a pod can reach"
ok "addresses that cannot be: status 2, naming which"
expect_status 2 "$np" run --quiet --suite cidr --external 192.0.2.1 --out "$scratch/record"
expect_status 2 "$np" run --quiet --suite cidr --inject --out "$scratch/record"
ok "not for the sandbox: status 2"
stop_sandbox
echo "$n_ok checks of --external"
