/*
 * fieldset.h - sets of fields in the FieldsV1 form of metadata.managedFields: {"f:spec":
 * {"f:ports": {"k:{\"port\":80}": {".": {}, "f:port": {}}}}}. A node without children, or with a
 * ".", says that the path to it is in the set. Sets are json_t objects; every function returns a
 * new one. Pure.
 */
#ifndef NP_SANDBOX_FIELDSET_H
#define NP_SANDBOX_FIELDSET_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/buf.h"
#include "schema.h"

/* Every field that @object has. */
json_t *np_fields_of(const struct np_type *type, const json_t *object);
/*
 * What @now has that @before has not, or with another value; and what it lacks. Either may be NULL
 * (absent).
 */
void np_fields_compare(const struct np_type *type, const json_t *before, const json_t *now,
		       json_t **ret_changed, json_t **ret_removed);

json_t *np_fields_union(const json_t *a, const json_t *b);
json_t *np_fields_minus(const json_t *a, const json_t *b);
json_t *np_fields_both(const json_t *a, const json_t *b);
bool np_fields_empty(const json_t *set);
/* With everything that fields of the set are in. */
json_t *np_fields_with_parents(const json_t *set);
/*
 * What nobody manages (resourceVersion, uid, ...) taken out; without status, or with nothing but
 * status. In place.
 */
void np_fields_strip(json_t *set, bool status);

/*
 * Takes the fields of @set out of @object, in place; @object must not be shared. What becomes empty
 * goes too.
 */
void np_fields_remove(const struct np_type *type, json_t *object, const json_t *set);
/* @object with @config laid over it: the merge of server-side apply. New. */
json_t *np_fields_merge(const struct np_type *type, const json_t *object, const json_t *config);

/* Paths such as .spec.containers[name="c"].image, as an array of strings. */
json_t *np_fields_paths(const json_t *set);

#endif
