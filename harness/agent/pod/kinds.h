/* kinds.h - in-pod agent: what differs between the kinds of probe. */
#ifndef POD_KINDS_H
#define POD_KINDS_H

#include "engine.h"

struct kind {
	const char *name;
	int proto;   /* IPPROTO_* */
	bool stream; /* closed with a RST */
	bool asks;   /* needs a DNS name */
	/*
	 * Opens the attempt's socket and sends the first packet. 0, or an errno: a local failure.
	 * May decide the attempt.
	 */
	int (*open)(struct engine *e, struct probe *p, struct attempt *a);
	/* @events of epoll on the attempt's socket. */
	void (*event)(struct engine *e, struct probe *p, struct attempt *a, uint32_t events);
};

/* The request names nobody who must answer. */
static inline bool takes_anybody(const struct request *req)
{
	return req->expect[0] == '\0';
}

/* The number of the kind called @name; false when there is none. */
bool kind_find(struct np_str name, uint8_t *ret);
const char *kind_name(uint8_t kind);
/* Whether the kind needs a DNS name. */
bool kind_asks(uint8_t kind);

/* The kind of @req on this system: with raw SCTP, sctp is another one. */
const struct kind *kind_of(const struct engine *e, const struct request *req);

/* Socket, source port, connect(2). 0 or an errno; a->fd is the caller's even then. */
int dial(struct engine *e, struct probe *p, struct attempt *a, int type, int proto);
/*
 * Reads the error queue of the attempt's socket; true when an ICMP message in it decided the
 * attempt.
 */
bool attempt_met_icmp(struct engine *e, struct probe *p, struct attempt *a);
/* How an error that the network may have caused counts: decides the attempt. */
void attempt_met_error(struct engine *e, struct probe *p, struct attempt *a, int error);

int stream_open(struct engine *e, struct probe *p, struct attempt *a);
void stream_event(struct engine *e, struct probe *p, struct attempt *a, uint32_t events);
/* Whether a connection stands that no event told of. */
bool stream_connected(const struct attempt *a);

int dgram_open(struct engine *e, struct probe *p, struct attempt *a);
void dgram_event(struct engine *e, struct probe *p, struct attempt *a, uint32_t events);

/* Finds out which SCTP there is and opens the raw sockets. */
void sctp_init(struct engine *e);
int sctp_raw_open(struct engine *e, struct probe *p, struct attempt *a);
/* A raw socket is readable or has errors. */
void sctp_raw_event(struct engine *e, int fd, uint32_t events);

#endif
