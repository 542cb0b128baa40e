#!/bin/bash
# The example workflow as a vendor's repository has it, every step of it, against a real cluster with a real agent that has known bugs:
# red; green with the waivers of results/known, at the second try because the API server is stopped at the first; red when a waiver covers
# nothing; no verdict (3) while the API server stays away. kind is a stand-in that hands over the lab and loads images onto its nodes.
# In LAB=name, if that is up, else in one of its own. CNI (kube-router) is the agent, PARTS (red green unused away) are the runs.
set -euo pipefail
# shellcheck source=harness/tests/lib.sh
. harness/tests/lib.sh
# shellcheck source=harness/tests/ci-steps.sh
. harness/tests/ci-steps.sh
[ "$(id -u)" -eq 0 ] || skip "a lab needs root"
CNI=${CNI:-kube-router}
PARTS=${PARTS:-red green unused away}
[ "$CNI" = kube-router ] || skip "the cases are chosen for kube-router"
own=
[ -n "${LAB:-}" ] || own=yes
LAB=${LAB:-gate$$}
export CNI LAB BUILD
state=/run/netpolcheck-lab/$LAB
frozen=
thawing=

down() {
	[ -z "$thawing" ] || kill "$thawing" 2>/dev/null || true
	[ -z "$frozen" ] || kill -CONT "$frozen" 2>/dev/null || true
	[ -z "$own" ] || lab/lab.sh down >"$scratch/down" 2>&1 || cat "$scratch/down" >&2
	finish
}
trap down EXIT
trap 'exit 130' INT TERM

if [ -n "$own" ]; then
	status=0
	lab/lab.sh up >"$scratch/up" 2>&1 </dev/null || status=$?
	[ "$status" -ne 77 ] || skip "$(tail -n 1 "$scratch/up")"
	[ "$status" -eq 0 ] || die "lab up: $(tail -n 3 "$scratch/up")"
	ok "$(tail -n 1 "$scratch/up")"
fi
[ -s "$state/ready" ] || skip "the lab '$LAB' is not up"

# ---- the repository of a vendor: the submodule, an agent, no waivers ----

mkdir "$scratch/netpolcheck" "$scratch/bin"
for f in "$PWD"/*; do
	case $f in */build | */deploy) ;; *) ln -s "$f" "$scratch/netpolcheck/" ;; esac
done
cp -R deploy "$scratch/netpolcheck/" # what looks for files beside itself must not find those of another build
ln -s "$BUILD" "$scratch/netpolcheck/build"
cat >"$scratch/your-agent.yaml" <<-END
	apiVersion: v1
	kind: ConfigMap
	metadata: {name: your-agent, namespace: kube-system}
END
: >"$scratch/waivers.yaml"
cat >"$scratch/bin/kind" <<-END
	#!/bin/sh
	case "\$1 \$2" in
	'create cluster') cp "$state/admin.conf" "\$6" ;;
	'load image-archive')
		tar=\$(realpath "\$3") && cd "$PWD" || exit 1
		for node in \$(lab/lab.sh kubectl get nodes -o name); do
			lab/lab.sh exec "\${node#node/}" ctr -n k8s.io images import - <"\$tar" || exit 1
		done
		;;
	*) exit 1 ;;
	esac
END
cat >"$scratch/bin/kubectl" <<-END
	#!/bin/sh
	conf=\$(realpath "\$2") && [ "\$1" = --kubeconfig ] || exit 1
	shift 2
	case "\$1 \$2" in
	'apply -f') file=\$(realpath "\$3") && cd "$PWD" && exec lab/lab.sh kubectl --kubeconfig "\$conf" apply -f "\$file" ;;
	wait*) cd "$PWD" && exec lab/lab.sh kubectl --kubeconfig "\$conf" "\$@" ;;
	*) exit 1 ;;
	esac
