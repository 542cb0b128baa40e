# ci-steps.sh - what the tests of the CI examples share. Source it behind lib.sh.
# shellcheck shell=sh

# step FILE TEXT: the script of the step that has TEXT, as the runner would hand it to a shell
step() {
	awk -v text="$2" '
		/^ *run: \|$/ { match($0, /^ */); indent = RLENGTH; script = ""; inside = 1; next }
		inside && /[^ ]/ { match($0, /^ */); if (RLENGTH <= indent) { inside = 0; if (index(script, text)) printf "%s", script } }
		inside { sub(/^ */, ""); script = script $0 "\n" }
		END { if (inside && index(script, text)) printf "%s", script }' "$1"
}

# gate STATUS NAME: the workflow's last step, $scratch/gate-step, in $scratch; what it leaves is in $scratch/NAME
gate() {
	ARTIFACTS=$scratch/$2
	GITHUB_STEP_SUMMARY=$scratch/$2.summary
	export ARTIFACTS GITHUB_STEP_SUMMARY
	(cd "$scratch" && expect_status "$1" sh -e gate-step)
}

# read_junit NAME FAILURES ERRORS: by the schema of JUnit's readers
read_junit() {
	xmllint --noout --nonet --schema results/schema/junit.xsd "$scratch/$1/junit_netpolcheck.xml" 2>"$scratch/xmllint" ||
		die "$1: junit: $(cat "$scratch/xmllint")"
	[ "$(xmllint --xpath 'concat(/testsuites/@failures, " ", /testsuites/@errors)' "$scratch/$1/junit_netpolcheck.xml")" = "$2 $3" ] ||
		die "$1: junit: $(head -n 2 "$scratch/$1/junit_netpolcheck.xml")"
}

# read_sarif NAME RESULTS SUPPRESSED: each result at a file that there is
read_sarif() {
	jq -e --argjson n "$2" --argjson s "$3" '.version == "2.1.0" and (.runs[0].results |
		([.[] | select(has("suppressions") | not)] | length == $n) and ([.[] | select(has("suppressions"))] | length == $s))' \
		"$scratch/$1/netpolcheck.sarif" >/dev/null || die "$1: sarif: $(jq -c '[.runs[0].results[] | [.ruleId, .suppressions]]' "$scratch/$1/netpolcheck.sarif")"
	jq -r '.runs[0].results[].locations[].physicalLocation.artifactLocation.uri' "$scratch/$1/netpolcheck.sarif" | sort -u >"$scratch/places"
	while read -r f; do [ -e "${f#file://}" ] || [ -e "$scratch/$f" ] || die "$1: sarif: there is no $f"; done <"$scratch/places"
}
