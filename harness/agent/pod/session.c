/* session.c - in-pod agent: the line protocol. */
#include "session.h"

#include <stdio.h>
#include <unistd.h>

#include "dns.h"
#include "engine.h"
#include "kinds.h"
#include "lines.h"

/* Room for the longest texts of the largest batch. Pages that no batch touches cost nothing. */
#define TEXT_BYTES                                                                                 \
	((size_t)NP_AGENT_BATCH_MAX * (NP_AGENT_IDENTITY_MAX + 1 + NP_AGENT_QUERY_MAX + 1))

/* Lines handled before the probes get their turn. */
enum { LINES_PER_TURN = 256, TURN_MS = 1000 };

struct session {
	struct reader in;
	struct writer out;
	struct engine engine;
	const char *identity;
	int64_t idle_us,
		active_us; /* active: when the last valid request came or the last batch ended */
	bool quit;
	bool watching; /* input is waited for */

	/* The batch that is being read or runs. */
	uint32_t id, n_wanted, timeout_ms, attempts;
	bool reading, running;
	uint32_t n_skip; /* probe lines of a dropped batch that are still to come */
	size_t n_requests, n_text;
	struct request requests[NP_AGENT_BATCH_MAX];
	char text[TEXT_BYTES];
};

static void report(void *arg, const struct result *r)
{
	static const char *const outcomes[NP_OUTCOMES] = NP_OUTCOME_NAMES;
	struct session *s = arg;
	char port[12] = "-";

	if (r->seen_port)
		snprintf(port, sizeof(port), "%u", r->seen_port);
	writer_printf(&s->out,
		      "r %u %u %s %s %lld " NP_STR_FMT " " NP_STR_FMT " %s %lld %lld %u %u\n",
		      s->id, r->req->idx, outcomes[r->outcome], r->detail, (long long)r->rtt_us,
		      NP_STR_ARG(r->who), NP_STR_ARG(r->seen_addr), port, (long long)r->start_us,
		      (long long)r->end_us, r->attempts, r->src_port);
}

/* ---- reading a batch ---- */

/* Drops the batch that is being read, if one is; its other probe lines are passed over. */
static void fault(struct session *s, const char *what, struct np_str subject)
{
	char printable[64];

	text_printable(subject, printable, sizeof(printable));
	if (s->reading)
		writer_printf(&s->out, "fault batch %u, probe line %zu: %s '%s'\n", s->id,
			      s->n_requests + 1, what, printable);
	else
		writer_printf(&s->out, "fault %s '%s'\n", what, printable);
	if (s->reading)
		s->n_skip = s->n_wanted - (uint32_t)s->n_requests;
	s->reading = false;
}

static const char *keep_text(struct session *s, struct np_str text)
{
	char *at = s->text + s->n_text;

	memcpy(at, text.p, text.n);
	at[text.n] = '\0';
	s->n_text += text.n + 1;
	return at;
}

static void start_batch(struct session *s)
{
	s->reading = false;
	s->running = true;
	engine_begin(&s->engine, s->requests, s->n_requests, s->timeout_ms, s->attempts);
}

static void take_batch(struct session *s, struct np_str rest)
{
	struct np_str line = rest, end;
	uint32_t id, n, timeout_ms, attempts;

	if (s->reading)
		fault(s, "a batch line instead of a probe:", line);
	s->n_skip = 0;
	if (!field_number(&rest, UINT32_MAX, &id) || !field_number(&rest, UINT32_MAX, &n)) {
		fault(s, "bad id or number in batch", line);
		return;
	}
	s->n_skip = n;
	if (n > NP_AGENT_BATCH_MAX || !field_number(&rest, NP_AGENT_TIMEOUT_MAX_MS, &timeout_ms) ||
	    timeout_ms == 0 || !field_number(&rest, NP_AGENT_ATTEMPTS_MAX, &attempts) ||
	    attempts == 0 || field_next(&rest, &end)) {
		fault(s, "bad number in batch", line);
		return;
	}
	s->id = id;
	s->n_wanted = n;
	s->timeout_ms = timeout_ms;
	s->attempts = attempts;
	s->n_skip = 0;
	s->n_requests = s->n_text = 0;
	s->reading = true;
	if (n == 0)
		start_batch(s);
}

