/* Port 53 of the DNS pod. The contract is in dns.h. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns.h"
#include "fabric.h"
#include "netns.h"
#include "np/base/clock.h"
#include "np/base/mem.h"

#define PORT 53
#define MAX_CONNECTIONS 64	/* the oldest makes room */
#define IDLE_US (5LL * 1000 * 1000)
#define DATAGRAMS_PER_TURN 64

/* A client over TCP: messages with two bytes of length before each. */
struct connection {
	int fd;			/* -1: free */
	int64_t due_us;
	size_t n;
	uint8_t bytes[2 + NP_DNS_QUERY_MAX];
};

enum { UDP4, UDP6, TCP4, TCP6, N_SOCKETS };

struct np_dns_server {
	struct np_store *store;
	pthread_t thread;
	int wake_fd;
	int sockets[N_SOCKETS];
	struct connection connections[MAX_CONNECTIONS];
};

static bool is_v6(int i)
{
	return i == UDP6 || i == TCP6;
}

static int open_socket(int i, struct np_err *err)
{
	bool v6 = is_v6(i), tcp = i == TCP4 || i == TCP6;
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	np_auto_fd int fd =
		socket(v6 ? AF_INET6 : AF_INET,
		       (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;
	int rc;

	if (fd < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a socket for DNS");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	rc = v6 ? bind(fd, (struct sockaddr *)&a6, sizeof(a6))
		: bind(fd, (struct sockaddr *)&a4, sizeof(a4));
	if (rc < 0 || (tcp && listen(fd, 128) < 0))
		return np_err_errno(err, NP_EENV, errno, "cannot listen for DNS");
	return np_steal_fd(&fd);
}

static void answer_datagrams(struct np_dns_server *d, int fd)
{
	for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
		uint8_t query[NP_DNS_QUERY_MAX + 1], answer[NP_DNS_UDP_MAX];
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);
		ssize_t n =
			recvfrom(fd, query, sizeof(query), 0, (struct sockaddr *)&from, &from_len);
		size_t len;

		if (n < 0)
			return;
		len = np_dns_answer(query, (size_t)n, np_dns_store_lookup, d->store, answer,
				    sizeof(answer));
		if (len && sendto(fd, answer, len, 0, (struct sockaddr *)&from, from_len) < 0)
			continue;	/* a lost answer; the client asks again */
	}
}

static void close_connection(struct connection *c)
{
	np_cleanup_fd(&c->fd);
	c->fd = -1;
}

/* A free place, or that of whoever has been silent longest. */
static struct connection *make_room(struct np_dns_server *d)
{
	struct connection *oldest = &d->connections[0];

	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		struct connection *c = &d->connections[i];

		if (c->fd < 0)
			return c;
		if (c->due_us < oldest->due_us)
			oldest = c;
	}
	close_connection(oldest);
	return oldest;
}

static void accept_one(struct np_dns_server *d, int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *c;

	if (fd < 0)
		return;
	c = make_room(d);
	c->fd = fd;
	c->n = 0;
	c->due_us = np_now_us() + IDLE_US;
}

/* Answers whole messages in the buffer. False when the connection should end. */
static bool answer_messages(struct np_dns_server *d, struct connection *c)
{
	while (c->n >= 2) {
		size_t len = (size_t)c->bytes[0] << 8 | c->bytes[1];
		uint8_t answer[2 + NP_DNS_TCP_MAX];
		size_t n;

		if (len > NP_DNS_QUERY_MAX)
			return false;
		if (c->n < 2 + len)
			return true;
		n = np_dns_answer(c->bytes + 2, len, np_dns_store_lookup, d->store, answer + 2,
				  NP_DNS_TCP_MAX);
		answer[0] = (uint8_t)(n >> 8);
		answer[1] = (uint8_t)n;
		/* Whoever does not read his answers is not waited for. */
		if (!n || send(c->fd, answer, 2 + n, MSG_NOSIGNAL) != (ssize_t)(2 + n))
			return false;
		memmove(c->bytes, c->bytes + 2 + len, c->n - 2 - len);
		c->n -= 2 + len;
	}
	return true;
}

