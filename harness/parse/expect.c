/* expect.c - the expectation lines of a case file; casefile.h defines them. */
#include <stdarg.h>

#include "np/base/mem.h"
#include "np/parse/casefile.h"

struct expect_parser {
	struct np_arena *arena;
	struct np_err *err;
	struct np_place at;	    /* of the present line's first character */
	const char *line, *p, *end; /* the present line without its reason */
};

__attribute__((format(printf, 3, 4)))
static int fail(struct expect_parser *x, const char *token, const char *fmt, ...)
{
	char msg[NP_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	np_err_set(x->err, NP_EPARSE, "%s", msg);
	return np_err_at(x->err, x->at.file, x->at.line,
			 x->at.column + (unsigned)(token - x->line));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word, empty at the end of the line. */
static struct np_str next_word(struct expect_parser *x)
{
	struct np_str w;

	while (x->p < x->end && is_blank(*x->p))
		x->p++;
	w.p = x->p;
	while (x->p < x->end && !is_blank(*x->p))
		x->p++;
	w.n = (size_t)(x->p - w.p);
	return w;
}

/*
 * Takes the next part of a comma list off *@list; false at its end. An empty part is returned as
 * such.
 */
static bool next_part(struct np_str *list, struct np_str *ret)
{
	const char *comma;

	if (!list->p)
		return false;
	comma = list->n ? memchr(list->p, ',', list->n) : NULL;
	*ret = (struct np_str){ list->p, comma ? (size_t)(comma - list->p) : list->n };
	*list = comma ? (struct np_str){ comma + 1, list->n - ret->n - 1 } : NP_STR_NONE;
	return true;
}

static size_t count_parts(struct np_str list)
{
	size_t n = 1;

	for (size_t i = 0; i < list.n; i++)
		n += list.p[i] == ',';
	return n;
}

static int parse_clauses(struct expect_parser *x, struct np_str list, np_clauses *ret)
{
	struct np_str part;
	unsigned clause;

	while (next_part(&list, &part)) {
		if (!np_clause_parse(part, &clause))
			return fail(x, part.p, "'" NP_STR_FMT "' is not a clause such as S19",
				    NP_STR_ARG(part));
		np_clauses_add(ret, clause);
	}
	return 0;
}

static int parse_verdict(struct expect_parser *x, struct np_expect_line *line)
{
	struct np_str w = next_word(x), clauses;

	if (np_str_is(w, "allow")) {
		line->kind = NP_EXPECT_ALLOW;
	} else if (np_str_is(w, "deny")) {
		line->kind = NP_EXPECT_DENY;
	} else if (np_str_is(w, "open")) {
		line->kind = NP_EXPECT_OPEN;
	} else if (np_str_is(w, "oracle")) {
		line->kind = NP_EXPECT_ORACLE;
	} else if (np_str_starts(w, "open(") && np_str_ends(w, ")")) {
		clauses = (struct np_str){ w.p + strlen("open("), w.n - strlen("open()") };
		line->kind = NP_EXPECT_OPEN;
		return parse_clauses(x, clauses, &line->open);
	} else {
		return fail(x, w.p,
			    "'" NP_STR_FMT "' is not one of allow, deny, open, open(S19,S43)",
			    NP_STR_ARG(w));
	}
	return 0;
}

/*
 * A word, a name with a namespace, a Service, or a glob: a bare name would silently match nothing.
 * /
 */
static bool is_pattern(struct np_str s)
{
	static const char *const words[] = { "any", "pods", "hosts", "ext", "dns" };
	bool telling = false;

	for (size_t i = 0; i < NP_ARRAY_SIZE(words); i++)
		if (np_str_is(s, words[i]))
			return true;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-./:*?", c)) ||
		    !c)
			return false;
		telling |= c == '/' || c == '*' || c == ':';
	}
	return telling;
}

