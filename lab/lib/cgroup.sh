# shellcheck shell=bash
# cgroup.sh - a cgroup for each node, below which its kubelet makes those of its pods.

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

# All pods of a node together would count as much as one process of the machine's; on a busy one they would starve.
cgroup_weigh()
{
	[ ! -f "$1/cpu.shares" ] || echo 16384 >"$1/cpu.shares"
	[ ! -f "$1/cpu.weight" ] || echo 1600 >"$1/cpu.weight"
}

cgroup_make()
{
	local name root f

	name=$(cgroup_of "$1")
	for root in $(cgroup_roots); do
		mkdir -p "$root/$name"
		for f in cpuset.cpus cpuset.mems; do
			if cgroup_v1 && [ -f "$root/$f" ]; then
				cat "$root/$f" >"$root/$name/$f"
			fi
		done
		if ! cgroup_v1; then
			cgroup_delegate "$root"
			cgroup_delegate "$root/$name"
		fi
		cgroup_weigh "$root/$name"
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
