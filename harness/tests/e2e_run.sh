#!/bin/sh
# The default suite in the sandbox: conforms, leaves a record and reports, and leaves nothing else.
set -eu
. harness/tests/lib.sh
need_sandbox
use_copy

# Its sockets go here, so that what is left can be told from other sandboxes' files.
mkdir -m 700 "$scratch/runtime"
XDG_RUNTIME_DIR=$scratch/runtime
export XDG_RUNTIME_DIR
expect_status 0 "$np" run --out "$scratch/run"
tail -n 1 "$scratch/out" | grep -qE '^[0-9]+ passed, 0 failed, [0-9]+ skipped$' || die "last line: $(tail -n 1 "$scratch/out")"
ok "the default suite passes"

n_cases=$("$np" cases list --format json | jq '[.[] | select(.profile == "core" or .profile == "extended")] | length')
n_done=$(jq -s '[.[] | select(.type == "case")] | length' "$scratch/run/run.jsonl")
[ "$n_cases" = "$n_done" ] || die "$n_done of $n_cases cases are in the record"
ok "every case of core and extended has a result"

jq -es '.[-1] | .type == "end" and .exit == 0 and .streams_opened == .agents' "$scratch/run/run.jsonl" >/dev/null ||
	die "end line: $(tail -n 1 "$scratch/run/run.jsonl")"
ok "one exec stream for each pod and worker"

xmllint --noout "$scratch/run/junit.xml"
[ "$(xmllint --xpath 'count(//testcase)' "$scratch/run/junit.xml")" = "$n_cases" ] || die "junit.xml does not hold every case"
test -s "$scratch/run/summary.md"
ok "junit.xml and summary.md"

expect_status 0 "$np" run --quiet --case isolation/default-deny-ingress --case 'peers/and-in-one-peer-*' --out "$scratch/two"
[ "$(jq -sr '[.[] | select(.type == "case") | .case] | sort | join(" ")' "$scratch/two/run.jsonl")" = \
	"isolation/default-deny-ingress peers/and-in-one-peer-egress" ] || die "cases of two globs: $(grep '"case"' "$scratch/two/run.jsonl" | cut -c 1-120)"
expect_status 2 "$np" run --quiet --case isolation/default-deny-ingress --case peers/nonsense --out "$scratch/none"
contains "$scratch/err" "no case is selected by 'peers/nonsense'"
ok "--case is repeated: cases of any of the globs; one that selects nothing is said"

# In a cluster whose agents ignore endPort the field is a capability that lacks; a last port that does not count is a bug.
start_sandbox --fault endport-ignored
expect_status 0 "$np" run --quiet --kubeconfig "$scratch/kubeconfig" --timeout 3s --case 'endport/*' --case 'isolation/default-deny-*' --out "$scratch/lacks"
stop_sandbox
jq -es 'any(.[]; .type == "preflight" and .capabilities.endport == false and (.lacking.endport | contains("ignores endPort: of a policy for ports"))) and
	([.[] | select(.type == "case" and .area == "endport")] | length > 0 and all(.result == "skip" and (.reason | contains("ignores endPort")))) and
	any(.[]; .type == "case" and .area == "isolation" and .result == "pass")' "$scratch/lacks/run.jsonl" >/dev/null ||
	die "the capability: $(jq -c 'select(.type == "preflight") | .lacking' "$scratch/lacks/run.jsonl")"
contains "$scratch/out" "the implementation ignores endPort"
ok "endPort ignored: counted skips with the reason"
start_sandbox --fault endport-exclusive
expect_status 1 "$np" run --quiet --kubeconfig "$scratch/kubeconfig" --timeout 2s --case endport/ingress-range --out "$scratch/exclusive"
stop_sandbox
ok "a range without its last port is a failure"

[ -z "$(ls -A "$scratch/runtime")" ] || die "left behind: $(ls -A "$scratch/runtime")"
tries=50
while [ -n "$(leftovers)" ] && [ "$tries" -gt 0 ]; do
	tries=$((tries - 1))
	sleep 0.1
done
[ -z "$(leftovers)" ] || die "still running: $(leftovers)"
ok "no files, no processes stay"
