/* Network namespaces by descriptor. The contract is in netns.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "np/base/mem.h"

#define SELF_NETNS "/proc/thread-self/ns/net"

/*
 * A setting below /proc/sys/net. The optional ones do not exist, or may not be written, in every
 * kernel.
 */
struct setting {
	const char *path, *value;
	bool optional;
};

/*
 * No duplicate address detection, no link-local addresses, no router solicitations: what a pod
 * sends is what its agent sends, and an address works as soon as it is there. ICMP errors are not
 * rate limited, for they are answers that probes count.
 */
static const struct setting common[] = {
	/* containers like to inherit the opposite */
	{ "ipv6/conf/all/disable_ipv6", "0", true },
	{ "ipv6/conf/default/disable_ipv6", "0", true },
	{ "ipv6/conf/default/accept_dad", "0", false },
	{ "ipv6/conf/default/addr_gen_mode", "1", false },
	{ "ipv6/conf/default/accept_ra", "0", false },
	{ "ipv4/conf/all/rp_filter", "0", false },
	{ "ipv4/conf/default/rp_filter", "0", false },
	{ "ipv4/icmp_ratemask", "0", true },
	{ "ipv6/icmp/ratelimit", "0", true },
	/* the list must not be empty; type 2 is exempt in the kernel's own choice */
	{ "ipv6/icmp/ratemask", "2", true },
};

static const struct setting router[] = {
	{ "ipv4/conf/all/send_redirects", "0", false },
	{ "ipv4/conf/default/send_redirects", "0", false },
	{ "ipv4/ip_forward", "1", false },
	{ "ipv6/conf/all/forwarding", "1", false },
	{ "ipv6/conf/default/forwarding", "1", false },
	{ "ipv6/route/max_size", "1048576", true },
	{ "netfilter/nf_conntrack_helper", "0", true },
	/* only the first namespace may, where the kernel has one limit */
	{ "netfilter/nf_conntrack_max", "1048576", true },
	/* A probe is over within a second, and a run makes thousands of them a second: with what
	 * the kernel waits by itself they would fill the table. */
	{ "netfilter/nf_conntrack_udp_timeout", "2", true },
	{ "netfilter/nf_conntrack_tcp_timeout_close", "1", true },
	{ "netfilter/nf_conntrack_tcp_timeout_syn_sent", "10", true },
	{ "netfilter/nf_conntrack_tcp_timeout_syn_recv", "10", true },
};

static int write_setting(int root_fd, const struct setting *s)
{
	np_auto_fd int fd = openat(root_fd, s->path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(s->value);

	return fd >= 0 && write(fd, s->value, n) == (ssize_t)n ? 0 : -1;
}

static int write_settings(const struct setting *settings, size_t n, struct np_err *err)
{
	np_auto_fd int root = open("/proc/sys/net", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < n; i++) {
		if (write_setting(root, &settings[i]) == 0 || settings[i].optional)
			continue;
		if (errno == ENOENT && strncmp(settings[i].path, "ipv6/", 5) == 0)
			continue;	/* a kernel without IPv6 */
		return np_err_errno(
			err, NP_EENV, errno,
			"cannot write '/proc/sys/net/%s' (/proc/sys must not be mounted read-only)",
			settings[i].path);
	}
	return 0;
}

int np_netns_current(struct np_err *err)
{
	int fd = open(SELF_NETNS, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd : np_err_errno(err, NP_EENV, errno, "cannot open '%s'", SELF_NETNS);
}

int np_netns_enter(int netns_fd, struct np_err *err)
{
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return np_err_errno(err, NP_EINTERNAL, errno, "cannot enter a network namespace");
	return 0;
}

int np_netns_new(enum np_netns_role role, int *ret_fd, struct np_err *err)
{
	np_auto_fd int fd = -1;

	if (unshare(CLONE_NEWNET) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a network namespace%s",
				    errno == ENOSPC ? " (sysctl user.max_net_namespaces is too low)"
						    : "");
	if (write_settings(common, NP_ARRAY_SIZE(common), err) < 0)
		return -1;
	if (role == NP_NETNS_ROUTER && write_settings(router, NP_ARRAY_SIZE(router), err) < 0)
		return -1;
	fd = np_netns_current(err);
	if (fd < 0)
		return -1;
	*ret_fd = np_steal_fd(&fd);
	return 0;
}
