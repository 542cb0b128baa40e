/* write.h - layer mutate: trees to JSON and YAML text. */
#ifndef NP_HARNESS_MUTATE_WRITE_H
#define NP_HARNESS_MUTATE_WRITE_H

#include "node.h"

/* How YAML is laid out; what it means stays the same. */
enum mstyle {
	MSTYLE_FLOW_LEAVES = 1U << 0,	/* maps and lists of few scalars in { } and [ ] */
	MSTYLE_INDENTED_LISTS = 1U << 1,
	MSTYLE_SINGLE_QUOTES = 1U << 2,
	MSTYLE_QUOTE_ALL = 1U << 3,
	MSTYLE_FLOW = 1U << 4,		/* everything: JSON but for its quotes */
	MSTYLE_MARK = 1U << 5,		/* starts with --- */
};
#define MSTYLE_BITS 6
#define MSTYLE_COMPACT (MSTYLE_FLOW_LEAVES)

/* Compact. Strings that are no UTF-8 are written as they are. */
void mwrite_json(const struct mnode *root, struct np_buf *b);
/* Ends with a newline. Plain scalars only where every YAML reader takes them for strings. */
void mwrite_yaml(const struct mnode *root, unsigned style, struct np_buf *b);

#endif
