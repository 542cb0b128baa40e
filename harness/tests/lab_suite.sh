#!/bin/bash
# A real Kubernetes with a real agent, brought up, judged by the whole suite, and taken down again. CNI names the agent.
# Deviations of its own are waived in results/known; anything else is a failure. Skipped where a lab cannot be had.
set -euo pipefail
# shellcheck source=harness/tests/lib.sh
. harness/tests/lib.sh
[ "$(id -u)" -eq 0 ] || skip "a lab needs root"
CNI=${CNI:-kube-router}
LAB=check$$
export CNI LAB BUILD

down() {
	lab/lab.sh down >"$scratch/down" 2>&1 || cat "$scratch/down" >&2
	finish
}
trap down EXIT

status=0
lab/lab.sh up >"$scratch/up" 2>&1 </dev/null || status=$?
[ "$status" -ne 77 ] || skip "$(tail -n 1 "$scratch/up")"
[ "$status" -eq 0 ] || die "lab up: $(tail -n 3 "$scratch/up")"
ok "$(tail -n 1 "$scratch/up")"

# As the service account of deploy/rbac.yaml, whose few permissions must be enough for the whole suite.
state=/run/netpolcheck-lab/$LAB
lab/lab.sh kubectl apply -f deploy/rbac.yaml >/dev/null
token=$(lab/lab.sh kubectl -n netpolcheck create token netpolcheck --duration=2h)
sed -n '/^users:/q; p' "$state/token.conf" >"$scratch/kubeconfig"
cat >>"$scratch/kubeconfig" <<-END
	users:
	- name: lab
	  user: {token: $token}
	contexts:
	- name: lab
	  context: {cluster: lab, user: lab}
	current-context: lab
END

waivers=
[ ! -e "results/known/$CNI.yaml" ] || waivers="--waivers results/known/$CNI.yaml"
external=$(lab/lab.sh status | sed -n 's/^external host: //p')
# shellcheck disable=SC2086 # a list of words
"$np" run --kubeconfig "$scratch/kubeconfig" --external "$external" $waivers --workers 2 --out "$scratch/record" >"$scratch/suite" 2>&1 </dev/null ||
	status=$?
tail -n 1 "$scratch/suite"
if [ "$status" -ne 0 ]; then
	grep -A 12 -E '^(FAIL|ERROR)' "$scratch/suite" | head -n 100 >&2 || true
	# What was seen of the failing cases, look by look.
	jq -sc '[.[] | select(.type == "case" and .result == "fail") | .case] as $failing | .[] |
		select(.type == "step" and .converged_ms == null and (.case | IN($failing[]))) |
		[.case, .transient, (.observations // [] | .[-6:])]' "$scratch/record/run.jsonl" | cut -c1-2000 | head -n 5 >&2 || true
	tail -n 12 "$scratch/suite" >&2
	die "the suite on $CNI: status $status"
fi
jq -es '.[-1] | .type == "end" and .passed > 200 and .failed == 0' "$scratch/record/run.jsonl" >/dev/null ||
	die "the record: $(tail -n 1 "$scratch/record/run.jsonl")"
ok "the suite on $CNI: $(tail -n 1 "$scratch/suite")"

left=$(lab/lab.sh kubectl get namespaces -o name | grep -c np- || true)
[ "$left" -eq 0 ] || die "$left namespaces are left in the cluster"
ok "nothing is left in the cluster"

status=0
harness/tests/lab_inject.sh >"$scratch/inject" 2>&1 </dev/null || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 77 ] || die "--inject: $(tail -n 5 "$scratch/inject")"
ok "--inject: $(tail -n 1 "$scratch/inject")"

# The validator beside the real API server, by dry run: generated policies and mutants of them.
"$BUILD/tests/parse/check_mutants" --seed "$$" --count 4000 --out "$scratch/mutants"
for mode in api-yaml api-json; do
	"$np" validate --mode "$mode" --against --kubeconfig "$state/admin.conf" --quiet "$scratch/mutants" >"$scratch/against" 2>&1 </dev/null || true
	grep -qE '^2000 documents, .* 0 answered differently$' "$scratch/against" || die "seed $$: $(tail -n 5 "$scratch/against")"
	ok "validate --mode $mode and the API server: $(tail -n 1 "$scratch/against")"
done

# The example workflow of deploy/ci, all of its steps: red, and green with kube-router's waivers.
status=0
PARTS="red green" harness/tests/lab_gate.sh >"$scratch/gate" 2>&1 </dev/null || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 77 ] || die "the gate: $(tail -n 5 "$scratch/gate")"
ok "the gate: $(tail -n 1 "$scratch/gate")"
