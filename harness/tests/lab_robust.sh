#!/bin/bash
# What a real cluster can do to a run, provoked in a lab that is up, and what the run makes of it. It is violent: use a lab of its own.
#   LAB=name lab/lab.sh up && LAB=name harness/tests/lab_robust.sh [credentials calm restart-api frozen-api storm cut evict watch crash-node]
set -euo pipefail
# shellcheck source=harness/tests/lib.sh
. harness/tests/lib.sh

LAB=${LAB:-lab}
export LAB
state=/run/netpolcheck-lab/$LAB
lab=lab/lab.sh
pids=()

stop_all() {
	local p

	for p in "${pids[@]}"; do
		kill -CONT "$p" 2>/dev/null || true
		kill "$p" 2>/dev/null || true
	done
	finish
}
trap stop_all EXIT

[ -s "$state/ready" ] || skip "the lab '$LAB' is not up"
external=$($lab status | sed -n 's/^external host: //p')

kubectl() {
	$lab kubectl "$@"
}

# Cases that pass on the agents of the lab, so that what fails is the disturbance's doing.
cases='isolation/[!a]*'

# start_run NAME ARG...: a run in the background; its pid in $run, its folder $scratch/NAME
start_run() {
	name=$1
	shift
	"$np" run --quiet --external "$external" --case "$cases" --out "$scratch/$name" "$@" >"$scratch/$name.out" 2>&1 </dev/null &
	run=$!
	pids+=("$run")
}

cases_done() {
	grep -c '"type":"case"' "$scratch/$name/run.jsonl" 2>/dev/null || true
}

at_least() {
	[ "$(cases_done)" -ge "$1" ]
}

# end_run: waits; status in $status
end_run() {
	status=0
	wait "$run" || status=$?
	pids=("${pids[@]/$run/}")
	echo "   $(tail -n 1 "$scratch/$name.out"); status $status; $(jq -sc '.[-1].trouble' "$scratch/$name/run.jsonl")"
}

no_failures() {
	jq -es 'all(.[] | select(.type == "case"); .result != "fail")' "$scratch/$name/run.jsonl" >/dev/null ||
		die "$name: something failed: $(jq -c 'select(.type == "case" and .result == "fail") | [.case, .reason]' "$scratch/$name/run.jsonl")"
}

passes() {
	no_failures
	[ "$status" -eq 0 ] || die "$name: status $status: $(tail -n 5 "$scratch/$name.out")"
}

# counted EXPRESSION: of the end line's trouble
counted() {
	jq -es ".[-1].trouble | $1" "$scratch/$name/run.jsonl" >/dev/null || die "$name: not counted: $(jq -sc '.[-1].trouble' "$scratch/$name/run.jsonl")"
}

# ask CONF STATUS TEXT: a command that lists namespaces as the user of CONF; TEXT is in what it says
ask() {
	got=0
	"$np" clean --run nosuch --kubeconfig "$1" >"$scratch/ask" 2>&1 </dev/null || got=$?
	[ "$got" -eq "$2" ] || die "$1: status $got, not $2: $(cat "$scratch/ask")"
	grep -qF -- "$3" "$scratch/ask" || die "$1: '$3' is not in: $(cat "$scratch/ask")"
	ok "$(basename "$1"): $(cat "$scratch/ask")"
}

# edited FROM TO JQ: a kubeconfig changed by a jq expression; kubectl turns it into JSON first
edited() {
	KUBECONFIG=$1 "$(kubectl_program)" config view --raw --flatten -o json | jq "$3" >"$2"
}

kubectl_program() {
	echo "${NETPOLCHECK_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/netpolcheck/lab}/bin/kubectl"
}

