/* fleet.c - the agents of one worker. */
#include "np/target/fleet.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/mem.h"
#include "stream.h"

/* A batch that has not ended this long after its last possible time-out is given up: the agent or
 * the way to it is stuck. */
#define BATCH_MARGIN_MS 5000
#define GIVE_UP_MARGIN_MS 1000
/* While a stream is still connecting it has no descriptor to poll. */
#define CONNECT_POLL_MS 3
#define CANCEL_POLL_MS 100
/* Probes that were lost with their stream are made again so often. */
#define REPEATS_MAX 2
/* One try may take as long as all should: so many there are anyway, within the patience. */
#define TRIES_MIN 3

struct agent {
	bool used;
	bool hello;
	struct np_stream stream;
	char *name, *ns, *pod, *socket, *host, *agent, *container, *caps;
	unsigned batch; /* id of the batch that runs, or 0 */
	size_t pending; /* probes of the batch without a result */
	size_t n_batch; /* probes given to the agent in this round */
	/* while it has no stream */
	unsigned n_tries;
	int64_t again_ms; /* when it is opened again, 0: not waiting for that */
	int64_t until_ms; /* no try after that; 0: none has failed */
	bool given_up, once; /* once: it was given up before */
};

struct np_fleet {
	struct np_kube *k;
	const atomic_int *cancel;
	int patience_ms;
	int64_t patient_until_ms; /* of the wait that is under way */
	struct agent agents[NP_FLEET_MAX_AGENTS];
	size_t n_agents; /* highest used number + 1 */
	unsigned next_batch;
	struct np_fleet_probe *probes; /* of the round that runs */
	size_t n_probes;
	struct np_fleet_stats stats;
};

struct np_fleet *np_fleet_new(struct np_kube *k, const atomic_int *cancel)
{
	struct np_fleet *f = np_xcalloc(1, sizeof(*f));

	f->k = k;
	f->cancel = cancel;
	if (k)
		f->patience_ms = np_kube_patience(k);
	return f;
}

static void agent_clear(struct agent *a)
{
	np_stream_close(&a->stream);
	free(a->name);
	free(a->ns);
	free(a->pod);
	free(a->socket);
	free(a->host);
	free(a->agent);
	free(a->container);
	free(a->caps);
	*a = (struct agent){ 0 };
}

void np_fleet_free(struct np_fleet *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_agents; i++)
		agent_clear(&f->agents[i]);
	free(f);
}

void np_fleet_set_patience(struct np_fleet *f, int patience_ms)
{
	f->patience_ms = patience_ms;
}

/* An outage of the API server is waited for once, not before every batch. */
static int patience_left(const struct np_fleet *f)
{
	int left = f->k ? np_kube_patience(f->k) : f->patience_ms;

	return left < f->patience_ms ? left : f->patience_ms;
}

static void agent_open(struct np_fleet *f, struct agent *a)
{
	struct np_fleet_place place = { a->name, a->ns,    a->pod,	    a->socket,
					a->host, a->agent, a->container };

	np_stream_close(&a->stream);
	a->hello = false;
	a->again_ms = 0;
	a->batch = 0;
	a->pending = 0;
	np_stream_open(&a->stream, f->k, &place);
	f->stats.streams_opened++;
}

static char *copy(const char *s)
{
	return s ? np_xstrdup(s) : NULL;
}

int np_fleet_add(struct np_fleet *f, const struct np_fleet_place *place, size_t *ret,
		 struct np_err *err)
{
	size_t i = 0;
	struct agent *a;

	while (i < f->n_agents && f->agents[i].used)
		i++;
	if (i == NP_FLEET_MAX_AGENTS)
		return np_err_set(err, NP_ELIMIT, "more than %d agents in one world",
				  NP_FLEET_MAX_AGENTS);
	a = &f->agents[i];
	*a = (struct agent){ .used = true,
			     .name = copy(place->name),
			     .ns = copy(place->ns),
			     .pod = copy(place->pod),
			     .socket = copy(place->socket),
			     .host = copy(place->host),
			     .agent = copy(place->agent),
			     .container = copy(place->container) };
	agent_open(f, a);
	f->stats.agents++;
	if (i == f->n_agents)
		f->n_agents++;
	*ret = i;
	return 0;
}

void np_fleet_remove(struct np_fleet *f, size_t agent)
{
	if (agent < f->n_agents)
		agent_clear(&f->agents[agent]);
}

const char *np_fleet_caps(const struct np_fleet *f, size_t agent)
{
	return agent < f->n_agents && f->agents[agent].caps ? f->agents[agent].caps : "";
}

void np_fleet_get_stats(const struct np_fleet *f, struct np_fleet_stats *ret)
{
	*ret = f->stats;
}

size_t np_fleet_size(const struct np_fleet *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_agents; i++)
		n += f->agents[i].used;
	return n;
}

