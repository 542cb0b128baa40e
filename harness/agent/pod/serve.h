/*
 * serve.h - in-pod agent: the servers of a pod: every port of the world, each of which says who
 * answered and whom it saw. One thread, one epoll, fixed tables; floods close the oldest
 * connection. Also the pod's first process: reaps children, ends on SIGINT, and on SIGTERM unless
 * it is to outlive it.
 */
#ifndef POD_SERVE_H
#define POD_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

#define SERVE_PORTS_MAX	   128 /* of one protocol */
#define SERVE_CONTROLS_MAX 8
#define SERVE_CHILDREN_MAX 32	/* control connections at once */
#define SERVE_CONNS_MAX	   2048 /* connections of clients at once */
#define SERVE_HOLD_MS	   2000 /* how long a client may keep its connection */

enum serve_proto { SERVE_TCP, SERVE_UDP, SERVE_SCTP, SERVE_PROTOS };

struct serve_options {
	const char *identity;
	uint16_t ports[SERVE_PROTOS][SERVE_PORTS_MAX];
	unsigned n_ports[SERVE_PROTOS];
	const char *controls[SERVE_CONTROLS_MAX]; /* unix:PATH or tcp:ADDR:PORT */
	unsigned n_controls;
	unsigned idle_s; /* of a control connection */
	bool quiet;	 /* no "ready IDENTITY" on standard output */
	bool share;	 /* ports may be those of other agents of this host */
	bool outlive;	 /* SIGTERM does not end it: the pod goes on until its grace is over */
};

/*
 * Serves until SIGTERM or SIGINT. Exit status: 0; 1 when a port cannot be served, named on standard
 * error.
 */
int serve_run(const struct serve_options *options);

/* ---- between the files of the server ---- */

enum source { SOURCE_SIGNAL, SOURCE_LISTENER, SOURCE_CONN, SOURCE_UDP, SOURCE_RAW, SOURCE_CONTROL };

struct socket_entry {
	int fd;
	int family;
	uint16_t port;
};

struct conn {
	int fd;			/* -1: free */
	uint32_t generation;	/* tells an event of an earlier connection */
	uint16_t before, after; /* in order of age; free entries use after only */
	int64_t due_us;
};

#define CONN_NONE UINT16_MAX

struct server {
	const struct serve_options *options;
	int epoll_fd, signal_fd;

	struct socket_entry listeners[2 * SERVE_PORTS_MAX]; /* TCP, and SCTP of the kernel */
	unsigned n_listeners;
	struct socket_entry udp[SERVE_PORTS_MAX];
	unsigned n_udp;
	struct socket_entry raw[2]; /* SCTP by raw socket */
	unsigned n_raw;
	uint32_t raw_tag; /* for INIT-ACKs; never 0 */

	struct conn conns[SERVE_CONNS_MAX];
	uint16_t oldest, newest, free_conn;

	struct socket_entry controls[SERVE_CONTROLS_MAX];
	unsigned n_controls;
	int children[SERVE_CHILDREN_MAX]; /* pids, 0: free */
};

/* Adds @fd to the loop under (@source, @index, @generation). 0 or -1 with errno. */
int server_watch(struct server *s, int fd, enum source source, uint32_t index, uint32_t generation,
		 uint32_t events);
/*
 * Opens and binds a socket for @port on every address: dual-stack, or IPv4 where there is no IPv6.
 * -1 with errno. @ret_family is the socket's. @share: others that say the same may have it, too.
 */
int server_bind(int type, int proto, uint16_t port, bool share, int *ret_family);
/*
 * The same as @share for agents only: EADDRINUSE where somebody else has the port. Waits half a
 * second at most for an agent that begins at the same time. @name: "tcp", "udp", "sctp".
 */
int server_join(const char *name, int type, int proto, uint16_t port, int *ret_family);
/* Says on standard error why @what cannot be served. Returns -1. */
int server_cannot(const char *what, unsigned port, int error);

int stream_serve(struct server *s, const char *name, int proto, uint16_t port);
void stream_accept(struct server *s, const struct socket_entry *listener);
void conns_init(struct server *s);
void conn_event(struct server *s, uint32_t index, uint32_t generation);
/* Closes what is due; milliseconds until the next is, -1 when nothing is open. */
int conns_expire(struct server *s);

int udp_serve(struct server *s, uint16_t port);
void udp_answer(struct server *s, const struct socket_entry *entry);

/*
 * Serves all SCTP ports, by the kernel or by raw socket; goes on without when neither is permitted.
 */
int sctp_serve(struct server *s);
void sctp_answer(struct server *s, const struct socket_entry *entry);

int control_serve(struct server *s, const char *where);
void control_accept(struct server *s, const struct socket_entry *entry);
void control_reaped(struct server *s, int pid);
/* Stops listening and removes the files of unix sockets. */
void control_close(struct server *s);

#endif
