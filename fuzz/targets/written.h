/* written.h - a genome's policies as somebody writes them who says no more than needed, read back. */
#ifndef NP_FUZZ_WRITTEN_H
#define NP_FUZZ_WRITTEN_H

#include "genome.h"

/*
 * @ret_meant: the world with the types that policies have when they say none (S02), linked; the bits of
 * @g->law_arg choose which say none. @ret_read: the same world, its policies written as JSON without what
 * goes without saying (types, TCP; lists may be empty instead of absent) and decoded. Both are released
 * with np_world_release() before @g->w is.
 */
void written_worlds(const struct genome *g, struct np_world *ret_meant, struct np_world *ret_read);

#endif
