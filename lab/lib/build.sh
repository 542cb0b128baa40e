# shellcheck shell=bash
# build.sh - third-party programs from the Go module proxy into the cache, each built once.

KUBERNETES_VERSION=$(sed -n 's/^require k8s.io\/kubernetes //p' "$LAB_SRC/modules/kubernetes/go.mod")

go_env()
{
	env CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS="-buildvcs=false" "$@"
}

build_have_go()
{
	local version

	command -v go >/dev/null ||
		lab_unavailable "$1 has to be built first and there is no Go; install Go 1.21 or newer"
	version=$(go env GOVERSION 2>/dev/null) || version=go0
	[[ $version =~ ^go1\.(2[1-9]|[3-9][0-9]) ]] ||
		lab_unavailable "$1 has to be built first and this is ${version}; install Go 1.21 or newer"
}

# What the proxy refuses or cannot be reached for is no fault of the lab's.
build_refused()
{
	grep -E -m 1 '(: (403|404|410) |not available|lookup disabled|dial tcp|no such host|connection refused|TLS handshake|i/o timeout)' "$1" |
		grep -E -m 1 '(reading|Get|downloading|module|verifying)' | sed -E 's/^go: //; s|https?://[^ /]*/||g'
}

build_cached()
{
	local stamp=$LAB_CACHE/stamps/$1 key=$2 log=$LAB_CACHE/log/$1.log refused lock status

	mkdir -p "$LAB_BIN" "$LAB_CACHE/stamps" "$LAB_CACHE/log"
	[ "$(cat "$stamp" 2>/dev/null)" != "$key" ] || return 0
	exec {lock}>"$LAB_CACHE/stamps/$1.lock"
	flock "$lock"
	if [ "$(cat "$stamp" 2>/dev/null)" != "$key" ]; then
		build_have_go "$1"
		lab_say "building $1 (once; log: $log)"
		set +e # a subshell inside a condition would not end at its first error
		(
			set -e
			"$3"
		) >"$log" 2>&1 </dev/null
		status=$?
		set -e
		if [ "$status" -ne 0 ]; then
			refused=$(build_refused "$log")
			[ -z "$refused" ] || lab_unavailable "the module proxy does not serve what $1 needs: $refused"
			lab_fail "building $1 failed, see $log: $(grep -v '^go: downloading' "$log" | tail -1)"
		fi
		echo "$key" >"$stamp"
	fi
	exec {lock}>&-
}

# The linker's words for programs of Kubernetes, which otherwise call themselves v0.0.0-master.
kubernetes_ldflags()
{
	local v=${KUBERNETES_VERSION#v} at=k8s.io/component-base/version

	echo "-X $at.gitVersion=v$v -X $at.gitMajor=${v%%.*} -X $at.gitMinor=$(cut -d. -f2 <<<"$v") -X $at.gitTreeState=clean"
}

module_ldflags()
{
	echo "-s -w $(if [ "$1" = kubernetes ]; then kubernetes_ldflags; fi)"
}

module_build()
{
	local programs

	cd "$LAB_SRC/modules/$module"
	programs=$(sed -n 's/^.*_ "\(.*\)"$/\1/p' programs.go)
	# shellcheck disable=SC2086 # a list of words
	go_env go build -trimpath -ldflags "$(module_ldflags "$module")" -o "$LAB_BIN/" $programs
}

# The modules named, each a folder of modules/.
build_modules()
{
	local module key

	for module; do
		key=$(cd "$LAB_SRC/modules/$module" && cat go.mod go.sum programs.go <(module_ldflags "$module") | sha256sum)
		build_cached "$module" "$key" module_build
	done
}
