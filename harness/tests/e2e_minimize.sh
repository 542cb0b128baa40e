#!/bin/sh
# Failing cases made smaller: on the model, from a run's failure folder, in the sandbox; what is left fails as a file and
# where the fault is, and nowhere else.
set -eu
. harness/tests/lib.sh

# number FILE KEY: a number of the result, "after.pods"
number() {
	python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."): v = v[key]
print(int(v))' "$1" "$2"
}

# at_most N FILE KEY
at_most() {
	[ "$(number "$2" "$3")" -le "$1" ] || die "$3 is $(number "$2" "$3"), more than $1"
}

expect_status 0 "$np" minimize --model --fault except-ignored --case cidr/one-except --out "$scratch/model" --format json
cp "$scratch/out" "$scratch/model.json"
at_most 1 "$scratch/model.json" after.pods
at_most 1 "$scratch/model.json" after.policies
[ "$(number "$scratch/model.json" minimal)" -eq 1 ] || die "not said to be minimal"
for f in README.md manifests.yaml reproduce.sh run.jsonl minimized/cidr-one-except.yaml worlds/cidr-one-except.yaml; do
	[ -s "$scratch/model/$f" ] || die "no $f"
done
sh -n "$scratch/model/reproduce.sh" || die "reproduce.sh is no shell script"
contains "$scratch/model/README.md" "x/a -> ext/a TCP:80: expected deny, seen allowed"
contains "$scratch/model/README.md" "What was left out"
expect_status 1 "$np" run --model --fault except-ignored --suite "$scratch/model/minimized/cidr-one-except.yaml" \
	--out "$scratch/model-run" --quiet
expect_status 0 "$np" run --model --suite "$scratch/model/minimized" --out "$scratch/model-right" --quiet
ok "on the model, and the file fails there and passes without the mutant"

expect_status 0 "$np" minimize "$scratch/model-run/failures/minimized-cidr-one-except" \
	--suite "$scratch/model/minimized" --out "$scratch/again" --quiet
contains "$scratch/out" "model with the mutant except-ignored"
ok "from the failure folder of a run, with its target"

expect_status 0 "$np" run --model --generated 40 --seed 5 --out "$scratch/right" --quiet
expect_status 1 "$np" run --model --generated 40 --seed 5 --fault except-ignored --out "$scratch/generated" --quiet
folder=$(find "$scratch/generated/failures" -name 'generated-s5-*' | sort | head -n 1)
expect_status 0 "$np" minimize "$folder" --out "$scratch/small" --format json
cp "$scratch/out" "$scratch/small.json"
at_most 3 "$scratch/small.json" after.pods
at_most 2 "$scratch/small.json" after.policies
ok "a generated case whose files are gone"

expect_status 1 "$np" minimize --model --case cidr/one-except --out "$scratch/passes" --quiet
contains "$scratch/out" "does not fail any more"
[ ! -e "$scratch/passes" ] || die "a folder for a case that passes"
expect_status 2 "$np" minimize --model
expect_status 2 "$np" minimize --model --case 'cidr/*' --out "$scratch/many"
expect_status 2 "$np" minimize --model --case no/such --out "$scratch/none"
expect_status 2 "$np" minimize --model --fault no-such --case cidr/one-except --out "$scratch/none"
expect_status 2 "$np" minimize --model --kubeconfig x --case cidr/one-except --out "$scratch/none"
expect_status 2 "$np" minimize "$scratch/nowhere"
expect_status 2 "$np" minimize --model --fault except-ignored --case cidr/one-except --out "$scratch/model"
contains "$scratch/err" "already holds a record"
expect_status 2 "$np" minimize --model --fault except-ignored --case cidr/one-except --cell "x/a -> x/b TCP:80" \
	--out "$scratch/cell"
contains "$scratch/err" "is not wrong in this case"
printf '%s\n' 'apiVersion: v1' 'kind: Config' 'current-context: c' 'clusters:' \
	'- {name: c, cluster: {server: "http://127.0.0.1:9"}}' 'contexts:' '- {name: c, context: {cluster: c, user: u}}' \
	'users:' '- {name: u, user: {}}' >"$scratch/nobody"
expect_status 3 "$np" minimize --kubeconfig "$scratch/nobody" --api-wait 1s --case cidr/one-except --out "$scratch/none"
ok "exit statuses"

if [ "$(id -u)" -ne 0 ] && ! unshare --user --map-root-user --net true 2>/dev/null; then
	skip "user namespaces are refused here"
fi

workers=1
# Denied where it must be open, open where it must be denied, and a change that is not seen.
for pair in peers-anded:peers/or-of-two-peers and-as-or:peers/and-in-one-peer label-update-ignored:updates/pod-enters-and-leaves-peers; do
	fault=${pair%%:*} case=${pair#*:}
	expect_status 0 "$np" minimize --fault "$fault" --case "$case" --workers "$workers" --out "$scratch/$fault" --format json --quiet
	workers=$((workers + 1))
	cp "$scratch/out" "$scratch/$fault.json"
	at_most 3 "$scratch/$fault.json" after.pods
	at_most 2 "$scratch/$fault.json" after.policies
	expect_status 1 "$np" run --fault "$fault" --suite "$scratch/$fault/minimized" --out "$scratch/$fault-run" --quiet
	ok "$case with $fault: $(number "$scratch/$fault.json" after.pods) pods, $(number "$scratch/$fault.json" candidates) candidates"
done
expect_status 0 "$np" run --suite "$scratch/peers-anded/minimized" --out "$scratch/anded-right" --quiet
ok "what is left passes without the fault"

if command -v kubectl >/dev/null 2>&1; then
	export KUBECONFIG="$scratch/kubeconfig" KUBECACHEDIR="$scratch/cache" WAIT=3 PAUSE=1
	start_sandbox --fault and-as-or
	expect_status 0 "$scratch/and-as-or/reproduce.sh"
	stop_sandbox
	start_sandbox
	expect_status 1 "$scratch/and-as-or/reproduce.sh"
	stop_sandbox
	ok "the script shows it with kubectl alone, and not where there is no fault"
fi

"$np" minimize --fault and-as-or --case peers/and-in-one-peer --out "$scratch/stopped" --quiet >/dev/null 2>&1 </dev/null &
pid=$!
sleep 2
kill -TERM "$pid"
got=0
wait "$pid" || got=$?
[ "$got" -eq 130 ] || die "status $got after an interruption, not 130"
[ ! -e "$scratch/stopped" ] || die "a folder after an interruption"
ok "interrupted"
echo "1..$n_ok"