static struct np_str option_value(struct np_str field, const char *name)
{
	size_t n = strlen(name);

	if (field.n < n || memcmp(field.p, name, n) != 0)
		return NP_STR_NONE;
	return (struct np_str){ field.p + n, field.n - n };
}

/* src= and q=. NULL, or what is wrong with @ret_field. */
static const char *parse_options(struct session *s, struct np_str *rest, struct request *req,
				 struct np_str *ret_field)
{
	while (field_next(rest, ret_field)) {
		struct np_str src = option_value(*ret_field, "src="),
			      q = option_value(*ret_field, "q=");

		if (src.p) {
			if (req->src.sa.sa_family || !addr_parse(src, 0, &req->src) ||
			    req->src.sa.sa_family != req->dst.sa.sa_family)
				return "bad source";
		} else if (q.p) {
			if (req->query || !kind_asks(req->kind) || !text_is_word(q, NP_AGENT_QUERY_MAX) ||
			    !dns_name_ok(q))
				return "bad question";
			req->query = keep_text(s, q);
		} else {
			return "unknown option";
		}
	}
	return kind_asks(req->kind) && !req->query ? "no question in" : NULL;
}

/* NULL, or what is wrong with @ret_field. */
static const char *parse_probe(struct session *s, struct np_str rest, struct request *req,
			       struct np_str *ret_field)
{
	struct np_str addr;
	uint32_t port;

	if (!field_next(&rest, ret_field) || !text_number(*ret_field, UINT32_MAX, &req->idx))
		return "bad index";
	if (!field_next(&rest, ret_field) || !kind_find(*ret_field, &req->kind))
		return "unknown kind";
	if (!field_next(&rest, &addr))
		return "no address";
	if (!field_next(&rest, ret_field) || !text_number(*ret_field, UINT16_MAX, &port) ||
	    port == 0)
		return "bad port";
	if (!addr_parse(addr, (uint16_t)port, &req->dst)) {
		*ret_field = addr;
		return "bad address";
	}
	if (!field_next(&rest, ret_field) || !text_is_word(*ret_field, NP_AGENT_IDENTITY_MAX))
		return "bad identity";
	req->expect = np_str_is(*ret_field, "-") ? "" : keep_text(s, *ret_field);
	return parse_options(s, &rest, req, ret_field);
}

static void take_probe(struct session *s, struct np_str rest)
{
	struct request req = { 0 };
	struct np_str field = rest;
	const char *wrong;

	if (!s->reading && s->n_skip) {
		s->n_skip--;
		return;
	}
	if (!s->reading) {
		fault(s, "a probe outside a batch:", rest);
		return;
	}
	wrong = parse_probe(s, rest, &req, &field);
	if (wrong) {
		fault(s, wrong, field);
		return;
	}
	s->requests[s->n_requests++] = req;
	if (s->n_requests == s->n_wanted)
		start_batch(s);
}

/* ---- requests ---- */

static void take_ping(struct session *s, struct np_str rest)
{
	struct np_str token, end;

	if (field_next(&rest, &token) && text_is_word(token, NP_AGENT_LINE_MAX) &&
	    !field_next(&rest, &end))
		writer_printf(&s->out, "pong " NP_STR_FMT "\n", NP_STR_ARG(token));
	else
		fault(s, "bad token in ping", rest);
}

static void take_quit(struct session *s, struct np_str rest)
{
	(void)rest;
	s->quit = true;
}

static const struct verb {
	const char *name;
	void (*take)(struct session *s, struct np_str rest);
} verbs[] = {
	{ "p", take_probe },
	{ "batch", take_batch },
	{ "ping", take_ping },
	{ "quit", take_quit },
};

