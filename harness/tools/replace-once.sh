#!/bin/sh
# Replaces the only occurrence of a text in a file; \n and \t in both texts stand for line ends and tabs. Usage: replace-once.sh FILE TEXT NEW
# Exit status: 0 replaced, 1 the text is not there exactly once, and the file is as it was.
set -eu
file=${1:?usage: replace-once.sh FILE TEXT NEW}
TEXT=${2:?usage: replace-once.sh FILE TEXT NEW} NEW=${3-} awk '
function unescape(s,   out, i, c, d) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1); d = substr(s, i + 1, 1)
		if (c == "\\") { out = out (d == "n" ? "\n" : d == "t" ? "\t" : d); i++ } else out = out c
	}
	return out
}
{ all = all $0 "\n" }
END {
	text = unescape(ENVIRON["TEXT"]); new = unescape(ENVIRON["NEW"])
	at = index(all, text)
	if (!at || index(substr(all, at + length(text)), text)) exit 1
	printf "%s", substr(all, 1, at - 1) new substr(all, at + length(text))
}' "$file" >"$file.replaced" || {
	rm -f "$file.replaced"
	exit 1
}
mv "$file.replaced" "$file"
