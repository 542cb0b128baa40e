#!/bin/sh
# The gate as a stranger gets it: the steps of the example workflow and of the action, against a cluster with a wrong enforcer.
# Red; green with waivers; red when a waiver is without use; no verdict told apart and tried again.
set -eu
. harness/tests/lib.sh
# shellcheck source=harness/tests/ci-steps.sh
. harness/tests/ci-steps.sh
# shellcheck source=harness/tests/sonobuoy.sh
. harness/tests/sonobuoy.sh
need_sandbox
NETPOLCHECK=$np
NETPOLCHECK_ARGS="--timeout 3s --suite peers --case peers/and-in-one-peer --case peers/or-of-two-peers"
GITHUB_ACTIONS=true
export NETPOLCHECK NETPOLCHECK_ARGS GITHUB_ACTIONS

step deploy/ci/github/workflow.yaml gate.sh >"$scratch/gate-step"
step deploy/ci/github/action.yml gate.sh >"$scratch/action-step"
ln -s "$PWD" "$scratch/netpolcheck" # what the workflow checks out
[ -s "$scratch/gate-step" ] && [ -s "$scratch/action-step" ] || die "the steps are not there"
# GitLab's script, one command a line.
sed -n '/^  script:/,/^  [a-z]*:$/s/^    - //p' deploy/ci/gitlab-ci.yml >"$scratch/gitlab-step"
[ "$(wc -l <"$scratch/gitlab-step")" -eq 1 ] || die "GitLab's script: $(cat "$scratch/gitlab-step")"
# Nothing that a reader has to fill in stands where a service would look it up.
if grep -rnE '(OWNER|ORG)/|@REF' deploy/ci; then die "a placeholder"; fi
# Files and targets of ours that the examples name are there.
for path in $(grep -rhoE 'netpolcheck/deploy/[a-z./-]*[a-z]' deploy/ci | sort -u); do [ -e "${path#netpolcheck/}" ] || die "no $path"; done
for target in $(grep -rhE '^ +(- )?make -C netpolcheck ' deploy/ci | sed 's/.*-C netpolcheck //' | tr ' ' '\n' | sort -u); do
	grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || die "no target $target"
done

: >"$scratch/waivers.yaml"
start_sandbox --fault and-as-or
gate 1 red
contains "$scratch/out" "::error title=peers/and-in-one-peer,file="
read_junit red 1 0
read_sarif red 1 0
grep -q '1 failed' "$scratch/red.summary" || die "the job's summary"
[ -s "$scratch/red/report.html" ] && [ -x "$scratch/red/run-1/failures/peers-and-in-one-peer/reproduce.sh" ] || die "artifacts"
ok "red on a seeded fault, with annotations, junit, sarif and a summary"

expect_status 0 "$np" report waive "$scratch/red/run-1" --reason "known" --link https://example.org/1 --agent mine --out "$scratch/waivers.yaml"
gate 0 green
contains "$scratch/out" "::notice title=peers/and-in-one-peer,"
read_junit green 0 0
read_sarif green 0 1
ok "green with its waiver"
expect_status 0 env ARTIFACTS="$scratch/gitlab" KUBECONFIG="$scratch/kubeconfig" GITHUB_ACTIONS= sh -ec "cd '$scratch' && . ./gitlab-step"
[ -s "$scratch/gitlab/junit_netpolcheck.xml" ] || die "GitLab's artifacts"
ok "GitLab's script"

# The action, by its inputs; Sonobuoy's results beside.
expect_status 0 env IN_KUBECONFIG="$scratch/kubeconfig" IN_WAIVERS="$scratch/waivers.yaml" IN_AGENT=mine IN_VERSION=1.0 IN_MODE= IN_ARGS="$NETPOLCHECK_ARGS" \
	GITHUB_ACTION_PATH="$PWD/deploy/ci/github" SONOBUOY_RESULTS_DIR="$scratch/sonobuoy" sh -e "$scratch/action-step"
jq -es 'any(.[]; .type == "run" and .agent == {"name": "mine", "version": "1.0"})' "$scratch/sonobuoy/run-1/run.jsonl" >/dev/null || die "the action's inputs"
[ "$(cat "$scratch/sonobuoy/done")" = "$scratch/sonobuoy/netpolcheck.tar.gz" ] || die "sonobuoy's file"
take_results "$scratch/sonobuoy/netpolcheck.tar.gz" "$scratch/unpacked"
[ "$(counts "$scratch/unpacked")" = "2 0 0" ] || die "Sonobuoy counts $(counts "$scratch/unpacked")"
ok "the action, and a Sonobuoy plugin's results"
stop_sandbox

start_sandbox
gate 1 unused
contains "$scratch/out" "1 waiver covers nothing"
contains "$scratch/out" "::notice title=peers/and-in-one-peer::it passes, its waiver can go"
ok "red when a waiver is without use"

# An environment that fails once is tried again; one that stays away is no verdict, and not status 1.
cat >"$scratch/once" <<END
#!/bin/sh
if [ "\$1" = run ] && [ ! -e "$scratch/failed-once" ]; then
	: >"$scratch/failed-once"
	exit 3
fi
exec "$np" "\$@"
END
chmod +x "$scratch/once"
: >"$scratch/waivers.yaml"
NETPOLCHECK=$scratch/once
gate 0 again
contains "$scratch/err" "the environment failed; try 2 of 2"
[ -s "$scratch/again/run-2/run.jsonl" ] || die "no second run"
stop_sandbox
NETPOLCHECK=$np
cat >"$scratch/kubeconfig" <<END
apiVersion: v1
kind: Config
current-context: away
contexts: [{name: away, context: {cluster: away, user: away}}]
clusters: [{name: away, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: away, user: {token: t}}]
END
NETPOLCHECK_ARGS="--api-wait 1s --suite peers"
gate 3 away
contains "$scratch/err" "the environment failed; try 2 of 2"
read_junit away 0 1
NETPOLCHECK_ARGS="--no-such-option"
gate 2 usage
read_junit usage 0 1
contains "$scratch/out" "::error title=netpolcheck::no record; exit status 2: "
contains "$scratch/out" "no-such-option"
contains "$scratch/usage/junit_netpolcheck.xml" "no-such-option"
expect_status 2 env NETPOLCHECK="$scratch/none" sh deploy/ci/gate.sh
contains "$scratch/err" "there is no program '$scratch/none'"
ok "status 3 tried again, told apart from 1 and 2"
