#!/bin/sh
# deploy/job.yaml and deploy/job.sh without a cluster that has Jobs: the manifest's command line as four shards at once in one sandbox,
# merged; then job.sh on a kubectl that answers as that cluster would: a pod killed in the middle, one that found nothing to run with.
# A real Job: lab_job.sh.
set -eu
. harness/tests/lib.sh
case $BUILD in *asan*) skip "shell, and runs as other scripts have them" ;; esac
need_sandbox
command -v jq >/dev/null || skip "jq is not installed"

# ---- the manifest ----

# The arguments of deploy/job.yaml as a kubelet hands them over, for a completion index and without the target.
job_args() {
	sed -n '/^        args:/,/^        [a-z]*Context:/s/^        - //p' deploy/job.yaml | grep -v -e '^--in-cluster$' -e '^--out=' |
		sed "s/\$(JOB_COMPLETION_INDEX)/$1/"
}
[ "$(job_args 2 | tr '\n' ' ')" = "run --quiet --format=record --shard=index=2/4 " ] || die "arguments: $(job_args 2)"
for p in /usr/bin/python3 python3; do
	"$p" -c 'import yaml' 2>/dev/null || continue
	"$p" - <<'END' || die "deploy/job.yaml"
import yaml
j = yaml.safe_load(open("deploy/job.yaml"))
s = j["spec"]; pod = s["template"]["spec"]; c = pod["containers"][0]
rbac = list(yaml.safe_load_all(open("deploy/rbac.yaml")))
assert s["completionMode"] == "Indexed" and s["completions"] == s["parallelism"] == 4
assert "--shard=index=$(JOB_COMPLETION_INDEX)/%d" % s["completions"] in c["args"]
assert pod["restartPolicy"] == "Never" and s["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [1, 2]
accounts = [(o["metadata"]["namespace"], o["metadata"]["name"]) for o in rbac if o["kind"] == "ServiceAccount"]
assert (j["metadata"]["namespace"], pod["serviceAccountName"]) in accounts
# What the namespace of deploy/rbac.yaml enforces: restricted.
sec = c["securityContext"]
assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
assert not sec["allowPrivilegeEscalation"] and sec["capabilities"] == {"drop": ["ALL"]} and sec["readOnlyRootFilesystem"]
assert {v["mountPath"] for v in c["volumeMounts"]} == {"/tmp"} and "emptyDir" in pod["volumes"][0]
END
	ok "the manifest fits deploy/rbac.yaml and the restricted level"
	break
done

# ---- four shards at once in one cluster ----

cases="--case peers/a* --case peers/o* --case peers/b* --case ports/e*"
verdicts() { "$np" report show --format json "$1" | jq -c '[.passed, .failed, .skipped, .exit, (.cases | map([.case, .result]))]'; }
start_sandbox --log "$scratch/log"
# shellcheck disable=SC2046,SC2086 # lists of words
for i in 0 1 2 3; do
	"$np" $(job_args $i) --kubeconfig "$scratch/kubeconfig" --out "$scratch/run-$i" $cases >"$scratch/pod-$i" 2>"$scratch/err-$i" </dev/null &
	eval "pid_$i=$!"
done
for i in 0 1 2 3; do
	eval "wait \$pid_$i" || die "shard $i: $(tail -n 3 "$scratch/err-$i")"
	cmp -s "$scratch/pod-$i" "$scratch/run-$i/run.jsonl" || die "shard $i: the output is not the record"
done
jq -es 'map(select(.type == "preflight").capabilities["host-pods"]) == [true, true, true, true]' "$scratch"/pod-? >/dev/null ||
	die "a shard has no agents on the nodes' own network: their ports are another's"
ok "four shards at once in one cluster, each with its record as output and with agents on the nodes themselves"
stop_sandbox
"$np" report merge "$scratch"/pod-? --out "$scratch/merged" --gate >"$scratch/out" || die "merge: $(tail -n 1 "$scratch/out")"
# shellcheck disable=SC2086 # a list of words
expect_status 0 "$np" run --quiet --out "$scratch/whole" $cases
[ "$(verdicts "$scratch/merged")" = "$(verdicts "$scratch/whole")" ] || die "not what one run says: $(verdicts "$scratch/merged")"
n=$(jq -r 'select(.type == "run").id' "$scratch"/pod-? | sort -u | wc -l)
[ "$n" -eq 4 ] || die "$n runs"
ok "merged they say what one run says, and no two have the same namespaces"

# ---- job.sh ----

# A kubectl that knows one Job: pods become done one look after the other. Shard 1's first pod was killed, its log is cut.
mkdir "$scratch/bin" "$scratch/state"
cat >"$scratch/bin/kubectl" <<'END'
#!/bin/sh
echo "$*" >>"$STATE/calls"
case $* in
version) ;;
'get namespace netpolcheck') [ -e "$STATE/ns" ] ;;
'apply -f'*rbac.yaml) : >"$STATE/ns" ;;
'delete -f'*'rbac.yaml --timeout=180s') rm "$STATE/ns" ;;
'create -f '*) cp "$3" "$STATE/job.yaml" && : >"$STATE/looks" ;;
*'get job netpolcheck -o'*) [ -e "$STATE/job.yaml" ] || exit 1; [ "$(wc -l <"$STATE/looks")" -lt 4 ] || cat "$STATE/ended" ;;
*'get job netpolcheck') [ -e "$STATE/job.yaml" ] ;;
*'delete job netpolcheck'*) rm -f "$STATE/job.yaml" ;;
*'get pods '*) echo >>"$STATE/looks"; head -n "$(wc -l <"$STATE/looks")" "$STATE/pods" ;;
*'get pod '*exitCode*) cat "$STATE/exit" ;;
*'get pod '*) echo '{"terminated":{}}' ;;
*--limit-bytes*) head -c 4000 "$STATE/$4.log" ;;
*' logs '*) cat "$STATE/$4.log" ;;
*'delete namespace '*) ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
END
chmod +x "$scratch/bin/kubectl"
STATE=$scratch/state KUBECTL=$scratch/bin/kubectl NETPOLCHECK=$np POLL=0.1
export STATE KUBECTL NETPOLCHECK POLL
printf '%s\n' '0 p0 Succeeded' '1 p1-killed Failed' '2 p2 Succeeded' '3 p3 Failed' '1 p1 Succeeded' >"$STATE/pods"
for i in 0 1 2 3; do cp "$scratch/pod-$i" "$STATE/p$i.log"; done
head -n 4 "$scratch/pod-1" | sed 's/"id":"[a-z0-9]*"/"id":"killed22"/' >"$STATE/p1-killed.log"
echo "netpolcheck run: something on standard error" >>"$STATE/p3.log"
echo Complete >"$STATE/ended"
expect_status 0 env OUT="$scratch/job" deploy/job.sh --tier=smoke "--agent=it's mine"
[ "$(verdicts "$scratch/job/merged")" = "$(verdicts "$scratch/whole")" ] || die "not what one run says"
[ -s "$scratch/job/merged/junit.xml" ] && [ -s "$scratch/job/p1-killed.log" ] || die "what is kept: $(ls "$scratch/job")"
for text in "'--tier=smoke'" "'--agent=it''s mine'" '--shard=index=$(JOB_COMPLETION_INDEX)/4' 'image: netpolcheck/netpolcheck:latest'; do
	contains "$scratch/job/job.yaml" "$text"
