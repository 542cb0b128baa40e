/*
 * stream.c - in-pod agent: probes over connections: tcp, dns-tcp, and sctp where the kernel has it.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "dns.h"
#include "kinds.h"
#include "sockets.h"

static bool asks_dns(const struct probe *p)
{
	return p->req->kind == NP_PROBE_DNS_TCP;
}

/* Servers speak first, so a probe that waits for a name need not be woken by the handshake. */
static bool wants_handshake(const struct probe *p)
{
	return asks_dns(p) || takes_anybody(p->req);
}

int stream_open(struct engine *e, struct probe *p, struct attempt *a)
{
	int error = dial(e, p, a, SOCK_STREAM, kind_of(e, p->req)->proto);

	a->secret = dice_roll(&e->dice);
	if (error == ECONNREFUSED) {
		attempt_met_error(e, p, a, error);
		return 0;
	}
	if (error)
		return error;
	return engine_watch_attempt(
		e, p, a, EPOLLIN | EPOLLRDHUP | EPOLLET | (wants_handshake(p) ? EPOLLOUT : 0));
}

bool stream_connected(const struct attempt *a)
{
	union addr peer;
	socklen_t n = sizeof(peer);

	return a->state == ATTEMPT_CONNECTED || getpeername(a->fd, &peer.sa, &n) == 0;
}

static unsigned dns_message(const struct probe *p, const struct attempt *a,
			    uint8_t buf[static DNS_QUERY_BYTES])
{
	return dns_query(np_str_from(p->req->query), (uint16_t)a->secret, buf);
}

static void handshake_done(const struct probe *p, struct attempt *a)
{
	uint8_t message[2 + DNS_QUERY_BYTES];
	unsigned n;

	a->state = ATTEMPT_CONNECTED;
	a->connected_us = now_us();
	if (!asks_dns(p))
		return;
	n = dns_message(p, a, message + 2);
	message[0] = (uint8_t)(n >> 8);
	message[1] = (uint8_t)n;
	/* A failure shows as an error on the socket. */
	(void)send(a->fd, message, n + 2, MSG_NOSIGNAL);
}

static void closed_without_answer(struct engine *e, struct probe *p, struct attempt *a)
{
	if (!asks_dns(p) && takes_anybody(p->req))
		engine_answered_by_other(e, p, a, true, "eof");
	else
		engine_refused(e, p, a, "eof");
}

static void heard_greeting(struct engine *e, struct probe *p, struct attempt *a, struct np_str text,
			   bool ended)
{
	struct greeting g;

	switch (greeting_read(text, &g)) {
	case GREETING_WHOLE:
		engine_answered(e, p, a, &g);
		break;
	case GREETING_PARTIAL:
		if (ended)
			closed_without_answer(e, p, a);
		break;
	case GREETING_NONE:
		engine_answered_by_other(e, p, a, takes_anybody(p->req), NULL);
		break;
	}
}

/* @bytes may be the start of a long message: the records are not looked at. */
static void heard_dns(struct engine *e, struct probe *p, struct attempt *a, const uint8_t *bytes,
		      unsigned n, bool ended)
{
	uint8_t query[DNS_QUERY_BYTES];
	unsigned n_query = dns_message(p, a, query), rcode = 0, length;
	char detail[ENGINE_DETAIL];

	length = n >= 2 ? (unsigned)bytes[0] << 8 | bytes[1] : UINT16_MAX;
	if (n < 2 || (n - 2 < length && n - 2 < n_query)) {
		if (ended)
			closed_without_answer(e, p, a);
		return;
	}
	if (n - 2 < length)
		length = n - 2;
	if (dns_answers(query, n_query, bytes + 2, length, &rcode)) {
		snprintf(detail, sizeof(detail), "rcode:%u", rcode);
		engine_answered_by_other(e, p, a, true, detail);
	} else {
		engine_answered_by_other(e, p, a, false, NULL);
	}
}

/*
 * Only looks at what came: the connection ends with a RST anyway, and the next look sees the whole
 * again.
 */
void stream_event(struct engine *e, struct probe *p, struct attempt *a, uint32_t events)
{
	uint8_t bytes[1024];
	bool ended = events & (EPOLLRDHUP | EPOLLHUP);
	ssize_t n;
	int error;

	if ((events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP)) && a->state == ATTEMPT_OPEN)
		handshake_done(p, a);
	n = recv(a->fd, bytes, sizeof(bytes), MSG_PEEK);
	error = errno;
	if (n > 0 && asks_dns(p))
		heard_dns(e, p, a, bytes, (unsigned)n, ended);
	else if (n > 0)
		heard_greeting(e, p, a, (struct np_str){ (const char *)bytes, (size_t)n }, ended);
	else if (n == 0)
		closed_without_answer(e, p, a);
	else if ((events & EPOLLERR) && attempt_met_icmp(e, p, a))
		return;
	else if (error != EAGAIN && error != EINTR)
		attempt_met_error(e, p, a, error);
}
