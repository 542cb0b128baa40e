#!/bin/sh
# Prints transcript.txt again: transcript.sh PATH-OF-NETPOLCHECK
set -u
prog=${1:?usage: transcript.sh PATH-OF-NETPOLCHECK}
case $prog in */*) prog=$(cd "$(dirname "$prog")" && pwd)/$(basename "$prog") ;; esac
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
cp "$here"/docs-*.yaml . && sh "$here/world500.sh" pods >pods.yaml && sh "$here/world500.sh" policies >policies.yaml &&
	sh "$here/world500.sh" changed >changed.yaml || exit 2

ask() {
	echo "\$ netpolcheck $*"
	"$prog" "$@" 2>&1
	echo "exit status $?"
	echo
}

docs="--world docs-pods.yaml --world docs-policy.yaml"
echo "The example of the Kubernetes documentation"
echo
# shellcheck disable=SC2086
{
	ask eval $docs --from front-0 --to db-0 --port 6379 --explain
	ask eval $docs --from front-0 --to db-0 --port 80 --explain
	ask eval $docs --from other/front-1 --to db-0 --port 6379 --explain
	ask eval $docs --from 172.17.1.9 --to db-0 --port 6379 --explain
	ask eval $docs --from front-0 --to svc:default/db --port 6379
	ask eval $docs --from '*/role=frontend' --to db-0 --port 6379
	ask eval $docs --from db-0 --to 10.0.0.77 --port 443 --explain
	ask table $docs --ports TCP:6379,TCP:80
	ask diff --world docs-pods.yaml --world docs-policy.yaml --world-after docs-policy-changed.yaml
}
echo "500 pods"
echo
ask eval --world pods.yaml --world policies.yaml --from shop/cart-01 --to pay/api-00 --port 8443 --explain
ask eval --world pods.yaml --world policies.yaml --from shop/web-00 --to pay/api-00 --port 8080 --explain
ask table --world pods.yaml --world policies.yaml --ports TCP:8080,TCP:5432
ask diff --world pods.yaml --world policies.yaml --world-after changed.yaml
