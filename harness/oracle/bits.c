/* bits.c - 64 x 64 bits turned over. */
#include "bits.h"

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
