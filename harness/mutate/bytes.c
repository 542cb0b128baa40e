/* bytes.c - changes of bytes without regard to what they mean. */
#include "state.h"

#include "np/base/mem.h"

struct bytes {
	struct mstate *s;
	uint8_t *p;
	size_t n, max;
};

/* Makes room for @len bytes at @at; fewer when there is no more room. */
static size_t open_gap(struct bytes *b, size_t at, size_t len)
{
	if (len > b->max - b->n)
		len = b->max - b->n;
	memmove(b->p + at + len, b->p + at, b->n - at);
	b->n += len;
	return len;
}

static void insert(struct bytes *b, const void *what, size_t len)
{
	size_t at = mbelow(b->s, b->n + 1);

	len = open_gap(b, at, len);
	if (len)
		memcpy(b->p + at, what, len);
}

static void flip(struct bytes *b)
{
	if (b->n)
		b->p[mbelow(b->s, b->n)] ^= (uint8_t)(1U << mbelow(b->s, 8));
}

static void set(struct bytes *b)
{
	static const uint8_t odd[] = {
		0, 1, 9, 10, 13, 32, 34, 39, 92, 127, 128, 0xc0, 0xed, 0xff
	};

	if (b->n)
		b->p[mbelow(b->s, b->n)] = mone_in(b->s, 2) ? odd[mbelow(b->s, sizeof(odd))]
							    : (uint8_t)mbelow(b->s, 256);
}

static void add_byte(struct bytes *b)
{
	uint8_t c = (uint8_t)mbelow(b->s, 256);

	insert(b, &c, 1);
}

/* A stretch of @n bytes at most, most often a short one. */
static size_t stretch(struct bytes *b)
{
	size_t most = mone_in(b->s, 4) ? b->n : b->n < 16 ? b->n : 16;

	return most ? 1 + mbelow(b->s, most) : 0;
}

static void cut(struct bytes *b)
{
	size_t len = stretch(b), at = mbelow(b->s, b->n - len + 1);

	memmove(b->p + at, b->p + at + len, b->n - at - len);
	b->n -= len;
}

static void repeat(struct bytes *b)
{
	size_t len = stretch(b), from = mbelow(b->s, b->n - len + 1), at = from + len;

	len = open_gap(b, at, len);
	memcpy(b->p + at, b->p + from, len);
}

static void copy_over(struct bytes *b)
{
	size_t len = stretch(b);

	if (len)
		memmove(b->p + mbelow(b->s, b->n - len + 1), b->p + mbelow(b->s, b->n - len + 1),
			len);
}

/* clang-format off */
/* What YAML, JSON and policies are made of. */
static const char *const words[] = {
	"{", "}", "[", "]", ":", ",", "\"", "'", "\\", "\n", "\n  ", "- ", ": ", "? ", "# ",
	"---\n", "...\n", "&a ", "*a", "!!", "|\n", ">\n", "%YAML 1.1\n", "\xef\xbb\xbf", "\t",
	"~", "null", "true", "<<", "\\u0000", "\\ud800", "/0", "/32", "0.0.0.0/0", "::/0", "65536",
	"-1", "2147483648", "1e9", "In", "NotIn", "spec", "ingress", "egress", "from", "to",
	"ports", "port", "endPort", "protocol", "podSelector", "namespaceSelector", "ipBlock",
	"cidr", "except", "matchLabels", "matchExpressions", "key", "operator", "values",
	"policyTypes",
};
/* clang-format on */

static void add_word(struct bytes *b)
{
	const char *w = words[mbelow(b->s, NP_ARRAY_SIZE(words))];

	insert(b, w, strlen(w));
}

/* A digit becomes another one, so that numbers stay numbers. */
static void digit(struct bytes *b)
{
	size_t at = b->n ? mbelow(b->s, b->n) : 0;

	for (size_t i = 0; i < b->n && i < 200; i++, at = (at + 1) % b->n)
		if (b->p[at] >= '0' && b->p[at] <= '9') {
			b->p[at] = (uint8_t)('0' + mbelow(b->s, 10));
			return;
		}
}

static void end_early(struct bytes *b)
{
	if (mone_in(b->s, 4))
		b->n = mbelow(b->s, b->n + 1);
}

size_t mbytes(struct mstate *s, uint8_t *bytes, size_t n, size_t max)
{
	static void (*const ways[])(struct bytes *) = { flip,	set,	   add_byte, cut,
							repeat, copy_over, add_word, add_word,
							digit,	end_early };
	struct bytes b = { s, bytes, n, max };

	if (!max)
		return 0;
	if (s->mutate_bytes && n) {
		size_t got = s->mutate_bytes(bytes, n, max);

		return got > max ? max : got;
	}
	for (size_t k = 1 + mbelow(s, mone_in(s, 3) ? 12 : 3); k; k--)
		ways[mbelow(s, NP_ARRAY_SIZE(ways))](&b);
	return b.n;
}
