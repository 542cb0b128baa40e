#!/bin/sh
# Every format of a report, read by a program that is not ours, on records with every result and with names made to break it.
set -eu
. harness/tests/lib.sh
data=harness/tests/report/data
records="failing hostile good resumed not-enforced truncated interrupted empty odd"

for r in $records; do
	for f in json junit tap sarif html markdown github text; do
		"$np" report show --format "$f" "$data/$r.jsonl" >"$scratch/$r.$f"
		# No control character, no mark that turns text round, and whole characters only. JSON may hold a DEL as it is.
		chars='\x00-\x08\x0b-\x1f\x7f'
		case $f in json | sarif) chars='\x00-\x08\x0b-\x1f' ;; esac
		if LC_ALL=C grep -qP "[$chars]" "$scratch/$r.$f"; then die "control characters in $f of $r"; fi
		iconv -f UTF-8 -t UTF-16 "$scratch/$r.$f" >/dev/null || die "$f of $r is not UTF-8"
	done
	for f in tap html markdown github text; do
		if LC_ALL=C.UTF-8 grep -qP '[\x{202a}-\x{202e}\x{2066}-\x{2069}]' "$scratch/$r.$f"; then die "direction is turned in $f of $r"; fi
	done
done
ok "nothing that moves a cursor or turns text round"

for r in $records; do
	cases=$(jq '.cases | length' "$scratch/$r.json")
	jq -e '.passed + .failed + .skipped + .known + .errors == (.cases | length) and .schema == 1' "$scratch/$r.json" >/dev/null || die "json of $r"

	xmllint --noout --nonet --schema results/schema/junit.xsd "$scratch/$r.junit" 2>"$scratch/err" || die "junit of $r: $(cat "$scratch/err")"
	[ "$(xmllint --xpath 'count(//testcase[@classname != "netpolcheck"])' "$scratch/$r.junit")" = "$cases" ] || die "junit of $r: cases"

	jq -e '.version == "2.1.0" and (.runs | length == 1) and (.runs[0] | (.tool.driver.rules | map(.id)) as $rules |
		all(.results[]; .ruleIndex as $i | .ruleId == $rules[$i] and (.message.text | length > 0) and .level == "error" and
			all(.locations[]?; .physicalLocation | (.artifactLocation.uri | test("^(file://)?[A-Za-z0-9%._~/-]*$")) and
				((.region.startLine // 1) >= 1)) and (.partialFingerprints["case/v1"] | length > 0)))' "$scratch/$r.sarif" >/dev/null || die "sarif of $r"
	[ "$(jq '[.runs[0].results[] | select(.suppressions | not)] | length' "$scratch/$r.sarif")" = "$(jq .failed "$scratch/$r.json")" ] || die "sarif of $r: failures"
	[ "$(jq '[.runs[0].results[] | select(.suppressions)] | length' "$scratch/$r.sarif")" = "$(jq .known "$scratch/$r.json")" ] || die "sarif of $r: suppressions"

	xmllint --noout --nonet "$scratch/$r.html" 2>"$scratch/err" || die "html of $r: $(cat "$scratch/err")"
	[ "$(xmllint --xpath 'count(//script) + count(//link) + count(//img) + count(//@href) + count(//@src) + count(//@*[starts-with(name(), "on")])' "$scratch/$r.html")" = 0 ] ||
		die "html of $r refers to something"
	if grep -vE '^::(error|warning|notice) title=[^:]*::' "$scratch/$r.github"; then die "github of $r"; fi
done
[ "$(jq -c '[.runs[0].results[] | {r: .ruleId, l: .locations[0].physicalLocation, s: has("suppressions")}]' "$scratch/failing.sarif")" = \
	'[{"r":"peers/and-in-one-peer","l":{"artifactLocation":{"uri":"suites/peers/and-in-one-peer.yaml"},"region":{"startLine":20}},"s":false},{"r":"peers/two-combined-peers","l":{"artifactLocation":{"uri":"suites/peers/two-combined-peers.yaml"},"region":{"startLine":21}},"s":true},{"r":"updates/namespace-combined","l":{"artifactLocation":{"uri":"suites/updates/namespace-combined.yaml"},"region":{"startLine":29}},"s":false}]' ] ||
	die "sarif: $(jq -c '[.runs[0].results[] | [.ruleId, .locations]]' "$scratch/failing.sarif")"
jq -e '.runs[0].invocations[0] | .exitCode == 3 and .executionSuccessful == false and (.toolExecutionNotifications | length > 0)' "$scratch/truncated.sarif" >/dev/null || die "sarif of a killed run"
ok "json, junit, sarif, html, github"

# Perl's reader knows version 13 and, but for the number, reads 14 the same way.
for r in $records; do
	[ "$(head -n 1 "$scratch/$r.tap")" = "TAP version 14" ] || die "tap of $r: its version"
	sed '1s/14/13/' "$scratch/$r.tap" >"$scratch/$r.13.tap"
	perl -MTAP::Parser -e 'my $p = TAP::Parser->new({ source => $ARGV[0] }); my ($bail, $unknown) = (0, 0);
		while (my $l = $p->next) { $bail = 1 if $l->is_bailout; $unknown++ if $l->is_unknown; }
		my @failed = $p->failed;
		printf "%s\n", join " ", $p->tests_run, scalar(@failed), scalar($p->skipped), scalar($p->todo), $bail, $unknown, scalar($p->parse_errors);' \
		"$scratch/$r.13.tap" >"$scratch/$r.counts" || die "tap of $r is not read"
	read -r run failed skipped todo bail unknown errors <"$scratch/$r.counts"
	whole=$(jq 'if .exit == 1 and has("problem") then 1 else 0 end' "$scratch/$r.json")
	[ "$run $failed $skipped $todo $unknown $errors" = "$(jq -r --argjson w "$whole" '[(.cases | length) + $w, .failed + .errors + $w, .skipped, .known, 0, 0] | join(" ")' "$scratch/$r.json")" ] ||
		[ "$run$bail" = 01 ] || [ "$run $(jq '.cases | length' "$scratch/$r.json")" = "0 0" ] || die "tap of $r: $(cat "$scratch/$r.counts")"
	[ "$bail" = "$(jq 'if has("problem") and .exit != 1 then 1 else 0 end' "$scratch/$r.json")" ] || die "tap of $r: bail out is $bail"
done
ok "tap"

# Bytes that are no text do not get into a record by our hand; should they stand there, the line is named.
printf '{"type":"run","schema":1}\n{"type":"case","case":"a/b\377","result":"pass"}\n' >"$scratch/bytes.jsonl"
expect_status 2 "$np" report show "$scratch/bytes.jsonl"
contains "$scratch/err" "bytes.jsonl:2"
ok "a record with bytes that are no text is refused with its line"

# The matrix that is kept is the one that the kept records make, and every run has its badge.
sh harness/tools/matrix.sh "$np" "$scratch/results"
(cd "$scratch/results" && find . -type f) | while read -r f; do
	cmp -s "$scratch/results/$f" "results/$f" || die "results/$f is not of the records; harness/tools/matrix.sh makes it again"
	case $f in *.svg) xmllint --noout --nonet "results/$f" || die "$f" ;; esac
done
"$np" report matrix --format json results/calico results/weave >"$scratch/matrix.json"
jq -e '(.columns | map(.label) == ["calico", "weave"]) and (.rows | length > 50) and all(.rows[]; (.cells | length) == 2)' "$scratch/matrix.json" >/dev/null || die "matrix.json"
ok "the support matrix and badges"
