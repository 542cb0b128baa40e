/* proto.c - layer agent: writing requests and reading answers of the line protocol. */
#include "np/agent/proto.h"

#include <limits.h>

#include "np/base/mem.h"

static const char *const outcome_names[] = NP_OUTCOME_NAMES;
static const char *const kind_names[] = NP_PROBE_KIND_NAMES;

_Static_assert(NP_ARRAY_SIZE(outcome_names) == NP_OUTCOMES, "a name for each outcome");
_Static_assert(NP_ARRAY_SIZE(kind_names) == NP_PROBE_KINDS, "a name for each kind");

const char *np_outcome_name(enum np_outcome o)
{
	return (unsigned)o < NP_OUTCOMES ? outcome_names[o] : "?";
}

bool np_outcome_parse(struct np_str s, enum np_outcome *ret)
{
	for (unsigned i = 0; i < NP_OUTCOMES; i++)
		if (np_str_is(s, outcome_names[i])) {
			*ret = (enum np_outcome)i;
			return true;
		}
	return false;
}

const char *np_probe_kind_name(enum np_probe_kind k)
{
	return (unsigned)k < NP_PROBE_KINDS ? kind_names[k] : "?";
}

/* ---- requests ---- */

void np_agent_put_batch(struct np_buf *b, unsigned batch, size_t n, unsigned timeout_ms,
			unsigned attempts)
{
	np_buf_printf(b, "batch %u %zu %u %u\n", batch, n, timeout_ms, attempts);
}

/* One field: whatever the text holds, it stays one field of one line. */
static void put_word(struct np_buf *b, struct np_str word)
{
	if (word.n == 0)
		np_buf_addc(b, '-');
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];

		np_buf_addc(b, c > ' ' && c < 0x7f ? c : '?');
	}
}

void np_agent_put_probe(struct np_buf *b, const struct np_probe_req *req)
{
	char addr[NP_ADDR_TEXT_MAX];

	np_buf_printf(b, "p %u %s %s %u ", req->idx, np_probe_kind_name(req->kind),
		      np_addr_text(&req->addr, addr), (unsigned)req->port);
	put_word(b, req->expect);
	if (req->src)
		np_buf_printf(b, " src=%s", np_addr_text(req->src, addr));
	if (req->query.n) {
		np_buf_adds(b, " q=");
		put_word(b, req->query);
	}
	np_buf_addc(b, '\n');
}

/* ---- answers ---- */

/* The part of a line that is not read yet. @bad says what was wrong, at offset @at. */
struct cursor {
	struct np_str line;
	size_t at;
	const char *bad;
};

static bool refuse(struct cursor *c, size_t at, const char *what)
{
	if (!c->bad) {
		c->bad = what;
		c->at = at;
	}
	return false;
}

/* Fields are separated by exactly one blank; an empty one is refused. */
static bool take_word(struct cursor *c, const char *what, struct np_str *ret)
{
	size_t start = c->at, end;

	if (c->bad)
		return false;
	if (start > 0) {
		if (start >= c->line.n || c->line.p[start] != ' ')
			return refuse(c, start, what);
		start++;
	}
	for (end = start; end < c->line.n && c->line.p[end] != ' '; end++) {
		if (c->line.p[end] < ' ' || c->line.p[end] > '~')
			return refuse(c, end, "printable ASCII");
	}
	if (end == start)
		return refuse(c, start, what);
	*ret = (struct np_str){ c->line.p + start, end - start };
	c->at = end;
	return true;
}

static bool take_number(struct cursor *c, const char *what, unsigned long long max,
			unsigned long long *ret)
{
	struct np_str word;

	if (!take_word(c, what, &word))
		return false;
	return np_str_u64(word, max, ret) || refuse(c, (size_t)(word.p - c->line.p), what);
}

static bool take_unsigned(struct cursor *c, const char *what, unsigned max, unsigned *ret)
{
	unsigned long long v = 0;

	if (!take_number(c, what, max, &v))
		return false;
	*ret = (unsigned)v;
	return true;
}

static bool take_time(struct cursor *c, const char *what, long long *ret)
{
	unsigned long long v = 0;

	if (!take_number(c, what, LLONG_MAX, &v))
		return false;
	*ret = (long long)v;
	return true;
}

/* A port, or "-" for none. */
static bool take_port_or_dash(struct cursor *c, const char *what, unsigned *ret)
{
	struct np_str rest = { c->line.p + c->at, c->line.n - c->at };
	struct np_str dash;

	if (!c->bad && np_str_starts(rest, " -")) {
		*ret = 0;
		return take_word(c, what, &dash) &&
		       (dash.n == 1 || refuse(c, c->at - dash.n, what));
	}
	return take_unsigned(c, what, UINT16_MAX, ret);
}

