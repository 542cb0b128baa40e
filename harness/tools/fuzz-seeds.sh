#!/bin/sh
# First inputs of the fuzz targets, made from what the repository has anyway: suites, shapes of public bugs,
# accept and reject cases, records. Usage: fuzz-seeds.sh DIR; fills DIR/<target>/, needs jq for some of it.
set -eu
out=${1:?usage: fuzz-seeds.sh DIR}
cases=harness/tests/parse/validation_cases.json

# into TARGET PREFIX FILE...: copies, with PREFIX in front of what each holds.
into() {
	target=$1
	prefix=$2
	shift 2
	mkdir -p "$out/$target"
	for f; do
		[ -f "$f" ] || continue
		{
			printf '%b' "$prefix"
			cat "$f"
		} >"$out/$target/$(printf '%s' "$f" | tr / -)"
	done
}

# One file for each manifest of the validation cases, as JSON or as it is written.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/object" "$tmp/json" "$tmp/yaml"
if command -v jq >/dev/null; then
	jq -r '.[] | select(.encoding == "object") | .manifest | tojson' "$cases" | split -l 1 -d -a 3 - "$tmp/object/"
	for e in json yaml; do
		n=$(jq "[.[] | select(.encoding == \"$e\")] | length" "$cases")
		i=0
		while [ "$i" -lt "$n" ]; do
			jq -j "[.[] | select(.encoding == \"$e\")][$i].manifest" "$cases" >"$tmp/$e/$i"
			jq -j "[.[] | select(.encoding == \"$e-b64\")][$i].manifest // empty" "$cases" | base64 -d >"$tmp/$e/b$i" 2>/dev/null || :
			i=$((i + 1))
		done
	done
fi
find "$tmp" -size 0 -type f -delete

into json '' fuzz/shapes/*.json "$tmp"/object/* "$tmp"/json/*
into yaml '' fuzz/shapes/*.yaml "$tmp"/yaml/* suites/peers/*.yaml suites/cidr/*.yaml
into roundtrip '' fuzz/shapes/*.json fuzz/shapes/*.yaml "$tmp"/json/* "$tmp"/yaml/*
# The first byte: l kubectl, m JSON body, n YAML body; the second: the newest version.
into validate lo fuzz/shapes/*.yaml "$tmp"/yaml/*
into validate no "$tmp"/yaml/*
into validate mo fuzz/shapes/*.json "$tmp"/object/* "$tmp"/json/*
# An update: the new object, a form feed, the stored one.
if command -v jq >/dev/null; then
	mkdir -p "$tmp/update"
	jq -r '.[] | select(.op == "update" and .encoding == "object" and .old) | [(.manifest | tojson), (.old | tojson)] | join("\f")' "$cases" |
		split -l 1 -d -a 3 - "$tmp/update/"
	into validate mo "$tmp"/update/*
fi
into manifests '' suites/worlds/*.yaml suites/named/*.yaml suites/services/*.yaml suites/nodes/*.yaml fuzz/shapes/*.yaml
into case '' suites/*/*.yaml harness/tests/parse/bad/*.yaml
into case w suites/worlds/*.yaml
into waivers '' results/known/*.yaml
into report '' harness/tests/report/data/*.jsonl
for f in suites/*/*.yaml; do
	mkdir -p "$out/case"
	{
		printf e
		sed -n '/^expect: |/,/^---/ { /^  / s/^  //p }' "$f"
	} >"$out/case/expect-$(printf '%s' "$f" | tr / -)"
done
mkdir -p "$out/cidr"
grep -hoE '[0-9a-fA-F:.]+/[0-9]+' "$cases" suites/cidr/*.yaml fuzz/shapes/*.yaml | sort -u | split -l 1 -d -a 3 - "$out/cidr/block-"
