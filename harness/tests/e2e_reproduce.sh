#!/bin/sh
# A failure's script shows the bug with kubectl alone where the bug is, and says so where it is not.
set -eu
. harness/tests/lib.sh
need_sandbox
command -v kubectl >/dev/null 2>&1 || skip "no kubectl here"

# One case for each fault: a direction, an update of a pod after the policy, an address outside with an except.
faults="egress-ignored:isolation/default-deny-egress label-update-ignored:updates/pod-enters-and-leaves-peers
except-ignored:cidr/one-except"
export KUBECONFIG="$scratch/kubeconfig" KUBECACHEDIR="$scratch/cache" WAIT=3 PAUSE=1

folder_of() {
	echo "$scratch/run-$1/failures/$(echo "$2" | tr / -)"
}

# The scripts' namespaces are gone when they end.
nothing_left() {
	left=$(kubectl get namespaces -o name | grep -c np-repro || true)
	[ "$left" -eq 0 ] || die "$left namespaces are left"
}

for pair in $faults; do
	fault=${pair%%:*}
	id=${pair#*:}
	expect_status 1 "$np" run --quiet --timeout 1s --fault "$fault" --suite "suites/$id.yaml" --out "$scratch/run-$fault"
	dir=$(folder_of "$fault" "$id")
	contains "$scratch/out" "reproduce: $dir/reproduce.sh"
	start_sandbox --fault "$fault"
	expect_status 0 timeout 120 "$dir/reproduce.sh"
	contains "$scratch/out" "the bug shows"
	nothing_left
	stop_sandbox
	ok "$fault shows in a script of $id"
done

# The same scripts where nothing is wrong.
start_sandbox
for pair in $faults; do
	dir=$(folder_of "${pair%%:*}" "${pair#*:}")
	expect_status 1 timeout 120 "$dir/reproduce.sh"
	contains "$scratch/out" "the bug does not show"
	ok "and not without ${pair%%:*}"
done
nothing_left

expect_status 2 "$dir/reproduce.sh" --help
ok "usage is status 2"

# Interrupted in its longest wait, it still removes what it made. (A shell's background job ignores SIGINT, hence SIGTERM.)
WAIT=600 "$dir/reproduce.sh" >"$scratch/out" 2>&1 </dev/null &
pid=$!
made() {
	kubectl get namespaces -o name | grep -q np-repro
}
wait_for 30 made || die "the script makes nothing: $(cat "$scratch/out")"
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ] || die "interrupted, but status $status: $(cat "$scratch/out")"
nothing_left
ok "interrupted: status 130, nothing stays"

stop_sandbox
expect_status 3 timeout 60 "$dir/reproduce.sh"
ok "without a cluster it is status 3"
