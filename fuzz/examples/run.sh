#!/bin/bash
# Runs an example of fuzz/examples/README.md: [TIME=60] run.sh EXAMPLE [libfuzzer|afl], TIME in seconds. What was built and what
# was found useful before is used again. Inputs that crash are put into build/fuzz-examples/EXAMPLE, and with build/fuzz-record and
# build/fuzz-reduce (make fuzz-tools) they are made smaller and put the findings, results/crashes, for netpolcheck fuzz report.
# Exit status: 0 nothing found, 1 something, 2 usage, 77 it cannot be had here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
# shellcheck source=fuzz/examples/lib/common.sh
. fuzz/examples/lib/common.sh
parse "$@"
TIME=${TIME:-60}
[[ $TIME =~ ^[1-9][0-9]{0,6}$ ]] || {
	say "TIME is a number of seconds, not '$TIME'"
	exit 2
}
# A Go panic in one function stops a campaign only once; what is found there later is counted.
MAX_FINDINGS=${NP_EXAMPLE_MAX_FINDINGS:-20}
need_engine
[ -e "$MUTATOR" ] || {
	say "$MUTATOR is not there; build it first: make mutator"
	exit 2
}
[ -x "$target" ] || "$here/build.sh" "$example" "$engine"
found=build/fuzz-examples/$example
corpus=$CACHE/$example/corpus
# A run that is to leave no trace, and to start from the seeds alone, has a folder of its own.
if [ -n "${NP_EXAMPLE_WORK:-}" ]; then
	dir=$NP_EXAMPLE_WORK
	found=$dir/kept
	corpus=$dir/corpus
fi
log=$dir/run.log
tools=${NP_TOOLS:-build}
crashes=${NP_CRASHES:-results/crashes}
mkdir -p "$found" "$corpus" "$dir"
findings=0

# Go's collector and the counting of comparisons do not agree about stacks that are interrupted anywhere: once in some
# ten thousand inputs the runtime ends itself ("traceback did not unwind completely"). Interrupted at calls only, it does not.
export GODEBUG=asyncpreemptoff=1
# Nine of ten mutants are what an API server accepts, since only such documents reach agents.
export NPMUTATE_MODE=${NPMUTATE_MODE:-$(case $example in
	calico | weave) echo valid:90,single-fault:5,hostile:5 ;;
	*) echo valid:40,single-fault:20,hostile:40 ;;
	esac)}
export NP_EXAMPLE_TELL=1 LD_LIBRARY_PATH=$(dirname "$MUTATOR")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
known=${NP_EXAMPLE_KNOWN:-}

component()
{
	case $example in
	stdin) echo "libyaml 0.2.5" ;;
	library) echo "cjson 1.7.15" ;;
	kubernetes) echo "kube-apiserver $(sed -n 's/.*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$here/kubernetes/go.mod" | head -n 1)" ;;
	calico) echo "calico v3.31.0" ;;
	weave) echo "weave-npc v2.6.5" ;;
	esac
}

# replay FILE LOG: false when it does not crash again
replay()
{
	if [ "$example" = stdin ]; then
		! timeout 60 "$target" <"$1" >"$2" 2>&1
	else
		! NP_EXAMPLE_KNOWN='' timeout 120 "$target" -timeout=25 -rss_limit_mb=4096 "$1" >"$2" 2>&1
	fi
}

# The innermost function of the dead goroutine that is not the runtime's.
go_frame()
{
	awk '/^goroutine .*running/ { on = 1; next } on && /^[a-zA-Z]/ && !/^(runtime[.\/]|panic\(|main\.|created by)/ { print; exit }' "$1" |
		sed -E 's/\([^()]*\)$//'
}