done
for id in killed22 $(jq -r 'select(.type == "run").id' "$scratch"/pod-?); do
	grep -q "delete namespace -l app.kubernetes.io/managed-by=netpolcheck,netpolcheck.io/run=$id " "$STATE/calls" || die "the run $id is not removed"
done
[ ! -e "$STATE/ns" ] && [ ! -e "$STATE/job.yaml" ] || die "something stays in the cluster"
ok "job.sh: the logs of the last attempts merged, all runs removed, the killed one too"

# A namespace that was there stays; another number of shards and image; a result is never overwritten.
: >"$STATE/ns"
expect_status 2 env OUT="$scratch/job" deploy/job.sh
contains "$scratch/err" "holds a result already"
rm "$STATE/looks"
expect_status 2 env OUT="$scratch/three" SHARDS=3 IMAGE=registry.example/np:1 deploy/job.sh
contains "$scratch/err" "of 4 shards there is no 4"
for text in 'completions: 3' 'parallelism: 3' 'image: registry.example/np:1' '$(JOB_COMPLETION_INDEX)/3'; do contains "$scratch/three/job.yaml" "$text"; done
[ -e "$STATE/ns" ] || die "a namespace of others is gone"
ok "job.sh: other shards are noticed, what was there stays"

# A shard without a verdict is none of the run: 3, and 2 where the command line was nonsense.
rm "$STATE/looks"
echo Failed >"$STATE/ended"
echo 3 >"$STATE/exit"
sed -i 5d "$STATE/pods"
expect_status 3 env OUT="$scratch/lost" deploy/job.sh
contains "$scratch/err" "shard 2 of 4 has no verdict; its last pod, p1-killed"
rm "$STATE/looks"
echo 2 >"$STATE/exit"
expect_status 2 env OUT="$scratch/usage" deploy/job.sh
[ ! -e "$scratch/lost/merged" ] || die "merged without a shard"
expect_status 2 env SHARDS=x OUT="$scratch/none" deploy/job.sh
: >"$STATE/job.yaml"
expect_status 3 env OUT="$scratch/none" deploy/job.sh
contains "$scratch/err" "there is a Job 'netpolcheck'"
[ -e "$STATE/job.yaml" ] || die "somebody else's Job is gone"
ok "job.sh: no verdict is status 3, a mistake 2, another's Job is left alone"
