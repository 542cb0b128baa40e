/* engine.c - in-pod agent: runs the probes of a batch at once. */
#include "engine.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "errnames.h"
#include "kinds.h"
#include "sockets.h"

/*
 * How much of one thing is done before the others get their turn: a burst must not delay answers
 * that are already there.
 */
enum { STARTS_PER_TURN = 48, DUES_PER_TURN = 48, EVENTS_PER_TURN = 128 };

/*
 * A handshake that was answered came through: what is missing is a server that finds time for its
 * greeting, and it is waited for longer than for a packet.
 */
enum { SILENCE_US = 2000000 };

/*
 * Descriptors that are not attempts: standard ones, epoll, two raw sockets, the control connection,
 * and some to spare.
 */
enum { SPARE_DESCRIPTORS = 16 };

/*
 * epoll keys: an attempt's are generation << 32 | slot << 3 | attempt, and never have the low half
 * this high.
 */
enum { KEY_WATCHED = 0xfffffff0, KEY_RAW_V4, KEY_RAW_V6 };

#define ATTEMPT_BITS 3
_Static_assert(NP_AGENT_ATTEMPTS_MAX == 1 << ATTEMPT_BITS, "an attempt's number fits its bits");
_Static_assert((NP_AGENT_IN_FLIGHT_MAX << ATTEMPT_BITS) < UINT16_MAX, "a holder fits 16 bits");
_Static_assert((NP_AGENT_IN_FLIGHT_MAX << ATTEMPT_BITS) < PORTS_N, "ports for every attempt");

/* ---- set-up ---- */

static int watch(struct engine *e, int fd, uint64_t key, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u64 = key };

	return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? errno : 0;
}

static bool has_ipv6(void)
{
	int fd = socket_open(AF_INET6, SOCK_DGRAM, 0);
	union addr loopback;
	bool yes = false;

	if (fd < 0)
		return false;
	yes = addr_parse(NP_STR("::1"), 0, &loopback) &&
	      bind(fd, &loopback.sa, addr_len(&loopback)) == 0;
	close(fd);
	return yes;
}

int engine_init(struct engine *e, engine_report *report, void *report_arg)
{
	unsigned n_files = sockets_raise_limit();

	e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (e->epoll_fd < 0)
		return -1;
	e->report = report;
	e->report_arg = report_arg;
	e->n_sockets_max =
		n_files > 2 * SPARE_DESCRIPTORS ? n_files - SPARE_DESCRIPTORS : SPARE_DESCRIPTORS;
	e->ipv6 = has_ipv6();
	e->first = e->last = SLOT_NONE;
	e->n_free = 0;
	for (unsigned i = NP_AGENT_IN_FLIGHT_MAX; i-- > 0;)
		e->free_slots[e->n_free++] = (uint16_t)i;
	dice_init(&e->dice);
	ports_init(&e->ports, &e->dice);
	sctp_init(e);
	if (e->raw_v4 >= 0)
		watch(e, e->raw_v4, KEY_RAW_V4, EPOLLIN);
	if (e->raw_v6 >= 0)
		watch(e, e->raw_v6, KEY_RAW_V6, EPOLLIN);
	return 0;
}

const char *engine_caps(const struct engine *e)
{
	static const char *const caps[][2] = {
		[SCTP_NOT_THERE] = { "-", "ipv6" },
		[SCTP_KERNEL] = { "sctp-kernel", "sctp-kernel,ipv6" },
		[SCTP_RAW] = { "sctp-raw", "sctp-raw,ipv6" },
	};

	return caps[e->sctp][e->ipv6];
}

static unsigned in_flight_max(const struct engine *e, unsigned n_attempts)
{
	unsigned n = e->n_sockets_max / n_attempts;

	return n == 0 ? 1 : n < NP_AGENT_IN_FLIGHT_MAX ? n : NP_AGENT_IN_FLIGHT_MAX;
}

unsigned engine_in_flight_max(const struct engine *e)
{
	return in_flight_max(e, 3);
}

/* ---- timer queue ---- */

static uint16_t slot_of(const struct engine *e, const struct probe *p)
{
	return (uint16_t)(p - e->slots);
}

static void queue_append(struct engine *e, struct probe *p)
{
	p->before = e->last;
	p->after = SLOT_NONE;
	if (e->last != SLOT_NONE)
		e->slots[e->last].after = slot_of(e, p);
	else
		e->first = slot_of(e, p);
	e->last = slot_of(e, p);
}

static void queue_remove(struct engine *e, struct probe *p)
{
	if (p->before != SLOT_NONE)
		e->slots[p->before].after = p->after;
	else
		e->first = p->after;
	if (p->after != SLOT_NONE)
		e->slots[p->after].before = p->before;
	else
		e->last = p->before;
}

/* ---- deciding ---- */

