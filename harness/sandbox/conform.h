/*
 * conform.h - a request's document made into an object of a type, as the API server's decoders do
 * it: no coercion, null and empty as semantics 4.5, repeated JSON fields decoded on top of each
 * other (4.4), unknown and repeated fields noted (3.9).
 */
#ifndef NP_SANDBOX_CONFORM_H
#define NP_SANDBOX_CONFORM_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/parse/tree.h"
#include "schema.h"

#define NP_CONFORM_MAX_NOTES 100
#define NP_CONFORM_MAX_DEPTH 64	/* of parts that have no type, and of patches */

/*
 * Sentences such as: unknown field "spec.foo". Zero-initialised is empty. Doubles are dropped, as
 * is what goes beyond the limit.
 */
struct np_notes {
	char **items;
	size_t n, cap;
};

void np_notes_add(struct np_notes *notes, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void np_notes_release(struct np_notes *notes);

/*
 * *@ret: a new object that holds only fields of @type, without null and without empty lists and
 * maps. @json: the document came as JSON. @notes may be NULL. NP_EPARSE with the sentence of Go's
 * decoder for a value of a wrong type; NP_ELIMIT beyond the depth.
 */
int np_conform(const struct np_type *type, const struct np_value *v, bool json,
	       struct np_notes *notes, json_t **ret, struct np_err *err);
/* The same for an object that was changed by a patch. */
int np_conform_json(const struct np_type *type, const json_t *object, struct np_notes *notes,
		    json_t **ret, struct np_err *err);
/* A document as it is, for patches; of repeated keys the last wins. NP_ELIMIT beyond the depth. */
int np_conform_any(const struct np_value *v, json_t **ret, struct np_err *err);

#endif
