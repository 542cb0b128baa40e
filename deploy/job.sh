#!/bin/sh
# A run inside the cluster: deploy/job.yaml applied, waited for, read back with plain kubectl, merged and removed.
# Usage: job.sh [options of netpolcheck run, each in one word: --tier=smoke]
#
# Exit status: that of the merged run. 0 conforms, 1 does not, 2 usage, 3 the environment failed or a shard has no verdict, 130 interrupted.
#
# KUBECTL, NETPOLCHECK  the programs; default kubectl in PATH (which reads KUBECONFIG), netpolcheck in PATH or the one built in the
#                       sources that this file is of. The latter merges and need not be the one in the image.
# SHARDS                how many pods; default 4
# IMAGE                 the image of the program; default netpolcheck/netpolcheck:latest (make image-runner)
# OUT                   the folder of what is kept; default netpolcheck-job: merged/ with record and reports, shard-I.jsonl, POD.log
# WAIT                  seconds until it is given up; default 7200
# POLL                  seconds between looks at the pods; default 5
set -u
here=$(cd "$(dirname "$0")" && pwd)
kubectl=${KUBECTL:-kubectl}
program=${NETPOLCHECK:-}
[ -n "$program" ] || program=$(command -v netpolcheck || echo "$here/../build/netpolcheck")
shards=${SHARDS:-4}
image=${IMAGE:-netpolcheck/netpolcheck:latest}
out=${OUT:-netpolcheck-job}
wait=${WAIT:-7200}
poll=${POLL:-5}
ns=netpolcheck
job=netpolcheck
made_ns=
ids=

say() { echo "netpolcheck: $*" >&2; }
fail() {
	status=$1
	shift
	say "$*"
	exit "$status"
}
k() { "$kubectl" -n "$ns" "$@"; }

# The manifest for so many shards, that image and these options of the run.
manifest() {
	options=
	for o; do
		o=$(printf '%s' "$o" | sed "s/'/''/g")
		options="$options
        - '$o'"
	done
	while IFS= read -r line; do
		case $line in
		'  completions: '*) echo "  completions: $shards" ;;
		'  parallelism: '*) echo "  parallelism: $shards" ;;
		'        image: '*) echo "        image: $image" ;;
		*'--shard='*) echo "${line%/*}/$shards$options" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$here/job.yaml"
}

# Everything of this Job and of its runs, those too that were killed. What a run removes itself is waited for.
remove() {
	trap '' INT TERM
	k delete job "$job" --ignore-not-found --cascade=foreground --timeout=180s >/dev/null 2>&1 ||
		say "the Job '$job' in the namespace '$ns' is still there"
	for id in $ids; do
		"$kubectl" delete namespace -l "app.kubernetes.io/managed-by=netpolcheck,netpolcheck.io/run=$id" --wait=false >/dev/null 2>&1
	done
	# The next one cannot make anything in a namespace that is still going.
	[ -z "$made_ns" ] || "$kubectl" delete -f "$here/rbac.yaml" --timeout=180s >/dev/null 2>&1 || say "deploy/rbac.yaml is still there"
}

# Its pods, the oldest first: index, name, phase.
pods() {
	k get pods -l "job-name=$job" --sort-by=.metadata.creationTimestamp -o \
		'jsonpath={range .items[*]}{.metadata.annotations.batch\.kubernetes\.io/job-completion-index} {.metadata.name} {.status.phase}{"\n"}{end}'
}

# The run of a pod, from the first line of its record: what to remove should the pod be killed.
note_run() {
	[ ! -e "$out/$1.run" ] || return 0
	id=$(k logs "$1" --limit-bytes=4000 2>/dev/null | sed -n 's/^{"type":"run".*"id":"\([a-z0-9]*\)".*/\1/p' | head -n 1)
	[ -z "$id" ] || { ids="$ids $id" && echo "$id" >"$out/$1.run"; }
}

