/* buf.h - layer base: a growing byte buffer. data[len] is always NUL once anything was added. */
#ifndef NP_BASE_BUF_H
#define NP_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "np/base/str.h"

/* Zero-initialised is empty and valid. */
struct np_buf {
	char *data;
	size_t len, cap;
};

void np_buf_add(struct np_buf *b, const void *bytes, size_t n);
void np_buf_adds(struct np_buf *b, const char *s);
void np_buf_addstr(struct np_buf *b, struct np_str s);
void np_buf_addc(struct np_buf *b, char c);
void np_buf_printf(struct np_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void np_buf_vprintf(struct np_buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* JSON string text with quotes; invalid UTF-8 becomes U+FFFD, control characters \u00XX. */
void np_buf_json(struct np_buf *b, struct np_str s);
/* Text for a terminal: control characters and invalid UTF-8 as \xNN. */
void np_buf_printable(struct np_buf *b, struct np_str s);
/*
 * Between single quotes of a shell; invalid UTF-8, and control characters but tab and newline, which
 * a terminal would obey, as '?'.
 */
void np_buf_shell_quoted(struct np_buf *b, struct np_str s);
/* @n zeroed bytes at data + len; the caller then raises len by what it filled. Valid until the next call. */
char *np_buf_reserve(struct np_buf *b, size_t n);
/* Drops the first @n bytes. */
void np_buf_consume(struct np_buf *b, size_t n);
/* Empties, keeps the memory. */
void np_buf_clear(struct np_buf *b);
void np_buf_release(struct np_buf *b);
/* The text, never NULL, owned by the buffer. */
const char *np_buf_text(const struct np_buf *b);
/* Hands the heap text to the caller (free(3)) and leaves the buffer empty. Never NULL. */
char *np_buf_steal(struct np_buf *b);

#endif
