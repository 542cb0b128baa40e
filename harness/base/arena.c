/* arena.c - many small allocations with one owner. */
#include "np/base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/mem.h"

#include "die.h"

/*
 * Objects are cut from blocks that double in size. Under AddressSanitizer every object gets a block of its own with the
 * exact size, so that one byte past an object, or a use after release, is seen.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_BLOCK_EACH 1
#endif
#endif
#if !defined(ONE_BLOCK_EACH) && defined(__SANITIZE_ADDRESS__)
#define ONE_BLOCK_EACH 1
#endif
#ifndef ONE_BLOCK_EACH
#define ONE_BLOCK_EACH 0
#endif

#define FIRST_BLOCK_BYTES 4096
#define MAX_BLOCK_BYTES (1024 * 1024)

struct np_arena_block {
	struct np_arena_block *next;
	size_t cap, used;
	max_align_t data[];
};

static struct np_arena_block *new_block(size_t cap)
{
	struct np_arena_block *block;

	if (cap > PTRDIFF_MAX - sizeof(*block))
		np_die("out of memory: impossible size");
	block = np_xcalloc(1, sizeof(*block) + cap);
	block->cap = cap;
	return block;
}

/* A block for one object only goes behind the head, whose rest stays in use. */
static void *alloc_alone(struct np_arena *a, size_t bytes)
{
	struct np_arena_block *block = new_block(bytes);

	block->used = bytes;
	if (a->head) {
		block->next = a->head->next;
		a->head->next = block;
	} else {
		a->head = block;
	}
	return block->data;
}

static void push_block(struct np_arena *a)
{
	size_t cap = FIRST_BLOCK_BYTES;
	struct np_arena_block *block;

	if (a->head && a->head->cap >= FIRST_BLOCK_BYTES)
		cap = a->head->cap < MAX_BLOCK_BYTES / 2 ? a->head->cap * 2 : MAX_BLOCK_BYTES;
	block = new_block(cap);
	block->next = a->head;
	a->head = block;
}

void *np_arena_alloc(struct np_arena *a, size_t bytes)
{
	const size_t align = _Alignof(max_align_t);
	size_t room;
	void *p;

	a->used_bytes += bytes;
	if (ONE_BLOCK_EACH || bytes > FIRST_BLOCK_BYTES / 4)
		return alloc_alone(a, bytes);
	room = ((bytes ? bytes : 1) + align - 1) / align * align;
	if (!a->head || a->head->cap - a->head->used < room)
		push_block(a);
	p = (char *)a->head->data + a->head->used;
	a->head->used += room;
	return p;
}

void *np_arena_array(struct np_arena *a, size_t n, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(n, bytes, &total))
		np_die("out of memory: impossible size");
	return np_arena_alloc(a, total);
}

struct np_str np_arena_str(struct np_arena *a, struct np_str s)
{
	char *p;

	if (!s.p)
		return NP_STR_NONE;
	if (s.n == SIZE_MAX)
		np_die("out of memory: impossible size");
	p = np_arena_alloc(a, s.n + 1);
	memcpy(p, s.p, s.n);
	return (struct np_str){ p, s.n };
}

struct np_str np_arena_printf(struct np_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		np_die("a format string is wrong");
	p = np_arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct np_str){ p, (size_t)n };
}

void np_arena_release(struct np_arena *a)
{
	struct np_arena_block *block, *next;

	if (!a)
		return;
	for (block = a->head; block; block = next) {
		next = block->next;
		free(block);
	}
	*a = (struct np_arena){ 0 };
}
