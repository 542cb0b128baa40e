# bugmap.jq - for bugmap.sh: the table of real bugs. In: $bugs, $score, $list, $named, each in an array of one.
($bugs[0]) as $bugs | ($score[0].killed_by) as $killed | ($score[0].open) as $open | ($list[0]) as $list | ($named[0]) as $named
| ($list.left_out | map(.why as $why | .bugs | split(" ") | map({(.): $why})) | flatten | add) as $left_out
| ($list.mutants | map(.name as $name | .bugs | split(" ") | map(select(. != "")) | map({bug: ., mutant: $name})) | flatten) as $pairs

# How many mutants each case kills: those that kill few tell most.
| (reduce $killed[][] as $case ({}; .[$case] += 1)) as $kills
| def telling: unique | sort_by($kills[.], .);

# One list twice: what the program says of its mutants, and the file.
def complain($text): error($text);
def check_lists:
	([$bugs[] | .bug as $bug | .mutants[] | $bug + " " + .] | sort) as $file
	| ([$pairs[] | .bug + " " + .mutant] | sort) as $program
	| if $file != $program then complain("suites/bugs.tsv and 'netpolcheck score --list' differ: \(($file - $program) + ($program - $file))")
	  elif ([$bugs[].bug] | length) != ([$bugs[].bug] | unique | length) then complain("suites/bugs.tsv names a bug twice")
	  elif ($left_out | keys) - [$bugs[].bug] != [] then complain("not in suites/bugs.tsv: \(($left_out | keys) - [$bugs[].bug])")
	  else . end;

# Cases for a bug: those that were named and still kill, then one for each mutant that none of them kills; up to three in a new row.
def cases_of($mutants; $old):
	([$mutants[] | select($killed[.])]) as $dead
	| ([$dead[] | $killed[.][]] | telling) as $all
	| ($old | map(select(. as $c | $all | index($c)))) as $kept
	| (reduce $dead[] as $m ($kept;
		if any(.[]; . as $c | $killed[$m] | index($c)) then . else . + [$killed[$m] | telling | .[0]] end)) as $needed
	| if $kept == [] and ($needed | length) < 3 then $needed + (($all - $needed)[:3 - ($needed | length)]) else $needed end;

# Why no case can be named.
def reason($b):
	([$b.mutants[] | $open[.] // empty] + [$left_out[$b.bug] // empty])[0]
	// complain("bug \($b.bug): \(if $b.mutants == [] then "no mutant, and no reason for that" else "no case kills \($b.mutants | join(", "))" end)");

def row($b):
	cases_of($b.mutants; $named[$b.bug] // []) as $cases
	| "| \($b.bug) | \($b.project) | \(if $b.mutants == [] then "-" else $b.mutants | join(", ") end) | "
	+ (if $cases == [] then reason($b) else $cases | map("`\(.)`") | join(", ") end) + " |";

def count($kind): [$bugs[] | select(.kind == $kind)] | length;
def noticed($kind): [$bugs[] | select(.kind == $kind) | select(any(.mutants[]; $killed[.]))] | length;

check_lists
| (["semantic", "convergence", "dataplane", "parsing", "crash"][] as $kind
	| "", "### \($kind): \(noticed($kind)) of \(count($kind)) noticed by default", "", "| bug | project | mutants | cases, or why none |", "| --- | --- | --- | --- |",
	  ($bugs[] | select(.kind == $kind) | row(.))),
  ""
