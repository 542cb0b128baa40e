# shellcheck shell=bash disable=SC2154 # variables of the agent: agent.sh
# packages.sh - Debian packages of the lab, installed where missing.

# command:package. A machine that has the command from elsewhere (containerd of Docker's own packages) is left as it is.
LAB_PACKAGES="etcd:etcd-server containerd:containerd ctr:containerd runc:runc iptables:iptables nft:nftables
	ip:iproute2 haproxy:haproxy openssl:openssl jq:jq curl:curl conntrack:conntrack ipset:ipset
	/usr/lib/cni/host-local|/opt/cni/bin/host-local:containernetworking-plugins"

package_there()
{
	local one

	for one in ${1//|/ }; do
		case $one in
		/*) [ -x "$one" ] && return 0 ;;
		*) PATH=$PATH:/usr/sbin:/sbin command -v "$one" >/dev/null && return 0 ;;
		esac
	done
	return 1
}

packages_missing()
{
	local pair

	for pair in $LAB_PACKAGES; do
		package_there "${pair%:*}" || echo "${pair#*:}"
	done
	for pair in $agent_packages; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$pair" 2>/dev/null)" = installed ] || echo "$pair"
	done
}

# Packages of daemons start them when they are installed, unless this file says no.
without_daemons()
{
	local policy=/usr/sbin/policy-rc.d status=0

	if [ -e "$policy" ]; then
		"$@"
		return
	fi
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	"$@" || status=$?
	rm -f "$policy"
	return "$status"
}

packages_install()
{
	local missing log=$LAB_CACHE/log/packages.log

	missing=$(packages_missing | sort -u | tr '\n' ' ')
	[ -n "${missing// /}" ] || return 0
	command -v apt-get >/dev/null ||
		lab_unavailable "these packages (Debian's names) are missing and there is no apt-get to install them: $missing"
	lab_say "installing $missing"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # a list of words
	{ apt-get update -qq && without_daemons apt-get install -y -qq --no-install-recommends $missing; } \
		>"$log" 2>&1 </dev/null || lab_unavailable "cannot install $missing(see $log)"
}

# The folder of Debian's CNI plugins, or of another installation.
cni_plugins()
{
	if [ -x /usr/lib/cni/host-local ]; then
		echo /usr/lib/cni
	else
		echo /opt/cni/bin
	fi
}
