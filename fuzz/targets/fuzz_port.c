/*
 * fuzz_port.c - one entry of a rule's ports: protocol, port, endPort. Lines: "protocol port endPort",
 * "-" for what is absent, "'" before a port that is a text. The judgement is that of a second reading
 * of the rules, case by case.
 */
#include "fuzz.h"
#include "spec.h"

#define PORTS_MAX 2

static struct cell given(bool set)
{
	return (struct cell){ .line = 1, .column = 1, .set = set };
}

static struct np_str word(struct fuzz_in *line)
{
	return fuzz_until(line, ' ');
}

/* A decimal of at most ten digits with a sign; false: absent. */
static bool number(struct np_str s, int64_t *ret)
{
	bool minus = s.n && s.p[0] == '-';
	unsigned long long v;

	s.p += minus;
	s.n -= minus;
	if (!np_str_u64(s, 9999999999ULL, &v))
		return false;
	*ret = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool is_dash(struct np_str s)
{
	return np_str_is(s, "-");
}

static struct api_port parse(struct fuzz_in *line)
{
	struct np_str protocol = word(line), port = word(line), end = word(line);
	struct api_port p = { .at = given(true) };

	p.protocol.at = given(!is_dash(protocol));
	p.protocol.s = is_dash(protocol) ? NP_STR("") : protocol;
	p.port.is_str = port.n && port.p[0] == '\'';
	if (p.port.is_str)
		p.port.s = (struct np_str){ port.p + 1, port.n - 1 };
	p.port.at = given(p.port.is_str || number(port, &p.port.v));
	p.end_port.at = given(number(end, &p.end_port.v));
	return p;
}

/* ---- the second reading ---- */

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many of IANA's rules for a service name @s breaks, as the API counts them. */
static size_t name_faults(struct np_str s)
{
	bool charset = true, letter = false, doubled = false, edge = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		charset &= is_lower(c) || is_digit(c) || c == '-';
		letter |= is_lower(c);
		doubled |= c == '-' && i + 1 < s.n && s.p[i + 1] == '-';
		edge |= c == '-' && (i == 0 || i + 1 == s.n);
	}
	charset &= s.n > 0;	/* the API's pattern wants a character */
	return (s.n > 15) + !charset + !letter + doubled + edge;
}

static bool in_range(int64_t n)
{
	return 0 < n && n < 65536;
}

static size_t faults(const struct api_port *p)
{
	bool text = p->port.at.set && p->port.is_str, plain = p->port.at.set && !p->port.is_str;
	size_t n = 0;

	if (p->protocol.at.set && !np_str_is(p->protocol.s, "TCP") &&
	    !np_str_is(p->protocol.s, "UDP") && !np_str_is(p->protocol.s, "SCTP"))
		n++;
	if (plain && !in_range(p->port.v))
		n++;
	if (text)
		n += name_faults(p->port.s);
	if (!p->end_port.at.set)
		return n;
	if (!plain)
		return n + 1;
	return n + (p->end_port.v < p->port.v) + !in_range(p->end_port.v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct api_port ports[PORTS_MAX];
	struct api_rule rule = { .at = given(true), .ports = { .at = given(true), .items = ports } };
	struct api_policy_spec spec = {
		.at = given(true),
		.ingress = { .at = given(true), .items = &rule, .n = 1 },
	};
	size_t want = 0, got;

	while (in.n && rule.ports.n < PORTS_MAX) {
		struct np_str text = fuzz_until(&in, '\n');
		struct fuzz_in line = { (const uint8_t *)text.p, text.n };

		ports[rule.ports.n] = parse(&line);
		want += faults(&ports[rule.ports.n++]);
	}
	got = fuzz_count_findings(&spec, NP_VALIDATE_NEWEST);
	FUZZ_CHECK(got == want, "%zu findings, not %zu", got, want);
	return 0;
}
