/* intern.h - strings to small numbers, so that labels and port names are compared as integers. */
#ifndef NP_ORACLE_INTERN_H
#define NP_ORACLE_INTERN_H

#include "np/base/str.h"

#include "compiled.h"

struct strings *strings_new(void);
void strings_free(struct strings *s);
/* The number of @text, a new one when it was not seen yet. @text is borrowed. */
uint32_t strings_add(struct strings *s, struct np_str text);
/* NONE when it was not seen. */
uint32_t strings_find(const struct strings *s, struct np_str text);

/* FNV-1a, 64 bits. */
#define HASH_START UINT64_C(0xcbf29ce484222325)
static inline uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

#endif
