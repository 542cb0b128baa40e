# sonobuoy.sh - what Sonobuoy makes of a plugin's results, as far as its contract goes: the sidecar reads the file 'done', takes
# what that names, unpacks an archive, and of the files in it counts those that result-files of the plugin lists. Source it behind lib.sh.
# shellcheck shell=sh

# plugin_value KEY: of the plugin's definition, lists without their brackets
plugin_value() {
	sed -n "s/^ *$1: *\[\{0,1\}\([^]#]*[^] #]\)\]\{0,1\}\( *#.*\)\{0,1\}\$/\1/p" deploy/ci/sonobuoy-plugin.yaml | head -n 1
}

# take_results ARCHIVE FOLDER: unpacked, and checked for what is to be in it
take_results() {
	mkdir "$2"
	tar -tzf "$1" >"$2.list" || die "what 'done' names is no archive"
	if grep -qE '^/|(^|/)\.\.(/|$)' "$2.list"; then die "names that lead elsewhere: $(cat "$2.list")"; fi
	tar -xzf "$1" -C "$2"
	for f in junit_netpolcheck.xml report.html summary.md netpolcheck.sarif run-1/run.jsonl; do
		[ -s "$2/$f" ] || die "no $f in the archive: $(cat "$2.list")"
	done
	# Sonobuoy looks at every file of these names, however deep.
	n=0
	for f in $(plugin_value result-files | tr ',' ' '); do n=$((n + $(find "$2" -name "$f" | wc -l))); done
	[ "$n" = 1 ] || die "$n files are counted"
	xmllint --noout --nonet --schema results/schema/junit.xsd "$2/junit_netpolcheck.xml" 2>/dev/null || die "junit"
}

# counts FOLDER: test cases, those with a failure, those with an error
counts() {
	xmllint --xpath 'concat(count(//testcase), " ", count(//testcase[failure]), " ", count(//testcase[error]))' "$1/junit_netpolcheck.xml"
}
