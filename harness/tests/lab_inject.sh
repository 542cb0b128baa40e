#!/bin/sh
# --inject on a real Kubernetes: needs a lab that is up (make lab-up; LAB=name for one of another
# name). Pods of busybox become agents, also those that are made anew during a case; an image
# without a shell ends the run with a sentence.
set -eu
. harness/tests/lib.sh
[ "$(id -u)" -eq 0 ] || skip "a lab needs root"
lab/lab.sh status >"$scratch/status" 2>&1 || skip "no lab is up: make lab-up"
kubeconfig=$(sed -n 's/^KUBECONFIG=//p' "$scratch/status")
state=$(dirname "$kubeconfig")
test -r "$kubeconfig" || die "$(cat "$scratch/status")"
! grep -q 'CNI=none' "$scratch/status" || skip "this lab enforces nothing"
command -v busybox >/dev/null || skip "busybox is not installed (package busybox-static)"

harness/tests/stock-image.sh "$state/stock.tar" netpolcheck.example/stock:1
for node in $(lab/lab.sh kubectl get nodes -o name); do
	expect_status 0 lab/lab.sh exec "${node#node/}" ctr -n k8s.io images import "$state/stock.tar"
done
rm -f "$state/stock.tar"

# run_injected STATUS IMAGE CASE
run_injected() {
	rm -rf "$scratch/record"
	expect_status "$1" "$np" run --quiet --kubeconfig "$kubeconfig" --workers 1 --inject --image "$2" \
		--case "$3" --out "$scratch/record"
}

run_injected 0 netpolcheck.example/stock:1 'updates/recreated-pod*'
contains "$scratch/out" "2 passed, 0 failed, 0 skipped"
grep -q '"inject":true' "$scratch/record/run.jsonl" || die "the record does not say that the agent was copied"
ok "pods of a stock image, two of them made anew in the middle of a case"

run_injected 3 netpolcheck/agent:latest 'updates/recreated-pod'
contains "$scratch/err" "StartError"
contains "$scratch/err" '"sh"'
ok "an image without a shell: status 3, saying so"

expect_status 3 env NETPOLCHECK_AGENT="$scratch/none" "$np" run --quiet --kubeconfig "$kubeconfig" --inject \
	--case 'updates/recreated-pod' --out "$scratch/record2"
contains "$scratch/err" "'$scratch/none'"
ok "no agent to copy: status 3, naming the file"

echo "$n_ok checks of --inject"