static int parse_terms(struct expect_parser *x, struct np_str list, struct np_expect_term **ret,
		       size_t *ret_n)
{
	size_t n = count_parts(list), i = 0;
	struct np_expect_term *terms;
	struct np_str part;

	if (n > NP_EXPECT_MAX_TERMS)
		return fail(x, list.p, "more than %d terms in one list", NP_EXPECT_MAX_TERMS);
	terms = np_arena_array(x->arena, n, sizeof(*terms));
	for (; next_part(&list, &part); i++) {
		const char *token = part.p;

		terms[i].negated = part.n && part.p[0] == '!';
		if (terms[i].negated)
			part = (struct np_str){ part.p + 1, part.n - 1 };
		if (!part.n)
			return fail(x, token,
				    "a list has no empty entries and no blanks behind its commas");
		if (np_str_is(part, "own-node"))
			return fail(x, token, "own-node stands alone behind from");
		if (!is_pattern(part))
			return fail(x, token,
				    "'" NP_STR_FMT
				    "' is not an end: any, pods, hosts, ext, dns, or a glob "
				    "such as x/a, ext/*, node/*, svc:x/web",
				    NP_STR_ARG(part));
		terms[i].pattern = np_arena_str(x->arena, part);
	}
	*ret = terms;
	*ret_n = n;
	return 0;
}

/* "80", "80-90" or "*". */
static bool parse_range(struct np_str s, struct np_expect_port *ret)
{
	const char *dash = s.n ? memchr(s.p, '-', s.n) : NULL;
	struct np_str first = { s.p, dash ? (size_t)(dash - s.p) : s.n };
	unsigned long long a, b;

	if (np_str_is(s, "*"))
		return true;
	if (!np_str_u64(first, UINT16_MAX, &a) || a == 0)
		return false;
	b = a;
	if (dash &&
	    (!np_str_u64((struct np_str){ dash + 1, s.n - first.n - 1 }, UINT16_MAX, &b) || b <= a))
		return false;
	ret->first = (uint16_t)a;
	ret->last = (uint16_t)b;
	return true;
}

static bool parse_port(struct np_str s, struct np_expect_port *ret)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	struct np_str proto;

	if (!colon)
		return false;
	proto = (struct np_str){ s.p, (size_t)(colon - s.p) };
	ret->any_proto = np_str_is(proto, "*");
	if (!ret->any_proto && !np_proto_parse(proto, &ret->proto))
		return false;
	return parse_range((struct np_str){ colon + 1, s.n - proto.n - 1 }, ret);
}

static int parse_ports(struct expect_parser *x, struct np_str list, struct np_expect_line *line)
{
	size_t n = count_parts(list), i = 0;
	struct np_str part;

	if (n > NP_EXPECT_MAX_TERMS)
		return fail(x, list.p, "more than %d ports in one list", NP_EXPECT_MAX_TERMS);
	line->ports = np_arena_array(x->arena, n, sizeof(*line->ports));
	line->n_ports = n;
	for (; next_part(&list, &part); i++)
		if (!parse_port(part, &line->ports[i]))
			return fail(x, part.p,
				    "'" NP_STR_FMT
				    "' is not a port such as TCP:80, UDP:*, TCP:80-90, *:53",
				    NP_STR_ARG(part));
	return 0;
}

static int parse_from(struct expect_parser *x, struct np_str list, struct np_expect_line *line)
{
	line->own_node = np_str_is(list, "own-node");
	return line->own_node ? 0 : parse_terms(x, list, &line->from, &line->n_from);
}

static int parse_to(struct expect_parser *x, struct np_str list, struct np_expect_line *line)
{
	return parse_terms(x, list, &line->to, &line->n_to);
}

static int parse_family(struct expect_parser *x, struct np_str s, struct np_expect_line *line)
{
	if (!np_str_is(s, "4") && !np_str_is(s, "6"))
		return fail(x, s.p, "family '" NP_STR_FMT "' is neither 4 nor 6", NP_STR_ARG(s));
	line->family = s.p[0] - '0';
	return 0;
}