do_credentials() {
	for who in admin user token exec exec-cert; do
		ask "$state/$who.conf" 0 "0 namespaces removed"
	done
	ask "$state/tester.conf" 3 "cannot list resource"
	ask "$state/expired.conf" 3 "expired on"
	ask "$state/wrong-token.conf" 3 "is unknown there"

	edited "$state/admin.conf" "$scratch/as.conf" '.users[0].user += {"as": "lab-nobody", "as-groups": ["system:authenticated"]}'
	ask "$scratch/as.conf" 3 'User "lab-nobody" cannot list resource'
	edited "$state/admin.conf" "$scratch/as-admin.conf" '.users[0].user += {"as": "someone", "as-groups": ["system:masters"], "as-user-extra": {"reason": ["test"]}}'
	ask "$scratch/as-admin.conf" 0 "0 namespaces removed"
	edited "$state/tester.conf" "$scratch/may-not.conf" '.users[0].user.as = "admin"'
	ask "$scratch/may-not.conf" 3 "'as: admin' of user 'lab' of"

	edited "$state/admin.conf" "$scratch/ca.conf" ".clusters[0].cluster.\"certificate-authority-data\" = .users[0].user.\"client-certificate-data\""
	ask "$scratch/ca.conf" 3 "is not who signed it"
	edited "$state/admin.conf" "$scratch/name.conf" '.clusters[0].cluster."tls-server-name" = "example.org"'
	ask "$scratch/name.conf" 3 "tls-server-name"
	edited "$state/admin.conf" "$scratch/sni.conf" '.clusters[0].cluster."tls-server-name" = "kubernetes"'
	ask "$scratch/sni.conf" 0 "0 namespaces removed"
	edited "$state/admin.conf" "$scratch/oidc.conf" '.users[0].user = {"auth-provider": {"name": "oidc"}}'
	ask "$scratch/oidc.conf" 2 "oidc-login"
	edited "$state/admin.conf" "$scratch/proxy.conf" '.clusters[0].cluster."proxy-url" = "http://127.0.0.1:1"'
	ask "$scratch/proxy.conf" 3 "Failed to connect to 127.0.0.1 port 1"

	# A plugin's token is refused: it is called once more, and both are named.
	cat >"$scratch/plugin" <<-END
		#!/bin/sh
		echo x >>"$scratch/plugin.calls"
		echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"nobody-has-it"}}'
	END
	chmod +x "$scratch/plugin"
	edited "$state/exec.conf" "$scratch/bad-plugin.conf" ".users[0].user.exec.command = \"$scratch/plugin\""
	ask "$scratch/bad-plugin.conf" 3 "also when called again"
	[ "$(wc -l <"$scratch/plugin.calls")" -eq 2 ] || die "the plugin was called $(wc -l <"$scratch/plugin.calls") times"

	# The first file names the context, the second has it.
	edited "$state/token.conf" "$scratch/second.conf" '.contexts[0].name = "there" | .clusters[0].name = "c2" | .users[0].name = "u2" | .contexts[0].context = {cluster: "c2", user: "u2"}'
	echo 'current-context: nowhere' >"$scratch/first.conf"
	KUBECONFIG=$scratch/missing.conf:$scratch/first.conf:$scratch/second.conf "$np" clean --run nosuch --context there >"$scratch/ask" 2>&1 ||
		die "merged: $(cat "$scratch/ask")"
	ok "KUBECONFIG of three files, one missing: $(cat "$scratch/ask")"
}

do_calm() {
	start_run calm --kubeconfig "$state/admin.conf"
	end_run
	passes
	ok "undisturbed"
}

do_restart_api() {
	start_run restart --kubeconfig "$state/admin.conf"
	wait_for 240 at_least 5 || die "the run does not get anywhere: $(cat "$scratch/$name.out")"
	$lab restart-api
	end_run
	passes
	counted '.streams_reopened > 0 and (.outage_ms > 0 or (.requests_again | length) > 0)'
	ok "the API server killed and started again in the middle: the run went on"
}

# pid of this lab's API server, as the machine sees it
api_pid() {
	for p in /proc/[0-9]*; do
		tr '\0' ' ' <"$p/cmdline" 2>/dev/null | grep -q "kube-apiserver .*$state/" && echo "${p#/proc/}" && return
	done
	return 1
}

