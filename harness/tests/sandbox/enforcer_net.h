/*
 * enforcer_net.h - private to the enforcer's tests: namespaces of the test's own with the sandbox's
 * network and the cast's pods in it, and connections in it. All in one thread, which moves between
 * the namespaces: a socket stays where it was made.
 */
#ifndef NP_TESTS_ENFORCER_NET_H
#define NP_TESTS_ENFORCER_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../sandbox/fabric.h"
#include "../../sandbox/netns.h"
#include "enforcer_cases.h"
#include "enforcer_world.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/proc.h"

#define ALLOW_MS 20000 /* how long what should come may take */
#define DENY_MS 150    /* how long what should not come is given */
#define SERVICE_IP "10.96.0.1"

struct net {
	struct np_fabric fabric;
	struct np_attachment pods[N_SLOTS];
	uint16_t
		next_port; /* of clients: none is used twice, so that no connection is taken for an earlier one */
};

static inline int write_proc(const char *path, const char *text, struct np_err *err)
{
	np_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && np_write_all(fd, text, strlen(text)) == 0
		       ? 0
		       : np_err_errno(err, NP_EENV, errno, "cannot write '%s'", path);
}

/* Namespaces of the test's own, as root or not. -1 with the reason. */
static inline int net_unshare(struct np_err *err)
{
	char uids[64], gids[64];

	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return np_err_errno(err, NP_EENV, errno, "no user and network namespaces");
	if (write_proc("/proc/self/setgroups", "deny", err) < 0 ||
	    write_proc("/proc/self/uid_map", uids, err) < 0)
		return -1;
	return write_proc("/proc/self/gid_map", gids, err);
}

/* nft in the namespace of the thread. */
static inline int net_nft(void *arg, const struct np_buf *document, struct np_err *err)
{
	static const char *const argv[] = { "nft", "-j", "-f", "-", NULL };
	struct np_buf out = { 0 };
	int rc = np_proc_run(argv, document, 60000, &out, &out, err);

	(void)arg;
	if (rc > 0)
		np_err_set(err, NP_EENV, "nft: %.300s", np_buf_text(&out));
	np_buf_release(&out);
	return rc == 0 ? 0 : -1;
}

static inline int net_service(struct net *n, struct np_err *err)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	struct np_buf text = { 0 };
	int rc;

	np_buf_adds(&text,
		    "table ip svc {\n chain pre {\n  type nat hook prerouting priority -100;\n"
		    "  ip daddr " SERVICE_IP " tcp dport 80 dnat to 10.244.0.11:8081\n }\n}\n");
	rc = np_netns_enter(n->fabric.hosts[NP_HOST_N1].netns_fd, err);
	if (rc == 0)
		rc = np_proc_run(argv, &text, 60000, NULL, NULL, err);
	np_buf_release(&text);
	return rc == 0 ? 0 : np_err_set(err, NP_EENV, "nft cannot translate addresses here");
}

static inline int net_pod(struct net *n, size_t slot, struct np_err *err)
{
	struct np_attachment *a = &n->pods[slot];
	bool on_n1 = !strcmp(slots[slot].node, "n1");
	char v4[64], v6[64];

	slot_addresses(slot, on_n1, v4, v6, sizeof(v4));
	a->node = on_n1 ? NP_HOST_N1 : NP_HOST_N2;
	if (!np_addr_parse(np_str_from(v4), &a->ip[0]) ||
	    !np_addr_parse(np_str_from(v6), &a->ip[1]))
		return np_err_set(err, NP_EINTERNAL, "addresses of slot %zu", slot);
	return np_fabric_attach(&n->fabric, a, err);
}

static inline int net_init(struct net *n, struct np_err *err)
{
	*n = (struct net){ .next_port = 10000 };
	if (net_unshare(err) < 0 || np_fabric_init(&n->fabric, 2, err) < 0)
		return -1;
	for (size_t i = 0; i < N_SLOTS; i++)
		if (net_pod(n, i, err) < 0)
			return -1;
	for (size_t i = 0; i < N_SLOTS; i++)
		if (np_fabric_attach_wait(&n->fabric, &n->pods[i], err) < 0 ||
		    np_fabric_announce(&n->fabric, &n->pods[i], err) < 0)
			return -1;
	return net_service(n, err);
}

static inline void net_release(struct net *n)
{
	for (size_t i = 0; i < N_SLOTS; i++)
		np_fabric_detach(&n->fabric, &n->pods[i]);
	np_fabric_release(&n->fabric);
}

/* Both nodes get the rules of the world after @first and @then. */
static inline void net_enforce(struct net *n, const char *first, const char *then,
			       enum np_fault_id fault)
{
	struct np_err err;

