/*
 * serve_stream.c - in-pod agent: servers over connections: TCP, and SCTP where the kernel has it.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "greeting.h"
#include "moment.h"
#include "serve.h"
#include "sockets.h"

enum { BACKLOG = 4096, ACCEPTS_PER_TURN = 64 };

int stream_serve(struct server *s, const char *name, int proto, uint16_t port)
{
	struct socket_entry *entry = &s->listeners[s->n_listeners];

	entry->port = port;
	entry->fd = s->options->share
			    ? server_join(name, SOCK_STREAM, proto, port, &entry->family)
			    : server_bind(SOCK_STREAM, proto, port, false, &entry->family);
	if (entry->fd < 0 || listen(entry->fd, BACKLOG) < 0 ||
	    server_watch(s, entry->fd, SOURCE_LISTENER, s->n_listeners, 0, EPOLLIN) < 0)
		return server_cannot(name, port, errno);
	s->n_listeners++;
	return 0;
}

/* ---- the table of connections: in order of age, because all may stay equally long ---- */

void conns_init(struct server *s)
{
	s->oldest = s->newest = CONN_NONE;
	s->free_conn = CONN_NONE;
	for (unsigned i = SERVE_CONNS_MAX; i-- > 0;) {
		s->conns[i].fd = -1;
		s->conns[i].after = s->free_conn;
		s->free_conn = (uint16_t)i;
	}
}

static void conn_remove(struct server *s, struct conn *c)
{
	uint16_t index = (uint16_t)(c - s->conns);

	if (c->before != CONN_NONE)
		s->conns[c->before].after = c->after;
	else
		s->oldest = c->after;
	if (c->after != CONN_NONE)
		s->conns[c->after].before = c->before;
	else
		s->newest = c->before;
	c->fd = -1;
	c->generation++;
	c->after = s->free_conn;
	s->free_conn = index;
}

/*
 * The oldest gets an orderly end: what it was told may still be on its way. False when nothing is
 * open.
 */
static bool close_oldest(struct server *s)
{
	if (s->oldest == CONN_NONE)
		return false;
	close(s->conns[s->oldest].fd);
	conn_remove(s, &s->conns[s->oldest]);
	return true;
}

static void conn_add(struct server *s, int fd)
{
	struct conn *c;

	if (s->free_conn == CONN_NONE)
		close_oldest(s);
	c = &s->conns[s->free_conn];
	if (server_watch(s, fd, SOURCE_CONN, s->free_conn, c->generation, EPOLLRDHUP) < 0) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->due_us = now_us() + SERVE_HOLD_MS * 1000;
	c->before = s->newest;
	if (s->newest != CONN_NONE)
		s->conns[s->newest].after = s->free_conn;
	else
		s->oldest = s->free_conn;
	s->newest = s->free_conn;
	s->free_conn = c->after;
	c->after = CONN_NONE;
}

void conn_event(struct server *s, uint32_t index, uint32_t generation)
{
	struct conn *c = &s->conns[index];

	if (c->fd < 0 || c->generation != generation)
		return;
	close(c->fd);
	conn_remove(s, c);
}

int conns_expire(struct server *s)
{
	int64_t now = now_us();

	while (s->oldest != CONN_NONE && s->conns[s->oldest].due_us <= now) {
		struct conn *c = &s->conns[s->oldest];

		socket_reset(c->fd);
		conn_remove(s, c);
	}
	return s->oldest == CONN_NONE ? -1 : (int)((s->conns[s->oldest].due_us - now + 999) / 1000);
}

/* ---- accepting ---- */

static void greet(struct server *s, int fd, union addr peer)
{
	char line[GREETING_MAX];
	union addr local = { 0 };
	socklen_t n_local = sizeof(local);
	unsigned n;

	if (getsockname(fd, &local.sa, &n_local) < 0) {
		close(fd);
		return;
	}
	addr_unmap(&peer);
	addr_unmap(&local);
	n = greeting_write(line, s->options->identity, &peer, &local, NULL);
	if (send(fd, line, n, MSG_NOSIGNAL) < 0)
		close(fd);
	else
		conn_add(s, fd);
}

/* Whether accept(2) may be tried again at once. */
static bool accept_may_go_on(struct server *s, int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return close_oldest(s);
	case ECONNABORTED:
	case EINTR:
	case EPROTO:
		return true;
	default:
		return false;
	}
}

void stream_accept(struct server *s, const struct socket_entry *listener)
{
	for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
		union addr peer = { 0 };
		socklen_t n_peer = sizeof(peer);
		int fd = accept4(listener->fd, &peer.sa, &n_peer, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			greet(s, fd, peer);
		else if (!accept_may_go_on(s, errno))
			break;
	}
}
