# shellcheck shell=bash
# cgroup.sh - a cgroup for each node, below which its kubelet makes those of its pods, and one for the control plane.
#
# Each weighs as much as 16 processes of the machine's. Otherwise all pods of a node together would count as one, and on a
# busy machine they would starve, and with them every time-out that was measured.

# Where hierarchies are: one line per v1 controller, or the one of v2.
cgroup_roots()
{
	local dir

	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		echo /sys/fs/cgroup
		return
	fi
	for dir in /sys/fs/cgroup/*/; do
		[ ! -f "${dir}cgroup.procs" ] || [ -f "${dir}cgroup.controllers" ] || echo "${dir%/}"
	done
}

cgroup_v1()
{
	[ ! -f /sys/fs/cgroup/cgroup.controllers ]
}

# The name of a node's cgroup; the lab's name cannot hold what separates the two.
cgroup_of()
{
	echo "netpolcheck-lab.$LAB.$1"
}

cgroup_delegate()
{
	local controllers c

	read -r controllers <"$1/cgroup.controllers"
	for c in $controllers; do
		echo "+$c" >"$1/cgroup.subtree_control" 2>/dev/null || true
	done
}

# cgroup_weigh DIR TIMES: against everything beside it.
cgroup_weigh()
{
	[ ! -f "$1/cpu.shares" ] || echo $(($2 * 1024)) >"$1/cpu.shares"
	[ ! -f "$1/cpu.weight" ] || echo $(($2 * 100)) >"$1/cpu.weight"
}

# The file by which a process joins the daemons of NODE, or of "control".
cgroup_joint()
{
	local top=/sys/fs/cgroup

	! cgroup_v1 || top+=/cpu
	echo "$top/$(cgroup_of "$1")/daemons/cgroup.procs"
}

cgroup_make()
{
	local name root f

	name=$(cgroup_of "$1")
	for root in $(cgroup_roots); do
		mkdir -p "$root/$name"
		for f in cpuset.cpus cpuset.mems; do # v1 leaves them empty
			if cgroup_v1 && [ -f "$root/$f" ]; then
				cat "$root/$f" >"$root/$name/$f"
			fi
		done
		if ! cgroup_v1; then
			cgroup_delegate "$root"
			cgroup_delegate "$root/$name"
		fi
		cgroup_weigh "$root/$name" 16
		mkdir -p "$root/$name/daemons"
		cgroup_weigh "$root/$name/daemons" 2
	done
}

# Removes those of all nodes, from every hierarchy: runc also makes some that the kubelet did not ask for. Their processes
# have ended; the kernel may need a moment to see it.
cgroup_remove()
{
	local dir status=0

	for dir in /sys/fs/cgroup/"netpolcheck-lab.$LAB".* /sys/fs/cgroup/*/"netpolcheck-lab.$LAB".*; do
		[ ! -d "$dir" ] || find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || status=1
	done
	return "$status"
}