static void copy_str(char *dst, size_t size, struct np_str s)
{
	size_t n = s.n < size - 1 ? s.n : size - 1;

	if (n)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
}

static void take_result(struct np_fleet *f, struct agent *a, const struct np_agent_msg *m)
{
	struct np_fleet_result *r;

	if (!a->batch || m->batch != a->batch || m->idx >= f->n_probes ||
	    &f->agents[f->probes[m->idx].agent] != a)
		return;
	r = &f->probes[m->idx].res;
	r->outcome = m->outcome;
	copy_str(r->detail, sizeof(r->detail), m->detail);
	copy_str(r->who, sizeof(r->who), m->who);
	copy_str(r->seen_addr, sizeof(r->seen_addr), m->seen_addr);
	r->seen_port = m->seen_port;
	r->src_port = m->src_port;
	r->attempts = m->attempts;
	r->rtt_us = m->rtt_us;
	if (a->pending)
		a->pending--;
}

static void agent_fail(struct agent *a, const char *fmt, struct np_str what)
{
	a->stream.failed = true;
	np_err_set(&a->stream.why, NP_EENV, "%s '" NP_STR_FMT "'", fmt, NP_STR_ARG(what));
}

static void take_line(struct np_fleet *f, struct agent *a, struct np_str line)
{
	struct np_agent_msg m;
	struct np_err err = { 0 };

	if (np_agent_parse(line, &m, &err) < 0) {
		agent_fail(a, "agent sent an unreadable line", line);
		return;
	}
	switch (m.kind) {
	case NP_MSG_HELLO:
		if (m.version != NP_AGENT_VERSION)
			agent_fail(a, "agent speaks another version of the protocol", line);
		a->hello = true;
		a->until_ms = 0;
		a->n_tries = 0;
		a->once = false;
		free(a->caps);
		a->caps = np_xstrndup(m.caps.p, m.caps.n);
		break;
	case NP_MSG_RESULT:
		take_result(f, a, &m);
		break;
	case NP_MSG_DONE:
		if (m.batch == a->batch)
			a->batch = 0;
		break;
	case NP_MSG_PONG:
		break;
	case NP_MSG_FAULT:
		agent_fail(a, "agent refused a request", m.text);
		break;
	}
}

static void take_lines(struct np_fleet *f, struct agent *a)
{
	size_t from = 0;

	while (!a->stream.failed || from < a->stream.in.len) {
		const char *start = a->stream.in.data ? a->stream.in.data + from : NULL;
		const char *nl = start ? memchr(start, '\n', a->stream.in.len - from) : NULL;

		if (!nl)
			break;
		take_line(f, a, (struct np_str){ start, (size_t)(nl - start) });
		from += (size_t)(nl - start) + 1;
	}
	if (from)
		np_buf_consume(&a->stream.in, from);
	/* What is left is the beginning of a line; one longer than any answer is none. */
	if (!a->stream.failed && a->stream.in.len >= NP_AGENT_ANSWER_MAX)
		agent_fail(a, "agent sent an unreadable line",
			   (struct np_str){ a->stream.in.data, 64 });
}

static bool cancelled(const struct np_fleet *f)
{
	return f->cancel && atomic_load(f->cancel);
}

