#!/bin/sh
# A red run, waivers made of it, a green run, and red again: another agent, a day that is over, a waiver without use.
set -eu
. harness/tests/lib.sh
need_sandbox
suites="--suite peers --case peers/and-in-one-peer --case peers/or-of-two-peers"
# run STATUS NAME OPTIONS...: two cases; the fault breaks the first
run() {
	want=$1
	name=$2
	shift 2
	# shellcheck disable=SC2086 # a list of words
	expect_status "$want" "$np" run --quiet --fault and-as-or $suites --out "$scratch/$name" "$@"
}

run 1 red
expect_status 0 "$np" report waive "$scratch/red" --reason "peers are ORed" --link https://example.org/1 --agent calico --version 'v3.*' --out "$scratch/w.yaml"
contains "$scratch/err" "1 case waived"
contains "$scratch/w.yaml" '- "x/b -> x/a TCP:80"'
ok "waivers of a run's failures"

run 0 green --waivers "$scratch/w.yaml" --agent calico --agent-version v3.32.1 --strict-waivers
contains "$scratch/out" "known: peers/and-in-one-peer: peers are ORed, https://example.org/1"
jq -es 'any(.[]; .type == "run" and .agent == {"name": "calico", "version": "v3.32.1"})' "$scratch/green/run.jsonl" >/dev/null || die "the agent is not in the record"
ok "green with them"

run 1 other --waivers "$scratch/w.yaml" --agent calico --agent-version v4.0.0 --strict-waivers
contains "$scratch/out" "1 waiver is of another agent, version or mode: not applied"
run 1 unnamed --waivers "$scratch/w.yaml"
ok "not of this version: red"

sed 's/^  reason:/  expires: 2020-12-31\n&/' "$scratch/w.yaml" >"$scratch/expired.yaml"
run 1 expired --waivers "$scratch/expired.yaml" --agent calico --agent-version v3.32.1
contains "$scratch/out" "waiver: peers/and-in-one-peer: its waiver has expired and covers nothing any more"
ok "expired: red, and said"

# Without the fault the waiver is fixed: green, unless asked to be strict.
# shellcheck disable=SC2086 # a list of words
expect_status 0 "$np" run --quiet $suites --waivers "$scratch/w.yaml" --agent calico --agent-version v3.32.1 --out "$scratch/fixed"
contains "$scratch/out" "fixed: peers/and-in-one-peer"
# shellcheck disable=SC2086 # a list of words
expect_status 1 "$np" run --quiet $suites --waivers "$scratch/w.yaml" --agent calico --agent-version v3.32.1 --strict-waivers --out "$scratch/strict"
contains "$scratch/out" "1 waiver covers nothing"
expect_status 0 "$np" report show "$scratch/strict" --format junit
[ "$(xmllint --xpath 'string(//testcase[@name="the run as a whole"]/failure/@type)' "$scratch/out")" = nonconformance ] || die "junit is green"
ok "a waiver without use is red when asked"

# More failures are added behind what the file holds.
expect_status 0 "$np" report waive "$scratch/red" --reason "again" --out "$scratch/w.yaml"
[ "$(grep -c '^- case: ' "$scratch/w.yaml")" = 2 ] || die "not added: $(cat "$scratch/w.yaml")"
run 0 both --waivers "$scratch/w.yaml"
expect_status 0 "$np" report waive "$scratch/green" --reason none --out "$scratch/none.yaml"
contains "$scratch/err" "0 cases waived"
[ ! -e "$scratch/none.yaml" ] || die "a file without waivers"
expect_status 2 "$np" report waive "$scratch/red"
expect_status 2 "$np" report waive "$scratch/red" --reason r --expires tomorrow
ok "added to, nothing to waive, refused"
