/* labels.h - who has which label: selectors to sets without looking at every object (S12..S14). */
#ifndef NP_ORACLE_LABELS_H
#define NP_ORACLE_LABELS_H

#include "compiled.h"

/* The labels of one object. */
struct label_list {
	const struct label_id *items;	/* by key */
	size_t n;
};

struct posting {
	uint32_t key, value, object;
};

/* Two orders of the same postings, so that a label and a key are each one run of rising objects. */
struct label_index {
	const struct strings *strings;
	struct posting *by_value;	/* key, value, object */
	struct posting *by_key;		/* key, object */
	size_t n;
	uint64_t *scratch;		/* one bit an object */
};

/* Borrows @strings. Objects are numbered by their place in @lists. */
void label_index_init(struct label_index *ix, const struct strings *strings,
		      const struct label_list *lists, size_t n_lists);
void label_index_release(struct label_index *ix);

/* Clears every bit of @set between objects @first and @end that @sel does not match; bits outside stay. */
void label_index_filter(struct label_index *ix, const struct np_selector *sel, size_t first,
			size_t end, uint64_t *set);

#endif
