/*
 * serve_share.c - in-pod agent: ports that several agents have together. Pods on the host's network
 * have the ports of the host, so agents of two runs that are there at once serve the same ones; the
 * kernel gives each client to one of them (SO_REUSEPORT), and whoever answers is the same host.
 *
 * Nobody else may be robbed of clients: servers of a host often allow the same. So a port is joined
 * only where it is free or an agent says that it holds it, by an abstract unix socket, which like
 * the port is one of the network namespace: @netpolcheck-agent/tcp/80/RANDOM in /proc/net/unix.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "serve.h"

/* Another agent that just begins holds a port for a moment and has not said so yet. */
enum { JOIN_TRIES = 25, JOIN_PAUSE_MS = 20, MARK_MAX = 64 };

static unsigned mark_of(char mark[static MARK_MAX], const char *name, uint16_t port)
{
	return (unsigned)snprintf(mark, MARK_MAX, "netpolcheck-agent/%s/%u/", name, port);
}

/* Does any agent of this network namespace hold the port? */
static bool is_marked(const char *name, uint16_t port)
{
	static char text[16384];
	char mark[MARK_MAX];
	unsigned n_mark = mark_of(mark, name, port);
	size_t kept = 0;
	bool found = false;
	ssize_t n;
	int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && !found && (n = read(fd, text + kept, sizeof(text) - kept)) > 0) {
		kept += (size_t)n;
		found = memmem(text, kept, mark, n_mark) != NULL;
		if (kept > n_mark) { /* it may go on in what comes next */
			memmove(text, text + kept - n_mark, n_mark);
			kept = n_mark;
		}
	}
	if (fd >= 0)
		close(fd);
	return found;
}

/* The socket stays open for as long as this process lives. */
static int set_mark(const char *name, uint16_t port)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char mark[MARK_MAX];
	unsigned long long random = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), n;

	mark_of(mark, name, port);
	if (fd < 0)
		return -1;
	if (getrandom(&random, sizeof(random), 0) == (ssize_t)sizeof(random)) {
		n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "%s%016llx", mark, random);
		if (bind(fd, (const struct sockaddr *)&at,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0)
			return 0;
	}
	close(fd);
	return -1;
}

static int join(const char *name, int type, int proto, uint16_t port, int *ret_family)
{
	int fd = server_bind(type, proto, port, false, ret_family);

	if (fd >= 0)
		close(fd);
	else if (errno != EADDRINUSE || !is_marked(name, port))
		return -1;
	fd = server_bind(type, proto, port, true, ret_family);
	if (fd < 0 || set_mark(name, port) == 0)
		return fd;
	close(fd);
	return -1;
}

int server_join(const char *name, int type, int proto, uint16_t port, int *ret_family)
{
	const struct timespec pause = { .tv_nsec = JOIN_PAUSE_MS * 1000000L };
	int fd = -1;

	for (unsigned i = 0; i < JOIN_TRIES; i++) {
		fd = join(name, type, proto, port, ret_family);
		if (fd >= 0 || errno != EADDRINUSE)
			break;
		(void)nanosleep(&pause, NULL);
		errno = EADDRINUSE;
	}
	return fd;
}
