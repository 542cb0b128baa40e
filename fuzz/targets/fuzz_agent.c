/*
 * fuzz_agent.c - lines of the agent's protocol. Answers as the harness reads them, from agents that
 * may be anything; requests that it writes, whatever names they hold.
 */
#include "fuzz.h"
#include "np/agent/proto.h"

static bool is_within(struct np_str s, struct np_str line)
{
	return !s.n || (s.p >= line.p && s.p + s.n <= line.p + line.n);
}

static void check_message(const struct np_agent_msg *m, struct np_str line)
{
	const struct np_str texts[] = { m->identity, m->caps, m->detail, m->who, m->seen_addr, m->text };

	for (size_t i = 0; i < NP_ARRAY_SIZE(texts); i++)
		FUZZ_CHECK(is_within(texts[i], line), "text %zu is not of the line", i);
	if (m->kind == NP_MSG_HELLO)
		FUZZ_CHECK(m->version == NP_AGENT_VERSION, "version %u", m->version);
	if (m->kind == NP_MSG_RESULT)
		FUZZ_CHECK(m->outcome < NP_OUTCOMES && m->rtt_us >= 0 && m->seen_port <= 65535 &&
				   m->src_port <= 65535 && m->attempts <= NP_AGENT_ATTEMPTS_MAX, "result");
	np_agent_has_cap(m->caps, "ipv6");
}

static void read_line(struct np_str line)
{
	struct np_agent_msg m;
	struct np_err err = { .code = NP_OK };

	if (np_agent_parse(line, &m, &err) == 0)
		check_message(&m, line);
	else
		FUZZ_CHECK(err.code == NP_EPARSE && err.column && err.column <= line.n + 1,
			   "column %u of %zu: %s", err.column, line.n, err.msg);
}

/* One line, however hostile the strings are. */
static void write_request(struct fuzz_in *in)
{
	struct np_addr src = { 4, { 10, 0, 0, 1 } };
	struct np_probe_req r = {
		.idx = fuzz_byte(in), .kind = (enum np_probe_kind)fuzz_below(in, NP_PROBE_KINDS),
		.addr = { 16, { 0xfd } }, .port = (uint16_t)fuzz_u16(in),
	};
	struct np_buf b = { NULL, 0, 0 };

	r.src = fuzz_byte(in) & 1 ? &src : NULL;
	r.expect = fuzz_until(in, '|');
	r.query = fuzz_until(in, '|');
	np_agent_put_probe(&b, &r);
	FUZZ_CHECK(b.len && b.data[b.len - 1] == '\n' && !memchr(b.data, '\n', b.len - 1), "lines: %s",
		   b.data);
	for (size_t i = 0; i + 1 < b.len; i++)
		FUZZ_CHECK(b.data[i] >= ' ' && b.data[i] <= '~', "byte %u", (uint8_t)b.data[i]);
	np_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct fuzz_in in = { (const uint8_t *)text.p, text.n };

	if (in.n && *in.p == '>') {
		fuzz_byte(&in);
		write_request(&in);
	}
	while (in.n)
		read_line(fuzz_until(&in, '\n'));
	fuzz_loosen(&text);
	return 0;
}
