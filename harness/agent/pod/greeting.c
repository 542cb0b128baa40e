/* greeting.c - in-pod agent: the line that servers say. */
#include "greeting.h"

#include <stdio.h>

#include "lines.h"

unsigned greeting_write(char buf[static GREETING_MAX], const char *identity, const union addr *peer,
			const union addr *local, const struct np_str *nonce)
{
	char peer_text[ADDR_TEXT], local_text[ADDR_TEXT], nonce_text[GREETING_NONCE_MAX + 1] = "";
	int n;

	if (nonce)
		text_printable(nonce->n ? *nonce : NP_STR("-"), nonce_text, sizeof(nonce_text));
	n = snprintf(buf, GREETING_MAX, GREETING_START "%s %s %u %s %u%s%s\n", identity,
		     addr_text(peer, peer_text), addr_port(peer), addr_text(local, local_text),
		     addr_port(local), nonce ? " " : "", nonce_text);
	return n < GREETING_MAX ? (unsigned)n : GREETING_MAX - 1;
}

static bool read_fields(struct np_str line, struct greeting *ret)
{
	struct np_str rest = { line.p + strlen(GREETING_START), line.n - strlen(GREETING_START) };
	struct np_str local;
	union addr seen;
	uint32_t port, local_port;

	if (!field_next(&rest, &ret->identity) ||
	    !text_is_word(ret->identity, NP_AGENT_IDENTITY_MAX))
		return false;
	if (!field_next(&rest, &ret->seen_addr) || !addr_parse(ret->seen_addr, 0, &seen))
		return false;
	if (!field_number(&rest, UINT16_MAX, &port) || !field_next(&rest, &local) ||
	    !field_number(&rest, UINT16_MAX, &local_port))
		return false;
	ret->seen_port = port;
	ret->nonce = NP_STR_NONE;
	field_next(&rest, &ret->nonce);
	return true;
}

enum greeting_state greeting_read(struct np_str text, struct greeting *ret)
{
	size_t n_start = strlen(GREETING_START);
	const char *newline = memchr(text.p, '\n', text.n);

	if (memcmp(text.p, GREETING_START, text.n < n_start ? text.n : n_start) != 0)
		return GREETING_NONE;
	if (!newline)
		return text.n < GREETING_MAX ? GREETING_PARTIAL : GREETING_NONE;
	text.n = (size_t)(newline - text.p);
	if (text.n < n_start)
		return GREETING_NONE;
	return read_fields(text, ret) ? GREETING_WHOLE : GREETING_NONE;
}
