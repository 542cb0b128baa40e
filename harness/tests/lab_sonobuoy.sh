#!/bin/bash
# The Sonobuoy plugin as a pod of a real cluster, made as Sonobuoy's Job driver makes it: the container of deploy/ci/sonobuoy-plugin.yaml,
# a volume for results and a sidecar that waits for the file 'done' and takes what it names (ours writes it to its log). The service
# account has the rights of deploy/rbac.yaml and no more, which is less than what Sonobuoy's has.
# In LAB=name, if that is up, else in one of its own, with CNI (calico).
set -euo pipefail
# shellcheck source=harness/tests/lib.sh
. harness/tests/lib.sh
# shellcheck source=harness/tests/sonobuoy.sh
. harness/tests/sonobuoy.sh
[ "$(id -u)" -eq 0 ] || skip "a lab needs root"
command -v busybox >/dev/null || skip "busybox is not installed (package busybox-static)"
CNI=${CNI:-calico}
own=
[ -n "${LAB:-}" ] || own=yes
LAB=${LAB:-sonobuoy$$}
export CNI LAB BUILD

down() {
	[ -z "$own" ] || lab/lab.sh down >"$scratch/down" 2>&1 || cat "$scratch/down" >&2
	finish
}
trap down EXIT
trap 'exit 130' INT TERM
k() { lab/lab.sh kubectl "$@"; }

if [ -n "$own" ]; then
	status=0
	lab/lab.sh up >"$scratch/up" 2>&1 </dev/null || status=$?
	[ "$status" -ne 77 ] || skip "$(tail -n 1 "$scratch/up")"
	[ "$status" -eq 0 ] || die "lab up: $(tail -n 3 "$scratch/up")"
	ok "$(tail -n 1 "$scratch/up")"
fi
[ -s "/run/netpolcheck-lab/$LAB/ready" ] || skip "the lab '$LAB' is not up"

case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) skip "no image for $(uname -m)" ;; esac
harness/tools/image-runner.sh "$BUILD" sonobuoy >/dev/null
for node in $(k get nodes -o name); do
	lab/lab.sh exec "${node#node/}" ctr -n k8s.io images import - <"$BUILD/netpolcheck-sonobuoy-$arch.oci.tar" >/dev/null
done
ok "the image is on the nodes"

# The definition's container, word by word, and what the driver puts round it.
k apply -f deploy/rbac.yaml >/dev/null
results=$(plugin_value mountPath)
{
	cat <<-END
		apiVersion: v1
		kind: Pod
		metadata:
		  name: sonobuoy-netpolcheck-job
		  namespace: netpolcheck
		  labels: {component: sonobuoy, sonobuoy-plugin: netpolcheck}
		spec:
		  serviceAccountName: netpolcheck
		  restartPolicy: Never
		  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
		  volumes: [{name: results, emptyDir: {}}]
		  containers:
		  - name: sonobuoy-worker
		    image: $(plugin_value image)
		    imagePullPolicy: IfNotPresent
		    command: [sh, -c, "until [ -e $results/done ]; do sleep 1; done; base64 \$(cat $results/done)"]
		    volumeMounts: [{name: results, mountPath: $results}]
		    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
	END
	sed -n '/^spec:/,$p' deploy/ci/sonobuoy-plugin.yaml | sed -e '1d' -e 's/^  name: /  - name: /' -e '/^  [^- ]/s/^/  /' -e '/^    *- name:/s/^/  /' \
		-e '/^ *\(value\|mountPath\): /s/^/  /' -e 's/^    args: .*/    args: [--in-cluster, --workers=1, --agent=calico, --case=peers\/and-in-one-peer, --case=isolation\/default-deny-*]/'
	echo '    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}'
} >"$scratch/pod.yaml"
k create -f "$scratch/pod.yaml" >/dev/null || die "the pod is refused: $(cat "$scratch/pod.yaml")"
phase() {
	k -n netpolcheck get pod sonobuoy-netpolcheck-job -o 'jsonpath={.status.phase}'
}
ended() {
	case $(phase) in Succeeded | Failed) ;; *) return 1 ;; esac
}
wait_for 240 ended || die "the pod goes on: $(k -n netpolcheck describe pod sonobuoy-netpolcheck-job | tail -n 12)"
k -n netpolcheck logs sonobuoy-netpolcheck-job -c plugin >"$scratch/plugin.log"
[ "$(phase)" = Succeeded ] || die "the plugin: $(tail -n 5 "$scratch/plugin.log")"
k -n netpolcheck logs sonobuoy-netpolcheck-job -c sonobuoy-worker | base64 -d >"$scratch/results.tar.gz"
take_results "$scratch/results.tar.gz" "$scratch/taken"
[ "$(counts "$scratch/taken")" = "$(jq -s '[.[] | select(.type == "case")] | length' "$scratch/taken/run-1/run.jsonl") 0 0" ] ||
	die "counted: $(counts "$scratch/taken"): $(tail -n 5 "$scratch/plugin.log")"
jq -es 'any(.[]; .type == "run" and .target.kind == "cluster" and .agent.name == "calico") and .[-1].passed > 2' "$scratch/taken/run-1/run.jsonl" >/dev/null ||
	die "the record: $(tail -n 1 "$scratch/taken/run-1/run.jsonl")"
ok "the plugin's pod: $(tail -n 1 "$scratch/plugin.log"); its archive holds record and reports, and one junit file that counts"

k delete -f deploy/rbac.yaml --timeout=120s >/dev/null
gone() {
	[ "$(k get namespaces -o name | grep -c np- || true)" -eq 0 ]
}
wait_for 60 gone || die "it stays: $(k get namespaces -o name | grep np- | tr '\n' ' ')"
ok "nothing is left in the cluster"
