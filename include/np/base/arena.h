/* arena.h - layer base: many small allocations with one owner and one free. Not thread-safe. */
#ifndef NP_BASE_ARENA_H
#define NP_BASE_ARENA_H

#include <stddef.h>

#include "np/base/str.h"

struct np_arena_block;

/* Zero-initialised is empty and valid. */
struct np_arena {
	struct np_arena_block *head;
	size_t used_bytes;	/* handed out in all */
};

/* Zeroed memory, aligned for any type, valid until np_arena_release(). Never NULL. */
void *np_arena_alloc(struct np_arena *a, size_t bytes);
/* @n elements of @bytes each; ends the program on overflow. */
void *np_arena_array(struct np_arena *a, size_t n, size_t bytes);
/* A NUL-terminated copy. */
struct np_str np_arena_str(struct np_arena *a, struct np_str s);
struct np_str np_arena_printf(struct np_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Frees everything; the arena is empty and usable again. */
void np_arena_release(struct np_arena *a);

#endif
