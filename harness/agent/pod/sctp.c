/*
 * sctp.c - in-pod agent: sctp probes where the kernel has no SCTP: an INIT by raw socket, answered
 * by the INIT-ACK of an agent whose state cookie is its greeting. One raw socket per family sees
 * every SCTP packet of the pod; port and verification tag tell ours.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kinds.h"
#include "sctp_wire.h"
#include "sockets.h"

enum { PACKETS_PER_EVENT = 64, SEND_TRIES = 4 };

static int open_raw(int family)
{
	int fd = socket_open(family, SOCK_RAW, PROTO_SCTP);

	if (fd < 0)
		return -1;
	socket_grow(fd);
	(void)socket_want_icmp(fd, family);
	return fd;
}

void sctp_init(struct engine *e)
{
	int fd = socket_open(AF_INET, SOCK_STREAM, PROTO_SCTP);

	e->raw_v4 = e->raw_v6 = -1;
	if (fd >= 0) {
		close(fd);
		e->sctp = SCTP_KERNEL;
		return;
	}
	e->raw_v4 = open_raw(AF_INET);
	e->raw_v6 = open_raw(AF_INET6);
	e->sctp = e->raw_v4 >= 0 || e->raw_v6 >= 0 ? SCTP_RAW : SCTP_NOT_THERE;
}

static int raw_of(const struct engine *e, int family)
{
	return family == AF_INET ? e->raw_v4 : e->raw_v6;
}

/*
 * The raw sockets are shared and not connected: an ICMP error about one attempt is reported by the
 * next send for another, once. So an error counts only when it comes again. 0 or an errno.
 */
static int send_packet(const struct engine *e, const struct request *req,
		       const struct sctp_packet *packet)
{
	uint8_t bytes[SCTP_PACKET_MAX];
	union pktinfo_space space;
	union addr dst = req->dst;
	struct iovec part = { .iov_base = bytes, .iov_len = sctp_write(packet, bytes) };
	struct msghdr msg = {
		.msg_name = &dst, .msg_namelen = addr_len(&dst), .msg_iov = &part, .msg_iovlen = 1
	};

	addr_set_port(&dst, 0);
	if (req->src.sa.sa_family)
		pktinfo_put(&msg, &space, req->dst.sa.sa_family, &req->src);
	for (unsigned tries = 0; tries < SEND_TRIES; tries++) {
		if (sendmsg(raw_of(e, req->dst.sa.sa_family), &msg, MSG_NOSIGNAL) >= 0)
			return 0;
	}
	return errno;
}

int sctp_raw_open(struct engine *e, struct probe *p, struct attempt *a)
{
	const struct request *req = p->req;
	struct sctp_packet init = { .dst_port = addr_port(&req->dst), .chunk = SCTP_INIT };
	int error;

	if (e->sctp == SCTP_NOT_THERE)
		return EPROTONOSUPPORT;
	if (raw_of(e, req->dst.sa.sa_family) < 0)
		return EAFNOSUPPORT;
	a->src_port = ports_take(&e->ports, &req->dst, PROTO_SCTP, engine_holder(e, p, a));
	if (a->src_port == 0)
		return EADDRINUSE;
	a->secret = (uint32_t)dice_roll(&e->dice) | 1;
	init.src_port = a->src_port;
	init.init_tag = (uint32_t)a->secret;
	error = send_packet(e, req, &init);
	if (error != EPERM)
		return error;
	engine_lost(e, p, a, "errno:EPERM");
	return 0;
}

/*
 * The open attempt that holds source port @port, when it goes to @peer (@peer_port at that host).
 */
static bool find_attempt(struct engine *e, uint16_t port, const union addr *peer,
			 uint16_t peer_port, struct probe **ret_probe, struct attempt **ret_attempt)
{
	struct probe *p;
	struct attempt *a;

	if (!engine_find_holder(e, ports_holder(&e->ports, port), &p, &a))
		return false;
	if (!p->req || p->req->kind != NP_PROBE_SCTP || a->state != ATTEMPT_OPEN)
		return false;
	if (addr_port(&p->req->dst) != peer_port || !addr_same_host(&p->req->dst, peer))
		return false;
	*ret_probe = p;
	*ret_attempt = a;
	return true;
}

/* Tells the server, and every conntrack on the way, that this association is over. */
static void forget(const struct engine *e, const struct probe *p, const struct attempt *a,
		   uint32_t peer_tag)
{
	struct sctp_packet packet = { .src_port = a->src_port,
				      .dst_port = addr_port(&p->req->dst),
				      .tag = peer_tag,
				      .chunk = SCTP_ABORT };

	(void)send_packet(e, p->req, &packet);
}

static void heard(struct engine *e, const union addr *from, const uint8_t *bytes, size_t n)
{
	struct sctp_packet packet;
	struct greeting g;
	struct probe *p;
	struct attempt *a;

	if (!sctp_read(bytes, n, &packet) ||
	    !find_attempt(e, packet.dst_port, from, packet.src_port, &p, &a))
		return;
	if (packet.tag != a->secret || packet.chunk == SCTP_INIT)
		return;
	if (packet.chunk == SCTP_ABORT) {
		engine_refused(e, p, a, "errno:ECONNREFUSED");
		return;
	}
	forget(e, p, a, packet.init_tag);
	if (packet.cookie.n && greeting_read(packet.cookie, &g) == GREETING_WHOLE)
		engine_answered(e, p, a, &g);
	else /* a kernel's own cookie: it names nobody */
		engine_answered_by_other(e, p, a, true, NULL);
}

static void refused_by_icmp(struct engine *e, const struct icmp *icmp)
{
	char detail[ENGINE_DETAIL];
	struct probe *p;
	struct attempt *a;
	const uint8_t *ports = icmp->payload;

	if (!icmp->rejects || icmp->n_payload < 8)
		return;
	if (!find_attempt(e, (uint16_t)(ports[0] << 8 | ports[1]), &icmp->dst,
			  (uint16_t)(ports[2] << 8 | ports[3]), &p, &a))
		return;
	snprintf(detail, sizeof(detail), "icmp:%u.%u", icmp->type, icmp->code);
	engine_refused(e, p, a, detail);
}

void sctp_raw_event(struct engine *e, int fd, uint32_t events)
{
	uint8_t bytes[2048];
	struct icmp icmp;

	for (unsigned i = 0; (events & EPOLLERR) && i < PACKETS_PER_EVENT && socket_icmp(fd, &icmp);
	     i++)
		refused_by_icmp(e, &icmp);
	for (unsigned i = 0; i < PACKETS_PER_EVENT; i++) {
		union addr from = { 0 };
		socklen_t n_from = sizeof(from);
		ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, &from.sa, &n_from);
		size_t header;

		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			continue;
		header = sctp_offset(from.sa.sa_family == AF_INET, bytes, (size_t)n);
		heard(e, &from, bytes + header, (size_t)n - header);
	}
}
