/* docs.h - trees as the fuzz targets look at them. */
#ifndef NP_FUZZ_DOCS_H
#define NP_FUZZ_DOCS_H

#include "fuzz.h"
#include "np/parse/read.h"
#include "np/parse/validate.h"

/* Values looked at in one tree; aliases can make a small text a tree of any size. */
#define FUZZ_WALK_MAX 200000

/* Every promise of tree.h about documents that were read from @text. */
void fuzz_check_docs(const struct np_docs *docs, struct np_str text, unsigned max_depth);
/* Judges @object (if it is a map) as a NetworkPolicy, and checks what is said about it. */
void fuzz_judge(const struct np_value *object, enum np_decode_mode mode);
/* Every promise of validate.h about one judgement. */
void fuzz_check_judgement(const struct np_validation *v);

/* Same kinds, texts, keys in the same order; numbers by their text. The number of values is bounded. */
bool fuzz_same_value(const struct np_value *a, const struct np_value *b);

#endif