static void read_connection(struct np_dns_server *d, struct connection *c)
{
	ssize_t n = read(c->fd, c->bytes + c->n, sizeof(c->bytes) - c->n);

	if (n < 0 && errno == EAGAIN)
		return;
	c->due_us = np_now_us() + IDLE_US;
	if (n > 0)
		c->n += (size_t)n;
	if (n <= 0 || !answer_messages(d, c))
		close_connection(c);
}

static int watch(const struct np_dns_server *d, struct pollfd *p)
{
	int n = 0;

	p[n++] = (struct pollfd){ .fd = d->wake_fd, .events = POLLIN };
	for (int i = 0; i < N_SOCKETS; i++)
		p[n++] = (struct pollfd){ .fd = d->sockets[i], .events = POLLIN };
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		p[n++] = (struct pollfd){ .fd = d->connections[i].fd, .events = POLLIN };
	return n;
}

static void serve(struct np_dns_server *d, const struct pollfd *p)
{
	int64_t now_us = np_now_us();

	for (int i = 0; i < MAX_CONNECTIONS; i++) {
		struct connection *c = &d->connections[i];

		if (c->fd >= 0 && p[1 + N_SOCKETS + i].revents)
			read_connection(d, c);
		else if (c->fd >= 0 && c->due_us <= now_us)
			close_connection(c);
	}
	for (int i = 0; i < N_SOCKETS; i++) {
		if (!p[1 + i].revents)
			continue;
		if (i == UDP4 || i == UDP6)
			answer_datagrams(d, d->sockets[i]);
		else
			accept_one(d, d->sockets[i]);
	}
}

static void *run(void *arg)
{
	struct np_dns_server *d = arg;
	struct pollfd p[1 + N_SOCKETS + MAX_CONNECTIONS];

	while (true) {
		int n = watch(d, p);

		if (poll(p, (nfds_t)n, (int)(IDLE_US / 1000)) < 0 && errno != EINTR)
			break;
		if (p[0].revents)
			break;
		serve(d, p);
	}
	return NULL;
}

static void release(struct np_dns_server *d)
{
	for (int i = 0; i < N_SOCKETS; i++)
		np_cleanup_fd(&d->sockets[i]);
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		np_cleanup_fd(&d->connections[i].fd);
	np_cleanup_fd(&d->wake_fd);
	free(d);
}

static int open_all(struct np_dns_server *d, int netns_fd, struct np_err *err)
{
	np_auto_fd int back = np_netns_current(err);
	int rc = 0;

	if (back < 0 || np_netns_enter(netns_fd, err) < 0)
		return -1;
	for (int i = 0; i < N_SOCKETS && rc == 0; i++) {
		if (is_v6(i) && np_fabric_families() == 1)
			continue;
		d->sockets[i] = open_socket(i, err);
		rc = d->sockets[i] < 0 ? -1 : 0;
	}
	if (np_netns_enter(back, rc < 0 ? NULL : err) < 0)
		rc = -1;
	return rc;
}

struct np_dns_server *np_dns_server_new(int netns_fd, struct np_store *store, struct np_err *err)
{
	struct np_dns_server *d = np_xcalloc(1, sizeof(*d));
	int e;

	d->store = store;
	for (int i = 0; i < N_SOCKETS; i++)
		d->sockets[i] = -1;
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		d->connections[i].fd = -1;
	d->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (d->wake_fd < 0) {
		np_err_errno(err, NP_EENV, errno, "cannot make a descriptor for DNS");
	} else if (open_all(d, netns_fd, err) == 0) {
		e = pthread_create(&d->thread, NULL, run, d);
		if (!e)
			return d;
		np_err_errno(err, NP_EENV, e, "cannot start a thread");
	}
	release(d);
	return NULL;
}

void np_dns_server_free(struct np_dns_server *d)
{
	uint64_t one = 1;

	if (!d)
		return;
	while (write(d->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(d->thread, NULL);
	release(d);
}
