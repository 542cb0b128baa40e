/* state.c - choosing nodes. */
#include "state.h"

#include "np/base/mem.h"

size_t mfind(struct mstate *s, struct mnode *top, uint64_t mask)
{
	s->n_found = 0;
	for (struct mnode *n = top; n; n = mnode_next(n, top)) {
		if (!(mask & MASK(n->type)))
			continue;
		if (s->n_found == s->cap_found)
			s->found = np_grow(s->found, &s->cap_found, s->n_found,
					   sizeof(struct mnode *));
		s->found[s->n_found++] = n;
	}
	return s->n_found;
}

struct mnode *mpick(struct mstate *s, struct mnode *top, uint64_t mask)
{
	size_t n = mfind(s, top, mask);

	return n ? s->found[mbelow(s, n)] : NULL;
}

struct mnode *mpick_child(struct mstate *s, const struct mnode *parent)
{
	return parent->n ? mnode_at(parent, mbelow(s, parent->n)) : NULL;
}

void mput_anywhere(struct mstate *s, struct mnode *parent, struct mnode *node)
{
	mnode_insert(parent, mnode_at(parent, mbelow(s, (size_t)parent->n + 1)), node);
}

#define OPERATORS_MAX_BYTES 200 /* becomes part of file names */

void mlog(struct mstate *s, const char *name, const char *what)
{
	struct np_buf *b = &s->operators;

	if (b->len + strlen(name) + (what ? strlen(what) : 0) + 2 > OPERATORS_MAX_BYTES)
		return;
	if (b->len)
		np_buf_addc(b, ',');
	np_buf_adds(b, name);
	if (what) {
		np_buf_addc(b, '-');
		np_buf_adds(b, what);
	}
}

size_t mfew(struct mstate *s)
{
	static const uint8_t counts[] = { 0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5 };

	return counts[mbelow(s, sizeof(counts))];
}
