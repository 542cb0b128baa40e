#!/bin/sh
# One run of netpolcheck as a gate of a pipeline. Usage: gate.sh [options of netpolcheck run, but not --out]
#
# Exit status: that of the run. 0 conforms, 1 does not, 2 usage, 3 the environment failed: that says nothing of the implementation and is tried again.
#
# NETPOLCHECK  the program; default netpolcheck in PATH, or the one built in the sources that this file is of
# ARTIFACTS    the folder of what is kept (Prow's name for it, too); default artifacts
# TRIES        how many runs there may be while the environment fails; default 2
#
# In ARTIFACTS: junit_netpolcheck.xml, report.html, summary.md, netpolcheck.sarif of the last run; run-1, run-2: the runs with record and reproducers.
# In GitHub Actions it annotates and writes the job's summary; as a Sonobuoy plugin it hands over the results.
set -u
program=${NETPOLCHECK:-}
[ -n "$program" ] || program=$(command -v netpolcheck || echo "$(dirname "$0")/../../build/netpolcheck")
out=${SONOBUOY_RESULTS_DIR:-${ARTIFACTS:-artifacts}}
tries=${TRIES:-2}
mkdir -p "$out" || exit 3

try=1
while :; do
	run=$out/run-$try
	"$program" run --quiet --out "$run" "$@"
	status=$?
	[ "$status" -eq 3 ] && [ "$try" -lt "$tries" ] || break
	echo "netpolcheck: the environment failed; try $((try + 1)) of $tries" >&2
	try=$((try + 1))
done

# keep FORMAT FILE: without a record (usage, no such cluster) there is nothing to keep.
keep() { "$program" report show --format "$1" "$run" >"$out/$2" 2>/dev/null || rm -f "$out/$2"; }
keep junit junit_netpolcheck.xml
keep html report.html
keep markdown summary.md
keep sarif netpolcheck.sarif
if [ -n "${GITHUB_ACTIONS:-}" ]; then
	"$program" report show --format github "$run" 2>/dev/null || echo "::error title=netpolcheck::no record; exit status $status"
	[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY" 2>/dev/null
fi
if [ -n "${SONOBUOY_RESULTS_DIR:-}" ]; then
	printf '%s' "$out/junit_netpolcheck.xml" >"$out/done"
fi
exit "$status"