# take FILE: what becomes of an input that a fuzzer kept because of a crash
take()
{
	local file=$found/${1##*/} out frame status=0 id
	cp "$1" "$file"
	out=$file.log

	if ! replay "$file" "$out" && ! replay "$file" "$out"; then
		say "  once and not again: $file"
		return 0
	fi
	findings=$((findings + 1))
	say "  $(grep -m 1 -E '^(panic|fatal error): |ERROR: [A-Za-z]*Sanitizer|runtime error: ' "$out" || echo "it ended"): $file"
	frame=$(go_frame "$out")
	[ -z "$frame" ] || known=${known:+$known,}${frame##*/}
	record "$file" "$out"
}

# record FILE LOG: made smaller, and among the findings
record()
{
	local input=$1 words=("$target" -timeout=25 -rss_limit_mb=4096) status=0 id

	[ "$example" != stdin ] || words=(--stdin "$target")
	if [ -x "$tools/fuzz-reduce" ] && smaller "$1" "${words[@]}"; then
		input=$1.small
	fi
	[ -x "$tools/fuzz-record" ] || return 0
	id=$(component)
	set -- --dir "$crashes" --component "${id% *}" --version "$id" --input "$input" --command "fuzz/examples/run.sh $example $engine" "$2"
	[ "$input" = "${input%.small}" ] || set -- --minimised "$@"
	"$tools/fuzz-record" "$@" >&2 || status=$?
	[ "$status" -le 1 ] || say "  it was not recorded"
}

# smaller FILE [--stdin] COMMAND...: FILE.small, of which it dies in the same way
smaller()
{
	local file=$1 options=(--seconds "${NP_EXAMPLE_REDUCE:-20}")

	shift
	[ "$1" != --stdin ] || {
		options+=(--stdin)
		shift
	}
	NP_EXAMPLE_KNOWN='' NP_EXAMPLE_UPDATES=all "$tools/fuzz-reduce" "${options[@]}" "$file" "$file.small" "$@" >/dev/null 2>&1
}

run_libfuzzer()
{
	local end left files since
	end=$(($(date +%s) + TIME))

	mkdir -p "$dir/found"
	: >"$log"
	while left=$((end - $(date +%s))) && [ "$left" -gt 0 ] && [ "$findings" -lt "$MAX_FINDINGS" ]; do
		rm -f "$dir"/found/*
		if NP_EXAMPLE_KNOWN=$known "$target" -max_total_time="$left" -timeout=25 -rss_limit_mb=4096 \
			-max_len=6000 -report_slow_units=3 -print_final_stats=1 -artifact_prefix="$dir/found/" "$corpus" fuzz/shapes >>"$log" 2>&1; then
			break
		fi
		mapfile -t files < <(find "$dir/found" -type f ! -name 'slow-unit-*' | sort)
		[ "${#files[@]}" -gt 0 ] || {
			say "the target did not run: $(tail -n 1 "$log")"
			exit 1
		}
		since=$(date +%s)
		for f in "${files[@]}"; do
			take "$f"
		done
		end=$((end + $(date +%s) - since))	# time of the fuzzer's alone
	done
	for f in "$dir"/found/slow-unit-*; do
		[ ! -e "$f" ] || { cp "$f" "$found/"; say "  slow: $found/${f##*/}"; }
	done
	awk '/^stat::number_of_executed_units/ { n += $2 } / cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:" && $(i + 1) > c) c = $(i + 1) } }
		END { printf "%d executions, %d edges\n", n, c }' "$log"
	grep '^np: ' "$log" | tail -n 1 | cut -c 5- || :
}

run_afl()
{
	local out=$dir/out stats

	rm -rf "$out" "$dir/in"
	mkdir -p "$dir/in"
	cp fuzz/shapes/*.json "$dir/in/"
	[ "$example" != stdin ] || cp fuzz/shapes/*.yaml "$dir/in/"
	export AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_CUSTOM_MUTATOR_LIBRARY=$MUTATOR
	export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0 AFL_MAP_SIZE=524288
	NP_EXAMPLE_KNOWN=$known afl-fuzz -i "$dir/in" -o "$out" -V "$TIME" -m none -t 5000 -- "$target" >"$log" 2>&1 || {
		say "afl-fuzz did not run: $(tail -n 3 "$log")"
		exit 1
	}
	unset ASAN_OPTIONS
	for f in "$out"/default/crashes/id*; do
		[ ! -e "$f" ] || [ "$findings" -ge "$MAX_FINDINGS" ] || take "$f"
	done
	stats=$out/default/fuzzer_stats
	awk -F ' *: ' '{ v[$1] = $2 } END { printf "%s executions (%s a second), %s edges, stability %s\n", v["execs_done"], v["execs_per_sec"], v["edges_found"], v["stability"] }' "$stats"
}

"run_$engine"
if [ "$findings" -gt 0 ]; then
	say "$findings inputs that crash are in $found"
	exit 1
fi
