/* labels.c - selectors over postings of labels. */
#include "labels.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "intern.h"

static int cmp_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int cmp_by_value(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;
	int c = cmp_u32(x->key, y->key);

	c = c ? c : cmp_u32(x->value, y->value);
	return c ? c : cmp_u32(x->object, y->object);
}

static int cmp_by_key(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;
	int c = cmp_u32(x->key, y->key);

	return c ? c : cmp_u32(x->object, y->object);
}

void label_index_init(struct label_index *ix, const struct strings *strings,
		      const struct label_list *lists, size_t n_lists)
{
	size_t n = 0;

	*ix = (struct label_index){ .strings = strings };
	for (size_t i = 0; i < n_lists; i++)
		ix->n += lists[i].n;
	ix->by_value = np_xcalloc(ix->n + 1, sizeof(*ix->by_value));
	ix->by_key = np_xcalloc(ix->n + 1, sizeof(*ix->by_key));
	ix->scratch = np_xcalloc(bits_words(n_lists) + 1, sizeof(*ix->scratch));
	for (size_t i = 0; i < n_lists; i++)
		for (size_t j = 0; j < lists[i].n; j++) {
			const struct label_id *label = &lists[i].items[j];

			ix->by_value[n++] = (struct posting){ label->key, label->value, (uint32_t)i };
		}
	qsort(ix->by_value, n, sizeof(*ix->by_value), cmp_by_value);
	if (n)
		memcpy(ix->by_key, ix->by_value, n * sizeof(*ix->by_key));
	qsort(ix->by_key, n, sizeof(*ix->by_key), cmp_by_key);
}

void label_index_release(struct label_index *ix)
{
	free(ix->by_value);
	free(ix->by_key);
	free(ix->scratch);
}

/* The first posting that is not below @key. */
static const struct posting *lower_bound(const struct posting *items, size_t n, struct posting key,
					 int (*cmp)(const void *, const void *))
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cmp(&items[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return items + lo;
}

/* What is done with an object of a run. */
typedef void run_fn(uint64_t *words, size_t object);

/* Objects of first .. end-1 that have @key, or @key with @value. */
static void each_with_value(const struct label_index *ix, struct np_str key, struct np_str value,
			    size_t first, size_t end, run_fn *fn, uint64_t *words)
{
	struct posting at = { strings_find(ix->strings, key), strings_find(ix->strings, value),
			      (uint32_t)first };
	const struct posting *p = lower_bound(ix->by_value, ix->n, at, cmp_by_value);

	for (; p < ix->by_value + ix->n && p->key == at.key && p->value == at.value && p->object < end; p++)
		fn(words, p->object);
}

static void each_with_key(const struct label_index *ix, struct np_str key, size_t first, size_t end,
			  run_fn *fn, uint64_t *words)
{
	struct posting at = { strings_find(ix->strings, key), 0, (uint32_t)first };
	const struct posting *p = lower_bound(ix->by_key, ix->n, at, cmp_by_key);

	for (; p < ix->by_key + ix->n && p->key == at.key && p->object < end; p++)
		fn(words, p->object);
}

/* Keeps what is in the scratch, between first and end, and empties the scratch again. */
static void keep_scratch(struct label_index *ix, size_t first, size_t end, uint64_t *set)
{
	for (size_t w = first / 64; w < bits_words(end); w++) {
		uint64_t window = UINT64_MAX;

		if (w == first / 64)
			window &= UINT64_MAX << (first % 64);
		if (w == end / 64)
			window &= ~(UINT64_MAX << (end % 64));
		set[w] &= ix->scratch[w] | ~window;
		ix->scratch[w] = 0;
	}
}

/* For plain labels that must all be there. */
static void filter_labels(struct label_index *ix, const struct np_labels *labels, size_t first, size_t end,
			  uint64_t *set)
{
	for (size_t i = 0; i < labels->n; i++) {
		each_with_value(ix, labels->items[i].key, labels->items[i].value, first, end, bits_set,
				ix->scratch);
		keep_scratch(ix, first, end, set);
	}
}

/* The operator table of S13. */
static void filter_requirement(struct label_index *ix, const struct np_requirement *req, size_t first,
			       size_t end, uint64_t *set)
{
	switch (req->op) {
	case NP_OP_IN:
		for (size_t i = 0; i < req->n_values; i++)
			each_with_value(ix, req->key, req->values[i], first, end, bits_set, ix->scratch);
		keep_scratch(ix, first, end, set);
		return;
	case NP_OP_NOT_IN:
		for (size_t i = 0; i < req->n_values; i++)
			each_with_value(ix, req->key, req->values[i], first, end, bits_clear, set);
		return;
	case NP_OP_EXISTS:
		each_with_key(ix, req->key, first, end, bits_set, ix->scratch);
		keep_scratch(ix, first, end, set);
		return;
	case NP_OP_NOT_EXISTS:
		each_with_key(ix, req->key, first, end, bits_clear, set);
		return;
	}
}

void label_index_filter(struct label_index *ix, const struct np_selector *sel, size_t first,
			size_t end, uint64_t *set)
{
	filter_labels(ix, &sel->match_labels, first, end, set);
	for (size_t i = 0; i < sel->n_exprs; i++)
		filter_requirement(ix, &sel->exprs[i], first, end, set);
}
