/*
 * table_classes.c - ends that nothing tells apart.
 *
 * Each end has a sum over its cells of verdict x a number drawn for (port, other end, direction).
 * Two ends that differ in their own cells alone have equal sums once those few terms are taken
 * off, so a comparison looks at no more than four cells a port. Two ends with other cells that
 * differ have equal sums once in 2^64.
 */
#include "table_classes.h"

#include <stdlib.h>

#include "np/base/mem.h"

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
	return x ^ x >> 31;
}

/* The term of a cell in the sum of its source (@row) or destination. */
static uint64_t term(const struct np_table *t, size_t p, size_t src, size_t dst, bool row)
{
	enum np_verdict v = np_table_at(t, p, src, dst);
	uint64_t factor = v == NP_ALLOW ? 1 : v == NP_UNDEF ? UINT64_C(0x100000001B3) : 0;

	return factor ? factor * mix((row ? dst : src) * 2 + row + p * UINT64_C(0x10000000001)) : 0;
}

static uint64_t *make_sums(const struct np_table *t)
{
	uint64_t *sums = np_xcalloc(t->n_dests + 1, sizeof(*sums));

	for (size_t p = 0; p < t->n_ports; p++)
		for (size_t i = 0; i < t->n_sources; i++)
			for (size_t j = 0; j < t->n_dests; j++) {
				sums[i] += term(t, p, i, j, true);
				sums[j] += term(t, p, i, j, false);
			}
	return sums;
}

/* What of the sum of @end comes from cells with @end or @other at the far end. */
static uint64_t own_terms(const struct np_table *t, size_t end, size_t other)
{
	uint64_t sum = 0;

	for (size_t p = 0; p < t->n_ports; p++) {
		if (end < t->n_sources) {
			sum += term(t, p, end, end, true) + term(t, p, end, other, true);
			sum += term(t, p, end, end, false);
		}
		if (other < t->n_sources)
			sum += term(t, p, other, end, false);
	}
	return sum;
}

static bool alike(const struct np_table *t, const uint64_t *sums, size_t a, size_t b)
{
	if ((a < t->n_sources) != (b < t->n_sources))
		return false;
	if (sums[a] - own_terms(t, a, b) != sums[b] - own_terms(t, b, a))
		return false;
	for (size_t p = 0; p < t->n_ports && a < t->n_sources; p++)
		if (np_table_at(t, p, a, b) != np_table_at(t, p, b, a))
			return false;
	return true;
}

void end_classes_find(const struct np_table *t, struct end_classes *ret)
{
	np_auto_free uint64_t *sums = make_sums(t);

	*ret = (struct end_classes){ .of = np_xcalloc(t->n_dests + 1, sizeof(*ret->of)) };
	for (size_t i = 0; i < t->n_dests; i++) {
		size_t c = 0;

		while (c < ret->n && !alike(t, sums, ret->items[c].first, i))
			c++;
		if (c == ret->n) {
			ret->items = np_grow(ret->items, &ret->cap, ret->n, sizeof(*ret->items));
			ret->items[ret->n++] = (struct end_class){ i, SIZE_MAX, 0 };
		}
		if (++ret->items[c].n == 2)
			ret->items[c].second = i;
		ret->of[i] = (uint32_t)c;
	}
}

void end_classes_release(struct end_classes *c)
{
	free(c->items);
	free(c->of);
	*c = (struct end_classes){ 0 };
}

enum np_verdict end_classes_at(const struct np_table *t, size_t port, const struct end_class *src,
			       const struct end_class *dst)
{
	size_t to = src->first == dst->first && dst->second != SIZE_MAX ? dst->second : dst->first;

	return np_table_at(t, port, src->first, to);
}
