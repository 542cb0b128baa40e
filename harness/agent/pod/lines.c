/* lines.c - in-pod agent: text lines in and out. */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* A pipe that poll(2) calls writable takes this much without blocking (PIPE_BUF). */
#define WRITE_BYTES 4096

void reader_init(struct reader *r, int fd)
{
	r->fd = fd;
	r->start = r->end = 0;
	r->skipping = r->eof = false;
}

void reader_fill(struct reader *r)
{
	ssize_t n;

	memmove(r->bytes, r->bytes + r->start, r->end - r->start);
	r->end -= r->start;
	r->start = 0;
	if (r->end == sizeof(r->bytes))
		return;
	n = read(r->fd, r->bytes + r->end, sizeof(r->bytes) - r->end);
	if (n > 0)
		r->end += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		r->eof = true;
}

enum line reader_peek(struct reader *r, struct np_str *ret)
{
	const char *newline;
	size_t n = r->end - r->start;

	newline = memchr(r->bytes + r->start, '\n', n);
	if (r->skipping) {
		r->start = newline ? (size_t)(newline - r->bytes) + 1 : r->end;
		r->skipping = !newline;
		return newline ? reader_peek(r, ret) : LINE_NONE;
	}
	if (newline)
		n = (size_t)(newline - (r->bytes + r->start));
	if (n >= NP_AGENT_LINE_MAX) {
		r->start += newline ? n + 1 : n;
		r->skipping = !newline;
		return LINE_TOO_LONG;
	}
	*ret = (struct np_str){ r->bytes + r->start, n };
	return newline ? LINE_OK : LINE_NONE;
}

void reader_consume(struct reader *r, struct np_str line)
{
	r->start += line.n + 1;
}

void writer_init(struct writer *w, int fd, int patience_ms)
{
	w->fd = fd;
	w->patience_ms = patience_ms;
	w->broken = false;
	w->n = 0;
}

/* -1 when nobody reads. */
static ssize_t write_some(struct writer *w, const char *bytes, size_t n)
{
	struct pollfd poll_fd = { .fd = w->fd, .events = POLLOUT };
	ssize_t done;

	for (;;) {
		int ready = poll(&poll_fd, 1, w->patience_ms);

		if (ready == 0 || (ready < 0 && errno != EINTR))
			return -1;
		if (ready < 0)
			continue;
		done = write(w->fd, bytes, n < WRITE_BYTES ? n : WRITE_BYTES);
		if (done >= 0 || (errno != EAGAIN && errno != EINTR))
			return done;
	}
}

void writer_flush(struct writer *w)
{
	for (size_t at = 0; at < w->n && !w->broken;) {
		ssize_t n = write_some(w, w->bytes + at, w->n - at);

		if (n < 0)
			w->broken = true;
		else
			at += (size_t)n;
	}
	w->n = 0;
}

void writer_printf(struct writer *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (sizeof(w->bytes) - w->n < NP_AGENT_ANSWER_MAX)
		writer_flush(w);
	va_start(ap, fmt);
	n = vsnprintf(w->bytes + w->n, NP_AGENT_ANSWER_MAX, fmt, ap);
	va_end(ap);
	if (n >= NP_AGENT_ANSWER_MAX) {
		n = NP_AGENT_ANSWER_MAX - 1;
		w->bytes[w->n + NP_AGENT_ANSWER_MAX - 2] = '\n';
	}
	if (n > 0)
		w->n += (size_t)n;
}

bool field_next(struct np_str *rest, struct np_str *ret)
{
	size_t start = 0, end;

	while (start < rest->n && rest->p[start] == ' ')
		start++;
	for (end = start; end < rest->n && rest->p[end] != ' ';)
		end++;
	*ret = (struct np_str){ rest->p + start, end - start };
	*rest = (struct np_str){ rest->p + end, rest->n - end };
	return ret->n > 0;
}

bool text_number(struct np_str text, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;

	if (text.n == 0 || text.n > 10)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	if (v > max)
		return false;
	*ret = (uint32_t)v;
	return true;
}

bool field_number(struct np_str *rest, uint32_t max, uint32_t *ret)
{
	struct np_str field;

	return field_next(rest, &field) && text_number(field, max, ret);
}

bool text_is_word(struct np_str text, size_t max)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
	}
	return text.n > 0 && text.n <= max;
}

const char *text_printable(struct np_str text, char *buf, size_t size)
{
	size_t n = text.n < size - 1 ? text.n : size - 1;

	for (size_t i = 0; i < n; i++)
		buf[i] = text.p[i] > ' ' && text.p[i] <= '~' ? text.p[i] : '?';
	buf[n] = '\0';
	return buf;
}
