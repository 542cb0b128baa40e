/* put.h - layer mutate: appending tokens, without a call where there is room. */
#ifndef NP_HARNESS_MUTATE_PUT_H
#define NP_HARNESS_MUTATE_PUT_H

#include "np/base/buf.h"

/* The text ends with NUL only after mput_end(). */
static inline void mput(struct np_buf *b, const char *bytes, size_t n)
{
	if (b->cap - b->len <= n) {
		np_buf_add(b, bytes, n);
		return;
	}
	memcpy(b->data + b->len, bytes, n);
	b->len += n;
}

static inline void mputc(struct np_buf *b, char c)
{
	if (b->cap - b->len <= 1) {
		np_buf_addc(b, c);
		return;
	}
	b->data[b->len++] = c;
}

static inline void mput_end(struct np_buf *b)
{
	np_buf_add(b, "", 0);
}

#endif
