/* ytext.c - bytes to characters, one window of the source after the other. */
#include "ytext.h"

#define WINDOW_BYTES 512	/* go-yaml's input_raw_buffer_size */
#define PADDING 32		/* NULs behind the text, for looking ahead */

/* Printable ASCII, tab, LF, CR: what needs no second look. */
static bool is_plain(unsigned char c)
{
	return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t' || c == '\r';
}

/*
 * Whether the eight bytes at @p are all printable ASCII or LF, which is nearly all there is: bit 7 of each byte
 * of a word says something of that byte, and no sum carries into the next.
 */
static bool are_plain(const unsigned char *p)
{
	const uint64_t each = UINT64_C(0x0101010101010101), top = each << 7;
	uint64_t w, control, del, lf;

	memcpy(&w, p, sizeof(w));
	if (w & top)
		return false;
	control = ~(w + 0x60 * each) & top;	/* below 0x20 */
	del = (w + each) & top;
	lf = ~((w ^ '\n' * each) + 0x7F * each) & top;
	return !((control & ~lf) | del);
}

static bool is_allowed(uint32_t c)
{
	return (c < 0x80 && is_plain((unsigned char)c)) || c == 0x85 ||
	       (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
	       (c >= 0x10000 && c <= 0x10FFFF);
}

static bool fail(struct ytext *t, const char *problem)
{
	t->problem = problem;
	return false;
}

static void find_encoding(struct ytext *t)
{
	size_t n = (size_t)(t->raw_end - t->raw);

	if (n >= 2 && t->raw[0] == 0xFF && t->raw[1] == 0xFE) {
		t->wide = true;
		t->raw += 2;
	} else if (n >= 2 && t->raw[0] == 0xFE && t->raw[1] == 0xFF) {
		t->wide = t->big_endian = true;
		t->raw += 2;
	} else if (n >= 3 && memcmp(t->raw, "\xEF\xBB\xBF", 3) == 0) {
		t->raw += 3;
	}
}

void ytext_init(struct ytext *t, struct np_str source, struct np_arena *arena)
{
	size_t n = source.n ? source.n : 1;

	*t = (struct ytext){ 0 };
	t->raw = t->window_end = (const unsigned char *)(source.n ? source.p : "\n");
	t->raw_end = t->raw + n;
	t->window_end += n < WINDOW_BYTES ? n : WINDOW_BYTES;
	/* Looking for a mark reads on until three bytes are there. */
	t->eof = n < 3;
	find_encoding(t);
	t->text = np_arena_alloc(arena, (t->wide ? n / 2 * 3 : n) + PADDING);
	if (!t->wide)
		memcpy(t->text, t->raw, (size_t)(t->raw_end - t->raw));
	t->at = t->limit = t->base = t->text;
}

/* Bytes of the sequence that starts with @c; 0 when none does. */
static unsigned sequence_length(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xC0 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF8 ? 4 : 0;
}

/* One character of UTF-8 at @t->raw: its length, 0 when the window cuts it, -1 when it is wrong. */
static int check_utf8(struct ytext *t)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = sequence_length(*t->raw);
	uint32_t value = *t->raw;

	if (!n)
		return fail(t, "invalid leading UTF-8 octet") - 1;
	if (n > (size_t)(t->window_end - t->raw))
		return t->eof ? fail(t, "incomplete UTF-8 octet sequence") - 1 : 0;
	if (n > 1)
		value &= 0x7FU >> n;
	for (unsigned i = 1; i < n; i++) {
		if ((t->raw[i] & 0xC0) != 0x80)
			return fail(t, "invalid trailing UTF-8 octet") - 1;
		value = value << 6 | (t->raw[i] & 0x3F);
	}
	if (value < smallest[n])
		return fail(t, "invalid length of a UTF-8 sequence") - 1;
	if ((value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF)
		return fail(t, "invalid Unicode character") - 1;
	if (!is_allowed(value))
		return fail(t, "control characters are not allowed") - 1;
	return (int)n;
}

static bool read_utf8(struct ytext *t)
{
	while (t->raw < t->window_end) {
		const unsigned char *run = t->raw;
		int n;

		while (t->window_end - run >= 8 && are_plain(run))
			run += 8;
		while (run < t->window_end && is_plain(*run))
			run++;
		t->limit += run - t->raw;
		t->raw = run;
		if (run == t->window_end)
			break;
		n = check_utf8(t);
		if (n < 0)
			return false;
		if (n == 0)
			break;
		t->raw += n;
		t->limit += n;
	}
	return true;
}

static uint32_t unit(const struct ytext *t, unsigned at)
{
	return t->big_endian ? (uint32_t)t->raw[at] << 8 | t->raw[at + 1]
			     : (uint32_t)t->raw[at + 1] << 8 | t->raw[at];
}

static void put_character(struct ytext *t, uint32_t c)
{
	unsigned char *p = (unsigned char *)t->limit;

	if (c < 0x80) {
		*p++ = (unsigned char)c;
	} else if (c < 0x800) {
		*p++ = (unsigned char)(0xC0 | c >> 6);
		*p++ = (unsigned char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*p++ = (unsigned char)(0xE0 | c >> 12);
		*p++ = (unsigned char)(0x80 | (c >> 6 & 0x3F));
		*p++ = (unsigned char)(0x80 | (c & 0x3F));
	} else {
		*p++ = (unsigned char)(0xF0 | c >> 18);
		*p++ = (unsigned char)(0x80 | (c >> 12 & 0x3F));
		*p++ = (unsigned char)(0x80 | (c >> 6 & 0x3F));
		*p++ = (unsigned char)(0x80 | (c & 0x3F));
	}
	t->limit = p;
}

/* 1, 0 when the window cuts the character, -1. */
static int read_wide(struct ytext *t)
{
	size_t n = (size_t)(t->window_end - t->raw);
	uint32_t c, low;

	if (n < 2)
		return t->eof ? fail(t, "incomplete UTF-16 character") - 1 : 0;
	c = unit(t, 0);
	if ((c & 0xFC00) == 0xDC00)
		return fail(t, "unexpected low surrogate area") - 1;
	if ((c & 0xFC00) == 0xD800) {
		if (n < 4)
			return t->eof ? fail(t, "incomplete UTF-16 surrogate pair") - 1 : 0;
		low = unit(t, 2);
		if ((low & 0xFC00) != 0xDC00)
			return fail(t, "expected low surrogate area") - 1;
		c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
	}
	if (!is_allowed(c))
		return fail(t, "control characters are not allowed") - 1;
	t->raw += c >= 0x10000 ? 4 : 2;
	put_character(t, c);
	return 1;
}

static bool read_utf16(struct ytext *t)
{
	int rc = 1;

	while (t->raw < t->window_end && rc > 0)
		rc = read_wide(t);
	return rc >= 0;
}

static bool read_window(struct ytext *t)
{
	return t->wide ? read_utf16(t) : read_utf8(t);
}

/* The window moves behind what was read; a cut character stays in it. */
static void move_window(struct ytext *t)
{
	const unsigned char *old = t->window_end;

	t->window_end = t->raw_end - t->raw < WINDOW_BYTES ? t->raw_end : t->raw + WINDOW_BYTES;
	t->eof = t->window_end == old;
}

/* Whether @n characters can be read, the ends of the stream among them. */
static bool has_unread(const struct ytext *t, unsigned n)
{
	unsigned unread = t->n_phantoms;

	for (const unsigned char *p = t->at; p < t->limit && unread < n; p += ytext_width(*p))
		unread++;
	return unread >= n;
}

bool ytext_more(struct ytext *t, unsigned n)
{
	bool first = true;

	if (has_unread(t, n))
		return true;
	t->base = t->at;
	do {
		if (!first || t->raw == t->window_end)
			move_window(t);
		first = false;
		if (!read_window(t))
			return false;
		if (t->eof) {
			t->n_phantoms++;
			break;
		}
	} while (!has_unread(t, n));
	return true;
}

void ytext_skip_line(struct ytext *t)
{
	unsigned crlf = t->at[0] == '\r' && t->at[1] == '\n';

	if (!y_is_break(t->at))
		return;
	t->index += 1 + crlf;
	t->column = 0;
	t->line++;
	t->at += crlf ? 2 : ytext_width(*t->at);
}
