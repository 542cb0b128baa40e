/* intern.c - open addressing; the table doubles at half load. */
#include "intern.h"

#include <stdlib.h>

#include "np/base/mem.h"

struct strings {
	struct np_str *texts;
	uint64_t *hashes;
	size_t n, cap_texts, cap_hashes;
	uint32_t *slots;	/* number + 1, 0 free */
	size_t n_slots;		/* a power of two */
};

struct strings *strings_new(void)
{
	struct strings *s = np_xcalloc(1, sizeof(*s));

	s->n_slots = 64;
	s->slots = np_xcalloc(s->n_slots, sizeof(*s->slots));
	return s;
}

void strings_free(struct strings *s)
{
	if (!s)
		return;
	free(s->texts);
	free(s->hashes);
	free(s->slots);
	free(s);
}

/* The slot that holds @text, or the free one where it belongs. */
static size_t find_slot(const struct strings *s, struct np_str text, uint64_t hash)
{
	size_t i = hash & (s->n_slots - 1);

	while (s->slots[i]) {
		uint32_t at = s->slots[i] - 1;

		if (s->hashes[at] == hash && np_str_eq(s->texts[at], text))
			break;
		i = (i + 1) & (s->n_slots - 1);
	}
	return i;
}

static void double_slots(struct strings *s)
{
	free(s->slots);
	s->n_slots *= 2;
	s->slots = np_xcalloc(s->n_slots, sizeof(*s->slots));
	for (size_t at = 0; at < s->n; at++) {
		size_t i = s->hashes[at] & (s->n_slots - 1);

		while (s->slots[i])
			i = (i + 1) & (s->n_slots - 1);
		s->slots[i] = (uint32_t)at + 1;
	}
}

uint32_t strings_find(const struct strings *s, struct np_str text)
{
	return s->slots[find_slot(s, text, hash_bytes(HASH_START, text.p, text.n))] - 1;
}

uint32_t strings_add(struct strings *s, struct np_str text)
{
	uint64_t hash = hash_bytes(HASH_START, text.p, text.n);
	size_t i = find_slot(s, text, hash);

	if (s->slots[i])
		return s->slots[i] - 1;
	if (s->n >= s->n_slots / 2) {
		double_slots(s);
		i = find_slot(s, text, hash);
	}
	s->texts = np_grow(s->texts, &s->cap_texts, s->n, sizeof(*s->texts));
	s->hashes = np_grow(s->hashes, &s->cap_hashes, s->n, sizeof(*s->hashes));
	s->texts[s->n] = text;
	s->hashes[s->n] = hash;
	s->slots[i] = (uint32_t)++s->n;
	return (uint32_t)s->n - 1;
}