static void close_attempt(struct engine *e, const struct probe *p, struct attempt *a,
			  enum attempt_state state)
{
	if (a->fd >= 0 && kind_of(e, p->req)->stream)
		socket_reset(a->fd);
	else if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	ports_release(&e->ports, a->src_port);
	a->state = state;
}

static bool is_open(const struct attempt *a)
{
	return a->state == ATTEMPT_OPEN || a->state == ATTEMPT_CONNECTED;
}

static void set_detail(struct probe *p, const char *detail)
{
	if (detail)
		snprintf(p->detail, sizeof(p->detail), "%s", detail);
}

/* @a: the attempt that decided, NULL when it was the clock. */
static void conclude(struct engine *e, struct probe *p, const struct attempt *a,
		     enum np_outcome outcome, const struct greeting *g)
{
	int64_t now = now_us();
	const struct attempt *shown = a ? a : &p->attempts[p->n_attempts - 1];
	struct result result = {
		.req = p->req,
		.outcome = outcome,
		.detail = p->detail[0] ? p->detail : "-",
		.who = g ? g->identity : NP_STR("-"),
		.seen_addr = g ? g->seen_addr : NP_STR("-"),
		.seen_port = g ? g->seen_port : 0,
		.rtt_us = a ? now - a->start_us : 0,
		.start_us = p->start_us,
		.end_us = now,
		.attempts = p->n_attempts,
		.src_port = shown->src_port,
	};

	if (a && !g && outcome == NP_OUT_ALLOWED && a->connected_us)
		result.rtt_us = a->connected_us - a->start_us;
	e->report(e->report_arg, &result);
	queue_remove(e, p);
	for (unsigned i = 0; i < p->n_attempts; i++) {
		if (is_open(&p->attempts[i]))
			close_attempt(e, p, &p->attempts[i], ATTEMPT_NONE);
	}
	p->req = NULL;
	p->generation++;
	e->free_slots[e->n_free++] = slot_of(e, p);
	e->n_decided++;
}

void engine_answered(struct engine *e, struct probe *p, struct attempt *a, const struct greeting *g)
{
	bool right = takes_anybody(p->req) || np_str_is(g->identity, p->req->expect);

	p->detail[0] = '\0';
	conclude(e, p, a, right ? NP_OUT_ALLOWED : NP_OUT_MISDELIVERED, g);
}

void engine_answered_by_other(struct engine *e, struct probe *p, struct attempt *a, bool good,
			      const char *detail)
{
	p->detail[0] = '\0';
	set_detail(p, detail);
	conclude(e, p, a, good ? NP_OUT_ALLOWED : NP_OUT_MISDELIVERED, NULL);
}

void engine_refused(struct engine *e, struct probe *p, struct attempt *a, const char *detail)
{
	set_detail(p, detail);
	close_attempt(e, p, a, ATTEMPT_REFUSED);
	if (++p->n_refused == e->n_attempts)
		conclude(e, p, a, NP_OUT_REJECTED, NULL);
}

void engine_lost(struct engine *e, struct probe *p, struct attempt *a, const char *detail)
{
	set_detail(p, detail);
	close_attempt(e, p, a, ATTEMPT_LOST);
}

void engine_failed(struct engine *e, struct probe *p, struct attempt *a, int error)
{
	snprintf(p->detail, sizeof(p->detail), "errno:%s", errname(error));
	conclude(e, p, a, NP_OUT_ERROR, NULL);
}

/* ---- time ---- */

static void make_attempt(struct engine *e, struct probe *p)
{
	struct attempt *a = &p->attempts[p->n_attempts++];
	int error;

	*a = (struct attempt){ .fd = -1, .state = ATTEMPT_OPEN, .start_us = now_us() };
	p->due_us = a->start_us + e->step_us;
	queue_append(e, p);
	error = kind_of(e, p->req)->open(e, p, a);
	if (error)
		engine_failed(e, p, a, error);
}

static void start_probe(struct engine *e)
{
	struct probe *p = &e->slots[e->free_slots[--e->n_free]];

	p->req = &e->requests[e->n_started++];
	p->n_attempts = p->n_refused = p->n_graces = 0;
	p->detail[0] = '\0';
	p->start_us = now_us();
	make_attempt(e, p);
}

static bool may_start(const struct engine *e)
{
	return e->n_started < e->n_requests &&
	       NP_AGENT_IN_FLIGHT_MAX - e->n_free < in_flight_max(e, e->n_attempts);
}

/*
 * An attempt that connected without a word. Enough for a probe that takes anybody, if its kind
 * expects no more than that.
 */
static struct attempt *find_connected(const struct engine *e, struct probe *p)
{
	for (unsigned i = 0; kind_of(e, p->req)->stream && i < p->n_attempts; i++) {
		if (is_open(&p->attempts[i]) && stream_connected(&p->attempts[i]))
			return &p->attempts[i];
	}
	return NULL;
}

