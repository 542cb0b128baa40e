/* read.h - layer mutate: JSON text to a tree without types. Depth and size: see mutate.h. */
#ifndef NP_HARNESS_MUTATE_READ_H
#define NP_HARNESS_MUTATE_READ_H

#include "node.h"

/*
 * Exactly one value; NULL when it is none, or too deep or large. The tree borrows @text. Strings
 * are not checked for UTF-8; a lone surrogate becomes U+FFFD.
 */
struct mnode *mread_json(struct np_arena *a, struct np_str text);

#endif
