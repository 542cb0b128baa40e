/* serve.c - in-pod agent: the server's loop. */
#include "serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "moment.h"
#include "sockets.h"

enum { EVENTS_PER_TURN = 128 };

int server_watch(struct server *s, int fd, enum source source, uint32_t index, uint32_t generation,
		 uint32_t events)
{
	struct epoll_event ev = {
		.events = events,
		.data.u64 = (uint64_t)source << 56 | (uint64_t)index << 32 | generation,
	};

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

int server_cannot(const char *what, unsigned port, int error)
{
	fprintf(stderr, "netpolcheck-agent: cannot serve %s port %u: %s\n", what, port,
		strerror(error));
	return -1;
}

static int bind_family(int family, int type, int proto, uint16_t port, bool share)
{
	union addr any = addr_any(family, port);
	int fd = socket_open(family, type, proto), on = 1, off = 0, error;

	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (share)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, &any.sa, addr_len(&any)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int server_bind(int type, int proto, uint16_t port, bool share, int *ret_family)
{
	int fd = bind_family(AF_INET6, type, proto, port, share);

	*ret_family = AF_INET6;
	if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
		return fd;
	*ret_family = AF_INET;
	return bind_family(AF_INET, type, proto, port, share);
}

/* ---- start ---- */

static int open_signals(struct server *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signal_fd < 0 ? -1 : server_watch(s, s->signal_fd, SOURCE_SIGNAL, 0, 0, EPOLLIN);
}

static int open_ports(struct server *s)
{
	const struct serve_options *o = s->options;

	for (unsigned i = 0; i < o->n_ports[SERVE_TCP]; i++) {
		if (stream_serve(s, "tcp", IPPROTO_TCP, o->ports[SERVE_TCP][i]) < 0)
			return -1;
	}
	for (unsigned i = 0; i < o->n_ports[SERVE_UDP]; i++) {
		if (udp_serve(s, o->ports[SERVE_UDP][i]) < 0)
			return -1;
	}
	if (o->n_ports[SERVE_SCTP] && sctp_serve(s) < 0)
		return -1;
	for (unsigned i = 0; i < o->n_controls; i++) {
		if (control_serve(s, o->controls[i]) < 0)
			return -1;
	}
	return 0;
}

static int server_open(struct server *s, const struct serve_options *options)
{
	s->options = options;
	sockets_raise_limit();
	conns_init(s);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0 || open_signals(s) < 0) {
		fprintf(stderr, "netpolcheck-agent: cannot wait for events: %s\n", strerror(errno));
		return -1;
	}
	return open_ports(s);
}

/* ---- running ---- */

static void reap(struct server *s)
{
	int pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		control_reaped(s, pid);
}

/* Returns whether to end. */
static bool take_signals(struct server *s)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		end |= info.ssi_signo == SIGINT ||
		       (info.ssi_signo == SIGTERM && !s->options->outlive);
	reap(s);
	return end;
}

/* Returns whether to end. */
static bool handle_event(struct server *s, uint64_t key)
{
	uint32_t index = key >> 32 & 0xffffff;

	switch ((enum source)(key >> 56)) {
	case SOURCE_SIGNAL:
		return take_signals(s);
	case SOURCE_LISTENER:
		stream_accept(s, &s->listeners[index]);
		break;
	case SOURCE_CONN:
		conn_event(s, index, (uint32_t)key);
		break;
	case SOURCE_UDP:
		udp_answer(s, &s->udp[index]);
		break;
	case SOURCE_RAW:
		sctp_answer(s, &s->raw[index]);
		break;
	case SOURCE_CONTROL:
		control_accept(s, &s->controls[index]);
		break;
	}
	return false;
}

static void loop(struct server *s)
{
	struct epoll_event events[EVENTS_PER_TURN];
	bool end = false;

	while (!end) {
		int n = epoll_wait(s->epoll_fd, events, EVENTS_PER_TURN, conns_expire(s));

		for (int i = 0; i < n; i++)
			end |= handle_event(s, events[i].data.u64);
	}
}

static void say_ready(const struct serve_options *options)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "ready %s\n", options->identity);

	if (!options->quiet && write(STDOUT_FILENO, line, (size_t)n) < 0)
		fprintf(stderr, "netpolcheck-agent: cannot write to standard output: %s\n",
			strerror(errno));
}

int serve_run(const struct serve_options *options)
{
	static struct server server;
	int status = 1;

	if (server_open(&server, options) == 0) {
		say_ready(options);
		loop(&server);
		status = 0;
	}
	control_close(&server);
	return status;
}
