/*
 * split.h - private to parse: a file as kubectl takes it apart (semantics 4.7).
 */
#ifndef NP_PARSE_SPLIT_H
#define NP_PARSE_SPLIT_H

#include "np/parse/read.h"

/*
 * Called for each document that is not empty; its tree belongs to @docs, which is taken over. The
 * first error ends the walk and comes last: then @docs is NULL and @err says what is wrong.
 */
typedef void split_fn(void *ctx, struct np_docs *docs, const struct np_err *err);

void split_kubectl(struct np_str text, const char *file, split_fn *f, void *ctx);

/* The first JSON value of @text, and how many bytes it took. */
int json_read_first(struct np_str text, const struct np_read_opts *opts, size_t *ret_used,
		    struct np_docs *ret, struct np_err *err);

#endif
