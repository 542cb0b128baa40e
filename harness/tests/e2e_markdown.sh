#!/bin/sh
# The summary as GitHub would show it, by its own reader of markdown.
set -eu
. harness/tests/lib.sh
command -v cmark-gfm >/dev/null 2>&1 || skip "no cmark-gfm (package cmark-gfm)"
data=harness/tests/report/data

for r in failing hostile good not-enforced truncated odd; do
	"$np" report show --format markdown "$data/$r.jsonl" >"$scratch/in.md"
	"$np" report show --format json "$data/$r.jsonl" >"$scratch/in.json"
	cmark-gfm --extension table --unsafe --to xml "$scratch/in.md" | sed '/^<!DOCTYPE/d; s/ xmlns="[^"]*"//; s/ xml:space="preserve"//g' >"$scratch/out.xml"
	# Nothing in it is markup that we did not write.
	[ "$(xmllint --xpath 'count(//html_block) + count(//html_inline) + count(//image) + count(//emph) + count(//strong) + count(//block_quote)' "$scratch/out.xml")" = 0 ] ||
		die "$r: markup from names: $(xmllint --xpath '//html_block|//html_inline|//image|//emph|//strong' "$scratch/out.xml")"
	[ "$(xmllint --xpath 'count(//heading[@level="1"])' "$scratch/out.xml")" = 1 ] || die "$r: headings"
	[ "$(xmllint --xpath 'count(//link)' "$scratch/out.xml")" = "$(jq .failed "$scratch/in.json")" ] || die "$r: a link for each failing case, no other"
	ok "$r"
done
