/* dgram.c - in-pod agent: probes over datagrams: udp and dns-udp. */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "dns.h"
#include "kinds.h"
#include "sockets.h"

enum { NONCE_TEXT = 24 };

static bool asks_dns(const struct probe *p)
{
	return p->req->kind == NP_PROBE_DNS_UDP;
}

static struct np_str nonce_text(const struct attempt *a, char buf[static NONCE_TEXT])
{
	int n = snprintf(buf, NONCE_TEXT, "np-%016llx", (unsigned long long)a->secret);

	return (struct np_str){ buf, (size_t)n };
}

static ssize_t send_question(const struct probe *p, const struct attempt *a)
{
	uint8_t query[DNS_QUERY_BYTES];
	char buf[NONCE_TEXT];
	struct np_str nonce = nonce_text(a, buf);

	if (asks_dns(p))
		return send(a->fd, query,
			    dns_query(np_str_from(p->req->query), (uint16_t)a->secret, query),
			    MSG_NOSIGNAL);
	return send(a->fd, nonce.p, nonce.n, MSG_NOSIGNAL);
}

int dgram_open(struct engine *e, struct probe *p, struct attempt *a)
{
	int error = dial(e, p, a, SOCK_DGRAM, IPPROTO_UDP);

	a->secret = dice_roll(&e->dice);
	if (error)
		return error;
	if (send_question(p, a) < 0) {
		/* A packet filter on this very host dropped it: as silent as a drop further on. */
		if (errno != EPERM)
			return errno;
		engine_lost(e, p, a, "errno:EPERM");
		return 0;
	}
	return engine_watch_attempt(e, p, a, EPOLLIN);
}

static void heard_greeting(struct engine *e, struct probe *p, struct attempt *a, struct np_str text)
{
	char buf[NONCE_TEXT];
	struct greeting g;

	if (greeting_read(text, &g) != GREETING_WHOLE)
		engine_answered_by_other(e, p, a, takes_anybody(p->req), NULL);
	else if (np_str_eq(g.nonce, nonce_text(a, buf)))
		engine_answered(e, p, a, &g);
}

/* What does not answer our question is somebody's noise, and waited past. */
static void heard_dns(struct engine *e, struct probe *p, struct attempt *a, const uint8_t *bytes,
		      unsigned n)
{
	uint8_t query[DNS_QUERY_BYTES];
	unsigned n_query = dns_query(np_str_from(p->req->query), (uint16_t)a->secret, query), rcode;
	char detail[ENGINE_DETAIL];

	if (!dns_answers(query, n_query, bytes, n, &rcode))
		return;
	snprintf(detail, sizeof(detail), "rcode:%u", rcode);
	engine_answered_by_other(e, p, a, true, detail);
}

void dgram_event(struct engine *e, struct probe *p, struct attempt *a, uint32_t events)
{
	uint8_t bytes[2048];
	ssize_t n = recv(a->fd, bytes, sizeof(bytes), 0);
	int error = errno;

	if (n >= 0 && asks_dns(p))
		heard_dns(e, p, a, bytes, (unsigned)n);
	else if (n >= 0)
		heard_greeting(e, p, a, (struct np_str){ (const char *)bytes, (size_t)n });
	else if ((events & EPOLLERR) && attempt_met_icmp(e, p, a))
		return;
	else if (error != EAGAIN && error != EINTR)
		attempt_met_error(e, p, a, error);
}
