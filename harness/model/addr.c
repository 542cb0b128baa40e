/*
 * addr.c - the parser is the old Go net parser that Kubernetes keeps (semantics 3.7): leading zeros
 * pass and are noted.
 */
#include "np/model/addr.h"

#include <stdio.h>

/* What is left of the text, and the deviations seen so far. */
struct cursor {
	const char *p, *end;
	unsigned flags;
};

static int digit_value(char c, unsigned base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (base == 16 && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (base == 16 && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * A number of at least one digit and at most @max; @free_digits is how many digits may be zeros in
 * front.
 */
static bool take_number(struct cursor *c, unsigned base, unsigned max, size_t free_digits,
			unsigned *ret)
{
	const char *start = c->p;
	unsigned v = 0;

	for (; c->p < c->end && digit_value(*c->p, base) >= 0; c->p++) {
		v = v * base + (unsigned)digit_value(*c->p, base);
		if (v > max)
			return false;
	}
	size_t n = (size_t)(c->p - start);

	if (n == 0)
		return false;
	if (n > free_digits && *start == '0')
		c->flags |= NP_CIDR_ZEROS;
	*ret = v;
	return true;
}

static bool take_char(struct cursor *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* Exactly four octets up to the end of the text. */
static bool parse_v4(struct cursor *c, uint8_t bytes[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned v;

		if ((i && !take_char(c, '.')) || !take_number(c, 10, 255, 1, &v))
			return false;
		bytes[i] = (uint8_t)v;
	}
	return c->p == c->end;
}

/* Moves what follows the "::" at @gap to the end of the 16 bytes, of which @used are filled. */
static bool expand_gap(uint8_t bytes[16], int gap, int used)
{
	if (gap < 0)
		return used == 16;
	if (used == 16)
		return false; /* "::" stands for one zero group at least */
	memmove(bytes + gap + 16 - used, bytes + gap, (size_t)(used - gap));
	memset(bytes + gap, 0, (size_t)(16 - used));
	return true;
}

/* The dotted tail may stand in place of the last two groups only. */
static bool parse_dotted_tail(struct cursor *c, const char *start, int gap, int *used,
			      uint8_t bytes[16])
{
	if ((gap < 0 && *used != 12) || *used > 12)
		return false;
	c->p = start;
	if (!parse_v4(c, bytes + *used))
		return false;
	*used += 4;
	return true;
}

/*
 * The ":" or "::" between groups; false when the text is malformed. @c is at the end afterwards
 * when no group follows.
 */
static bool take_separator(struct cursor *c, int used, int *gap)
{
	if (!take_char(c, ':') || c->p == c->end)
		return false;
	if (*c->p != ':')
		return true;
	if (*gap >= 0)
		return false;
	*gap = used;
	c->p++;
	return true;
}

static bool parse_v6(struct cursor *c, uint8_t bytes[16])
{
	int gap = -1, used = 0;

	if (c->end - c->p >= 2 && c->p[0] == ':' && c->p[1] == ':') {
		gap = 0;
		c->p += 2;
	}
	/* Empty text has no group; "::" needs none. */
	if (c->p == c->end)
		return gap == 0 && expand_gap(bytes, 0, 0);
	while (used < 16) {
		const char *start = c->p;
		unsigned flags = c->flags, v;

		if (!take_number(c, 16, 0xFFFF, 4, &v))
			return false;
		if (c->p < c->end && *c->p == '.') {
			c->flags = flags; /* its zeros are judged as an octet's */
			if (!parse_dotted_tail(c, start, gap, &used, bytes))
				return false;
			break;
		}
		bytes[used] = (uint8_t)(v >> 8);
		bytes[used + 1] = (uint8_t)v;
		used += 2;
		if (c->p == c->end)
			break;
		if (!take_separator(c, used, &gap))
			return false;
		if (c->p == c->end)
			break;
	}
	return c->p == c->end && expand_gap(bytes, gap, used);
}

static bool parse_addr(struct np_str text, struct np_addr *ret, unsigned *ret_flags)
{
	struct np_addr a = { .width = 4 };
	struct cursor c = { text.p, np_str_end(text), 0 };

	if (!text.n)
		return false;
	if (!parse_v4(&c, a.bytes)) {
		a = (struct np_addr){ .width = 16 };
		c = (struct cursor){ text.p, np_str_end(text), 0 };
		if (!parse_v6(&c, a.bytes))
			return false;
	}
	*ret = a;
	*ret_flags = c.flags;
	return true;
}

bool np_addr_parse(struct np_str text, struct np_addr *ret)
{
	unsigned flags;

	return parse_addr(text, ret, &flags);
}

static bool is_mapped(const struct np_addr *a)
{
	static const uint8_t prefix[12] = { [10] = 0xFF, [11] = 0xFF };

	return a->width == 16 && memcmp(a->bytes, prefix, sizeof(prefix)) == 0;
}

static unsigned group_at(const struct np_addr *a, int i)
{
	return (unsigned)a->bytes[2 * i] << 8 | a->bytes[2 * i + 1];
}

/*
 * The first longest run of at least two zero groups (RFC 5952); *ret_len is 0 when there is none. /
 */
static int longest_zero_run(const struct np_addr *a, int *ret_len)
{
	int best = 0, best_len = 0;

	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && group_at(a, i + len) == 0)
			len++;
		if (len > best_len && len > 1) {
			best = i;
			best_len = len;
		}
		i += len;
	}
	*ret_len = best_len;
	return best;
}

const char *np_addr_text(const struct np_addr *a, char *buf)
{
	const uint8_t *v4 = a->width == 4 ? a->bytes : a->bytes + 12;
	int len, run;
	size_t n = 0;

	if (a->width == 4 || is_mapped(a)) {
		snprintf(buf, NP_ADDR_TEXT_MAX, "%s%u.%u.%u.%u",
			 a->width == 4 ? "" : "::ffff:", v4[0], v4[1], v4[2], v4[3]);
		return buf;
	}
	run = longest_zero_run(a, &len);
	for (int i = 0; i < 8; i++) {
		if (len && i == run) {
			n += (size_t)snprintf(buf + n, NP_ADDR_TEXT_MAX - n, "::");
			i += len - 1;
			continue;
		}
		n += (size_t)snprintf(buf + n, NP_ADDR_TEXT_MAX - n, "%s%x",
				      i && !(len && i == run + len) ? ":" : "", group_at(a, i));
	}
	return buf;
}

bool np_addr_eq(const struct np_addr *a, const struct np_addr *b)
{
	return np_addr_cmp(a, b) == 0;
}

int np_addr_cmp(const struct np_addr *a, const struct np_addr *b)
{
	if (a->width != b->width)
		return a->width < b->width ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->width);
}

struct np_addr np_addr_wire(const struct np_addr *a)
{
	struct np_addr v4 = { .width = 4 };

	if (!is_mapped(a))
		return *a;
	memcpy(v4.bytes, a->bytes + 12, 4);
	return v4;
}

bool np_addr_add(const struct np_addr *a, int64_t delta, struct np_addr *ret)
{
	struct np_addr sum = *a;
	uint64_t magnitude = delta < 0 ? -(uint64_t)delta : (uint64_t)delta;
	int carry = 0;

	for (int i = a->width - 1; i >= 0; i--) {
		int part = (int)(magnitude & 0xFF);
		int v = delta < 0 ? a->bytes[i] - part - carry : a->bytes[i] + part + carry;

		sum.bytes[i] = (uint8_t)(v & 0xFF);
		carry = v < 0 || v > 0xFF;
		magnitude >>= 8;
	}
	if (carry || magnitude)
		return false;
	*ret = sum;
	return true;
}

struct np_addr np_addr_mask(const struct np_addr *a, unsigned prefix_bits)
{
	struct np_addr m = *a;

	for (unsigned i = 0; i < a->width; i++) {
		unsigned keep = prefix_bits > 8 * i ? prefix_bits - 8 * i : 0;

		if (keep < 8)
			m.bytes[i] = (uint8_t)(m.bytes[i] & (0xFF00U >> keep));
	}
	return m;
}

/* Canonical IPv6 text differs from what was written. */
static bool odd_spelling(const struct np_cidr *c, struct np_str text)
{
	char addr[NP_ADDR_TEXT_MAX], whole[NP_ADDR_TEXT_MAX + 8];

	if (c->addr.width != 16)
		return false;
	snprintf(whole, sizeof(whole), "%s/%u", np_addr_text(&c->host, addr), c->prefix_bits);
	return !np_str_is(text, whole);
}

bool np_cidr_parse(struct np_str text, struct np_cidr *ret)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct np_cidr c;
	unsigned flags, prefix_bits;

	if (!slash ||
	    !parse_addr((struct np_str){ text.p, (size_t)(slash - text.p) }, &c.host, &flags))
		return false;
	struct cursor rest = { slash + 1, np_str_end(text), flags };

	if (!take_number(&rest, 10, 8U * c.host.width, 1, &prefix_bits) || rest.p != rest.end)
		return false;
	c.prefix_bits = (uint8_t)prefix_bits;
	c.addr = np_addr_mask(&c.host, prefix_bits);
	c.flags = (uint8_t)(rest.flags | (np_addr_eq(&c.addr, &c.host) ? 0 : NP_CIDR_HOST_BITS) |
			    (is_mapped(&c.host) ? NP_CIDR_MAPPED : 0) |
			    (odd_spelling(&c, text) ? NP_CIDR_SPELLING : 0));
	*ret = c;
	return true;
}

const char *np_cidr_text(const struct np_cidr *c, char *buf)
{
	size_t n = strlen(np_addr_text(&c->addr, buf));

	snprintf(buf + n, NP_ADDR_TEXT_MAX - n, "/%u", c->prefix_bits);
	return buf;
}