	for (int h = NP_HOST_N1; h <= NP_HOST_N2; h++) {
		const struct np_host *host = &n->fabric.hosts[h];
		struct np_ruleset rules = { 0 };
		struct np_ruleset_state next = { .rs = &rules, .gen = 1 }, none = { 0 };
		bool switched;

		compile_steps(first, then, 100, fault, host->name, &rules);
		ck_assert_int_eq(np_netns_enter(host->netns_fd, &err), 0);
		ck_assert_msg(np_ruleset_install(&next, &none, NP_RULESET_BUDGET, net_nft, NULL,
						 &switched, &err) == 0,
			      "%s: %s", first, err.msg);
		np_ruleset_release(&rules);
	}
}

static inline int end_netns(const struct net *n, enum end e)
{
	if (e < N_SLOTS)
		return n->pods[e].netns_fd;
	if (e <= ED)
		return n->fabric.hosts[NP_HOST_EXT].netns_fd;
	return n->fabric.hosts[e == N1 ? NP_HOST_N1 : NP_HOST_N2].netns_fd;
}

static inline struct np_addr end_addr(const struct net *n, enum end e, int family)
{
	unsigned f = family == 6;

	if (e < N_SLOTS)
		return n->pods[e].ip[f];
	if (e <= ED)
		return np_fabric_external(e - EA, f);
	return n->fabric.hosts[e == N1 ? NP_HOST_N1 : NP_HOST_N2].ip[f];
}

static inline socklen_t sock_addr(const struct np_addr *a, uint16_t port,
				  struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (a->width == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->bytes, 4);
		return sizeof(*in);
	}
	{
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, a->bytes, 16);
		return sizeof(*in6);
	}
}

/* A bound socket of @type in the namespace of @e; not blocking. */
static inline int end_socket(const struct net *n, enum end e, int family, int type, int protocol,
			     uint16_t port)
{
	struct sockaddr_storage sa;
	struct np_addr addr = end_addr(n, e, family);
	socklen_t len = sock_addr(&addr, port, &sa);
	struct np_err err;
	int fd, one = 1;

	ck_assert_int_eq(np_netns_enter(end_netns(n, e), &err), 0);
	fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	ck_assert_msg(fd >= 0, "socket: %s", strerror(errno));
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	ck_assert_msg(bind(fd, (struct sockaddr *)&sa, len) == 0, "bind: %s", strerror(errno));
	return fd;
}

static inline bool readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) > 0;
}

/* 1 connected, 0 refused, -1 silence. */
static inline int tcp_result(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&p, 1, timeout_ms) <= 0)
		return -1;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error == 0 ? 1 : error == ECONNREFUSED ? 0 : -1;
}

struct probe {
	enum end src, dst, dial; /* the end that answers, and the one that is dialled (a Service) */
	enum np_proto proto;
	uint16_t port, dial_port;
	int family;
};

static inline socklen_t dial_addr(const struct net *n, const struct probe *p,
				  struct sockaddr_storage *ret)
{
	struct np_addr addr;

	if (p->dial == SVC)
		ck_assert(np_addr_parse(NP_STR(SERVICE_IP), &addr));
	else
		addr = end_addr(n, p->dial, p->family);
	return sock_addr(&addr, p->dial_port, ret);
}

static inline bool probe_tcp(struct net *n, const struct probe *p, int timeout_ms)
{
	struct sockaddr_storage to;
	socklen_t len = dial_addr(n, p, &to);
	int server = end_socket(n, p->dst, p->family, SOCK_STREAM, 0, p->port), client;
	bool passed;

	ck_assert_int_eq(listen(server, 8), 0);
	client = end_socket(n, p->src, p->family, SOCK_STREAM, 0, n->next_port++);
	ck_assert(connect(client, (struct sockaddr *)&to, len) == 0 || errno == EINPROGRESS);
	passed = tcp_result(client, timeout_ms) == 1;
	close(client);
	close(server);
	return passed;
}

static inline bool probe_udp(struct net *n, const struct probe *p, int timeout_ms)
{
	struct sockaddr_storage to, from;
	socklen_t len = dial_addr(n, p, &to), from_len = sizeof(from);
	int server = end_socket(n, p->dst, p->family, SOCK_DGRAM, 0, p->port);
	int client = end_socket(n, p->src, p->family, SOCK_DGRAM, 0, n->next_port++);
	bool passed = false;
	char byte;

	ck_assert_int_eq(sendto(client, "?", 1, 0, (struct sockaddr *)&to, len), 1);
	if (readable(server, timeout_ms)) {
		ck_assert_int_eq(recvfrom(server, &byte, 1, 0, (struct sockaddr *)&from, &from_len),
				 1);
		ck_assert_int_eq(sendto(server, "!", 1, 0, (struct sockaddr *)&from, from_len), 1);
		passed = readable(client, timeout_ms);
	}
	close(client);
	close(server);
	return passed;
}