# Logs of pods that have ended, at once: somebody may take the pods away. The last attempt of a shard with a verdict counts.
look() {
	pods >"$out/pods" || return 0
	while read -r index pod phase; do
		[ -n "$phase" ] && [ ! -e "$out/$pod.log" ] || continue
		note_run "$pod"
		case $phase in Succeeded | Failed) ;; *) continue ;; esac
		k logs "$pod" >"$out/$pod.part" 2>/dev/null || continue
		mv "$out/$pod.part" "$out/$pod.log"
		say "shard $((index + 1)) of $shards: pod $pod has ended ($phase)"
		! grep -q '^{"type":"end"' "$out/$pod.log" || grep '^{' "$out/$pod.log" >"$out/shard-$((index + 1)).jsonl"
	done <"$out/pods"
}

# complete, failed or empty
state() {
	k get job "$job" -o 'jsonpath={range .status.conditions[?(@.status=="True")]}{.type}{"\n"}{end}' 2>/dev/null | grep -xE 'Complete|Failed' | head -n 1
}

# Why there is no record of shard $1: what its last pod said, and its status.
missing() {
	pod=$(awk -v i="$(($1 - 1))" '$1 == i { p = $2 } END { print p }' "$out/pods")
	[ -n "$pod" ] || { say "shard $1 of $shards has no pod" && return; }
	say "shard $1 of $shards has no verdict; its last pod, $pod:"
	tail -n 3 "$out/$pod.log" 2>/dev/null | cut -c 1-300 >&2
	k get pod "$pod" -o 'jsonpath={range .status.containerStatuses[*]}{.state}{"\n"}{end}' 2>/dev/null | cut -c 1-300 >&2
	[ "$(k get pod "$pod" -o 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}' 2>/dev/null)" != 2 ] || worst=2
}

case $shards in '' | *[!0-9]* | 0) fail 2 "SHARDS=$shards: a number from 1 on" ;; esac
case ${1:-} in --help | -h) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit 0 ;; esac
[ ! -e "$out/merged" ] || fail 2 "'$out' holds a result already; OUT names another folder"
mkdir -p "$out" || exit 3
rm -f "$out"/*.log "$out"/*.run "$out"/shard-*.jsonl
"$program" version >/dev/null 2>&1 || fail 2 "no program '$program' to merge with; NETPOLCHECK names it"
"$kubectl" version >/dev/null 2>"$out/kubectl.err" || fail 3 "$(head -n 1 "$out/kubectl.err")"
[ -z "$(state)" ] && ! k get job "$job" >/dev/null 2>&1 || fail 3 "there is a Job '$job' in the namespace '$ns' already: kubectl -n $ns delete job $job"

"$kubectl" get namespace "$ns" >/dev/null 2>&1 || made_ns=yes
trap remove EXIT
trap 'exit 130' INT TERM
"$kubectl" apply -f "$here/rbac.yaml" >/dev/null || fail 3 "deploy/rbac.yaml cannot be applied"
manifest "$@" >"$out/job.yaml"
"$kubectl" create -f "$out/job.yaml" >/dev/null || fail 3 "the Job cannot be made"
say "$shards shards are on their way; kubectl -n $ns get pods shows them"

until=$(($(date +%s) + wait))
while [ -z "$(state)" ]; do
	[ "$(date +%s)" -lt "$until" ] || fail 3 "the Job has not ended within $wait s"
	look
	sleep "$poll" &
	wait $! # so that a signal is heeded at once
done
look

worst=3
n=1
set --
while [ "$n" -le "$shards" ]; do
	[ -s "$out/shard-$n.jsonl" ] || missing "$n"
	set -- "$@" "$out/shard-$n.jsonl"
	n=$((n + 1))
done
for f; do [ -s "$f" ] || exit "$worst"; done
"$program" report merge --gate --out "$out/merged" "$@"
status=$?
rm -f "$out/pods" "$out"/*.run "$out/kubectl.err"
exit "$status"
