/* sockets.c - in-pod agent: sockets as this program wants them. */
#include "sockets.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

/* linux/errqueue.h, which musl does not carry. The offender's address follows in memory. */
struct extended_error {
	uint32_t error;
	uint8_t origin, type, code, pad;
	uint32_t info, data;
};

enum { ORIGIN_LOCAL = 1, ORIGIN_ICMP = 2, ORIGIN_ICMP6 = 3 };
enum {
	ICMP4_UNREACH = 3,
	ICMP4_NEEDS_FRAGMENTING = 4 /* a code */,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER = 12
};
enum { ICMP6_UNREACH = 1, ICMP6_TIME_EXCEEDED = 3, ICMP6_PARAMETER = 4 };

unsigned sockets_raise_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 256;
	lim.rlim_cur = lim.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 256;
	return lim.rlim_cur > 1U << 20 ? 1U << 20 : (unsigned)lim.rlim_cur;
}

int socket_open(int family, int type, int proto)
{
	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
}

static int set_flag(int fd, int family, int v4_name, int v6_name)
{
	int on = 1;

	return family == AF_INET ? setsockopt(fd, IPPROTO_IP, v4_name, &on, sizeof(on))
				 : setsockopt(fd, IPPROTO_IPV6, v6_name, &on, sizeof(on));
}

int socket_want_icmp(int fd, int family)
{
	return set_flag(fd, family, IP_RECVERR, IPV6_RECVERR);
}

int socket_want_pktinfo(int fd, int family)
{
	return set_flag(fd, family, IP_PKTINFO, IPV6_RECVPKTINFO);
}

void socket_grow(int fd)
{
	int bytes = 4 << 20;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

void socket_reset(int fd)
{
	static const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

static bool icmp_rejects(const struct extended_error *e)
{
	if (e->origin == ORIGIN_ICMP)
		return (e->type == ICMP4_UNREACH && e->code != ICMP4_NEEDS_FRAGMENTING) ||
		       e->type == ICMP4_TIME_EXCEEDED || e->type == ICMP4_PARAMETER;
	return e->origin == ORIGIN_ICMP6 &&
	       (e->type == ICMP6_UNREACH || e->type == ICMP6_TIME_EXCEEDED ||
		e->type == ICMP6_PARAMETER);
}

static bool is_recverr(const struct cmsghdr *c)
{
	return (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
	       (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
}

bool socket_icmp(int fd, struct icmp *ret)
{
	union {
		unsigned char bytes[512];
		uint64_t align;
	} space;
	struct icmp icmp = { 0 };
	struct iovec part = { .iov_base = icmp.payload, .iov_len = sizeof(icmp.payload) };
	struct msghdr msg = { .msg_name = &icmp.dst,
			      .msg_namelen = sizeof(icmp.dst),
			      .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = space.bytes,
			      .msg_controllen = sizeof(space.bytes) };
	struct extended_error e;
	ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (n < 0)
		return false;
	icmp.n_payload = (unsigned)n;
	addr_unmap(&icmp.dst);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (!is_recverr(c) || c->cmsg_len < CMSG_LEN(sizeof(e)))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		icmp.type = e.type;
		icmp.code = e.code;
		icmp.error = (int)e.error;
		icmp.local = e.origin == ORIGIN_LOCAL;
		icmp.rejects = icmp_rejects(&e);
	}
	*ret = icmp;
	return true;
}

static bool pktinfo_get(struct msghdr *msg, union addr *ret)
{
	struct in_pktinfo v4;
	struct in6_pktinfo v6;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO &&
		    c->cmsg_len >= CMSG_LEN(sizeof(v4))) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			*ret = addr_any(AF_INET, 0);
			ret->v4.sin_addr = v4.ipi_addr;
			return true;
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
		    c->cmsg_len >= CMSG_LEN(sizeof(v6))) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			*ret = addr_any(AF_INET6, 0);
			ret->v6.sin6_addr = v6.ipi6_addr;
			addr_unmap(ret);
			return true;
		}
	}
	return false;
}

ssize_t socket_receive(int fd, void *bytes, size_t n, union addr *ret_from, union addr *ret_to)
{
	union pktinfo_space space;
	union addr from = { 0 };
	struct iovec part = { .iov_base = bytes, .iov_len = n };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = space.bytes,
			      .msg_controllen = sizeof(space.bytes) };
	ssize_t got = recvmsg(fd, &msg, 0);

	if (got < 0)
		return -1;
	if (!pktinfo_get(&msg, ret_to)) {
		errno = ENODATA;
		return -1;
	}
	*ret_from = from;
	return got;
}

/* An IPv4 source on a dual-stack socket is written as the mapped IPv6 address. */
static struct in6_pktinfo pktinfo_v6(const union addr *src)
{
	struct in6_pktinfo info = { 0 };

	if (src->sa.sa_family == AF_INET6) {
		info.ipi6_addr = src->v6.sin6_addr;
	} else {
		info.ipi6_addr.s6_addr[10] = info.ipi6_addr.s6_addr[11] = 0xff;
		memcpy(&info.ipi6_addr.s6_addr[12], &src->v4.sin_addr, 4);
	}
	return info;
}

void pktinfo_put(struct msghdr *msg, union pktinfo_space *space, int family, const union addr *src)
{
	struct in_pktinfo v4 = { .ipi_spec_dst = src->v4.sin_addr };
	struct in6_pktinfo v6 = pktinfo_v6(src);
	size_t n = family == AF_INET ? sizeof(v4) : sizeof(v6);
	struct cmsghdr *c;

	memset(space, 0, sizeof(*space));
	msg->msg_control = space->bytes;
	msg->msg_controllen = CMSG_SPACE(n);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = family == AF_INET ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), family == AF_INET ? (const void *)&v4 : &v6, n);
}