static bool agent_busy(const struct agent *a, bool for_hello)
{
	if (!a->used)
		return false;
	if (a->stream.failed)
		return for_hello && a->again_ms;
	return for_hello ? !a->hello : a->batch != 0;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Its stream could not be opened: when to try again, if ever. */
static void plan_again(struct np_fleet *f, struct agent *a)
{
	int64_t now = np_now_ms();
	bool absent = false;
	int pause = f->patience_ms ? np_stream_again(&a->stream, a->n_tries, &absent) : -1;

	/* A server that is not there, or asks to wait, says nothing about the agent. */
	if (!a->until_ms || absent)
		a->until_ms = smaller(now + NP_FLEET_STUBBORN_MS, f->patient_until_ms);
	a->n_tries++;
	if (pause < 0 || now + pause > f->patient_until_ms ||
	    (now + pause > a->until_ms && (a->n_tries >= TRIES_MIN || a->once)))
		a->given_up = true;
	else
		a->again_ms = now + pause;
}

/* The next move of an agent whose stream failed before hello; *@wait_ms becomes no longer than it
 * lets sleep. */
static void move_failed(struct np_fleet *f, struct agent *a, int64_t *wait_ms)
{
	int64_t left;

	if (!a->again_ms && !a->given_up)
		plan_again(f, a);
	if (a->again_ms && a->again_ms <= np_now_ms()) {
		agent_open(f, a);
		if (a->stream.failed)
			plan_again(f, a);
	}
	left = a->again_ms - np_now_ms();
	if (a->again_ms)
		*wait_ms = smaller(*wait_ms, left);
}

/* One turn: pump every stream, and when something is still awaited, sleep until a descriptor moves.
 * Returns how many are busy. */
static size_t fleet_turn(struct np_fleet *f, bool for_hello, int64_t deadline_us)
{
	struct pollfd fds[NP_FLEET_MAX_AGENTS];
	nfds_t n_fds = 0;
	size_t busy = 0;
	int64_t wait_ms = (deadline_us - np_now_us()) / 1000 + 1;

	for (size_t i = 0; i < f->n_agents; i++) {
		struct agent *a = &f->agents[i];
		int fd;

		if (for_hello && a->used && a->stream.failed)
			move_failed(f, a, &wait_ms);
		if (!agent_busy(a, for_hello))
			continue;
		np_stream_pump(&a->stream);
		take_lines(f, a);
		if (for_hello && a->stream.failed)
			move_failed(f, a, &wait_ms);
		if (!agent_busy(a, for_hello))
			continue;
		busy++;
		fd = np_stream_fd(&a->stream);
		if (fd >= 0)
			fds[n_fds++] =
				(struct pollfd){ .fd = fd, .events = np_stream_events(&a->stream) };
		else if (!a->stream.failed && wait_ms > CONNECT_POLL_MS)
			wait_ms = CONNECT_POLL_MS;
	}
	if (busy) {
		if (wait_ms > CANCEL_POLL_MS)
			wait_ms = CANCEL_POLL_MS;
		poll(fds, n_fds, wait_ms > 0 ? (int)wait_ms : 0);
	}
	return busy;
}

static int fleet_wait(struct np_fleet *f, bool for_hello, int timeout_ms, struct np_err *err)
{
	int64_t deadline_us = np_now_us() + (int64_t)timeout_ms * 1000;

	while (fleet_turn(f, for_hello, deadline_us)) {
		if (cancelled(f))
			return np_err_set(err, NP_EINTR, "interrupted");
		if (np_now_us() > deadline_us)
			return np_err_set(err, NP_ETIMEOUT, "agents did not answer within %d ms",
					  timeout_ms);
	}
	return 0;
}

int np_fleet_ready(struct np_fleet *f, int timeout_ms, struct np_err *err)
{
	struct np_err late = { 0 };
	/* A little longer than patience, so that who is given up is known to be. */
	int patient_ms = f->patience_ms ? f->patience_ms + GIVE_UP_MARGIN_MS : 0;
	int bound_ms = timeout_ms > patient_ms ? timeout_ms : patient_ms;

	f->patient_until_ms = np_now_ms() + patience_left(f);
	if (fleet_wait(f, true, bound_ms, &late) < 0 && late.code == NP_EINTR) {
		*err = late;
		return -1;
	}
	for (size_t i = 0; i < f->n_agents; i++) {
		const struct agent *a = &f->agents[i];

		if (!a->used || (a->hello && !a->stream.failed))
			continue;
		if (!a->stream.failed)
			return np_err_set(err, NP_ETIMEOUT,
					  "agent of '%s' did not answer within %d ms", a->name,
					  bound_ms);
		*err = a->stream.why;
		return np_err_prefix(err, "cannot reach the agent of '%s'", a->name);
	}
	return 0;
}

/* A stream that could not be had before gets one more try, others all that patience allows. */
static void begin_again(struct np_fleet *f, struct agent *a)
{
	a->once = a->given_up;
	a->until_ms = a->given_up ? np_now_ms() : 0;
	a->n_tries = 0;
	a->given_up = false;
	agent_open(f, a);
}

/* Streams that broke since the last round are opened again; those that do not come back in time
 * stay failed. */
static int reopen_failed(struct np_fleet *f, struct np_err *err)
{
	bool any = false;

	for (size_t i = 0; i < f->n_agents; i++) {
		struct agent *a = &f->agents[i];

		if (!a->used)
			continue;
		np_stream_pump(&a->stream);
		if (!a->stream.failed)
			continue;
		f->stats.streams_lost++;
		begin_again(f, a);
		any = true;
	}
	if (!any)
		return 0;
	f->patient_until_ms = np_now_ms() + patience_left(f);
	if (fleet_wait(f, true, BATCH_MARGIN_MS + f->patience_ms, err) < 0 && err &&
	    err->code == NP_EINTR)
		return -1;
	return 0;
}

size_t np_fleet_lost(const struct np_fleet *f, size_t *ret_agent, struct np_err *ret_why)
{
	size_t n = 0;

	for (size_t i = f->n_agents; i-- > 0;) {
		const struct agent *a = &f->agents[i];

		if (!a->used || !a->given_up)
			continue;
		n++;
		*ret_agent = i;
		*ret_why = a->stream.why;
	}
	return n;
}

static void send_batches(struct np_fleet *f, unsigned timeout_ms, unsigned attempts)
{
	for (size_t i = 0; i < f->n_agents; i++)
		f->agents[i].n_batch = 0;
	for (size_t i = 0; i < f->n_probes; i++)
		f->agents[f->probes[i].agent].n_batch++;
	for (size_t i = 0; i < f->n_agents; i++) {
		struct agent *a = &f->agents[i];

		if (!a->used || !a->n_batch || a->stream.failed || !a->hello)
			continue;
		a->batch = ++f->next_batch ? f->next_batch : ++f->next_batch;
		a->pending = a->n_batch;
		np_agent_put_batch(&a->stream.out, a->batch, a->n_batch, timeout_ms, attempts);
	}
	for (size_t i = 0; i < f->n_probes; i++) {
		struct agent *a = &f->agents[f->probes[i].agent];

		f->probes[i].req.idx = (unsigned)i;
		if (a->batch)
			np_agent_put_probe(&a->stream.out, &f->probes[i].req);
	}
}

static void preset_results(struct np_fleet *f)
{
	for (size_t i = 0; i < f->n_probes; i++) {
		struct np_fleet_result *r = &f->probes[i].res;

		*r = (struct np_fleet_result){ .outcome = NP_OUT_ERROR,
					       .seen_addr = "-",
					       .who = "-" };
		copy_str(r->detail, sizeof(r->detail), NP_STR("no-answer-from-agent"));
	}
}

/* A batch that does not end is given up: its streams are opened again before the next one. */
static void give_up_batches(struct np_fleet *f, const struct np_err *why)
{
	for (size_t i = 0; i < f->n_agents; i++)
		if (f->agents[i].used && f->agents[i].batch) {
			f->agents[i].stream.failed = true;
			f->agents[i].stream.why = *why;
		}
}

/* Every probe once. -1 when interrupted. */
static int probe_round(struct np_fleet *f, struct np_fleet_probe *probes, size_t n,
		       unsigned timeout_ms, unsigned attempts, struct np_err *err)
{
	struct np_err late = { 0 };
	int rc = 0;

	if (reopen_failed(f, &late) < 0) {
		if (err)
			*err = late;
		return -1;
	}
	f->probes = probes;
	f->n_probes = n;
	preset_results(f);
	send_batches(f, timeout_ms, attempts);
	/* An agent runs at most some thousands at once; longer batches take several rounds of the
	 * time-out. */
	if (fleet_wait(f, false, (int)(timeout_ms * (1 + n / 4096)) + BATCH_MARGIN_MS, &late) < 0) {
		if (late.code == NP_EINTR) {
			if (err)
				*err = late;
			rc = -1;
		}
		give_up_batches(f, &late);
	}
	f->probes = NULL;
	f->n_probes = 0;
	f->stats.probes += n;
	f->stats.batches++;
	return rc;
}

/* Lost with a stream that may come back: worth another try. */
static bool was_lost(const struct np_fleet *f, const struct np_fleet_probe *p)
{
	const struct agent *a = &f->agents[p->agent];

	return p->res.outcome == NP_OUT_ERROR && a->used && a->stream.failed && !a->given_up;
}

/* Those of @probes[n] that were lost, once more. Returns how many there were, or -1. */
static int probe_lost(struct np_fleet *f, struct np_fleet_probe *probes, size_t n,
		      unsigned timeout_ms, unsigned attempts, struct np_err *err)
{
	np_auto_free struct np_fleet_probe *again = np_xcalloc(n + 1, sizeof(*again));
	np_auto_free size_t *which = np_xcalloc(n + 1, sizeof(*which));
	size_t n_again = 0;

	for (size_t i = 0; i < n; i++)
		if (was_lost(f, &probes[i])) {
			again[n_again] = probes[i];
			which[n_again++] = i;
		}
	if (!n_again)
		return 0;
	if (probe_round(f, again, n_again, timeout_ms, attempts, err) < 0)
		return -1;
	f->stats.probes_again += n_again;
	for (size_t i = 0; i < n_again; i++)
		probes[which[i]].res = again[i].res;
	return (int)n_again;
}

int np_fleet_probe(struct np_fleet *f, struct np_fleet_probe *probes, size_t n, unsigned timeout_ms,
		   unsigned attempts, struct np_err *err)
{
	int64_t begin_us = np_now_us();
	int rc = probe_round(f, probes, n, timeout_ms, attempts, err);

	for (int i = 0; rc == 0 && f->patience_ms && i < REPEATS_MAX; i++) {
		int lost = probe_lost(f, probes, n, timeout_ms, attempts, err);

		if (lost < 0)
			rc = -1;
		if (lost <= 0)
			break;
	}
	f->stats.probing_us += np_now_us() - begin_us;
	return rc;
}
