/*
 * lines.h - in-pod agent: text lines in and out over file descriptors, in fixed buffers, and the
 * fields of a line. A line that does not fit is reported once and skipped to its newline; nothing
 * here grows.
 */
#ifndef POD_LINES_H
#define POD_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "np/agent/wire.h"
#include "np/base/str.h"

struct reader {
	int fd;
	size_t start, end; /* unread bytes */
	bool skipping;	   /* inside a line that was too long */
	bool eof;
	char bytes[16384];
};

enum line { LINE_NONE, LINE_OK, LINE_TOO_LONG };

void reader_init(struct reader *r, int fd);
/* One read(2); sets eof at the end or on an error. Call when the descriptor is readable. */
void reader_fill(struct reader *r);
/*
 * The next line without its newline, not yet consumed; it stays valid until reader_fill().
 * LINE_TOO_LONG comes once per such line.
 */
enum line reader_peek(struct reader *r, struct np_str *ret);
/* Done with the line that reader_peek() gave. */
void reader_consume(struct reader *r, struct np_str line);

struct writer {
	int fd;
	int patience_ms; /* how long one flush waits for a reader that does not read */
	bool broken;	 /* nobody reads any more; what is written goes nowhere */
	size_t n;
	char bytes[32768];
};

void writer_init(struct writer *w, int fd, int patience_ms);
/* Adds one line (at most NP_AGENT_ANSWER_MAX bytes); flushes first when there is no room. */
void writer_printf(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void writer_flush(struct writer *w);

/* The next field, blanks around it dropped; false at the end of the line. */
bool field_next(struct np_str *rest, struct np_str *ret);
/* The next field as a number 0..@max. */
bool field_number(struct np_str *rest, uint32_t max, uint32_t *ret);
bool text_number(struct np_str text, uint32_t max, uint32_t *ret);
/* Printable ASCII without blanks, 1..@max bytes. */
bool text_is_word(struct np_str text, size_t max);
/* Copies @text to @buf, at most @size - 1 bytes, what is not printable as '?'. Returns @buf. */
const char *text_printable(struct np_str text, char *buf, size_t size);

#endif