END
chmod +x "$scratch"/bin/*

# ---- the steps before the gate ----

for text in ' all image' 'kind create' gate.sh; do
	step deploy/ci/github/workflow.yaml "$text" >"$scratch/step"
	[ -s "$scratch/step" ] || die "there is no step with '$text'"
	[ "$text" != gate.sh ] || break
	(cd "$scratch" && PATH=$scratch/bin:$PATH BUILD=build expect_status 0 sh -e step)
done
mv "$scratch/step" "$scratch/gate-step"
[ -s "$scratch/kubeconfig" ] || die "no kubeconfig"
lab/lab.sh kubectl -n kube-system delete configmap your-agent >/dev/null || die "the agent was not applied"
ok "built, a cluster, the agent applied, the image on its nodes"

# ---- the gate ----

# Two that kube-router 2.10 fails, two that it passes.
NETPOLCHECK_ARGS="--workers 2 --timeout 10s --case isolation/allow-all-egress --case named/name-of-nobody --case peers/and-in-one-peer
	--case isolation/default-deny-ingress"
GITHUB_ACTIONS=true
export NETPOLCHECK_ARGS GITHUB_ACTIONS
unset NETPOLCHECK

# judged NAME TRY PASSED FAILED KNOWN
judged() {
	jq -es --argjson p "$3" --argjson f "$4" --argjson k "$5" '.[-1] | .type == "end" and .passed == $p and .failed == $f and .known == $k' \
		"$scratch/$1/run-$2/run.jsonl" >/dev/null || die "$1: $(tail -n 1 "$scratch/$1/run-$2/run.jsonl")"
}

part_red() {
	gate 1 red
	judged red 1 2 2 0
	contains "$scratch/out" "::error title=isolation/allow-all-egress,file="
	contains "$scratch/out" "::error title=named/name-of-nobody,file="
	read_junit red 2 0
	read_sarif red 2 0
	contains "$scratch/red.summary" "2 failed"
	[ -s "$scratch/red/report.html" ] && [ -x "$scratch/red/run-1/failures/named-name-of-nobody/reproduce.sh" ] || die "artifacts"
	ok "red without waivers: annotations, junit, sarif, summary, reproducers ($(($(date +%s) - began)) s)"
}

# pid of this lab's API server, as the machine sees it
api_pid() {
	for p in /proc/[0-9]*; do
		{ tr '\0' ' ' <"$p/cmdline" | grep -q "kube-apiserver .*$state/"; } 2>/dev/null && echo "${p#/proc/}" && return
	done
	return 1
}
freeze() {
	frozen=$(api_pid) || die "no API server found"
	kill -STOP "$frozen"
}

# Thawed as soon as the first try has ended.
part_green() {
	cp results/known/kube-router.yaml "$scratch/waivers.yaml"
	freeze
	(
		wait_for 240 grep -q 'try 2 of 2' "$scratch/err"
		kill -CONT "$frozen"
	) &
	thawing=$!
	NETPOLCHECK_ARGS="$NETPOLCHECK_ARGS --api-wait 5s"
	: >"$scratch/err"
	gate 0 green
	wait "$thawing"
	thawing=
	frozen=
	contains "$scratch/err" "the environment failed; try 2 of 2"
	judged green 2 2 0 2
	contains "$scratch/out" "::notice title=isolation/allow-all-egress,"
	read_junit green 0 0
	read_sarif green 0 2
	ok "the API server stopped: tried again, and green with the waivers of kube-router ($(($(date +%s) - began)) s)"
}

part_unused() {
	printf '%s\n' '- case: peers/and-in-one-peer' '  reason: fixed long ago' >>"$scratch/waivers.yaml"
	gate 1 unused
	judged unused 1 2 0 2
	contains "$scratch/out" "1 waiver covers nothing"
	contains "$scratch/out" "::notice title=peers/and-in-one-peer::it passes, its waiver can go"
	[ "$(xmllint --xpath 'string(//testcase[@name="the run as a whole"]/failure/@type)' "$scratch/unused/junit_netpolcheck.xml")" = nonconformance ] ||
		die "junit is green"
	ok "red again on a waiver without use ($(($(date +%s) - began)) s)"
}

part_away() {
	NETPOLCHECK_ARGS="$NETPOLCHECK_ARGS --api-wait 5s"
	freeze
	gate 3 away
	contains "$scratch/err" "the environment failed; try 2 of 2"
	if grep -q '::error title=[a-z]*/' "$scratch/out"; then die "a case failed without a cluster"; fi
	contains "$scratch/out" "::error title=netpolcheck"
	kill -CONT "$frozen"
	frozen=
	ok "no verdict while the API server stays away: 3, and no case is blamed ($(($(date +%s) - began)) s)"
}

for part in $PARTS; do
	began=$(date +%s)
	"part_$part"
done

gone() {
	[ "$(lab/lab.sh kubectl get namespaces -o name | grep -c np- || true)" -eq 0 ]
}
wait_for 60 gone || die "it stays: $(lab/lab.sh kubectl get namespaces -o name | grep np- | tr '\n' ' ')"
ok "nothing is left in the cluster"
