/*
 * serve_udp.c - in-pod agent: UDP servers. An answer leaves from the very address that was asked,
 * also on a host with many.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "greeting.h"
#include "serve.h"
#include "sockets.h"

enum { DATAGRAMS_PER_TURN = 64 };

int udp_serve(struct server *s, uint16_t port)
{
	struct socket_entry *entry = &s->udp[s->n_udp];

	entry->port = port;
	entry->fd = s->options->share
			    ? server_join("udp", SOCK_DGRAM, IPPROTO_UDP, port, &entry->family)
			    : server_bind(SOCK_DGRAM, IPPROTO_UDP, port, false, &entry->family);
	if (entry->fd < 0 || socket_want_pktinfo(entry->fd, entry->family) < 0 ||
	    server_watch(s, entry->fd, SOURCE_UDP, s->n_udp, 0, EPOLLIN) < 0)
		return server_cannot("udp", port, errno);
	socket_grow(entry->fd);
	s->n_udp++;
	return 0;
}

static struct np_str without_newline(struct np_str text)
{
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	return text;
}

static void answer(struct server *s, const struct socket_entry *entry, const union addr *peer,
		   union addr *local, struct np_str request)
{
	char line[GREETING_MAX];
	union addr seen = *peer, to = *peer;
	union pktinfo_space space;
	struct iovec part = { .iov_base = line };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = addr_len(&to), .msg_iov = &part, .msg_iovlen = 1
	};

	addr_unmap(&seen);
	addr_set_port(local, entry->port);
	part.iov_len = greeting_write(line, s->options->identity, &seen, local, &request);
	pktinfo_put(&msg, &space, entry->family, local);
	(void)sendmsg(entry->fd, &msg, MSG_NOSIGNAL);
}

void udp_answer(struct server *s, const struct socket_entry *entry)
{
	for (unsigned i = 0; i < DATAGRAMS_PER_TURN; i++) {
		char bytes[256];
		union addr peer, local;
		ssize_t n = socket_receive(entry->fd, bytes, sizeof(bytes), &peer, &local);
		struct np_str request = { bytes, n > 0 ? (size_t)n : 0 };

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			continue;
		/* Two servers must not answer each other's answers for ever. */
		if (request.n >= strlen(GREETING_START) &&
		    memcmp(bytes, GREETING_START, strlen(GREETING_START)) == 0)
			continue;
		answer(s, entry, &peer, &local, without_newline(request));
	}
}