static void probe_due(struct engine *e, struct probe *p)
{
	bool last = p->n_attempts == e->n_attempts;
	bool enough = takes_anybody(p->req) && !kind_of(e, p->req)->asks;
	struct attempt *connected = last || enough ? find_connected(e, p) : NULL;

	if (connected && enough) {
		engine_answered_by_other(e, p, connected, true, "silent");
	} else if (!last) {
		queue_remove(e, p);
		make_attempt(e, p);
	} else if (connected && e->step_us * ++p->n_graces <= SILENCE_US) {
		queue_remove(e, p);
		p->due_us = now_us() + e->step_us;
		queue_append(e, p);
	} else {
		set_detail(p, connected ? "silent" : NULL);
		conclude(e, p, NULL, NP_OUT_DROPPED, NULL);
	}
}

static void handle_dues(struct engine *e, int64_t now)
{
	for (unsigned i = 0; i < DUES_PER_TURN && e->first != SLOT_NONE; i++) {
		struct probe *p = &e->slots[e->first];

		if (p->due_us > now)
			break;
		probe_due(e, p);
	}
}

/* ---- events ---- */

static uint64_t key_of(const struct engine *e, const struct probe *p, const struct attempt *a)
{
	return (uint64_t)p->generation << 32 | (uint64_t)slot_of(e, p) << ATTEMPT_BITS |
	       (uint64_t)(a - p->attempts);
}

int engine_watch_attempt(struct engine *e, const struct probe *p, const struct attempt *a,
			 uint32_t events)
{
	return watch(e, a->fd, key_of(e, p, a), events);
}

uint16_t engine_holder(const struct engine *e, const struct probe *p, const struct attempt *a)
{
	return (uint16_t)(1 + (slot_of(e, p) << ATTEMPT_BITS | (a - p->attempts)));
}

bool engine_find_holder(struct engine *e, uint16_t holder, struct probe **ret_probe,
			struct attempt **ret_attempt)
{
	struct probe *p;

	if (holder == 0)
		return false;
	p = &e->slots[(holder - 1) >> ATTEMPT_BITS];
	*ret_probe = p;
	*ret_attempt = &p->attempts[(holder - 1) & (NP_AGENT_ATTEMPTS_MAX - 1)];
	return true;
}

static void attempt_event(struct engine *e, uint64_t key, uint32_t events)
{
	struct probe *p = &e->slots[(uint32_t)key >> ATTEMPT_BITS];
	struct attempt *a = &p->attempts[key & (NP_AGENT_ATTEMPTS_MAX - 1)];

	if (p->req && p->generation == (uint32_t)(key >> 32) && is_open(a))
		kind_of(e, p->req)->event(e, p, a, events);
}

/* Returns whether it was the caller's descriptor. */
static bool handle_event(struct engine *e, const struct epoll_event *ev)
{
	switch ((uint32_t)ev->data.u64) {
	case KEY_WATCHED:
		return true;
	case KEY_RAW_V4:
		sctp_raw_event(e, e->raw_v4, ev->events);
		return false;
	case KEY_RAW_V6:
		sctp_raw_event(e, e->raw_v6, ev->events);
		return false;
	default:
		attempt_event(e, ev->data.u64, ev->events);
		return false;
	}
}

static int until_due(const struct engine *e, int64_t now, int wait_ms)
{
	int64_t left_ms;

	if (may_start(e) || e->watched_file)
		return 0;
	if (e->first == SLOT_NONE)
		return wait_ms;
	left_ms = (e->slots[e->first].due_us - now + 999) / 1000;
	return left_ms <= 0 ? 0 : left_ms < wait_ms ? (int)left_ms : wait_ms;
}

bool engine_turn(struct engine *e, int wait_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	bool readable = e->watched_file;
	int64_t now;
	int n;

	for (unsigned i = 0; i < STARTS_PER_TURN && may_start(e); i++)
		start_probe(e);
	now = now_us();
	n = epoll_wait(e->epoll_fd, events, EVENTS_PER_TURN, until_due(e, now, wait_ms));
	for (int i = 0; i < n; i++)
		readable |= handle_event(e, &events[i]);
	/*
	 * An answer that came before `now` is seen before the clock is asked: nothing is dropped
	 * because this program was late.
	 */
	if (n < EVENTS_PER_TURN)
		handle_dues(e, now);
	return readable;
}

bool engine_watch(struct engine *e, int fd, bool on)
{
	int error;

	if (!on) {
		e->watched_file = false;
		(void)epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return true;
	}
	error = watch(e, fd, KEY_WATCHED, EPOLLIN);
	e->watched_file = error == EPERM;
	return error == 0;
}

void engine_begin(struct engine *e, const struct request *requests, size_t n, unsigned timeout_ms,
		  unsigned attempts)
{
	e->requests = requests;
	e->n_requests = n;
	e->n_started = e->n_decided = 0;
	e->n_attempts = attempts;
	e->step_us = (int64_t)timeout_ms * 1000 / attempts;
}

bool engine_running(const struct engine *e)
{
	return e->n_decided < e->n_requests;
}