do_frozen_api() {
	start_run frozen --kubeconfig "$state/admin.conf"
	wait_for 240 at_least 5 || die "the run does not get anywhere: $(cat "$scratch/$name.out")"
	api=$(api_pid) || die "no API server found"
	pids+=("$api.frozen")
	kill -STOP "$api"
	sleep 15
	kill -CONT "$api"
	end_run
	passes
	ok "the API server stopped dead for 15 s: the run waited"

	start_run frozen-long --kubeconfig "$state/admin.conf" --api-wait 20s
	wait_for 240 at_least 5 || die "the run does not get anywhere: $(cat "$scratch/$name.out")"
	api=$(api_pid)
	kill -STOP "$api"
	(
		sleep 120
		kill -CONT "$api"
	) &
	thaw=$!
	end_run
	kill -CONT "$api"
	kill "$thaw" 2>/dev/null || true
	no_failures
	[ "$status" -eq 3 ] || die "$name: status $status"
	grep -qE "no answer from 'https|is unreachable or broke off" "$scratch/$name.out" || die "the cause is not named: $(tail -n 2 "$scratch/$name.out")"
	ok "stopped for longer than --api-wait: $(tail -n 1 "$scratch/$name.out")"
	"$np" clean --kubeconfig "$state/admin.conf" >/dev/null 2>&1 || true
}

# API priority and fairness gives an ordinary user next to nothing, and others ask in its name.
do_storm() {
	kubectl apply -f - >/dev/null <<-END
		apiVersion: flowcontrol.apiserver.k8s.io/v1
		kind: PriorityLevelConfiguration
		metadata: {name: np-storm}
		spec: {type: Limited, limited: {nominalConcurrencyShares: 1, lendablePercent: 100, borrowingLimitPercent: 0, limitResponse: {type: Reject}}}
		---
		apiVersion: flowcontrol.apiserver.k8s.io/v1
		kind: FlowSchema
		metadata: {name: np-storm}
		spec:
		  matchingPrecedence: 2
		  priorityLevelConfiguration: {name: np-storm}
		  rules:
		  - subjects: [{kind: Group, group: {name: lab-admins}}]
		    resourceRules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"], namespaces: ["*"], clusterScope: true}]
	END
	start_run storm --kubeconfig "$state/user.conf"
	flood=()
	for _ in 1 2 3 4 5 6; do
		(while :; do KUBECONFIG=$state/user.conf "$(kubectl_program)" get --raw '/api/v1/pods?limit=500' >/dev/null 2>&1 || true; done) &
		flood+=($!)
		pids+=($!)
	done
	wait_for 300 at_least 10 || true
	for p in "${flood[@]}"; do
		kill "$p" 2>/dev/null || true
	done
	end_run
	kubectl delete flowschema/np-storm prioritylevelconfiguration/np-storm >/dev/null
	passes
	counted '.requests_again["429"] > 0'
	ok "429 by API priority and fairness: the run waited its turn"
}

do_cut() {
	port=$(sed -n 's|.*127.0.0.1:\([0-9]*\).*|\1|p' "$state/admin.conf" | head -n 1)
	start_run cut --kubeconfig "$state/admin.conf"
	wait_for 240 at_least 3 || die "the run does not get anywhere: $(cat "$scratch/$name.out")"
	for _ in 1 2 3 4 5; do
		ss -K state established dst 127.0.0.1 dport = ":$port" >/dev/null 2>&1 || true
		sleep 4
	done
	end_run
	passes
	counted '.streams_reopened > 0'
	ok "every connection to the API server cut five times: streams were opened again"
}

