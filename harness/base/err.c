/* err.c - errors as values. */
#include "np/base/err.h"

#include <stdarg.h>
#include <stdbool.h>

#include "np/base/utf8.h"

/* Formats into @dst; what does not fit ends in "..." at a character's border. @dst may be among the arguments. */
static void __attribute__((format(printf, 3, 0))) set_text(char *dst, size_t size, const char *fmt, va_list ap)
{
	char tmp[NP_ERR_MSG_MAX];
	size_t end;
	int n;

	if (size > sizeof(tmp))
		size = sizeof(tmp);
	n = vsnprintf(tmp, size, fmt, ap);
	if (n < 0)
		tmp[0] = '\0';
	if (n >= 0 && (size_t)n >= size) {
		end = size - sizeof("...");
		while (end > 0 && ((unsigned char)tmp[end] & 0xc0) == 0x80)
			end--;
		memcpy(tmp + end, "...", sizeof("..."));
	}
	memcpy(dst, tmp, strlen(tmp) + 1);
}

static void __attribute__((format(printf, 3, 4))) set_textf(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(dst, size, fmt, ap);
	va_end(ap);
}

static void clear_place(struct np_err *err)
{
	err->line = 0;
	err->column = 0;
	err->file[0] = '\0';
	err->path[0] = '\0';
}

void np_err_clear(struct np_err *err)
{
	if (!err)
		return;
	err->code = NP_OK;
	err->msg[0] = '\0';
	clear_place(err);
}

int np_err_set(struct np_err *err, enum np_errcode code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	set_text(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	err->code = code;
	clear_place(err);
	return -1;
}

int np_err_errno(struct np_err *err, enum np_errcode code, int errnum, const char *fmt, ...)
{
	char what[NP_ERR_MSG_MAX - 64];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	set_text(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* strerror() is thread-safe in glibc since 2.32 and in musl; strerror_r() differs between the two. */
	return np_err_set(err, code, "%s: %s", what, strerror(errnum));
}

int np_err_at(struct np_err *err, const char *file, unsigned line, unsigned column)
{
	if (!err)
		return -1;
	if (file)
		set_textf(err->file, sizeof(err->file), "%s", file);
	if (line)
		err->line = line;
	if (column)
		err->column = column;
	return -1;
}

int np_err_path(struct np_err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err || !fmt)
		return -1;
	va_start(ap, fmt);
	set_text(err->path, sizeof(err->path), fmt, ap);
	va_end(ap);
	return -1;
}

int np_err_prefix(struct np_err *err, const char *fmt, ...)
{
	char what[NP_ERR_MSG_MAX];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	set_text(what, sizeof(what), fmt, ap);
	va_end(ap);
	set_textf(err->msg, sizeof(err->msg), "%s: %s", what, err->msg);
	return -1;
}

/* A fixed buffer that takes whole characters and whole escapes only, so the end is never half of one. */
struct out {
	char *buf;
	size_t size, len;
	bool full;
};

static void put(struct out *o, const char *bytes, size_t n)
{
	if (o->full || n >= o->size - o->len) {
		o->full = true;
		return;
	}
	memcpy(o->buf + o->len, bytes, n);
	o->len += n;
	o->buf[o->len] = '\0';
}

static void put_escaped(struct out *o, const char *s)
{
	size_t n = strlen(s), len, step;
	uint32_t cp;
	char esc[8];

	for (size_t i = 0; i < n; i += step) {
		len = np_utf8_decode(s + i, n - i, &cp);
		step = len ? len : 1;
		if (len && !np_utf8_is_control(cp)) {
			put(o, s + i, len);
			continue;
		}
		for (size_t k = 0; k < step; k++) {
			snprintf(esc, sizeof(esc), "\\x%02x", (unsigned)(unsigned char)s[i + k]);
			put(o, esc, 4);
		}
	}
}

static void put_place(struct out *o, const struct np_err *err)
{
	char num[32];

	put_escaped(o, err->file);
	if (err->line) {
		snprintf(num, sizeof(num), "%s%u", err->file[0] ? ":" : "line ", err->line);
		put(o, num, strlen(num));
	}
	if (err->line && err->column) {
		snprintf(num, sizeof(num), ":%u", err->column);
		put(o, num, strlen(num));
	}
	if (err->file[0] || err->line)
		put(o, ": ", 2);
	if (err->path[0]) {
		put_escaped(o, err->path);
		put(o, ": ", 2);
	}
}

const char *np_err_text(const struct np_err *err, char *buf, size_t size)
{
	struct out o = { .buf = buf, .size = size };

	if (size == 0)
		return buf;
	buf[0] = '\0';
	if (!err) {
		put_escaped(&o, "unknown error");
		return buf;
	}
	put_place(&o, err);
	put_escaped(&o, err->msg);
	return buf;
}
