#!/bin/sh
# deploy/rbac.yaml allows what a whole run asks of the API server, and no more: the sandbox logs every
# request in the words of RBAC, and the pre-flight asks for exactly these.
set -eu
. harness/tests/lib.sh
case $BUILD in *asan*) skip "the requests are the same in every build" ;; esac
need_sandbox

# Not in a run in which nothing goes wrong, in a cluster without such kinds.
sometimes='get nodes
list crd.antrea.io/clusternetworkpolicies
list crd.projectcalico.org/globalnetworkpolicies
list projectcalico.org/globalnetworkpolicies
list cilium.io/ciliumclusterwidenetworkpolicies
list policy.networking.k8s.io/adminnetworkpolicies
list policy.networking.k8s.io/baselineadminnetworkpolicies
list policy.networking.k8s.io/clusternetworkpolicies
get /apis/*'

# Rules are lists in one line: each verb with each group and resource.
awk '
function items(line, out,    n, i, parts) {
	sub(/^[^[]*\[/, "", line)
	sub(/\].*/, "", line)
	n = split(line, parts, / *, */)
	for (i = 1; i <= n; i++) out[i] = parts[i]
	return n
}
/^- apiGroups:/ { kind = "api"; n_groups = items($0, groups) }
/^- nonResourceURLs:/ { kind = "url"; n_urls = items($0, urls) }
/^  resources:/ { n_resources = items($0, resources) }
/^  verbs:/ {
	n_verbs = items($0, verbs)
	for (v = 1; v <= n_verbs; v++) {
		if (kind == "url") for (u = 1; u <= n_urls; u++) print verbs[v], urls[u]
		if (kind == "api") for (g = 1; g <= n_groups; g++) for (r = 1; r <= n_resources; r++)
			print verbs[v], (groups[g] == "\"\"" ? "" : groups[g] "/") resources[r]
	}
}' deploy/rbac.yaml | sort -u >"$scratch/allowed"
[ "$(wc -l <"$scratch/allowed")" -gt 20 ] || die "the rules were not understood"

start_sandbox --log "$scratch/log"
expect_status 0 "$np" run --kubeconfig "$scratch/kubeconfig" --out "$scratch/run"
expect_status 0 "$np" run --kubeconfig "$scratch/kubeconfig" --out "$scratch/again" --case 'peers/and-in-one-peer'
expect_status 0 "$np" clean --kubeconfig "$scratch/kubeconfig"
stop_sandbox
sed -n 's/.* api: //p' "$scratch/log" | sort -u >"$scratch/asked"

comm -13 "$scratch/allowed" "$scratch/asked" >"$scratch/beyond"
[ ! -s "$scratch/beyond" ] || die "asked for, but not in deploy/rbac.yaml: $(paste -sd, "$scratch/beyond")"
ok "deploy/rbac.yaml allows every request of a run"

echo "$sometimes" | sort -u | comm -23 "$scratch/allowed" - | comm -23 - "$scratch/asked" >"$scratch/unused"
[ ! -s "$scratch/unused" ] || die "in deploy/rbac.yaml, but never asked for: $(paste -sd, "$scratch/unused")"
ok "a run asks for everything that deploy/rbac.yaml allows"

# The pre-flight asks about what stands in the file for every cluster but what asking itself takes.
grep -vE '^(get /|list .*(clusternet|globalnet|clusterwide|admin)|create authorization)' "$scratch/allowed" |
	wc -l >"$scratch/n_rules"
n_reviews=$(grep -c ' api: create authorization.k8s.io/selfsubjectaccessreviews' "$scratch/log")
[ "$((n_reviews))" -eq "$((2 * $(cat "$scratch/n_rules")))" ] ||
	die "$n_reviews reviews in two runs, $(cat "$scratch/n_rules") rules"
ok "the pre-flight asks about each of them"