static inline uint32_t crc32c(const uint8_t *p, size_t n)
{
	uint32_t crc = ~0U;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

#define SCTP_BYTES 32

/* INIT (1) or INIT ACK (2, without the cookie that nobody here looks at). */
static inline void sctp_chunk(uint8_t *b, uint8_t type, uint16_t src, uint16_t dst, uint32_t vtag,
			      uint32_t tag)
{
	const uint8_t chunk[20] = { type,
				    0,
				    0,
				    20,
				    (uint8_t)(tag >> 24),
				    (uint8_t)(tag >> 16),
				    (uint8_t)(tag >> 8),
				    (uint8_t)tag,
				    0,
				    1,
				    0,
				    0,
				    0,
				    1,
				    0,
				    1,
				    0,
				    0,
				    0,
				    1 };
	uint32_t crc;

	memset(b, 0, SCTP_BYTES);
	b[0] = (uint8_t)(src >> 8);
	b[1] = (uint8_t)src;
	b[2] = (uint8_t)(dst >> 8);
	b[3] = (uint8_t)dst;
	for (int i = 0; i < 4; i++)
		b[4 + i] = (uint8_t)(vtag >> (24 - 8 * i));
	memcpy(b + 12, chunk, sizeof(chunk));
	crc = crc32c(b, SCTP_BYTES);
	for (int i = 0; i < 4; i++)
		b[8 + i] = (uint8_t)(crc >> 8 * i);
}

/*
 * Reads raw packets until the chunk of @type with these ports has come. IPv4: the header comes
 * along.
 */
static inline bool sctp_await(int fd, uint8_t type, uint16_t src, uint16_t dst, int timeout_ms)
{
	int64_t until = np_now_ms() + timeout_ms;

	for (int64_t left = timeout_ms; left >= 0 && readable(fd, (int)left);
	     left = until - np_now_ms()) {
		uint8_t b[256];
		ssize_t n = recv(fd, b, sizeof(b), 0);
		size_t ip = n > 0 ? (size_t)(b[0] & 15) * 4 : 0;

		if (n < (ssize_t)(ip + SCTP_BYTES))
			continue;
		if (b[ip] << 8 == (src & 0xff00) && b[ip + 1] == (src & 0xff) &&
		    (b[ip + 2] << 8 | b[ip + 3]) == dst && b[ip + 12] == type)
			return true;
	}
	return false;
}

/* INIT there and INIT ACK back; IPv4 only. */
static inline bool probe_sctp(struct net *n, const struct probe *p, int timeout_ms)
{
	struct sockaddr_storage to, back;
	struct np_addr src_addr = end_addr(n, p->src, 4), dst_addr = end_addr(n, p->dst, 4);
	uint16_t port = n->next_port++;
	uint8_t b[SCTP_BYTES];
	int server = end_socket(n, p->dst, 4, SOCK_RAW, IPPROTO_SCTP, 0),
	    client = end_socket(n, p->src, 4, SOCK_RAW, IPPROTO_SCTP, 0);
	socklen_t len = sock_addr(&dst_addr, 0, &to);
	bool passed = false;

	sock_addr(&src_addr, 0, &back);
	sctp_chunk(b, 1, port, p->port, 0, 0x1234);
	ck_assert_int_eq(sendto(client, b, sizeof(b), 0, (struct sockaddr *)&to, len),
			 (ssize_t)sizeof(b));
	if (sctp_await(server, 1, port, p->port, timeout_ms)) {
		sctp_chunk(b, 2, p->port, port, 0x1234, 0x5678);
		ck_assert_int_eq(sendto(server, b, sizeof(b), 0, (struct sockaddr *)&back, len),
				 (ssize_t)sizeof(b));
		passed = sctp_await(client, 2, p->port, port, timeout_ms);
	}
	close(client);
	close(server);
	return passed;
}

/* There and back. @expect: waits long for what should pass, shortly for what should not. */
static inline bool probe(struct net *n, const struct probe *p, enum np_verdict expect)
{
	int timeout_ms = expect == NP_ALLOW ? ALLOW_MS : DENY_MS;

	return p->proto == NP_TCP   ? probe_tcp(n, p, timeout_ms)
	       : p->proto == NP_UDP ? probe_udp(n, p, timeout_ms)
				    : probe_sctp(n, p, timeout_ms);
}

static inline struct probe probe_of(const struct fault_case *c)
{
	if (c->dst == SVC)
		return (struct probe){ c->src, XB, SVC, c->proto, 8081, c->port, 4 };
	return (struct probe){ c->src, c->dst, c->dst, c->proto, c->port, c->port, c->family };
}

#endif
