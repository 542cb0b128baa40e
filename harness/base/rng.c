/* rng.c - the one random number generator. */
#include "np/base/rng.h"

/* splitmix64 and xoshiro256** are public domain algorithms of Blackman and Vigna (and Steele, Lea, Flood). */

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void np_rng_seed(struct np_rng *r, uint64_t seed)
{
	uint64_t x = seed;

	r->seed = seed;
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&x);
}

void np_rng_fork(struct np_rng *ret, const struct np_rng *r, const char *label)
{
	uint64_t h = 0xcbf29ce484222325ULL;	/* FNV-1a */
	uint64_t x;

	for (const char *p = label; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3ULL;
	x = r->seed;
	x = splitmix64(&x) ^ h;
	np_rng_seed(ret, splitmix64(&x));
}

uint64_t np_rng_next(struct np_rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t np_rng_below(struct np_rng *r, uint64_t n)
{
	uint64_t reject, x;

	if (n == 0)
		return 0;
	/* The first 2^64 mod n values would come once too often; less than half of all, so the loop ends soon. */
	reject = (0 - n) % n;
	do {
		x = np_rng_next(r);
	} while (x < reject);
	return x % n;
}