/* False when the line must wait for the running batch. */
static bool take_line(struct session *s, struct np_str line)
{
	struct np_str rest = line, word;

	field_next(&rest, &word);
	if (s->running && (np_str_is(word, "batch") || np_str_is(word, "p")))
		return false;
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (np_str_is(word, verbs[i].name)) {
			s->active_us = now_us();
			verbs[i].take(s, rest);
			return true;
		}
	}
	fault(s, "unknown request", line);
	return true;
}

/* Why no more lines were taken. */
enum appetite {
	HUNGRY, /* no whole line is left */
	HELD,	/* the next one waits for the running batch */
	FULL,	/* enough for this turn */
};

static enum appetite take_lines(struct session *s)
{
	struct np_str line;

	for (unsigned i = 0; i < LINES_PER_TURN && !s->quit && !s->out.broken; i++) {
		enum line got = reader_peek(&s->in, &line);

		if (got == LINE_NONE)
			return HUNGRY;
		if (got == LINE_TOO_LONG)
			fault(s, "too long a line", NP_STR_NONE);
		else if (!take_line(s, line))
			return HELD;
		else
			reader_consume(&s->in, line);
	}
	return FULL;
}

/* ---- the loop ---- */

static void watch_input(struct session *s, bool on)
{
	if (on != s->watching)
		engine_watch(&s->engine, s->in.fd, on);
	s->watching = on;
}

static void finish_batch(struct session *s)
{
	if (!s->running || engine_running(&s->engine))
		return;
	writer_printf(&s->out, "done %u\n", s->id);
	s->running = false;
	s->active_us = now_us();
}

static bool is_over(const struct session *s, enum appetite appetite)
{
	if (s->quit || s->out.broken)
		return true;
	if (s->running)
		return false;
	return (s->in.eof && appetite == HUNGRY) || now_us() - s->active_us > s->idle_us;
}

static int wait_ms(const struct session *s, enum appetite appetite)
{
	int64_t left_ms = (s->active_us + s->idle_us - now_us()) / 1000 + 1;

	if (s->running && appetite != FULL)
		return TURN_MS;
	if (appetite == FULL || left_ms < 0)
		return 0;
	return left_ms < TURN_MS ? (int)left_ms : TURN_MS;
}

static void loop(struct session *s)
{
	for (;;) {
		bool ran = s->running;
		enum appetite appetite = take_lines(s);

		finish_batch(s);
		writer_flush(&s->out);
		if (is_over(s, appetite))
			break;
		if (ran && !s->running) /* what was held back need not wait for more */
			continue;
		watch_input(s, appetite != HELD && !s->in.eof);
		if (engine_turn(&s->engine, wait_ms(s, appetite)) && s->watching)
			reader_fill(&s->in);
	}
}

int session_run(int in_fd, int out_fd, const char *identity, unsigned idle_s)
{
	static struct session session;
	struct session *s = &session;
	bool cut_off;

	reader_init(&s->in, in_fd);
	writer_init(&s->out, out_fd, idle_s > 2000000 ? 2000000000 : (int)idle_s * 1000);
	if (engine_init(&s->engine, report, s) < 0)
		return 3;
	/* The tables are too large to clear; these are what a session before may have left. */
	s->quit = s->watching = s->reading = s->running = false;
	s->n_skip = 0;
	s->idle_us = (int64_t)idle_s * 1000000;
	s->active_us = now_us();
	writer_printf(&s->out, "hello %u %s %u %s\n", NP_AGENT_VERSION, identity,
		      engine_in_flight_max(&s->engine), engine_caps(&s->engine));
	loop(s);
	cut_off = s->in.eof && s->reading;
	if (cut_off)
		fault(s, "input ended", NP_STR_NONE);
	writer_flush(&s->out);
	return s->out.broken || cut_off ? 1 : 0;
}