static bool take_outcome(struct cursor *c, enum np_outcome *ret)
{
	struct np_str word;

	return take_word(c, "outcome", &word) &&
	       (np_outcome_parse(word, ret) || refuse(c, (size_t)(word.p - c->line.p), "outcome"));
}

static void parse_hello(struct cursor *c, struct np_agent_msg *m)
{
	size_t at = c->at;

	if (take_unsigned(c, "version", UINT_MAX, &m->version) && m->version != NP_AGENT_VERSION)
		refuse(c, at + 1, "a version this program speaks");
	take_word(c, "identity", &m->identity);
	take_unsigned(c, "number in flight", UINT_MAX, &m->max_in_flight);
	take_word(c, "capabilities", &m->caps);
}

static void parse_result(struct cursor *c, struct np_agent_msg *m)
{
	take_unsigned(c, "batch id", UINT_MAX, &m->batch);
	take_unsigned(c, "probe index", UINT_MAX, &m->idx);
	take_outcome(c, &m->outcome);
	take_word(c, "detail", &m->detail);
	take_time(c, "round-trip time", &m->rtt_us);
	take_word(c, "who answered", &m->who);
	take_word(c, "seen address", &m->seen_addr);
	take_port_or_dash(c, "seen port", &m->seen_port);
	take_time(c, "start time", &m->start_us);
	take_time(c, "end time", &m->end_us);
	take_unsigned(c, "number of attempts", NP_AGENT_ATTEMPTS_MAX, &m->attempts);
	take_unsigned(c, "source port", UINT16_MAX, &m->src_port);
}

static void parse_done(struct cursor *c, struct np_agent_msg *m)
{
	take_unsigned(c, "batch id", UINT_MAX, &m->batch);
}

static void parse_pong(struct cursor *c, struct np_agent_msg *m)
{
	take_word(c, "token", &m->text);
}

/* The rest of the line, blanks and all. */
static void parse_fault(struct cursor *c, struct np_agent_msg *m)
{
	if (c->at < c->line.n)
		c->at++;
	m->text = (struct np_str){ c->line.p + c->at, c->line.n - c->at };
	c->at = c->line.n;
}

static const struct verb {
	const char *name;
	enum np_agent_msg_kind kind;
	void (*parse)(struct cursor *c, struct np_agent_msg *m);
} verbs[] = {
	{ "hello", NP_MSG_HELLO, parse_hello }, { "r", NP_MSG_RESULT, parse_result },
	{ "done", NP_MSG_DONE, parse_done },	{ "pong", NP_MSG_PONG, parse_pong },
	{ "fault", NP_MSG_FAULT, parse_fault },
};

static const struct verb *find_verb(struct cursor *c)
{
	struct np_str word;

	if (!take_word(c, "message name", &word))
		return NULL;
	for (size_t i = 0; i < NP_ARRAY_SIZE(verbs); i++) {
		if (np_str_is(word, verbs[i].name))
			return &verbs[i];
	}
	refuse(c, 0, "message name");
	return NULL;
}

int np_agent_parse(struct np_str line, struct np_agent_msg *ret, struct np_err *err)
{
	struct cursor c = { .line = line };
	struct np_agent_msg m = { 0 };
	const struct verb *verb = NULL;

	if (line.n >= NP_AGENT_ANSWER_MAX)
		refuse(&c, NP_AGENT_ANSWER_MAX, "the end of the line");
	else
		verb = find_verb(&c);
	if (verb) {
		m.kind = verb->kind;
		verb->parse(&c, &m);
		if (!c.bad && c.at < line.n)
			refuse(&c, c.at, "the end of the line");
	}
	if (c.bad) {
		np_err_set(err, NP_EPARSE, "agent's answer: expected %s", c.bad);
		return np_err_at(err, NULL, 0, (unsigned)c.at + 1);
	}
	*ret = m;
	return 0;
}

bool np_agent_has_cap(struct np_str caps, const char *cap)
{
	while (caps.n) {
		const char *comma = memchr(caps.p, ',', caps.n);
		struct np_str word = { caps.p, comma ? (size_t)(comma - caps.p) : caps.n };

		if (np_str_is(word, cap))
			return true;
		caps.p += word.n + (comma ? 1 : 0);
		caps.n -= word.n + (comma ? 1 : 0);
	}
	return false;
}
