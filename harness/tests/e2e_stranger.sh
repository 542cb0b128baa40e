#!/bin/sh
# The lines of deploy/ci/README.md, from an empty CI file to a red and a green gate, as they stand there. Only the clone and the build are
# taken from here: git and make are stand-ins that see to what is asked of them.
set -eu
. harness/tests/lib.sh
need_sandbox
sed -n '/^## From an empty CI file/,/^## /s/^    //p' deploy/ci/README.md >"$scratch/lines"
[ "$(wc -l <"$scratch/lines")" -eq 9 ] || die "lines of deploy/ci/README.md: $(cat "$scratch/lines")"
sources=$PWD
mkdir "$scratch/bin" "$scratch/repository"
cat >"$scratch/bin/git" <<END
#!/bin/sh
[ "\$*" = 'submodule add URL netpolcheck' ] && mkdir netpolcheck && cd netpolcheck || exit 1
for f in "$sources"/*; do
	case \$f in */build | */deploy) ;; *) ln -s "\$f" . ;; esac
done
cp -R "$sources/deploy" . && ln -s "$BUILD" build
END
cat >"$scratch/bin/make" <<END
#!/bin/sh
[ "\$1 \$2" = '-C netpolcheck' ] && shift 2 || exit 1
for target; do grep -qE "^([a-z-]+ )*\$target( [a-z-]+)*:" "$sources/Makefile" || exit 1; done
END
chmod +x "$scratch"/bin/*
PATH=$scratch/bin:$PATH
export PATH
unset NETPOLCHECK_SUITES BUILD

# The status that each line has: red, green, red, and a comparison that finds something.
n=0
while IFS= read -r line; do
	n=$((n + 1))
	case $line in
	*gate.sh*'# red: 1'* | *'report diff '*) want=1 ;;
	*) want=0 ;;
	esac
	echo "$line" >"$scratch/line"
	(cd "$scratch/repository" && expect_status "$want" sh -e "$scratch/line") || die "line $n: $line"
	cp "$scratch/out" "$scratch/out-$n"
done <"$scratch/lines"
cd "$scratch/repository"
[ -s .github/workflows/netpolcheck.yaml ] || die "no CI file"
for f in waivers.yaml netpolcheck/deploy/ci/gate.sh; do
	grep -q "$f" .github/workflows/netpolcheck.yaml || die "the CI file does not name $f"
done
for run in artifacts known fixed; do xmllint --noout "$run/junit_netpolcheck.xml" || die "$run"; done
[ "$(xmllint --xpath 'string(/testsuites/@failures)' artifacts/junit_netpolcheck.xml)" -gt 0 ] || die "no failure in the red gate"
[ "$(xmllint --xpath 'string(/testsuites/@failures)' known/junit_netpolcheck.xml)" = 0 ] || die "a failure in the green gate"
contains "$scratch/out-8" "cover nothing"
contains "$scratch/out-9" "fixed "
ok "the README's lines: red, waived, green, fixed, red, compared"