/* The conditions of a line, in the order in which they stand. */
static const struct {
	const char *word;
	int (*parse)(struct expect_parser *x, struct np_str arg, struct np_expect_line *line);
} conditions[] = {
	{ "from", parse_from },
	{ "to", parse_to },
	{ "on", parse_ports },
	{ "family", parse_family },
};

static size_t find_condition(struct np_str w)
{
	size_t i = 0;

	while (i < NP_ARRAY_SIZE(conditions) && !np_str_is(w, conditions[i].word))
		i++;
	return i;
}

static int parse_conditions(struct expect_parser *x, bool first_line, struct np_expect_line *line)
{
	size_t next = 0, i;
	struct np_str w, arg;

	for (w = next_word(x); w.n; w = next_word(x)) {
		i = find_condition(w);
		if (i == NP_ARRAY_SIZE(conditions))
			return fail(x, w.p,
				    "'" NP_STR_FMT
				    "' is not one of from, to, on, family, or # and a reason",
				    NP_STR_ARG(w));
		if (first_line)
			return fail(x, w.p, "the first line states the rule: it has no '%s'",
				    conditions[i].word);
		if (i < next)
			return fail(
				x, w.p,
				"'%s' stands twice or too late: the order is from, to, on, family",
				conditions[i].word);
		arg = next_word(x);
		if (!arg.n)
			return fail(x, w.p, "'%s' needs something behind it", conditions[i].word);
		if (conditions[i].parse(x, arg, line))
			return -1;
		next = i + 1;
	}
	return 0;
}

static struct np_str trim(struct np_str s)
{
	while (s.n && is_blank(s.p[0]))
		s = (struct np_str){ s.p + 1, s.n - 1 };
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* One line without its end: 1, 0 for a blank or comment line, -1. */
static int parse_line(struct expect_parser *x, struct np_str text, bool first_line,
		      struct np_expect_line *ret)
{
	const char *hash = text.n ? memchr(text.p, '#', text.n) : NULL;
	size_t n = hash ? (size_t)(hash - text.p) : text.n;

	x->line = x->p = text.p;
	x->end = text.p + n;
	if (!trim((struct np_str){ text.p, n }).n)
		return 0;
	ret->place = x->at;
	while (is_blank(*x->p))
		x->p++;
	ret->place.column += (unsigned)(x->p - x->line);
	if (parse_verdict(x, ret) || parse_conditions(x, first_line, ret))
		return -1;
	if (hash)
		ret->reason =
			np_arena_str(x->arena, trim((struct np_str){ hash + 1, text.n - n - 1 }));
	return 1;
}

int np_expect_parse(struct np_str text, struct np_place at, struct np_arena *arena,
		    struct np_expect *ret, struct np_err *err)
{
	struct expect_parser x = { .arena = arena, .err = err, .at = at, .line = text.p };
	np_auto_free struct np_expect_line *lines = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < text.n; x.at.line++) {
		const char *nl = memchr(text.p + i, '\n', text.n - i);
		struct np_str line = { text.p + i, nl ? (size_t)(nl - text.p) - i : text.n - i };
		struct np_expect_line parsed = { 0 };
		int found = parse_line(&x, line, n == 0, &parsed);

		if (found < 0)
			return -1;
		i += line.n + 1;
		if (!found)
			continue;
		if (n == NP_EXPECT_MAX_LINES)
			return fail(&x, line.p, "more than %d lines", NP_EXPECT_MAX_LINES);
		lines = np_grow(lines, &cap, n, sizeof(*lines));
		lines[n++] = parsed;
	}
	if (!n) {
		np_err_set(err, NP_EPARSE, "an expectation needs at least one line, such as deny");
		return np_err_at(err, at.file, at.line, at.column);
	}
	ret->lines = np_arena_array(arena, n, sizeof(*lines));
	memcpy(ret->lines, lines, n * sizeof(*lines));
	ret->n_lines = n;
	return 0;
}
