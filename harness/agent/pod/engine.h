/*
 * engine.h - in-pod agent: runs the probes of a batch at once, in one thread, out of fixed tables.
 *
 * Every probe in flight has a slot with room for all its attempts. Attempts stay open until the
 * probe is decided. All probes of a batch wait the same time after each attempt, so one queue in
 * order of the last attempt is the whole timer.
 *
 *	request --start--> slot --attempt--> socket --event--> the kind's handler
 *	                    ^ |                                       |
 *	                    | due: next attempt, or the deadline      | engine_answered(),
 *	                    | |                                       | _refused(), _failed() ...
 *	                    | v                                       v
 *	            free <--+-+----------------- conclude <-----------+
 *	                                            |
 *	                                            +--> report
 */
#ifndef POD_ENGINE_H
#define POD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "greeting.h"
#include "moment.h"
#include "np/agent/wire.h"
#include "ports.h"

/* One probe as asked for. Strings are owned by the caller and outlive the batch. */
struct request {
	union addr dst;
	union addr src;	    /* family 0: the system's choice */
	const char *expect; /* "": anybody */
	const char *query;  /* dns-*: a name that dns_name_ok() */
	uint32_t idx;
	uint8_t kind; /* enum np_probe_kind */
};

enum attempt_state {
	ATTEMPT_NONE,
	ATTEMPT_OPEN,	   /* waiting for anything */
	ATTEMPT_CONNECTED, /* a connection stands, nobody has spoken */
	ATTEMPT_REFUSED,
	ATTEMPT_LOST, /* over, and no answer will come */
};

struct attempt {
	int fd; /* -1: none (raw SCTP shares a socket) */
	enum attempt_state state;
	uint16_t src_port;
	int64_t start_us;
	int64_t connected_us; /* after start_us; 0 while not connected */
	uint64_t secret;      /* what the answer must repeat: UDP nonce, DNS id, SCTP tag */
};

#define ENGINE_DETAIL 24
#define SLOT_NONE     UINT16_MAX

struct probe {
	const struct request *req; /* NULL: the slot is free */
	uint32_t generation;	   /* of the slot: tells an event of an earlier probe */
	uint16_t before, after;	   /* in the timer queue */
	uint8_t n_attempts, n_refused;
	uint16_t n_graces; /* steps of waiting beyond the last, for a server that is slow to greet */
	int64_t start_us, due_us;
	char detail[ENGINE_DETAIL];
	struct attempt attempts[NP_AGENT_ATTEMPTS_MAX];
};

/* A decided probe. Strings are valid during the report only. */
struct result {
	const struct request *req;
	enum np_outcome outcome;
	const char *detail;
	struct np_str who, seen_addr; /* "-" when not known */
	unsigned seen_port;	      /* 0 when not known */
	int64_t rtt_us, start_us, end_us;
	unsigned attempts, src_port;
};

typedef void engine_report(void *arg, const struct result *result);

enum sctp_way { SCTP_NOT_THERE, SCTP_KERNEL, SCTP_RAW };

struct engine {
	int epoll_fd;
	enum sctp_way sctp;
	int raw_v4, raw_v6; /* SCTP_RAW: the shared sockets, -1 for a family that is not there */
	bool ipv6;
	bool watched_file;	/* the caller's descriptor is a file: always readable */
	unsigned n_sockets_max; /* that attempts may hold together */
	struct dice dice;
	struct ports ports;

	engine_report *report;
	void *report_arg;

	const struct request *requests;
	size_t n_requests, n_started, n_decided;
	unsigned n_attempts; /* of every probe */
	int64_t step_us; /* from one attempt to the next, and from the last one to the deadline */

	uint16_t free_slots[NP_AGENT_IN_FLIGHT_MAX];
	unsigned n_free;
	uint16_t first, last; /* timer queue */
	struct probe slots[NP_AGENT_IN_FLIGHT_MAX];
};

/* Opens epoll and finds out what the pod can do. -1 with errno when there is no epoll. */
int engine_init(struct engine *e, engine_report *report, void *report_arg);
/* "sctp-raw,ipv6" or "-". */
const char *engine_caps(const struct engine *e);
/* How many probes of three attempts fly at once. */
unsigned engine_in_flight_max(const struct engine *e);

/*
 * Starts a batch; the one before must be over. @timeout_ms and @attempts are at least 1 and within
 * wire.h's limits.
 */
void engine_begin(struct engine *e, const struct request *requests, size_t n, unsigned timeout_ms,
		  unsigned attempts);
bool engine_running(const struct engine *e);
/*
 * Starts what may start, waits for events and timers at most @wait_ms, handles them. Returns true
 * when the descriptor given to engine_watch() is readable.
 */
bool engine_turn(struct engine *e, int wait_ms);
/*
 * Adds or removes one descriptor of the caller. False when it cannot be waited for (a file): it is
 * then always readable.
 */
bool engine_watch(struct engine *e, int fd, bool on);

/* ---- for the kinds ---- */

/* Keeps what a kind needs to be told about an attempt's socket. */
int engine_watch_attempt(struct engine *e, const struct probe *p, const struct attempt *a,
			 uint32_t events);
/* Identifies an open attempt in ports.holder. */
uint16_t engine_holder(const struct engine *e, const struct probe *p, const struct attempt *a);
bool engine_find_holder(struct engine *e, uint16_t holder, struct probe **ret_probe,
			struct attempt **ret_attempt);

/* An agent answered. Decides the probe; @a and @p are gone afterwards, as after each of these. */
void engine_answered(struct engine *e, struct probe *p, struct attempt *a,
		     const struct greeting *g);
/* Somebody answered who is not an agent: allowed when that is @good, else misdelivered. */
void engine_answered_by_other(struct engine *e, struct probe *p, struct attempt *a, bool good,
			      const char *detail);
/* The network or the other side said no. @detail is at most ENGINE_DETAIL - 1 bytes. */
void engine_refused(struct engine *e, struct probe *p, struct attempt *a, const char *detail);
/* The attempt is over without an answer. @detail NULL: nothing to say about it. */
void engine_lost(struct engine *e, struct probe *p, struct attempt *a, const char *detail);
/* This host failed. */
void engine_failed(struct engine *e, struct probe *p, struct attempt *a, int error);

#endif
