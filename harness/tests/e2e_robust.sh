#!/bin/sh
# With an API server that misbehaves the verdicts stay what they are, the run only takes longer; or it ends with status 3 and the cause.
set -eu
. harness/tests/lib.sh
need_sandbox

# Some cases with policies, labels and pods made anew; the exec streams over a plain socket.
suites="--suite isolation --suite lifecycle"

# start_faulty FAULT: a sandbox of its own; its pid in $scratch/FAULT.pid, a kubeconfig for its unix socket in $scratch/FAULT.conf
start_faulty() {
	"$np" sandbox --format json --kubeconfig-out "$scratch/$1.tls" ${2:+--api-fault "$2"} >"$scratch/$1.json" 2>"$scratch/$1.log" </dev/null &
	echo $! >"$scratch/$1.pid"
	wait_for 30 grep -q api_socket "$scratch/$1.json" || die "the sandbox $1 did not start: $(cat "$scratch/$1.log")"
	cat >"$scratch/$1.conf" <<-END
		apiVersion: v1
		kind: Config
		current-context: s
		clusters: [{name: s, cluster: {server: "unix://$(jq -r .api_socket "$scratch/$1.json")"}}]
		contexts: [{name: s, context: {cluster: s}}]
	END
}

stop_faulty() {
	kill "$(cat "$scratch/$1.pid")" 2>/dev/null || true
	rm -f "$scratch/$1.pid"
}

