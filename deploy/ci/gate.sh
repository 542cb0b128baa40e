#!/bin/sh
# One run of netpolcheck as a gate of a pipeline. Usage: gate.sh [options of netpolcheck run, but not --out]
#
# Exit status: that of the run. 0 conforms, 1 does not, 2 usage, 3 the environment failed: that says nothing of the implementation and is tried again.
#
# NETPOLCHECK  the program; default netpolcheck in PATH, or the one built in the sources that this file is of
# ARTIFACTS    the folder of what is kept (Prow's name for it, too); default artifacts
# TRIES        how many runs there may be while the environment fails; default 2
#
# In ARTIFACTS: junit_netpolcheck.xml, report.html, summary.md, netpolcheck.sarif of the last run; run-1, run-2: the runs with record and reproducers,
# run-1.err, run-2.err what they complained about.
# Of a run that came to no record there is the junit file alone, with an error in it.
# In GitHub Actions it annotates and writes the job's summary; as a Sonobuoy plugin it hands over all of that as one archive.
set -u
program=${NETPOLCHECK:-}
[ -n "$program" ] || program=$(command -v netpolcheck || echo "$(dirname "$0")/../../build/netpolcheck")
out=${SONOBUOY_RESULTS_DIR:-${ARTIFACTS:-artifacts}}
tries=${TRIES:-2}
mkdir -p "$out" || exit 3
command -v "$program" >/dev/null || { echo "netpolcheck: there is no program '$program'; NETPOLCHECK names it" >&2 && exit 2; }

try=1
while :; do
	run=$out/run-$try
	"$program" run --quiet --out "$run" "$@" 2>"$run.err"
	status=$?
	cat "$run.err" >&2
	[ -s "$run.err" ] || rm "$run.err"
	[ "$status" -eq 3 ] && [ "$try" -lt "$tries" ] || break
	echo "netpolcheck: the environment failed; try $((try + 1)) of $tries" >&2
	try=$((try + 1))
done

# Why there is no verdict, in one line; without characters that XML or GitHub's commands take for theirs.
why=$(tail -n 1 "$run.err" 2>/dev/null | tr -d '\000-\037<>&"%' | cut -c 1-300)

# keep FORMAT FILE: without a record (usage, no such cluster) there is nothing to keep.
keep() { "$program" report show --format "$1" "$run" >"$out/$2" 2>/dev/null || { rm -f "$out/$2" && return 1; }; }
# Whoever reads test results only must not take silence for a pass.
keep junit junit_netpolcheck.xml || cat >"$out/junit_netpolcheck.xml" <<END
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="netpolcheck" tests="1" failures="0" errors="1" skipped="0" time="0">
  <testsuite name="netpolcheck" tests="1" failures="0" errors="1" skipped="0" time="0">
    <testcase classname="netpolcheck" name="the run as a whole" time="0">
      <error type="no-record" message="no record; exit status $status: $why"/>
    </testcase>
  </testsuite>
</testsuites>
END
keep html report.html
keep markdown summary.md
keep sarif netpolcheck.sarif
if [ -n "${GITHUB_ACTIONS:-}" ]; then
	"$program" report show --format github "$run" 2>/dev/null || echo "::error title=netpolcheck::no record; exit status $status: $why"
	[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY" 2>/dev/null
fi
if [ -n "${SONOBUOY_RESULTS_DIR:-}" ]; then
	# The sidecar takes what the file 'done' names, as soon as that is there.
	archive=$out/junit_netpolcheck.xml
	# shellcheck disable=SC2046 # names of our own, without blanks
	(cd "$out" && tar -czf netpolcheck.tar.gz junit_netpolcheck.xml $(ls -d report.html summary.md netpolcheck.sarif run-* 2>/dev/null)) &&
		archive=$out/netpolcheck.tar.gz
	printf '%s' "$archive" >"$out/done.part" && mv "$out/done.part" "$out/done"
fi
exit "$status"
