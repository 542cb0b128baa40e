/*
 * select.h - label selectors and field selectors of list, watch and deletecollection. Parsed once,
 * then asked for each object. Limit: 256 requirements, 1,000 values of one.
 */
#ifndef NP_SANDBOX_SELECT_H
#define NP_SANDBOX_SELECT_H

#include <stdbool.h>

#include "np/base/arena.h"
#include "np/base/err.h"
#include "store.h"

#define NP_SELECT_MAX 256
#define NP_SELECT_MAX_VALUES 1000

enum np_select_op {
	NP_SEL_IN,
	NP_SEL_NOT_IN,
	NP_SEL_EXISTS,
	NP_SEL_ABSENT,
	NP_SEL_ABOVE,
	NP_SEL_BELOW
};

struct np_select_term {
	const char *key;	/* a label, or a field such as metadata.name */
	enum np_select_op op;
	const char **values;
	size_t n_values;
};

/* Zero-initialised selects everything. Release with np_select_release(). */
struct np_select {
	struct np_arena arena;
	struct np_select_term *labels, *fields;
	size_t n_labels, n_fields;
};

/*
 * NULL or "" texts select everything. NP_EUSAGE with the sentence of a 400 otherwise; a field that
 * @kind cannot be selected by included.
 */
int np_select_parse(enum np_kind_id kind, const char *labels, const char *fields,
		    struct np_select *ret, struct np_err *err);
bool np_select_match(const struct np_select *s, const json_t *object);
void np_select_release(struct np_select *s);

#endif