stop_all() {
	for f in "$scratch"/*.pid; do
		[ ! -e "$f" ] || kill "$(cat "$f")" 2>/dev/null || true
	done
	finish
}
trap stop_all EXIT

# verdicts NAME: "case result" of the last word on each case
verdicts() {
	jq -sr '[.[] | select(.type == "case")] | reduce .[] as $c ({}; .[$c.case] = $c.result) | to_entries | sort_by(.key)[] | "\(.key) \(.value)"' \
		"$scratch/$1/run.jsonl"
}

trouble() {
	jq -sr '.[-1].trouble' "$scratch/$1/run.jsonl"
}

# one NAME [FAULT]: status in $scratch/NAME.status
one() {
	status=0
	start_faulty "$1" "${2:-}"
	# shellcheck disable=SC2086 # a list of words
	"$np" run --quiet --kubeconfig "$scratch/$1.conf" --timeout 10s --workers 2 $suites --out "$scratch/$1" >"$scratch/$1.out" 2>&1 </dev/null || status=$?
	echo "$status" >"$scratch/$1.status"
	stop_faulty "$1"
}

one calm
[ "$(cat "$scratch/calm.status")" -eq 0 ] || die "without a fault: status $(cat "$scratch/calm.status"): $(tail -n 5 "$scratch/calm.out")"
verdicts calm >"$scratch/calm.verdicts"
jq -es '.[-1].trouble | .streams_reopened == 0 and .requests_again == {} and .cases_again == 0' "$scratch/calm/run.jsonl" >/dev/null ||
	die "trouble where there was none: $(trouble calm)"
ok "$(wc -l <"$scratch/calm.verdicts") cases without a fault, and nothing is counted"

# counted FAULT: what it must leave in the counts
counted() {
	case $1 in
	storm429) echo '.requests_again["429"] > 0' ;;
	storm5xx) echo '.requests_again["500"] > 0 and .requests_again["502-504"] > 0' ;;
	lost-answers) echo '.requests_again.lost > 0' ;;
	refuse) echo '.outage_ms > 0 and .streams_reopened > 0' ;;
	cut-exec) echo '.streams_reopened > 0 and .probes_again > 0' ;;
	take-pods) echo '.cases_again > 0' ;;
	esac
}

faults='storm429 storm5xx lost-answers refuse cut-exec take-pods'
running=0
for fault in $faults; do
	one "$fault" "$fault" &
	running=$((running + 1))
	if [ "$running" -ge 3 ]; then
		wait
		running=0
	fi
done
wait
for fault in $faults; do
	[ "$(cat "$scratch/$fault.status")" -eq 0 ] || die "$fault: status $(cat "$scratch/$fault.status"): $(tail -n 8 "$scratch/$fault.out")"
	verdicts "$fault" | cmp -s - "$scratch/calm.verdicts" || die "$fault: other verdicts: $(verdicts "$fault" | diff - "$scratch/calm.verdicts" | head -n 5)"
	trouble "$fault" | jq -e "$(counted "$fault")" >/dev/null || die "$fault: not counted: $(trouble "$fault")"
	contains "$scratch/$fault/summary.md" "disturbed, and went on"
	ok "$fault: the same verdicts; $(trouble "$fault" | jq -c .)"
done

# Somebody deletes pods: they are named.
jq -es '[.[] | select(.type == "case" and .again) | .reason] | all(contains("pod")) and length > 0' "$scratch/take-pods/run.jsonl" >/dev/null ||
	die "no pod is named: $(jq -c 'select(.again) | .reason' "$scratch/take-pods/run.jsonl")"
ok "a pod that somebody takes away is named, and its case judged again"

# Gone for good: the bound is kept, the cause named, nothing judged, the record has its end.
start_faulty gone gone
status=0
# shellcheck disable=SC2086 # a list of words
"$np" run --quiet --kubeconfig "$scratch/gone.conf" --api-wait 5s $suites --out "$scratch/gone" >"$scratch/gone.out" 2>&1 </dev/null || status=$?
stop_faulty gone
[ "$status" -eq 3 ] || die "gone for good: status $status: $(tail -n 5 "$scratch/gone.out")"
grep -q "the API server at 'unix:.*is unreachable or broke off" "$scratch/gone.out" || die "the cause is not named: $(tail -n 3 "$scratch/gone.out")"
jq -es '(.[-1] | .type == "end" and .exit == 3) and all(.[]; .result != "fail")' "$scratch/gone/run.jsonl" >/dev/null ||
	die "the record: $(tail -n 1 "$scratch/gone/run.jsonl")"
ok "gone for good: status 3, and why"

# New pods that nobody reaches before any policy: here a policy of another namespace, which reaches too far, plays the agent
# that no longer follows pods. Said once, nothing judged.
"$np" sandbox --format json --kubeconfig-out "$scratch/deaf.conf" --fault cross-namespace-subject >"$scratch/deaf.json" 2>"$scratch/deaf.log" </dev/null &
echo $! >"$scratch/deaf.pid"
wait_for 30 grep -q api_socket "$scratch/deaf.json" || die "the sandbox deaf did not start: $(cat "$scratch/deaf.log")"
curl --silent --show-error --fail --max-time 20 --unix-socket "$(jq -r .api_socket "$scratch/deaf.json")" -H 'Content-Type: application/json' --data '{
	"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"far"},
	"spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"]}}' \
	http://sandbox/apis/networking.k8s.io/v1/namespaces/default/networkpolicies >"$scratch/deaf.policy"
status=0
"$np" run --quiet --kubeconfig "$scratch/deaf.conf" --timeout 1s --suite isolation --out "$scratch/deaf" >"$scratch/deaf.out" 2>&1 </dev/null || status=$?
stop_faulty deaf
[ "$status" -eq 3 ] || die "new pods that nobody reaches: status $status: $(tail -n 5 "$scratch/deaf.out")"
jq -es 'any(.[]; .type == "note" and (.text | contains("policies in force: new pods (x/a"))) and
	([.[] | select(.type == "case")] | length == 1 and all(.result == "error")) and
	(.[-1] | .type == "end" and .exit == 3 and
		(.reason | contains("before any policy is in place: the agent does not follow new pods (S01)")))' "$scratch/deaf/run.jsonl" >/dev/null ||
	die "the record: $(jq -c 'select(.type == "case" or .type == "end") | [.case, .result, .reason]' "$scratch/deaf/run.jsonl")"
ok "a new world that is not open before any policy: status 3 and why, no case is judged in it"

expect_status 2 "$np" sandbox --api-fault nonsense
contains "$scratch/err" "storm429"
ok "an unknown fault is refused with the names there are"
