#!/bin/sh
# The examples of fuzz/examples for a few seconds each: the mutator in AFL++ and in libFuzzer, on programs of others; what a
# target died of becomes a finding. Go's only when they have been built before.
set -eu
. harness/tests/lib.sh
record=$BUILD/fuzz-record
[ -x "$record" ] && [ -x "$BUILD/fuzz-reduce" ] || skip "fuzz-record and fuzz-reduce are not built (make fuzz-tools)"
export NP_MUTATOR="$BUILD/libnpmutate.so" NP_TOOLS="$BUILD" NP_CRASHES="$scratch/crashes" NP_EXAMPLE_OFFLINE=1 NP_EXAMPLE_REDUCE=2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/netpolcheck/fuzz

# ---- findings ----
cat >"$scratch/log" <<'EOF'
INFO: Running with entropic power schedule (0xFF, 100).
panic: runtime error: index out of range [2] with length 2

goroutine 17 [running, locked to thread]:
example.com/agent/policy.(*Table).row(0x2dec6789dec0, {0x5583c1ab3eca, 0x24}, 0x0)
	example.com/agent@v1.2.3/policy/table.go:223 +0x3a5
main.NPFuzzOne(0x5583fba75cb0, 0x1?)
	netpolcheck.example/fuzz/agent/main.go:280 +0x156
==18981== ERROR: libFuzzer: deadly signal
SUMMARY: libFuzzer: deadly signal
EOF
cat >"$scratch/policy" <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: two-rows}
spec: {podSelector: {}}
EOF
expect_status 0 "$record" --dir "$scratch/crashes" --component agent --input "$scratch/policy" "$scratch/log"
contains "$scratch/out" "new: "
key=$(cut -c 1-12 "$scratch/out")
expect_status 0 "$record" --dir "$scratch/crashes" --component agent --input "$scratch/policy" "$scratch/log"
contains "$scratch/out" "$key seen again"
[ "$(stat -c %a "$scratch/crashes/$key")" = 700 ] || die "the folder is not private"
expect_status 0 "$np" fuzz report --dir "$scratch/crashes"
contains "$scratch/out" "$key"
expect_status 0 "$np" fuzz report --dir "$scratch/crashes" --disclose --format markdown
contains "$scratch/out" "policy.(*Table).row"
contains "$scratch/out" "two-rows"
echo "nothing happened" >"$scratch/log"
expect_status 1 "$record" --dir "$scratch/crashes" --component agent "$scratch/log"
expect_status 2 "$record" --component agent
expect_status 3 "$record" --dir "$scratch/crashes" --component agent "$scratch/absent"
ok "what a target died of becomes a finding, once"

# A target that dies of every rule without ports, and differently of what is no policy.
cat >"$scratch/target" <<'EOF'
#!/bin/sh
case $(cat) in
*NetworkPolicy*'"ports":[{}]'*) f=rule ;;
*NetworkPolicy*) exit 0 ;;
*) f=kind ;;
esac
printf 'panic: x\n\ngoroutine 1 [running]:\nexample.com/agent.%s(0x1)\n\texample.com/agent/agent.go:1 +0x1\n' $f
exit 2
EOF
chmod +x "$scratch/target"
reduce=$BUILD/fuzz-reduce
expect_status 0 "$reduce" --stdin fuzz/shapes/01-ports-empty-entry.json "$scratch/small" "$scratch/target"
contains "$scratch/small" '"ports":[{}]'
[ "$(wc -c <"$scratch/small")" -lt "$(wc -c <fuzz/shapes/01-ports-empty-entry.json)" ] || die "it is as large as it was"
! grep -q podSelector "$scratch/small" || die "more than needed is left: $(cat "$scratch/small")"
expect_status 1 "$reduce" --stdin fuzz/shapes/25-only-blocks.json "$scratch/small" "$scratch/target"
expect_status 2 "$reduce" --seconds soon a b c
expect_status 3 "$reduce" "$scratch/absent" "$scratch/small" "$scratch/target"
ok "an input is made smaller, and dies in the same way"

expect_status 2 fuzz/examples/build.sh nobody
expect_status 2 fuzz/examples/run.sh stdin libfuzzer
expect_status 2 env TIME=soon fuzz/examples/run.sh library
ok "wrong words are refused"

# ---- short runs ----
# The sources come from Debian; what cannot be had is told and left out.
# runs EXAMPLE ENGINE SECONDS: false when it cannot be had here. A finding of theirs is no failure of ours.
runs() {
	status=0
	fuzz/examples/build.sh "$1" "$2" >"$scratch/build" 2>&1 || status=$?
	if [ "$status" = 77 ]; then
		echo "  $1: $(tail -n 1 "$scratch/build")"
		return 1
	fi
	[ "$status" = 0 ] || die "$1 does not build: $(tail -n 3 "$scratch/build")"
	status=0
	rm -rf "$scratch/work"
	TIME=$3 NP_EXAMPLE_WORK="$scratch/work" timeout 200 fuzz/examples/run.sh "$1" "$2" >"$scratch/out" 2>"$scratch/err" || status=$?
	[ "$status" -le 1 ] || die "$1: status $status: $(tail -n 3 "$scratch/err")"
	grep -qE '^[1-9][0-9]* executions' "$scratch/out" || die "$1 executed nothing"
}

if nm -D "$NP_MUTATOR" | grep -q __asan; then
	skip "this mutator is built with sanitizers, and the programs of others are not"
fi
if runs stdin afl 3; then
	grep -q 'Custom mutator' "$scratch/work/run.log" || die "AFL++ did not load the mutator"
	ok "a C program on standard input, under AFL++: $(head -n 1 "$scratch/out")"
fi
if runs library libfuzzer 3; then
	contains "$scratch/work/run.log" "found LLVMFuzzerCustomMutator"
	ok "a C library, under libFuzzer: $(head -n 1 "$scratch/out")"
fi
for e in kubernetes calico weave; do
	[ -x "$cache/$e/libfuzzer/target" ] || {
		echo "  $e: not built yet (fuzz/examples/build.sh $e)"
		continue
	}
	if runs "$e" libfuzzer 2; then
		ok "$e, under libFuzzer: $(head -n 1 "$scratch/out")"
	fi
done
[ "$n_ok" -gt 3 ] || skip "neither AFL++ nor clang nor the sources of the examples are here"
