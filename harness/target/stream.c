/* stream.c - one agent's stream of lines. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "np/base/mem.h"

#define STREAM_OPEN_TIMEOUT_MS 15000
#define STREAM_ERROUT_KEPT 2048
#define STREAM_READ_CHUNK 65536
#define STREAM_IN_MAX (1U << 20) /* of one turn: the lines are taken before more is read */

static void stream_fail(struct np_stream *s, const struct np_err *why)
{
	s->failed = true;
	s->why = *why;
	if (!s->why.msg[0])
		np_err_set(&s->why, NP_EENV, "the stream ended");
}

static int connect_unix(const char *path, struct np_err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	np_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a socket");
	if (strlen(path) >= sizeof(sun.sun_path))
		return np_err_set(err, NP_EUSAGE, "socket path '%s' is too long", path);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot connect to agent socket '%s'",
				    path);
	return np_steal_fd(&fd);
}

/* Connecting may block as long as the kernel's time-out would: poll bounds it. */
static int connect_bounded(int fd, const struct addrinfo *ai)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int soerr = 0;
	socklen_t len = sizeof(soerr);

	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	if (poll(&p, 1, STREAM_OPEN_TIMEOUT_MS) <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &soerr, &len);
	errno = soerr;
	return soerr ? -1 : 0;
}

static int connect_tcp(const char *place, struct np_err *err)
{
	const char *colon = strrchr(place, ':');
	bool brackets = colon && place[0] == '[' && colon[-1] == ']';
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	np_auto_free char *host = NULL;
	np_auto_fd int fd = -1;

	if (!colon)
		return np_err_set(err, NP_EUSAGE, "agent address '%s' is not HOST:PORT", place);
	host = np_xstrndup(place + brackets, (size_t)(colon - place) - 2 * brackets);
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		return np_err_set(err, NP_EENV, "cannot find agent host '%s'", place);
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect_bounded(fd, list) < 0) {
		int e = errno;

		freeaddrinfo(list);
		return np_err_errno(err, NP_EENV, e, "cannot connect to agent '%s'", place);
	}
	freeaddrinfo(list);
	return np_steal_fd(&fd);
}

void np_stream_open(struct np_stream *s, struct np_kube *k, const struct np_fleet_place *place)
{
	const char *const argv[] = { place->agent ? place->agent : "/netpolcheck-agent", "probe",
				     NULL };
	struct np_err err = { 0 };

	*s = (struct np_stream){ .fd = -1, .open = true };
	if (place->pod) {
		s->exec = np_kube_exec_start(k, place->ns, place->pod, place->container, argv,
					     NP_KUBE_EXEC_STDIN, STREAM_OPEN_TIMEOUT_MS, &err);
		if (!s->exec)
			stream_fail(s, &err);
		return;
	}
	s->fd = place->socket ? connect_unix(place->socket, &err) : connect_tcp(place->host, &err);
	if (s->fd < 0)
		stream_fail(s, &err);
	else
		fcntl(s->fd, F_SETFL, O_NONBLOCK);
}

void np_stream_close(struct np_stream *s)
{
	if (!s->open)
		return;
	np_kube_exec_close(s->exec);
	if (s->fd >= 0)
		close(s->fd);
	np_buf_release(&s->in);
	np_buf_release(&s->out);
	np_buf_release(&s->errout);
	*s = (struct np_stream){ .fd = -1 };
}

/* Half a second to two: a plugin that fails, a socket that nobody listens on. */
static int plain_pause(unsigned n)
{
	return 500 << (n < 2 ? n : 2);
}

int np_stream_again(struct np_stream *s, unsigned n, bool *ret_absent)
{
	bool worth = s->why.code == NP_EENV || s->why.code == NP_ETIMEOUT;

	*ret_absent = false;
	if (s->exec && !np_kube_exec_protocol(s->exec))
		return np_kube_exec_again(s->exec, n, ret_absent);
	/* An agent that ended by itself has said why; it will again. */
	if (!worth || (s->exec && np_kube_exec_status(s->exec, NULL, NULL) == NP_KUBE_EXEC_EXITED))
		return -1;
	return plain_pause(n);
}

static void keep_errout(struct np_stream *s)
{
	struct np_buf *e = np_kube_exec_errout(s->exec);

	np_buf_add(&s->errout, e->data, e->len);
	np_buf_clear(e);
	if (s->errout.len > STREAM_ERROUT_KEPT)
		np_buf_consume(&s->errout, s->errout.len - STREAM_ERROUT_KEPT);
}

static void pump_exec(struct np_stream *s)
{
	struct np_buf *out = np_kube_exec_out(s->exec);
	enum np_kube_exec_state state;
	struct np_err why = { 0 };
	int code = 0;
	bool more;

	do {
		size_t taken =
			s->out.len ? np_kube_exec_write(s->exec, s->out.data, s->out.len) : 0;

		if (taken)
			np_buf_consume(&s->out, taken);
		more = np_kube_exec_pump(s->exec, 0);
	} while (more);
	if (out->len) {
		np_buf_add(&s->in, out->data, out->len);
		np_buf_clear(out);
	}
	keep_errout(s);
	state = np_kube_exec_status(s->exec, &code, &why);
	if (state == NP_KUBE_EXEC_EXITED) {
		np_err_set(&why, NP_EENV, "the agent ended with status %d%s%.200s", code,
			   s->errout.len ? ": " : "", np_buf_text(&s->errout));
		stream_fail(s, &why);
	} else if (state == NP_KUBE_EXEC_FAILED) {
		stream_fail(s, &why);
	}
}

static void socket_fail(struct np_stream *s, int errnum)
{
	struct np_err why = { 0 };

	if (errnum)
		np_err_errno(&why, NP_EENV, errnum, "the agent's socket failed");
	else
		np_err_set(&why, NP_EENV, "the agent closed its socket");
	stream_fail(s, &why);
}

static void pump_socket(struct np_stream *s)
{
	ssize_t n;

	while (s->out.len) {
		n = send(s->fd, s->out.data, s->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				socket_fail(s, errno);
			break;
		}
		np_buf_consume(&s->out, (size_t)n);
	}
	while (s->in.len < STREAM_IN_MAX) {
		n = recv(s->fd, np_buf_reserve(&s->in, STREAM_READ_CHUNK), STREAM_READ_CHUNK, 0);
		if (n > 0) {
			s->in.len += (size_t)n;
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else {
			if (n == 0 || errno != EAGAIN)
				socket_fail(s, n == 0 ? 0 : errno);
			return;
		}
	}
}

void np_stream_pump(struct np_stream *s)
{
	if (!s->open || s->failed)
		return;
	if (s->exec)
		pump_exec(s);
	else
		pump_socket(s);
}

int np_stream_fd(const struct np_stream *s)
{
	if (!s->open || s->failed)
		return -1;
	return s->exec ? np_kube_exec_fd(s->exec) : s->fd;
}

short np_stream_events(const struct np_stream *s)
{
	if (s->exec)
		return (short)(np_kube_exec_events(s->exec) | (s->out.len ? POLLOUT : 0));
	return (short)(POLLIN | (s->out.len ? POLLOUT : 0));
}
