# shellcheck shell=bash
# mounts.sh - what of the file system is the lab's or a node's own. Runs in a fresh mount namespace.

# /run is empty but for the lab's state folder.
mount_private_run()
{
	mount --rbind "$LAB_STATE" /mnt
	mount -t tmpfs -o mode=0755 run /run
	mkdir -p "$LAB_STATE" /run/netns /run/lock /run/lab
	mount --move /mnt "$LAB_STATE"
}

# mount_overlay DIR DATA: /DIR as the machine has it, and what is written goes below DATA.
mount_overlay()
{
	mkdir -p "$2/$1/upper" "$2/$1/work"
	mount -t overlay -o "lowerdir=/$1,upperdir=$2/$1/upper,workdir=$2/$1/work" overlay "/$1"
}

# A sysfs of this network namespace. The machine's cgroups stay where they were.
mount_sys()
{
	mount --rbind /sys/fs/cgroup /mnt
	mount -t sysfs sysfs /sys
	mount --move /mnt /sys/fs/cgroup
}

# Settings of the whole machine that a kubelet would write; it finds them set and writes into plain files.
mount_sysctls()
{
	local pair file

	for pair in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
		kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
		file=$1/${pair%=*}
		[ -f "/proc/sys/${pair%=*}" ] || continue
		mkdir -p "$(dirname "$file")"
		echo "${pair#*=}" >"$file"
		mount --bind "$file" "/proc/sys/${pair%=*}"
	done
}
