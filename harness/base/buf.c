/* buf.c - a growing byte buffer. */
#include "np/base/buf.h"

#include <stdint.h>

#include "np/base/mem.h"
#include "np/base/utf8.h"

#include "die.h"

/* Room for @n more bytes and the NUL. */
static void make_room(struct np_buf *b, size_t n)
{
	size_t need, cap;

	if (__builtin_add_overflow(b->len, n, &need) || need >= PTRDIFF_MAX)
		np_die("out of memory: impossible size");
	need++;
	if (need <= b->cap)
		return;
	cap = b->cap < 64 ? 64 : b->cap + b->cap / 2;
	if (cap < need)
		cap = need;
	b->data = np_xrealloc(b->data, cap, 1);
	b->cap = cap;
}

void np_buf_add(struct np_buf *b, const void *bytes, size_t n)
{
	make_room(b, n);
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void np_buf_adds(struct np_buf *b, const char *s)
{
	np_buf_add(b, s, strlen(s));
}

void np_buf_addstr(struct np_buf *b, struct np_str s)
{
	np_buf_add(b, s.p, s.n);
}

void np_buf_addc(struct np_buf *b, char c)
{
	np_buf_add(b, &c, 1);
}

void np_buf_vprintf(struct np_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	make_room(b, 80);
	va_copy(again, ap);
	n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
	if (n < 0)
		np_die("a format string is wrong");
	if ((size_t)n >= b->cap - b->len) {
		make_room(b, (size_t)n);
		vsnprintf(b->data + b->len, b->cap - b->len, fmt, again);
	}
	va_end(again);
	b->len += (size_t)n;
}

void np_buf_printf(struct np_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

static void add_json_char(struct np_buf *b, const char *p, size_t len, uint32_t cp)
{
	if (len == 0)
		np_buf_adds(b, "\xef\xbf\xbd");
	else if (np_utf8_is_control(cp))
		np_buf_printf(b, "\\u%04x", (unsigned)cp);
	else if (cp == '"' || cp == '\\')
		np_buf_printf(b, "\\%c", (int)cp);
	else
		np_buf_add(b, p, len);
}

void np_buf_json(struct np_buf *b, struct np_str s)
{
	np_buf_addc(b, '"');
	for (size_t i = 0; i < s.n;) {
		uint32_t cp = 0;
		size_t len = np_utf8_decode(s.p + i, s.n - i, &cp);

		add_json_char(b, s.p + i, len, cp);
		i += len ? len : 1;
	}
	np_buf_addc(b, '"');
}

void np_buf_printable(struct np_buf *b, struct np_str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t cp = 0;
		size_t len = np_utf8_decode(s.p + i, s.n - i, &cp);
		size_t step = len ? len : 1;

		if (len && !np_utf8_is_control(cp)) {
			np_buf_add(b, s.p + i, len);
		} else {
			for (size_t k = 0; k < step; k++)
				np_buf_printf(b, "\\x%02x", (unsigned)(unsigned char)s.p[i + k]);
		}
		i += step;
	}
}

void np_buf_shell_quoted(struct np_buf *b, struct np_str s)
{
	np_buf_addc(b, '\'');
	for (size_t i = 0, n; i < s.n; i += n ? n : 1) {
		char c = s.p[i];
		uint32_t cp = 0;

		n = np_utf8_decode(s.p + i, s.n - i, &cp);
		if (c == '\'')
			np_buf_adds(b, "'\\''");
		else if (!n || (np_utf8_is_control(cp) && c != '\n' && c != '\t'))
			np_buf_addc(b, '?');
		else
			np_buf_add(b, s.p + i, n);
	}
	np_buf_addc(b, '\'');
}

char *np_buf_reserve(struct np_buf *b, size_t n)
{
	make_room(b, n);
	/* Zeroed, so that data[len] is NUL wherever in it the caller puts the new end. */
	memset(b->data + b->len, 0, n + 1);
	return b->data + b->len;
}

void np_buf_consume(struct np_buf *b, size_t n)
{
	if (n >= b->len) {
		np_buf_clear(b);
		return;
	}
	b->len -= n;
	memmove(b->data, b->data + n, b->len + 1);
}

void np_buf_clear(struct np_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void np_buf_release(struct np_buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct np_buf){ 0 };
}

const char *np_buf_text(const struct np_buf *b)
{
	return b->data ? b->data : "";
}

char *np_buf_steal(struct np_buf *b)
{
	char *text = b->data ? b->data : np_xstrdup("");

	*b = (struct np_buf){ 0 };
	return text;
}
