#!/bin/sh
# The record and the JSON report against their schemas, by a validator that is not ours.
set -eu
. harness/tests/lib.sh
python=
for p in /usr/bin/python3 python3; do
	if "$p" -c 'import jsonschema, yaml' 2>/dev/null; then python=$p && break; fi
done
[ -n "$python" ] || skip "no python3 with jsonschema and yaml (packages python3-jsonschema, python3-yaml)"

# check SCHEMA FILE...: every line of .jsonl, all of .json; the first fault is printed
cat >"$scratch/check.py" <<'END'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
n = 0
for name in sys.argv[2:]:
    text = open(name, encoding="utf-8").read()
    for i, part in enumerate(text.split("\n")[:-1] if name.endswith(".jsonl") else [text]):
        n += 1
        for e in validator.iter_errors(json.loads(part)):
            sys.exit("%s:%d: %s: %s" % (name, i + 1, "/".join(map(str, e.absolute_path)), e.message[:300]))
print(n)
END
check() { "$python" "$scratch/check.py" "$@" 2>"$scratch/err" || die "$(tail -n 1 "$scratch/err")"; }

# Kept records of real agents: some lines of each kind.
for r in results/*/run.jsonl; do
	case $r in results/run-*) continue ;; esac
	name=$(basename "$(dirname "$r")")
	jq -c -n 'foreach inputs as $l ({}; .[$l.type] += 1; if .[$l.type] <= 12 then $l else empty end)' "$r" >"$scratch/$name.jsonl"
	"$np" report show --format json "$r" >"$scratch/$name.json"
done
[ "$(check results/schema/record.schema.json "$scratch"/*.jsonl)" -gt 100 ] || die "too few lines"
check results/schema/summary.schema.json "$scratch"/*.json >/dev/null
ok "records of the lab's agents and their reports"

check results/schema/record.schema.json harness/tests/report/data/failing.jsonl harness/tests/report/data/good.jsonl >/dev/null
for r in failing good truncated interrupted not-enforced empty; do
	"$np" report show --format json "harness/tests/report/data/$r.jsonl" >"$scratch/shown.json"
	check results/schema/summary.schema.json "$scratch/shown.json" >/dev/null
done
ok "records with every result"

# A run of today, with a failure.
"$np" run --quiet --model --fault combined-peer-never --suite peers --out "$scratch/run" --format json >"$scratch/run.json" 2>"$scratch/err" || [ $? -eq 1 ] || die "$(cat "$scratch/err")"
check results/schema/record.schema.json "$scratch/run/run.jsonl" >/dev/null
check results/schema/summary.schema.json "$scratch/run.json" >/dev/null
ok "a run of this build"

# The schemas can refuse.
printf '{"type":"case","case":"a/b","area":"a","profile":"core","covers":["S1"],"result":"maybe","t_ms":1}\n' >"$scratch/bad.jsonl"
if "$python" "$scratch/check.py" results/schema/record.schema.json "$scratch/bad.jsonl" 2>/dev/null; then die "a result that is none passes"; fi
jq 'del(.cases)' "$scratch/run.json" >"$scratch/bad.json"
if "$python" "$scratch/check.py" results/schema/summary.schema.json "$scratch/bad.json" 2>/dev/null; then die "a report without cases passes"; fi
ok "what is not so is refused"

# The examples for CI systems are YAML, and name only files of ours that there are.
"$python" - deploy/ci/github/workflow.yaml deploy/ci/github/action.yml deploy/ci/gitlab-ci.yml deploy/ci/sonobuoy-plugin.yaml <<'END' || die "an example for CI"
import os, re, sys, yaml
for name in sys.argv[1:]:
    text = open(name).read()
    if not isinstance(yaml.safe_load(text), dict):
        sys.exit(name + ": no map")
    for path in re.findall(r"netpolcheck/((?:deploy|harness)/[\w./-]+)", text):
        if not os.path.exists(path):
            sys.exit("%s: there is no %s" % (name, path))
END
ok "examples for CI systems"
