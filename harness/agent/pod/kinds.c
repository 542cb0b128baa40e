/* kinds.c - in-pod agent: the table of kinds, and what several of them share. */
#include "kinds.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "errnames.h"
#include "sockets.h"

/* Ports that somebody else on this host may hold one after another. */
enum { BIND_TRIES = 512, ICMP_PER_EVENT = 16 };

static const struct kind kinds[NP_PROBE_KINDS] = {
	[NP_PROBE_TCP] = { "tcp", IPPROTO_TCP, true, false, stream_open, stream_event },
	[NP_PROBE_UDP] = { "udp", IPPROTO_UDP, false, false, dgram_open, dgram_event },
	[NP_PROBE_SCTP] = { "sctp", PROTO_SCTP, true, false, stream_open, stream_event },
	[NP_PROBE_DNS_UDP] = { "dns-udp", IPPROTO_UDP, false, true, dgram_open, dgram_event },
	[NP_PROBE_DNS_TCP] = { "dns-tcp", IPPROTO_TCP, true, true, stream_open, stream_event },
};

static const struct kind raw_sctp = { "sctp", PROTO_SCTP, false, false, sctp_raw_open, NULL };

const struct kind *kind_of(const struct engine *e, const struct request *req)
{
	return req->kind == NP_PROBE_SCTP && e->sctp != SCTP_KERNEL ? &raw_sctp : &kinds[req->kind];
}

bool kind_find(struct np_str name, uint8_t *ret)
{
	for (uint8_t i = 0; i < NP_PROBE_KINDS; i++) {
		if (np_str_is(name, kinds[i].name)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *kind_name(uint8_t kind)
{
	return kinds[kind].name;
}

bool kind_asks(uint8_t kind)
{
	return kinds[kind].asks;
}

static int bind_fresh_port(struct engine *e, struct probe *p, struct attempt *a)
{
	const struct request *req = p->req;
	union addr from = req->src.sa.sa_family ? req->src : addr_any(req->dst.sa.sa_family, 0);

	for (unsigned tries = 0; tries < BIND_TRIES; tries++) {
		a->src_port = ports_take(&e->ports, &req->dst, kind_of(e, req)->proto,
					 engine_holder(e, p, a));
		if (a->src_port == 0)
			break;
		addr_set_port(&from, a->src_port);
		if (bind(a->fd, &from.sa, addr_len(&from)) == 0)
			return 0;
		ports_release(&e->ports, a->src_port);
		a->src_port = 0;
		if (errno != EADDRINUSE)
			return errno;
	}
	return EADDRINUSE;
}

int dial(struct engine *e, struct probe *p, struct attempt *a, int type, int proto)
{
	const union addr *dst = &p->req->dst;
	int error;

	a->fd = socket_open(dst->sa.sa_family, type, proto);
	if (a->fd < 0)
		return errno;
	if (proto != PROTO_SCTP && socket_want_icmp(a->fd, dst->sa.sa_family) < 0)
		return errno;
	error = bind_fresh_port(e, p, a);
	if (error)
		return error;
	if (connect(a->fd, &dst->sa, addr_len(dst)) < 0 && errno != EINPROGRESS)
		return errno;
	return 0;
}

bool attempt_met_icmp(struct engine *e, struct probe *p, struct attempt *a)
{
	char detail[ENGINE_DETAIL];
	struct icmp icmp;

	for (unsigned i = 0; i < ICMP_PER_EVENT && socket_icmp(a->fd, &icmp); i++) {
		if (icmp.local) {
			engine_failed(e, p, a, icmp.error);
			return true;
		}
		if (icmp.rejects) {
			snprintf(detail, sizeof(detail), "icmp:%u.%u", icmp.type, icmp.code);
			engine_refused(e, p, a, detail);
			return true;
		}
	}
	return false;
}

void attempt_met_error(struct engine *e, struct probe *p, struct attempt *a, int error)
{
	char detail[ENGINE_DETAIL];

	snprintf(detail, sizeof(detail), "errno:%s", errname(error));
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENOPROTOOPT:
	case EPROTO:
	case EACCES:
	case EPERM:
		engine_refused(e, p, a, detail);
		break;
	case ETIMEDOUT: /* the kernel gave up before our deadline */
		engine_lost(e, p, a, NULL);
		break;
	default:
		engine_failed(e, p, a, error);
	}
}