do_evict() {
	start_run evict --workers 1 --kubeconfig "$state/admin.conf"
	wait_for 240 at_least 3 || die "the run does not get anywhere: $(cat "$scratch/$name.out")"
	evicted=0
	for _ in 1 2 3 4 5 6; do
		pod=$(kubectl get pods -A --no-headers | awk '$1 ~ /^np-[a-z0-9]+-[0-9]+-x$/ && $4 == "Running" { print $1 " " $2; exit }')
		if [ -z "$pod" ]; then
			sleep 0.5
			continue
		fi
		ns=${pod% *}
		pod=${pod#* }
		printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s","namespace":"%s"}}' "$pod" "$ns" >"$scratch/eviction"
		kubectl create --raw "/api/v1/namespaces/$ns/pods/$pod/eviction" -f "$scratch/eviction" >/dev/null 2>&1 && evicted=$((evicted + 1))
		sleep 4
	done
	end_run
	[ "$evicted" -gt 0 ] || die "nothing could be evicted"
	passes
	counted '.cases_again > 0'
	jq -r 'select(.again) | "   \(.case): \(.reason)"' "$scratch/evict/run.jsonl"
	ok "$evicted pods evicted: named, and their cases judged again"
}

do_crash_node() {
	start_run crash --kubeconfig "$state/admin.conf"
	wait_for 240 at_least 5 || die "the run does not get anywhere: $(cat "$scratch/$name.out")"
	done_before=$(cases_done)
	$lab crash node-b
	end_run
	no_failures
	[ "$status" -eq 3 ] || die "$name: status $status"
	contains "$scratch/$name.out" "node-b"
	at_least "$done_before" || die "results were lost"
	ok "a node crashed: $(tail -n 1 "$scratch/$name.out")"
	$lab node-start node-b
	"$np" clean --kubeconfig "$state/admin.conf" >/dev/null 2>&1 || true
	status=0
	"$np" run --quiet --external "$external" --kubeconfig "$state/admin.conf" --case "$cases" --resume "$scratch/crash" \
		>"$scratch/crash.out" 2>&1 </dev/null || status=$?
	no_failures
	[ "$status" -eq 0 ] || die "resumed: status $status: $(tail -n 5 "$scratch/crash.out")"
	ok "and once it is back the run resumes: $(tail -n 1 "$scratch/crash.out")"
}

# The longest watch is a campaign's, of the agents' pods; the cluster's DNS stands for one here.
epochs_done() {
	[ "$(grep -c '"answers"' "$scratch/watch/journal.ndjson" 2>/dev/null || true)" -ge "$1" ]
}

do_watch() {
	"$np" fuzz live --kubeconfig "$state/admin.conf" --i-own-this-cluster lab --agent-selector k8s-app=kube-dns --findings "$scratch/crashes" \
		--for 90s --stop-after 1 --max-tests 2 --patience 5s --settle 1s --format json --out "$scratch/watch" >"$scratch/watch.json" 2>"$scratch/watch.err" </dev/null &
	run=$!
	pids+=("$run")
	wait_for 60 epochs_done 2 || die "no epoch ended: $(tail -n 3 "$scratch/watch.err")"
	# What the watch has seen last is older than all that a new API server knows: it answers 410.
	$lab restart-api >/dev/null 2>&1
	before=$(grep -c '"answers"' "$scratch/watch/journal.ndjson")
	wait_for 60 epochs_done $((before + 2)) || die "the campaign does not go on: $(tail -n 3 "$scratch/watch.err")"
	for node in node-a node-b; do
		# shellcheck disable=SC2016 # expanded on the node
		$lab exec "$node" sh -c 'p=$(pgrep -x coredns) && kill -SEGV $p' && break
	done
	status=0
	wait "$run" || status=$?
	[ "$status" -eq 1 ] || die "the campaign: status $status: $(tail -n 3 "$scratch/watch.err") $(cat "$scratch/watch.json")"
	jq -e '.watch_again > 0 and .restarts == 1' "$scratch/watch.json" >/dev/null || die "$(cat "$scratch/watch.json")"
	jq -se 'any(.component == "coredns" and .kind == "crash")' "$scratch"/crashes/*/report.json >/dev/null ||
		die "the death of CoreDNS was not seen: $(cat "$scratch/watch.json")"
	ok "the API server restarted under a watch: taken up again $(jq -r '"\(.watch_again) times, \(.watch_trouble)"' "$scratch/watch.json"); a death after that was seen"
}

[ $# -gt 0 ] || set -- credentials calm restart-api frozen-api storm cut evict watch crash-node
for what; do
	"do_${what//-/_}"
done
