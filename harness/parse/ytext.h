/*
 * ytext.h - private to parse: the characters of a YAML stream as go-yaml v2 reads them (semantics
 * 4.3): UTF-8 or UTF-16 with a byte order mark, brought to UTF-8, 512 bytes of the source at a
 * time.
 *
 * The step matters: what is wrong with a text is found when the step that holds it is read, and a
 * document that ends before is accepted. The whole source is in memory; only @limit moves.
 */
#ifndef NP_PARSE_YTEXT_H
#define NP_PARSE_YTEXT_H

#include <stdint.h>

#include "np/base/arena.h"

struct ytext {
	const unsigned char *at;	/* the next character; NUL at the end of the stream */
	const unsigned char *limit;	/* end of what has been read */
	const unsigned char *base;	/* where go-yaml's buffer begins */
	size_t index;			/* characters before @at */
	uint32_t line, column;		/* from 0 */
	/* private */
	const unsigned char *raw, *raw_end, *window_end;
	unsigned char *text;
	unsigned n_phantoms;		/* ends of the stream that go-yaml has put into its buffer */
	bool wide, big_endian, eof;
	const char *problem;		/* what is wrong with the text; static */
};

/* @source must outlive the use. The text is in @arena. */
void ytext_init(struct ytext *t, struct np_str source, struct np_arena *arena);
/* ytext_have() where the next characters may not have been read yet. */
bool ytext_more(struct ytext *t, unsigned n);

/* Makes the next @n characters (at most 8) readable; false with @problem when the text is bad. */
static inline bool ytext_have(struct ytext *t, unsigned n)
{
	return t->limit - t->at >= (ptrdiff_t)(4 * n) || ytext_more(t, n);
}

static inline unsigned ytext_width(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static inline void ytext_skip(struct ytext *t)
{
	t->index++;
	t->column++;
	t->at += ytext_width(*t->at);
}

static inline bool y_is_blank(const unsigned char *p)
{
	return *p == ' ' || *p == '\t';
}

/* CR, LF, NEL, LS, PS */
static inline bool y_is_break(const unsigned char *p)
{
	return *p == '\n' || *p == '\r' || (p[0] == 0xC2 && p[1] == 0x85) ||
	       (p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9));
}

static inline bool y_is_breakz(const unsigned char *p)
{
	return !*p || y_is_break(p);
}

static inline bool y_is_blankz(const unsigned char *p)
{
	return y_is_blank(p) || y_is_breakz(p);
}

/* Passes a line break of any kind; nothing else. */
void ytext_skip_line(struct ytext *t);

#endif
