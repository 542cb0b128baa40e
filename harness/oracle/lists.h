/* lists.h - for each class and direction, the rules that may let a connection through. */
#ifndef NP_ORACLE_LISTS_H
#define NP_ORACLE_LISTS_H

#include "compiled.h"

/* Rules copied in all, 128 MiB of them: classes beyond that have no list, and are asked policy by
 * policy. */
enum { LISTS_MAX_RULES = 1 << 21 };

/*
 * Fills class.rules[@dir] of classes @first .. @end - 1, whole namespaces, from class.applies;
 * rules are marked (ports.h). Lists live in
 * @arena.
 */
void lists_compile(struct np_oracle *o, struct np_arena *arena, size_t first, size_t end,
		   enum np_dir dir);

#endif
