#!/bin/sh
# Malformed manifests, case files and command lines: status 2, one sentence with its place, never a crash.
set -eu
. harness/tests/lib.sh

n=0
for err in harness/tests/parse/bad/*.err; do
	[ -e "$err" ] || die "no malformed examples"
	file=${err%.err}.yaml
	[ -e "$file" ] || file=${err%.err}.json
	case $(basename "$file") in
	case-*) set -- "$np" cases list --suite "$file" ;;
	manifest-*) set -- "$np" table --world "$file" --ports TCP:80 ;;
	*) continue ;;
	esac
	status=0
	timeout 10 "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
	[ "$status" -eq 2 ] || die "status $status, not 2: $* ($(head -n 3 "$scratch/err"))"
	[ "$(wc -l <"$scratch/err")" -eq 1 ] || die "more than one line: $(cat "$scratch/err")"
	grep -qF "$(basename "$file"):" "$scratch/err" || die "no place in: $(cat "$scratch/err")"
	n=$((n + 1))
done
ok "$n malformed files, each refused in one line with its place"

for args in '' 'nonsense' 'run --nonsense' 'run --timeout 5' 'run --profile none' 'run --suite /nonexistent' 'run --fault none' \
	'run --case no/such/case' 'run --kubeconfig /nonexistent' 'run extra' 'cases show no/such' 'clean' 'eval' 'table' \
	'eval --world /nonexistent --from x/a --to x/b --port 80' 'report show /nonexistent' 'run --waivers /nonexistent'; do
	status=0
	# shellcheck disable=SC2086 # a list of words
	timeout 30 "$np" $args >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
	[ "$status" -eq 2 ] || die "status $status, not 2: netpolcheck $args ($(head -n 3 "$scratch/err"))"
	test -s "$scratch/err" || die "silent: netpolcheck $args"
	[ ! -s "$scratch/out" ] || die "writes to standard output: netpolcheck $args"
	ok "refused: netpolcheck $args"
done

: >"$scratch/kubeconfig"
printf 'apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\ncurrent-context: c\n' >"$scratch/kubeconfig"
expect_status 3 "$np" run --quiet --kubeconfig "$scratch/kubeconfig" --out "$scratch/run"
ok "an unreachable cluster is status 3"
