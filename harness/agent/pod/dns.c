/* dns.c - in-pod agent: one DNS question. RFC 1035, section 4.1. */
#include "dns.h"

enum { HEADER = 12, LABEL_MAX = 63, NAME_MAX_BYTES = 253 };

static struct np_str without_last_dot(struct np_str name)
{
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

static unsigned label_length(struct np_str name, size_t start)
{
	size_t end = start;

	while (end < name.n && name.p[end] != '.')
		end++;
	return (unsigned)(end - start);
}

bool dns_name_ok(struct np_str name)
{
	size_t at = 0;

	name = without_last_dot(name);
	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return false;
	while (at <= name.n) {
		unsigned n = label_length(name, at);

		if (n == 0 || n > LABEL_MAX)
			return false;
		at += n + 1;
	}
	return true;
}

unsigned dns_query(struct np_str name, uint16_t id, uint8_t buf[static DNS_QUERY_BYTES])
{
	static const uint8_t type_a_class_in[] = { 0, 1, 0, 1 };
	/* id; RD; one question */
	uint8_t header[HEADER] = { (uint8_t)(id >> 8), (uint8_t)id, 1, 0, 0, 1 };
	unsigned at = HEADER;

	name = without_last_dot(name);
	memcpy(buf, header, HEADER);
	for (size_t start = 0; start <= name.n;) {
		unsigned n = label_length(name, start);

		buf[at++] = (uint8_t)n;
		memcpy(buf + at, name.p + start, n);
		at += n;
		start += n + 1;
	}
	buf[at++] = 0;
	memcpy(buf + at, type_a_class_in, sizeof(type_a_class_in));
	return at + sizeof(type_a_class_in);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

bool dns_answers(const uint8_t *query, unsigned n_query, const uint8_t *answer, unsigned n_answer,
		 unsigned *ret_rcode)
{
	unsigned questions;

	if (n_answer < HEADER || answer[0] != query[0] || answer[1] != query[1] ||
	    !(answer[2] & 0x80))
		return false;
	questions = (unsigned)answer[4] << 8 | answer[5];
	if (questions > 1 || (questions == 1 && n_answer < n_query))
		return false;
	for (unsigned i = HEADER; questions && i < n_query; i++) {
		if (lower(query[i]) != lower(answer[i]))
			return false;
	}
	*ret_rcode = answer[3] & 0x0f;
	return true;
}
