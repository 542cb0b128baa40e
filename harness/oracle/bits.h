/* bits.h - bitsets over 64-bit words. */
#ifndef NP_ORACLE_BITS_H
#define NP_ORACLE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t bits_words(size_t n_bits)
{
	return (n_bits + 63) / 64;
}

static inline bool bits_get(const uint64_t *w, size_t i)
{
	return w[i / 64] >> (i % 64) & 1;
}

static inline void bits_set(uint64_t *w, size_t i)
{
	w[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void bits_clear(uint64_t *w, size_t i)
{
	w[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* Sets bits first .. end-1. */
static inline void bits_set_range(uint64_t *w, size_t first, size_t end)
{
	for (size_t i = first; i < end;) {
		if (i % 64 == 0 && end - i >= 64) {
			w[i / 64] = UINT64_MAX;
			i += 64;
		} else {
			bits_set(w, i++);
		}
	}
}

static inline void bits_or(uint64_t *to, const uint64_t *from, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		to[i] |= from[i];
}

static inline void bits_or_and(uint64_t *to, const uint64_t *a, const uint64_t *b, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		to[i] |= a[i] & b[i];
}

static inline void bits_and(uint64_t *to, const uint64_t *from, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		to[i] &= from[i];
}

static inline bool bits_differ(const uint64_t *a, const uint64_t *b, size_t n_words)
{
	uint64_t any = 0;

	for (size_t i = 0; i < n_words; i++)
		any |= a[i] ^ b[i];
	return any != 0;
}

/* Zeroed memory, to be freed; on huge pages where the system has them, for matrices that are gone
 * through in strides. */
void *huge_alloc(size_t n, size_t bytes);

/* Transposes 64 x 64 bits in place: bit j of word i becomes bit i of word j. */
void bits_transpose64(uint64_t m[64]);

#endif
