/* bits.c - 64 x 64 bits turned over, and memory for large matrices. */
#include "bits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "np/base/mem.h"

#define HUGE_PAGE ((size_t)2 << 20)

void *huge_alloc(size_t n, size_t bytes)
{
	size_t all = n * bytes, whole = (all + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	void *p = NULL;

	if (n < SIZE_MAX / 2 / bytes && all >= HUGE_PAGE)
		p = aligned_alloc(HUGE_PAGE, whole);
	if (!p)
		return np_xcalloc(n, bytes);
	madvise(p, whole, MADV_HUGEPAGE); /* only advice */
	return memset(p, 0, all);
}

/* Swaps quarters of ever smaller squares (Hacker's Delight 7-3). */
void bits_transpose64(uint64_t m[64])
{
	uint64_t mask = 0x00000000FFFFFFFF;

	for (unsigned size = 32; size; size /= 2, mask ^= mask << size)
		for (unsigned k = 0; k < 64; k = (k + size + 1) & ~size) {
			uint64_t swap = (m[k] >> size ^ m[k + size]) & mask;

			m[k + size] ^= swap;
			m[k] ^= swap << size;
		}
}
