/*
 * control.c - in-pod agent: control connections of the server: each one is served by a child in
 * probe mode.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "lines.h"
#include "serve.h"
#include "session.h"
#include "sockets.h"

enum { BACKLOG = 64, ACCEPTS_PER_TURN = 8, DESCRIPTORS_MAX = 65536 };

static const char unix_prefix[] = "unix:", tcp_prefix[] = "tcp:";

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* ---- listening ---- */

static bool unix_addr(const char *where, struct sockaddr_un *ret)
{
	const char *path = where + strlen(unix_prefix);
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(ret->sun_path))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	memcpy(ret->sun_path, path, n + 1);
	return true;
}

/* Removes a socket file that a dead server left behind. */
static void remove_stale(const struct sockaddr_un *un)
{
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket_open(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) < 0 && errno == ECONNREFUSED)
		unlink(un->sun_path);
	close(fd);
}

static int listen_unix(const char *where)
{
	struct sockaddr_un un;
	mode_t mask;
	int fd, bound;

	if (!unix_addr(where, &un)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	remove_stale(&un);
	fd = socket_open(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	mask = umask(0177);
	bound = bind(fd, (const struct sockaddr *)&un, sizeof(un));
	umask(mask);
	return bound < 0 ? -1 : fd;
}

/* tcp:ADDR:PORT, an IPv6 address with or without brackets. */
static bool tcp_addr(const char *where, union addr *ret)
{
	struct np_str host = np_str_from(where + strlen(tcp_prefix)), port;
	const char *colon = strrchr(host.p, ':');
	uint32_t number;

	if (!colon)
		return false;
	port = np_str_from(colon + 1);
	host.n = (size_t)(colon - host.p);
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct np_str){ host.p + 1, host.n - 2 };
	return text_number(port, UINT16_MAX, &number) && number &&
	       addr_parse(host, (uint16_t)number, ret);
}

static int listen_tcp(const char *where)
{
	union addr addr;
	int on = 1, fd;

	if (!tcp_addr(where, &addr)) {
		errno = EINVAL;
		return -1;
	}
	fd = socket_open(addr.sa.sa_family, SOCK_STREAM, IPPROTO_TCP);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, &addr.sa, addr_len(&addr)) < 0 ? -1 : fd;
}

int control_serve(struct server *s, const char *where)
{
	struct socket_entry *entry = &s->controls[s->n_controls];

	errno = EINVAL;
	entry->fd = -1;
	if (starts(where, unix_prefix))
		entry->fd = listen_unix(where);
	else if (starts(where, tcp_prefix))
		entry->fd = listen_tcp(where);
	if (entry->fd < 0 || listen(entry->fd, BACKLOG) < 0 ||
	    server_watch(s, entry->fd, SOURCE_CONTROL, s->n_controls, 0, EPOLLIN) < 0) {
		fprintf(stderr, "netpolcheck-agent: cannot listen for control on '%s': %s\n", where,
			strerror(errno));
		return -1;
	}
	s->n_controls++;
	return 0;
}

void control_close(struct server *s)
{
	struct sockaddr_un un;

	for (unsigned i = 0; i < s->n_controls; i++) {
		const char *where = s->options->controls[i];

		close(s->controls[i].fd);
		if (starts(where, unix_prefix) && unix_addr(where, &un))
			remove_stale(&un);
	}
}

/* ---- children ---- */

static void close_from(int first)
{
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
		return;
	for (int fd = first; fd < DESCRIPTORS_MAX; fd++)
		close(fd);
}

/* The child serves one connection and ends with it, or with its parent. */
static _Noreturn void child_main(const struct server *s, int fd, pid_t parent)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(1);
	close_from(STDERR_FILENO + 1);
	_exit(session_run(STDIN_FILENO, STDOUT_FILENO, s->options->identity, s->options->idle_s));
}

static int *free_child(struct server *s)
{
	for (unsigned i = 0; i < SERVE_CHILDREN_MAX; i++) {
		if (s->children[i] == 0)
			return &s->children[i];
	}
	return NULL;
}

void control_reaped(struct server *s, int pid)
{
	for (unsigned i = 0; i < SERVE_CHILDREN_MAX; i++) {
		if (s->children[i] == pid)
			s->children[i] = 0;
	}
}

static void start_child(struct server *s, int fd)
{
	static const char full[] = "fault too many control connections\n";
	int *child = free_child(s), on = 1;
	pid_t parent = getpid(), pid;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!child) {
		(void)send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL);
		return;
	}
	pid = fork();
	if (pid == 0)
		child_main(s, fd, parent);
	if (pid > 0)
		*child = pid;
}

void control_accept(struct server *s, const struct socket_entry *entry)
{
	for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(entry->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			break;
		start_child(s, fd);
		close(fd);
	}
}
